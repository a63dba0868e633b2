"""A household's points card as a report: code, what there is, what came and went month by month; no name, no shop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kiosk.pages import day_text, month_text, points, yuan
from kiosk.prints.expiry_sheets import Paper
from kiosk.prints.typeset import typeset
from kiosk.texts import mark, translator


class MonthLine(NamedTuple):
    """A month (yyyymm) of the pool in units: what came, what went, what was left at its end."""

    month: int
    came: int
    went: int
    left: int


class Report(NamedTuple):
    """What stands on the card; amounts in units with `precision` decimals, `worth_fen` None without a rate."""

    code: str
    precision: int
    available: int
    held: int
    pending: int
    owed: int
    worth_fen: int | None
    rate: str
    months: Sequence[MonthLine]


def draw_household_card(report: Report, paper: Paper) -> bytes:
    """The PDF, one A5 page."""
    _ = translator(paper.language)

    def told(units: int) -> str:
        return points(units, report.precision)

    beside = [
        _(text).format(points=told(units))
        for units, text in (
            (report.pending, _PENDING),
            (report.held, _HELD),
            (report.owed, _OWED),
        )
        if units
    ]
    ways = [
        _("Every member's card draws on these points. Each sees their own lines on their page.")
    ]
    if report.worth_fen is not None:
        worth = _("Worth {yuan} yuan off at partner shops ({rate} points = 1 yuan).")
        ways.insert(0, worth.format(yuan=yuan(report.worth_fen), rate=report.rate))
    return typeset(
        "household_card.typ",
        {
            "language": paper.language,
            "community": paper.community,
            "hotline": paper.hotline,
            "code": report.code,
            "points": told(report.available),
            "beside": beside,
            "ways": ways,
            "head": [_("Month"), _("Came in"), _("Used"), _("Left at its end")],
            "months": [
                [month_text(line.month), told(line.came), told(line.went), told(line.left)]
                for line in report.months
            ],
            "texts": {
                "title": _("Household points card"),
                "printed": _("Printed on {day}").format(day=day_text(paper.day)),
                "code": _("Household code"),
                "left": _("Points to use"),
                "unit": _("points"),
                "months": _("Month by month"),
                "nothing": _("Nothing yet."),
                "hotline": _("Hotline"),
            },
        },
    )


_PENDING = mark("Pending: {points} points")
_HELD = mark("{points} set aside")
_OWED = mark("To be made up: {points} points")
