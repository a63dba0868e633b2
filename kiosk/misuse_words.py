"""Forms of unauthorised use in words, for the office's pages, the holder's page and the paper."""

from __future__ import annotations

from typing import Any, Final

from kiosk.page_words import Word, word
from kiosk.pages import day_text, moment, points, say
from kiosk.texts import mark
from ledger.members.terms import Terms
from ledger.sql import Row

_STATES: Final = {
    "due": Word(mark("points to be given back"), "wait"),
    "overdue": Word(mark("overdue"), "bad"),
    "review": Word(mark("waits for a second person"), "wait"),
    "decided": Word(mark("decided"), "good"),
}
_ENDS: Final = {
    "upheld": Word(mark("not the holder's: points back for good"), "good"),
    "rejected": Word(mark("counts as the holder's own"), "bad"),
    "given": Word(mark("points back for now"), "wait"),
    "waits": Word(mark("not decided yet"), "wait"),
}


def form_line(row: Row, day: int) -> dict[str, Any]:
    """One form on the business date `day`; overdue where its points were due before it."""
    if row.decided >= row.entries:
        kind = "decided"
    elif row.to_give:
        kind = "overdue" if row.due_date < day else "due"
    else:
        kind = "review"
    state = word(_STATES, kind)
    return {
        "form_id": int(row.form_id),
        "number": str(int(row.form_id) % 10**6),
        "person_id": int(row.person_id),
        "entries": int(row.entries),
        "taken_at": int(row.taken_at),
        "taken": moment(int(row.taken_at)),
        "by_holder": row.source == "resident",
        "due": day_text(int(row.due_date)),
        "kind": kind,
        "state": say(state.text),
        "tone": state.tone,
    }


def entry_line(here: Terms, row: Row) -> dict[str, Any]:
    """One purchase: where, when, how many points, and how it stands where it is on a form already."""
    fields = row._asdict()
    how = fields.get("how") or ("given" if fields.get("given_units") else "waits")
    state = word(_ENDS, how)
    units = int(fields.get("units") or fields.get("units_out") or 0)
    shop = here.merchants.get(int(row.merchant_id or 0))
    return {
        "txn_id": str(int(row.txn_id)),
        "at": moment(int(row.occurred_at)),
        "shop": "" if shop is None else shop.name,
        "ref": row.ref or "",
        "points": points(units, here.shown.precision),
        "pin": bool(row.pin_asked),
        "state": say(state.text),
        "tone": state.tone,
        "is_upheld": fields.get("how") == "upheld",
        "taken": points(int(fields.get("taken_units") or 0), here.shown.precision),
        "owed": points(int(fields.get("owed_units") or 0), here.shown.precision)
        if fields.get("owed_units")
        else "",
    }
