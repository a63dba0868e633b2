"""A shop objects to two of eighty receipts: seventy-eight are paid, two stay open, and each has its life."""

from __future__ import annotations

import pytest

from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.sql import Sql
from settlement.closing import accept_silent, accept_statement, run_month
from settlement.dispute_life import Outcome
from settlement.dispute_store import held_by_disputes, steps_of
from settlement.disputed_line import receipts_of_day
from settlement.disputes import (
    Objection,
    answer_dispute,
    approve_ruling,
    ask_evidence,
    end_overdue,
    present_again,
    raise_objections,
    rule_dispute,
    turn_ruling_down,
)
from settlement.night import run_night
from settlement.payout_lists import statements_to_pay, unpaid_statements
from settlement.payouts import (
    approve_payout,
    confirm_payout,
    propose_payout,
    send_payout,
)
from settlement.statement_form import statement_sheet
from settlement.statements import rows_of, set_state
from tests.settlement.test_month import live_march
from tests.support.night_plant import HOUR
from tests.support.objections import (
    CHIEF,
    ISSUED_AT,
    OWNER,
    SILENT_AT,
    ZHOU,
    act,
    eighty_receipts,
    object_to_two,
    payable,
    row_of_day,
)
from tests.support.town import HERE, Town, moment

LATER = SILENT_AT + 24 * HOUR
ADJUSTED = Sql(
    "SELECT reason_key, corrects_date FROM txn WHERE community_id = :community_id"
    " AND kind = 'adjust' ORDER BY txn_id"
)


def pay(town: Town, statement_id: int, at: int) -> int:
    payout = propose_payout(town.db, HERE, statement_id, by=ZHOU, at=at)
    here = (HERE, payout.payout_id)
    approve_payout(town.db, *here, by=CHIEF, at=at)
    send_payout(town.db, None, *here, by=ZHOU, at=at)
    return confirm_payout(town.db, *here, by=ZHOU, at=at).amount_fen


def open_lines(town: Town) -> tuple[int, int]:
    with town.db.read() as tx:
        return held_by_disputes(tx, HERE, 1)


def test_seventy_eight_are_paid_and_two_stay_open(town: Town) -> None:
    statement, sold = eighty_receipts(town)
    whole = sum(entry.fen for entry in sold)
    disputed = sold[3].fen + sold[50].fen
    object_to_two(town, statement, sold)

    assert accept_silent(town.db, HERE, at=moment("2026-04-13 23:59")) == []
    (deemed,) = accept_silent(town.db, HERE, at=SILENT_AT)
    assert deemed.state == "deemed"
    assert accept_silent(town.db, HERE, at=SILENT_AT + HOUR) == []

    assert pay(town, statement.statement_id, SILENT_AT) == whole - disputed
    assert open_lines(town) == (disputed, 2)
    assert payable(town) == disputed
    with pytest.raises(Refusal, match="payout_held") as held:
        propose_payout(town.db, HERE, statement.statement_id, by=ZHOU, at=SILENT_AT)
    assert (held.value.facts["held_fen"], held.value.facts["disputed_fen"]) == (disputed,) * 2
    with town.db.read() as tx:
        [rest] = unpaid_statements(tx, HERE, at=SILENT_AT)
        assert statements_to_pay(tx, HERE, at=SILENT_AT) == []
    assert (rest.rest_fen, rest.payable_fen, rest.disputed_fen) == (disputed, 0, disputed)


def test_every_ending_frees_its_line_and_the_shop_is_paid_what_was_ruled(town: Town) -> None:
    statement, sold = eighty_receipts(town)
    one, two = object_to_two(town, statement, sold)
    accept_statement(town.db, HERE, statement.statement_id, by=OWNER, at=ISSUED_AT + 2 * HOUR)
    first = pay(town, statement.statement_id, ISSUED_AT + 3 * HOUR)

    ask_evidence(town.db, act(one, ZHOU, "ask", at=LATER))
    answer_dispute(town.db, act(one, OWNER, "answer", at=LATER))
    rule_dispute(town.db, act(one, ZHOU, "uphold", at=LATER), Outcome.UPHELD)
    with pytest.raises(Refusal, match="decision_same_person"):
        approve_ruling(town.db, act(one, ZHOU, "own", at=LATER), fen=300)
    with pytest.raises(Refusal, match="decision_changed"):
        approve_ruling(town.db, act(one, CHIEF, "other", at=LATER), fen=301)
    upheld = approve_ruling(town.db, act(one, CHIEF, "agree", at=LATER), fen=300)
    refused = rule_dispute(town.db, act(two, ZHOU, "refuse", at=LATER), Outcome.REJECTED)

    assert (upheld.state, upheld.outcome_fen, refused.state) == ("final", 300, "rejected")
    assert open_lines(town) == (0, 0)
    assert first + pay(town, statement.statement_id, LATER) == sum(e.fen for e in sold)
    # The 3.00 are of this month: they stand in the next statement and are paid on it.
    assert payable(town) == 300
    with town.db.read() as tx:
        adjusted = tx.all(ADJUSTED, community_id=HERE)
        verbs = [(s.verb, s.state) for s in steps_of(tx, HERE, one.dispute_id)]
    assert [(row.reason_key, row.corrects_date) for row in adjusted] == [("dispute", sold[3].day)]
    assert verbs == [
        ("claim_more", "raised"),
        ("inquire", "evidence_due"),
        ("answer", "under_review"),
        ("rule", "ruling_proposed"),
        ("approve", "final"),
    ]


