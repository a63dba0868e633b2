"""A shop's share of the points it gives out: exact to the fen over any months, and a line of its own."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.generator.claims import daybook
from ledger.audit import SYSTEM
from ledger.book.balances import account_sum
from ledger.book.fund import add_to_fund
from ledger.book.issued import GivenByShop
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members.agreements import Agreement, share_in, sign_agreement
from ledger.token_keys import KeyClass
from ledger.units import CNY
from pos.checkout import check_out
from pos.refunds import refund
from settlement.claims import file_daybook
from settlement.closing import accept_statement, run_month
from settlement.cofund import shares_due
from settlement.night import run_night
from settlement.payouts import propose_payout
from settlement.statement_form import statement_sheet
from settlement.statements import Statement, rows_of
from tests.support.invariants import check_invariants
from tests.support.town import HERE, Town, build_town, moment


def agree(town: Town, shop: int, first: int, bp: int, *, at: int) -> None:
    """Sign that a shop bears `bp` hundredths of a percent from a day on."""
    signed = Agreement(
        shop, first, None, f"A{first}", frozenset({"earn", "offset"}), "bill", 3, 1_000_000, bp
    )
    town.db.write(lambda tx: sign_agreement(tx, HERE, signed, by=SYSTEM, at=at))


@pytest.fixture
def town(db: Database) -> Town:
    """Two shops; from March on the first bears a fifth of its points, from April on half of them."""
    made = build_town(db, people=4, shops=2, grant_units=100_000)
    agree(made, 1, 20260301, 2_000, at=moment("2026-01-20 10:00"))
    agree(made, 1, 20260401, 5_000, at=moment("2026-03-01 10:00"))
    return made


def close_day(town: Town, day: str, number: int, rung: list[dict[str, Any]]) -> None:
    """File the first till's day and run its night."""
    book = daybook(town.tills[0].code, date.fromisoformat(day), number, rung)
    del book["terminal"]
    file_daybook(town.db, HERE, town.tills[0].terminal_id, book, at=moment(f"{day} 22:00"))
    key = int(day.replace("-", ""))
    after = date.fromisoformat(day).toordinal() + 1
    night = moment(f"{date.fromordinal(after)} 02:00")
    assert run_night(town.db, HERE, key, at=night).state == "locked"


def note(receipt: dict[str, Any], counter: int) -> dict[str, Any]:
    """What the till writes down of a sale with points."""
    names = ("ref", "total_fen", "offset_units", "offset_fen", "paid_fen", "occurred_at")
    own = {name: receipt[name] for name in names}
    return {**own, "counter": counter, "kind": "sale", "original_ref": None}


def buy(
    town: Town, person: int, total_fen: int, offset_units: int = 0, *, till: int = 0
) -> dict[str, Any]:
    """A purchase with the printed card, a minute after the last."""
    at = town.later(60)
    card = town.code(person, KeyClass.CARD)
    return check_out(
        town.desk, town.sale(person, total_fen, offset_units, till=till, token=card), at=at
    )


def live_march(town: Town) -> dict[str, Any]:
    """45.00, 50.00 with 10.00 in points, 12.80: 97.80 points, so 489 fen, of which a fifth is 97.8."""
    town.at = moment("2026-03-31 10:00")
    first = buy(town, 1, 4_500)
    with_points = buy(town, 2, 5_000, 20_000)
    rung = [note(with_points, town.tills[0].counter)]
    buy(town, 3, 1_280)
    close_day(town, "2026-03-31", 1, rung)
    return first


def live_april(town: Town, march: dict[str, Any]) -> None:
    """Half of March's 45.00 comes back, and 10.00 is bought."""
    town.at = moment("2026-04-30 10:00")
    refund(town.desk, town.refund(march["ref"], 2_250), at=town.at)
    buy(town, 4, 1_000)
    close_day(town, "2026-04-30", 2, [])


