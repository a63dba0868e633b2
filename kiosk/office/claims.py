"""Claims that came: from tills by themselves, from shops without a till as a file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import allow, terms
from kiosk.context import service
from kiosk.forms import day, me, needed, number, text
from kiosk.office.frame import bp, can, office_page
from kiosk.page_words import BATCH_REFUSALS, CLAIM_COLUMNS, CLAIM_FAULTS, CLAIM_OUTCOMES, word
from kiosk.pages import say
from kiosk.texts import mark
from ledger.clock import SECOND_US
from ledger.earning.calendar import day_from_key, day_key
from ledger.errors import Refusal
from ledger.members import files
from ledger.members.terms import Terms
from ledger.sql import Row
from pos.desk import day_of
from settlement.batches import recent_batches
from settlement.claim_headings import KEYS, NEEDED
from settlement.claim_layouts import confirm
from settlement.intake import Upload, first_lines, head_of, take_claim_file
from settlement.refused_batches import refused_since

_SHOWN_DAYS: Final = 14
_MOST: Final = 100
_ASKS: Final = frozenset({"claim_columns_unconfirmed", "claim_columns_changed"})
_MOST_FAULTS: Final = 100
_SOURCES: Final = {
    "file": mark("file"),
    "paper": mark("paper, typed in twice"),
    "api": mark("the shop's own system"),
}


@bp.get("/claims", endpoint="claims")
@allow("office.read")
def claims_page() -> Response:
    """What came in the last two weeks."""
    return _page()


@bp.post("/claims")
@allow("day.run")
def take_claims() -> AnyResponse:
    """Take a shop's file in: all of it, or none of it with every bad line named.

    The same bytes sent again are told as such and count once.
    """
    here = terms()
    try:
        answer = take_claim_file(
            service().db,
            here.community.id,
            here.merchant(number("shop")).merchant_id,
            _upload(),
            day=day("day"),
            at=service().now(),
        )
    except Refusal as refusal:
        if refusal.code in _ASKS:
            return _page(refusal=refusal, asked=_asked(str(refusal.facts["sha256"])))
        return _page(refusal=refusal)
    return _page(answer=answer)


@bp.post("/claims/columns")
@allow("day.run")
def confirm_columns() -> AnyResponse:
    """Say what the columns of a shop's list are, remember it, and take the kept file in."""
    here, sha256 = terms(), needed("sha256")
    shop = here.merchant(number("shop")).merchant_id
    chosen = {key: int(text(f"column_{key}")) for key in KEYS if text(f"column_{key}").isdecimal()}
    with service().db.read() as tx:
        kept = files.get_file(tx, here.community.id, sha256)
        head = head_of(tx, here.community.id, shop, kept.body)
    if head is None:
        raise Refusal("claim_file_not_csv")
    at, by = service().now(), me()
    try:
        service().db.write(
            lambda tx: confirm(tx, here.community.id, shop, head, chosen, by=by, at=at)
        )
        answer = take_claim_file(
            service().db,
            here.community.id,
            shop,
            Upload(kept.name, kept.body, by.id),
            day=day("day"),
            at=at,
        )
    except Refusal as refusal:
        return _page(refusal=refusal, asked=_asked(sha256))
    return _page(answer=answer)


def _asked(sha256: str) -> dict[str, Any]:
    """What there is to confirm: each column with what it may be and its first cells."""
    here = terms()
    shop = here.merchant(number("shop")).merchant_id
    with service().db.read() as tx:
        kept = files.get_file(tx, here.community.id, sha256)
        head = head_of(tx, here.community.id, shop, kept.body)
    if head is None:
        raise Refusal("claim_file_not_csv")
    lines = first_lines(kept.body, head)
    return {
        "sha256": sha256,
        "name": kept.name,
        "headings": list(enumerate(head.cells)),
        "lines": lines,
        "columns": [
            {
                "key": key,
                "name": say(word(CLAIM_COLUMNS, key).text),
                "needed": key in NEEDED,
                "chosen": int(text(f"column_{key}"))
                if text(f"column_{key}")
                else head.columns.get(key),
            }
            for key in KEYS
        ],
    }


def _upload() -> Upload:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Refusal("file_empty")
    # A list without a single byte is a list too: its outcome is told and kept.
    return Upload(sent.filename, sent.read(), me().id)


def _page(
    *,
    refusal: Refusal | None = None,
    answer: dict[str, Any] | None = None,
    asked: dict[str, Any] | None = None,
) -> Response:
    here = terms()
    today = day_from_key(day_of(here, service().now()))
    since = day_key(today - timedelta(days=_SHOWN_DAYS))
    refused_after = service().now() - _SHOWN_DAYS * 86_400 * SECOND_US
    with service().db.read() as tx:
        rows = recent_batches(tx, here.community.id, since=since, most=_MOST)
        refused = refused_since(tx, here.community.id, since=refused_after)
    return office_page(
        "office/claims.html",
        refusal=refusal,
        answer=None if answer is None else _answer(answer),
        asked=asked,
        batches=[_line(here, row) for row in rows],
        refused_batches=[_refused(here, row) for row in refused],
        shops=[
            (shop.merchant_id, f"{shop.code} {shop.name}")
            for shop in here.merchants.values()
            if shop.state != "left"
        ],
        chosen=text("shop"),
        day=text("day") or (today - timedelta(days=1)).isoformat(),
        may_change=can("day.run"),
    )


def _line(here: Terms, row: Row) -> dict[str, Any]:
    shop, outcome = here.merchant(int(row.claimant_id)), word(CLAIM_OUTCOMES, row.outcome)
    till = here.terminals.get(int(row.terminal_id))
    return {
        "shop": f"{shop.code} {shop.name}",
        "source": till.code if till else say(_SOURCES.get(row.source, _SOURCES["file"])),
        "first_date": int(row.first_date),
        "last_date": int(row.last_date),
        "claims": int(row.claim_count),
        "again": int(row.again_count),
        "filed_at": int(row.filed_at),
        "outcome": say(outcome.text),
        "tone": outcome.tone,
    }


def _refused(here: Terms, row: Row) -> dict[str, Any]:
    shop, till = here.merchant(int(row.claimant_id)), here.terminals.get(int(row.terminal_id))
    return {
        "shop": f"{shop.code} {shop.name}",
        "source": till.code if till else "",
        "batch_no": int(row.batch_no),
        "day": int(row.business_date),
        "why": say(word(BATCH_REFUSALS, row.code).text),
        "refused_at": int(row.refused_at),
        "sha256": bytes(row.sha256).hex()[:16],
    }


def _answer(answer: dict[str, Any]) -> dict[str, Any]:
    outcome = word(CLAIM_OUTCOMES, answer["outcome"])
    return {
        **answer,
        "is_good": answer["outcome"] in {"ok", "seen_before"},
        "said": say(outcome.text),
        "faults": [
            {
                "line": fault["line_no"],
                "column": say(word(CLAIM_COLUMNS, fault["column"]).text) if fault["column"] else "",
                "text": say(word(CLAIM_FAULTS, fault["fault"]).text),
            }
            for fault in answer.get("faults", [])[:_MOST_FAULTS]
        ],
    }