def test_a_refused_line_is_presented_again_once_and_then_it_is_over(town: Town) -> None:
    statement, sold = eighty_receipts(town)
    one, two = object_to_two(town, statement, sold)
    for line in (one, two):
        rule_dispute(town.db, act(line, ZHOU, "refuse", at=LATER), Outcome.REJECTED)

    again = present_again(town.db, act(one, OWNER, "again", at=LATER))
    assert (again.state, again.held_fen, open_lines(town)) == ("appealed", 0, (0, 1))
    last = rule_dispute(town.db, act(one, CHIEF, "refuse again", at=LATER), Outcome.REJECTED)
    assert last.state == "final"
    with pytest.raises(Refusal, match="dispute_appealed"):
        present_again(town.db, act(one, OWNER, "third", at=LATER))

    assert end_overdue(town.db, HERE, at=moment("2026-04-22 12:00")) == 0
    with pytest.raises(Refusal, match="objection_late"):
        present_again(town.db, act(two, OWNER, "late", at=moment("2026-04-23 12:00")))
    assert end_overdue(town.db, HERE, at=moment("2026-04-23 12:00")) == 1
    assert end_overdue(town.db, HERE, at=moment("2026-04-23 12:00")) == 0
    with town.db.read() as tx:
        verbs = [s.verb for s in steps_of(tx, HERE, one.dispute_id)]
    assert verbs == ["claim_more", "refuse", "present_again", "refuse_again"]


def test_a_line_is_split_towards_what_the_shop_says_and_no_further(town: Town) -> None:
    statement, sold = eighty_receipts(town)
    one, two = object_to_two(town, statement, sold)
    for name, part in (("none", None), ("whole", 300), ("back", -100), ("zero", 0)):
        with pytest.raises(Refusal, match=r"ruling_(bad|needs_figure)"):
            rule_dispute(town.db, act(one, ZHOU, name, at=LATER), Outcome.SPLIT, part_fen=part)
    before = payable(town)

    rule_dispute(town.db, act(one, ZHOU, "split", at=LATER), Outcome.SPLIT, part_fen=120)
    back = turn_ruling_down(town.db, act(one, CHIEF, "not so", at=LATER))
    assert (back.state, payable(town)) == ("under_review", before)
    rule_dispute(town.db, act(one, ZHOU, "less", at=LATER), Outcome.SPLIT, part_fen=100)
    done = approve_ruling(town.db, act(one, CHIEF, "agreed", at=LATER), fen=100)
    assert (done.state, done.outcome_fen, payable(town) - before) == ("split", 100, 100)

    # On appeal the shop gets the rest of what it asked for: never the whole once more.
    present_again(town.db, act(one, OWNER, "again", at=LATER))
    rule_dispute(town.db, act(one, ZHOU, "upheld now", at=LATER), Outcome.UPHELD)
    end = approve_ruling(town.db, act(one, CHIEF, "agreed now", at=LATER), fen=200)
    assert (end.state, end.outcome_fen, payable(town) - before) == ("final", 300, 300)
    assert open_lines(town) == (two.held_fen, 1)


def test_a_shop_that_says_less_gives_back_and_needs_no_second_person(town: Town) -> None:
    statement, sold = eighty_receipts(town)
    row_no = row_of_day(town, statement, sold[0].day)
    (line,) = raise_objections(
        town.db,
        HERE,
        statement.statement_id,
        [Objection(row_no, sold[0].ref, sold[0].fen - 50, "多收了")],
        by=OWNER,
        request_id=new_request_id(ISSUED_AT),
        at=ISSUED_AT,
    )
    before = payable(town)

    done = rule_dispute(town.db, act(line, ZHOU, "right", at=LATER), Outcome.UPHELD)

    assert (done.state, done.outcome_fen, payable(town) - before) == ("final", -50, -50)
    with town.db.read() as tx:
        assert steps_of(tx, HERE, line.dispute_id)[0].verb == "give_back"


