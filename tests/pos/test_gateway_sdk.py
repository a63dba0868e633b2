"""The official SDK drives our fake channel: if it can, the fake is shaped like the real one."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe

from kiosk.fakepay.app import FakePay
from tests.support.channel import SECRET_KEY, Channel, serve_channel
from tests.support.inbox import Inbox

SALE = {"sale_id": "9001", "community_id": "11"}


@pytest.fixture
def client(channel: Channel) -> Iterator[stripe.StripeClient]:
    line = stripe.RequestsClient(timeout=5)
    yield stripe.StripeClient(
        SECRET_KEY,
        base_addresses={"api": channel.url},
        http_client=line,
        max_network_retries=2,
    )
    line.close()


def pay(
    client: stripe.StripeClient, amount: int = 4_000, key: str = "k1", tries: int = 2
) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        {
            "amount": amount,
            "currency": "cny",
            "confirm": True,
            "payment_method": "pm_card_visa",
            "metadata": SALE,
        },
        {"idempotency_key": key, "max_network_retries": tries},
    )


def test_a_payment_is_made_and_found_again(client: stripe.StripeClient) -> None:
    paid = pay(client)

    again = client.v1.payment_intents.retrieve(paid.id)
    listed = client.v1.payment_intents.list({"limit": 3, "created": {"gte": paid.created}})
    found = client.v1.payment_intents.search({"query": "metadata['sale_id']:'9001'"})

    assert (paid.status, paid.amount_received) == ("succeeded", 4_000)
    assert again.metadata.to_dict() == SALE
    assert [one.id for one in listed.data] == [one.id for one in found.data] == [paid.id]


def test_a_payment_is_made_in_two_steps_or_ended(client: stripe.StripeClient) -> None:
    first = client.v1.payment_intents.create(
        {"amount": 4_000, "currency": "cny", "payment_method": "pm_card_visa"}
    )
    second = client.v1.payment_intents.create({"amount": 4_000, "currency": "cny"})

    assert first.status == "requires_confirmation"
    assert client.v1.payment_intents.confirm(first.id).status == "succeeded"
    assert client.v1.payment_intents.cancel(second.id).status == "canceled"


def test_lists_are_paged(client: stripe.StripeClient) -> None:
    made = [pay(client, 100 + number, f"k{number}").id for number in range(5)]

    listed = client.v1.payment_intents.list({"limit": 2})

    assert [one.id for one in listed.auto_paging_iter()] == made[::-1]


def test_refunds_in_parts_and_never_too_much(client: stripe.StripeClient) -> None:
    paid = pay(client)
    part = client.v1.refunds.create({"payment_intent": paid.id, "amount": 1_000})
    rest = client.v1.refunds.create({"payment_intent": paid.id})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": paid.id})

    assert (part.amount, rest.amount) == (1_000, 3_000)
    assert refused.value.code == "charge_already_refunded"
    assert len(client.v1.refunds.list({"payment_intent": paid.id}).data) == 2


def test_transfers_and_payouts_move_yuan_out_of_the_balance(client: stripe.StripeClient) -> None:
    pay(client, 5_000)

    moved = client.v1.transfers.create(
        {"amount": 1_000, "currency": "cny", "destination": "acct_m01"}
    )
    payout = client.v1.payouts.create({"amount": 1_900, "currency": "cny"})

    assert (moved.amount, moved.currency, payout.status) == (1_000, "cny", "pending")
    assert client.v1.payouts.retrieve(payout.id).status == "paid"
    assert client.v1.balance.retrieve().available[0].amount == 2_100
    with pytest.raises(stripe.InvalidRequestError, match="insufficient"):
        client.v1.payouts.create({"amount": 2_101, "currency": "cny"})


def test_a_declined_card_is_the_sdks_card_error(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.create(
            {
                "amount": 4_000,
                "currency": "cny",
                "confirm": True,
                "payment_method": "pm_card_chargeDeclined",
            }
        )

    assert declined.value.code == "card_declined"
    assert declined.value.http_status == 402


def test_one_key_gives_one_answer_and_other_content_is_refused(
    client: stripe.StripeClient, channel: Channel
) -> None:
    first, again = pay(client), pay(client)

    with pytest.raises(stripe.IdempotencyError):
        pay(client, 4_001)

    assert first.id == again.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(channel.made("charge")) == 1


def test_a_key_remembers_a_decline_and_a_saved_500(
    client: stripe.StripeClient, channel: Channel
) -> None:
    channel.trouble("error_saved")
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            pay(client, tries=0)
    channel.trouble("decline", code="lost_card")
    for _ in range(2):
        with pytest.raises(stripe.CardError, match="declined"):
            pay(client, key="k2")

    assert pay(client, key="k3").status == "succeeded"
    assert len(channel.made("charge")) == 3


def test_a_key_is_forgotten_after_a_day(client: stripe.StripeClient, channel: Channel) -> None:
    first = pay(client)
    channel.control("/clock", {"now": first.created + 86_401})

    assert pay(client).id != first.id


def test_the_sdk_tries_again_after_lost_answers_and_charges_once(
    client: stripe.StripeClient, channel: Channel
) -> None:
    channel.trouble("lost_after")

    assert pay(client).status == "succeeded"
    assert len(channel.made("charge")) == 1


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"currency": "cny"}, "amount"),
        ({"amount": -5, "currency": "cny"}, "amount"),
        ({"amount": 4_000, "currency": "usd"}, "currency"),
        ({"amount": 4_000, "currency": "cny", "metdata": {"a": "b"}}, "metdata"),
        ({"amount": 4_000, "currency": "cny", "confirm": True, "payment_method": "x"},
         "payment_method"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(
    client: stripe.StripeClient, wrong: stripe.params.PaymentIntentCreateParams, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create(wrong)

    assert refused.value.param == param


def test_an_unknown_id_and_a_missing_key_are_refused(
    client: stripe.StripeClient, channel: Channel
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
        client.v1.payment_intents.retrieve("pi_nowhere")
    line = stripe.RequestsClient(timeout=5)
    stranger = stripe.StripeClient("pk_test", base_addresses={"api": channel.url}, http_client=line)
    with pytest.raises(stripe.AuthenticationError):
        stranger.v1.balance.retrieve()
    line.close()


def test_webhooks_are_verified_by_the_sdk_and_tried_again(
    client: stripe.StripeClient, inbox: Inbox
) -> None:
    inbox.answers += [500]
    endpoint = client.v1.webhook_endpoints.create(
        {"url": inbox.url, "enabled_events": ["payment_intent.succeeded"]}
    )
    assert endpoint.secret is not None

    paid = pay(client)
    refused, taken = inbox.wait_for(2)
    event = stripe.Webhook.construct_event(taken.body, taken.signature, endpoint.secret)

    assert refused.body == taken.body
    assert event.type == "payment_intent.succeeded"
    assert event.data.object.id == paid.id
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(taken.body + b" ", taken.signature, endpoint.secret)


def test_events_tell_what_happened_in_order(client: stripe.StripeClient) -> None:
    paid = pay(client)
    client.v1.refunds.create({"payment_intent": paid.id, "amount": 1_000})

    kinds = [event.type for event in client.v1.events.list({"limit": 10}).data][::-1]

    assert kinds == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "refund.created",
        "charge.refunded",
    ]


def test_a_channel_with_a_file_goes_on_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "channel.sqlite"
    with serve_channel(FakePay(file)) as before:
        line = stripe.RequestsClient(timeout=5)
        client = stripe.StripeClient(
            SECRET_KEY, base_addresses={"api": before.url}, http_client=line
        )
        paid = pay(client)
        line.close()

    with serve_channel(FakePay(file)) as after:
        line = stripe.RequestsClient(timeout=5)
        client = stripe.StripeClient(
            SECRET_KEY, base_addresses={"api": after.url}, http_client=line
        )
        again = pay(client)
        balance = client.v1.balance.retrieve().available[0].amount
        line.close()

    with sqlite3.connect(file) as kept:
        bodies = [json.loads(body) for (body,) in kept.execute("SELECT body FROM thing")]
    kept.close()
    assert again.id == paid.id
    assert balance == 4_000
    assert sum(body.get("object") == "charge" for body in bodies) == 1


def test_a_transfer_and_a_payout_said_twice_under_one_key_move_once(
    client: stripe.StripeClient, channel: Channel
) -> None:
    pay(client, 9_000)

    moved = [
        client.v1.transfers.create(
            {"amount": 1_000, "currency": "cny", "destination": "acct_m01"},
            {"idempotency_key": "transfer:11:55:1"},
        )
        for _ in range(2)
    ]
    channel.trouble("lost_after", path="/v1/payouts")
    paid = [
        client.v1.payouts.create(
            {"amount": 1_900, "currency": "cny", "metadata": {"payout_id": "55"}},
            {"idempotency_key": "payout:11:55:1", "max_network_retries": 2},
        )
        for _ in range(2)
    ]

    assert len({one.id for one in moved}) == len({one.id for one in paid}) == 1
    assert paid[1].last_response is not None
    assert paid[1].last_response.headers["Idempotent-Replayed"] == "true"
    assert (len(channel.made("transfer")), len(channel.made("payout"))) == (1, 1)
    assert client.v1.balance.retrieve().available[0].amount == 9_000 - 1_000 - 1_900


def test_webhooks_of_refunds_and_payouts_are_verified_by_the_sdk(
    client: stripe.StripeClient, inbox: Inbox
) -> None:
    endpoint = client.v1.webhook_endpoints.create(
        {"url": inbox.url, "enabled_events": ["charge.refunded", "payout.paid"]}
    )
    assert endpoint.secret is not None
    paid = pay(client)
    client.v1.refunds.create({"payment_intent": paid.id, "amount": 1_000})
    out = client.v1.payouts.create({"amount": 1_900, "currency": "cny"})
    client.v1.payouts.retrieve(out.id)

    letters = inbox.wait_for(2)
    events = [
        stripe.Webhook.construct_event(one.body, one.signature, endpoint.secret) for one in letters
    ]

    assert {event.type for event in events} == {"charge.refunded", "payout.paid"}
    told = {event.type: event.data.object.to_dict() for event in events}
    assert told["charge.refunded"]["amount_refunded"] == 1_000
    assert (told["payout.paid"]["id"], told["payout.paid"]["currency"]) == (out.id, "cny")
