"""Form bodies and answers of the gateway, without any line."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.fakepay.forms import unfold
from pos.channel import (
    Cancelled,
    Charged,
    ChargeRequest,
    Declined,
    PaidOut,
    PayoutReturned,
    Pending,
    Refunded,
    RefundRequest,
    Unknown,
)
from pos.gateway_answers import Expected, one_of, read_charge, read_payout, read_refund
from pos.gateway_forms import charge_form, encode, refund_form

SALE = ChargeRequest(sale_id="7", community_id=3, amount_fen=4_000, method="pm_card_visa")
MARKS = {"sale_id": "7", "community_id": "3"}
PAID = {
    "id": "pi_1",
    "object": "payment_intent",
    "amount": 4_000,
    "amount_received": 4_000,
    "currency": "cny",
    "status": "succeeded",
    "metadata": MARKS,
}


def test_a_sale_of_40_yuan_is_a_form_of_4000_fen() -> None:
    assert encode(charge_form(SALE)) == [
        ("amount", "4000"),
        ("currency", "cny"),
        ("confirm", "true"),
        ("metadata[sale_id]", "7"),
        ("metadata[community_id]", "3"),
        ("payment_method", "pm_card_visa"),
        ("payment_method_types[0]", "card"),
    ]


def test_a_refund_without_a_reason_sends_none() -> None:
    refund = RefundRequest(
        refund_id="9", sale_id="7", community_id=3, intent_id="pi_1", amount_fen=800
    )

    assert "reason" not in dict(encode(refund_form(refund)))


def test_an_amount_with_a_fraction_is_a_bug_not_a_form() -> None:
    with pytest.raises(TypeError, match="amount"):
        encode({"amount": 12.5})  # type: ignore[dict-item]


NAMES = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8)
TEXTS = st.text(max_size=20)
FORMS = st.dictionaries(
    NAMES,
    st.recursive(
        TEXTS,
        lambda inner: st.dictionaries(NAMES, inner, min_size=1, max_size=3),
        max_leaves=6,
    ),
    max_size=5,
)


# How quickly forms are made up says nothing about them.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FORMS)
def test_what_is_encoded_is_read_back_the_same(form: dict[str, Any]) -> None:
    assert unfold(encode(form)) == form


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({}, Charged("pi_1", 4_000)),
        ({"status": "processing"}, Pending("pi_1")),
        ({"status": "requires_payment_method"}, Pending("pi_1")),
        ({"status": "canceled"}, Cancelled("pi_1")),
        (
            {
                "status": "requires_payment_method",
                "last_payment_error": {"code": "card_declined", "decline_code": "lost_card"},
            },
            Declined("lost_card"),
        ),
        (
            {
                "status": "requires_payment_method",
                "last_payment_error": {"code": "Name: Wang, 138..."},
            },
            Declined("declined"),
        ),
        ({"amount": 4_001}, Unknown("contradictory_answer")),
        ({"amount_received": 3_999}, Unknown("contradictory_answer")),
        ({"currency": "jpy"}, Unknown("contradictory_answer")),
        ({"metadata": {"sale_id": "8", "community_id": "3"}}, Unknown("contradictory_answer")),
        ({"status": "a new word"}, Unknown("unreadable_answer")),
        ({"object": "charge"}, Unknown("unreadable_answer")),
        ({"id": None}, Unknown("unreadable_answer")),
    ],
)
def test_a_payment_counts_only_when_all_of_the_answer_agrees(
    change: dict[str, Any], outcome: object
) -> None:
    assert read_charge({**PAID, **change}, Expected(MARKS, 4_000)) == outcome


def test_refunds_and_payouts_are_read_by_their_state() -> None:
    refund = {**PAID, "id": "re_1", "object": "refund"}
    payout = {**PAID, "id": "po_1", "object": "payout", "status": "paid"}
    returned = {**payout, "status": "failed", "failure_code": "account_closed"}

    assert read_refund(refund, Expected(MARKS, 4_000)) == Refunded("re_1", 4_000)
    assert read_refund({**refund, "status": "failed"}, Expected({})) == Declined("refund_failed")
    assert read_payout(payout, Expected({})) == PaidOut("po_1", 4_000)
    assert read_payout(returned, Expected({})) == PayoutReturned("po_1", "account_closed")


def test_two_live_payments_under_one_sale_are_for_a_person_to_see() -> None:
    dead = {**PAID, "status": "canceled"}

    def outcome(*found: dict[str, Any]) -> object:
        return one_of(found, lambda body: read_charge(body, Expected(MARKS)))

    assert outcome(dead, PAID) == Charged("pi_1", 4_000)
    assert outcome(dead, dead) == Cancelled("pi_1")
    assert outcome(PAID, {**PAID, "status": "processing"}) == Unknown("moved_twice")
