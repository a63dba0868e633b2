"""Goods that leave otherwise than for points: handed to somebody in need, or written off with a second person."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageOps

from ledger.audit import By
from ledger.book import requests
from ledger.book.chart import Kind
from ledger.book.steps import apply
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import derived_request_id
from ledger.members import approvals, files
from ledger.sql import Row, Sql, Tx
from ledger.stock.booking import book, note, staff_of, today
from ledger.stock.fefo import Lot
from ledger.stock.goods import get_good
from ledger.stock.moves import Facts, Out, cost_lines, leave_steps, lots_of, shift_step

HAND_OUT: Final = "hand_out"
WRITE_OFF: Final = "write_off"
APPROVAL: Final = "stock.write_off"
"""The kind of proposal under which a write-off waits for its second person."""

PICTURES: Final = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
"""What a photo begins with, and what it is then."""

PHOTO_SIGNS: Final = 16
"""So much of a photo's SHA-256 stands beside the move and on the form: enough to find it by."""

_QUALITY: Final = 90

REASONS: Final = ("expired", "broken", "vermin", "other")
"""Why goods are written off, as the form asks."""

_LOT: Final = Sql(
    "SELECT lot_id, left_pieces, best_before FROM stock_lot WHERE community_id = :community_id"
    " AND lot_id = :lot_id AND good_id = :good_id"
)


def hand_out(
    db: Database,
    community_id: int,
    request_id: str,
    good_id: int,
    quantity: int,
    *,
    reason: str,
    by: By,
    at: int,
) -> dict[str, Any]:
    """Give goods without points (a visit to the sick, a feast), oldest first; who got them stands in the reason.

    Refuses: good_not_found, amount_wrong, reason_missing, stock_short, stock_short_until, period_locked,
    request_id_reused.
    """
    if not reason.strip():
        raise Refusal("reason_missing")

    def work(tx: Tx) -> dict[str, Any]:
        good = _good_with(tx, community_id, good_id, quantity)
        facts = Facts(
            community_id=community_id,
            request_id=request_id,
            merchant_id=int(good.merchant_id),
            kind=HAND_OUT,
            business_date=today(tx, community_id, at),
            at=at,
            staff_id=staff_of(by),
            reason=reason,
        )
        _leave(tx, facts, good, quantity, None, by=by)
        return {"quantity": quantity, "cost_fen": quantity * int(good.cost_fen)}

    body = {"good_id": str(good_id), "quantity": quantity, "reason": reason.strip()}
    return requests.once(db, community_id, request_id, kind=HAND_OUT, body=body, at=at, work=work)


def propose_write_off(  # noqa: PLR0913 - what, why, and the record of it
    tx: Tx,
    community_id: int,
    good_id: int,
    quantity: int,
    *,
    why: str,
    reason: str = "",
    lot_id: int | None = None,
    photo: str = "",
    by: By,
    at: int,
) -> int:
    """Propose to write goods off, of one lot or the oldest; the proposal's number.

    `photo`: the SHA-256 (hex) of a kept picture of them, '' where there is none; it is part of what the second person
    agrees to.

    Refuses: good_not_found, amount_wrong, write_off_why (`why` is none of REASONS, or other without words),
    stock_short, stock_short_until.
    """
    if why not in REASONS or (why == "other" and not reason.strip()):
        raise Refusal("write_off_why")
    good = _good_with(tx, community_id, good_id, quantity)
    body = {
        "good_id": str(good_id),
        "good": str(good.code),
        "quantity": quantity,
        "why": why,
        "reason": reason.strip(),
        "lot_id": "" if lot_id is None else str(lot_id),
        "photo": photo,
    }
    return approvals.propose(tx, community_id, APPROVAL, f"good:{good_id}", body, by=by, at=at)


