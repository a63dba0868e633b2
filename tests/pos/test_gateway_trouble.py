"""The gateway against the fake channel when things go wrong."""

import secrets
import socket
import threading
from typing import Any

import pytest
import requests

from pos.channel import (
    Cancelled,
    Charged,
    ChargeRequest,
    Declined,
    NotFound,
    PaidOut,
    PaymentChannel,
    PayoutOnItsWay,
    PayoutRequest,
    PayoutReturned,
    Pending,
    Refunded,
    RefundRequest,
    Transferred,
    TransferRequest,
    Unknown,
    Window,
)
from pos.gateway import Gateway
from tests.support.channel import Channel, RecordingSession

SALE = ChargeRequest(sale_id="9001", community_id=11, amount_fen=4_000, method="pm_card_visa")
PAYOUT = PayoutRequest(payout_id="55", attempt=1, community_id=11, amount_fen=1_900)


def pay(gateway: Gateway, request: ChargeRequest = SALE) -> Charged:
    outcome = gateway.charge(request)
    assert isinstance(outcome, Charged)
    return outcome


def refund_of(paid: Charged, refund_id: str, amount_fen: int) -> RefundRequest:
    return RefundRequest(
        refund_id=refund_id,
        sale_id=SALE.sale_id,
        community_id=SALE.community_id,
        intent_id=paid.intent_id,
        amount_fen=amount_fen,
        reason="requested_by_customer",
    )


def test_the_gateway_is_a_payment_channel(channel: Channel) -> None:
    as_channel: PaymentChannel = channel.gateway()

    assert isinstance(as_channel.charge(SALE), Charged)


def test_a_sale_is_paid_found_and_refunded_in_parts(channel: Channel) -> None:
    gateway = channel.gateway()

    paid = pay(gateway)
    first = gateway.refund(refund_of(paid, "1", 800))
    second = gateway.refund(refund_of(paid, "2", 3_200))
    third = gateway.refund(refund_of(paid, "3", 1))

    assert paid.amount_fen == 4_000
    assert gateway.retrieve(paid.intent_id) == paid
    assert gateway.find_charge("9001", 11) == paid
    assert isinstance(first, Refunded)
    assert isinstance(second, Refunded)
    assert third == Declined("charge_already_refunded")
    assert gateway.find_refund(refund_of(paid, "1", 800)) == first
    assert gateway.retrieve_refund(second.refund_id) == second


def test_a_refund_above_what_is_left_is_declined(channel: Channel) -> None:
    gateway = channel.gateway()
    paid = pay(gateway)

    assert gateway.refund(refund_of(paid, "1", 4_001)) == Declined("amount_too_large")
    assert channel.made("refund") == []


def test_a_declined_card_charges_nothing(channel: Channel) -> None:
    gateway = channel.gateway()
    poor = ChargeRequest(
        sale_id="9002",
        community_id=11,
        amount_fen=4_000,
        method="pm_card_chargeDeclinedInsufficientFunds",
    )

    assert gateway.charge(poor) == Declined("insufficient_funds")
    assert gateway.charge(poor) == Declined("insufficient_funds")
    assert gateway.find_charge("9002", 11) == Declined("insufficient_funds")
    assert len(channel.made("payment_intent")) == 1


def test_a_wallet_payment_waits_for_the_phone(channel: Channel) -> None:
    gateway = channel.gateway()
    sale = ChargeRequest(sale_id="9003", community_id=11, amount_fen=4_000, method="wechat_pay")

    waiting = gateway.charge(sale)
    assert isinstance(waiting, Pending)
    assert waiting.pay_text is not None
    assert waiting.pay_text.startswith("weixin://")
    channel.control(f"/payment_intents/{waiting.intent_id}/pay")

    assert gateway.retrieve(waiting.intent_id) == Charged(waiting.intent_id, 4_000)


def test_a_waiting_payment_can_be_ended_and_a_paid_one_cannot(channel: Channel) -> None:
    gateway = channel.gateway()
    sale = ChargeRequest(sale_id="9004", community_id=11, amount_fen=4_000, method="wechat_pay")
    waiting = gateway.charge(sale)
    assert isinstance(waiting, Pending)
    paid = pay(gateway)

    assert gateway.cancel(waiting.intent_id) == Cancelled(waiting.intent_id)
    assert gateway.cancel(paid.intent_id) == paid
    assert gateway.cancel("pi_nowhere") == Declined("resource_missing")


