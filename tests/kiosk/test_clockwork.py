"""The clockwork by itself: a week with the machine off, a kill in a night, two servers, a step that fails."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kiosk.clockwork import night, record
from kiosk.clockwork.night import close_day
from kiosk.clockwork.plan import standings
from kiosk.clockwork.rules import read_timetable
from kiosk.clockwork.run import Clockwork
from kiosk.clockwork.steps import WORK, StillOpenError
from kiosk.config import settings_from
from kiosk.opened import Opened
from ledger.book.day import last_locked
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql
from settlement.claims import file_daybook
from settlement.night_result import read_result
from settlement.watch_run import watch_day
from tests.support.night_plant import (
    HOUR,
    Planter,
    book,
    daybook,
    midnight,
    reserve_cover,
)
from tests.support.town import HERE, START, Town, build_town, moment

MINUTE = 60_000_000
_OPENED = Sql("UPDATE community SET opened_at = :at WHERE community_id = :community_id")


class Killed(BaseException):
    """The machine went off here: nothing after it ran."""


class Bench:
    """A town, its server as a command sees it, and a clock the test sets."""

    def __init__(self, town: Town, folder: Path) -> None:
        """The clock starts where the town's does."""
        self.town, self.at = town, START
        settings = settings_from({"data_dir": str(folder)})
        self.server = Opened(settings, town.db, town.vault, town.desk)

    def clockwork(self, work: dict[str, Any] | None = None) -> Clockwork:
        """A worker over the town's database, some steps replaced."""
        return Clockwork(self.server, now=lambda: self.at, work={**WORK, **(work or {})})

    def tick(self, text: str, work: dict[str, Any] | None = None) -> list[tuple[str, int, str]]:
        """What a fresh worker does at `2026-03-03 05:00`: step, period, state."""
        self.at = moment(text)
        return [(one.due.step, one.due.period, one.state) for one in self.clockwork(work).tick()]

    def state(self, step: str) -> tuple[str, list[int], str]:
        """How a step stands: state, open periods, problem."""
        with self.town.db.read() as tx:
            [one] = [
                one
                for one in standings(tx, HERE, read_timetable(), now=self.at)
                if one.step.name == step
            ]
        problem = one.run.problem if one.run else ""
        return one.state, [due.period for due in one.open], problem

    def locked(self) -> int:
        """The last locked day."""
        with self.town.db.read() as tx:
            return last_locked(tx, HERE)


@pytest.fixture
def bench(db: Database, tmp_path: Path) -> Bench:
    """Three shops that sold on two days; the community opened with the first."""
    town = build_town(db, people=1, shops=3, fund_fen=100_000_000)
    town.grant(1, 10**12)
    reserve_cover(town, 10_000_000)
    db.write(lambda tx: tx.run(_OPENED, community_id=HERE, at=START))
    planter = Planter(town.tills, 11)
    for number, day in enumerate((20260302, 20260304), start=1):
        planned = planter.plain(day, 4)
        book(town, planned.booked)
        for till in town.tills:
            lines = planned.filed.get(till.code, [])
            sent = daybook(day, number, lines)
            file_daybook(db, HERE, till.terminal_id, sent, at=midnight(day) + 22 * HOUR)
    return Bench(town, tmp_path)


DAILY = ("notices", "expiry", "night", "keys", "silence")


def one_day(day: int, night: int) -> list[tuple[str, int, str]]:
    return [(step, night if step == "night" else day, "done") for step in DAILY]


