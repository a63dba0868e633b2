"""The record of what the clockwork ran: one row for each run, taken by one worker at a time, its answer kept.

A worker takes a run for a few minutes and renews that while it works. Whoever was killed loses it, and the next worker
goes on; whoever lost it can no longer write its end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ledger.clock import SECOND_US
from ledger.sql import Row, Sql, Tx

LEASE_US: Final = 180 * SECOND_US
"""For how long a run is taken; a worker renews it three times as often."""

_INSERT: Final = Sql(
    "INSERT INTO clockwork_run (community_id, step, period, due_at, state, tries, worker, lease_until, started_at,"
    " ended_at, next_try_at, problem, answer) VALUES (:community_id, :step, :period, :due_at, 'running', 1, :worker,"
    " :lease_until, :at, NULL, NULL, '', '') ON CONFLICT (community_id, step, period) DO NOTHING"
)
_TAKE: Final = Sql(
    "UPDATE clockwork_run SET state = 'running', tries = tries + 1, worker = :worker, lease_until = :lease_until,"
    " started_at = :at, ended_at = NULL, next_try_at = NULL WHERE community_id = :community_id AND step = :step"
    " AND period = :period AND ((state = 'failed' AND next_try_at <= :at)"
    "  OR (state = 'running' AND lease_until <= :at))"
)
_RENEW: Final = Sql(
    "UPDATE clockwork_run SET lease_until = :lease_until WHERE community_id = :community_id AND step = :step"
    " AND period = :period AND state = 'running' AND worker = :worker"
)
_DONE: Final = Sql(
    "UPDATE clockwork_run SET state = 'done', ended_at = :at, problem = '', answer = :answer"
    " WHERE community_id = :community_id AND step = :step AND period = :period AND state = 'running'"
    " AND worker = :worker"
)
_FAILED: Final = Sql(
    "UPDATE clockwork_run SET state = 'failed', ended_at = :at, next_try_at = :next_try_at, problem = :problem"
    " WHERE community_id = :community_id AND step = :step AND period = :period AND state = 'running'"
    " AND worker = :worker"
)
_AGAIN: Final = Sql(
    "UPDATE clockwork_run SET next_try_at = :at WHERE community_id = :community_id AND step = :step"
    " AND period = :period AND state = 'failed'"
)
_COLUMNS: Final = "step, period, due_at, state, tries, lease_until, started_at, ended_at, next_try_at, problem, answer"
_R_COLUMNS: Final = ", ".join(f"r.{name}" for name in _COLUMNS.split(", "))
_ONE: Final = Sql(
    f"SELECT {_COLUMNS} FROM clockwork_run WHERE community_id = :community_id AND step = :step AND period = :period"
)
_RECENT: Final = Sql(
    f"SELECT {_COLUMNS} FROM clockwork_run WHERE community_id = :community_id ORDER BY due_at DESC, step LIMIT :most"
)
_LAST_DONE: Final = Sql(
    "SELECT step, max(period) AS period FROM clockwork_run WHERE community_id = :community_id AND state = 'done'"
    " GROUP BY step"
)
_OLDEST: Final = Sql(
    "SELECT step, min(period) AS period FROM clockwork_run WHERE community_id = :community_id GROUP BY step"
)
# The day is locked or the month closed, and what follows was not done: the run ended badly, or its worker is gone.
_LEFT_OVER: Final = Sql(
    f"SELECT {_R_COLUMNS} FROM clockwork_run r WHERE r.community_id = :community_id AND r.state <> 'done'"
    " AND ((r.step = 'night' AND EXISTS (SELECT 1 FROM night_run n WHERE n.community_id = r.community_id"
    "   AND n.business_date = r.period AND n.state = 'locked'))"
    "  OR (r.step = 'month' AND EXISTS (SELECT 1 FROM period p WHERE p.community_id = r.community_id"
    "   AND p.period_key = r.period AND p.state = 'closed'))) ORDER BY r.due_at"
)


class Run(NamedTuple):
    """One run of a step: `running`, `done` or `failed`; `problem` is a refusal's code or an error's name."""

    step: str
    period: int
    due_at: int
    state: str
    tries: int
    lease_until: int
    started_at: int
    ended_at: int | None
    next_try_at: int | None
    problem: str
    answer: dict[str, Any]


def take(
    tx: Tx, community_id: int, step: str, period: int, *, due_at: int, worker: str, at: int
) -> bool:
    """Take a run that nobody has, that failed and has rested, or whose worker is gone; False where it is not free."""
    here = {"community_id": community_id, "step": step, "period": period}
    mine = {"worker": worker, "lease_until": at + LEASE_US, "at": at}
    return bool(tx.run(_INSERT, **here, **mine, due_at=due_at) or tx.run(_TAKE, **here, **mine))


def renew(tx: Tx, community_id: int, step: str, period: int, *, worker: str, at: int) -> bool:
    """Hold on to a run; False where it was lost to another."""
    return bool(
        tx.run(
            _RENEW,
            community_id=community_id,
            step=step,
            period=period,
            worker=worker,
            lease_until=at + LEASE_US,
        )
    )


def end_well(
    tx: Tx,
    community_id: int,
    step: str,
    period: int,
    *,
    worker: str,
    answer: Mapping[str, Any],
    at: int,
) -> bool:
    """Write a run's answer; False where the run was lost to another, whose answer then counts."""
    return bool(
        tx.run(
            _DONE,
            community_id=community_id,
            step=step,
            period=period,
            worker=worker,
            answer=json.dumps(answer, ensure_ascii=False, sort_keys=True),
            at=at,
        )
    )


def end_badly(
    tx: Tx,
    community_id: int,
    step: str,
    period: int,
    *,
    worker: str,
    problem: str,
    next_try_at: int,
    at: int,
) -> bool:
    """Write what went wrong and when the next try is due; False where the run was lost to another."""
    return bool(
        tx.run(
            _FAILED,
            community_id=community_id,
            step=step,
            period=period,
            worker=worker,
            problem=problem,
            next_try_at=next_try_at,
            at=at,
        )
    )


def try_again(tx: Tx, community_id: int, step: str, period: int, *, at: int) -> bool:
    """Let a failed run be tried at once; False where it has not failed."""
    return bool(tx.run(_AGAIN, community_id=community_id, step=step, period=period, at=at))


def find_run(tx: Tx, community_id: int, step: str, period: int) -> Run | None:
    """One run, or None where nobody ever took it."""
    row = tx.find(_ONE, community_id=community_id, step=step, period=period)
    return None if row is None else _run(row)


def left_over(tx: Tx, community_id: int) -> list[Run]:
    """Nights whose day is locked and months that are closed, whose run did not get to its end; the oldest first."""
    return [_run(row) for row in tx.all(_LEFT_OVER, community_id=community_id)]


def recent(tx: Tx, community_id: int, *, most: int = 60) -> list[Run]:
    """The newest runs first."""
    return [_run(row) for row in tx.all(_RECENT, community_id=community_id, most=most)]


def last_done(tx: Tx, community_id: int) -> dict[str, int]:
    """The newest period each step was done for."""
    return {row.step: int(row.period) for row in tx.all(_LAST_DONE, community_id=community_id)}


def oldest(tx: Tx, community_id: int) -> dict[str, int]:
    """The first period of each step that anybody ever took."""
    return {row.step: int(row.period) for row in tx.all(_OLDEST, community_id=community_id)}


def _run(row: Row) -> Run:
    return Run(**{**row._asdict(), "answer": json.loads(row.answer) if row.answer else {}})