def test_what_cannot_be_objected_to_is_refused(town: Town) -> None:
    statement, sold = eighty_receipts(town)
    object_to_two(town, statement, sold)
    row_no = row_of_day(town, statement, sold[3].day)

    def raise_one(row_no: int, ref: str, at: int = ISSUED_AT) -> None:
        raise_objections(
            town.db,
            HERE,
            statement.statement_id,
            [Objection(row_no, ref, None, "why")],
            by=OWNER,
            request_id=new_request_id(at),
            at=at,
        )

    for bad in ((99, ""), (row_no, "nothing"), (row_no, sold[50].ref), (0, sold[1].ref), (0, "")):
        with pytest.raises(Refusal, match="dispute_line_unknown"):
            raise_one(*bad)
    # A day as a whole holds its receipts, one of which is in question already.
    for twice in ((row_no, sold[3].ref), (row_no, "")):
        with pytest.raises(Refusal, match="dispute_raised"):
            raise_one(*twice)
    with pytest.raises(Refusal, match="objection_late"):
        raise_one(row_no, sold[4].ref, at=SILENT_AT)
    accept_silent(town.db, HERE, at=SILENT_AT)
    with pytest.raises(Refusal, match="statement_ended"):
        raise_one(row_no, sold[4].ref, at=SILENT_AT)


@pytest.mark.parametrize("typed", [True, False])
def test_what_was_never_claimed_waits_where_its_line_is_in_dispute(
    town: Town, *, typed: bool
) -> None:
    live_march(town)
    (statement,) = run_month(town.db, HERE, 202603, at=ISSUED_AT).statements
    with town.db.read() as tx:
        rows = rows_of(tx, HERE, statement.statement_id)
    row_no, carried = next((n, r) for n, r in enumerate(rows, 1) if r.section == "carried")
    raise_objections(
        town.db,
        HERE,
        statement.statement_id,
        [Objection(row_no, carried.ref if typed else "", 0, "这笔没有发生")],
        by=OWNER,
        request_id=new_request_id(ISSUED_AT),
        at=ISSUED_AT,
    )

    accept_statement(town.db, HERE, statement.statement_id, by=OWNER, at=ISSUED_AT)

    assert payable(town) == 1000  # not the 5.00 that silence would have claimed


def test_a_ruling_stands_in_the_next_statement_beside_the_line_it_corrects(town: Town) -> None:
    statement, sold = eighty_receipts(town)
    one, _ = object_to_two(town, statement, sold)
    rule_dispute(town.db, act(one, ZHOU, "uphold", at=LATER), Outcome.UPHELD)
    approve_ruling(town.db, act(one, CHIEF, "agree", at=LATER), fen=300)
    run_night(town.db, HERE, 20260430, at=moment("2026-05-01 02:00"))

    (april,) = run_month(town.db, HERE, 202604, at=moment("2026-05-06 09:00")).statements

    assert (april.adjusted_fen_plus, april.adjusted_fen_minus) == (300, 0)
    with town.db.read() as tx:
        (line,) = [r for r in rows_of(tx, HERE, april.statement_id) if r.section == "adjustment"]
        sheet = statement_sheet(tx, HERE, april.statement_id, translate=lambda text: text)
    assert (line.ref, line.corrects_no, line.corrects_row) == (sold[3].ref, 1, one.row_no)
    shown = next(b for b in sheet.blocks if b.heading == "Adjustments decided this month")
    assert shown.rows[0][-1].text == f"Statement M01-0001, line {one.row_no}"


def test_the_receipts_behind_a_day_are_the_days_line(town: Town) -> None:
    statement, sold = eighty_receipts(town)
    with town.db.read() as tx:
        rows = rows_of(tx, HERE, statement.statement_id)
        for row in rows:
            found = receipts_of_day(tx, HERE, 1, row.business_date)
            assert sum(receipt.fen for receipt in found) == row.booked_fen
            assert {r.ref for r in found} == {e.ref for e in sold if e.day == row.business_date}


def test_a_whole_statement_objected_to_is_not_paid_at_all(town: Town) -> None:
    statement, sold = eighty_receipts(town)
    object_to_two(town, statement, sold)
    moved = town.db.write(
        lambda tx: set_state(
            tx, HERE, statement.statement_id, before="issued", state="objected", at=ISSUED_AT
        )
    )
    assert moved
    with pytest.raises(Refusal, match="statement_not_accepted"):
        propose_payout(town.db, HERE, statement.statement_id, by=ZHOU, at=SILENT_AT)
