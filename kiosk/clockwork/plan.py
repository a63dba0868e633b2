"""What a community's clockwork still has to do, and how each step stands, by the book's own states and the record.

A night that somebody ran by hand is as done as one of the clockwork, so the book's last locked day counts, and its last
closed month.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from kiosk.clockwork import record
from kiosk.clockwork.rules import Due, Step, due_times, is_overdue, next_due
from ledger.book.day import first_locked, last_locked
from ledger.book.period import last_closed
from ledger.members.communities import get_community
from ledger.sql import Tx

_DAYS: Final = 100
_NEVER: Final = 999_912


class Standing(NamedTuple):
    """One step as it stands: `late` | `failed` | `running` | `waiting` (due, not begun) | `good`."""

    step: Step
    state: str
    last_done: int | None
    open: tuple[Due, ...]
    run: record.Run | None
    next: Due


def open_runs(
    tx: Tx, community_id: int, timetable: tuple[Step, ...], *, now: int
) -> list[tuple[Step, Due]]:
    """Every run that was due by `now` and is not done, the oldest due time first, then in the timetable's order."""
    here = get_community(tx, community_id)
    done = _begun(tx, community_id)
    found: list[tuple[Step, Due]] = []
    for step in timetable:
        first = _first_month(tx, community_id) if step.covers == "month_before" else 0
        times = due_times(
            step,
            after=done.get(step.name),
            first=first,
            now=now,
            zone=here.timezone,
            since=here.opened_at,
        )
        found.extend((step, due) for due in times)
    return sorted(found, key=lambda one: one[1].due_at)


def left_over(tx: Tx, community_id: int, timetable: tuple[Step, ...]) -> list[tuple[Step, Due]]:
    """Nights and months whose run broke off after the lock: what comes behind it (the watch, the seal) is still to do.

    They hold nothing up: the days after them are settled in any case.
    """
    steps = {step.name: step for step in timetable}
    return [
        (steps[run.step], Due(run.step, run.period, run.due_at))
        for run in record.left_over(tx, community_id)
        if run.step in steps
    ]


def is_blocked(due: Due, step: Step, still_open: list[tuple[Step, Due]]) -> bool:
    """Whether an older run of the same step, or one of the steps it comes after, is still open."""
    before = {step.name, *step.after}
    return any(other.name in before and one.due_at < due.due_at for other, one in still_open)


def standings(
    tx: Tx, community_id: int, timetable: tuple[Step, ...], *, now: int
) -> list[Standing]:
    """How each step stands at `now`: what the office's calendar and the watchdog say."""
    zone = get_community(tx, community_id).timezone
    done = _done(tx, community_id)
    still_open = left_over(tx, community_id, timetable)
    still_open += open_runs(tx, community_id, timetable, now=now)
    found = []
    for step in timetable:
        mine = tuple(due for other, due in still_open if other.name == step.name)
        run = record.find_run(tx, community_id, step.name, mine[0].period) if mine else None
        found.append(
            Standing(
                step,
                _state(step, mine, run, now),
                done.get(step.name),
                mine,
                run,
                next_due(step, now, zone),
            )
        )
    return found


def count_late(tx: Tx, community_id: int, timetable: tuple[Step, ...], *, now: int) -> int:
    """How many steps are overdue, for the menu and the first page; none where no clockwork ever ran here."""
    if not record.oldest(tx, community_id):
        return 0
    found = standings(tx, community_id, timetable, now=now)
    return sum(one.state == "late" for one in found)


def _state(step: Step, still_open: tuple[Due, ...], run: record.Run | None, now: int) -> str:
    if not still_open:
        return "good"
    if is_overdue(step, still_open[0].due_at, now):
        return "late"
    if run is None or run.state == "done" or (run.state == "running" and run.lease_until < now):
        return "waiting"
    return run.state


def _done(tx: Tx, community_id: int) -> dict[str, int]:
    """The newest period each step is done for, by whoever did it."""
    done = record.last_done(tx, community_id)
    for name, in_book in (
        ("night", last_locked(tx, community_id)),
        ("month", last_closed(tx, community_id)),
    ):
        # The book's word counts alone: a record of a night that the book does not have locked is worth nothing.
        done.pop(name, None)
        if in_book:
            done[name] = in_book
    return done


def _begun(tx: Tx, community_id: int) -> dict[str, int]:
    """The same; where nothing is done yet, just before the first run that anybody took.

    No month can be closed before the one before it, so months begin with the first there is anything in.
    """
    begun = {name: oldest - 1 for name, oldest in record.oldest(tx, community_id).items()}
    begun["month"] = _first_month(tx, community_id) - 1
    return {**begun, **_done(tx, community_id)}


def _first_month(tx: Tx, community_id: int) -> int:
    """The first month there is anything to close in: the one of the first locked night."""
    locked = first_locked(tx, community_id)
    return locked // _DAYS if locked else _NEVER
