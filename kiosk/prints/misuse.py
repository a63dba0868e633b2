"""The form of unauthorised use on A4: what the holder names, in their words, with room for two signatures."""

from __future__ import annotations

from typing import Any, NamedTuple

from kiosk.prints.typeset import typeset
from kiosk.texts import translator


class Paper(NamedTuple):
    """What stands on it; `form` and `entries` as `kiosk.misuse_words` words them. The name is on the paper alone."""

    form: dict[str, Any]
    name: str
    cards: list[str]
    told: str
    entries: list[dict[str, Any]]


def draw_misuse(paper: Paper, *, community: str, hotline: str, language: str = "zh") -> bytes:
    """The PDF."""
    _ = translator(language)
    texts = {
        "title": _("Not used by me: purchases with my card"),
        "number": _("Form number"),
        "taken": _("Taken in"),
        "name": _("Resident"),
        "cards": _("Card number"),
        "due": _("Points back for now by"),
        "told": _("What happened"),
        "when": _("When"),
        "shop": _("Shop"),
        "ref": _("Receipt number"),
        "points": _("Points"),
        "pin": _("PIN typed"),
        "state": _("State"),
        "holder": _("Signature of the holder"),
        "office": _("Signature of the office"),
        "day": _("Date"),
        "rules": [
            _("The card is blocked from now on. A new one is handed out at the desk at once."),
            _(
                "Where no PIN was typed the points come back for now within two working days; where it was, a second"
                " person looks first."
            ),
            _(
                "A second person decides. If it was your own purchase, points given back are taken again; what is"
                " spent of them is made up by the points you collect next. You pay no money."
            ),
            _("The shop keeps what it was paid; the community bears the loss."),
        ],
        "hotline": _("Hotline"),
    }
    yes, no = _("yes"), _("no")
    rows = [
        [one["at"], one["shop"], one["ref"], one["points"], yes if one["pin"] else no, one["state"]]
        for one in paper.entries
    ]
    return typeset(
        "misuse.typ",
        {
            "language": language,
            "texts": texts,
            "community": community,
            "hotline": hotline,
            "number": paper.form["number"],
            "taken": paper.form["taken"],
            "due": paper.form["due"],
            "name": paper.name,
            "cards": paper.cards,
            "told": paper.told,
            "rows": rows,
        },
    )
