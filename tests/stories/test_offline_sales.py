"""A till sells without network and the sales come later: booked once, owed, lost, or refused and kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.members import cards, terminals
from ledger.token_keys import KeyClass
from pos.checkout import check_out
from pos.refunds import refund
from tests.support.invariants import check_invariants
from tests.support.offline_shops import OFFICE, OfflineShops
from tests.support.town import HERE

HOUR_S = 3_600
MINUTE_US = 60 * 1_000_000
Shop = OfflineShops


@pytest.fixture
def shop(db: Database) -> Iterator[Shop]:
    made = Shop(db)
    yield made
    check_invariants(db.engine)


def test_a_spend_comes_hours_later_and_is_booked_once(shop: Shop) -> None:
    shop.allow()
    policy = shop.policy()
    shop.town.later(HOUR_S)
    made = shop.made(policy, 1, 10_000)
    shop.town.later(5 * HOUR_S)

    first = shop.send(made)
    again = shop.send(made)

    assert first == again
    assert first["offline"] == {"state": "booked", "lacked_units": 0}
    assert (first["offset_fen"], first["paid_fen"], first["earned_state"]) == (
        500,
        4_500,
        "pending",
    )
    assert shop.wallet(1) == (20_000, 0)
    assert shop.rows("sale", "occurred_at") == [(made.occurred_at,)]
    assert shop.rows("offline_sale", "state, units, fen, lacked_units, keyed_by") == [
        ("booked", 10_000, 500, 0, 0)
    ]


def test_it_counts_on_the_open_day_it_comes_on_and_keeps_its_own_time(shop: Shop) -> None:
    shop.allow()
    policy = shop.policy()
    made = shop.made(policy, 1, 10_000)
    shop.town.later(40 * HOUR_S)

    answer = shop.send(made)

    assert answer["business_date"] == 20_260_304
    assert answer["occurred_at"] == made.occurred_at


def test_one_card_at_two_tills_leaves_the_shops_paid_and_the_rest_owed(shop: Shop) -> None:
    shop.allow()
    here, there = shop.policy(0), shop.policy(1)
    shop.town.later(HOUR_S)
    check_out(shop.town.desk, shop.town.sale(1, 10_000, 26_000, till=0), at=shop.town.at)
    offline = [shop.made(here, 1, 10_000, till=0), shop.made(there, 1, 10_000, till=1)]
    shop.town.later(HOUR_S)

    answers = [shop.send(one) for one in reversed(offline)]

    assert [one["offline"] for one in answers] == [
        {"state": "short", "lacked_units": 6_000},
        {"state": "short", "lacked_units": 10_000},
    ]
    assert shop.wallet(1) == (0, 16_000)
    assert [row[0] for row in shop.rows("offset_booked", "fen")] == [1_300, 500, 500]


def test_whoever_owes_for_an_offline_sale_spends_nothing_before_it_is_repaid(shop: Shop) -> None:
    shop.allow()
    made = shop.made(shop.policy(), 1, 10_000)
    check_out(shop.town.desk, shop.town.sale(1, 10_000, 30_000, till=1), at=shop.town.at)
    shop.send(made)

    shop.town.later(60)
    spend = shop.town.sale(1, 5_000, 2_000)

    with pytest.raises(Refusal) as refused:
        check_out(shop.town.desk, spend, at=shop.town.at)

    assert refused.value.code == "points_owed"
    assert shop.wallet(1) == (0, 10_000)


def test_a_card_reported_lost_since_the_sync_costs_its_holder_nothing(shop: Shop) -> None:
    shop.allow()
    policy = shop.policy()
    before = shop.made(policy, 1, 2_000)
    shop.town.later(60)
    shop.db.write(lambda tx: cards.set_state(tx, HERE, 1, "lost", by=OFFICE, at=shop.town.at))
    shop.town.later(60)
    after = shop.made(policy, 1, 4_000, till=0)

    answers = [shop.send(before), shop.send(after)]

    assert [one["offline"]["state"] for one in answers] == ["booked", "loss"]
    assert answers[1]["earned_units"] == 0
    assert shop.wallet(1) == (28_000, 0)
    lost = shop.rows(
        "transfer t JOIN account a ON a.account_id = t.debit_id AND a.kind = 'loss'", "t.amount"
    )
    assert lost == [(4_000,)]


def test_goods_bought_with_a_lost_card_bring_the_community_back_what_it_lost(shop: Shop) -> None:
    shop.allow()
    policy = shop.policy()
    shop.town.later(60)
    shop.db.write(lambda tx: cards.set_state(tx, HERE, 1, "lost", by=OFFICE, at=shop.town.at))
    shop.town.later(60)
    sold = shop.send(shop.made(policy, 1, 4_000))
    assert sold["offline"]["state"] == "loss"

    for part_fen in (2_500, 2_500):
        answer = refund(
            shop.town.desk, shop.town.refund(sold["ref"], part_fen), at=shop.town.later(60)
        )
        assert (answer["offset_back_fen"], answer["units_back"]) == (100, 2_000)

    # Whoever held the card never had these points, and gets none.
    assert shop.wallet(1) == (30_000, 0)
    moved = shop.rows(
        "transfer t JOIN account a ON a.account_id = t.credit_id AND a.kind = 'loss'", "t.amount"
    )
    assert moved == [(2_000,), (2_000,)]


def test_a_card_that_was_on_the_list_is_refused_and_the_entry_is_kept(shop: Shop) -> None:
    shop.allow()
    shop.db.write(lambda tx: cards.set_state(tx, HERE, 1, "lost", by=OFFICE, at=shop.town.at))
    shop.town.later(60)
    lost = shop.made(shop.policy(), 1, 2_000)
    shop.db.write(lambda tx: cards.reissue(tx, HERE, 1, by=OFFICE, at=shop.town.at))
    shop.town.later(60)
    old = shop.made(shop.policy(), 1, 2_000)

    assert shop.refused(lost) == "card_replaced"
    assert [shop.refused(old), shop.refused(old)] == ["card_replaced", "card_replaced"]

    assert shop.wallet(1) == (30_000, 0)
    assert shop.rows("offline_sale", "state, code, person_id") == [
        ("refused", "card_replaced", 1),
        ("refused", "card_replaced", 1),
    ]


def test_a_new_shop_lets_no_points_go_and_earning_needs_no_limits(shop: Shop) -> None:
    spend = shop.made(shop.policy(), 1, 2_000)
    earn = shop.made(None, 2, 0, key_class=KeyClass.DYN)
    shop.town.later(30 * HOUR_S)

    assert shop.refused(spend) == "offline_no_spending"
    answer = shop.send(earn)

    assert (answer["earned_units"], answer["offline"]["state"]) == (5_000, "booked")
    assert shop.wallet(1) == (30_000, 0)


@pytest.mark.parametrize(
    ("units", "changes", "code"),
    [
        (12_000, {}, "offline_over_sale"),
        (2_000, {"key_class": KeyClass.DYN}, "offline_code_class"),
        (2_000, {"channel": "gateway"}, "offline_channel"),
        (1_000, {}, "offset_below_minimum"),
        (2_000, {"total_fen": 200}, "offset_over_bill_share"),
    ],
)
def test_what_broke_a_rule_the_till_knew_is_refused(
    shop: Shop, units: int, changes: dict[str, Any], code: str
) -> None:
    shop.allow()

    assert shop.refused(shop.made(shop.policy(), 1, units, **changes)) == code
    assert shop.wallet(1) == (30_000, 0)
    assert shop.rows("offline_sale", "state, code") == [("refused", code)]


def test_one_card_and_one_till_are_bounded_for_the_day_of_the_sync(shop: Shop) -> None:
    shop.allow(16_000)
    policy = shop.policy()
    first, same_card = shop.made(policy, 1, 6_000), shop.made(policy, 1, 6_000)
    other, over = shop.made(policy, 2, 10_000), shop.made(policy, 3, 2_000)
    sent = [shop.send(first), shop.refused(same_card), shop.send(other), shop.refused(over)]

    assert [sent[1], sent[3]] == ["offline_over_card", "offline_over_terminal"]
    shop.town.later(24 * HOUR_S)
    assert shop.send(shop.made(shop.policy(), 3, 2_000))["offline"]["state"] == "booked"


def test_limits_of_another_till_and_limits_that_ended_let_nothing_go(shop: Shop) -> None:
    shop.allow()
    policy = shop.policy(1)
    stolen = shop.made(policy, 1, 2_000, till=0)
    late_policy = shop.policy(0)
    shop.town.later(25 * HOUR_S)
    late = shop.made(late_policy, 1, 2_000)

    assert shop.refused(stolen) == "offline_policy_bad"
    assert shop.refused(late) == "offline_too_long"


def test_a_clock_that_runs_ahead_is_taken_for_now_and_makes_no_second_escrow(shop: Shop) -> None:
    shop.allow(10_000)
    policy = shop.policy()
    ahead = shop.made(policy, 1, 10_000, occurred_at=shop.town.at + 20 * 60 * MINUTE_US)
    second = shop.made(policy, 2, 2_000, occurred_at=shop.town.at + 23 * 60 * MINUTE_US)

    answer = shop.send(ahead)

    assert answer["occurred_at"] == ahead.occurred_at
    assert shop.rows("offline_sale", "occurred_at") == [(shop.town.at,)]
    assert shop.refused(second) == "offline_over_terminal"


def test_entries_of_a_till_taken_out_of_service_count_up_to_that_moment(shop: Shop) -> None:
    shop.allow()
    policy = shop.policy()
    before = shop.made(policy, 1, 2_000)
    shop.town.later(60)
    till = shop.town.tills[0].terminal_id
    shop.db.write(lambda tx: terminals.revoke(tx, HERE, till, by=OFFICE, at=shop.town.at))
    shop.town.later(60)
    after = shop.made(policy, 2, 2_000)
    shop.town.later(60)

    assert shop.refused(after) == "terminal_revoked"
    assert shop.send(before)["offline"]["state"] == "booked"


def test_the_order_in_which_entries_come_makes_no_difference_to_what_is_owed(shop: Shop) -> None:
    shop.allow()
    policy = shop.policy()
    made = [
        shop.made(policy, person, units) for person, units in ((1, 4_000), (2, 6_000), (1, 2_000))
    ]

    for request in (made[2], made[0], made[2], made[1], made[0]):
        shop.send(request)

    assert [shop.wallet(person) for person in (1, 2)] == [(24_000, 0), (24_000, 0)]
    assert sorted(row[0] for row in shop.rows("sale", "ref")) == [one.ref for one in made]


def test_the_same_number_under_another_request_is_taken_once(shop: Shop) -> None:
    shop.allow()
    made = shop.made(shop.policy(), 1, 2_000)
    shop.send(made)

    assert shop.refused(replace(made, request_id=new_request_id(shop.town.at))) == "ref_taken"


def test_where_the_fund_is_empty_the_sale_waits_and_is_not_refused(db: Database) -> None:
    shop = Shop(db, fund_fen=0)
    shop.allow()
    made = shop.made(shop.policy(), 1, 10_000)

    assert [shop.refused(made), shop.refused(made)] == ["offline_fund_empty"] * 2
    assert shop.rows("offline_sale", "state") == []


@pytest.mark.parametrize(("days", "believed"), [(34, True), (36, False)])
def test_a_till_is_believed_for_as_long_as_it_keeps_its_daybook(
    db: Database,
    days: int,
    believed: bool,  # noqa: FBT001
) -> None:
    shop = OfflineShops(db)
    made = shop.made(None, 1, 0)
    shop.town.later(days * 86_400)

    if believed:
        assert shop.send(made)["earned_units"] > 0
    else:
        assert [shop.refused(made), shop.refused(made)] == ["offline_too_old"] * 2
        assert shop.rows("offline_sale", "state, code") == [("refused", "offline_too_old")]
        assert shop.rows("sale", "ref") == []
    check_invariants(db.engine)
