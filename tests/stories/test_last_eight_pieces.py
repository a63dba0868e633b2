"""Fifty people order the last eight bags at once: eight have one, the others are told, and the counter serves on."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Final

import pytest

from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.errors import Refusal
from ledger.stock import holds
from ledger.stock.goods import get_good
from ledger.stock.holds import ORDER, Wanted
from settlement.night import run_night
from tests.support.invariants import check_invariants
from tests.support.races import run_processes, without
from tests.support.shelf import EGGS, count_shelf, flags_of, hand_over, post_count, shelve
from tests.support.town import HERE, Town, build_town, moment

PROCESSES: Final = 10
EACH: Final = 5
HOUR: Final = 3_600 * SECOND_US

pytestmark = pytest.mark.slow


def opened(url: str) -> tuple[Town, int]:
    """A town with eight bags of eggs on its shelf; the connection is closed again."""
    db = Database(url)
    town = build_town(db, people=2, grant_units=200_000)
    good_id = shelve(town, EGGS)
    db.close()
    return town, good_id


def order_everywhere(town: Town, url: str, good_id: int) -> Counter[tuple[str, int]]:
    """Fifty writers, each orders one bag under a request id of its own: what they were told, with what is left."""

    def ordered(db: Database, number: int) -> tuple[str, int]:
        try:
            holds.hold(
                db, HERE, f"order-{number}", [Wanted(good_id, 1)], purpose=ORDER, person_id=number,
                at=town.at, expires_at=town.at + 48 * HOUR,
            )  # fmt: skip
        except Refusal as refusal:
            return refusal.code, int(str(refusal.facts["left"]))
        return "done", 0

    def job(process: int) -> list[tuple[str, int]]:
        db = Database(url)
        said: list[tuple[str, int]] = []
        writers = [
            threading.Thread(target=lambda n=n: said.append(ordered(db, process * EACH + n)))
            for n in range(EACH)
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        db.close()
        return said

    return Counter(one for some in run_processes(PROCESSES, job) for one in some)


def free_and_held(url: str, good_id: int) -> tuple[int, int]:
    db = Database(url)
    with db.read() as tx:
        good = get_good(tx, HERE, good_id)
    db.close()
    return int(good.stock - good.held), int(good.held)


def test_eight_of_fifty_have_one_and_the_counter_still_serves(engine_url: str) -> None:
    town, good_id = opened(engine_url)
    said = order_everywhere(town, engine_url, good_id)

    assert said == {("done", 0): 8, ("stock_short", 0): 42}
    assert free_and_held(engine_url, good_id) == (0, 8)

    # Somebody stands at the counter with a bag in the hand: served, and the shelf is flagged for a count.
    db = Database(engine_url)
    town.db = town.desk.db = db
    slip = hand_over(town, good_id)
    assert slip["units"] == 25_000
    assert flags_of(db, good_id) == [(7, False)]

    post_count(town, count_shelf(town, good_id, 8, "多一袋，入库漏登"))
    assert flags_of(db, good_id) == [(7, True)]
    check_invariants(db.engine)
    night = run_night(db, HERE, town.day, at=moment("2026-03-03 02:00"))
    assert (night.state, night.codes) == ("locked", ())
    db.close()


def test_without_the_guard_the_same_rush_sells_bags_nobody_has(
    engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, good_id = opened(engine_url)
    guard = " AND stock - held >= :quantity"
    monkeypatch.setattr(holds, "_ASIDE", without(holds._ASIDE, guard))

    said = order_everywhere(town, engine_url, good_id)

    assert said == {("done", 0): 50}
    assert free_and_held(engine_url, good_id) == (-42, 50)
