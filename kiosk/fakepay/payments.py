"""PaymentIntents of the fake channel: create, confirm, pay on the phone, cancel, find."""

from __future__ import annotations

import re
from typing import Any, Final

from kiosk.fakepay.bank import Bank
from kiosk.fakepay.errors import ApiError
from kiosk.fakepay.forms import (
    Form,
    amount_of,
    check_currency,
    check_names,
    listed,
    metadata_of,
    needed,
    truth,
)
from kiosk.fakepay.store import Thing

CREATE_FIELDS: Final = (
    *("amount", "currency", "confirm", "metadata", "description", "payment_method"),
    *("payment_method_types", "payment_method_data", "payment_method_options", "return_url"),
    *("automatic_payment_methods", "transfer_group", "statement_descriptor", "off_session"),
)
CONFIRM_FIELDS: Final = (
    *("payment_method", "payment_method_types", "payment_method_data"),
    *("payment_method_options", "return_url", "off_session"),
)
WALLETS: Final = ("wechat_pay", "alipay")

DECLINES: Final = {
    "pm_card_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", "expired_card"),
}
CAN_BE_ENDED: Final = ("requires_payment_method", "requires_confirmation", "requires_action")

_BY_MARK: Final = re.compile(r"""metadata\[["'](\w+)["']\]\s*:\s*["']([^"']+)["']""")


def create(bank: Bank, form: Form) -> Thing:
    """Answer POST /v1/payment_intents."""
    check_names(form, CREATE_FIELDS)
    amount = amount_of(form)
    check_currency(form)
    confirming, marks, method = truth(form, "confirm"), metadata_of(form), _method_of(form)
    if confirming:
        _check_method(method)
    intent = bank.make(
        "payment_intent",
        amount=amount,
        amount_received=0,
        currency="cny",
        metadata=marks,
        description=form.get("description"),
        status="requires_confirmation" if method else "requires_payment_method",
        payment_method=method,
        payment_method_types=listed(form, "payment_method_types") or ["card"],
        capture_method="automatic_async",
        confirmation_method="automatic",
        latest_charge=None,
        last_payment_error=None,
        next_action=None,
        canceled_at=None,
        cancellation_reason=None,
        transfer_group=form.get("transfer_group"),
    )
    bank.change(intent, client_secret=f"{intent['id']}_secret_{intent['created']}")
    bank.emit("payment_intent.created", intent)
    return _confirm(bank, intent, method) if confirming else intent


def confirm(bank: Bank, form: Form, intent_id: str) -> Thing:
    """Answer POST /v1/payment_intents/ID/confirm."""
    check_names(form, CONFIRM_FIELDS)
    intent = bank.get("payment_intent", intent_id)
    if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
        raise _wrong_state(intent, "confirm")
    method = _method_of(form) or intent["payment_method"]
    _check_method(method)
    return _confirm(bank, intent, method)


def retrieve(bank: Bank, form: Form, intent_id: str) -> Thing:
    """Answer GET /v1/payment_intents/ID."""
    check_names(form, ("client_secret",))
    return bank.get("payment_intent", intent_id)


def cancel(bank: Bank, form: Form, intent_id: str) -> Thing:
    """Answer POST /v1/payment_intents/ID/cancel."""
    check_names(form, ("cancellation_reason",))
    intent = bank.get("payment_intent", intent_id)
    if intent["status"] not in CAN_BE_ENDED:
        raise _wrong_state(intent, "cancel")
    bank.change(
        intent,
        status="canceled",
        canceled_at=bank.store.now(),
        cancellation_reason=form.get("cancellation_reason"),
        next_action=None,
    )
    bank.emit("payment_intent.canceled", intent)
    return intent


def list_all(bank: Bank, form: Form) -> Thing:
    """Answer GET /v1/payment_intents."""
    check_names(form, ("limit", "starting_after", "created"))
    return bank.page("payment_intent", form, "/v1/payment_intents")


def search(bank: Bank, form: Form) -> Thing:
    """Answer GET /v1/payment_intents/search, by one metadata field."""
    check_names(form, ("query", "limit", "page"))
    match = _BY_MARK.fullmatch(needed(form, "query"))
    if match is None:
        raise ApiError(400, "This query is not understood", param="query")
    page = bank.page(
        "payment_intent",
        {"limit": form.get("limit", "10")},
        "/v1/payment_intents/search",
        lambda intent: intent["metadata"].get(match[1]) == match[2],
    )
    return {**page, "object": "search_result", "next_page": None}


