"""Goods set aside: none twice, none beyond what is left, back when nobody takes them."""

from __future__ import annotations

import pytest

from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql
from ledger.stock import holds
from ledger.stock.goods import NewGood, get_good, put_good
from ledger.stock.holds import BASKET, Wanted
from tests.support.town import CIVIC, HERE, START, Town, build_town

HOUR = 3_600_000_000
EGGS = NewGood(
    merchant_id=1, code="G001", name="鸡蛋", price_units=25_000, commodity=CIVIC, cost_fen=1_250, stock=8
)  # fmt: skip
MORE_ON = Sql(
    "UPDATE good SET more_on = 20260309 WHERE community_id = :community_id AND good_id = :good_id"
)


@pytest.fixture
def town(db: Database) -> Town:
    return build_town(db)


@pytest.fixture
def eggs(town: Town) -> int:
    return town.db.write(lambda tx: put_good(tx, HERE, EGGS, by=SYSTEM, at=START))


def set_aside(town: Town, good_id: int, pieces: int, request_id: str, hours: int = 1) -> None:
    holds.hold(
        town.db,
        HERE,
        request_id,
        [Wanted(good_id, pieces)],
        purpose=BASKET,
        person_id=1,
        at=town.at,
        expires_at=town.at + hours * HOUR,
    )


def counted(town: Town, good_id: int) -> tuple[int, int]:
    with town.db.read() as tx:
        row = get_good(tx, HERE, good_id)
    return int(row.stock), int(row.held)


def test_eight_bags_can_be_set_aside_and_no_ninth(town: Town, eggs: int) -> None:
    set_aside(town, eggs, 5, "first")
    with pytest.raises(Refusal) as said:
        set_aside(town, eggs, 4, "second")

    assert (said.value.code, said.value.facts) == (
        "stock_short",
        {"good": "G001", "asked": 4, "left": 3},
    )
    assert counted(town, eggs) == (8, 5)


def test_a_refusal_says_when_more_comes(town: Town, eggs: int) -> None:
    town.db.write(lambda tx: tx.run(MORE_ON, community_id=HERE, good_id=eggs))
    with pytest.raises(Refusal) as said:
        set_aside(town, eggs, 9, "nine")

    assert said.value.code == "stock_short_until"
    assert said.value.facts["more_on"] == 20260309


def test_the_same_request_again_sets_nothing_more_aside(town: Town, eggs: int) -> None:
    set_aside(town, eggs, 2, "basket")
    set_aside(town, eggs, 2, "basket")

    assert counted(town, eggs) == (8, 2)
    with pytest.raises(Refusal, match="request_id_reused"):
        set_aside(town, eggs, 3, "basket")


def test_what_is_released_can_be_had_by_others_once(town: Town, eggs: int) -> None:
    set_aside(town, eggs, 8, "basket")
    for request_id in ("back", "back", "back-again"):
        holds.release(town.db, HERE, request_id, "basket", at=town.later(60))

    assert counted(town, eggs) == (8, 0)
    set_aside(town, eggs, 8, "next")


def test_what_nobody_takes_comes_free_when_its_time_is_over(town: Town, eggs: int) -> None:
    set_aside(town, eggs, 3, "short", hours=1)
    set_aside(town, eggs, 2, "long", hours=3)
    town.later(3_599)
    assert holds.expire(town.db, HERE, at=town.at) == 0

    town.later(1)
    assert holds.expire(town.db, HERE, at=town.at) == 3
    assert holds.expire(town.db, HERE, at=town.at) == 0
    assert counted(town, eggs) == (8, 2)
    with pytest.raises(Refusal, match="hold_ended"):
        town.db.write(lambda tx: holds.take(tx, HERE, "short", by="late", at=town.at))


def test_a_forgotten_basket_keeps_nobody_waiting(town: Town, eggs: int) -> None:
    set_aside(town, eggs, 8, "forgotten", hours=1)
    with pytest.raises(Refusal, match="stock_short"):
        set_aside(town, eggs, 1, "too-early")

    town.later(3_600)
    set_aside(town, eggs, 1, "next")
    assert counted(town, eggs) == (8, 1)
