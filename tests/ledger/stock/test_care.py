"""How goods are kept: limits of people and households, pauses with a notice, alerts, and what to order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import schemes
from ledger.sql import Sql
from ledger.stock import care, intake, watch
from ledger.stock.care import Care
from ledger.stock.goods import goods_of, prices_of, set_price
from ledger.stock.holds import ORDER, Wanted, hold
from ledger.stock.intake import Delivery
from ledger.stock.rules import period_key, reach_permille, to_order
from tests.support.shelf import BOSS, EGGS, MARKET, RICE, ZHAO, hand_over, shelve
from tests.support.town import CIVIC, HERE, Town, build_town, moment

MOVED_IN = Sql(
    "UPDATE resident SET household_id = 1 WHERE community_id = :community_id AND person_id = 2"
)
SLIPS = Sql(
    "SELECT r.paid_fen, l.price_fen, l.cost_fen FROM redemption r JOIN redemption_line l"
    " ON l.community_id = r.community_id AND l.redemption_id = r.redemption_id"
    " WHERE r.community_id = :community_id"
)
PARTY = CIVIC - 1


@pytest.fixture
def town(db: Database) -> Town:
    return build_town(db, grant_units=200_000)


def test_a_person_has_two_bags_a_week_and_again_the_next(town: Town) -> None:
    rice = shelve(town, replace(RICE, stock=9, limit_person=2, limit_period="week"))
    hand_over(town, rice, 2)
    with pytest.raises(Refusal) as said:
        hand_over(town, rice)
    assert (said.value.code, said.value.facts["left"]) == ("good_limit_person", 0)

    hand_over(town, rice, 2, person=2)
    town.at = moment("2026-03-09 09:00")
    hand_over(town, rice, 2)


def test_a_household_shares_its_limit(town: Town) -> None:
    town.db.write(lambda tx: tx.run(MOVED_IN, community_id=HERE))
    rice = shelve(town, replace(RICE, stock=9, limit_household=3, limit_period="quarter"))
    hand_over(town, rice, 2)
    with pytest.raises(Refusal) as said:
        hand_over(town, rice, 2, person=2)
    assert (said.value.code, said.value.facts["left"]) == ("good_limit_household", 1)
    hand_over(town, rice, 1, person=2)


def test_a_paused_good_and_a_paused_counter_say_why(town: Town) -> None:
    eggs, rice = shelve(town, EGGS), shelve(town, replace(RICE, stock=5))

    def pause(notice: str) -> None:
        town.db.write(
            lambda tx: care.pause_good(tx, HERE, eggs, notice, by=BOSS, at=town.later(60))
        )

    pause("天热,鸡蛋暂停。")
    for act in (
        lambda: hand_over(town, eggs),
        lambda: hold(
            town.db, HERE, "basket", [Wanted(eggs, 1)], purpose=ORDER, person_id=1,
            at=town.at, expires_at=town.at + 1,
        ),
    ):  # fmt: skip
        with pytest.raises(Refusal) as said:
            act()
        assert said.value.facts["notice"] == "天热,鸡蛋暂停。"
    hand_over(town, rice)
    pause("")
    hand_over(town, eggs)

    def close(notice: str) -> None:
        town.db.write(
            lambda tx: care.pause_shop(tx, HERE, MARKET, notice, by=BOSS, at=town.later(60))
        )

    close("盘点,周五恢复。")
    with pytest.raises(Refusal, match="shop_paused"):
        hand_over(town, rice)
    close("")
    hand_over(town, rice)


def test_the_office_sees_what_is_low_what_expires_and_what_to_order(town: Town) -> None:
    eggs = shelve(town, replace(EGGS, stock=0, low_stock=5, lead_days=3))
    milk = replace(EGGS, code="G003", name="牛奶(箱)", stock=0, price_units=1_000)
    milk_id = shelve(town, milk)
    for good_id, pieces, last_day in ((eggs, 6, 20261201), (milk_id, 4, 20260415)):
        came = Delivery(
            good_id=good_id, quantity=pieces, source="purchase", paid_fen=pieces * 1_250,
            best_before=last_day,
        )  # fmt: skip
        intake.receive(town.db, HERE, f"in-{good_id}", came, by=ZHAO, at=town.later(60))
    hand_over(town, eggs, 2)

    with town.db.read() as tx:
        low = watch.running_low(tx, HERE, MARKET)
        soon = watch.expiring(tx, HERE, MARKET, today=town.day)
        order = watch.proposals(tx, HERE, MARKET, today=town.day)
        scheme = schemes.scheme_on(tx, HERE, town.day)
        reach = watch.shelf_cover(tx, HERE, MARKET, scheme)
    assert [(row.code, row.stock) for row in low] == [("G001", 4)]
    assert [(row.code, row.left_pieces, row.best_before) for row in soon] == [("G003", 4, 20260415)]
    assert order == []
    # 3 x 2,000 points less 500 for eggs, at 5 fen a point, against 8 pieces at 12.50.
    assert (reach.value_fen, reach.stock_fen, reach.permille) == (27_500, 10_000, 363)


def test_a_good_has_a_price_in_each_kind_of_points_and_yuan_beside_it(town: Town) -> None:
    eggs = shelve(town, EGGS)

    def price(commodity: int, units: int, fen: int, from_date: int) -> None:
        town.db.write(
            lambda tx: set_price(
                tx, HERE, eggs, commodity=commodity, units=units, fen=fen, from_date=from_date,
                by=BOSS, at=town.later(60),
            )
        )  # fmt: skip

    price(PARTY, 50, 0, 0)
    price(CIVIC, 20_000, 250, 20260401)

    def asked(commodity: int, day: int) -> list[tuple[int, int]]:
        with town.db.read() as tx:
            rows = goods_of(tx, HERE, MARKET, commodity=commodity, day=day)
        return [(int(row.price_units), int(row.price_fen)) for row in rows]

    assert asked(CIVIC, 20260331) == [(25_000, 0)]
    assert asked(CIVIC, 20260401) == [(20_000, 250)]
    assert asked(PARTY, 20260331) == [(50, 0)]
    with town.db.read() as tx:
        assert len(prices_of(tx, HERE, eggs)) == 3


def test_yuan_beside_the_points_stand_on_the_slip(town: Town) -> None:
    rice = shelve(town, replace(RICE, stock=5, price_fen=250))
    slip = hand_over(town, rice, 2)
    assert (slip["units"], slip["paid_fen"]) == (4_000, 500)
    with town.db.read() as tx:
        [row] = tx.all(SLIPS, community_id=HERE)
    assert (row.paid_fen, row.price_fen, row.cost_fen) == (500, 250, 3_850)


def test_what_is_asked_of_care_must_be_numbers_and_a_known_period(town: Town) -> None:
    eggs = shelve(town, EGGS)
    for wrong in (Care(limit_person=-1), Care(limit_period="window")):
        with pytest.raises(Refusal, match="good_settings_wrong"), town.db.read() as tx:
            care.set_care(tx, HERE, eggs, wrong, by=BOSS, at=town.at)


@pytest.mark.parametrize(
    ("period", "key"),
    [("day", 20260805), ("week", 20260803), ("month", 202608), ("quarter", 202607), ("year", 2026)],
)
def test_a_limit_counts_in_its_period(period: str, key: int) -> None:
    assert period_key(period, 20260805) == key


def test_every_day_of_a_quarter_has_one_key() -> None:
    first = date(2026, 4, 1)
    days = [first + timedelta(days=n) for n in range(91)]
    keys = {period_key("quarter", int(f"{day:%Y%m%d}")) for day in days}
    assert keys == {202604}


@pytest.mark.parametrize(
    ("free", "gone", "lead_days", "pieces"),
    [(6, 14, 3, 0), (5, 14, 3, 14), (0, 14, 3, 19), (-2, 14, 3, 19), (0, 0, 3, 0), (0, 1, 0, 2)],
)
def test_as_much_is_ordered_as_will_go(free: int, gone: int, lead_days: int, pieces: int) -> None:
    assert to_order(free=free, gone=gone, lead_days=lead_days) == pieces


def test_no_points_outstanding_is_no_question_of_reach() -> None:
    assert reach_permille(10_000, 0) is None
    assert reach_permille(-1, 10_000) == 0
