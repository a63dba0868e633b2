"""Webhooks of the payment channel: who signed them, when, how often, in which order."""

import json
import threading
from typing import Any

import pytest

from kiosk.fakepay.hooks import sign
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql
from pos import routes
from pos.channel import Charged, ChargeRequest, Pending, Unknown
from pos.channel_events import (
    NO_COMMUNITY,
    ChannelEvent,
    ask,
    community_for,
    mark_asked,
    read_event,
    receive,
    waiting_events,
)
from pos.channel_signature import check_signature
from tests.support.channel import Channel
from tests.support.inbox import Inbox

SECRET = "whsec_street"  # noqa: S105 - opens nothing
OLD_SECRET = "whsec_last_year"  # noqa: S105 - the same
AT_S = 1_772_409_600
AT = AT_S * 1_000_000
SECOND = 1_000_000
ALL_EVENTS = Sql("SELECT event_id, body FROM channel_event WHERE community_id >= :community_id")


def body_of(**change: Any) -> bytes:
    paid = {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 4_000,
        "currency": "cny",
        "status": "succeeded",
        "metadata": {"sale_id": "9001", "community_id": "11", "note": "paid by Wang"},
        "receipt_email": "wang@example.com",
        "shipping": {"name": "Wang", "phone": "13800000000"},
    }
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": AT_S,
        "pending_webhooks": 1,
        "data": {"object": paid},
    }
    return json.dumps({**event, **change}).encode()


def send(db: Database, body: bytes, *, at: int = AT, secret: str = SECRET) -> ChannelEvent:
    return receive(db, body, sign(secret, body, at // SECOND), [SECRET, OLD_SECRET], at=at)


def refused(code: str) -> Any:
    return pytest.raises(Refusal, match=f"^{code}")


def test_a_signed_webhook_is_stored_for_its_community(db: Database) -> None:
    event = send(db, body_of())

    with db.read() as tx:
        assert waiting_events(tx, 11) == [event]
        assert waiting_events(tx, 12) == []
    assert (event.kind, event.object_id, event.state) == (
        "payment_intent.succeeded",
        "pi_1",
        "received",
    )


def test_no_name_phone_or_address_is_stored(db: Database) -> None:
    send(db, body_of())

    with db.read() as tx:
        stored = tx.get(ALL_EVENTS, community_id=0).body
    assert "4000" in stored
    assert not any(word in stored for word in ("Wang", "138", "example.com", "note"))


def test_while_a_secret_is_exchanged_both_are_good(db: Database) -> None:
    assert send(db, body_of(), secret=OLD_SECRET).event_id == "evt_1"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=,v1=",
        f"t={AT_S}",
        f"t={AT_S},v1=00",
        f"t={AT_S},v1=\u5143",
        "v1=" + "0" * 64,
        sign("whsec_other", body_of(), AT_S),
        sign(SECRET, body_of(), AT_S).replace("v1=", "v0="),
        sign(SECRET, body_of(), AT_S).replace(str(AT_S), str(AT_S + 1)),
        sign(SECRET, body_of(), AT_S) + f",t={AT_S}",
        sign(SECRET, body_of() + b" ", AT_S),
    ],
)
def test_a_signature_that_does_not_fit_is_refused(db: Database, header: str) -> None:
    with refused("webhook_bad_signature"):
        receive(db, body_of(), header, [SECRET], at=AT)

    with db.read() as tx:
        assert tx.all(ALL_EVENTS, community_id=0) == []


def test_without_a_secret_nothing_is_taken() -> None:
    with refused("webhook_bad_signature"):
        check_signature(b"{}", sign("", b"{}", AT_S), [], at=AT)


@pytest.mark.parametrize("flip", range(0, 300, 23))
def test_any_changed_byte_is_noticed(flip: int) -> None:
    body = bytearray(body_of())
    header = sign(SECRET, bytes(body), AT_S)
    body[flip] ^= 1

    with refused("webhook_bad_signature"):
        check_signature(bytes(body), header, [SECRET], at=AT)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_within_five_minutes_of_our_clock_a_signature_holds(seconds: int) -> None:
    header = sign(SECRET, b"{}", AT_S)

    assert check_signature(b"{}", header, [SECRET], at=AT + seconds * SECOND) == AT_S


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_outside_five_minutes_it_does_not(seconds: int) -> None:
    with refused("webhook_too_old"):
        check_signature(b"{}", sign(SECRET, b"{}", AT_S), [SECRET], at=AT + seconds * SECOND)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"{", b'{"id":"e","type":"t","data":{"object":{"id":7}}}', b"\xff"]
)
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    with refused("webhook_unreadable"):
        read_event(body, at=AT)


def test_a_webhook_sent_again_later_is_stored_once(db: Database) -> None:
    send(db, body_of())

    with refused("webhook_repeated"):
        send(db, body_of(pending_webhooks=0), at=AT + 3_600 * SECOND)

    with db.read() as tx:
        assert len(tx.all(ALL_EVENTS, community_id=0)) == 1


