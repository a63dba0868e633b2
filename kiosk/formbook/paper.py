"""A form as paper: A4, Chinese type, filled from the book or empty for a pen."""

from __future__ import annotations

from typing import Final

from kiosk.formbook.filled import Filled
from kiosk.formbook.registry import hotline_line
from kiosk.prints.typeset import typeset
from kiosk.texts import LANGUAGES, mark, translator
from ledger.errors import Refusal

MOST_ROWS: Final = 2_000
"""More than this on paper keeps a small machine busy for too long; a spreadsheet takes ten times as many."""

_BLANK_ROWS: Final = {"wide": 12, "tall": 22, "wall": 8}
_WIDE_FROM: Final = 8
_LEAST: Final = 5
_MOST: Final = 22
_PEN: Final = 9
_NUMBERS: Final = frozenset({"count", "points", "yuan"})
_BLANK: Final = mark("A blank sheet, to be filled by hand.")
_MASKED: Final = mark("Names are masked.")


def to_pdf(filled: Filled, *, community: str, hotline: str, in_full: bool) -> bytes:
    """The form as a PDF in Chinese, with the community and whom to call; without rows it says that there is nothing.

    Refuses form_long.
    """
    form = filled.form
    if len(filled.rows) > MOST_ROWS:
        raise Refusal("form_long", count=len(filled.rows), most=MOST_ROWS)
    is_blank = filled.is_blank
    say = translator(LANGUAGES[0])
    masked = form.is_personal and (form.wall or not in_full)
    return typeset(
        "form.typ",
        {
            "title": form.zh,
            "community": community,
            "about": filled.about,
            "wall": form.wall,
            "wide": len(form.columns) >= _WIDE_FROM,
            "blank": is_blank,
            "columns": [
                {
                    "heading": column.heading,
                    "number": column.kind in _NUMBERS,
                    "width": _width(filled, place),
                }
                for place, column in enumerate(form.columns)
            ],
            "rows": [["" for _ in form.columns] for _ in range(_blank_rows(filled))]
            if is_blank
            else [[_breakable(cell.text) for cell in row] for row in filled.rows],
            "nothing": filled.nothing,
            "sums": [cell.text for cell in filled.sums or ()],
            "colon": say(mark(": ")),
            "foot": [
                {"name": name, "value": hotline if name == hotline_line() else ""}
                for name in form.foot
            ],
            "note": say(_BLANK) if is_blank else say(_MASKED) if masked else "",
        },
    )


def _breakable(text: str) -> str:
    """A long number without a space may go on in the next line instead of running into its neighbour."""
    return "\u200b".join(text) if len(text) > _LEAST and " " not in text else text


def _width(filled: Filled, place: int) -> int:
    """How wide a column wants to be: its longest text, a Chinese character counting two, its heading in two lines."""
    column = filled.form.columns[place]
    texts = [row[place].text for row in filled.rows]
    widest = max((sum(1 + (not sign.isascii()) for sign in text) for text in texts), default=0)
    heading = sum(1 + (not sign.isascii()) for sign in column.heading) // 2 + 2
    least = _PEN if column.kind == "pen" and len(filled.form.columns) < _WIDE_FROM * 2 else _LEAST
    return min(max(widest + 1, heading, least), _MOST)


def _blank_rows(filled: Filled) -> int:
    """As many empty rows as one page holds."""
    if filled.form.wall:
        return _BLANK_ROWS["wall"]
    return _BLANK_ROWS["wide" if len(filled.form.columns) >= _WIDE_FROM else "tall"]
