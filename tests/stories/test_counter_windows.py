"""The goods counter's hours: windows of the scheme, the next one in the refusal, extra openings, people in line."""

from __future__ import annotations

import pytest

from kiosk.problems import sentence
from ledger.audit import SYSTEM
from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import settings
from ledger.sql import Sql
from pos.opening import hours_at, open_extra
from pos.redemption import redeem
from tests.support.goods_counter import GoodsCounter, counter_of
from tests.support.invariants import check_invariants
from tests.support.town import HERE, moment

_SHELF = Sql("SELECT code, stock FROM good WHERE community_id = :community_id ORDER BY code")


def refused(counter: GoodsCounter, person: int, pieces: dict[str, int]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        counter.redeem(person, pieces)
    return caught.value


def shelf(counter: GoodsCounter) -> dict[str, int]:
    with counter.town.db.read() as tx:
        return {row.code: row.stock for row in tx.all(_SHELF, community_id=HERE)}


def test_the_three_sentences_of_the_corner(db: Database) -> None:
    """Qinzao: `我有10个积分,我想换双拖鞋`, `我只有5分,可以换袋鸡蛋吗?`, and who has fifteen takes both.

    The corner opens on the 11th of a quarter's first month; 11 April 2026 is a Saturday, so it opens on Monday.
    """
    corner = counter_of(db, "qinzao", "2026-04-13 14:30")
    corner.put("R01", "拖鞋", 10, 8, cost_fen=1_000)
    corner.put("R02", "鸡蛋(袋)", 5, 20, cost_fen=500)
    for person, points in ((1, 10), (2, 5), (3, 15)):
        corner.give(person, points)

    slippers = corner.redeem(1, {"R01": 1})
    assert (slippers["units"], slippers["balance_units"]) == (10, 0)
    eggs = corner.redeem(2, {"R02": 1})
    assert (eggs["units"], eggs["balance_units"]) == (5, 0)
    both = corner.redeem(3, {"R01": 1, "R02": 1})
    assert (both["units"], both["balance_units"]) == (15, 0)

    assert refused(corner, 1, {"R02": 1}).code == "insufficient_points"
    assert shelf(corner) == {"R01": 6, "R02": 18}
    with corner.town.db.read() as tx:
        redeemed = account_sum(tx, HERE, Account.REDEEMED, corner.commodity, 1)
    assert redeemed == 30
    check_invariants(db.engine)


def test_the_corner_is_open_on_its_afternoon_alone(db: Database) -> None:
    corner = counter_of(db, "qinzao", "2026-04-13 13:59")
    corner.put("R02", "鸡蛋(袋)", 5, 20)
    corner.give(1, 10)
    early = refused(corner, 1, {"R02": 1})
    assert early.code == "counter_closed"
    assert early.facts == {"next_day": 20260413, "opens": "14:00", "closes": "17:00"}

    corner.town.at = moment("2026-04-13 14:00")
    corner.redeem(1, {"R02": 1})
    corner.town.at = moment("2026-04-14 14:30")
    late = refused(corner, 1, {"R02": 1})
    # 11 July 2026 is a Saturday too.
    assert sentence(late, "zh").startswith("现在不在兑换时间。下次开放：2026-07-13 14:00 至 17:00")
    assert corner.points_of(1) == 5


def test_twenty_points_are_a_sack_of_rice_in_the_quarters_window_alone(db: Database) -> None:
    """Hebei: `提取20分,换取大米一袋`, from the 15th of a quarter's first month on, ten days long."""
    store = counter_of(db, "hebei", "2026-03-31 10:00")
    store.by_card = True
    store.put("R01", "大米一袋", 20, 30, cost_fen=4_000)
    store.give(1, 45)
    said = refused(store, 1, {"R01": 1})
    assert (said.code, said.facts["next_day"]) == ("counter_closed", 20260415)

    store.town.at = moment("2026-04-15 08:30")
    rice = store.redeem(1, {"R01": 1})
    assert (rice["units"], rice["balance_units"]) == (20, 25)
    store.town.at = moment("2026-04-24 16:59")
    assert store.redeem(1, {"R01": 1})["balance_units"] == 5
    store.town.later(31)
    short = refused(store, 1, {"R01": 1})
    assert (short.code, short.facts["available_units"]) == ("insufficient_points", "5")

    store.give(1, 100)
    store.town.at = moment("2026-04-25 10:00")
    assert refused(store, 1, {"R01": 1}).facts["next_day"] == 20260715
    assert shelf(store) == {"R01": 28}
    check_invariants(db.engine)


def test_who_stands_in_line_at_closing_is_served(db: Database) -> None:
    counter = counter_of(db, "changan", "2026-03-03 11:45", grant_units=50_000)
    counter.put("R11", "鸡蛋(袋)", 25_000, 12)
    counter.redeem(1, {"R11": 1})
    counter.town.at = moment("2026-03-03 12:01")
    assert refused(counter, 2, {"R11": 1}).code == "counter_closed"
    no_grace = {"counter_grace_minutes": 0}
    db.write(
        lambda tx: settings.change(tx, HERE, no_grace, by=SYSTEM, why="test", at=counter.town.at)
    )
    counter.town.at = moment("2026-03-06 11:30")
    assert refused(counter, 2, {"R11": 1}).facts["next_day"] == 20260310


def test_an_extra_opening_stands_beside_the_windows(db: Database) -> None:
    counter = counter_of(db, "changan", "2026-03-04 15:00", grant_units=50_000)
    counter.put("R11", "鸡蛋(袋)", 25_000, 12)
    at, until = moment("2026-03-05 14:00"), moment("2026-03-05 16:00")

    def extra(**other: int) -> int:
        times = {"from_at": at, "to_at": until, **other}
        return db.write(
            lambda tx: open_extra(
                tx, HERE, 1, **times, why="雷锋日加开", by=SYSTEM, at=counter.town.at
            )
        )

    extra()
    with pytest.raises(Refusal, match="opening_wrong"):
        extra(to_at=at)
    assert refused(counter, 1, {"R11": 1}).facts == {
        "next_day": 20260305,
        "opens": "14:00",
        "closes": "16:00",
    }
    counter.town.at = moment("2026-03-05 14:00")
    counter.redeem(1, {"R11": 1})
    with db.read() as tx:
        hours = hours_at(tx, counter.town.desk.terms_of(HERE), 1, counter.town.at)
    assert hours.open_now is not None
    assert (hours.open_now.name, hours.is_over) == ("雷锋日加开", False)


def test_a_request_answered_inside_the_window_gets_its_answer_after_it(db: Database) -> None:
    counter = counter_of(db, "changan", "2026-03-03 11:29", grant_units=50_000)
    counter.put("R11", "鸡蛋(袋)", 25_000, 12)
    request = counter.basket(1, {"R11": 1})
    first = redeem(counter.town.desk, request, at=counter.town.at)
    assert redeem(counter.town.desk, request, at=moment("2026-03-03 18:00")) == first
