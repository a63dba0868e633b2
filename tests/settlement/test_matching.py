"""One booked offset beside one claim: each verdict with all of its amounts, to the fen."""

from __future__ import annotations

import pytest

from settlement.matching import Booked, Claimed, Finding, compare, is_other_time, judge
from settlement.verdicts import Code


def booked(fen: int, *, rate: int = 20) -> Booked:
    kind, original = ("sale", None) if fen > 0 else ("refund", "M01T1-260302-00001-A")
    return Booked(
        1, "M01T1-260302-00002-B", 7, 1_010, kind, original, fen * rate, fen, rate, 20260302, 5
    )


def claimed(fen: int, *, units: int | None = None) -> Claimed:
    return Claimed(
        3, 1, "sale" if fen > 0 else "refund", fen * 20 if units is None else units, fen, 6
    )


SETTLED = Finding(settle_units=20_000, settle_fen=1_000)
TAKEN_OFF = Finding(settle_units=-20_000, settle_fen=-1_000)


@pytest.mark.parametrize(
    ("book", "claim", "finding"),
    [
        (1_000, claimed(1_000), SETTLED),
        (-1_000, claimed(-1_000), TAKEN_OFF),
        # Off by at most a point, or by a fen beside the same points: somebody rounded.
        (1_000, claimed(1_000, units=19_999), SETTLED._replace(code=Code.V4)),
        (1_000, claimed(1_000, units=20_100), SETTLED._replace(code=Code.V4)),
        (1_000, claimed(1_001, units=20_000), SETTLED._replace(code=Code.V4)),
        (1_000, claimed(999, units=20_000), SETTLED._replace(code=Code.V4)),
        (1_000, claimed(1_000, units=20_101), SETTLED._replace(code=Code.V3)),
        (-1_000, claimed(-1_000, units=-1), TAKEN_OFF._replace(code=Code.V3)),
        (1_000, claimed(1_001), SETTLED._replace(code=Code.V1, minus_fen=1, held_fen=1)),
        (1_000, claimed(1_300), SETTLED._replace(code=Code.V1, minus_fen=300, held_fen=300)),
        # A refund claimed for less than it was: the shop would keep the rest.
        (-1_000, claimed(-700), TAKEN_OFF._replace(code=Code.V1, minus_fen=300, held_fen=300)),
        (-1_000, claimed(-1_200), TAKEN_OFF._replace(code=Code.V2, plus_fen=200)),
        (-1_000, claimed(-1_001), TAKEN_OFF._replace(code=Code.V2, plus_fen=1)),
        (1_000, claimed(999), Finding(Code.V2, 19_980, 999, 1, 0, 0, 20, 1)),
        (1_000, claimed(400), Finding(Code.V2, 8_000, 400, 600, 0, 0, 12_000, 600)),
        (1_000, claimed(-400), Finding(Code.V2, 0, 0, 1_000, 0, 0, 20_000, 1_000)),
        (1_000, claimed(0), Finding(Code.V2, 0, 0, 1_000, 0, 0, 20_000, 1_000)),
        (1, claimed(0), Finding(Code.V2, 0, 0, 1, 0, 0, 20, 1)),
    ],
)
def test_both_sides_are_there(book: int, claim: Claimed, finding: Finding) -> None:
    assert compare(booked(book), claim) == finding
    # A claim is all that is looked at, whatever else is known.
    assert judge(booked(book), claim, file_came=False, original_claimed=True) == finding


def test_a_short_claim_is_paid_in_points_at_the_rate_of_its_sale() -> None:
    found = compare(booked(1_000, rate=10), claimed(400, units=4_000))

    assert (found.settle_units, found.settle_fen) == (4_000, 400)
    assert (found.rest_units, found.rest_fen) == (6_000, 600)
    assert {type(found.settle_units), type(found.rest_units)} == {int}


@pytest.mark.parametrize("original_claimed", [False, True])
@pytest.mark.parametrize("fen", [1_000, -1_000])
def test_without_a_file_it_waits(fen: int, original_claimed: bool) -> None:  # noqa: FBT001 - a table
    found = judge(booked(fen), None, file_came=False, original_claimed=original_claimed)

    assert found == Finding(wait="no_file")


