"""Refunds of gateway sales: the channel gives the money back first, the points follow, also after trouble."""

from dataclasses import replace

import pytest

from ledger.book.day import lock
from pos.channel import Declined
from pos.channel_refunds import refund_by_gateway
from pos.charging import check_out_by_gateway
from pos.recovery import SETTLE_US, recover
from pos.refunds import refund
from tests.support.buying import buy, refused, wallet
from tests.support.fake_channel import FakeChannel
from tests.support.invariants import check_invariants
from tests.support.town import HERE, Town

SETTLE_S = SETTLE_US // 1_000_000


def test_a_refund_with_other_content_is_refused_while_the_first_waits(
    town: Town, channel: FakeChannel
) -> None:
    sold = check_out_by_gateway(
        town.desk, town.sale(1, 5_000, 20_000, channel="gateway"), at=town.at
    )
    channel.trouble = lambda _: "lost_answer"
    request = town.refund(sold["ref"], 2_000)
    assert refused(town, request, by=refund_by_gateway).code == "payment_unknown"
    channel.trouble = lambda _: ""
    other = replace(request, refund_fen=3_000)

    assert refused(town, other, by=refund_by_gateway).code == "request_id_reused"

    answer = refund_by_gateway(town.desk, request, at=town.at)
    assert answer["refund_fen"] == 2_000
    check_invariants(town.db.engine)


def test_a_refused_refund_is_refused_for_ever(town: Town) -> None:
    sold = check_out_by_gateway(
        town.desk, town.sale(1, 5_000, 20_000, channel="gateway"), at=town.at
    )
    request = town.refund("M01T1-260302-99999-" + "0", 2_000)
    first = refused(town, request, by=refund_by_gateway)
    too_much = town.refund(sold["ref"], 6_000)
    assert refused(town, too_much, by=refund_by_gateway).facts == {"left_fen": 5_000}
    refund_by_gateway(town.desk, town.refund(sold["ref"], 1_000), at=town.at)

    assert refused(town, request, by=refund_by_gateway).code == first.code
    assert refused(town, too_much, by=refund_by_gateway).facts == {"left_fen": 5_000}


def test_while_one_refund_waits_no_other_of_the_sale_begins(
    town: Town, channel: FakeChannel
) -> None:
    """Shares are cut one after the other, so that they add up also when the channel declines one."""
    sold = check_out_by_gateway(
        town.desk, town.sale(1, 3_333, 18_000, channel="gateway"), at=town.at
    )
    channel.trouble = lambda _: "lost_request"
    waiting = town.refund(sold["ref"], 1_000)
    refused(town, waiting, by=refund_by_gateway)

    second = town.refund(sold["ref"], 1_001)
    assert refused(town, second, by=refund_by_gateway).code == "busy_try_again"

    channel.trouble = lambda _: "declined"
    assert refused(town, waiting, by=refund_by_gateway).code == "refund_declined"
    channel.trouble = lambda _: ""
    for answer in (second, town.refund(sold["ref"], 2_332)):
        refund_by_gateway(town.desk, answer, at=town.at)
    assert channel.given_back() == sold["paid_fen"]
    assert wallet(town) == (50_000, 0, 50_000, 0, 0)
    check_invariants(town.db.engine)


def test_recovery_goes_on_with_a_refund_nobody_answered(town: Town, channel: FakeChannel) -> None:
    sold = check_out_by_gateway(
        town.desk, town.sale(1, 5_000, 20_000, channel="gateway"), at=town.at
    )
    for lost in ("lost_answer", "lost_request"):
        channel.trouble = lambda _, say=lost: say  # type: ignore[misc]
        refused(town, town.refund(sold["ref"], 2_500), by=refund_by_gateway)
        channel.trouble = lambda _: ""
        assert recover(town.desk, HERE, at=town.later(10)) == {"refund_booked": 1}

    assert channel.given_back() == 4_000
    assert wallet(town) == (50_000, 0, 50_000, 0, 0)
    check_invariants(town.db.engine)


def test_each_sale_is_refunded_by_the_way_it_was_paid(town: Town, channel: FakeChannel) -> None:
    at_the_till = buy(town)
    by_gateway = buy(town, channel="gateway")

    with pytest.raises(ValueError, match="refunds"):
        refund_by_gateway(town.desk, town.refund(at_the_till["ref"], 100), at=town.at)
    crossed = refused(town, town.refund(by_gateway["ref"], 100), by=refund)
    assert crossed.code == "refund_by_channel"
    assert channel.given_back() == 0


def test_what_recovery_ended_first_is_what_the_till_is_told(
    town: Town, channel: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A late `declined` for a charge and a refund that recovery has found done and booked."""

    def declined_after_recovery(real):
        def act(request):
            real(request)
            recover(town.desk, HERE, at=town.at)
            return Declined("late")

        return act

    monkeypatch.setattr(channel, "charge", declined_after_recovery(channel.charge))
    receipt = buy(town, channel="gateway", offset_units=20_000)
    monkeypatch.setattr(channel, "refund", declined_after_recovery(channel.refund))
    back = refund_by_gateway(town.desk, town.refund(receipt["ref"], 2_500), at=town.at)

    assert receipt["balance_units"] == 34_000
    assert back["units_back"] == 10_000
    assert wallet(town).posted == 42_000
    check_invariants(town.db.engine)


def test_a_refund_that_meets_a_locked_day_waits_and_keeps_nothing_else_from_its_end(
    town: Town, channel: FakeChannel
) -> None:
    """A server whose clock is slow finds its day locked by another: the refund is booked when its own day is over."""
    sold = check_out_by_gateway(
        town.desk, town.sale(1, 5_000, 20_000, channel="gateway"), at=town.at
    )
    channel.trouble = lambda _: "lost_answer"
    request = town.refund(sold["ref"], 2_000)
    assert refused(town, request, by=refund_by_gateway).code == "payment_unknown"
    town.later(60)
    waiting = town.sale(2, 4_000, 2_000, channel="gateway")
    assert refused(town, waiting).code == "payment_unknown"
    channel.trouble = lambda _: ""
    town.db.write(lambda tx: lock(tx, HERE, town.day, at=town.at))

    town.later(SETTLE_S)
    assert recover(town.desk, HERE, at=town.at) == {"sale_booked": 1, "refund_open": 1}

    town.later(86_400)
    assert recover(town.desk, HERE, at=town.at) == {"refund_booked": 1}
    assert refund_by_gateway(town.desk, request, at=town.at)["refund_fen"] == 2_000
    check_invariants(town.db.engine)