def test_the_same_number_with_another_content_is_refused(db: Database) -> None:
    send(db, body_of())

    with refused("webhook_changed"):
        send(db, body_of(type="payment_intent.canceled"))


def test_eight_copies_at_once_are_stored_once(db: Database) -> None:
    codes: list[str] = []
    together = threading.Barrier(8)

    def deliver() -> None:
        together.wait(timeout=10)
        try:
            send(db, body_of())
        except Refusal as refusal:
            codes.append(refusal.code)
        else:
            codes.append("stored")

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert sorted(codes) == ["stored"] + ["webhook_repeated"] * 7


def test_an_event_that_names_no_community_goes_by_its_payment(db: Database) -> None:
    bare = {"id": "re_1", "object": "refund", "payment_intent": "pi_1"}
    event = send(db, body_of(type="refund.created", data={"object": bare}))

    with db.read() as tx:
        before = community_for(tx, event)
    routes.reserve(db, payment_ref="gateway:pi_1", community_id=11, sale_id="9001", at=AT)
    with db.read() as tx:
        after = community_for(tx, event)

    assert event.community_id == NO_COMMUNITY
    assert (before, after) == (None, 11)


def test_kinds_we_do_not_follow_are_kept_and_ask_nobody(db: Database, channel: Channel) -> None:
    event = send(db, body_of(type="charge.succeeded"))

    assert event.state == "ignored"
    assert ask(channel.gateway(), event) is None


def test_an_event_that_was_acted_on_waits_no_more(db: Database) -> None:
    event = send(db, body_of())

    db.write(lambda tx: mark_asked(tx, event))

    with db.read() as tx:
        assert waiting_events(tx, 11) == []
    with refused("webhook_repeated"):
        send(db, body_of())


def events_of(inbox: Inbox, count: int, at: int) -> list[ChannelEvent]:
    return [
        read_event(letter.body, at=at)
        for letter in inbox.wait_for(count)
        if check_signature(letter.body, letter.signature, [SECRET], at=at)
    ]


def test_late_doubled_and_reversed_events_all_end_in_the_channels_truth(
    db: Database, channel: Channel, inbox: Inbox
) -> None:
    gateway, fake = channel.gateway(), channel.served.fake
    fake.send_webhooks_to(inbox.url, SECRET)
    channel.control("/webhooks/hold")
    waiting = gateway.charge(
        ChargeRequest(sale_id="9001", community_id=11, amount_fen=4_000, method="wechat_pay")
    )
    assert isinstance(waiting, Pending)
    channel.control(f"/payment_intents/{waiting.intent_id}/pay")
    held = channel.control("/webhooks/let-go", {"reverse": True, "copies": 2})["events"]
    letters = inbox.wait_for(held * 2)
    at = fake.store.now() * SECOND

    codes = []
    for letter in letters:
        try:
            receive(db, letter.body, letter.signature, [SECRET], at=at)
        except Refusal as refusal:
            codes.append(refusal.code)
    with db.read() as tx:
        stored = waiting_events(tx, 11)

    kinds = [json.loads(letter.body)["type"] for letter in letters]
    assert kinds[0] == "payment_intent.succeeded"
    assert kinds[-1] == "payment_intent.created"
    assert codes == ["webhook_repeated"] * held
    assert len(stored) == 3
    assert {ask(gateway, event) for event in stored} == {Charged(waiting.intent_id, 4_000)}


def test_a_webhook_before_the_answer_and_an_answer_that_is_lost(
    channel: Channel, inbox: Inbox
) -> None:
    gateway = channel.gateway(retries=0)
    channel.served.fake.send_webhooks_to(inbox.url, SECRET)
    channel.trouble("webhook_first")
    sale = ChargeRequest(sale_id="9001", community_id=11, amount_fen=4_000, method="pm_card_visa")

    paid = gateway.charge(sale)
    came_first = len(inbox.letters)
    channel.trouble("lost_after")
    lost = gateway.charge(ChargeRequest(
        sale_id="9002", community_id=11, amount_fen=4_000, method="pm_card_visa"
    ))  # fmt: skip
    at = channel.served.fake.store.now() * SECOND
    told = [event for event in events_of(inbox, 6, at) if event.kind == "payment_intent.succeeded"]

    assert came_first == 3
    assert isinstance(lost, Unknown)
    assert [event.marks["sale_id"] for event in told] == ["9001", "9002"]
    assert ask(gateway, told[0]) == paid
    assert isinstance(ask(gateway, told[1]), Charged)


def test_an_event_about_nothing_is_not_believed(channel: Channel) -> None:
    event = read_event(body_of(), at=AT)

    assert not isinstance(ask(channel.gateway(), event), Charged)
