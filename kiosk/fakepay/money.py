"""Refunds, transfers, payouts and the balance of the fake channel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kiosk.fakepay.bank import Bank
from kiosk.fakepay.errors import ApiError
from kiosk.fakepay.forms import (
    Form,
    amount_of,
    check_currency,
    check_names,
    metadata_of,
    needed,
    whole,
)
from kiosk.fakepay.store import Thing

REASONS: Final = ("duplicate", "fraudulent", "requested_by_customer")
DAY_S: Final = 86_400


def create_refund(bank: Bank, form: Form) -> Thing:
    """Answer POST /v1/refunds."""
    check_names(form, ("amount", "charge", "metadata", "payment_intent", "reason"))
    reason = form.get("reason")
    if reason is not None and reason not in REASONS:
        raise ApiError(400, f"Invalid reason: {reason}", param="reason")
    charge = _charge_to_refund(bank, form)
    left = charge["amount"] - charge["amount_refunded"]
    amount = amount_of(form) if "amount" in form else left
    if left == 0:
        raise ApiError(
            400, f"Charge {charge['id']} has been refunded.", code="charge_already_refunded"
        )
    if amount > left:
        raise ApiError(
            400,
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
            code="amount_too_large",
            param="amount",
        )
    refund = bank.make(
        "refund",
        amount=amount,
        charge=charge["id"],
        currency="cny",
        metadata=metadata_of(form),
        payment_intent=charge["payment_intent"],
        reason=reason,
        status="succeeded",
    )
    bank.move(-amount)
    given = charge["amount_refunded"] + amount
    bank.change(charge, amount_refunded=given, refunded=given == charge["amount"])
    bank.emit("refund.created", refund)
    bank.emit("charge.refunded", charge)
    return refund


def retrieve_refund(bank: Bank, form: Form, refund_id: str) -> Thing:
    """Answer GET /v1/refunds/ID."""
    check_names(form, ())
    return bank.get("refund", refund_id)


def list_refunds(bank: Bank, form: Form) -> Thing:
    """Answer GET /v1/refunds."""
    check_names(form, ("limit", "starting_after", "created", "payment_intent", "charge"))
    return bank.page("refund", form, "/v1/refunds", _same(form, "payment_intent", "charge"))


def create_transfer(bank: Bank, form: Form) -> Thing:
    """Answer POST /v1/transfers."""
    check_names(
        form, ("amount", "currency", "description", "destination", "metadata", "transfer_group")
    )
    amount = amount_of(form)
    check_currency(form)
    destination = str(needed(form, "destination"))
    if not destination.startswith("acct_"):
        raise ApiError(
            400,
            f"No such destination: '{destination}'",
            code="resource_missing",
            param="destination",
        )
    bank.spend(amount)
    transfer = bank.make(
        "transfer",
        amount=amount,
        amount_reversed=0,
        currency="cny",
        description=form.get("description"),
        destination=destination,
        metadata=metadata_of(form),
        reversed=False,
        transfer_group=form.get("transfer_group"),
    )
    bank.emit("transfer.created", transfer)
    return transfer


def retrieve_transfer(bank: Bank, form: Form, transfer_id: str) -> Thing:
    """Answer GET /v1/transfers/ID."""
    check_names(form, ())
    return bank.get("transfer", transfer_id)


def list_transfers(bank: Bank, form: Form) -> Thing:
    """Answer GET /v1/transfers."""
    check_names(form, ("limit", "starting_after", "created", "destination", "transfer_group"))
    fits = _same(form, "destination", "transfer_group")
    return bank.page("transfer", form, "/v1/transfers", fits)


def create_payout(bank: Bank, form: Form) -> Thing:
    """Answer POST /v1/payouts."""
    check_names(
        form,
        ("amount", "currency", "description", "destination", "metadata", "statement_descriptor"),
    )
    amount = amount_of(form)
    check_currency(form)
    bank.spend(amount)
    now = bank.store.now()
    payout = bank.make(
        "payout",
        amount=amount,
        arrival_date=now - now % DAY_S,
        currency="cny",
        description=form.get("description"),
        destination=form.get("destination", "ba_community"),
        failure_code=None,
        metadata=metadata_of(form),
        method="standard",
        status="pending",
        type="bank_account",
    )
    bank.emit("payout.created", payout)
    return payout


def retrieve_payout(bank: Bank, form: Form, payout_id: str) -> Thing:
    """Answer GET /v1/payouts/ID."""
    check_names(form, ())
    return bank.get("payout", payout_id)


def list_payouts(bank: Bank, form: Form) -> Thing:
    """Answer GET /v1/payouts."""
    check_names(form, ("limit", "starting_after", "created", "status", "destination"))
    return bank.page("payout", form, "/v1/payouts", _same(form, "status", "destination"))


def end_payout(bank: Bank, payout_id: str, *, failure_code: str | None = None) -> Thing:
    """The bank confirmed a payout, or sent it back."""
    payout = bank.get("payout", payout_id)
    if payout["status"] not in ("pending", "in_transit"):
        raise ApiError(400, f"This payout is {payout['status']} already.")
    if failure_code is None:
        bank.change(payout, status="paid")
        bank.emit("payout.paid", payout)
        return payout
    bank.move(payout["amount"])
    bank.change(payout, status="failed", failure_code=failure_code)
    bank.emit("payout.failed", payout)
    return payout


def end_due_payouts(bank: Bank) -> None:
    """Confirm the payouts whose day has come; called before each request is looked at."""
    if bank.payout_delay_s is None:
        return
    latest = bank.store.now() - bank.payout_delay_s
    for payout in bank.store.each("payout"):
        if payout["status"] == "pending" and payout["created"] <= latest:
            end_payout(bank, payout["id"])


def retrieve_balance(bank: Bank, form: Form) -> Thing:
    """Answer GET /v1/balance."""
    check_names(form, ())
    available = [{"amount": bank.balance_fen, "currency": "cny", "source_types": {}}]
    return {"object": "balance", "livemode": False, "available": available, "pending": []}


def top_up(bank: Bank, form: Form) -> Thing:
    """Money put into the balance from outside, in fen."""
    bank.move(whole(form, "amount"))
    return retrieve_balance(bank, {})


def _charge_to_refund(bank: Bank, form: Form) -> Thing:
    if "charge" in form:
        charge = bank.get("charge", form["charge"])
    else:
        intent = bank.get("payment_intent", needed(form, "payment_intent"))
        charge = bank.get("charge", str(intent["latest_charge"]))
    if charge["status"] != "succeeded":
        raise ApiError(400, "This payment was never made.", code="charge_not_refundable")
    return charge


def _same(form: Form, *names: str) -> Callable[[Thing], bool]:
    wanted = {name: form[name] for name in names if name in form}
    return lambda thing: all(thing.get(name) == value for name, value in wanted.items())
