"""The goods counter besides the handing out: its hours, whose code lies there, the passbook."""

from __future__ import annotations

from typing import Annotated, Any

from flask_openapi import APIBlueprint
from pydantic import Field

from kiosk.api.here import Till, till
from kiosk.api.offline import notices_of
from kiosk.api.passbook_words import passbook_line
from kiosk.api.receipts import language
from kiosk.api.types import Reference, RequestId, Strict, TokenText, moment_text
from kiosk.auth import allow
from kiosk.context import service
from kiosk.texts import translator
from ledger.earning.windows import Opening
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from pos.desk import day_of
from pos.holder import Shown, book_of_redemption, holder_of
from pos.opening import hours_at
from pos.orders import lines_of_order, open_orders_of
from pos.passbook import PAGE_LINES, Book, Printing, lines_of, print_open, waiting_lines
from pos.proxies import proxies_on

bp = APIBlueprint("counter", __name__, url_prefix="/api/v1/counter")


class HolderBody(Strict):
    """A code laid on the counter."""

    token: TokenText


class PassbookBody(Strict):
    """Whose passbook: by the code, or by the slip of what was just handed out here."""

    request_id: RequestId
    token: TokenText | None = None
    ref: Reference | None = None


class PassbookPageBody(Strict):
    """A page of a passbook to be printed once more."""

    token: TokenText | None = None
    ref: Reference | None = None
    page: Annotated[int, Field(ge=1, le=10_000)]


@bp.get("/today")
@allow("till.read", "kiosk.use")
def counter_today() -> dict[str, Any]:
    """Whether the counter is open, until when, and when it opens next."""
    here, now = till(), service().now()
    terms = service().desk.refresh(here.community_id)
    with service().db.read() as tx:
        hours = hours_at(tx, terms, terms.terminal(here.terminal_id).merchant_id, now)
    return {
        "always": hours.always,
        "open": hours.always or hours.open_now is not None,
        "over": hours.is_over,
        "opening": _opening(terms, hours.open_now),
        "next": _opening(terms, hours.next),
    }


@bp.post("/holder")
@allow("redeem.make", rechecked=True)
def counter_holder(body: HolderBody) -> dict[str, Any]:
    """Whose code it is, by the end of the card's number, and what they can spend; burns nothing."""
    here, now = till(), service().now()
    shown = Shown(here.community_id, here.terminal_id, body.token)
    holder = holder_of(service().desk, shown, at=now)
    book = Book(here.community_id, holder.owner_id, _terms(here).shown.commodity)
    with service().db.read() as tx:
        printed, waiting = waiting_lines(tx, book)
        orders = _orders(tx, here, holder.person_id)
        proxies = proxies_on(tx, here.community_id, holder.person_id, day=day_of(_terms(here), now))
    return {
        "orders": orders,
        "proxies": [{"relation": row.relation, "name": row.name} for row in proxies],
        "holder_label": holder.label,
        "available_units": holder.available_units,
        "pending_units": holder.pending_units,
        "owed_units": holder.owed_units,
        "pin_needed_above_units": holder.pin_needed_above_units,
        "token_class": holder.token_class,
        "notices": notices_of(here, holder.person_id),
        "passbook": {"lines": printed, "waiting": waiting},
    }


def _orders(tx: Tx, here: Till, person_id: int) -> list[dict[str, Any]]:
    """The orders that wait for a resident at this supermarket, each with its goods."""
    terms = _terms(here)
    merchant_id = terms.terminal(here.terminal_id).merchant_id
    return [
        {
            "order_id": order.order_id,
            "number": order.number,
            "units": order.units,
            "paid_fen": sum(line.price_fen * line.quantity for line in lines),
            "expires_at": moment_text(order.expires_at, terms.community.zone),
            **_slot(terms, order),
            "lines": [
                {"good_id": str(line.good_id), "name": line.name, "quantity": line.quantity}
                for line in lines
            ],
        }
        for order in open_orders_of(tx, here.community_id, person_id)
        if order.merchant_id == merchant_id
        for lines in [lines_of_order(tx, here.community_id, order.order_id)]
    ]


def _slot(terms: Terms, order: Row) -> dict[str, Any]:
    """From when an order of a good that goes fast is handed out."""
    if order.slot_from_at is None:
        return {}
    return {"slot_from": moment_text(int(order.slot_from_at), terms.community.zone)}


@bp.post("/passbook")
@allow("redeem.make", rechecked=True)
def print_passbook(body: PassbookBody) -> dict[str, Any]:
    """Give every new entry its line of the passbook; the same request again gives the same lines."""
    here, now = till(), service().now()
    book = _book(here, body.token, body.ref, now)
    printing = Printing(body.request_id, here.terminal_id, here.clerk_id, now)
    first, last = print_open(service().desk, book, printing)
    return _lines(here, book, first, last)


@bp.post("/passbook/page")
@allow("redeem.make", rechecked=True)
def print_page_again(body: PassbookPageBody) -> dict[str, Any]:
    """A page as it was printed, for a lost or spoilt leaf; nothing new gets a line."""
    here = till()
    book = _book(here, body.token, body.ref, service().now())
    first = (body.page - 1) * PAGE_LINES + 1
    return _lines(here, book, first, first + PAGE_LINES - 1)


def _lines(here: Till, book: Book, first: int, last: int) -> dict[str, Any]:
    terms, _ = _terms(here), translator(language())
    with service().db.read() as tx:
        lines = lines_of(tx, book, first, last) if last >= first else []
        printed, waiting = waiting_lines(tx, book)
    return {
        "page_lines": PAGE_LINES,
        "first": first,
        "last": last,
        "printed": printed,
        "waiting": waiting,
        "lines": [passbook_line(terms, line, _) for line in lines],
    }


def _book(here: Till, token: str | None, ref: str | None, now: int) -> Book:
    terms = _terms(here)
    if token is not None:
        holder = holder_of(
            service().desk, Shown(here.community_id, here.terminal_id, token), at=now
        )
        return Book(here.community_id, holder.owner_id, terms.shown.commodity)
    if ref is None:
        raise Refusal("redemption_not_found")
    with service().db.read() as tx:
        return book_of_redemption(tx, terms, here.terminal_id, ref, day=day_of(terms, now))


def _opening(terms: Terms, opening: Opening | None) -> dict[str, Any] | None:
    if opening is None:
        return None
    zone = terms.community.zone
    return {
        "from": moment_text(opening.from_us, zone),
        "to": moment_text(opening.to_us, zone),
        "name": opening.name,
    }


def _terms(here: Till) -> Terms:
    return service().desk.terms_with(here.community_id, here.terminal_id)
