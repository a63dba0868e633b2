"""Claims that are missing, empty, unreadable or do not add up: one C1 each, nothing lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from ledger.database import Database
from ledger.sql import Sql
from settlement.claims import file_daybook
from settlement.intake import Upload, take_claim_file
from settlement.night import verify_night
from settlement.night_result import NightResult
from tests.settlement.test_four_nights import night_of
from tests.support.night_plant import (
    HOUR,
    Day,
    Planter,
    book,
    claim_csv,
    daybook,
    midnight,
    next_day,
    reserve_cover,
)
from tests.support.town import HERE, Town, build_town

DAY = 20260302
FOUND = Sql(
    "SELECT code, sub_code, claimant_id, terminal_id, state FROM discrepancy"
    " WHERE community_id = :community_id ORDER BY discrepancy_no"
)


@dataclass
class Shop:
    """One shop of a town with two; the second always files a good daybook."""

    town: Town
    planter: Planter
    batch_no: int = 0

    def live(self, day: int) -> Day:
        """Book ten sales at each shop; the second shop files."""
        self.town.at = midnight(day) + 6 * HOUR
        reserve_cover(self.town, 1_000_000)
        made = Day(day, midnight(day))
        for till in self.town.tills:
            for _ in range(10):
                made.add(self.planter.entry(day, till))
        book(self.town, made.booked)
        self.batch_no += 1
        self.file(made, till=1)
        return made

    def file(self, made: Day, till: int = 0, batch_no: int = 0, **falsified: int) -> dict[str, Any]:
        """File a till's day."""
        where = self.town.tills[till]
        lines = made.filed[where.code]
        batch = daybook(made.day, batch_no or self.batch_no, lines, **falsified)
        return file_daybook(
            self.town.db, HERE, where.terminal_id, batch, at=made.at + 22 * HOUR
        )  # fmt: skip

    def upload(self, made: Day, body: bytes) -> dict[str, Any]:
        """Send a file for the first shop."""
        return take_claim_file(
            self.town.db, HERE, 1, Upload("claims.csv", body, by=1), day=made.day,
            at=made.at + 22 * HOUR,
        )  # fmt: skip


@pytest.fixture
def shop(db: Database) -> Shop:
    town = build_town(db, people=1, shops=2, fund_fen=100_000_000)
    town.grant(1, 10**12)
    return Shop(town, Planter(town.tills, seed=9))


def night(shop: Shop, made: Day) -> NightResult:
    return night_of(shop.town, made)


def c1_of(shop: Shop) -> list[tuple[str, str, int, int, str]]:
    with shop.town.db.read() as tx:
        return [tuple(row) for row in tx.all(FOUND, community_id=HERE)]


def fen_of(made: Day, till_code: str) -> int:
    return sum(entry.fen for entry in made.booked if entry.till.code == till_code)


def break_no_file(_shop: Shop, _made: Day) -> int:
    return 1_010  # the till that said nothing


def break_empty(shop: Shop, made: Day) -> int:
    assert shop.upload(made, b"")["outcome"] == "EMPTY"
    return 0


def break_unreadable(shop: Shop, made: Day) -> int:
    text = (
        claim_csv("M01", made.filed["M01T1"]).replace(":00:", ":00;", 1).replace(".00,", ".x,", 1)
    )
    answer = shop.upload(made, text.encode())
    assert (answer["outcome"], bool(answer["faults"])) == ("UNREADABLE", True)
    return 0


def break_totals(shop: Shop, made: Day) -> int:
    answer = shop.file(made, offset_fen_plus=1)
    assert answer["outcome"] == "totals_wrong"
    return 1_010


BREAKS = {
    "NO_FILE": break_no_file,
    "EMPTY": break_empty,
    "UNREADABLE": break_unreadable,
    "TOTALS_WRONG": break_totals,
}


@pytest.mark.parametrize("fault", BREAKS)
def test_a_day_without_usable_claims_closes_with_one_c1_and_waits(shop: Shop, fault: str) -> None:
    made = shop.live(DAY)
    till = BREAKS[fault](shop, made)

    result = night(shop, made)

    assert c1_of(shop) == [("C1", fault, 1, till, "open")]
    assert result.state == "locked"
    assert result.totals[1].carried_fen_plus == fen_of(made, "M01T1")
    assert result.settled_fen == fen_of(made, "M02T1")