def test_a_week_with_the_machine_off_for_two_days_loses_no_night(bench: Bench) -> None:
    assert bench.tick("2026-03-02 12:00") == []  # the community opened this morning
    assert bench.tick("2026-03-03 01:00") == one_day(20260303, 20260302)[:2]
    assert bench.tick("2026-03-03 05:00") == one_day(20260303, 20260302)[2:]
    assert bench.tick("2026-03-03 23:00") == []
    # Off through the nights of the 3rd and 4th; back on the 5th in the afternoon.
    assert bench.tick("2026-03-05 15:00") == [
        ("night", 20260303, "done"),
        ("notices", 20260305, "done"),
        ("expiry", 20260305, "done"),
        ("night", 20260304, "done"),
        ("keys", 20260305, "done"),
        ("silence", 20260305, "done"),
    ]
    for day in (6, 7, 8, 9):
        assert bench.tick(f"2026-03-0{day} 05:00") == one_day(20260300 + day, 20260299 + day)
    assert bench.locked() == 20260308
    assert {bench.state(step.name)[0] for step in read_timetable()} == {"good"}
    with bench.town.db.read() as tx:
        assert read_result(tx, HERE, 20260304).settled_fen > 0
        assert record.last_done(tx, HERE)["night"] == 20260308


def test_a_month_is_closed_after_its_last_night_and_each_night_before_it(bench: Bench) -> None:
    bench.tick("2026-03-03 05:00")
    ran = bench.tick("2026-04-01 05:00")
    nights = [period for step, period, _ in ran if step == "night"]
    assert nights == list(range(20260303, 20260332))
    assert ran[-1] == ("month", 202603, "done")
    assert {state for _, _, state in ran} == {"done"}
    assert bench.tick("2026-04-01 05:29") == []


def test_the_reports_of_a_closed_month_are_written_by_themselves_and_made_up_for(
    bench: Bench,
) -> None:
    bench.tick("2026-03-03 05:00")
    folder = bench.server.settings.data_dir / "reports" / "CA01"

    def full(*_: object) -> dict[str, Any]:
        raise OSError(28, "No space left on device")

    # The machine was off at half past five; the disk is full at first, and tried again a minute later.
    assert bench.tick("2026-04-01 09:00", {"reports": full})[-1] == ("reports", 202603, "failed")
    assert bench.state("reports")[2] == "OSError"
    assert bench.tick("2026-04-01 09:02") == [("reports", 202603, "done")]

    month = {path.name for path in (folder / "202603").iterdir()}
    assert {f"month.{kind}" for kind in ("csv", "xlsx", "pdf", "json")} < month
    assert {f"statement-M0{shop}-0001.pdf" for shop in (1, 2, 3)} < month
    assert "period.pdf" in {path.name for path in (folder / "2026Q1").iterdir()}
    assert not (folder / "2026").exists()
    assert not [path for path in folder.rglob(".*") if path.is_file()]
    assert bench.state("reports") == ("good", [], "")
    assert bench.tick("2026-04-01 23:00") == []


def test_months_that_nobody_closed_before_the_clockwork_came_are_closed_in_order(
    bench: Bench,
) -> None:
    for day, at in ((20260302, "2026-03-03 00:10"), (20260429, "2026-04-30 00:10")):
        close_day(bench.server, HERE, day, at=moment(at))

    ran = bench.tick("2026-05-01 05:00")
    assert [run for run in ran if run[0] == "month"] == [
        ("month", 202603, "done"),
        ("month", 202604, "done"),
    ]
    assert bench.state("month") == ("good", [], "")


def killing(step: str) -> Callable[..., dict[str, Any]]:
    """The night, with the machine gone after one of its steps."""

    def broken(server: Opened, here: int, day: int, at: int) -> dict[str, Any]:
        def after_step(done: str) -> None:
            if done == step:
                raise Killed

        close_day(server, here, day, at=at, after_step=after_step)
        return {}

    return broken


@pytest.mark.parametrize("step", ["sealed", "matched", "settled"])
def test_a_night_that_was_killed_is_gone_on_with_by_the_next_worker(
    bench: Bench, step: str
) -> None:
    with pytest.raises(Killed):
        bench.tick("2026-03-03 05:00", {"night": killing(step)})
    assert bench.locked() == 0
    assert "night" not in [ran for ran, _, _ in bench.tick("2026-03-03 05:01")]
    assert bench.tick("2026-03-03 05:04") == [("night", 20260302, "done")]
    assert bench.locked() == 20260302


