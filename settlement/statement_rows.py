"""A statement's frozen lines: its days, its differences, its adjustments, what was carried on."""

from __future__ import annotations

from typing import NamedTuple

from ledger.earning.calendar import day_key, month_by_key
from settlement.cofund import ShareLine
from settlement.month_figures import Adjusted, Carried, Figures, Found, NightLine


class StatementRow(NamedTuple):
    """One frozen line; `section` is day, discrepancy, adjustment, cofund or carried.

    `corrects_no`, `corrects_row`: the earlier statement of the shop, and the line there, that an adjustment corrects.
    """

    section: str
    business_date: int
    ref: str
    code: str
    sub_code: str
    lines: int
    units: int
    booked_fen: int | None
    claimed_fen: int | None
    plus_fen: int
    minus_fen: int
    settled_fen: int
    state: str
    corrects_no: int | None = None
    corrects_row: int | None = None


def frozen_rows(figures: Figures) -> list[StatementRow]:
    """Every line of a month, section by section, in order."""
    return [
        *map(_day, figures.nights),
        *map(_difference, figures.found),
        *map(_adjustment, figures.adjusted),
        *map(_share, figures.shares),
        *map(_carried, figures.carried),
    ]


def _day(night: NightLine) -> StatementRow:
    return StatementRow(
        section="day",
        business_date=night.business_date,
        ref="",
        code="",
        sub_code="",
        lines=night.booked_count,
        units=night.booked_units,
        booked_fen=night.booked_fen_plus - night.booked_fen_minus,
        claimed_fen=night.claimed_fen,
        plus_fen=night.booked_fen_plus,
        minus_fen=night.booked_fen_minus,
        settled_fen=night.settled_fen_plus - night.settled_fen_minus,
        state="",
    )


def _difference(found: Found) -> StatementRow:
    return StatementRow(
        section="discrepancy",
        business_date=found.business_date,
        ref=found.ref,
        code=found.code,
        sub_code=found.sub_code,
        lines=1,
        units=found.units,
        booked_fen=found.booked_fen,
        claimed_fen=found.claimed_fen,
        plus_fen=found.plus_fen,
        minus_fen=found.minus_fen,
        settled_fen=found.posted_fen,
        state=found.state,
    )


def _adjustment(line: Adjusted) -> StatementRow:
    return StatementRow(
        section="adjustment",
        business_date=line.business_date,
        ref=line.ref,
        code=line.code,
        sub_code=line.sub_code,
        lines=1,
        units=0,
        booked_fen=line.booked_fen,
        claimed_fen=line.claimed_fen,
        plus_fen=max(line.posted_fen, 0),
        minus_fen=max(-line.posted_fen, 0),
        settled_fen=line.posted_fen,
        state=line.decision,
        corrects_no=line.corrects_no,
        corrects_row=line.corrects_row,
    )


def _share(line: ShareLine) -> StatementRow:
    """Points given out in one month, with the share in `sub_code` (hundredths of a percent)."""
    return StatementRow(
        section="cofund",
        business_date=day_key(month_by_key(line.given_month).last),
        ref="",
        code="",
        sub_code=str(line.share_bp),
        lines=1,
        units=line.units_plus - line.units_minus,
        booked_fen=None,
        claimed_fen=None,
        plus_fen=max(-line.fen, 0),
        minus_fen=max(line.fen, 0),
        settled_fen=-line.fen,
        state="",
    )


def _carried(line: Carried) -> StatementRow:
    return StatementRow(
        section="carried",
        business_date=line.business_date,
        ref=line.ref,
        code="",
        sub_code="",
        lines=1,
        units=line.units,
        booked_fen=line.fen,
        claimed_fen=None,
        plus_fen=max(line.fen, 0),
        minus_fen=max(-line.fen, 0),
        settled_fen=0,
        state=line.reason,
    )