def retrieve_charge(bank: Bank, form: Form, charge_id: str) -> Thing:
    """Answer GET /v1/charges/ID."""
    check_names(form, ())
    return bank.get("charge", charge_id)


def pay_on_phone(bank: Bank, intent_id: str, *, paid: bool) -> Thing:
    """The payer finished (or refused) on their phone a payment that waited for that."""
    intent = bank.get("payment_intent", intent_id)
    if intent["status"] != "requires_action":
        raise _wrong_state(intent, "pay")
    bank.change(intent, next_action=None)
    if paid:
        return _succeed(bank, intent)
    _fail(bank, intent, "payment_intent_payment_attempt_failed", "generic_decline")
    return intent


def _method_of(form: Form) -> str | None:
    given = form.get("payment_method_data")
    if isinstance(given, dict):
        return str(given.get("type"))
    method = form.get("payment_method")
    return None if method is None else str(method)


def _check_method(method: str | None) -> None:
    if method is None:
        raise ApiError(
            400,
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    if method not in WALLETS and not method.startswith("pm_card_"):
        raise ApiError(
            400,
            f"No such PaymentMethod: '{method}'",
            code="resource_missing",
            param="payment_method",
        )


def _confirm(bank: Bank, intent: Thing, method: str | None) -> Thing:
    told, bank.decline_next = bank.decline_next, None
    decline = ("card_declined", told) if told else DECLINES.get(str(method))
    bank.change(intent, payment_method=method, last_payment_error=None)
    if decline is not None:
        raise _declined(intent, _fail(bank, intent, *decline))
    if method in WALLETS or method == "pm_card_authenticationRequired":
        bank.change(intent, status="requires_action", next_action=_next_action(intent, method))
        bank.emit("payment_intent.requires_action", intent)
        return intent
    return _succeed(bank, intent)


def _succeed(bank: Bank, intent: Thing) -> Thing:
    charge = _charge(bank, intent, "succeeded")
    bank.move(intent["amount"])
    bank.change(
        intent,
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
    )
    bank.emit("charge.succeeded", charge)
    bank.emit("payment_intent.succeeded", intent)
    return intent


def _fail(bank: Bank, intent: Thing, code: str, decline_code: str) -> Thing:
    error = {
        "type": "card_error",
        "code": code,
        "decline_code": decline_code,
        "message": "Your card was declined.",
    }
    charge = _charge(bank, intent, "failed", failure_code=code)
    bank.change(
        intent,
        status="requires_payment_method",
        payment_method=None,
        latest_charge=charge["id"],
        last_payment_error=error,
    )
    bank.emit("charge.failed", charge)
    bank.emit("payment_intent.payment_failed", intent)
    return error


def _charge(bank: Bank, intent: Thing, status: str, failure_code: str | None = None) -> Thing:
    return bank.make(
        "charge",
        amount=intent["amount"],
        amount_captured=intent["amount"] if status == "succeeded" else 0,
        amount_refunded=0,
        captured=status == "succeeded",
        currency="cny",
        metadata=intent["metadata"],
        paid=status == "succeeded",
        payment_intent=intent["id"],
        payment_method=intent["payment_method"],
        refunded=False,
        status=status,
        failure_code=failure_code,
    )


def _next_action(intent: Thing, method: str | None) -> dict[str, Any]:
    if method == "wechat_pay":
        text = f"weixin://wxpay/bizpayurl?pr={intent['id']}"
        return {
            "type": "wechat_pay_display_qr_code",
            "wechat_pay_display_qr_code": {"data": text},
        }
    if method == "alipay":
        url = f"https://pay.example/{intent['id']}"
        return {"type": "alipay_handle_redirect", "alipay_handle_redirect": {"url": url}}
    return {"type": "use_stripe_sdk", "use_stripe_sdk": {}}


def _declined(intent: Thing, error: Thing) -> ApiError:
    return ApiError(
        402,
        error["message"],
        kind="card_error",
        code=error["code"],
        decline_code=error["decline_code"],
        charge=intent["latest_charge"],
        payment_intent=intent,
    )


def _wrong_state(intent: Thing, act: str) -> ApiError:
    return ApiError(
        400,
        f"You cannot {act} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=intent,
    )
