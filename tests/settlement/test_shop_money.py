"""What a shop is owed, what of it waits and why, and what can be paid: every fen is named once."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.audit import SYSTEM
from ledger.errors import Refusal
from ledger.members import merchants
from ledger.members.settings import change
from settlement.available import Rule, ShopMoney, share_out
from settlement.closing import accept_statement
from settlement.payout_lists import unpaid_statements
from settlement.payouts import cancel_payout, propose_payout
from settlement.shop_money import Unpaid, money_of, rule_of, set_rule
from settlement.statement_form import statement_sheet
from tests.support.night_plant import HOUR
from tests.support.objections import (
    ISSUED_AT,
    OWNER,
    ZHOU,
    eighty_receipts,
    object_to_two,
    payable,
)
from tests.support.town import HERE, Town

TODAY = 20260405


def money(town: Town, today: int = TODAY) -> ShopMoney:
    with town.db.read() as tx:
        return money_of(tx, HERE, 1, today=today)


def unpaid(town: Town) -> Unpaid:
    """The one statement that is not paid yet; each fen of its rest is named once."""
    with town.db.read() as tx:
        [one] = unpaid_statements(tx, HERE, at=ISSUED_AT)
    parts = one.payable_fen + one.disputed_fen + one.review_fen + one.recent_fen + one.small_fen
    assert parts == one.rest_fen
    return one


def rule(town: Town, **figures: int | None) -> None:
    wanted: dict[str, int | None] = {"risk_days": None, "least_fen": None, **figures}
    town.db.write(lambda tx: set_rule(tx, HERE, 1, **wanted, why="新商户", by=ZHOU, at=ISSUED_AT))


def head_of(town: Town, statement_id: int) -> dict[str, str]:
    with town.db.read() as tx:
        sheet = statement_sheet(tx, HERE, statement_id, translate=lambda text: text)
    return {row[0].text: row[1].text for row in sheet.blocks[0].rows}


FEN = st.integers(0, 10_000)


@settings(
    max_examples=200,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    st.integers(-5_000, 20_000), FEN, FEN, st.integers(-5_000, 10_000), FEN, st.integers(0, 5_000)
)
def test_every_fen_is_named_once(
    owed: int, unsettled: int, disputed: int, lately: int, in_payout: int, least: int
) -> None:
    made = share_out(
        payable_fen=owed,
        unsettled_fen=unsettled,
        disputed_fen=disputed,
        settled_lately_fen=lately,
        in_payout_fen=in_payout,
        rule=Rule(7, least),
    )

    assert made.total_fen == owed + unsettled
    assert min(made.recent_fen, made.disputed_fen, made.in_payout_fen) >= 0
    if disputed + in_payout <= owed:
        assert made.available_fen >= 0
    assert made.rolls_over == (0 < made.available_fen < least)


def test_total_held_and_available_add_up_from_the_till_to_the_bank(town: Town) -> None:
    statement, sold = eighty_receipts(town)
    whole, disputed = sum(e.fen for e in sold), sold[3].fen + sold[50].fen
    assert (money(town).total_fen, money(town).available_fen) == (whole, whole)
    object_to_two(town, statement, sold)
    assert (money(town).held_fen, money(town).available_fen) == (disputed, whole - disputed)

    accept_statement(town.db, HERE, statement.statement_id, by=OWNER, at=ISSUED_AT + 2 * HOUR)
    propose_payout(town.db, HERE, statement.statement_id, by=ZHOU, at=ISSUED_AT + 3 * HOUR)

    now = money(town)
    assert (now.in_payout_fen, now.available_fen, now.total_fen) == (whole - disputed, 0, whole)


def test_what_is_younger_than_the_risk_days_is_paid_when_they_have_passed(town: Town) -> None:
    statement, sold = eighty_receipts(town)
    second_day = sum(e.fen for e in sold[40:])
    first_day = sum(e.fen for e in sold[:40])
    # On the 5th what the night of 31 March settled is five days old.
    rule(town, risk_days=6)
    accept_statement(town.db, HERE, statement.statement_id, by=OWNER, at=ISSUED_AT)

    assert (money(town).recent_fen, money(town).available_fen) == (second_day, first_day)
    one = unpaid(town)
    assert (one.payable_fen, one.recent_fen, one.held_fen) == (first_day, second_day, second_day)
    payout = propose_payout(town.db, HERE, statement.statement_id, by=ZHOU, at=ISSUED_AT)
    assert payout.amount_fen == first_day
    assert (unpaid(town).stop, unpaid(town).is_open) == ("payout_waiting", False)
    cancel_payout(town.db, HERE, payout.payout_id, by=ZHOU, why="later", at=ISSUED_AT)
    later = propose_payout(town.db, HERE, statement.statement_id, by=ZHOU, at=ISSUED_AT + 24 * HOUR)
    assert later.amount_fen == first_day + second_day


def test_less_than_the_least_is_carried_on_and_a_shop_that_left_gets_it_all_the_same(
    town: Town,
) -> None:
    statement, sold = eighty_receipts(town)
    whole = sum(e.fen for e in sold)
    town.db.write(
        lambda tx: change(
            tx, HERE, {"payout_least_fen": whole + 1}, by=SYSTEM, why="least", at=ISSUED_AT
        )
    )
    accept_statement(town.db, HERE, statement.statement_id, by=OWNER, at=ISSUED_AT)
    assert money(town).rolls_over
    assert (unpaid(town).small_fen, unpaid(town).is_open) == (whole, False)
    with pytest.raises(Refusal, match="payout_under_least"):
        propose_payout(town.db, HERE, statement.statement_id, by=ZHOU, at=ISSUED_AT)
    assert payable(town) == whole

    town.db.write(lambda tx: merchants.set_state(tx, HERE, 1, "left", by=SYSTEM, at=ISSUED_AT))
    last = propose_payout(town.db, HERE, statement.statement_id, by=ZHOU, at=ISSUED_AT)
    assert last.amount_fen == whole


def test_the_statement_says_what_waits_as_it_was_when_it_was_issued(town: Town) -> None:
    rule(town, risk_days=1)  # in force before the month is stated
    statement, sold = eighty_receipts(town)
    recent = sum(e.fen for e in sold if e.day == 20260331)
    before = head_of(town, statement.statement_id)

    assert before["Held: too recent"] == f"-{recent / 100:.2f}"
    assert before["Available once accepted"] == f"{(statement.payable_fen - recent) / 100:.2f}"
    object_to_two(town, statement, sold)
    town.db.write(
        lambda tx: set_rule(
            tx,
            HERE,
            1,
            risk_days=30,
            least_fen=1,
            why="later",
            by=ZHOU,
            at=ISSUED_AT + 48 * HOUR,
        )
    )
    assert head_of(town, statement.statement_id) == before


def test_a_shops_own_rule_goes_before_the_settings_and_is_kept_with_its_reason(town: Town) -> None:
    for bad in ({"risk_days": 61}, {"least_fen": -1}):
        with pytest.raises(Refusal, match="payment_rule_bad"):
            rule(town, **bad)
    rule(town, risk_days=9)
    town.db.write(
        lambda tx: change(
            tx,
            HERE,
            {"risk_days": 2, "payout_least_fen": 500},
            by=SYSTEM,
            why="w",
            at=ISSUED_AT,
        )
    )
    with town.db.read() as tx:
        assert rule_of(tx, HERE, 1) == Rule(9, 500)
        assert rule_of(tx, HERE, 2) == Rule(2, 500)
        assert rule_of(tx, HERE, 2, at=ISSUED_AT - 1) == Rule(0, 0)
