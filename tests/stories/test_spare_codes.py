"""Spare codes: the same few however often they are fetched, a day each, dead with their card, used once."""

from __future__ import annotations

import pytest

from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import cards, keys
from ledger.tokens import TOKEN_DIGITS
from pos.checkout import check_out
from tests.support.offline_shops import OFFICE, OfflineShops
from tests.support.spare import DAY_US, believed, fetched, renew
from tests.support.town import HERE, Town, build_town

DAY_S = 86_400


@pytest.fixture
def town(db: Database) -> Town:
    """Three people with 800 points each, and keys for spare codes."""
    made = build_town(db, grant_units=80_000)
    renew(made)
    return made


@pytest.fixture
def shop(db: Database) -> OfflineShops:
    """Two tills that may let points go without network, and keys for spare codes."""
    made = OfflineShops(db, grant_units=80_000)
    renew(made.town)
    made.allow()
    return made


def spare(shop: OfflineShops, person: int = 1) -> str:
    return fetched(shop.town, person)[0].digits


def test_fetched_again_they_are_the_same_three(town: Town) -> None:
    first = fetched(town)
    town.later(3_600)
    renew(town)
    again = fetched(town)

    assert again == first
    assert [one.day for one in first] == [20_260_302, 20_260_303, 20_260_304]
    assert len({one.digits for one in first}) == 3
    assert {len(one.digits) for one in first} == {TOKEN_DIGITS}
    assert {one.digits for one in fetched(town, 2)}.isdisjoint({one.digits for one in first})


def test_a_phone_never_holds_more_than_three(town: Town) -> None:
    assert len(fetched(town, a_day=3)) == 3
    assert [one.day % 100 for one in fetched(town, a_day=2)] == [2, 2, 3]
    assert len(fetched(town, days=1)) == 1
    assert fetched(town, days=0) == []


def test_each_is_good_on_its_own_day_alone(town: Town) -> None:
    today, tomorrow, _ = fetched(town)

    assert believed(town, today.digits).is_spare
    with pytest.raises(Refusal, match="token_from_future"):
        believed(town, tomorrow.digits)
    late = town.at + DAY_US
    assert believed(town, tomorrow.digits, at=late).issue == 1
    with pytest.raises(Refusal, match="token_expired"):
        believed(town, today.digits, at=late)


def test_through_two_months_of_renewed_keys_every_day_has_its_code(town: Town) -> None:
    signers = set()
    for _ in range(60):
        held = fetched(town)
        town.later(DAY_S)
        renew(town)
        # What was fetched the day before is what would be fetched now.
        assert fetched(town)[:2] == held[1:]
        signers.add(believed(town, held[1].digits).kid)

    assert len(signers) > 3


def test_without_renewal_they_run_out(town: Town) -> None:
    town.later(20 * DAY_S)

    assert fetched(town) == []


def test_one_that_was_used_is_not_handed_out_again(town: Town) -> None:
    used, *others = fetched(town, a_day=2)

    check_out(town.desk, town.sale(1, 5_000, 2_000, token=used.digits), at=town.at)

    assert used not in fetched(town, a_day=2)
    # Nor is another one in its stead, on another card of the same resident.
    assert {(one.day, one.number) for one in fetched(town, a_day=2, serial=2)} == {
        (20_260_302, 2),
        (20_260_303, 1),
        (20_260_303, 2),
    }
    assert others[0] in fetched(town, a_day=2)
    with pytest.raises(Refusal, match="token_used"):
        check_out(town.desk, town.sale(1, 5_000, 2_000, token=used.digits), at=town.later(60))


def test_with_network_it_spends_two_hundred_points_without_a_pin_like_any_code(town: Town) -> None:
    today = fetched(town)[0]
    with pytest.raises(Refusal, match="pin_needed"):
        check_out(town.desk, town.sale(1, 9_000, 22_000, token=today.digits), at=town.at)

    other = fetched(town, 2)[0]
    answer = check_out(town.desk, town.sale(2, 9_000, 20_000, token=other.digits), at=town.at)

    assert (answer["offset_units"], answer["balance_units"]) == (20_000, 60_000)


