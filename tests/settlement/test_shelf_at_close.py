"""When a day closes, cost, points and pieces agree between book and shelf; what does not is a C4 and no more."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.database import Database
from ledger.sql import Sql
from ledger.units import CNY
from settlement.night import run_night, verify_night
from settlement.shelf import sums_of
from settlement.shelf_sums import ShelfSums, shelf_breaks
from tests.support.shelf import EGGS, MARKET, count_shelf, hand_over, post_count, shelve
from tests.support.town import HERE, Town, build_town, moment

C4S = Sql(
    "SELECT code, sub_code, claimant_id, rest_units, state FROM discrepancy WHERE community_id = :community_id"
    " ORDER BY discrepancy_no"
)


@pytest.fixture
def town(db: Database) -> Town:
    return build_town(db, grant_units=200_000)


def close(town: Town, day: int, at: str) -> tuple[str, list[str]]:
    """Run a day's night; its state and every code it found."""
    result = run_night(town.db, HERE, day, at=moment(at))
    return result.state, [row.code for row in result.codes]


def found(town: Town) -> list[Any]:
    with town.db.read() as tx:
        return [tuple(row) for row in tx.all(C4S, community_id=HERE)]


def post_by_hand(town: Town, debit: Account, credit: Account, name: str) -> None:
    """12.50 moved between the shelf and its cost under a posting that no piece stands behind."""

    def work(tx) -> None:
        owner = {Account.INVENTORY: MARKET, Account.GOODS_COST: 0}
        give, take = (
            Side(account_id(tx, HERE, which, CNY, owner[which], at=town.at), which)
            for which in (debit, credit)
        )
        posting = Posting(
            community_id=HERE, kind=Kind.STOCK_COUNT, request_id=name, occurred_at=town.at,
            at=town.later(60), business_date=town.day, lines=[Line(give, take, CNY, 1_250)],
            merchant_id=MARKET, reason_key="forged",
        )  # fmt: skip
        post(tx, posting)

    town.db.write(work)


def test_a_day_of_eggs_agrees_with_itself(town: Town) -> None:
    eggs = shelve(town, EGGS)
    hand_over(town, eggs, 2)

    assert close(town, 20260302, "2026-03-03 02:00") == ("locked", [])
    with town.db.read() as tx:
        assert sums_of(tx, HERE, 20260302) == [
            ShelfSums(MARKET, 7_500, 7_500, 50_000, 50_000, 2, 2, 0)
        ]


def test_a_planted_difference_is_found_as_c4_alone_until_it_is_put_right(town: Town) -> None:
    eggs = shelve(town, EGGS)
    hand_over(town, eggs)
    post_by_hand(town, Account.GOODS_COST, Account.INVENTORY, "planted")

    assert close(town, 20260302, "2026-03-03 02:00") == ("locked", ["C4"])
    assert found(town) == [("C4", "cost", MARKET, -1_250, "open")]
    assert verify_night(town.db, HERE, 20260302)

    # It stands, and is not named again.
    town.at = moment("2026-03-03 09:00")
    assert close(town, 20260303, "2026-03-04 02:00") == ("locked", [])

    town.at = moment("2026-03-04 09:00")
    post_by_hand(town, Account.INVENTORY, Account.GOODS_COST, "put-right")
    assert close(town, 20260304, "2026-03-05 02:00") == ("locked", [])
    assert found(town) == [("C4", "cost", MARKET, -1_250, "auto_cleared")]


def test_what_two_people_found_missing_is_a_c4_until_it_is_booked(town: Town) -> None:
    eggs = shelve(town, EGGS)
    count_id = count_shelf(town, eggs, 7, "少一袋")

    assert close(town, 20260302, "2026-03-03 02:00") == ("locked", ["C4"])
    assert found(town) == [("C4", "count", MARKET, -1, "open")]

    town.at = moment("2026-03-03 09:00")
    post_count(town, count_id)
    assert close(town, 20260303, "2026-03-04 02:00") == ("locked", [])
    assert [row[-1] for row in found(town)] == ["auto_cleared"]


@pytest.mark.parametrize(
    ("sums", "names"),
    [
        (ShelfSums(1, 7_500, 7_500, 50_000, 50_000, 2, 2, 0), []),
        (ShelfSums(1, 7_500, 8_750, 50_000, 50_000, 2, 2, 0), ["cost"]),
        (ShelfSums(1, 7_500, 7_500, 50_000, 25_000, 2, 2, 0), ["points"]),
        (ShelfSums(1, 7_500, 7_500, 50_000, 50_000, 2, 1, 0), ["pieces"]),
        (ShelfSums(1, 7_500, 7_500, 50_000, 50_000, 2, 2, 1), ["count"]),
    ],
)
def test_each_sum_is_named_by_what_it_counts(sums: ShelfSums, names: list[str]) -> None:
    assert [one.name for one in shelf_breaks([sums])] == names
