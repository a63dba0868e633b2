"""A night cut off between any two steps comes to the same digest; run twice, nothing changes."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql
from settlement.night import run_night, verify_night
from settlement.reckoning import Totals
from tests.settlement.test_four_nights import Crash, live, night_of, plan_days
from tests.support.engines import all_tables
from tests.support.night_plant import HOUR, Day, Planter, book, midnight, next_day, reserve_cover
from tests.support.town import HERE, Town, build_town


def few(db: Database) -> tuple[Town, Day]:
    """Three shops and one planted day, filed and waiting for its night."""
    town = build_town(db, people=1, shops=3, fund_fen=100_000_000)
    town.grant(1, 10**12)
    reserve_cover(town, 10_000_000)
    days = plan_days(town.tills, seed=42, days=2, per_day=30)
    live(town, days, 0)
    return town, days[0]


def rows_of_every_table(db: Database) -> dict[str, int]:
    counts = {}
    with db.read() as tx:
        for name in sorted(all_tables().tables):
            statement = Sql(f"SELECT count(*) AS n FROM {name} /* community_id */")
            counts[name] = int(tx.get(statement).n)
    return counts


def steps_of(town: Town, day: Day) -> list[str]:
    steps: list[str] = []
    night_of(town, day, after_step=steps.append)
    return steps


def crash_after(place: int) -> Callable[[str], None]:
    seen: list[str] = []

    def after_step(step: str) -> None:
        seen.append(step)
        if len(seen) > place:
            raise Crash(step)

    return after_step


def outcome(town: Town, day: Day) -> tuple[str, str, str, dict[int, Totals]]:
    result = night_of(town, day)
    return result.run_id, result.digest, result.state, result.totals


def test_killed_after_any_step_the_night_comes_out_the_same(
    sqlite_files, postgres_databases, tmp_path, engine_url
) -> None:
    town, day = few(Database(engine_url))
    steps = steps_of(town, day)
    whole = outcome(town, day)
    counts = rows_of_every_table(town.db)
    assert steps == ["sealed", "begun", "matched", "audited", "reviewed", "settled:1", "settled:2",
                     "settled:3", "settled", "audited", "passed", "locked"]  # fmt: skip
    sqlite = engine_url.startswith("sqlite")
    town.db.close()

    for place, step in enumerate(steps):
        if sqlite:
            again = Database(sqlite_files.copy_to(tmp_path / f"{place}.db"))
            assert _killed(again, place, step) == (whole, counts)
        else:
            with postgres_databases.fresh() as url:
                assert _killed(Database(url), place, step) == (whole, counts)


def _killed(db: Database, place: int, step: str):
    town, day = few(db)
    with pytest.raises(Crash, match=step):
        night_of(town, day, after_step=crash_after(place))
    result = outcome(town, day), rows_of_every_table(db)
    db.close()
    return result


def test_a_crash_inside_the_writing_of_findings_leaves_nothing_twice(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, day = few(db)
    with monkeypatch.context() as broken:

        def die(*_: object) -> None:
            raise Crash("half written")

        # The discrepancies are written; what makes them count is not.
        broken.setattr("settlement.night_store._write_rest", die)
        with pytest.raises(Crash):
            night_of(town, day)

    result = night_of(town, day)

    assert result.state == "locked"
    assert sum(total.count for total in result.codes) == len(day.truth)


def test_a_second_run_changes_no_row(db: Database) -> None:
    town, day = few(db)
    first = outcome(town, day)
    counts = rows_of_every_table(db)

    again = run_night(db, HERE, day.day, at=midnight(next_day(day.day)) + 30 * HOUR)

    assert (again.run_id, again.digest, again.state, again.totals) == first
    assert rows_of_every_table(db) == counts


def test_a_sale_that_comes_during_the_night_waits_for_the_next(db: Database) -> None:
    """The input is fixed by the second step: what comes later changes neither run nor digest."""
    town, day = few(db)
    with pytest.raises(Crash):
        night_of(town, day, after_step=crash_after(1))
    late = Planter(town.tills, seed=44).entry(day.day, town.tills[0], fen=700)
    book(town, [late])

    result = night_of(town, day)

    assert result.state == "locked"
    assert sum(total.booked_count for total in result.totals.values()) == len(day.booked) + 5
    assert verify_night(db, HERE, day.day)


def test_both_engines_come_to_the_same_digest(sqlite_url: str, postgres_url: str) -> None:
    digests = []
    for url in (sqlite_url, postgres_url):
        db = Database(url)
        town, day = few(db)
        result = night_of(town, day)
        digests.append((result.run_id, result.digest))
        db.close()

    assert digests[0] == digests[1]


def test_two_workers_at_once_close_the_day_once(db: Database) -> None:
    town, day = few(db)
    alone = len(day.truth)
    outcomes: list[str] = []

    def work() -> None:
        try:
            outcomes.append(night_of(town, day).state)
        except Refusal as refusal:
            outcomes.append(refusal.code)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    result = night_of(town, day)
    assert result.state == "locked"
    assert set(outcomes) <= {"locked", "busy_try_again"}
    assert sum(total.count for total in result.codes) == alone
    with db.read() as tx:
        settled = tx.get(
            Sql("SELECT count(*) AS n FROM txn WHERE community_id = :c AND kind = 'settle'"), c=HERE
        )
    assert settled.n == 3
    assert verify_night(db, HERE, day.day)
