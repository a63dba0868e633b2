"""Every write and sync call of every posting: the process killed there, the disk full there, the disk broken there."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.database import Database
from tests.faults.syscalls import (
    FAULTS,
    HASTE_S,
    Bench,
    Flow,
    Place,
    channel_of,
    faults_after,
    places,
    state_of,
)
from tests.support.crash import HastyDatabase
from tests.support.engines import SqliteFiles
from tests.support.flows import FLOWS, flow_town

pytestmark = pytest.mark.slow

SAMPLE = 3
"""Places tried of each flow where not all are."""


class Hasty(HastyDatabase):
    """The control's database."""

    later_s = HASTE_S


class Prepared:
    """The database as it stands before a flow, what the flow leaves undisturbed, and its calls."""

    def __init__(self, bench: Bench, flow: Flow) -> None:
        """Run the flow once, undisturbed, and listen."""
        self.bench, self.flow = bench, flow
        clean = bench.run(flow, None)
        assert clean.acknowledged
        db = Database(f"sqlite:///{clean.path}")
        self.wanted = state_of(db.engine)
        db.close()
        self.places = list(places(clean.calls))

    def fault_at(self, place: Place) -> tuple[bool, list[str]]:
        """Whether the fault struck, and what was wrong afterwards."""
        outcome = self.bench.run(self.flow, place)
        return outcome.hit, faults_after(self.bench, self.flow, outcome, self.wanted)


def prepared(sqlite_files: SqliteFiles, folder: Path, names: set[str]) -> Iterator[Prepared]:
    """Each named flow in turn, on a book in which all earlier flows stand."""
    path = folder / "jifen.db"
    db = Database(sqlite_files.copy_to(path))
    bench = Bench(flow_town(db), path, folder)
    channel_of(path).touch()
    _write_back(db)
    for name, flow in FLOWS.items():
        if name in names:
            yield Prepared(bench, flow)
        # The undisturbed run once more; what it leaves is what the next flow finds.
        left = bench.run(flow, None).path
        _write_back(Database(f"sqlite:///{left}"))
        shutil.copyfile(left, path)
        shutil.copyfile(channel_of(left), channel_of(path))


def _write_back(db: Database) -> None:
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def try_places(one: Prepared, chosen: list[Place]) -> Counter[str]:
    """No fault at any of these places leaves anything wrong; counts those that struck."""
    struck: Counter[str] = Counter()
    for place in chosen:
        hit, wrong = one.fault_at(place)
        assert wrong == [], f"{one.flow.__name__}, {place}: {wrong}"
        struck[place.fault] += hit
    return struck


def test_a_fault_at_a_few_calls_of_each_posting_leaves_nothing_wrong(
    sqlite_files: SqliteFiles, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 - shown where the run fails
    chance = random.Random(seed)
    struck: Counter[str] = Counter()
    for one in prepared(sqlite_files, tmp_path, set(FLOWS)):
        struck += try_places(one, chance.sample(one.places, SAMPLE))

    assert set(struck) == set(FAULTS)


@pytest.mark.proof
@pytest.mark.timeout(7_200)
def test_a_fault_at_every_call_of_every_posting_leaves_nothing_wrong(
    sqlite_files: SqliteFiles, tmp_path: Path
) -> None:
    total: Counter[str] = Counter()
    for one in prepared(sqlite_files, tmp_path, set(FLOWS)):
        struck = try_places(one, one.places)
        print(f"{one.flow.__name__}: {len(one.places)} places, struck {dict(struck)}")  # noqa: T201
        # One place beyond the last call of each kind is tried too, and there nothing can strike.
        assert struck.total() >= len(one.places) - 3 * len({p.call for p in one.places})
        total += struck
    print(f"in all {dict(total)}, 0 wrong")  # noqa: T201 - the figure of the proof


@pytest.mark.parametrize("fault", FAULTS)
def test_a_database_that_answers_before_it_commits_is_found_out(
    sqlite_files: SqliteFiles, tmp_path: Path, fault: str
) -> None:
    """The control: the same faults under a database one step less careful."""
    one = next(prepared(sqlite_files, tmp_path, {"top_up"}))
    hasty = Prepared(replace(one.bench, open_database=Hasty), one.flow)
    hasty.wanted = one.wanted
    # From the last call back: the first ones belong to the opening of the file.
    late = [p for p in reversed(hasty.places) if p.fault == fault and p.call == "pwrite64"]

    assert any("acknowledged, and not there" in hasty.fault_at(place)[1] for place in late[::2])
