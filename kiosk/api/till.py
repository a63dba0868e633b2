"""What a till shows before the first sale: what the shop is owed, the rules in force, the keys to check codes with."""

from __future__ import annotations

from typing import Any, Final

from flask_openapi import APIBlueprint

from kiosk.api.here import Till, till
from kiosk.api.offline import offline_of
from kiosk.api.recovery import asked_of_till, notice_missing
from kiosk.api.types import RequestId, Strict, day_text, moment_text
from kiosk.arrival import arrives_on
from kiosk.auth import allow
from kiosk.context import service
from ledger.book.shops import cover_left, owed_to
from ledger.members import clerks, keys
from ledger.members.terms import Terms
from ledger.offline.waiting import marked_counter
from ledger.refs import read_reference
from ledger.sql import Tx
from pos.desk import day_of, rules_on
from pos.sales_list import last_ref
from pos.shifts import head_of
from settlement.claims import last_filed
from settlement.open_questions import count_open

bp = APIBlueprint("till", __name__, url_prefix="/api/v1")

CHANNELS: Final = ("scan", "credit_card", "cash")


class StateQuery(Strict):
    """`newest`: the last write the till knows to be in the book, so that a book put back notices what it lacks."""

    newest: RequestId | None = None


@bp.get("/till/state")
@allow("till.read")
def till_state(query: StateQuery) -> dict[str, Any]:
    """Everything the home screen and the sale screen need, in one answer."""
    here, now = till(), service().now()
    if query.newest is not None:
        notice_missing(here, query.newest, at=now)
    terms = service().desk.refresh(here.community_id)
    day = day_of(terms, service().now())
    terminal = terms.terminal(here.terminal_id)
    with service().db.read() as tx:
        owed = owed_to(tx, here.community_id, terminal.merchant_id)
        used = last_ref(tx, here.community_id, here.terminal_id)
        return {
            "server_time": moment_text(now, terms.community.zone),
            "business_date": day_text(day),
            "shop": {
                "merchant_code": terms.merchant(terminal.merchant_id).code,
                "merchant_name": terms.merchant(terminal.merchant_id).name,
                "branch_name": terms.branch(terminal.branch_id).name,
            },
            "terminal": {
                "terminal_id": str(terminal.terminal_id),
                "terminal_code": terminal.code,
                "kind": terminal.kind,
                "last_counter": max(
                    _counter_of(used), marked_counter(tx, here.community_id, here.terminal_id)
                ),
            },
            "community": {"issuer": terms.community.issuer, "hotline": terms.community.hotline},
            "clerks": _clerks(tx, here.community_id, terminal.merchant_id),
            "owed": {
                "owed_fen": owed,
                "arrives_on": arrives_on(terms, day).isoformat() if owed else None,
                "open_differences": count_open(tx, here.community_id, terminal.merchant_id),
            },
            "cover": {"left_fen": cover_left(tx, here.community_id, terminal.merchant_id)},
            "rules": _rules(terms, day)
            | {"earning_paused": terms.earning_paused_on(terminal.merchant_id, day)},
            "jwks": keys.published_keys(tx, here.community_id, at=now),
            "recovery": asked_of_till(tx, here),
            "shift": _shift(tx, here),
            "batch": last_filed(tx, here.community_id, terminal.merchant_id, here.terminal_id),
            "offline": offline_of(tx, here, terms, at=now),
        }


def _counter_of(ref: str | None) -> int:
    read = read_reference(ref) if ref else None
    return 0 if read is None else read.counter


def _shift(tx: Tx, here: Till) -> dict[str, Any] | None:
    """What a wiped or replaced tablet opens its next shift on."""
    head = head_of(tx, here.community_id, here.terminal_id)
    return None if head is None else head.as_json()


def _clerks(tx: Tx, community_id: int, merchant_id: int) -> list[dict[str, str]]:
    return [
        {"clerk_id": str(clerk.clerk_id), "label": clerk.label}
        for clerk in clerks.all_clerks(tx, community_id)
        if clerk.merchant_id == merchant_id and clerk.state == "active"
    ]


def _rules(terms: Terms, day: int) -> dict[str, Any]:
    try:
        rules = rules_on(terms, day)
    except LookupError:
        return _rules_without_shops(terms)
    sale_cap = rules.offset_cap("txn")
    offset = rules.offset
    return {
        "units_per_fen": rules.units_per_fen,
        "precision": terms.civic.precision,
        "step_units": offset.units(offset.step_points),
        "min_units": offset.units(offset.min_points),
        "share_percent": int(offset.cap_percent_of_bill or 100),
        "sale_cap_units": None if sale_cap is None else sale_cap.units,
        **_pin_limits(terms),
        "channels": list(CHANNELS) + (["gateway"] if service().channel is not None else []),
        "approved_channels": list(rules.spend.payment_channels),
        "earning_stopped": terms.earning_stopped_on(day),
    }


def _pin_limits(terms: Terms) -> dict[str, int]:
    return {
        "pin_above_units_card": terms.limits(is_code=False).free_units,
        "pin_above_units_dyn": terms.limits(is_code=True).free_units,
    }


def _rules_without_shops(terms: Terms) -> dict[str, Any]:
    """A village scheme: goods for points, and no shop that takes or gives any."""
    return {
        "units_per_fen": 1,
        "precision": terms.shown.precision,
        "step_units": 1,
        "min_units": 0,
        "share_percent": 0,
        "sale_cap_units": 0,
        **_pin_limits(terms),
        "channels": [],
        "approved_channels": [],
        "earning_stopped": True,
    }