def watching(monkeypatch: pytest.MonkeyPatch, fails: int = 0) -> list[int]:
    """The days the watch went over; its first `fails` looks end in an error."""
    seen: list[int] = []

    def look(db: Database, here: int, day: int, *, at: int) -> int:
        seen.append(day)
        if len(seen) <= fails:
            raise RuntimeError
        return watch_day(db, here, day, at=at)

    monkeypatch.setattr(night, "watch_day", look)
    return seen


def test_what_comes_behind_the_lock_is_done_after_a_kill_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = watching(monkeypatch)
    with pytest.raises(Killed):
        bench.tick("2026-03-03 02:00", {"night": killing("locked")})
    assert (bench.locked(), seen) == (20260302, [])
    bench.tick("2026-03-03 02:01")
    assert bench.state("night")[:2] == ("running", [20260302])

    assert ("night", 20260302, "done") in bench.tick("2026-03-03 02:04")
    assert bench.state("night") == ("good", [], "")
    bench.tick("2026-03-03 06:00")
    assert seen == [20260302]


def test_a_watch_that_fails_is_seen_tried_again_and_holds_no_other_night_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = watching(monkeypatch, fails=2)
    assert ("night", 20260302, "failed") in bench.tick("2026-03-03 02:00")
    assert bench.state("night") == ("failed", [20260302], "RuntimeError")

    bench.tick("2026-03-04 02:00")
    assert bench.locked() == 20260303
    bench.tick("2026-03-04 03:00")
    assert seen == [20260302, 20260302, 20260303, 20260302]
    assert bench.state("night") == ("good", [], "")


