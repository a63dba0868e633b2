"""Expiry by two sums equals lots spent one by one, in random lives: refunds, holds, debts, deductions, late proof."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from ledger.audit import SYSTEM
from ledger.book import unspent
from ledger.database import Database
from ledger.errors import GuardMissedError
from ledger.expiry.lists import announced_to
from ledger.expiry.notices import give_notices
from ledger.expiry.run import run_expiry
from ledger.expiry.slips import SlipKey, hand_out, slips_waiting
from ledger.sql import Sql
from tests.support.engines import SqliteFiles
from tests.support.fifo import Rule
from tests.support.histories import World, at_night, at_noon, key_of, open_world
from tests.support.histories_rows import HERE

RULES = {
    "by month, two notices": Rule(by_month=True, keep=2, notices=(40, 12)),
    "by month, three notices, cuts that overlap": Rule(by_month=True, keep=3, notices=(80, 30, 7)),
    "by month, hardly any time": Rule(by_month=True, keep=1, notices=(10, 3)),
    "by year": Rule(by_month=False, keep=0, notices=(90, 30, 7)),
}
FIRST = date(2026, 1, 1)
_LAPSES = Sql(
    "SELECT owner_id, earned_until, units, last_day, state, expired_units FROM lapse"
    " WHERE community_id = :community_id ORDER BY owner_id, earned_until"
)
_WALLETS = Sql(
    "SELECT a.owner_id, b.posted, b.held FROM account a JOIN balance b"
    " ON b.community_id = a.community_id AND b.account_id = a.account_id"
    " WHERE a.community_id = :community_id AND a.kind = 'wallet' ORDER BY a.owner_id"
)


def live(world: World, days: int) -> int:
    """Let days pass; some nights are missed, slips are brought late or never. Gives the units that lapsed."""
    gone = 0
    for ahead in range(days):
        world.today = world.start + timedelta(days=ahead)
        if world.chance.random() < 0.4:
            give_notices(world.db, HERE, at=at_night(world.today))
            for one in world.lives:
                one.oracle.night_of_notices(world.today)
        if world.chance.random() < 0.4:
            done = run_expiry(world.db, HERE, at=at_night(world.today))
            expected = sum(one.oracle.night_of_expiry(world.today) for one in world.lives)
            assert sum(done.units.values()) == expected, world.today
            gone += expected
        if world.chance.random() < 0.15:
            bring_slips(world)
        if world.chance.random() < 0.3:
            world.a_day()
    return gone


def bring_slips(world: World) -> None:
    """Half of the doors open."""
    at_home = {one.owner for one in world.lives if world.chance.random() < 0.5}

    def work(tx) -> None:
        keys = [
            SlipKey(row.commodity, row.owner_id, row.earned_until, row.notice_days)
            for row in slips_waiting(tx, HERE)
            if row.owner_id in at_home
        ]
        hand_out(tx, HERE, keys, by=SYSTEM, at=at_noon(world.today))

    world.db.write(work)
    for one in world.lives:
        if one.owner in at_home:
            one.oracle.hand_out(world.today)


def check(world: World) -> int:
    """Every wallet and everything announced is as the lots have it; gives how many wallets lost points."""
    with world.db.read() as tx:
        wallets = [tuple(row) for row in tx.all(_WALLETS, community_id=HERE)]
        lapses = [tuple(row) for row in tx.all(_LAPSES, community_id=HERE)]
        told = {
            one.owner: announced_to(tx, HERE, one.owner, world.commodity)
            for one in world.lives[:50]
        }
    assert wallets == [(one.owner, one.oracle.lots.units, one.oracle.held) for one in world.lives]
    assert lapses == [row for one in world.lives for row in expected_lapses(one.owner, one.oracle)]
    for one in world.lives[:50]:
        assert sum(row.units for row in told[one.owner]) == one.oracle._still_promised(date.max)
    return sum(1 for one in world.lives if any(t.expired for t in one.oracle.told.values()))


def expected_lapses(owner: int, oracle):
    for end, told in sorted(oracle.told.items()):
        state = "open" if not told.over else "expired" if told.expired else "used"
        yield owner, key_of(end), told.units, key_of(told.last_day), state, told.expired


def histories(db: Database, owners: int, name: str, *, seed: int, days: int) -> World:
    world = open_world(db, owners, RULES[name], start=FIRST, seed=seed)
    gone = live(world, days)
    lost = check(world)
    assert gone > 0
    assert lost > owners // 10, "too few wallets lost anything: the histories show nothing"
    return world


def test_two_sums_are_lots_in_a_few_lives(sqlite_url: str) -> None:
    with closing(Database(sqlite_url)) as db:
        histories(db, 25, "by month, three notices, cuts that overlap", seed=5, days=240)


@pytest.mark.slow
@pytest.mark.parametrize("name", RULES)
def test_two_sums_are_lots_in_random_lives(db: Database, name: str) -> None:
    histories(db, 40, name, seed=11, days=240 if RULES[name].by_month else 500)


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("name", RULES)
def test_two_sums_are_lots_in_twenty_thousand_lives(
    sqlite_files: SqliteFiles, tmp_path: Path, name: str, number: int
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"{name}, run {number}, seed {seed}")  # noqa: T201 - shown by pytest where the run fails
    with closing(Database(sqlite_files.copy_to(tmp_path / "lives.db"))) as db:
        histories(db, 1_000, name, seed=seed, days=300 if RULES[name].by_month else 500)


def without_undoing(text: str) -> str:
    """Refunds eat the oldest points instead of undoing their own."""
    earning = re.search(r"CASE WHEN o\.kind IN \([^)]*\) THEN 1 ELSE 0 END", text)
    assert earning is not None
    return text.replace(f"-t.amount,  {earning[0]}", "-t.amount, 0")


def with_returns_earned(text: str) -> str:
    """Points that come back count as earned anew."""
    return text.replace("'pending', 'wallet'", "'pending', 'wallet', 'offset', 'redeemed'")


def with_late_proof_late(text: str) -> str:
    """Points count from the day they were proven."""
    return text.replace("r.business_date, x.corrects_date,", "r.business_date,")


def with_holds_spent_twice(text: str) -> str:
    """Points set aside are forgotten."""
    return text.replace("s.used, b.held", "s.used, 0 AS held")


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong", [without_undoing, with_returns_earned, with_late_proof_late, with_holds_spent_twice]
)
def test_the_control_with_a_wrong_sum_is_told_apart(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, wrong: Callable[[str], str]
) -> None:
    text = wrong(unspent._TEXT)
    assert text != unspent._TEXT
    monkeypatch.setattr(unspent, "_ALL", Sql(text.format(only="")))
    only = " AND w.owner_id IN (SELECT value FROM json_each(:owners))"
    monkeypatch.setattr(unspent, "_SOME", {"sqlite": Sql(text.format(only=only))})

    with closing(Database(sqlite_url)) as db, pytest.raises((AssertionError, GuardMissedError)):
        histories(db, 40, "by month, two notices", seed=11, days=240)
