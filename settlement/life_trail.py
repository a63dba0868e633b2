"""The trail of a day's or a month's states: each with its time, who or what led there, and a failure's step and row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from ledger.audit import SYSTEM, By
from ledger.errors import GuardMissedError, Refusal
from ledger.sql import Sql, Tx

FAILED: Final = "failed"

_COLUMNS: Final = "state, failed_step, reason, row_key, by_kind, by_id, at"
_TRAIL: Final = Sql(
    f"SELECT {_COLUMNS} FROM life_step WHERE community_id = :community_id AND subject = :subject"
    " AND claimant_id = :claimant_id AND period = :period ORDER BY step_no"
)
_LAST: Final = Sql(
    f"SELECT step_no, {_COLUMNS} FROM life_step WHERE community_id = :community_id"
    " AND subject = :subject AND claimant_id = :claimant_id AND period = :period"
    " ORDER BY step_no DESC LIMIT 1"
)
_KEEP: Final = Sql(
    f"INSERT INTO life_step (community_id, subject, claimant_id, period, step_no, {_COLUMNS})"
    " VALUES (:community_id, :subject, :claimant_id, :period, :step_no, :state, :failed_step,"
    " :reason, :row_key, :by_kind, :by_id, :at) ON CONFLICT DO NOTHING"
)


class Subject(NamedTuple):
    """Whose trail it is: a day's, a month's close, or one shop's month; `period` is yyyymmdd or yyyymm."""

    community_id: int
    subject: Literal["day", "close", "month"]
    period: int
    claimant_id: int = 0


class LifeStep(NamedTuple):
    """One state something came to; `failed_step`, `reason` and `row_key` say where and why it failed, '' otherwise."""

    state: str
    failed_step: str
    reason: str
    row_key: str
    by_kind: str
    by_id: int
    at: int


class Fault(NamedTuple):
    """At which step something failed, why (a code, never anybody's words), and in which row."""

    step: str
    reason: str
    row: str = ""


def trail_of(tx: Tx, subject: Subject) -> list[LifeStep]:
    """Every state it came to, in order; empty where it began before trails were kept, or has not begun."""
    return [LifeStep(*row) for row in tx.all(_TRAIL, **subject._asdict())]


def note_state(
    tx: Tx,
    subject: Subject,
    state: str,
    *,
    at: int,
    by: By = SYSTEM,
    reason: str = "",
    row: str = "",
) -> None:
    """Keep the state something came to, with what led there; where it stands there already nothing is kept.

    Raises GuardMissedError where another transaction kept one meanwhile.
    """
    _note(tx, subject, LifeStep(state, "", reason, row, by.kind, by.id, at))


def note_failure(tx: Tx, subject: Subject, fault: Fault, *, at: int, by: By = SYSTEM) -> None:
    """Keep that a step failed; the same failure again is kept once.

    Raises GuardMissedError where another transaction kept a state meanwhile.
    """
    _note(tx, subject, LifeStep(FAILED, *fault, by.kind, by.id, at))


def keep_beside(error: Exception, keep: Callable[[], None]) -> None:
    """Keep the failure `error`; where even that fails, `error` says so too, and stays the one the caller hears of."""
    try:
        keep()
    except Exception as second:  # noqa: BLE001 - told beside the first, which matters more
        error.add_note(f"This failure could not be kept: {problem_of(second)}")


def last_step(tx: Tx, subject: Subject) -> LifeStep | None:
    """The state it came to last."""
    row = tx.find(_LAST, **subject._asdict())
    return None if row is None else LifeStep(*row[1:])


def problem_of(error: Exception) -> str:
    """What went wrong, without anybody's words in it: a refusal's code or the error's name."""
    return error.code if isinstance(error, Refusal) else type(error).__name__


def _note(tx: Tx, subject: Subject, step: LifeStep) -> None:
    last = tx.find(_LAST, **subject._asdict())
    if last is not None and tuple(last[1:5]) == step[:4]:
        return
    if last is not None and step.state != FAILED and last.state == step.state:
        return
    number = 1 if last is None else last.step_no + 1
    if tx.run(_KEEP, **subject._asdict(), step_no=number, **step._asdict()) != 1:
        raise GuardMissedError("life_step")
