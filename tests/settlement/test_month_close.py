"""A month closes once, over a prefix of the order, and takes nothing more; what comes later names what it corrects."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from ledger.audit import By
from ledger.book import period
from ledger.book.accounts import account_id
from ledger.book.balances import account_sum
from ledger.book.chart import Account, Kind
from ledger.book.fund import add_to_fund
from ledger.book.period import find_period, trial_balance, trial_hash
from ledger.book.posting import Line, Posting, Side, post, reverse
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import IdMaker, new_request_id
from ledger.seal.sealer import seal, size
from ledger.seal.tiles import read_root
from ledger.sql import Sql, Tx
from ledger.units import CNY
from settlement.choices import Choice
from settlement.closing import MonthResult, run_month
from settlement.decisions import Press, decide
from settlement.night import run_night
from settlement.statement_form import statement_sheet
from settlement.statements import rows_of
from tests.settlement.test_four_nights import Crash
from tests.settlement.test_month import ISSUED_AT, STAFF, live_march
from tests.settlement.test_night_crash import crash_after
from tests.support.invariants import broken
from tests.support.races import without
from tests.support.town import CIVIC, HERE, Town, build_town, moment

_FULL = Sql(
    "SELECT a.kind, a.commodity, a.owner_id, coalesce(sum(CASE WHEN t.credit_id = a.account_id"
    " THEN t.amount ELSE -t.amount END), 0) AS total FROM account a LEFT JOIN transfer t"
    " ON t.community_id = a.community_id AND (t.debit_id = a.account_id OR t.credit_id = a.account_id)"
    " WHERE a.community_id = :community_id GROUP BY a.kind, a.commodity, a.owner_id"
)
_ACT = Sql("SELECT after FROM audit WHERE community_id = :community_id AND act = 'month.close'")


def check_book(db: Database) -> None:
    """All that must be true of the book; the planted sales have no rows of a till."""
    with db.engine.connect() as connection:
        found = broken(connection)
    found.pop("a_booked_sale_has_its_row", None)
    assert found == {}


def close_march(town: Town, **more: object) -> MonthResult:
    return run_month(town.db, HERE, 202603, at=ISSUED_AT, **more)  # type: ignore[arg-type]


def test_a_closed_month_has_a_trial_balance_that_balances_and_its_hash_on_record(
    town: Town,
) -> None:
    live_march(town)

    closed = close_march(town, by=STAFF).closed

    with town.db.read() as tx:
        lines = trial_balance(tx, HERE, 202603)
        (act,) = tx.all(_ACT, community_id=HERE)
        sealed = size(tx, HERE)
        assert closed.root == read_root(tx, HERE, sealed).hex()
    assert (closed.state, closed.tree_size, closed.closed_at) == ("closed", sealed, ISSUED_AT)
    assert closed.trial_balance_hash == trial_hash(HERE, 202603, sealed, lines)
    assert closed.trial_balance_hash in act.after
    for commodity in (CIVIC, CNY):
        own = [line for line in lines if line.commodity == commodity]
        assert sum(line.debits for line in own) == sum(line.credits for line in own) > 0
    retired = next(line for line in lines if line.kind == "retired")
    assert (retired.debits, retired.credits) == (0, 20_000)  # 10.00 yuan settled, 20 units a fen
    check_book(town.db)


def test_run_again_a_closed_month_answers_the_same_and_changes_nothing(town: Town) -> None:
    live_march(town)
    first = close_march(town)

    again = run_month(town.db, HERE, 202603, at=moment("2026-04-09 10:00"))

    assert again == replace(first, issued=0)


def test_cut_off_after_any_step_the_close_goes_on_and_comes_out_the_same(db: Database) -> None:
    steps: list[str] = []
    town = build_town(db, people=1, shops=2, fund_fen=1_000_000)
    town.grant(1, 10**9)
    live_march(town)

    place = 0
    while True:
        try:
            closed = close_march(town, after_step=crash_after(place)).closed
        except Crash as crash:
            steps.append(str(crash))
            place += 1
        else:
            break

    assert steps == ["begun", "shared", "stated:1", "stated", "sealed"]
    assert closed.state == "closed"
    with db.read() as tx:
        assert closed.trial_balance_hash == trial_hash(
            HERE, 202603, closed.tree_size or 0, trial_balance(tx, HERE, 202603)
        )
    check_book(db)


@pytest.mark.parametrize("day", [20260301, 20260315, 20260331])
def test_an_entry_dated_into_a_closed_month_is_refused(town: Town, day: int) -> None:
    """Also on days that no night was run for."""
    live_march(town)
    before = {"by": 0, "at": ISSUED_AT, "reason": "gift", "business_date": day}
    if day == 20260301:
        add_to_fund(town.db, HERE, 100, request_id="open", **before)  # type: ignore[arg-type]
    close_march(town)

    with pytest.raises(Refusal, match="period_locked"):
        add_to_fund(town.db, HERE, 100, request_id="late", **before)  # type: ignore[arg-type]

    town.db.write(lambda tx: tx.run(Sql(f"DELETE FROM book_day WHERE community_id = {HERE}")))
    with pytest.raises(Refusal, match="period_locked"):
        add_to_fund(town.db, HERE, 100, request_id="later", **before)  # type: ignore[arg-type]


def test_a_month_waits_for_the_one_before_it(town: Town) -> None:
    live_march(town)
    run_night(town.db, HERE, 20260430, at=moment("2026-05-01 02:00"))

    with pytest.raises(Refusal, match="month_earlier_open") as said:
        run_month(town.db, HERE, 202604, at=moment("2026-05-05 09:00"))
    assert said.value.facts == {"month": 202603}

    close_march(town)
    april = run_month(town.db, HERE, 202604, at=moment("2026-05-05 09:00"))
    assert april.closed.state == "closed"
    check_book(town.db)


def _sums(tx: Tx) -> tuple[dict[tuple[str, int, int], int], dict[tuple[str, int, int], int]]:
    """Every account twice: as the product reads it, and as all its transfers add up."""
    rows = tx.all(_FULL, community_id=HERE)
    signs = {"issued_grant", "issued_consumption", "owed", "bank"}
    full = {
        (r.kind, r.commodity, r.owner_id): -int(r.total) if r.kind in signs else int(r.total)
        for r in rows
    }
    return {key: account_sum(tx, HERE, *key) for key in full}, full


def _late(town: Town, units: int, *, drawn_at: int) -> None:
    """A grant whose number was drawn long before it is written."""

    def work(tx: Tx) -> None:
        wallet = Side(account_id(tx, HERE, Account.WALLET, CIVIC, 1, at=drawn_at), Account.WALLET)
        grants = Side(
            account_id(tx, HERE, Account.ISSUED_GRANT, CIVIC, at=drawn_at), Account.ISSUED_GRANT
        )
        line = Line(grants, wallet, CIVIC, units)
        at = moment("2026-04-06 09:00")
        post(
            tx,
            Posting(
                community_id=HERE, kind=Kind.GRANT, request_id=new_request_id(at), at=at,
                occurred_at=drawn_at, business_date=20260406, lines=[line],
                txn_id=IdMaker(1).make(drawn_at),
            ),
        )  # fmt: skip

    town.db.write(work)


def test_a_sum_over_closed_months_and_the_tail_is_the_sum_of_all_entries(town: Town) -> None:
    live_march(town)
    with town.db.read() as tx:
        read, full = _sums(tx)
    assert read == full

    close_march(town)
    _late(town, 700, drawn_at=moment("2026-03-30 10:00"))
    town.at = moment("2026-04-06 10:00")
    town.grant(1, 300)
    town.fund(5_000)

    for sealed in (False, True):
        if sealed:
            seal(town.db, HERE)
        with town.db.read() as tx:
            read, full = _sums(tx)
        assert read == full
        assert full["issued_grant", CIVIC, 0] == 10**12 + 1_000
    check_book(town.db)


def test_by_number_alone_the_late_entry_would_be_missed(town: Town) -> None:
    """The control: a tail that begins after the last number of the closed prefix."""
    live_march(town)
    close_march(town)
    by_number = Sql(
        "SELECT coalesce(sum(t.amount), 0) AS total FROM account a JOIN transfer t"
        " ON t.community_id = a.community_id AND t.debit_id = a.account_id"
        " WHERE a.community_id = :community_id AND a.kind = 'issued_grant' AND t.txn_id >"
        "  (SELECT max(l.entry_id) FROM leaf l JOIN period p ON p.community_id = l.community_id"
        "   AND l.leaf_index < p.tree_size WHERE l.community_id = :community_id)"
    )
    _late(town, 700, drawn_at=moment("2026-03-02 09:30"))

    with town.db.read() as tx:
        assert int(tx.get(by_number, community_id=HERE).total) == 0
        assert account_sum(tx, HERE, Account.ISSUED_GRANT, CIVIC) == 10**12 + 700


def test_a_correction_names_the_statement_and_the_line_it_corrects(town: Town) -> None:
    live_march(town)
    (march,) = close_march(town).statements
    with town.db.read() as tx:
        lines = list(enumerate(rows_of(tx, HERE, march.statement_id), start=1))
        (wrong,) = tx.all(
            Sql(
                "SELECT discrepancy_no, ref FROM discrepancy WHERE community_id = :community_id"
                " AND code = 'X2'"
            ),
            community_id=HERE,
        )
    at = moment("2026-04-08 10:00")
    press = Press(HERE, wrong.discrepancy_no, Choice.PAY_BOOKED, By("staff", 11), "slip", "p1")
    decide(town.db, press, may_decide=lambda _tx, _row: None, at=at)
    run_night(town.db, HERE, 20260430, at=moment("2026-05-01 02:00"))

    (april,) = run_month(town.db, HERE, 202604, at=moment("2026-05-06 09:00")).statements

    (number,) = [n for n, row in lines if row.section == "discrepancy" and row.ref == wrong.ref]
    with town.db.read() as tx:
        (fixed,) = [
            row for row in rows_of(tx, HERE, april.statement_id) if row.section == "adjustment"
        ]
        cells = {
            cell.text
            for row in statement_sheet(tx, HERE, april.statement_id, translate=str).grid()
            for cell in row
        }
    assert (fixed.corrects_no, fixed.corrects_row, fixed.settled_fen) == (1, number, 500)
    assert f"Statement M01-0001, line {number}" in cells


def test_a_reversal_names_the_day_it_takes_back(town: Town) -> None:
    town.at = moment("2026-03-20 20:00")
    town.grant(1, 500)
    live_march(town)
    with town.db.read() as tx:
        grant = tx.all(
            Sql(
                "SELECT txn_id, business_date FROM txn WHERE community_id = :community_id"
                " AND kind = 'grant' ORDER BY txn_id DESC"
            ),
            community_id=HERE,
        )[0]
    close_march(town)
    at = moment("2026-04-06 10:00")

    undone = town.db.write(
        lambda tx: reverse(
            tx, HERE, grant.txn_id, request_id="undo", at=at, business_date=20260406,
            reason_key="undo",
        )
    )  # fmt: skip

    with town.db.read() as tx:
        row = tx.get(
            Sql("SELECT corrects_date FROM txn WHERE community_id = :community_id AND txn_id = :t"),
            community_id=HERE,
            t=undone,
        )
        assert find_period(tx, HERE, 202604) is None
    assert row.corrects_date == grant.business_date == 20260320


def _together(town: Town, workers: int = 4) -> list[str]:
    """Several workers close March; all have sealed the order before any of them closes."""
    gate = threading.Barrier(workers)
    said: list[str] = []

    def wait(step: str) -> None:
        if step == "sealed":
            gate.wait(20)

    def work() -> None:
        try:
            said.append(close_march(town, after_step=wait).closed.trial_balance_hash)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not the one answer
            said.append(type(error).__name__)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return said


def test_four_workers_close_a_month_once(town: Town) -> None:
    live_march(town)

    said = _together(town)

    assert len(said) == 4
    assert len(set(said)) == 1
    with town.db.read() as tx:
        assert len(tx.all(_ACT, community_id=HERE)) == 1
    check_book(town.db)


def test_without_taking_the_month_first_they_close_it_twice(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_march(town)
    monkeypatch.setattr(period, "_TAKE", without(period._TAKE, " AND state = 'closing'"))

    said = _together(town)

    with town.db.read() as tx:
        acts = len(tx.all(_ACT, community_id=HERE))
    assert len(set(said)) > 1 or acts > 1
