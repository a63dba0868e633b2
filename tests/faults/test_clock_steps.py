"""A server whose clock jumps, also backwards, also between the steps of a night: no entry falls between two nights."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest

from ledger.database import Database
from ledger.errors import Refusal
from ledger.token_keys import KeyClass
from pos.checkout import check_out
from pos.refunds import refund
from settlement.night import run_night
from tests.support.invariants import check_invariants
from tests.support.town import HERE, ZONE, Town, build_town, moment

pytestmark = pytest.mark.slow

DAY_S = 86_400
FIRST = moment("2026-03-02 09:00")
LAST_NIGHT = moment("2026-04-20 02:00")


class Told(NamedTuple):
    """A wandering clock's town, what it answered, and when each night ended."""

    town: Town
    said: Counter[str]
    cuts: list[int]


@pytest.mark.parametrize("number", range(3))
def test_no_offset_falls_between_two_nights_when_the_clock_jumps(db: Database, number: int) -> None:
    told = live(db, events=120)

    settle_everything(told.town)

    check_invariants(db.engine)
    assert left_out(db) == []
    assert told.said["sold"] > 10
    assert number >= 0


@pytest.mark.proof
@pytest.mark.timeout(3_600)
def test_no_offset_falls_between_two_nights_in_a_long_life(db: Database) -> None:
    told = live(db, events=4_000)

    settle_everything(told.town)

    check_invariants(db.engine)
    assert left_out(db) == []


def test_nights_that_went_by_the_clock_would_leave_offsets_out(db: Database) -> None:
    """The control: what a night by recorded time would cover, in the same kind of life."""
    told = live(db, events=200, seed=4)

    with db.engine.connect() as connection:
        times = connection.exec_driver_sql(
            "SELECT x.recorded_at, l.leaf_index FROM offset_booked o JOIN txn x"
            " ON x.txn_id = o.txn_id LEFT JOIN leaf l ON l.entry_id = x.txn_id"
        ).all()
        ends = connection.exec_driver_sql("SELECT end_leaf FROM night_run ORDER BY run_no").all()
    nights = list(zip(told.cuts, (row.end_leaf for row in ends), strict=True))
    missed = 0
    for recorded_at, leaf in times:
        by_order = _first(leaf is not None and leaf < end for _, end in nights)
        by_clock = _first(recorded_at < cut for cut, _ in nights)
        # It came after the night that the clock would have put it in.
        missed += by_clock is not None and (by_order is None or by_order > by_clock)

    assert missed


def _first(held: Iterable[bool]) -> int | None:
    return next((n for n, holds in enumerate(held) if holds), None)


def live(db: Database, *, events: int, seed: int | None = None) -> Told:
    """Sales, refunds and nights under a clock that steps up to three days either way."""
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    print(f"seed {seed}")  # noqa: T201 - shown where the run fails
    chance = random.Random(seed)
    # Printed cards: their key lasts, however far the clock wanders.
    town = build_town(
        db,
        people=6,
        shops=2,
        grant_units=500_000,
        at=FIRST,
        pin_above_units_card=10**6,
        day_units_card=10**6,
        card_pause_s=0,
    )
    town.at = FIRST
    told = Told(town, Counter(), [])
    sold: list[str] = []
    for _ in range(events):
        town.later(chance.randrange(30, 7_200))
        if chance.random() < 0.15:
            town.later(chance.randrange(-3 * DAY_S, 3 * DAY_S))
            told.said["clock stepped"] += 1
        told.said[_act(told, sold, chance)] += 1
    return told


def _act(told: Told, sold: list[str], chance: random.Random) -> str:
    town, what = told.town, chance.random()
    try:
        if what < 0.65:
            person, till = chance.randrange(6) + 1, chance.randrange(2)
            offset = chance.choice((0, 2_000, 4_000))
            card = town.code(person, KeyClass.CARD)
            total = chance.randrange(2_000, 9_000)
            sale = town.sale(person, total, offset, till=till, token=card)
            check_out(town.desk, sale, at=town.at)
            sold.append(sale.ref)
            return "sold"
        if what < 0.8 and sold:
            ref = chance.choice(sold)
            till = 0 if ref.startswith(town.tills[0].code) else 1
            refund(town.desk, town.refund(ref, chance.randrange(100, 1_500), till=till), at=town.at)
            return "refunded"
        run_night(town.db, HERE, _yesterday(town), at=town.at)
        # Run again for the same day it changes nothing; only a new run has a cut of its own.
        if len(told.cuts) < _runs(town.db):
            told.cuts.append(town.at)
    except Refusal as refusal:
        if len(told.cuts) < _runs(town.db):
            told.cuts.append(town.at)
        return refusal.code
    return "night"


def _runs(db: Database) -> int:
    with db.engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM night_run").scalar_one())


def _yesterday(town: Town) -> int:
    local = datetime.fromtimestamp(town.at / 1_000_000, ZONE) - timedelta(days=1)
    return local.year * 10_000 + local.month * 100 + local.day


def settle_everything(town: Town) -> None:
    """The clock is put right, two days after anything it ever said; one last night covers all there is."""
    with town.db.engine.connect() as connection:
        latest = connection.exec_driver_sql("SELECT max(recorded_at) FROM txn").scalar_one()
    town.at = max(LAST_NIGHT, int(latest) + 2 * DAY_S * 1_000_000)
    assert run_night(town.db, HERE, _yesterday(town), at=town.at).state == "locked"


def left_out(db: Database) -> list[object]:
    """Offsets in no night's range, or in two."""
    with db.engine.connect() as connection:
        return list(
            connection.exec_driver_sql(
                "SELECT o.ref, count(r.run_no) FROM offset_booked o LEFT JOIN leaf l"
                " ON l.community_id = o.community_id AND l.entry_id = o.txn_id LEFT JOIN night_run r"
                " ON r.community_id = l.community_id AND l.leaf_index >= r.first_leaf"
                " AND l.leaf_index < r.end_leaf GROUP BY o.ref HAVING count(r.run_no) <> 1"
            )
        )
