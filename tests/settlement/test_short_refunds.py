"""A sale paid as claimed and given back: the shop returns what it was paid, in one piece or in many."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.audit import By
from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.database import Database
from ledger.units import CNY
from settlement.choices import Choice
from settlement.claims import file_daybook
from settlement.decisions import Press, decide
from settlement.discrepancies import open_discrepancies
from settlement.night import run_night
from settlement.short_refunds import mend_short_refunds, never_paid
from tests.support.night_plant import (
    HOUR,
    Entry,
    Planter,
    book,
    daybook,
    midnight,
    next_day,
    reserve_cover,
)
from tests.support.town import HERE, Town, build_town

DAY = 20260302
STAFF = By("staff", 11)


def fund_and_payable(town: Town) -> tuple[int, int]:
    with town.db.read() as tx:
        return (
            account_sum(tx, HERE, Account.FUND, CNY),
            account_sum(tx, HERE, Account.PAYABLE, CNY, 1),
        )


def a_day(town: Town, day: int, booked: list[Entry], filed: list[Entry], number: int) -> None:
    town.at = midnight(day) + 6 * HOUR
    book(town, booked)
    file_daybook(town.db, HERE, town.tills[0].terminal_id, daybook(day, number, filed), at=town.at)
    run_night(town.db, HERE, day, at=midnight(next_day(day)) + 2 * HOUR)


def pay_as_claimed(town: Town, day: int) -> None:
    with town.db.read() as tx:
        (row,) = [row for row in open_discrepancies(tx, HERE) if row.code == "V2"]
    press = Press(HERE, row.discrepancy_no, Choice.PAY_CLAIMED, STAFF, "agreed", f"press-{day}")
    decide(town.db, press, may_decide=lambda _tx, _row: None, at=midnight(next_day(day)) + 9 * HOUR)


@pytest.mark.parametrize("decided", ["before", "after"])
@pytest.mark.parametrize("parts", [(1000,), (333, 667), (1, 999), (500,)])
def test_the_shop_returns_the_share_it_was_paid(
    db: Database, parts: tuple[int, ...], decided: str
) -> None:
    town = build_town(db, people=1, shops=1, fund_fen=1_000_000)
    town.grant(1, 10**12)
    planter = Planter(town.tills, seed=3)
    town.at = midnight(DAY)
    reserve_cover(town, 100_000)
    sale = planter.entry(DAY, fen=1000)
    a_day(town, DAY, [sale], [replace(sale, fen=600)], 1)
    if decided == "before":
        pay_as_claimed(town, DAY)
    second = next_day(DAY)
    back = [planter.refund(sale, second, fen) for fen in parts]
    a_day(town, second, back, back, 2)
    if decided == "after":
        pay_as_claimed(town, second)
    # Paid 6.00 and gave back the whole offset: without mending the shop is short.
    assert fund_and_payable(town)[1] == 600 - sum(parts)

    at = midnight(next_day(second)) + 10 * HOUR
    owed = 600 - sum(parts) * 600 // 1000
    assert mend_short_refunds(db, HERE, at=at) == owed - (600 - sum(parts))
    assert mend_short_refunds(db, HERE, at=at + HOUR) == 0
    assert fund_and_payable(town)[1] == owed


@settings(
    max_examples=200,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.integers(1, 5_000), st.data())
def test_however_it_comes_back_the_parts_are_the_whole(booked: int, data: st.DataObject) -> None:
    unpaid = data.draw(st.integers(0, booked))
    cuts = sorted(data.draw(st.lists(st.integers(0, booked), max_size=6)))
    ends = [*cuts, booked]
    parts = [b - a for a, b in zip([0, *cuts], ends, strict=True)]
    given_back = before = 0
    for part in parts:
        one = never_paid(booked_fen=booked, unpaid_fen=unpaid, before_fen=before, refund_fen=part)
        assert 0 <= one <= part
        given_back += one
        before += part
    assert given_back == unpaid