def test_without_the_end_of_a_hold_a_killed_night_would_stand_for_ever(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = "  OR (state = 'running' AND lease_until <= :at)"
    never = record._TAKE.text.replace(ends.strip(), "OR 1 = 0")
    assert never != record._TAKE.text
    monkeypatch.setattr(record, "_TAKE", Sql(never))
    with pytest.raises(Killed):
        bench.tick("2026-03-03 05:00", {"night": killing("matched")})
    bench.tick("2026-03-03 09:00")
    assert bench.locked() == 0
    assert bench.state("night")[:2] == ("late", [20260302])


@pytest.fixture
def second(engine_url: str, bench: Bench) -> Iterator[Opened]:
    """Another server over the same database."""
    with closing(Database(engine_url)) as db:
        yield Opened(bench.server.settings, db, bench.town.vault, bench.town.desk)


def both_tick(bench: Bench, second: Opened, work: dict[str, Any]) -> None:
    def run(server: Opened) -> None:
        Clockwork(server, now=lambda: bench.at, work=work).tick()

    threads = [threading.Thread(target=run, args=(one,)) for one in (bench.server, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def counting(done: Counter[tuple[str, int]], meet: threading.Barrier | None) -> dict[str, Any]:
    lock = threading.Lock()

    def work(name: str) -> Callable[..., dict[str, Any]]:
        def do(_server: Opened, _here: int, period: int, _at: int) -> dict[str, Any]:
            with lock:
                done[(name, period)] += 1
            if meet:
                meet.wait(timeout=30)
            return {"did": name}

        return do

    return {name: work(name) for name in WORK}


def test_two_servers_on_one_database_do_each_step_once(bench: Bench, second: Opened) -> None:
    bench.at = moment("2026-03-03 05:00")
    done: Counter[tuple[str, int]] = Counter()
    both_tick(bench, second, counting(done, None))
    assert set(done.values()) == {1}
    assert {name for name, _ in done} == set(DAILY)


def test_without_taking_a_run_two_servers_would_do_it_twice(
    bench: Bench, second: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(*args: Any, **facts: Any) -> bool:
        taken(*args, **facts)
        return True

    taken = record.take
    monkeypatch.setattr(record, "take", take)
    bench.at = moment("2026-03-03 00:45")  # one step alone is due
    done: Counter[tuple[str, int]] = Counter()
    both_tick(bench, second, counting(done, threading.Barrier(2)))
    assert done == {("notices", 20260303): 2}


def test_a_failed_step_rests_longer_each_time_holds_up_its_followers_alone_and_turns_red(
    bench: Bench,
) -> None:
    def broken(*_: object) -> dict[str, Any]:
        raise StillOpenError("audit_failed")

    first = bench.tick("2026-03-03 05:00", {"night": broken})
    assert ("night", 20260302, "failed") in first
    assert ("silence", 20260303, "done") in first  # whoever need not wait for it goes on
    assert bench.state("night") == ("failed", [20260302], "night_audit_failed")
    assert bench.tick("2026-03-03 05:00", {"night": broken}) == []
    assert bench.tick("2026-03-03 05:01", {"night": broken}) != []
    assert bench.tick("2026-03-03 05:02", {"night": broken}) == []  # two minutes now
    assert bench.tick("2026-03-03 05:03", {"night": broken}) != []
    assert bench.tick("2026-03-03 05:06", {"night": broken}) == []  # four
    bench.tick("2026-03-03 06:00", {"night": broken})
    assert bench.state("night") == ("late", [20260302], "night_audit_failed")
    later = bench.tick("2026-03-04 05:00", {"night": broken})
    assert [run for run in later if run[0] == "night"] == [("night", 20260302, "failed")]
    assert bench.state("night")[1] == [20260302, 20260303]

    with bench.town.db.read() as tx:
        assert record.find_run(tx, HERE, "night", 20260303) is None
    bench.town.db.write(lambda tx: record.try_again(tx, HERE, "night", 20260302, at=bench.at))
    assert bench.tick("2026-03-04 05:00") == [
        ("night", 20260302, "done"),
        ("night", 20260303, "done"),
    ]
    assert bench.state("night") == ("good", [], "")


def test_what_goes_wrong_is_kept_by_its_code_alone(bench: Bench) -> None:
    def refused(*_: object) -> dict[str, Any]:
        raise Refusal("fund_empty")

    def broken(*_: object) -> dict[str, Any]:
        message = "王桂兰 13800001111"
        raise RuntimeError(message)

    bench.tick("2026-03-03 01:00", {"notices": refused})
    assert bench.state("notices") == ("failed", [20260303], "fund_empty")
    assert bench.state("expiry")[0] == "waiting"  # it comes after the notices
    bench.tick("2026-03-03 01:02", {"notices": broken})
    assert bench.state("notices") == ("failed", [20260303], "RuntimeError")


def test_the_same_run_gives_the_same_answer_and_a_lost_one_writes_nothing(bench: Bench) -> None:
    bench.at = moment("2026-03-03 05:00")
    answers = iter([{"n": 1}, {"n": 2}])
    worker = bench.clockwork({"silence": lambda *_: next(answers)})
    [due] = [one.due for one in worker.tick() if one.due.step == "silence"]
    again = bench.clockwork({"silence": lambda *_: next(answers)}).do(HERE, due)
    assert again is not None
    assert (again.state, again.answer) == ("done", {"n": 1})

    key = (HERE, "keys", 20260304)
    db = bench.town.db
    assert db.write(lambda tx: record.take(tx, *key, due_at=1, worker="a", at=bench.at))
    late = bench.at + record.LEASE_US
    assert db.write(lambda tx: record.take(tx, *key, due_at=1, worker="b", at=late))
    assert not db.write(lambda tx: record.renew(tx, *key, worker="a", at=late))
    assert not db.write(lambda tx: record.end_well(tx, *key, worker="a", answer={"n": 9}, at=late))
    assert db.write(lambda tx: record.end_well(tx, *key, worker="b", answer={"n": 3}, at=late))
    with db.read() as tx:
        run = record.find_run(tx, *key)
    assert run is not None
    assert (run.state, run.answer, run.tries) == ("done", {"n": 3}, 2)


def test_a_night_that_a_person_ran_counts_as_done(bench: Bench) -> None:
    close_day(bench.server, HERE, 20260302, at=moment("2026-03-03 00:10"))
    assert "night" not in [step for step, _, _ in bench.tick("2026-03-03 05:00")]
    assert bench.state("night")[0] == "good"
