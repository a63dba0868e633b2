"""A difference as a card: both sides, what each button would do, and the question that comes before it is done."""

from __future__ import annotations

from typing import Any, Final

from flask import url_for

from kiosk.auth import actor
from kiosk.choice_words import choices_on, decided_name, verb_name
from kiosk.context import service
from kiosk.difference_words import gap_sentence, handling_of, reasons_for, view_of
from kiosk.forms import me, request_id, text
from kiosk.office.difference_doors import door_of
from kiosk.office.frame import can
from kiosk.page_words import ROLES, word
from kiosk.pages import say
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from pos.desk import day_of
from settlement.act_log import acts_on
from settlement.choices import Choice
from settlement.decisions import Press
from settlement.discrepancies import UNSETTLED

_UNDECIDED: Final = {"pooled", "open", "asked"}


def press_of(number: int, asked: str, *, reason: str = "") -> Press:
    """What the form in this request presses.

    Refuses: decision_not_offered, form_gap.
    """
    try:
        choice = Choice(asked)
    except ValueError as error:
        raise Refusal("decision_not_offered", verdict="", choice=asked[:20]) from error
    said = reason or " ".join(part for part in (text("reason"), text("more")) if part)
    return Press(actor().community_id, number, choice, me(), said, request_id())


def anybody_of_the_office(_tx: Tx, _row: Row) -> None:
    """The roles table says who may decide; who stands apart is asked with the decision itself."""


def card_of(tx: Tx, here: Terms, row: Row, *, endpoint: str) -> dict[str, Any]:
    """The card of a difference; `endpoint` is the page its buttons lead to."""
    view = view_of(row)
    today = day_of(here, service().now())
    till = here.terminals.get(int(row.terminal_id))
    number = int(row.discrepancy_no)
    may = can("discrepancy.decide")
    return {
        **view._asdict(),
        **handling_of(row, today),
        "is_ended": row.state not in UNSETTLED,
        "number": number,
        "merchant_id": int(row.claimant_id),
        "shop": f"{row.merchant_code} {row.merchant_name}"
        if row.merchant_code
        else say(mark("The whole community")),
        "till": till.code if till else "",
        "day": int(row.business_date),
        "ref": row.ref,
        "age": view.age_on(today),
        "gap": gap_sentence(row),
        "decision": decided_name(row) or view.decision,
        "door": door_of(row),
        "acts": _acts(tx, here, number),
        "choices": _choices(tx, here, row, endpoint) if may and row.state in _UNDECIDED else [],
        "second": _second_person(row) if may and row.state == "proposed" else None,
    }


def asking_of(tx: Tx, here: Terms, row: Row, asked: str, *, endpoint: str) -> dict[str, Any] | None:
    """The question before a decision, with what it will do; None where it is not offered now."""
    if row.state not in _UNDECIDED:
        return None
    for choice in choices_on(tx, here.community.id, row, here.shown.precision):
        if choice["decision"] == asked:
            href = url_for(endpoint, number=row.discrepancy_no)
            reasons = reasons_for(row.code, Choice(asked))
            return {**choice, "action": href, "back": href, "reasons": reasons}
    return None


def _choices(tx: Tx, here: Terms, row: Row, endpoint: str) -> list[dict[str, Any]]:
    number = row.discrepancy_no
    return [
        {**one, "href": url_for(endpoint, number=number, decision=one["decision"])}
        for one in choices_on(tx, here.community.id, row, here.shown.precision)
    ]


def _acts(tx: Tx, here: Terms, number: int) -> list[dict[str, Any]]:
    """What was done with it: the verb, the role, when."""
    return [
        {
            "verb": verb_name(act.verb),
            "role": say(word(ROLES, act.role).text) if act.role else say(mark("shop")),
            "at": act.at,
            "notice": url_for("office.difference_notice", number=number, act_no=act.act_no)
            if act.by_kind == "staff"
            else None,
        }
        for act in acts_on(tx, here.community.id, number)
    ]


def _second_person(row: Row) -> dict[str, Any]:
    number = int(row.discrepancy_no)
    return {
        "is_own": row.decided_by == actor().id,
        "decision": row.decision,
        "approve": url_for("office.approve_decision", number=number),
        "deny": url_for("office.deny_decision", number=number),
    }
