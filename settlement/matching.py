"""One booked offset beside one claim: what they are together, what is paid, what waits."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from settlement.verdicts import Code

CLOCK_US: Final = 15 * 60 * 1_000_000
"""How far the times of the two sides may be apart before the clock is called wrong."""

ROUNDED_UNITS: Final = 100
"""One point: a difference of at most that, beside fen that agree, comes of rounding."""

_DAY_US: Final = 86_400_000_000

Wait = Literal["cut_off", "no_file", "unclaimed"]
"""Why a booked offset is not settled yet: its day is not over, no claims came, not in them."""


class Booked(NamedTuple):
    """An offset as the book has it; a refund's units and fen are negative."""

    claimant_id: int
    ref: str
    txn_id: int
    terminal_id: int
    kind: str
    original_ref: str | None
    units: int
    fen: int
    units_per_fen: int
    business_date: int
    occurred_at: int


class Claimed(NamedTuple):
    """What the shop filed under the same reference."""

    batch_id: int
    line_no: int
    kind: str
    units: int
    fen: int
    occurred_at: int


class Finding(NamedTuple):
    """The verdict on one pair. `settle_*` is signed; `rest_*` stays in the book, unpaid."""

    code: Code | None = None
    settle_units: int = 0
    settle_fen: int = 0
    plus_fen: int = 0
    minus_fen: int = 0
    held_fen: int = 0
    rest_units: int = 0
    rest_fen: int = 0
    wait: Wait | None = None


def judge(
    booked: Booked,
    claimed: Claimed | None,
    *,
    file_came: bool,
    original_claimed: bool = False,
    zone_us: int = 0,
) -> Finding:
    """Compare one offset whose day is over with its claim, or with the lack of one.

    `file_came`: the shop's claims for that till and day are in. `original_claimed`: the sale that
    this refund takes back, or the offset that this correction of a bill names, was claimed.
    """
    if claimed is not None:
        return compare(booked, claimed, zone_us=zone_us)
    if booked.kind == "bill" and original_claimed:
        # The biller's own correction: its claims do not know of it yet, and no file is waited for.
        return _taken_off(Code.S4, booked)
    if not file_came:
        return Finding(wait="no_file")
    if booked.fen < 0 and original_claimed:
        # The sale is paid in full by its own claim: taking the refund off nets the two.
        return _taken_off(Code.S1, booked)
    return Finding(
        Code.X2,
        plus_fen=max(booked.fen, 0),
        minus_fen=max(-booked.fen, 0),
        rest_units=booked.units,
        rest_fen=booked.fen,
        wait="unclaimed",
    )


def _taken_off(code: Code, booked: Booked) -> Finding:
    """What came back is taken off the shop at once; what it names was paid in full."""
    return Finding(
        code,
        settle_units=booked.units,
        settle_fen=booked.fen,
        minus_fen=-booked.fen,
        held_fen=-booked.fen,
    )


def is_rounded(booked: Booked, claimed: Claimed) -> bool:
    """Whether one of the two amounts agrees and the other is off by what rounding makes: a fen, or a point.

    Nothing is rounded here, so somebody else did. Off by both it is another amount and no rounding.
    """
    fen, units = abs(claimed.fen - booked.fen), abs(claimed.units - booked.units)
    return (fen == 1 and units == 0) or (fen == 0 and 0 < units <= ROUNDED_UNITS)


def is_other_time(booked: Booked, claimed: Claimed, zone_us: int) -> bool:
    """Whether the claim's time is over a quarter of an hour off; where it says a date alone, another date.

    A bill's offset has no till and so no clock.
    """
    if not booked.terminal_id or abs(claimed.occurred_at - booked.occurred_at) <= CLOCK_US:
        return False
    their_day, their_time = divmod(claimed.occurred_at + zone_us, _DAY_US)
    return their_time != 0 or their_day != (booked.occurred_at + zone_us) // _DAY_US


def compare(booked: Booked, claimed: Claimed, *, zone_us: int = 0) -> Finding:
    """Both sides are there: equal, claimed too much, too little, rounded, at another rate, or with another time."""
    difference = claimed.fen - booked.fen
    whole = Finding(settle_units=booked.units, settle_fen=booked.fen)
    if is_rounded(booked, claimed):
        return whole._replace(code=Code.V4)
    if difference > 0:
        return whole._replace(code=Code.V1, minus_fen=difference, held_fen=difference)
    if difference == 0:
        if claimed.units != booked.units:
            return whole._replace(code=Code.V3)
        other_time = is_other_time(booked, claimed, zone_us)
        return whole._replace(code=Code.T3) if other_time else whole
    if booked.fen < 0:
        # The shop says it took back more than the resident got: the book's figure stands.
        return whole._replace(code=Code.V2, plus_fen=-difference)
    settle_fen = max(claimed.fen, 0)
    rest_fen = booked.fen - settle_fen
    # Exact at a rate; a voucher's points follow its contract's fen, rounded down.
    settle_units = booked.units * settle_fen // max(booked.fen, 1)
    return Finding(
        Code.V2,
        settle_units=settle_units,
        settle_fen=settle_fen,
        plus_fen=rest_fen,
        rest_units=booked.units - settle_units,
        rest_fen=rest_fen,
    )
