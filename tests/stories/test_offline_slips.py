"""A till lost its store: its slips are typed in, each under its own number, and what comes after all adds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import cards, residents
from ledger.offline import waiting
from ledger.sql import Tx
from pos.offline.keying import Slip, give_up, key_in
from tests.support.invariants import check_invariants
from tests.support.offline_shops import OFFICE, OfflineShops
from tests.support.town import HERE, START

HOUR_US = 3_600 * 1_000_000


@pytest.fixture
def shop(db: Database) -> Iterator[OfflineShops]:
    made = OfflineShops(db)
    made.allow()

    def give_card(tx: Tx) -> None:
        residents.record_consent(tx, HERE, 1, by=OFFICE, at=START)
        cards.open_card(tx, HERE, 1, by=OFFICE, at=START)

    db.write(give_card)
    yield made
    check_invariants(db.engine)


def slip_of(shop: OfflineShops, request: Any, **changes: Any) -> Slip:
    """What the paper says of a sale."""
    with shop.db.read() as tx:
        number = cards.cards_of(tx, HERE, 1)[-1].number
    fields = {
        "terminal_id": request.terminal_id,
        "ref": request.ref,
        "card_number": number,
        "total_fen": request.total_fen,
        "offset_units": request.offset_units,
        "channel": request.channel,
        "sold_at": request.occurred_at,
        **changes,
    }
    return Slip(**fields)


def key(shop: OfflineShops, slip: Slip) -> dict[str, Any]:
    return key_in(shop.town.desk, HERE, slip, by=OFFICE, at=shop.town.at)


def missing(shop: OfflineShops, last: int) -> list[int]:
    till = shop.town.tills[0].terminal_id
    at = shop.town.later(1)
    return shop.db.write(
        lambda tx: waiting.mark_slips(tx, HERE, till, last, why="平板坏了", by=OFFICE, at=at)
    ).missing


def test_missing_slips_are_named_typed_in_and_a_late_entry_adds_nothing(shop: OfflineShops) -> None:
    policy = shop.policy()
    made = [shop.made(policy, 1, units) for units in (2_000, 0, 4_000)]
    shop.send(made[1])
    shop.town.later(3_600)

    named = missing(shop, 3)
    answers = [key(shop, slip_of(shop, made[0])), key(shop, slip_of(shop, made[0]))]
    key(shop, slip_of(shop, made[2]))
    late = [shop.send(made[0]), shop.send(made[0])]

    assert named == [1, 3]
    assert missing(shop, 3) == []
    assert answers[0] == answers[1]
    assert late[0] == late[1]
    assert late[0]["offline"]["state"] == "keyed"
    assert late[0]["ref"] == made[0].ref
    assert shop.wallet(1) == (24_000, 0)
    assert sorted(row[0] for row in shop.rows("sale", "ref")) == [one.ref for one in made]
    assert sorted(shop.rows("offline_sale", "keyed_by")) == [(0,), (1,), (1,)]


def test_an_entry_that_came_first_is_not_typed_in_again(shop: OfflineShops) -> None:
    made = shop.made(shop.policy(), 1, 2_000)
    shop.send(made)

    with pytest.raises(Refusal) as refused:
        key(shop, slip_of(shop, made))

    assert refused.value.code == "ref_taken"
    assert shop.wallet(1) == (28_000, 0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"offset_units": 12_000}, "offline_over_sale"),
        ({"sold_at": START + 30 * HOUR_US}, "slip_time_bad"),
        ({"sold_at": START - 24 * HOUR_US}, "slip_time_bad"),
        ({"card_number": "0000001-X"}, "card_number_bad"),
        ({"ref": "M01T1-260302-00001-0"}, "ref_bad"),
    ],
)
def test_a_slip_misread_is_refused_and_may_be_typed_again(
    shop: OfflineShops, changes: dict[str, Any], code: str
) -> None:
    made = shop.made(shop.policy(), 1, 2_000)
    shop.town.later(3_600)

    with pytest.raises(Refusal) as refused:
        key(shop, slip_of(shop, made, **changes))

    assert refused.value.code == code
    assert key(shop, slip_of(shop, made))["offline"]["state"] == "booked"


def test_slips_spend_no_more_than_the_till_might_have(shop: OfflineShops) -> None:
    policy = shop.policy()
    made = [shop.made(policy, 1, 6_000), shop.made(policy, 1, 6_000)]
    key(shop, slip_of(shop, made[0]))

    with pytest.raises(Refusal) as refused:
        key(shop, slip_of(shop, made[1]))

    assert refused.value.code == "offline_over_card"


def test_a_number_nobody_has_a_slip_for_is_given_up_with_a_reason(shop: OfflineShops) -> None:
    till, at = shop.town.tills[0].terminal_id, shop.town.at
    terms = shop.town.desk.refresh(HERE)
    assert missing(shop, 2) == [1, 2]

    shop.db.write(lambda tx: give_up(tx, terms, till, 2, why="撕掉的废票", by=OFFICE, at=at))

    shop.town.later(1)
    assert missing(shop, 2) == [1]


def test_a_day_is_not_closed_while_the_till_says_that_entries_wait(shop: OfflineShops) -> None:
    till, at = shop.town.tills[0].terminal_id, shop.town.at
    made = shop.made(shop.policy(), 1, 2_000)
    said = waiting.Said([made.counter], [], made.counter)
    shop.db.write(lambda tx: waiting.say(tx, HERE, till, said, at=at))

    with shop.db.read() as tx, pytest.raises(Refusal) as refused:
        waiting.check_nothing_waits(tx, HERE, till)
    shop.send(made)
    with shop.db.read() as tx:
        waiting.check_nothing_waits(tx, HERE, till)

    assert refused.value.code == "offline_entries_wait"
