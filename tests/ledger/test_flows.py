"""Every flow of the design posts on both engines, and the book balances after each."""

from sqlalchemy import text

from ledger.book.chart import ALLOWED, Kind
from ledger.database import Database
from tests.support.flow_tools import OTHER
from tests.support.flows import FLOWS, flow_town
from tests.support.invariants import check_invariants

_ROWS = ("txn", "transfer", "offset_booked", "request", "balance", "outbox", "hold_end", "pending")
_POSTED = text(
    "SELECT DISTINCT x.kind, d.kind AS debited, c.kind AS credited FROM txn x"
    " JOIN transfer t ON t.community_id = x.community_id AND t.txn_id = x.txn_id"
    " JOIN account d ON d.community_id = t.community_id AND d.account_id = t.debit_id"
    " JOIN account c ON c.community_id = t.community_id AND c.account_id = t.credit_id"
)
_BETWEEN = text(
    "SELECT a.commodity, sum(CASE WHEN t.credit_id = a.account_id THEN t.amount ELSE -t.amount END)"
    " FROM account a JOIN transfer t ON t.community_id = a.community_id"
    "  AND (t.credit_id = a.account_id OR t.debit_id = a.account_id) WHERE a.kind = 'inter'"
    " GROUP BY a.commodity"
)


def rows(db: Database) -> dict[str, list[tuple[object, ...]]]:
    """The book as it stands, table by table."""
    with db.engine.connect() as connection:
        return {
            name: sorted(
                (tuple(row) for row in connection.execute(text(f"SELECT * FROM {name}"))), key=repr
            )
            for name in _ROWS
        }


def test_each_flow_leaves_the_book_balanced_and_run_again_changes_nothing(db: Database) -> None:
    town = flow_town(db)

    for flow in FLOWS.values():
        flow(db, town)
        check_invariants(db.engine)
        before = rows(db)
        flow(db, town)
        assert rows(db) == before, flow.__name__


def test_the_flows_post_every_move_of_the_chart_and_no_other(db: Database) -> None:
    town = flow_town(db)
    for flow in FLOWS.values():
        flow(db, town)

    with db.engine.connect() as connection:
        posted = {tuple(row) for row in connection.execute(_POSTED)}

    allowed = {(kind.value, d.value, c.value) for kind, pairs in ALLOWED.items() for d, c in pairs}
    assert {move for move in posted if move[0] != Kind.REVERSAL} == allowed


def test_what_two_communities_say_of_each_other_cancels_out(db: Database) -> None:
    town = flow_town(db)
    for flow in FLOWS.values():
        flow(db, town)

    with db.engine.connect() as connection:
        between = {int(row[0]): int(row[1]) for row in connection.execute(_BETWEEN)}
        paired = text(
            "SELECT o.request_id FROM txn o JOIN txn i ON i.request_id = o.request_id"
            " AND i.kind = 'inter_in' AND i.community_id = o.accepting_community"
            " AND i.issuing_community = o.community_id WHERE o.kind = 'inter_out'"
        )
        pairs = connection.execute(paired).all()

    assert set(between.values()) == {0}
    assert len(pairs) == 1
    assert town.here != OTHER