def books(town: Town, shop: int = 1) -> tuple[int, int]:
    """Payable to the shop, and the fund."""
    with town.db.read() as tx:
        return (
            account_sum(tx, HERE, "payable", CNY, shop),
            account_sum(tx, HERE, "fund", CNY) + account_sum(tx, HERE, "cover", CNY, shop),
        )


def statement_of(town: Town, month: int, at: str) -> Statement:
    return next(
        one
        for one in run_month(town.db, HERE, month, at=moment(at)).statements
        if one.claimant_id == 1
    )


def test_a_fifth_of_the_points_given_out_is_taken_to_the_fen(town: Town) -> None:
    live_march(town)
    before = books(town)

    march = statement_of(town, 202603, "2026-04-05 09:00")

    assert (march.settled_fen_plus, march.cofund_fen, march.payable_fen) == (1_000, 97, 903)
    assert books(town) == (before[0] - 97, before[1] + 97)
    with town.db.read() as tx:
        (line,) = [row for row in rows_of(tx, HERE, march.statement_id) if row.section == "cofund"]
        sheet = statement_sheet(tx, HERE, march.statement_id, translate=str)
        cells = [tuple(cell.text for cell in row) for row in sheet.grid()]
    assert (line.units, line.sub_code, line.settled_fen) == (9_780, "2000", -97)
    assert ("2", "2026-03-31", "97.80", "20.00", "-0.97") in cells
    assert ("Own share of the points given out", "-0.97") in cells
    check_invariants(town.db.engine)


def test_what_comes_back_is_shared_as_it_was_when_it_was_given(town: Town) -> None:
    """0.8 left of a fen - 22.50 points at a fifth (22.5) + 10.00 points at a half (25) = 3.3."""
    bought = live_march(town)
    march = statement_of(town, 202603, "2026-04-05 09:00")
    live_april(town, bought)

    april = statement_of(town, 202604, "2026-05-06 09:00")

    assert (april.opening_fen, april.cofund_fen) == (march.payable_fen, 3)
    with town.db.read() as tx:
        lines = [row for row in rows_of(tx, HERE, april.statement_id) if row.section == "cofund"]
    assert [(row.business_date, row.units, row.sub_code, row.settled_fen) for row in lines] == [
        (20260331, -2_250, "2000", 22),
        (20260430, 1_000, "5000", -25),
    ]
    assert books(town)[0] == april.payable_fen
    check_invariants(town.db.engine)


@pytest.mark.usefixtures("audited")
def test_the_second_engine_passes_months_with_shares_and_money_by_source(town: Town) -> None:
    gift = {"by": 0, "at": town.at, "business_date": town.day, "reason": "gift"}
    add_to_fund(town.db, HERE, 50_000, request_id="gift", source="social_donation", **gift)  # type: ignore[arg-type]
    bought = live_march(town)
    statement_of(town, 202603, "2026-04-05 09:00")
    live_april(town, bought)
    statement_of(town, 202604, "2026-05-06 09:00")

    assert run_night(town.db, HERE, 20260506, at=moment("2026-05-07 02:00")).state == "locked"


def test_run_again_nothing_is_taken_twice(town: Town) -> None:
    live_march(town)
    first = statement_of(town, 202603, "2026-04-05 09:00")
    stood = books(town)

    assert statement_of(town, 202603, "2026-04-06 09:00") == first
    assert books(town) == stood


def test_a_shop_that_bears_nothing_has_no_such_line(town: Town) -> None:
    town.at = moment("2026-03-31 10:00")
    buy(town, 1, 4_500, till=1)
    close_day(town, "2026-03-31", 1, [])

    result = run_month(town.db, HERE, 202603, at=moment("2026-04-05 09:00"))

    assert result.statements == ()
    assert books(town, 2)[0] == 0


