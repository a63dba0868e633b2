"""What the watch asks somebody to look at: never a refusal at a till, never a name outside the office."""

from __future__ import annotations

import json
from typing import Any, Final

from flask import Response, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import allow, terms
from kiosk.context import service
from kiosk.forms import act, me, needed, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.pages import day_text, moment, points, say, yuan
from kiosk.texts import mark
from ledger.clock import SECOND_US
from ledger.errors import Refusal
from ledger.members import households, residents
from ledger.members.masking import mask_name
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from settlement.watch_rules import NAMES, Rule
from settlement.watch_run import answer_flag, open_flags

_POINTS: Final = frozenset({Rule.F1, Rule.F2, Rule.F3, Rule.F14})
_KEY_PARTS: Final = 5
_SHOWN: Final = 6
_CODE_PARTS: Final = 4
_RECEIPTS: Final = mark("Receipts of that day ({count}):")
_LISTED: Final = {
    Rule.R4: mark("Grants of the month to and fro: {count}"),
    Rule.R5: mark("Codes of that day ({count}):"),
}
# These count over thirty days, while the receipts beside them are the day's.
_OF_A_MONTH: Final = frozenset({Rule.F2, Rule.F8, Rule.R1})


@bp.get("/watch", endpoint="watch")
@allow("discrepancy.decide")
def watch_list() -> Response:
    """Flags that nobody has answered."""
    return _page()


@bp.post("/watch")
@allow("discrepancy.decide")
def answer_watch() -> AnyResponse:
    """Say what was found out about one flag."""
    here, by, answer = terms(), me(), text("answer")
    said = text("flag").split("/")

    def work(tx: Tx, at: int) -> dict[str, Any]:
        if len(said) != _KEY_PARTS or not all(part.isascii() for part in said):
            raise Refusal("watch_flag_gone")
        day, rule, shop, wallet, till = said
        if not all(part.isdecimal() for part in (day, shop, wallet, till)):
            raise Refusal("watch_flag_gone")
        key = (int(day), rule, int(shop), int(wallet), int(till))
        answer_flag(tx, here.community.id, key, answer, reason=needed("reason"), by=by, at=at)
        return {"answer": answer}

    try:
        act("watch", {"flag": text("flag"), "answer": answer}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.watch")


def _page(*, refusal: Refusal | None = None) -> Response:
    here = terms()
    with service().db.read() as tx:
        lines = [_line(tx, here, row) for row in open_flags(tx, here.community.id)]
    return office_page("office/watch.html", refusal=refusal, rows=lines)


def _line(tx: Tx, here: Terms, row: Row) -> dict[str, Any]:
    rule = Rule(row.rule)
    shop = here.merchants.get(int(row.merchant_id))
    till = here.terminals.get(int(row.terminal_id))
    refs = json.loads(row.refs)
    # A grant has no number that anybody outside the book knows.
    shown = [] if rule is Rule.R4 else [_code(str(ref)) for ref in refs]
    return {
        "flag": "/".join(
            str(part)
            for part in (
                row.business_date,
                row.rule,
                row.merchant_id,
                row.wallet_owner_id,
                row.terminal_id,
            )
        ),
        "rule": row.rule,
        "name": say(NAMES[rule]),
        "day": day_text(int(row.business_date)),
        "shop": f"{shop.code} {shop.name}" if shop else "",
        "shop_href": url_for("office.merchant", merchant_id=shop.merchant_id) if shop else "",
        "till": till.code if till else "",
        "whose": _whose(tx, here, int(row.wallet_owner_id)),
        "figure": _figure(here, rule, int(row.figure)),
        "listed": say(_LISTED.get(rule, _RECEIPTS)).format(count=len(refs)),
        "within": rule in _OF_A_MONTH,
        "refs": shown[:_SHOWN],
        "more": max(len(shown) - _SHOWN, 0),
    }


def _whose(tx: Tx, here: Terms, owner_id: int) -> dict[str, str]:
    """Whose account it is, as everywhere in the office: a household by its code, a person by the masked name too.

    A flag of a shop, a till or a whole day is about nobody's account.
    """
    if not owner_id:
        return {}
    home_id, name = owner_id, ""
    try:
        who = residents.get_resident(tx, here.community.id, owner_id)
        home_id = who.household_id
        name = mask_name(residents.identity_of(tx, here.community.id, owner_id).name)
    except Refusal:
        pass  # a household's account
    try:
        code = households.get_household(tx, here.community.id, home_id).code
    except Refusal:
        return {"name": say(mark("points account {number}")).format(number=owner_id), "href": ""}
    said = say(mark("household {code}")).format(code=code)
    href = url_for("office.households", code=code) if can("resident.read") else ""
    return {"name": f"{name} {said}".strip(), "href": href}


def _code(ref: str) -> str:
    """A receipt's number as it stands; a payment code's four parts as which code it was and when it was made."""
    parts = ref.split(":")
    if len(parts) != _CODE_PARTS or not all(part.isdecimal() for part in parts):
        return ref
    _, serial, issued_at_s, sequence = parts
    said = say(mark("code {number}, made {moment}"))
    made = moment(int(issued_at_s) * SECOND_US)
    return said.format(number=f"{serial}-{sequence}", moment=made)


def _figure(here: Terms, rule: Rule, figure: int) -> str:
    if rule is Rule.R3:
        return say(mark("{yuan} yuan")).format(yuan=yuan(figure))
    if rule in _POINTS:
        return say(mark("{points} points")).format(points=points(figure, here.shown.precision))
    return say(mark("{count} times")).format(count=figure)
