"""Words for states of vouchers and orders, and rows of both as the pages show them."""

from __future__ import annotations

from typing import Any, Final

from kiosk.pages import say
from kiosk.texts import mark
from ledger.members.terms import Terms
from ledger.services.items import COMMUNITY
from ledger.services.rules import number_text
from ledger.sql import Row

VOUCHER_STATES: Final = {
    None: mark("can be used"),
    "used": mark("used"),
    "returned": mark("given back"),
    "expired": mark("past its last day, points given back"),
    "lapsed": mark("past its last day"),
}
ORDER_STATES: Final = {
    "asked": mark("asked for"),
    "accepted": mark("accepted"),
    "declined": mark("declined"),
    "cancelled": mark("given up"),
    "no_show": mark("nobody came"),
    "done": mark("done"),
}
UNUSED: Final = {
    "back": mark("points come back"),
    "lapse": mark("points lapse, after notice"),
}


def provider_name(here: Terms, provider_id: int) -> str:
    """Who gives a service, as people read it."""
    if provider_id == COMMUNITY:
        return here.community.name
    return here.merchant(provider_id).name


def _is_served(here: Terms, provider_id: int, today: int) -> bool:
    return provider_id == COMMUNITY or here.agreement_on(provider_id, today) is not None


def voucher_view(here: Terms, row: Row, today: int) -> dict[str, Any]:
    """A voucher for a page: never to whom it belongs."""
    over = row.how is None and today > int(row.last_day)
    state = VOUCHER_STATES["lapsed"] if over else VOUCHER_STATES[row.how]
    return {
        "voucher_id": int(row.voucher_id),
        "number": number_text(int(row.serial)),
        "name": row.name,
        "provider": provider_name(here, int(row.provider_id)),
        "units": int(row.units),
        "fen": int(row.contract_fen),
        "last_day": int(row.last_day),
        "bought_on": int(row.business_date),
        "ended_on": row.ended_on,
        "ref": row.ref,
        "is_open": row.how is None and not over,
        "state": say(state),
        "returnable": bool(row.returnable) or not _is_served(here, int(row.provider_id), today),
        "needs_booking": bool(row.needs_booking),
    }


def order_view(here: Terms, row: Row) -> dict[str, Any]:
    """An order for a page: never whose it is."""
    return {
        "order_id": int(row.order_id),
        "voucher_id": int(row.voucher_id),
        "name": row.name,
        "provider": provider_name(here, int(row.provider_id)),
        "state": row.state,
        "state_text": say(ORDER_STATES[row.state]),
        "starts_at": row.starts_at,
        "asked_at": int(row.asked_at),
        "ended_at": row.ended_at,
        "confirmed_at": row.confirmed_at,
        "rating": row.rating,
        "cancel_hours": int(row.cancel_hours),
        "is_open": row.state in {"asked", "accepted"},
        "to_confirm": row.state == "done" and row.confirmed_at is None,
    }
