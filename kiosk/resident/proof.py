"""One of a resident's own entries, and how far the seal has come with it."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response
from markupsafe import Markup

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.pages import month_text, say
from kiosk.qr_image import PROOF, draw_svg
from kiosk.resident.entries import Entry, entries_from
from kiosk.resident.pool import own_rows
from kiosk.resident.views import resident_page
from kiosk.seal_codes import CHECK_PATH, SealCode, code_of, signing
from kiosk.texts import mark
from ledger.book.balances import entries_of
from ledger.errors import Refusal
from ledger.members import residents
from ledger.members.terms import Terms
from ledger.seal import entries as sealed
from ledger.seal.proof_code import PROOF as PROOF_MARK
from ledger.seal.proof_code import Facts
from ledger.sql import Row, Tx
from pos.receipt_facts import receipt_facts

bp: Final = Blueprint("resident_proof", __name__, url_prefix="/me")

_MOST_LINES: Final = 24
_LAST_MONTH: Final = 12
_LABEL: Final = mark("Code that proves this entry")


@bp.get("/entries/<int:txn_id>")
@allow("me.read")
def entry(txn_id: int) -> Response:
    """An entry with its proof, or with the day to come back for it."""
    here = terms()
    with service().db.read() as tx:
        rows = _own_rows(tx, here, txn_id)
        shops = {shop.merchant_id: shop.name for shop in here.merchants.values()}
        lines = entries_from(rows, shops, say)
        code = code_of(
            tx,
            here.community.id,
            here.community.issuer,
            sealed.Entry(sealed.TXN, txn_id),
            _facts(tx, here, rows, lines),
            by=signing(),
            precision=here.shown.precision,
        )
    return _page(here, lines, code, day=int(rows[0].business_date))


def _own_rows(tx: Tx, here: Terms, txn_id: int) -> list[Row]:
    """The entry's lines in the resident's own accounts.

    Refuses entry_not_found, also for an entry of somebody else.
    """
    who = residents.get_resident(tx, here.community.id, actor().id)
    owner = who.household_id if here.shown.has_pool else who.person_id
    found = entries_of(
        tx,
        here.community.id,
        owner,
        here.shown.commodity,
        before=txn_id + 1,
        most=_MOST_LINES,
    )
    rows = [row for row in found if row.txn_id == txn_id]
    if here.shown.has_pool:
        rows = own_rows(rows, who.person_id)
    if not rows:
        raise Refusal("entry_not_found")
    return rows


def _facts(tx: Tx, here: Terms, rows: list[Row], lines: list[Entry]) -> Facts:
    """What the entry's code says: the receipt's figures where it is a receipt's, else day and what the page shows."""
    first = rows[0]
    facts: dict[str, str | int] = {
        "kind": "entry",
        "day": int(first.business_date),
        "change_units": sum(line.change for line in lines),
    }
    if first.ref:
        try:
            found = receipt_facts(tx, here.community.id, first.ref)
        except Refusal:
            return facts
        if found.txn_id == first.txn_id:
            return found.facts
    return facts


def _page(here: Terms, lines: list[Entry], code: SealCode, *, day: int) -> Response:
    picture = draw_svg(code.text, PROOF, label=say(_LABEL)) if code.text else ""
    bare = code.text[code.text.find(PROOF_MARK) :] if code.text else ""
    month = day // 100
    following = month + 1 if month % 100 < _LAST_MONTH else month + 89
    return resident_page(
        here,
        "resident/entry.html",
        lines=lines,
        precision=here.shown.precision,
        code=code,
        picture=Markup(picture),  # noqa: S704 - drawn by us, of our own code
        check=f"{CHECK_PATH}/{bare}" if bare else "",
        board_month=month_text(month),
        board_from=month_text(following),
        issuer=here.community.issuer,
    )
