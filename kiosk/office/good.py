"""One good: its price, how it is kept, what came and went, and what may be done with its pieces."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, day, hundredths, hundredths_from, me, needed, number, request_id, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.office.goods import price_texts
from kiosk.office.stock_words import BY_ITSELF, MOVES, PERIODS, SOURCES, WHY, signed
from kiosk.pages import day_text, say
from ledger.errors import Refusal
from ledger.sql import Row, Tx
from ledger.stock import care, costing, intake, leaving, slots, watch
from ledger.stock.goods import get_good, set_price
from pos.desk import day_of

_FIELDS: Final = ("quantity", "paid", "donor", "document", "made_on", "best_before", "reason")


@bp.get("/goods/<int:good_id>")
@allow("office.read")
def good(good_id: int) -> Response:
    """The good with its lots and its last moves."""
    return page_of_good(good_id)


@bp.post("/goods/<int:good_id>/receive")
@allow("good.write")
def receive_goods(good_id: int) -> AnyResponse:
    """Pieces have come, bought or given."""

    def work() -> None:
        came = intake.Delivery(
            good_id=good_id,
            quantity=number("quantity"),
            source=needed("source"),
            paid_fen=hundredths_from(text("paid")) if text("paid") else 0,
            donor=text("donor"),
            document=text("document"),
            made_on=day("made_on") if text("made_on") else None,
            best_before=day("best_before") if text("best_before") else None,
        )
        now = service().now()
        intake.receive(service().db, actor().community_id, request_id(), came, by=me(), at=now)

    return _do(good_id, work, "booked")


@bp.post("/goods/<int:good_id>/hand-out")
@allow("good.write")
def hand_out_goods(good_id: int) -> AnyResponse:
    """Pieces go to somebody without points."""

    def work() -> None:
        leaving.hand_out(
            service().db,
            actor().community_id,
            request_id(),
            good_id,
            number("quantity"),
            reason=text("reason"),
            by=me(),
            at=service().now(),
        )

    return _do(good_id, work, "booked")


@bp.post("/goods/<int:good_id>/write-off")
@allow("good.write")
def write_off_goods(good_id: int) -> AnyResponse:
    """Propose to write pieces off; a second person agrees under Approvals."""
    lot = text("lot")
    sent = request.files.get("photo")
    raw = sent.read() if sent else b""
    digest = sha256(raw).hexdigest() if raw else ""

    def propose(tx: Tx, at: int) -> dict[str, Any]:
        made = leaving.propose_write_off(
            tx,
            actor().community_id,
            good_id,
            number("quantity"),
            why=needed("why"),
            reason=text("reason"),
            lot_id=int(lot) if lot.isdigit() else None,
            photo=leaving.keep_photo(tx, actor().community_id, raw, by=me(), at=at) if raw else "",
            by=me(),
            at=at,
        )
        return {"approval_id": str(made)}

    said = {**{name: text(name) for name in ("quantity", "why", "lot")}, "photo": digest}
    return _do(
        good_id, lambda: act("write_off", {"good": str(good_id), **said}, propose), "proposed"
    )


@bp.get("/write-offs/<int:approval_id>/photo")
@allow("office.read")
def write_off_photo(approval_id: int) -> Response:
    """The photo of what somebody proposes to write off, as it came in."""
    with service().db.read() as tx:
        kept = leaving.get_photo(tx, actor().community_id, approval_id)
    answer = Response(kept.body, content_type=kept.media_type)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@bp.post("/goods/<int:good_id>/price")
@allow("good.write")
def price_good(good_id: int) -> AnyResponse:
    """A new price from a day on, in the points the counter takes."""
    here = terms()

    def put(tx: Tx, at: int) -> None:
        units = number("price") if here.shown.precision == 0 else hundredths("price")
        set_price(
            tx,
            here.community.id,
            good_id,
            commodity=here.shown.commodity,
            units=units,
            fen=hundredths_from(text("yuan")) if text("yuan") else 0,
            from_date=day("from"),
            by=me(),
            at=at,
        )

    said = {name: text(name) for name in ("price", "yuan", "from")}
    return _do(good_id, lambda: act("good_price", {"good": str(good_id), **said}, put), "done")


@bp.post("/goods/<int:good_id>/cost")
@allow("good.write")
def cost_good(good_id: int) -> AnyResponse:
    """A new standard cost of a piece; what stands on the shelf is revalued at once."""

    def work() -> None:
        costing.set_cost(
            service().db,
            actor().community_id,
            request_id(),
            good_id,
            hundredths("cost"),
            by=me(),
            at=service().now(),
        )

    return _do(good_id, work, "booked")


@bp.post("/goods/<int:good_id>/care")
@allow("good.write")
def keep_good(good_id: int) -> AnyResponse:
    """Limits, the low mark, shelf life, when more is expected."""
    names = ("limit_person", "limit_household", "shelf_days", "low_stock", "lead_days")
    words = ("barcode", "spec", "category", "limit_period")

    def put(tx: Tx, at: int) -> None:
        chosen = care.Care(
            is_fast=int(text("is_fast") == "1"),
            **{name: text(name) for name in words},  # type: ignore[arg-type]
            **{name: number(name) for name in names},  # type: ignore[arg-type]
            more_on=day("more_on") if text("more_on") else None,
        )
        care.set_care(tx, actor().community_id, good_id, chosen, by=me(), at=at)

    said = {name: text(name) for name in (*names, *words, "more_on", "is_fast")}
    return _do(good_id, lambda: act("good_care", {"good": str(good_id), **said}, put), "done")


@bp.post("/goods/<int:good_id>/pause")
@allow("good.write")
def pause_goods(good_id: int) -> AnyResponse:
    """Not handed out until further notice, taken off the list, or handed out again."""

    def put(tx: Tx, at: int) -> None:
        care.pause_good(
            tx,
            actor().community_id,
            good_id,
            text("notice"),
            on_list=text("state") != "off",
            by=me(),
            at=at,
        )

    said = {name: text(name) for name in ("notice", "state")}
    return _do(good_id, lambda: act("good_pause", {"good": str(good_id), **said}, put), "done")


def _do(good_id: int, work: Callable[[], object], said: str) -> AnyResponse:
    try:
        work()
    except Refusal as refusal:
        return page_of_good(good_id, refusal=refusal)
    return to("office.good", said, good_id=good_id)


def page_of_good(good_id: int, *, refusal: Refusal | None = None) -> Response:
    """The good's page, with what was refused."""
    here, community_id = terms(), actor().community_id
    today = day_of(here, service().now())
    with service().db.read() as tx:
        row = get_good(tx, community_id, good_id)
        prices = price_texts(here, tx, int(row.merchant_id), today).get(good_id, [])
        times = slots.coming_slots(tx, community_id, good_id, at=service().now())
        lots = [_lot(lot, today) for lot in watch.lots_left(tx, community_id, good_id)]
        moves = [_move(move) for move in watch.newest_moves(tx, community_id, good_id)]
    return office_page(
        "office/good.html",
        refusal=refusal,
        good=row,
        free=int(row.stock - row.held),
        prices=prices,
        lots=lots,
        times=times,
        moves=moves,
        periods=[(code, say(name)) for code, name in PERIODS.items()],
        reasons=[(code, say(name)) for code, name in WHY.items()],
        form={name: text(name) for name in _FIELDS},
        today=day_text(today),
        may_write=can("good.write"),
    )


def _lot(row: Row, today: int) -> dict[str, Any]:
    return {
        "lot_id": row.lot_id,
        "source": say(SOURCES[row.source]),
        "donor": row.donor,
        "document": row.document,
        "received": int(row.received),
        "left": int(row.left_pieces),
        "received_on": int(row.received_on),
        "best_before": None if row.best_before is None else int(row.best_before),
        "is_over": row.best_before is not None and row.best_before < today,
    }


def _move(row: Row) -> dict[str, Any]:
    known = {**WHY, **BY_ITSELF}.get(str(row.reason).partition(" ")[0])
    return {
        "day": int(row.business_date) or None,
        "kind": say(MOVES[row.kind]),
        "quantity": signed(int(row.quantity)) if row.quantity else "",
        "cost_fen": int(row.cost_fen),
        "best_before": None if row.best_before is None else int(row.best_before),
        "why": say(known) if known else row.reason,
        "ref": row.ref,
    }