@pytest.mark.parametrize("kind", ["lost_after", "error_saved", "garbled"])
def test_an_answer_that_never_comes_is_unknown_and_recovery_finds_the_truth(
    channel: Channel, kind: str
) -> None:
    gateway = channel.gateway(retries=0)
    channel.trouble(kind)

    outcome = gateway.charge(SALE)
    found = gateway.find_charge("9001", 11)

    assert isinstance(outcome, Unknown)
    assert isinstance(found, Charged)
    assert found.amount_fen == 4_000
    assert len(channel.made("charge")) == 1


@pytest.mark.parametrize("kind", ["lost_before", "error_before"])
def test_a_question_that_never_arrived_is_unknown_and_recovery_finds_nothing(
    channel: Channel, kind: str
) -> None:
    gateway = channel.gateway(retries=0)
    channel.trouble(kind)

    assert isinstance(gateway.charge(SALE), Unknown)
    assert gateway.find_charge("9001", 11) == NotFound()


def test_an_answer_slower_than_the_timeout_is_unknown(channel: Channel) -> None:
    gateway = channel.gateway(timeout_s=0.1, retries=0)
    channel.trouble("late", delay_ms=300)

    assert gateway.charge(SALE) == Unknown("timeout")
    assert isinstance(channel.gateway().find_charge("9001", 11), Charged)


@pytest.mark.parametrize(
    "kind", ["lost_after", "error_after", "error_before", "lost_before", "busy", "too_many"]
)
def test_two_bad_answers_then_a_good_one_charge_once_under_one_key(
    channel: Channel, kind: str
) -> None:
    session = RecordingSession()
    gateway = channel.gateway(session)
    channel.trouble(kind, times=2)

    outcome = gateway.charge(SALE)

    assert isinstance(outcome, Charged)
    assert session.keys() == ["charge:11:9001"] * 3
    assert len(channel.made("charge")) == 1


class ForgetfulSession(RecordingSession):
    """The control: another key at every try, which is what the gateway must never do."""

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        """Send under a key of this try alone."""
        request.headers["Idempotency-Key"] = secrets.token_hex(8)
        return super().send(request, **more)


@pytest.mark.parametrize("kind", ["lost_after", "error_after"])
def test_without_one_key_the_same_trouble_charges_twice(channel: Channel, kind: str) -> None:
    channel.trouble(kind)

    channel.gateway(ForgetfulSession()).charge(SALE)

    charges = channel.made("charge")
    assert [charge["amount"] for charge in charges] == [4_000, 4_000]
    assert channel.gateway().find_charge("9001", 11) == Unknown("moved_twice")


def test_a_saved_500_stays_unknown_however_often_it_is_asked(channel: Channel) -> None:
    gateway = channel.gateway(retries=3)
    channel.trouble("error_saved")

    assert gateway.charge(SALE) == Unknown("http_500")
    assert gateway.charge(SALE) == Unknown("http_500")
    assert isinstance(gateway.find_charge("9001", 11), Charged)


def test_an_answer_that_tells_another_amount_is_not_believed(channel: Channel) -> None:
    gateway = channel.gateway()
    channel.trouble("contradict")

    assert gateway.charge(SALE) == Unknown("contradictory_answer")
    assert isinstance(gateway.find_charge("9001", 11), Charged)


def test_one_sale_with_two_amounts_is_stopped_by_its_key(channel: Channel) -> None:
    gateway = channel.gateway()
    pay(gateway)
    other = ChargeRequest(sale_id="9001", community_id=11, amount_fen=4_001, method="pm_card_visa")

    assert gateway.charge(other) == Unknown("key_used_for_other_content")
    assert len(channel.made("charge")) == 1


def test_a_refusal_at_the_door_after_a_lost_answer_settles_nothing(channel: Channel) -> None:
    class ShutOut(RecordingSession):
        def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:
            """Send the first try as it is, the others with a key that was withdrawn."""
            if self.sent:
                request.headers["Authorization"] = "Bearer withdrawn"
            return super().send(request, **more)

    channel.trouble("lost_after")

    assert channel.gateway(ShutOut()).charge(SALE) == Unknown("connection_lost")
    assert isinstance(channel.gateway().find_charge("9001", 11), Charged)


