"""Every request the gateway sends is valid by Stripe's published description of its API."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from requests import PreparedRequest

from pos.channel import (
    Charged,
    ChargeRequest,
    PayoutRequest,
    RefundRequest,
    TransferRequest,
    Window,
)
from pos.gateway_forms import API_VERSION
from tests.support.channel import Channel, RecordingSession
from tests.support.stripe_contract import faults

SALE = ChargeRequest(sale_id="9001", community_id=11, amount_fen=4_000, method="pm_card_visa")
GOOD = dict(
    parse_qsl("amount=4000&currency=cny&confirm=true&metadata[sale_id]=9001&payment_method=pm_1")
)
REFUND = {"payment_intent": "pi_1", "amount": "800", "reason": "requested_by_customer"}


@pytest.fixture
def sent(channel: Channel) -> list[PreparedRequest]:
    """Every request of every operation, as it went on the wire."""
    session = RecordingSession()
    gateway = channel.gateway(session)
    channel.control("/balance", {"amount_fen": 10_000})
    window = Window(since_us=1_700_000_000_000_000, until_us=1_700_000_001_000_001)
    paid = gateway.charge(SALE)
    assert isinstance(paid, Charged)
    for method in ("wechat_pay", "alipay"):
        gateway.charge(
            replace(SALE, sale_id=method, method=method, return_url="https://shop.example/paid")
        )
    refund = RefundRequest(
        refund_id="1",
        sale_id="9001",
        community_id=11,
        intent_id=paid.intent_id,
        amount_fen=800,
        reason="requested_by_customer",
    )
    transfer = TransferRequest(
        payout_id="55", attempt=1, community_id=11, amount_fen=1_900, destination="acct_m01"
    )
    payout = PayoutRequest(payout_id="55", attempt=1, community_id=11, amount_fen=1_900)
    gateway.refund(refund)
    gateway.refund(replace(refund, refund_id="2", reason=None))
    gateway.transfer(transfer)
    gateway.payout(payout)
    gateway.payout(replace(payout, attempt=2, destination="ba_1"))
    gateway.retrieve(paid.intent_id)
    gateway.retrieve_refund("re_1")
    gateway.retrieve_payout("po_1")
    gateway.cancel(paid.intent_id)
    gateway.find_charge("9001", 11, window)
    gateway.find_refund(refund)
    gateway.find_transfer(transfer, window)
    gateway.find_payout(payout, window)
    return session.sent


def test_every_operation_is_valid(sent: list[PreparedRequest]) -> None:
    found = {
        f"{request.method} {request.url}": faults(
            str(request.method), str(request.url), request.body
        )
        for request in sent
    }

    assert len(sent) >= 17
    assert {where: wrong for where, wrong in found.items() if wrong} == {}


def test_every_act_carries_a_key_and_every_request_the_version(
    sent: list[PreparedRequest],
) -> None:
    keys = [request.headers.get("Idempotency-Key") for request in sent if request.method == "POST"]

    assert all(keys)
    assert len(set(keys)) == len(keys)
    assert {request.headers["Stripe-Version"] for request in sent} == {API_VERSION}
    assert {request.headers["Content-Type"] for request in sent if request.body} == {
        "application/x-www-form-urlencoded"
    }


def without(form: dict[str, str], name: str) -> dict[str, str]:
    return {field: value for field, value in form.items() if field != name}


@pytest.mark.parametrize(
    ("path", "form", "fault"),
    [
        ("/v1/payment_intents", without(GOOD, "amount"), "'amount' is a required property"),
        ("/v1/payment_intents", {**GOOD, "amount": "12.5"}, "'12.5' is not of type 'integer'"),
        ("/v1/payment_intents", {**GOOD, "amout": "1"}, "'amout' was unexpected"),
        ("/v1/payment_intents", {**GOOD, "confirm": "yes"}, "'yes' is not of type 'boolean'"),
        ("/v1/refunds", {**REFUND, "reason": "changed_mind"}, "'changed_mind' is not one of"),
        ("/v1/payment_intent", GOOD, "no such operation"),
        ("/v1/payouts", {"amount": "1900"}, "'currency' is a required property"),
        ("/v1/transfers", {"amount": "1", "currency": "cny"}, "'destination' is a required"),
    ],
)
def test_the_description_finds(path: str, form: dict[str, str], fault: str) -> None:
    found = faults("POST", f"https://api.example{path}", urlencode(form))

    assert any(fault in one for one in found), found


@pytest.mark.parametrize(("path", "form"), [("/v1/payment_intents", GOOD), ("/v1/refunds", REFUND)])
def test_the_description_passes_a_good_body(path: str, form: dict[str, Any]) -> None:
    assert faults("POST", f"https://api.example{path}", urlencode(form)) == []


def test_the_description_finds_a_query_that_does_not_exist() -> None:
    url = "https://api.example/v1/refunds?sale_id=7&limit=ten"

    assert len(faults("GET", url, None)) == 2
