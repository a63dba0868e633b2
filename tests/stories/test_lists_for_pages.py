"""What the office's pages list, read on both engines from a day that was lived."""

from __future__ import annotations

from pathlib import Path

from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.members import cards
from pos.checkout import check_out
from pos.day_figures import day_by_shop, total_of
from pos.refunds import refund
from settlement.closing import accept_statement
from settlement.discrepancies import UNSETTLED
from settlement.discrepancy_lists import ENDED, TO_DECIDE, counts_by_state, page_of
from settlement.payout_lists import counts_by_state as payout_counts
from settlement.payout_lists import statements_to_pay
from settlement.payouts import cancel_payout, propose_payout
from settlement.statements import get_statement
from tests.support.pages_nights import close_march
from tests.support.pages_town import serve
from tests.support.town import HERE, build_town


def test_a_day_is_summed_by_shop_with_sales_and_refunds_apart(db: Database) -> None:
    town = build_town(db, shops=3, grant_units=80_000)
    sold = check_out(town.desk, town.sale(1, 5_000, 20_000), at=town.at)
    check_out(town.desk, town.sale(2, 3_000, till=1), at=town.later(60))
    refund(town.desk, town.refund(str(sold["ref"]), 2_500), at=town.later(60))

    with db.read() as tx:
        days = day_by_shop(tx, HERE, town.day)
        nothing = day_by_shop(tx, HERE, 20260301)

    first, second, total = days[1], days[2], total_of(days.values())
    assert sorted(days) == [1, 2]
    assert (first.sales, first.paid_fen, first.offset_fen, first.offset_units) == (
        1,
        4_000,
        1_000,
        20_000,
    )
    assert (first.refunds, first.refunded_fen, first.offset_back_fen) == (1, 2_000, 500)
    assert (second.sales, second.paid_fen, second.refunds) == (1, 3_000, 0)
    assert (total.sales, total.paid_fen, total.refunds) == (2, 7_000, 1)
    assert nothing == {}


def test_cards_are_counted_by_state_and_the_stack_has_its_ends(db: Database) -> None:
    town = build_town(db, people=2)

    made = db.write(lambda tx: cards.make_cards(tx, HERE, 5, by=SYSTEM, at=town.at))

    with db.read() as tx:
        assert cards.count_by_state(tx, HERE) == {"active": 2, "unassigned": 5}
        assert cards.stack_of(tx, HERE) == (made[0].number, made[-1].number)


def test_differences_and_payouts_are_listed_by_what_they_wait_for(
    db: Database, tmp_path: Path
) -> None:
    served = serve(db, tmp_path)
    statement = close_march(served)[1]
    at = served.town.at
    with db.read() as tx:
        waiting = page_of(tx, HERE, TO_DECIDE, most=100)
        second = page_of(tx, HERE, TO_DECIDE, after=waiting[0].discrepancy_no, most=100)
        ended = page_of(tx, HERE, ENDED)
        counts = counts_by_state(tx, HERE)
        early = statements_to_pay(tx, HERE, at=at)
    accept_statement(db, HERE, statement, by=SYSTEM, at=at)
    with db.read() as tx:
        owed = get_statement(tx, HERE, statement).payable_fen
        [due] = statements_to_pay(tx, HERE, at=at)
    payout = propose_payout(db, HERE, statement, by=SYSTEM, at=at)
    with db.read() as tx:
        proposed, none_left = payout_counts(tx, HERE), statements_to_pay(tx, HERE, at=at)
    cancel_payout(db, HERE, payout.payout_id, by=SYSTEM, why="test", at=at)
    with db.read() as tx:
        [again] = statements_to_pay(tx, HERE, at=at)

    assert waiting
    assert {row.state for row in waiting} == {"open"}
    assert [row.discrepancy_no for row in second] == [r.discrepancy_no for r in waiting[1:]]
    assert all(row.state not in UNSETTLED for row in ended)
    assert counts == {"open": len(waiting)}
    assert early == []
    assert (due.statement_id, due.claimant_id, due.payable_fen) == (statement, 1, owed)
    assert (proposed, none_left) == ({"proposed": 1}, [])
    assert again.payable_fen == owed
