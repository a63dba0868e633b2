"""The printed bound on what is lost without network is never passed, and each over-use names both tills."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.database import Database
from ledger.offline.bound import bound
from settlement.overuse import find_overuse
from tests.support.engines import SqliteFiles
from tests.support.invariants import check_invariants
from tests.support.offline_lives import Day, Lives
from tests.support.offline_shops import OfflineShops
from tests.support.town import HERE

UNITS = 6_000
SAMPLE, PROOF, TOWN_DAYS = 40, 10_000, 100


def lived(
    db: Database, days: int, *, first: int = 0, limits: bool = True, spare_share: int = 4
) -> list[Day]:
    """Days of one town with twenty tills; each is held against the printed bound and the book after it."""
    shops = OfflineShops(
        db,
        people=6,
        shops=20,
        grant_units=0,
        fund_fen=10_000_000_000,
        allowance_fen=10_000_000_000,
        offline_sale_units=10_000,
        offline_card_day_units=10_000,
    )
    shops.allow(UNITS)
    lives, found = Lives(shops, limits=limits, spare_share=spare_share), []
    for seed in range(first, first + days):
        before = shops.town.at
        day = lives.live(seed)
        day.bound_units = printed(shops)
        with db.read() as tx:
            named = find_overuse(tx, HERE, first=shops.date_of(before) + 1, last=99_991_231)
        assert {(one.ref, one.other_ref, one.units) for one in named} == day.expected, seed
        found.append(day)
    check_invariants(db.engine)
    return found


def printed(shops: OfflineShops) -> int:
    """What the office page and `jifen offline bound` print, in units."""
    terms = shops.town.desk.refresh(HERE)
    with shops.db.read() as tx:
        return bound(tx, terms, units_per_fen=20, at=shops.town.at).day_units


def over(days: list[Day]) -> list[int]:
    """The days on which more was lost than was printed."""
    return [seed for seed, day in enumerate(days) if day.lost_units > day.bound_units]


@pytest.mark.slow
def test_the_printed_bound_holds_and_each_overuse_names_both_tills(
    sqlite_url: str,
) -> None:
    db = Database(sqlite_url)
    days = lived(db, SAMPLE)
    db.close()

    assert over(days) == []
    assert {day.bound_units for day in days} == {20 * UNITS}
    # The days were worth living: points were lost, entries refused, other tills named.
    assert sum(day.lost_units > 0 for day in days) > SAMPLE // 2
    assert any(other for day in days for _, other, _ in day.expected)
    assert sum(day.refused for day in days) > SAMPLE
    assert sum(day.twice for day in days) > SAMPLE // 4


@pytest.mark.slow
def test_without_escrow_and_floors_the_bound_is_passed(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    days = lived(db, SAMPLE // 2, limits=False)
    db.close()

    assert over(days) != []


@pytest.mark.slow
def test_spare_codes_alone_pass_the_bound_without_escrow(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    days = lived(db, SAMPLE // 4, limits=False, spare_share=10)
    db.close()

    assert sum(day.spare for day in days) == sum(day.sent for day in days)
    assert over(days) != []


@pytest.mark.proof
@pytest.mark.timeout(7_200)
def test_the_bound_holds_in_ten_thousand_days(sqlite_files: SqliteFiles, tmp_path: Path) -> None:
    # A card's code lives for years, not for ever: each town lives for a hundred days.
    entries = over_uses = most = spare = twice = 0
    for first in range(0, PROOF, TOWN_DAYS):
        db = Database(sqlite_files.copy_to(tmp_path / f"{first}.db"))
        days = lived(db, TOWN_DAYS, first=first)
        db.close()
        assert over(days) == []
        assert sum(day.lost_units > 0 for day in days) > TOWN_DAYS // 2
        entries += sum(day.sent for day in days)
        over_uses += sum(len(day.expected) for day in days)
        spare += sum(day.spare for day in days)
        twice += sum(day.twice for day in days)
        most = max(most, *(day.lost_units for day in days))
        print(  # noqa: T201 - a proof says what it saw
            f"{first + TOWN_DAYS} days, {entries} entries of which {spare} with spare codes, {over_uses} over-uses"
            f" of which {twice} codes taken twice, most lost {most} of {20 * UNITS}",
            flush=True,
        )