@pytest.mark.parametrize("fault", BREAKS)
def test_claims_that_come_after_all_are_paid_the_next_night(shop: Shop, fault: str) -> None:
    made = shop.live(DAY)
    BREAKS[fault](shop, made)
    night(shop, made)
    following = shop.live(next_day(DAY))
    if fault == "TOTALS_WRONG":
        shop.file(made, batch_no=2)
        shop.file(following, batch_no=3)
    else:
        shop.file(made, batch_no=1)
        shop.file(following, batch_no=2)

    result = night(shop, following)

    assert [(row[0], row[4]) for row in c1_of(shop)] == [("C1", "auto_cleared")]
    assert result.settled_fen == fen_of(made, "M01T1") + sum(e.fen for e in following.booked)
    assert verify_night(shop.town.db, HERE, DAY)


def test_a_till_that_is_missing_is_named_while_the_other_one_filed(db: Database) -> None:
    town = build_town(db, people=1, shops=1, tills_each=2, fund_fen=100_000_000)
    town.grant(1, 10**12)
    shop = Shop(town, Planter(town.tills, seed=9))
    made = shop.live(DAY)  # the second till files

    night(shop, made)

    assert c1_of(shop) == [("C1", "NO_FILE", 1, 1_010, "open")]


def test_a_shop_that_said_nothing_at_all_is_one_c1(db: Database) -> None:
    town = build_town(db, people=1, shops=1, tills_each=2, fund_fen=100_000_000)
    town.grant(1, 10**12)
    planter = Planter(town.tills, seed=9)
    town.at = midnight(DAY) + 6 * HOUR
    reserve_cover(town, 1_000_000)
    book(town, [planter.entry(DAY, till) for till in town.tills])

    night_of(town, Day(DAY, midnight(DAY)))

    assert c1_of(Shop(town, planter)) == [("C1", "NO_FILE", 1, 0, "open")]


def test_an_empty_day_needs_no_claims(shop: Shop) -> None:
    made = Day(DAY, midnight(DAY))

    result = night(shop, made)

    assert (result.state, result.codes, result.settled_fen) == ("locked", (), 0)


def test_a_claim_handed_in_late_does_not_stand_for_the_days_between(shop: Shop) -> None:
    """The day nobody sent anything for is still without claims, and its sales are not called unclaimed."""
    first = shop.live(DAY)
    lines = first.filed[shop.town.tills[0].code]
    shop.upload(first, claim_csv("M01", lines[:-1]).encode())
    night(shop, first)
    silent = shop.live(next_day(DAY))
    night(shop, silent)
    third = shop.live(next_day(silent.day))
    shop.upload(
        third, claim_csv("M01", [lines[-1], *third.filed[shop.town.tills[0].code]]).encode()
    )
    night(shop, third)

    assert [row[:2] for row in c1_of(shop)] == [("X2", ""), ("C1", "NO_FILE"), ("X4", "")]
    assert verify_night(shop.town.db, HERE, third.day)


def test_one_list_of_several_days_stands_for_all_of_them(shop: Shop) -> None:
    """Control: nothing came for any of the days before, so what the list leaves out is unclaimed."""
    first = shop.live(DAY)
    night(shop, first)
    silent = shop.live(next_day(DAY))
    night(shop, silent)
    third = shop.live(next_day(silent.day))
    till = shop.town.tills[0].code
    shop.upload(third, claim_csv("M01", [*first.filed[till], *third.filed[till]]).encode())
    night(shop, third)

    found = [row[:2] for row in c1_of(shop)]
    assert found[:2] == [("C1", "NO_FILE"), ("C1", "NO_FILE")]
    assert found[2:] == [("X2", "")] * 10


def test_the_same_bytes_that_nobody_can_read_are_a_fault_of_each_day_they_are_sent_for(
    shop: Shop,
) -> None:
    for day in (DAY, next_day(DAY)):
        made = shop.live(day)
        shop.upload(made, b"\xff\xfe\x00\xd8\x81")
        assert shop.upload(made, b"\xff\xfe\x00\xd8\x81")["outcome"] == "seen_before"
        night(shop, made)

    assert [row[:2] for row in c1_of(shop)] == [("C1", "UNREADABLE"), ("C1", "UNREADABLE")]
