"""The monthly notice board, as a page that needs nothing else and as a poster to print."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from kiosk.pages import day_text, month_text, points, signed_points, yuan
from kiosk.prints.typeset import typeset
from kiosk.qr_image import FREE, draw_svg
from kiosk.texts import Translate, mark, translator
from ledger.seal.publications import Publication

_FOLDER: Final = Path(__file__).parent / "templates" / "board"
_GROUP: Final = 4

_SUMS: Final = (
    ("earned_units", mark("Points collected")),
    ("offset_units", mark("Points used at shops")),
    ("offset_fen", mark("Taken off bills by them")),
    ("used_units", mark("Points used at shops, for goods, lapsed and the like")),
    ("goods_units", mark("Points used for goods")),
    ("other_units", mark("Lapsed, corrected and the like")),
    ("held_units", mark("Points in everybody's hands at the end")),
)


class BoardFace(NamedTuple):
    """A board before it is drawn; `code` is the text of its picture."""

    community: str
    hotline: str
    publication: Publication
    code: str


class Link(NamedTuple):
    """A way from the page to another."""

    href: str
    name: str
    lang: str = ""


def draw_board(face: BoardFace, language: str) -> bytes:
    """The poster as a PDF of one A4 page."""
    data = {**_shown(face, language), "language": language, "picture": _picture(face, language)}
    return typeset("board.typ", data)


def board_page(
    face: BoardFace, language: str, links: tuple[Link, ...] = (), *, address: str = ""
) -> str:
    """The board as a page with its style and its picture inside it; `address`: where its code can be checked."""
    template = _environment().get_template("board.html")
    return template.render(
        language=language,
        style=Markup(_style()),  # noqa: S704 - our own file
        face=_shown(face, language),
        picture=Markup(_picture(face, language)),  # noqa: S704 - drawn by us
        links=links,
        address=address,
    )


def style_hash() -> str:
    """What a Content-Security-Policy must name so that the page's own style is used."""
    return f"'sha256-{b64encode(hashlib.sha256(_style().encode()).digest()).decode()}'"


def _shown(face: BoardFace, language: str) -> dict[str, Any]:
    _ = translator(language)
    found = face.publication
    root = b64encode(found.root).decode()
    title = _("Points notice of {month}").format(month=month_text(found.month))
    foot = _("Only sums of the whole community stand here; nobody's own figure does.")
    if face.hotline:
        foot = f"{foot} {_('Hotline of the community: {hotline}').format(hotline=face.hotline)}"
    return {
        "community": face.community,
        "title": title,
        "seal": [
            _row(_("Put up on"), day_text(found.published_on)),
            _row(_("Sealed entries"), f"{found.size:,}", large=True),
        ],
        "root_name": _("Root over all of them"),
        "root": [root[at : at + _GROUP] for at in range(0, len(root), _GROUP)],
        "picture_name": _("Code of this notice"),
        "how_name": _("How to check"),
        "how": [
            _(
                "Scan the code with a phone, or at any till of this community: it must say that it agrees with what"
                " went up."
            ),
            _(
                "The larger code on your receipt or statement is checked in the same way: it must lie in this root."
            ),
        ],
        "check_name": _("Check this notice"),
        "loss": _loss(found, _),
        "sums_name": _("The community's month"),
        "sums": _sums(found, _),
        "sums_note": " ".join(filter(None, (_sums_note(found, _), _coverage(found, _)))),
        "note_name": _("The signed text, for programs"),
        "note": found.note,
        "foot": foot,
    }


def _row(name: str, value: str, *, large: bool = False) -> dict[str, Any]:
    return {"name": name, "value": value, "large": large}


def _sums(found: Publication, _: Translate) -> list[dict[str, Any]]:
    return [
        _row(_(name), _amount(found, key, _))
        for key, name in _SUMS
        # Nothing otherwise is the rule, and no line of its own.
        if found.figures.get(key, 0) or (key in found.figures and key != "other_units")
    ]


def _amount(found: Publication, key: str, _: Translate) -> str:
    amount = found.figures[key]
    if key.endswith("_fen"):
        return _("{yuan} yuan").format(yuan=yuan(amount))
    shown = signed_points if key == "other_units" else points
    return _("{points} points").format(points=shown(amount, found.figures.get("precision", 2)))


def _loss(found: Publication, _: Translate) -> str:
    day = found.figures.get("recovered_on")
    if day is None:
        return ""
    return _(
        "On {day} the book was restored after a loss, and the community declared it. If a receipt from around that day"
        " is refused, bring it to the office."
    ).format(day=day_text(day))


def _sums_note(found: Publication, _: Translate) -> str:
    if "earned_units" in found.figures:
        return _("Less what came back with returned goods.")
    return _(
        "This month too few people or shops took part to put sums up without telling on somebody."
    )


def _coverage(found: Publication, _: Translate) -> str:
    percent = found.figures.get("coverage_percent")
    if percent is None:
        return ""
    return _(
        "At the month's end the fund covered {percent} % of what all points are worth; the community demands {limit} %."
    ).format(percent=percent, limit=found.figures["limit_percent"])


def _picture(face: BoardFace, language: str) -> str:
    return draw_svg(face.code, FREE, label=translator(language)("Code of this notice"))


@lru_cache
def _style() -> str:
    return (_FOLDER / "board.css").read_text(encoding="utf-8")


@lru_cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
