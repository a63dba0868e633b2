"""The page on which anybody checks a receipt, a statement or a notice board; it works on without network."""

from __future__ import annotations

import json
from base64 import b32decode
from binascii import Error as BadBase32
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, current_app, redirect, request, send_from_directory
from werkzeug.wrappers import Response as AnyResponse

from kiosk.api.log import offer_of
from kiosk.auth import allow
from kiosk.context import service
from kiosk.pages import page_language
from kiosk.seal_codes import CHECK_PATH
from kiosk.shells import with_wasm_policy
from ledger.errors import Refusal
from ledger.members import communities
from ledger.members.roles import ANYONE
from ledger.seal.proof_code import BOARD, PROOF
from ledger.sql import Tx

bp: Final = Blueprint("check", __name__)

_PLACE: Final = '<script type="application/json" id="facts">{}</script>'
# Version and issuer stand in the first five bytes, which are eight signs of base32.
_HEAD_SIGNS: Final = 8


@bp.get(CHECK_PATH)
@bp.get(f"{CHECK_PATH}/<path:code>")
@allow(ANYONE)
def check(code: str = "") -> Response:
    """The page with everything it needs to go on alone; the code itself is judged by the page, not here."""
    asked = request.args.get("c", "") or issuer_in(code)
    with service().db.read() as tx:
        facts = _facts(tx, asked.strip().upper())
    folder = Path(current_app.static_folder or "") / "app"
    if not (folder / "check.html").is_file():
        raise Refusal("till_not_built")
    html = (folder / "check.html").read_text(encoding="utf-8")
    # A closing tag inside the JSON would end the element that holds it.
    text = json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")
    return with_wasm_policy(Response(html.replace(_PLACE, _PLACE.replace("{}", text))))


@bp.get("/check")
@allow(ANYONE)
def check_typed() -> AnyResponse:
    """The same for people who type the address."""
    query = request.query_string.decode()
    return redirect(f"{CHECK_PATH}?{query}" if query else CHECK_PATH, 302)


@bp.get("/sw_check.js")
@allow(ANYONE)
def worker() -> Response:
    """The worker that keeps the page on a phone."""
    folder = Path(current_app.static_folder or "") / "app"
    if not (folder / "sw_check.js").is_file():
        raise Refusal("till_not_built")
    return send_from_directory(folder, "sw_check.js", max_age=0)


def issuer_in(code: str) -> str:
    """The community a code says it is of; nothing else in it is looked at."""
    if not code.startswith((PROOF, BOARD)):
        return ""
    try:
        head = b32decode(code[len(PROOF) : len(PROOF) + _HEAD_SIGNS])
    except BadBase32:
        return ""
    return head[1:].decode("ascii", errors="replace")


def _facts(tx: Tx, asked: str) -> dict[str, Any]:
    rows = communities.all_communities(tx)
    found = next((row for row in rows if row.issuer == asked), None)
    if found is None and len(rows) == 1 and not asked:
        found = rows[0]
    shown: dict[str, Any] = {
        "language": page_language(),
        "issuer": "",
        "community": "",
        "hotline": "",
    }
    if found is None:
        places = [{"issuer": row.issuer, "name": row.name} for row in rows]
        return {**shown, "places": places, "offer": None}
    return {
        **shown,
        "issuer": found.issuer,
        "community": found.name,
        "hotline": found.hotline or "",
        "places": [],
        "offer": offer_of(tx, int(found.community_id)),
    }
