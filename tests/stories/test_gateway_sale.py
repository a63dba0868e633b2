"""Sales through our own gateway when something goes wrong: declined, unknown, asked again, finished later."""

from typing import Any

import pytest

from ledger.audit import SYSTEM
from ledger.members import pins
from pos import routes
from pos.channel_refunds import refund_by_gateway
from pos.charging import check_out_by_gateway
from pos.checkout import check_out
from pos.proof import BillLine, prove_by_bill
from pos.recovery import SETTLE_US, recover
from tests.support.buying import buy, refused, wallet
from tests.support.fake_channel import FakeChannel
from tests.support.invariants import check_invariants
from tests.support.town import HERE, Town, moment

SETTLE_S = SETTLE_US // 1_000_000


def test_points_are_spendable_at_once(town: Town, channel: FakeChannel) -> None:
    request = town.sale(1, 5_000, 20_000, channel="gateway")

    receipt = check_out_by_gateway(town.desk, request, at=town.at)

    assert receipt["paid_fen"] == 4_000
    assert receipt["earned_state"] == "spendable"
    assert receipt["balance_units"] == 34_000
    assert wallet(town) == (34_000, 0, 34_000, 0, 0)
    assert channel.charged() == {request.request_id: 4_000}
    check_invariants(town.db.engine)


def test_a_declined_payment_leaves_no_trace_but_its_refusal(
    town: Town, channel: FakeChannel
) -> None:
    channel.trouble = lambda _: "declined"
    request = town.sale(1, 5_000, 20_000, channel="gateway")

    assert refused(town, request).code == "payment_declined"
    assert refused(town, request).code == "payment_declined"

    assert wallet(town) == (50_000, 0, 50_000, 0, 0)
    check_invariants(town.db.engine)


def test_after_a_declined_payment_the_next_try_earns_as_if_it_were_the_first(
    town: Town, channel: FakeChannel
) -> None:
    channel.trouble = lambda _: "declined"
    refused(town, town.sale(1, 5_000, 20_000, channel="gateway"))
    channel.trouble = lambda _: ""
    town.later(20)

    receipt = check_out_by_gateway(
        town.desk, town.sale(1, 5_000, 20_000, channel="gateway"), at=town.at
    )

    assert receipt["earned_units"] == 4_000
    assert receipt["earned_cut_by"] == ""


def test_a_lost_answer_is_asked_for_again_under_the_same_id(
    town: Town, channel: FakeChannel
) -> None:
    channel.trouble = lambda _: "lost_answer"
    request = town.sale(1, 5_000, 20_000, channel="gateway")
    assert refused(town, request).code == "payment_unknown"
    assert wallet(town) == (50_000, 20_000, 30_000, 0, 0)
    check_invariants(town.db.engine)
    channel.trouble = lambda _: ""
    town.later(3_000)

    receipt = check_out_by_gateway(town.desk, request, at=town.at)

    assert receipt["balance_units"] == 34_000
    assert check_out_by_gateway(town.desk, request, at=town.at) == receipt
    assert channel.charged() == {request.request_id: 4_000}
    check_invariants(town.db.engine)


def test_recovery_books_what_was_charged_and_lets_go_what_never_arrived(
    town: Town, channel: FakeChannel
) -> None:
    channel.trouble = lambda _: "lost_answer"
    charged = town.sale(1, 5_000, 20_000, channel="gateway")
    refused(town, charged)
    channel.trouble = lambda _: "lost_request"
    lost = town.sale(2, 5_000, 20_000, channel="gateway")
    refused(town, lost)

    town.later(SETTLE_S - 1)
    assert recover(town.desk, HERE, at=town.at) == {"sale_booked": 1, "sale_open": 1}
    town.later(1)
    assert recover(town.desk, HERE, at=town.at) == {"sale_voided": 1}
    assert recover(town.desk, HERE, at=town.at) == {}

    assert wallet(town, 1).posted == 34_000
    assert wallet(town, 2) == (50_000, 0, 50_000, 0, 0)
    assert check_out_by_gateway(town.desk, charged, at=town.at)["balance_units"] == 34_000
    assert refused(town, lost).code == "payment_declined"
    check_invariants(town.db.engine)


