"""What comes to the shelf and leaves it: at standard cost, first expired first, every piece and fen accounted for."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.book.chart import Account
from ledger.database import Database
from ledger.errors import Refusal
from ledger.stock import counting, intake, leaving
from ledger.stock.costing import set_cost
from ledger.stock.goods import get_good
from ledger.stock.intake import Delivery
from ledger.stock.moves import lots_of
from tests.support.invariants import check_invariants
from tests.support.shelf import (
    BOSS,
    EGGS,
    LI,
    MARKET,
    RICE,
    ZHAO,
    count_shelf,
    flags_of,
    good_of,
    hand_over,
    moves_of,
    post_count,
    shelve,
    yuan_on,
)
from tests.support.town import HERE, Town, build_town


@pytest.fixture
def town(db: Database) -> Town:
    return build_town(db, grant_units=200_000)


@pytest.fixture
def eggs(town: Town) -> int:
    return shelve(town, EGGS)


def come(town: Town, good_id: int, quantity: int, **said: Any) -> dict[str, Any]:
    request_id = f"in-{town.later(60)}"
    said = {"source": "purchase", **said}
    came = Delivery(good_id=good_id, quantity=quantity, **said)
    return intake.receive(town.db, HERE, request_id, came, by=ZHAO, at=town.at)


def lots(town: Town, good_id: int) -> dict[int | None, int]:
    with town.db.read() as tx:
        found = lots_of(tx, HERE, MARKET).get(good_id, [])
    return {lot.best_before: lot.left_pieces for lot in found}


def test_a_bag_of_eggs_for_250_points_costs_12_50_in_the_book(town: Town, eggs: int) -> None:
    assert yuan_on(town.db, Account.INVENTORY) == 10_000
    hand_over(town, eggs)

    assert good_of(town.db, eggs).stock == 7
    assert yuan_on(town.db, Account.INVENTORY) == 8_750
    last = moves_of(town.db, eggs)[-1]
    assert (last.kind, last.quantity, last.cost_fen) == ("redeem", -1, -1_250)
    assert last.txn_id is not None
    check_invariants(town.db.engine)


def test_a_dearer_purchase_books_the_difference_at_once(town: Town) -> None:
    rice = shelve(town, RICE)
    come(town, rice, 10, paid_fen=40_000, document="RK-001")
    assert (good_of(town.db, rice).stock, yuan_on(town.db, Account.INVENTORY)) == (10, 38_500)
    assert yuan_on(town.db, Account.GOODS_COST) == 1_500
    come(town, rice, 10, paid_fen=37_000)
    assert (yuan_on(town.db, Account.INVENTORY), yuan_on(town.db, Account.GOODS_COST)) == (
        77_000,
        0,
    )
    assert yuan_on(town.db, Account.SPENT) == 77_000
    check_invariants(town.db.engine)


def test_a_purchase_the_fund_cannot_pay_is_refused(db: Database) -> None:
    town = build_town(db, fund_fen=30_000)
    rice = shelve(town, RICE)
    with pytest.raises(Refusal, match="fund_empty"):
        come(town, rice, 10, paid_fen=38_500)
    assert good_of(db, rice).stock == 0


def test_a_gift_is_thanked_for_and_costs_nothing_in_the_end(town: Town) -> None:
    rice = shelve(town, RICE)
    come(town, rice, 1, source="donation", donor="银枫粮油店", document="JZ-01")
    hand_over(town, rice)

    assert (yuan_on(town.db, Account.INVENTORY), yuan_on(town.db, Account.GOODS_COST)) == (0, 0)
    with town.db.read() as tx:
        thanked = intake.thanks_list(tx, HERE, first=town.day, last=town.day)
    assert [(row.donor, row.name, row.received, row.left_pieces) for row in thanked] == [
        ("银枫粮油店", "大米(袋)", 1, 0)
    ]
    with pytest.raises(Refusal, match="delivery_wrong"):
        come(town, rice, 1, source="donation")


def test_what_expires_first_leaves_first(town: Town) -> None:
    rice = shelve(town, RICE)
    come(town, rice, 2, paid_fen=7_700, best_before=20260901)
    come(town, rice, 2, paid_fen=7_700, best_before=20260401)
    hand_over(town, rice, 3)

    assert lots(town, rice) == {20260901: 1}
    assert [(row.quantity, row.lot_id is not None) for row in moves_of(town.db, rice)[2:]] == [
        (-2, True),
        (-1, True),
    ]


def test_a_lot_without_a_date_is_dated_by_its_shelf_life(town: Town) -> None:
    fields = {name: getattr(EGGS, name) for name in EGGS.__slots__}
    eggs = shelve(town, type(EGGS)(**{**fields, "stock": 0, "shelf_days": 30}))
    come(town, eggs, 5, paid_fen=6_250, made_on=20260301)
    assert lots(town, eggs) == {20260331: 5}


def test_goods_for_the_sick_leave_without_points_and_with_a_reason(town: Town, eggs: int) -> None:
    leaving.hand_out(
        town.db, HERE, "visit", eggs, 2, reason="慰问 3 户", by=ZHAO, at=town.later(60)
    )
    last = moves_of(town.db, eggs)[-1]
    assert (last.kind, last.quantity, last.cost_fen, last.staff_id) == ("hand_out", -2, -2_500, 71)
    with pytest.raises(Refusal, match="reason_missing"):
        leaving.hand_out(town.db, HERE, "again", eggs, 2, reason=" ", by=ZHAO, at=town.at)
    with pytest.raises(Refusal, match="stock_short"):
        leaving.hand_out(town.db, HERE, "many", eggs, 7, reason="节日", by=ZHAO, at=town.at)


def test_broken_eggs_are_written_off_by_two(town: Town, eggs: int) -> None:
    def propose(tx) -> int:
        return leaving.propose_write_off(
            tx, HERE, eggs, 3, why="broken", by=ZHAO, at=town.later(60)
        )

    proposed = town.db.write(propose)
    assert good_of(town.db, eggs).stock == 8
    with pytest.raises(Refusal, match="approval_same_person"):
        town.db.write(lambda tx: leaving.approve_write_off(tx, HERE, proposed, by=ZHAO, at=town.at))

    town.db.write(lambda tx: leaving.approve_write_off(tx, HERE, proposed, by=BOSS, at=town.at))
    last = moves_of(town.db, eggs)[-1]
    assert (last.kind, last.quantity, last.cost_fen) == ("write_off", -3, -3_750)
    assert (last.staff_id, last.second_staff_id, last.reason) == (71, 73, "broken")
    check_invariants(town.db.engine)


def test_a_new_standard_cost_revalues_the_shelf(town: Town, eggs: int) -> None:
    set_cost(town.db, HERE, "dearer", eggs, 1_300, by=BOSS, at=town.later(60))
    assert yuan_on(town.db, Account.INVENTORY) == 8 * 1_300
    hand_over(town, eggs)
    assert moves_of(town.db, eggs)[-1].cost_fen == -1_300


def test_two_people_count_and_one_missing_bag_is_booked_with_its_reason(
    town: Town, eggs: int
) -> None:
    count_id = count_shelf(town, eggs, 7, "少一袋")
    said = post_count(town, count_id)

    assert (said["plus"], said["minus"]) == (0, 1)
    last = moves_of(town.db, eggs)[-1]
    assert (last.kind, last.quantity, last.staff_id, last.second_staff_id) == ("count", -1, 71, 72)
    assert (good_of(town.db, eggs).stock, yuan_on(town.db, Account.INVENTORY)) == (7, 8_750)
    assert post_count(town, count_id) == said
    check_invariants(town.db.engine)


def test_nobody_counts_alone_and_two_must_come_to_the_same(town: Town, eggs: int) -> None:
    db = town.db
    count_id = db.write(lambda tx: counting.open_count(tx, HERE, MARKET, by=ZHAO, at=town.at))

    def count(by, pieces: int, reason: str = "") -> None:
        db.write(
            lambda tx: counting.count_good(tx, HERE, count_id, eggs, pieces, reason=reason, by=by)
        )

    count(ZHAO, 7)
    with pytest.raises(Refusal, match="count_one_person"):
        post_count(town, count_id)
    with pytest.raises(Refusal, match="count_differs"):
        count(LI, 8)
    count(LI, 7)
    with pytest.raises(Refusal, match="count_third_person"):
        count(BOSS, 7)
    with pytest.raises(Refusal, match="count_reason_missing"):
        counting.post_count(db, HERE, "no-reason", count_id, by=LI, at=town.later(1))
    assert good_of(db, eggs).stock == 8


def test_what_is_handed_out_between_the_two_counts_is_no_difference(town: Town, eggs: int) -> None:
    db = town.db
    count_id = db.write(lambda tx: counting.open_count(tx, HERE, MARKET, by=ZHAO, at=town.at))
    db.write(lambda tx: counting.count_good(tx, HERE, count_id, eggs, 8, reason="", by=ZHAO))
    hand_over(town, eggs)
    db.write(lambda tx: counting.count_good(tx, HERE, count_id, eggs, 7, reason="", by=LI))
    hand_over(town, eggs)

    said = post_count(town, count_id)
    assert (said["plus"], said["minus"], good_of(db, eggs).stock) == (0, 0, 6)


def test_a_count_closes_the_flag_of_an_empty_shelf(town: Town) -> None:
    rice = shelve(town, RICE)
    hand_over(town, rice)
    assert flags_of(town.db, rice) == [(-1, False)]

    post_count(town, count_shelf(town, rice, 4, "入库单漏登"))
    assert flags_of(town.db, rice) == [(-1, True)]
    assert good_of(town.db, rice).stock == 4
    assert yuan_on(town.db, Account.INVENTORY) == 4 * 3_850


def test_what_comes_to_an_overdrawn_shelf_is_partly_gone_already(town: Town) -> None:
    rice = shelve(town, RICE)
    hand_over(town, rice, 2)
    come(town, rice, 5, paid_fen=19_250, best_before=20260901)
    with town.db.read() as tx:
        assert get_good(tx, HERE, rice).stock == 3
    assert lots(town, rice) == {20260901: 3}