def test_a_shop_that_only_gives_points_owes_its_share_and_is_paid_nothing(town: Town) -> None:
    town.at = moment("2026-03-31 10:00")
    buy(town, 1, 4_500)
    close_day(town, "2026-03-31", 1, [])
    march = statement_of(town, 202603, "2026-04-05 09:00")
    at = moment("2026-04-06 09:00")
    accept_statement(town.db, HERE, march.statement_id, by=SYSTEM, at=at)

    assert (march.cofund_fen, march.payable_fen) == (45, -45)
    with pytest.raises(Refusal, match="nothing_to_pay"):
        propose_payout(town.db, HERE, march.statement_id, by=SYSTEM, at=at)


def test_a_balance_below_zero_is_carried_over_two_months_and_paid_in_neither(town: Town) -> None:
    owed = []
    for number, (day, month, issued) in enumerate(
        (("2026-03-31", 202603, "2026-04-05"), ("2026-04-30", 202604, "2026-05-05")), start=1
    ):
        town.at = moment(f"{day} 10:00")
        buy(town, 1, 4_500)
        close_day(town, day, number, [])
        statement = statement_of(town, month, f"{issued} 09:00")
        at = moment(f"{issued} 10:00")
        accept_statement(town.db, HERE, statement.statement_id, by=SYSTEM, at=at)
        owed.append((statement.opening_fen, statement.payable_fen))
        with pytest.raises(Refusal, match="nothing_to_pay"):
            propose_payout(town.db, HERE, statement.statement_id, by=SYSTEM, at=at)

    # From April on the shop bears half: 112 fen and a half, of which the half waits.
    assert owed == [(0, -45), (-45, -45 - 112)]


@pytest.mark.parametrize(
    ("first", "bp", "at", "passes"),
    [
        (20260501, 1_000, "2026-04-30 23:59", True),
        (20260515, 1_000, "2026-04-10 10:00", False),  # in the midst of a month
        (20260501, 1_000, "2026-05-01 00:00", False),  # of the month that has begun
        (20260515, 5_000, "2026-04-10 10:00", True),  # the same share, so any day will do
    ],
)
def test_another_share_counts_from_a_later_month_on(
    town: Town, first: int, bp: int, at: str, *, passes: bool
) -> None:
    if passes:
        agree(town, 1, first, bp, at=moment(at))
        return
    with pytest.raises(Refusal, match="agreement_share_month"):
        agree(town, 1, first, bp, at=moment(at))


def test_a_share_over_the_whole_is_refused(town: Town) -> None:
    with pytest.raises(Refusal, match="agreement_terms"):
        agree(town, 2, 20260501, 10_001, at=moment("2026-04-10 10:00"))


def test_the_share_of_a_month_is_that_of_its_agreement() -> None:
    signed = [
        Agreement(1, 20260315, 20260331, "A1", frozenset(), "bill", 3, 0, 2_000),
        Agreement(1, 20260501, None, "A2", frozenset(), "bill", 3, 0, 500),
    ]

    assert [share_in(signed, month) for month in (202602, 202603, 202604, 202605)] == [
        0, 2_000, 0, 500,
    ]  # fmt: skip


_SIGNED = [Agreement(1, 20260101, None, "A", frozenset(), "bill", 3, 0, 1_234)]


@given(
    st.lists(
        st.tuples(st.integers(0, 10**6), st.integers(0, 10**5), st.sampled_from([20, 15, 7])),
        max_size=12,
    )
)
def test_any_months_take_exactly_what_the_whole_takes(
    months: list[tuple[int, int, int]],
) -> None:
    rest, taken, exact = Fraction(0), 0, Fraction(0)
    for number, (plus, minus, rate) in enumerate(months, start=1):
        rows = [GivenByShop(1, 202600 + number, rate, plus, minus)]
        for line, left in shares_due(rows, _SIGNED, rest):
            taken, rest = taken + line.fen, left
        exact += Fraction((plus - minus) * 1_234, rate * 10_000)

    assert taken == exact.numerator // exact.denominator
    assert 0 <= rest < 1