def test_a_sale_left_out_of_a_file_that_came_is_unclaimed_and_waits() -> None:
    found = judge(booked(1_000), None, file_came=True)

    assert found == Finding(Code.X2, 0, 0, 1_000, 0, 0, 20_000, 1_000, "unclaimed")
    assert judge(booked(1_000), None, file_came=True, original_claimed=True) == found


def test_a_refund_left_out_whose_sale_was_not_claimed_either_waits_with_it() -> None:
    assert judge(booked(-1_000), None, file_came=True) == Finding(
        Code.X2, 0, 0, 0, 1_000, 0, -20_000, -1_000, "unclaimed"
    )


def test_a_refund_left_out_of_a_claimed_sale_is_taken_off_it() -> None:
    found = judge(booked(-1_000), None, file_came=True, original_claimed=True)

    assert found == Finding(Code.S1, -20_000, -1_000, 0, 1_000, 1_000)
    assert judge(booked(-1), None, file_came=True, original_claimed=True) == Finding(
        Code.S1, -20, -1, 0, 1, 1
    )


@pytest.mark.parametrize("file_came", [False, True])
def test_a_bill_corrected_after_its_claim_is_taken_off_whether_claims_came_or_not(
    file_came: bool,  # noqa: FBT001 - a table
) -> None:
    back = booked(-1_000)._replace(kind="bill")

    found = judge(back, None, file_came=file_came, original_claimed=True)

    assert found == Finding(Code.S4, -20_000, -1_000, 0, 1_000, 1_000)


def test_a_bill_corrected_before_any_claim_waits_with_its_offset() -> None:
    back = booked(-1_000)._replace(kind="bill")

    assert judge(back, None, file_came=False) == Finding(wait="no_file")
    assert judge(back, None, file_came=True).code is Code.X2


def test_a_biller_who_claims_the_correction_itself_agrees() -> None:
    back = booked(-1_000)._replace(kind="bill")

    found = judge(back, claimed(-1_000), file_came=True, original_claimed=True)

    assert found == Finding(settle_units=-20_000, settle_fen=-1_000)


DAY_US = 86_400_000_000
ZONE_US = 8 * 3_600_000_000
NOON = 20_000 * DAY_US + 4 * 3_600_000_000  # 12:00 of the community's clock
QUARTER_US = 15 * 60 * 1_000_000


@pytest.mark.parametrize(
    ("terminal", "claimed_at", "is_other"),
    [
        (7, NOON, False),
        (7, NOON + QUARTER_US, False),
        (7, NOON + QUARTER_US + 1, True),
        (7, NOON - QUARTER_US - 1, True),
        (0, NOON + 2 * QUARTER_US, False),
        (7, 20_000 * DAY_US - ZONE_US, False),  # the date alone, and the same one
        (7, 20_001 * DAY_US - ZONE_US, True),
        (7, 19_999 * DAY_US - ZONE_US, True),
    ],
)
def test_a_clock_off_by_more_than_a_quarter_or_another_date_is_another_time(
    terminal: int, claimed_at: int, *, is_other: bool
) -> None:
    booked = Booked(1, "M01T1-1", 1, terminal, "sale", None, 20_000, 1_000, 20, 20260302, NOON)
    claimed = Claimed(1, 1, "sale", 20_000, 1_000, claimed_at)

    assert is_other_time(booked, claimed, ZONE_US) is is_other
    found = compare(booked, claimed, zone_us=ZONE_US)
    assert (found.code == Code.T3) is is_other
    assert (judge(booked, claimed, file_came=True, zone_us=ZONE_US).code == Code.T3) is is_other


def test_where_no_zone_is_named_the_day_is_that_of_greenwich() -> None:
    booked = Booked(1, "M01T1-1", 1, 7, "sale", None, 20_000, 1_000, 20, 20260302, NOON)
    claimed = Claimed(1, 1, "sale", 20_000, 1_000, 20_000 * DAY_US)

    assert compare(booked, claimed).code is None
    assert judge(booked, claimed, file_came=True).code is None
