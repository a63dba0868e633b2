"""The fake channel's control desk under /_control: order trouble, pay on the phone, end payouts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request

from kiosk.fakepay import money, payments
from kiosk.fakepay.errors import ApiError
from kiosk.fakepay.works import Works

Told = Mapping[str, Any]


def order_troubles(fake: Works, told: Told) -> Told:
    """Strike coming requests: `{"troubles": [{"kind": "lost_after", "times": 1}]}`."""
    for wanted in told.get("troubles", []):
        fake.troubles.order(wanted)
    return {"ok": True}


def clear_troubles(fake: Works, _told: Told) -> Told:
    """Take back what was ordered and did not strike yet."""
    fake.troubles.clear()
    return {"ok": True}


def top_up(fake: Works, told: Told) -> Told:
    """Put `amount_fen` into the balance."""
    return fake.change(lambda: money.top_up(fake.bank, {"amount": str(told.get("amount_fen"))}))


def pay_on_phone(fake: Works, told: Told, intent_id: str) -> Told:
    """The payer pays a waiting payment, or refuses it with `{"paid": false}`."""
    paid = bool(told.get("paid", True))
    return fake.change(lambda: payments.pay_on_phone(fake.bank, intent_id, paid=paid))


def end_payout(fake: Works, told: Told, payout_id: str) -> Told:
    """The bank confirms a payout, or sends it back with `{"failure_code": "account_closed"}`."""
    code = told.get("failure_code")
    return fake.change(lambda: money.end_payout(fake.bank, payout_id, failure_code=code))


def set_clock(fake: Works, told: Told) -> Told:
    """Set the channel's clock to `now` (seconds since 1970); it runs on from there."""
    fake.store.ahead_s += int(told["now"]) - fake.store.now()
    return {"now": fake.store.now()}


def hold_webhooks(fake: Works, _told: Told) -> Told:
    """Keep webhooks back until they are let go."""
    fake.hooks.holding = True
    return {"ok": True}


def let_webhooks_go(fake: Works, told: Told) -> Told:
    """Send what was kept back: `{"reverse": true, "copies": 2}`."""
    reverse, copies = bool(told.get("reverse")), int(told.get("copies", 1))
    return {"events": fake.hooks.let_go(reverse=reverse, copies=copies)}


def forget(fake: Works, _told: Told) -> Told:
    """Forget every object, endpoint and order."""
    with fake.store.lock:
        fake.store.clear()
        fake.troubles.clear()
    return {"ok": True}


DESK: Final[tuple[tuple[str, str, Callable[..., Told]], ...]] = (
    ("POST", "/troubles", order_troubles),
    ("DELETE", "/troubles", clear_troubles),
    ("POST", "/balance", top_up),
    ("POST", "/payment_intents/<object_id>/pay", pay_on_phone),
    ("POST", "/payouts/<object_id>/end", end_payout),
    ("POST", "/clock", set_clock),
    ("POST", "/webhooks/hold", hold_webhooks),
    ("POST", "/webhooks/let-go", let_webhooks_go),
    ("DELETE", "/data", forget),
)


def desk(fake: Works) -> Blueprint:
    """The control routes of one fake."""
    blueprint = Blueprint("control", __name__, url_prefix="/_control")
    for method, rule, act in DESK:
        blueprint.add_url_rule(rule, act.__name__, _view(fake, act), methods=[method])
    return blueprint


def _view(fake: Works, act: Callable[..., Told]) -> Callable[..., Response]:
    def view(**ids: str) -> Response:
        told = request.get_json(silent=True) or {}
        if not isinstance(told, dict):
            raise ApiError(400, "A JSON object is expected")
        return jsonify(act(fake, told, *ids.values()))

    return view
