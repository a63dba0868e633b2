"""What the goods counter told a resident, in words."""

from __future__ import annotations

from typing import Final

from kiosk.api.receipts import RELATION_WORDS
from kiosk.pages import day_text, moment, points, say, yuan
from kiosk.texts import mark
from ledger.members.terms import Terms
from ledger.sql import Tx
from pos.notices import (
    ACTS_FOR,
    CERTIFICATE,
    FORGIVEN,
    FOUND,
    KEYED,
    LAPSED,
    MANDATE,
    MANDATE_ENDED,
    MISUSE,
    MISUSE_BACK,
    MISUSE_KEPT,
    MISUSE_TAKEN,
    PIN_CHANGED,
    PROXY,
    RETURNED,
    Notice,
    told_to,
)

_TOLD: Final = {
    PROXY: mark("Goods were collected for you: {relation}, slip {ref}."),
    LAPSED: mark("Order {ref} was not collected in time: {points} points came back."),
    RETURNED: mark("Goods were taken back at the counter: {points} points came back."),
    MANDATE: mark("The office wrote down a mandate: {relation} acts for you until {day}."),
    MANDATE_ENDED: mark("A mandate has ended: {relation} collects no longer."),
    FOUND: mark(
        "Staff looked you up by name, building and the end of your telephone number: your card was not at hand."
    ),
    CERTIFICATE: mark(
        "The office printed a certificate on paper for you: {points} points, good until {day}. If you did not ask"
        " for it, call the hotline."
    ),
    KEYED: mark(
        "The office typed in your paper slip {ref}: {yuan} yuan, {points} points used."
        " If it is not yours, tell the office."
    ),
    PIN_CHANGED: mark(
        "Your PIN was changed with the old one. If that was not you, call the hotline at once."
    ),
    FORGIVEN: mark(
        "The community let {points} points go that you had to make up. You need not make them up any more."
    ),
    MISUSE: mark(
        "You said that {points} points were not spent by you (form {ref}). Your card is blocked. Where no PIN was"
        " asked, the points are back by {day}."
    ),
    MISUSE_BACK: mark(
        "{points} points are back for now (form {ref}). A second person still looks into it."
    ),
    MISUSE_KEPT: mark("It was looked into: {points} points are yours for good (form {ref})."),
    MISUSE_TAKEN: mark(
        "It was looked into: these purchases count as yours (form {ref}). {points} points that were back for now were"
        " taken again; what was spent of them is made up by the points you collect next. Ask the office if you do"
        " not agree."
    ),
    ACTS_FOR: mark("You may collect for somebody until {day}. See who under “Who acts for whom”."),
}


def notices_for(tx: Tx, here: Terms, person_id: int) -> list[tuple[str, str]]:
    """What the counter told a resident lately, newest first: when, and in words."""
    return [
        (moment(one.told_at), _told(here, one)) for one in told_to(tx, here.community.id, person_id)
    ]


def _told(here: Terms, notice: Notice) -> str:
    facts = dict(notice.facts)
    if "units" in facts:
        facts["points"] = points(int(facts["units"]), here.shown.precision)
    if "fen" in facts:
        facts["yuan"] = yuan(int(facts["fen"]))
    if "until" in facts:
        facts["day"] = day_text(int(facts["until"]))
    if "relation" in facts:
        facts["relation"] = say(RELATION_WORDS.get(str(facts["relation"]), "other"))
    return say(_TOLD[notice.kind]).format(ref=notice.ref, **facts)