def test_an_open_payment_is_ended_before_its_sale_is_let_go(
    town: Town, channel: FakeChannel
) -> None:
    channel.trouble = lambda _: "pending"
    request = town.sale(1, 5_000, 20_000, channel="gateway")
    refused(town, request)
    town.later(SETTLE_S)

    assert recover(town.desk, HERE, at=town.at) == {"sale_voided": 1}

    assert channel.charged() == {}
    assert wallet(town) == (50_000, 0, 50_000, 0, 0)


def test_a_wrong_pin_at_the_second_try_does_not_end_a_sale_that_was_charged(
    town: Town, channel: FakeChannel
) -> None:
    town.db.write(
        lambda tx: pins.set_pin(
            tx, HERE, 1, "274951", pepper=town.desk.pepper, by=SYSTEM, at=town.at
        )
    )
    code = town.code(1)
    right = town.sale(1, 5_000, 20_000, channel="gateway", token=code, pin="274951")
    wrong = type(right)(**{**vars_of(right), "pin": "000000"})
    channel.trouble = lambda _: "lost_answer"
    refused(town, right)

    refused(town, wrong)
    channel.trouble = lambda _: ""
    town.later(10)

    assert recover(town.desk, HERE, at=town.at) == {"sale_booked": 1}
    assert check_out_by_gateway(town.desk, right, at=town.at)["balance_units"] == 34_000
    check_invariants(town.db.engine)


def vars_of(request) -> dict[str, Any]:
    return {name: getattr(request, name) for name in type(request).__dataclass_fields__}


def test_a_debt_repaid_while_the_channel_was_asked_does_not_keep_the_sale_from_the_book(
    town: Town, channel: FakeChannel
) -> None:
    """A debt of 40.00 points is repaid by proof of another sale between charge and booking."""
    bought = buy(town, person=3, channel="gateway")
    waiting = buy(town, person=3, total_fen=4_000)
    buy(town, person=3, total_fen=13_000, offset_units=40_000)
    buy(town, person=3, total_fen=5_000, offset_units=14_000)
    assert wallet(town, 3).posted == 1_000
    refund_by_gateway(town.desk, town.refund(bought["ref"], 5_000), at=town.later(200))
    assert wallet(town, 3).owed == 4_000
    channel.trouble = lambda _: "lost_answer"
    request = town.sale(3, 6_000, 0, channel="gateway")
    refused(town, request)
    bill = [BillLine("wx-1", 4_000, waiting["occurred_at"])]
    prove_by_bill(town.desk, HERE, 1, bill, until=town.day, by="bill", at=town.at)
    assert wallet(town, 3).owed == 0

    assert recover(town.desk, HERE, at=town.at) == {"sale_booked": 1}

    assert wallet(town, 3)[0::4] == (6_000, 0)
    check_invariants(town.db.engine)


def test_a_debt_made_while_the_channel_was_asked_is_repaid_by_what_the_sale_earns(
    town: Town, channel: FakeChannel
) -> None:
    first = buy(town, person=3, channel="gateway")
    buy(town, person=3, total_fen=13_000, offset_units=40_000)
    buy(town, person=3, total_fen=5_000, offset_units=14_000)
    town.later(600)
    channel.trouble = lambda _: "lost_answer"
    refused(town, town.sale(3, 6_000, 0, channel="gateway"))
    channel.trouble = lambda _: ""
    refund_by_gateway(town.desk, town.refund(first["ref"], 5_000), at=town.at)
    assert wallet(town, 3)[0::4] == (0, 4_000)

    recover(town.desk, HERE, at=town.at)

    assert wallet(town, 3)[0::4] == (2_000, 0)
    check_invariants(town.db.engine)