def test_eight_tries_of_one_sale_at_once_charge_once(channel: Channel) -> None:
    gateway, outcomes = channel.gateway(), []
    together = threading.Barrier(8)

    def try_it() -> None:
        together.wait(timeout=10)
        outcomes.append(gateway.charge(SALE))

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert len(outcomes) == 8
    assert len(set(outcomes)) == 1
    assert len(channel.made("charge")) == 1


def test_nobody_at_the_address_is_unknown() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        nobody = Gateway(address, "sk_test", "v", 0.5, 1, lambda _: None)

        assert nobody.charge(SALE) == Unknown("connection_lost")
        nobody.session.close()


def test_a_wrong_secret_key_declines_and_is_not_tried_again(channel: Channel) -> None:
    session = RecordingSession()
    wrong = Gateway(channel.url, "pk_not_secret", "v", 5, 3, lambda _: None, session)

    assert wrong.charge(SALE) == Declined("api_key_invalid")
    assert len(session.sent) == 1
    session.close()


def test_the_secret_key_is_not_in_the_gateways_own_description(channel: Channel) -> None:
    assert "sk_test" not in repr(channel.gateway())


def test_the_search_reads_every_page_and_keeps_to_its_window(channel: Channel) -> None:
    gateway = channel.gateway()
    for number in range(130):
        pay(gateway, ChargeRequest(
            sale_id=str(number), community_id=11, amount_fen=100 + number, method="pm_card_visa"
        ))  # fmt: skip
    now_us = channel.served.fake.store.now() * 1_000_000
    today = Window(since_us=now_us - 3_600_000_000, until_us=now_us)
    yesterday = Window(since_us=now_us - 90_000_000_000, until_us=now_us - 80_000_000_000)

    first = gateway.find_charge("0", 11, today)

    assert isinstance(first, Charged)
    assert first.amount_fen == 100
    assert gateway.find_charge("0", 11, yesterday) == NotFound()
    assert gateway.find_charge("0", 12, today) == NotFound()


def test_a_payout_goes_out_and_is_confirmed_later(channel: Channel) -> None:
    gateway = channel.gateway()
    channel.control("/balance", {"amount_fen": 1_900})

    sent = gateway.payout(PAYOUT)
    assert isinstance(sent, PayoutOnItsWay)

    assert gateway.retrieve_payout(sent.payout_id) == PaidOut(sent.payout_id, 1_900)
    assert gateway.find_payout(PAYOUT) == PaidOut(sent.payout_id, 1_900)


def test_a_payout_with_a_lost_answer_is_found_by_our_id(channel: Channel) -> None:
    gateway = channel.gateway(retries=0)
    channel.control("/balance", {"amount_fen": 5_000})
    channel.trouble("lost_after")

    assert isinstance(gateway.payout(PAYOUT), Unknown)
    assert isinstance(gateway.find_payout(PAYOUT), PaidOut)
    assert [payout["amount"] for payout in channel.made("payout")] == [1_900]


def test_a_payout_the_bank_sends_back_is_returned(channel: Channel) -> None:
    gateway = channel.gateway()
    channel.served.fake.bank.payout_delay_s = None
    channel.control("/balance", {"amount_fen": 1_900})
    sent = gateway.payout(PAYOUT)
    assert isinstance(sent, PayoutOnItsWay)

    channel.control(f"/payouts/{sent.payout_id}/end", {"failure_code": "account_closed"})

    expected = PayoutReturned(sent.payout_id, "account_closed")
    assert gateway.retrieve_payout(sent.payout_id) == expected


def test_what_the_balance_lacks_is_neither_paid_out_nor_transferred(channel: Channel) -> None:
    gateway = channel.gateway()
    channel.control("/balance", {"amount_fen": 1_899})
    transfer = TransferRequest(
        payout_id="55", attempt=1, community_id=11, amount_fen=1_899, destination="acct_m01"
    )

    assert gateway.payout(PAYOUT) == Declined("balance_insufficient")
    moved = gateway.transfer(transfer)

    assert isinstance(moved, Transferred)
    assert gateway.find_transfer(transfer) == moved
    assert gateway.payout(PAYOUT) == Declined("balance_insufficient")
