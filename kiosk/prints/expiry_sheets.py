"""Paper about points that lapse: the list from door to door, the slips to leave there, the sheet for the wall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from kiosk.pages import day_text
from kiosk.prints.typeset import typeset
from kiosk.texts import Translate, translator
from ledger.errors import Refusal

MOST_SLIPS: Final = 2_000
"""More than this in one file keeps a small machine busy for too long: print it building by building."""

Line = Mapping[str, Any]


class Paper(NamedTuple):
    """What stands on every sheet: the community, whom to call, the day it is printed on (yyyymmdd), the language."""

    community: str
    hotline: str
    day: int
    language: str


def draw_door_list(lines: Sequence[Line], paper: Paper) -> bytes:
    """The list for whoever brings the slips: door, names as given, points, last day, room for date and signature.

    Refuses expiry_list_empty, expiry_list_long.
    """
    _check(lines)
    _ = translator(paper.language)
    texts = {
        "title": _("Points that lapse: slips to bring"),
        "printed": _("Printed on {day}").format(day=day_text(paper.day)),
        "count": _("{count} slips").format(count=len(lines)),
        "rule": _(
            "A slip counts from the day it is brought. Note the bringing in the office the same day;"
            " until then nothing of that household lapses."
        ),
        "head": [
            _("Building"),
            _("Unit"),
            _("Household"),
            _("Names"),
            _("Points"),
            _("Usable until"),
            _("Brought on"),
            _("Signature"),
        ],
    }
    rows = [
        [
            line["building"],
            line["unit"],
            line["code"],
            line["names"],
            f"{line['points']} {line['kind']}",
            day_text(line["last_day"]),
        ]
        for line in lines
    ]
    return typeset("expiry_list.typ", {**_common(paper), "texts": texts, "rows": rows})


def draw_slips(lines: Sequence[Line], paper: Paper) -> bytes:
    """One slip a door in large type, six to a sheet, without any name.

    Refuses expiry_list_empty, expiry_list_long.
    """
    _check(lines)
    _ = translator(paper.language)
    texts = {
        "title": _("Your points have a last day"),
        "until": _("usable until"),
        "then": _("What is not used by the end of that day lapses."),
        "how": _("Until then they can be used:"),
        "hotline": _("Questions, or no way to come? Call"),
    }
    slips = [
        {
            "door": " · ".join(
                part for part in (line["building"], line["unit"], line["code"]) if part
            ),
            "points": line["points"],
            "kind": line["kind"],
            "day": day_text(line["last_day"]),
            "ways": list(line["ways"]),
        }
        for line in lines
    ]
    return typeset("expiry_slips.typ", {**_common(paper), "texts": texts, "slips": slips})


def draw_wall(lines: Sequence[Line], paper: Paper) -> bytes:
    """The sheet for the wall: by last day, how many owners and how many points in all; never who.

    Refuses expiry_list_empty.
    """
    if not lines:
        raise Refusal("expiry_list_empty")
    _ = translator(paper.language)
    texts = {
        "title": _("Points with a last day"),
        "printed": _("Printed on {day}").format(day=day_text(paper.day)),
        "until": _("usable until"),
        "rule": _(
            "Every owner is told, on the own page or on paper at the door. Nothing lapses whose owner"
            " was not given every notice."
        ),
        "hotline": _("How many are yours? Look at your page, or call"),
    }
    rows = [{"day": day_text(line["last_day"]), "text": _wall_text(line, _)} for line in lines]
    return typeset("expiry_wall.typ", {**_common(paper), "texts": texts, "rows": rows})


def _wall_text(line: Line, _: Translate) -> str:
    if line["wallets"] is None:
        return _("{kind}: a few").format(kind=line["kind"])
    return _("{kind}: {count} owners, {points} points in all").format(
        kind=line["kind"], count=line["wallets"], points=line["points"]
    )


def _common(paper: Paper) -> dict[str, Any]:
    return {
        "community": paper.community,
        "hotline": paper.hotline,
        "language": paper.language,
    }


def _check(lines: Sequence[Line]) -> None:
    if not lines:
        raise Refusal("expiry_list_empty")
    if len(lines) > MOST_SLIPS:
        raise Refusal("expiry_list_long", count=len(lines), most=MOST_SLIPS)