def keep_photo(tx: Tx, community_id: int, raw: bytes, *, by: By, at: int) -> str:
    """Keep a photo of goods to be written off; the SHA-256 (hex) of what is kept.

    What a telephone writes into it beside the picture (where and when it was taken, with what) is not kept. Refuses:
    photo_wrong, file_empty, file_too_large.
    """
    files.check_size(raw)
    media = next((kind for start, kind in PICTURES.items() if raw.startswith(start)), None)
    if media is None:
        raise Refusal("photo_wrong")
    body = _picture_alone(raw, "JPEG" if media == "image/jpeg" else "PNG")
    return files.keep(
        tx, community_id, body, name="write-off", media_type=media, source=APPROVAL, by=by, at=at
    )


def _picture_alone(raw: bytes, form: str) -> bytes:
    """The picture as it is looked at, upright, without anything that was written beside it."""
    try:
        with Image.open(BytesIO(raw), formats=("JPEG", "MPO", "PNG")) as picture:
            upright = ImageOps.exif_transpose(picture)
            upright.info.clear()
            out = BytesIO()
            upright.save(out, form, **({"quality": _QUALITY} if form == "JPEG" else {}))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Refusal("photo_wrong") from error
    return out.getvalue()


def get_photo(tx: Tx, community_id: int, approval_id: int) -> files.StoredFile:
    """The photo of a proposed write-off. Refuses: approval_not_found, file_not_found."""
    proposal = approvals.get_approval(tx, community_id, approval_id)
    if proposal.kind != APPROVAL:
        raise Refusal("approval_not_found")
    return files.get_file(tx, community_id, str(proposal.body.get("photo", "")))


def approve_write_off(tx: Tx, community_id: int, approval_id: int, *, by: By, at: int) -> int:
    """Agree to a write-off and take the pieces off the shelf, in one transaction; gives the pieces.

    Refuses: approval_not_found, approval_decided, approval_same_person, stock_short, stock_short_until, period_locked.
    """
    agreed = approvals.approve(tx, community_id, approval_id, by=by, at=at)
    body = agreed.body
    quantity = int(body["quantity"])
    good = _good_with(tx, community_id, int(body["good_id"]), quantity)
    facts = Facts(
        community_id=community_id,
        request_id=derived_request_id(APPROVAL, community_id, approval_id),
        merchant_id=int(good.merchant_id),
        kind=WRITE_OFF,
        business_date=today(tx, community_id, at),
        at=at,
        staff_id=agreed.proposed_by,
        second_staff_id=staff_of(by),
        reason=f"{body['why']} {body['reason']}".strip(),
        ref=str(body.get("photo", ""))[:PHOTO_SIGNS],
    )
    _leave(tx, facts, good, quantity, int(body["lot_id"]) if body["lot_id"] else None, by=by)
    return quantity


def _good_with(tx: Tx, community_id: int, good_id: int, quantity: int) -> Row:
    """The good, where so many pieces are on its shelf beyond what is set aside."""
    if quantity <= 0:
        raise Refusal("amount_wrong")
    good = get_good(tx, community_id, good_id)
    left = int(good.stock - good.held)
    if quantity > left:
        raise Refusal("stock_short", good=good.code, asked=quantity, left=max(left, 0))
    return good


def _leave(tx: Tx, facts: Facts, good: Row, quantity: int, lot_id: int | None, *, by: By) -> None:
    out = Out(int(good.good_id), quantity, int(good.cost_fen))
    lots = lots_of(tx, facts.community_id, facts.merchant_id)
    if lot_id is not None:
        lots = {out.good_id: [_lot(tx, facts, out.good_id, lot_id, quantity)]}
    lines = cost_lines(
        tx, facts.community_id, facts.merchant_id, -quantity * out.cost_fen, at=facts.at
    )
    facts = replace(facts, txn_id=book(tx, facts, Kind.STOCK_OUT, lines))
    apply(tx, [shift_step(facts, out, -quantity), *leave_steps(facts, [out], lots)])
    note(tx, facts, by, out.good_id, {"quantity": quantity})


def _lot(tx: Tx, facts: Facts, good_id: int, lot_id: int, quantity: int) -> Lot:
    row = tx.find(_LOT, community_id=facts.community_id, lot_id=lot_id, good_id=good_id)
    left = 0 if row is None else int(row.left_pieces)
    if row is None or quantity > left:
        raise Refusal("lot_short", asked=quantity, left=left)
    return Lot(lot_id, left, row.best_before)
