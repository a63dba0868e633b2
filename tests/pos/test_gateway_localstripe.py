"""The gateway against localstripe, a stand-in others wrote, in a process of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import stripe

from ledger.clock import now_us
from ledger.database import Database
from ledger.errors import Refusal
from pos import channel_events
from pos.channel import (
    Cancelled,
    Charged,
    ChargeRequest,
    Declined,
    NotFound,
    Refunded,
    RefundRequest,
)
from pos.channel_signature import check_signature
from pos.gateway import Gateway
from tests.support.channel import post_json
from tests.support.inbox import Inbox

ROOT = Path(__file__).parents[2]
SECRET = "whsec_local"  # noqa: S105 - opens nothing
KEY = "sk_test_local"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.support.localstripe_server"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            address = f"http://127.0.0.1:{int(process.stdout.readline())}"
            _wait_until_it_answers(address)
            yield address
        finally:
            process.terminate()


def _wait_until_it_answers(address: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            requests.get(address + "/v1/charges", auth=(KEY, ""), timeout=5)
        except requests.ConnectionError:
            assert time.monotonic() < deadline, "localstripe did not start"
            time.sleep(0.05)
        else:
            return


@pytest.fixture
def gateway(url: str) -> Iterator[Gateway]:
    post_json(url + "/_config/data", {}, "DELETE")
    with requests.Session() as session:
        yield Gateway(url, KEY, timeout_s=5, retries=1, pause=lambda _: None, session=session)


@pytest.fixture
def card(gateway: Gateway) -> str:
    """A saved card of the resident, made as the channel's own page would make it."""
    return save_card(gateway, "4242424242424242")


def save_card(gateway: Gateway, number: str) -> str:
    form = {
        "type": "card",
        "card[number]": number,
        "card[exp_month]": "12",
        "card[exp_year]": "2040",
        "card[cvc]": "123",
    }
    made = requests.post(gateway.base_url + "/v1/payment_methods", form, auth=(KEY, ""), timeout=5)
    return str(made.json()["id"])


def sale(card: str, sale_id: str = "9001") -> ChargeRequest:
    return ChargeRequest(sale_id=sale_id, community_id=11, amount_fen=4_000, method=card)


def test_a_sale_of_40_yuan_is_paid_and_found_by_our_id(gateway: Gateway, card: str) -> None:
    gateway.charge(sale(card, "9000"))
    paid = gateway.charge(sale(card))

    assert isinstance(paid, Charged)
    assert paid.amount_fen == 4_000
    assert gateway.retrieve(paid.intent_id) == paid
    assert gateway.find_charge("9001", 11) == paid
    assert gateway.find_charge("9002", 11) == NotFound()


def test_a_part_is_refunded_and_found_by_our_id(gateway: Gateway, card: str) -> None:
    paid = gateway.charge(sale(card))
    assert isinstance(paid, Charged)
    request = RefundRequest(
        refund_id="1", sale_id="9001", community_id=11, intent_id=paid.intent_id, amount_fen=800
    )

    refunded = gateway.refund(request)

    assert isinstance(refunded, Refunded)
    assert refunded.amount_fen == 800
    assert gateway.find_refund(request) == refunded


def test_a_card_that_is_refused_charges_nothing(gateway: Gateway) -> None:
    refused = save_card(gateway, "4000000000000341")

    assert gateway.charge(sale(refused)) == Declined("card_declined")
    assert gateway.find_charge("9001", 11) == Declined("card_declined")


def test_a_payment_not_there_is_not_found(gateway: Gateway) -> None:
    assert gateway.retrieve("pi_nowhere") == NotFound()


def test_a_payment_that_waits_can_be_ended(gateway: Gateway) -> None:
    asks = save_card(gateway, "4000002500003155")
    gateway.charge(sale(asks))
    waiting = gateway.find_charge("9001", 11)

    assert hasattr(waiting, "intent_id")
    assert gateway.cancel(waiting.intent_id) == Cancelled(waiting.intent_id)


@pytest.mark.slow  # localstripe waits a second before it sends
def test_its_signed_webhook_is_verified_stored_once_and_asked_about(
    gateway: Gateway, card: str, inbox: Inbox, db: Database
) -> None:
    wanted = {"url": inbox.url, "secret": SECRET, "events": ["payment_intent.succeeded"]}
    post_json(gateway.base_url + "/_config/webhooks/shop", wanted)
    paid = gateway.charge(sale(card, "9100"))
    letter = inbox.wait_for_text("9100")
    at = now_us()

    event = channel_events.receive(db, letter.body, letter.signature, [SECRET], at=at)
    with pytest.raises(Refusal, match="webhook_repeated"):
        channel_events.receive(db, letter.body, letter.signature, [SECRET], at=at)
    with pytest.raises(Refusal, match="webhook_bad_signature"):
        check_signature(letter.body, letter.signature, ["whsec_other"], at=at)

    assert json.loads(letter.body)["id"] == event.event_id
    assert event.community_id == 11
    assert event.marks == {"sale_id": "9100", "community_id": "11"}
    assert channel_events.ask(gateway, event) == paid


@pytest.fixture
def client(url: str) -> Iterator[stripe.StripeClient]:
    """The official SDK, turned to the stand-in."""
    line = stripe.RequestsClient(timeout=5)
    yield stripe.StripeClient(KEY, base_addresses={"api": url}, http_client=line)
    line.close()


def test_the_official_sdk_and_our_gateway_see_the_same_payment(
    gateway: Gateway, card: str, client: stripe.StripeClient
) -> None:
    paid = gateway.charge(sale(card))
    assert isinstance(paid, Charged)
    seen = client.v1.payment_intents.retrieve(paid.intent_id)

    assert (seen.status, seen.amount, seen.currency) == ("succeeded", 4_000, "cny")
    assert seen.metadata.to_dict() == {"sale_id": "9001", "community_id": "11"}

    gateway.refund(
        RefundRequest(
            refund_id="1",
            sale_id="9001",
            community_id=11,
            intent_id=paid.intent_id,
            amount_fen=800,
        )
    )
    (refunded,) = client.v1.refunds.list({"payment_intent": paid.intent_id}).data
    assert (refunded.status, refunded.amount) == ("succeeded", 800)
    assert refunded.metadata is not None
    assert refunded.metadata["refund_id"] == "1"


def test_what_the_official_sdk_pays_our_gateway_finds(
    gateway: Gateway, card: str, client: stripe.StripeClient
) -> None:
    made = client.v1.payment_intents.create(
        {
            "amount": 4_000,
            "currency": "cny",
            "confirm": True,
            "payment_method": card,
            "metadata": {"sale_id": "9001", "community_id": "11"},
        }
    )

    found = gateway.find_charge("9001", 11)
    assert isinstance(found, Charged)
    assert (found.intent_id, found.amount_fen) == (made.id, 4_000)
    assert gateway.find_charge("9003", 11) == NotFound()


@pytest.mark.slow  # localstripe waits a second before it sends
def test_the_official_sdk_believes_its_webhook(
    gateway: Gateway, card: str, inbox: Inbox, url: str
) -> None:
    wanted = {"url": inbox.url, "secret": SECRET, "events": ["payment_intent.succeeded"]}
    post_json(url + "/_config/webhooks/sdk", wanted)
    gateway.charge(sale(card, "9200"))
    letter = inbox.wait_for_text("9200")

    event = stripe.Webhook.construct_event(letter.body, letter.signature, SECRET)
    assert event.type == "payment_intent.succeeded"
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(letter.body, letter.signature, "whsec_other")