def test_a_sale_booked_after_midnight_gives_its_limits_back_where_they_were_counted(
    town: Town, channel: FakeChannel
) -> None:
    town.at = moment("2026-03-02 23:59")
    channel.trouble = lambda _: "lost_answer"
    request = town.sale(1, 50_000, 0, channel="gateway")
    refused(town, request)
    channel.trouble = lambda _: ""
    town.at = moment("2026-03-03 00:05")
    recover(town.desk, HERE, at=town.at)
    next_day = buy(town, total_fen=50_000)
    assert next_day["earned_units"] == 50_000

    refund_by_gateway(town.desk, town.refund(request.ref, 50_000), at=town.at)

    third = buy(town, total_fen=50_000)
    assert third["earned_units"] == 30_000
    check_invariants(town.db.engine)


def test_a_second_try_under_way_keeps_recovery_from_letting_the_sale_go(
    town: Town, channel: FakeChannel
) -> None:
    """The till asks again just before recovery looks: the money must not arrive for a sale let go."""
    channel.trouble = lambda _: "lost_request"
    request = town.sale(1, 5_000, 20_000, channel="gateway")
    refused(town, request)
    town.later(SETTLE_S + 10)
    channel.trouble = lambda _: ""
    ends = []
    channel.before_charge = lambda: ends.append(recover(town.desk, HERE, at=town.at))

    receipt = check_out_by_gateway(town.desk, request, at=town.at)

    assert ends == [{"sale_open": 1}]
    assert receipt["balance_units"] == 34_000
    assert channel.charged() == {request.request_id: 4_000}
    check_invariants(town.db.engine)


def test_money_that_comes_after_a_sale_was_let_go_is_sent_back(
    town: Town, channel: FakeChannel
) -> None:
    """The server stood still for three minutes between writing the sale down and asking the channel."""
    request = town.sale(1, 5_000, 20_000, channel="gateway")
    channel.before_charge = lambda: recover(town.desk, HERE, at=town.later(SETTLE_S))

    assert refused(town, request).code == "payment_declined"

    assert channel.charged() == {request.request_id: 4_000}
    assert channel.given_back() == 4_000
    channel.before_charge = lambda: None
    assert refused(town, request).code == "payment_declined"
    assert channel.given_back() == 4_000
    assert wallet(town) == (50_000, 0, 50_000, 0, 0)
    check_invariants(town.db.engine)


def test_a_charged_sale_is_booked_though_its_hold_on_the_payment_ended(
    town: Town, channel: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep ends the reservation between reserving and posting; the next try books, nothing is sent back."""
    real = routes.mark_posted

    def swept_just_before(tx, reservation, *, at):
        routes._mark(tx, reservation, "barred", at)
        monkeypatch.setattr(routes, "mark_posted", real)
        return real(tx, reservation, at=at)

    monkeypatch.setattr(routes, "mark_posted", swept_just_before)
    request = town.sale(1, 5_000, 20_000, channel="gateway")
    assert refused(town, request).code == "payment_route_ended"

    routes.sweep(town.db, at=town.later(3_600))
    receipt = check_out_by_gateway(town.desk, request, at=town.at)

    assert receipt["balance_units"] == 34_000
    assert channel.given_back() == 0
    check_invariants(town.db.engine)


def test_the_gateway_is_not_passed_by(town: Town, channel: FakeChannel) -> None:
    """Spendable points need our own charge behind them, and only a gateway sale is charged."""
    with pytest.raises(ValueError, match="charging"):
        check_out(town.desk, town.sale(1, 5_000, channel="gateway"), at=town.at)
    with pytest.raises(ValueError, match="checkout"):
        check_out_by_gateway(town.desk, town.sale(1, 5_000, channel="scan"), at=town.at)
    assert channel.charged() == {}


def test_the_evidence_names_the_payment(town: Town) -> None:
    request = town.sale(1, 5_000, 20_000, channel="gateway")
    check_out_by_gateway(town.desk, request, at=town.at)

    with town.db.engine.connect() as connection:
        evidence = connection.exec_driver_sql("SELECT payment_ref, state FROM evidence").all()

    assert [tuple(row) for row in evidence] == [("pi_0", "proven")]