def test_a_reported_card_kills_what_the_phone_holds(town: Town) -> None:
    today = fetched(town)[0]
    town.db.write(lambda tx: cards.set_state(tx, HERE, 1, "lost", by=SYSTEM, at=town.at))

    with pytest.raises(Refusal, match="card_not_active"):
        check_out(town.desk, town.sale(1, 5_000, 2_000, token=today.digits), at=town.later(60))


def test_a_withdrawn_key_kills_them_and_its_successor_serves_from_then_on(town: Town) -> None:
    today = fetched(town)[0]
    kid = believed(town, today.digits).kid
    town.db.write(lambda tx: keys.retire_key(tx, HERE, kid, at=town.at, by=0))
    with pytest.raises(Refusal, match="token_key_retired"):
        believed(town, today.digits)

    town.later(60)
    renew(town)
    anew = fetched(town)

    assert believed(town, anew[0].digits).kid != kid
    assert len(anew) == 3


def test_a_till_without_network_takes_one_up_to_two_hundred_points(shop: OfflineShops) -> None:
    sold = shop.made(shop.policy(), 1, 20_000, token=spare(shop))

    answer = shop.send(sold)

    assert answer["offline"] == {"state": "booked", "lacked_units": 0}
    assert shop.wallet(1) == (60_000, 0)
    assert shop.send(sold) == answer


def test_a_till_takes_one_a_day_of_each_holder(shop: OfflineShops) -> None:
    policy = shop.policy()
    first, second = fetched(shop.town, a_day=2)[:2]
    shop.send(shop.made(policy, 1, 2_000, token=first.digits))

    assert shop.refused(shop.made(policy, 1, 2_000, token=second.digits)) == "offline_over_card"
    # Nothing was paid with it: at the other till, which has room for one of its own, this is its first use.
    there = shop.made(shop.policy(1), 1, 2_000, till=1, token=second.digits)
    assert shop.send(there)["offline"]["state"] == "booked"
    assert shop.wallet(1) == (76_000, 0)
    shop.send(shop.made(shop.policy(1), 2, 2_000, till=1, token=spare(shop, 2)))


def test_card_and_spare_code_share_what_one_holder_may_use_at_a_till(shop: OfflineShops) -> None:
    policy = shop.policy()
    shop.send(shop.made(policy, 1, 10_000))

    assert shop.refused(shop.made(policy, 1, 12_000, token=spare(shop))) == "offline_over_card"
    assert shop.refused(shop.made(policy, 2, 22_000, token=spare(shop, 2))) == "offline_over_sale"
    shop.send(shop.made(policy, 3, 20_000, token=spare(shop, 3)))
    assert shop.refused(shop.made(policy, 3, 2_000)) == "offline_over_card"


def test_a_card_reported_since_the_sync_costs_its_holder_nothing(shop: OfflineShops) -> None:
    policy = shop.policy()
    shop.town.later(60)
    code = spare(shop)
    shop.db.write(lambda tx: cards.set_state(tx, HERE, 1, "lost", by=OFFICE, at=shop.town.at))
    shop.town.later(60)

    answer = shop.send(shop.made(policy, 1, 4_000, token=code))
    told = shop.made(shop.policy(), 1, 4_000, token=code)

    assert answer["offline"]["state"] == "loss"
    assert shop.wallet(1) == (80_000, 0)
    assert shop.refused(told) == "token_used"  # by the same till


def test_a_till_that_knew_of_the_report_is_refused(shop: OfflineShops) -> None:
    code = spare(shop)
    shop.db.write(lambda tx: cards.set_state(tx, HERE, 1, "lost", by=OFFICE, at=shop.town.at))
    shop.town.later(60)

    assert shop.refused(shop.made(shop.policy(), 1, 4_000, token=code)) == "card_not_active"


def test_a_card_issued_anew_leaves_the_phones_codes_good(shop: OfflineShops) -> None:
    code = spare(shop)
    shop.db.write(lambda tx: cards.reissue(tx, HERE, 1, by=OFFICE, at=shop.town.at))
    shop.town.later(60)

    answer = shop.send(shop.made(shop.policy(), 1, 4_000, token=code))

    assert answer["offline"]["state"] == "booked"
