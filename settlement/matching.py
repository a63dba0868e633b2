"""One booked offset beside one claim: what they are together, what is paid, what waits."""

from __future__ import annotations

from typing import Literal, NamedTuple

from settlement.verdicts import Code

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
) -> Finding:
    """Compare one offset whose day is over with its claim, or with the lack of one.

    `file_came`: the shop's claims for that till and day are in. `original_claimed`: the sale that
    this refund takes back, or the offset that this correction of a bill names, was claimed.
    """
    if claimed is not None:
        return compare(booked, claimed)
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


def compare(booked: Booked, claimed: Claimed) -> Finding:
    """Both sides are there: equal, claimed too much, too little, or at another rate."""
    difference = claimed.fen - booked.fen
    whole = Finding(settle_units=booked.units, settle_fen=booked.fen)
    if difference > 0:
        return whole._replace(code=Code.V1, minus_fen=difference, held_fen=difference)
    if difference == 0:
        return whole if claimed.units == booked.units else whole._replace(code=Code.V3)
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
