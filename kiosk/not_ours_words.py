"""Purchases of the wrong household in words, for the office's pages and the resident's own."""

from __future__ import annotations

from typing import Any, Final

from kiosk.page_words import Word, word
from kiosk.pages import day_text, moment, points, say
from kiosk.texts import mark
from ledger.members.terms import Terms
from ledger.sql import Row

_ENDS: Final = {
    "open": Word(mark("being looked into"), "wait"),
    "household_rebook": Word(mark("booked to the right household"), "good"),
    "household_stays": Word(mark("counts as this household's own"), "bad"),
}


def purchase_line(here: Terms, row: Row) -> dict[str, Any]:
    """One purchase that can be named: when, where, what it used and brought."""
    shop = here.merchants.get(int(row.merchant_id))
    return {
        "txn_id": str(int(row.txn_id)),
        "at": moment(int(row.occurred_at)),
        "shop": "" if shop is None else shop.name,
        "ref": str(row.ref),
        "used": points(max(int(row.units_out), 0), here.shown.precision),
        "brought": points(max(int(row.earned_out), 0), here.shown.precision),
    }


def said_line(here: Terms, row: Row) -> dict[str, Any]:
    """One purchase that was named, and what came of it."""
    shop = here.merchants.get(int(row.claimant_id))
    state = word(_ENDS, row.decision or "open")
    return {
        "number": int(row.discrepancy_no),
        "at": moment(int(row.booked_at)),
        "said_at": moment(int(row.taken_at)),
        "due": day_text(int(row.due_date)),
        "shop": "" if shop is None else shop.name,
        "ref": str(row.ref),
        "used": points(int(row.booked_units), here.shown.precision),
        "by_resident": row.source == "resident",
        "is_open": row.decision is None,
        "state": say(state.text),
        "tone": state.tone,
        "owed": points(int(row.owed_units), here.shown.precision) if row.owed_units else "",
    }
