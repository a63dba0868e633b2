"""What the watch asks somebody to look at: never a refusal at a till, never a name outside the office."""

from __future__ import annotations

import json
from typing import Any, Final

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import allow, terms
from kiosk.context import service
from kiosk.forms import act, me, needed, text
from kiosk.office.frame import bp, office_page, to
from kiosk.pages import day_text, points, say, yuan
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from settlement.watch_rules import NAMES, Rule
from settlement.watch_run import answer_flag, open_flags

_POINTS: Final = frozenset({Rule.F1, Rule.F2, Rule.F3, Rule.F14})
_KEY_PARTS: Final = 5
_SHOWN: Final = 6


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
        rows = open_flags(tx, here.community.id)
    return office_page("office/watch.html", refusal=refusal, rows=[_line(here, r) for r in rows])


def _line(here: Terms, row: Row) -> dict[str, Any]:
    rule = Rule(row.rule)
    shop = here.merchants.get(int(row.merchant_id))
    till = here.terminals.get(int(row.terminal_id))
    refs = json.loads(row.refs)
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
        "till": till.code if till else "",
        "account": int(row.wallet_owner_id),
        "figure": _figure(here, rule, int(row.figure)),
        "refs": refs[:_SHOWN],
        "more": max(len(refs) - _SHOWN, 0),
    }


def _figure(here: Terms, rule: Rule, figure: int) -> str:
    if rule is Rule.R3:
        return say(mark("{yuan} yuan")).format(yuan=yuan(figure))
    if rule in _POINTS:
        return say(mark("{points} points")).format(points=points(figure, here.shown.precision))
    return say(mark("{count} times")).format(count=figure)
