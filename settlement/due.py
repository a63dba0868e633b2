"""The day by which a discrepancy wants an answer, in working days of its own verdict."""

from __future__ import annotations

from ledger.earning.calendar import day_from_key, day_key
from ledger.earning.working_days import working_days_cn
from settlement.handling import HANDLING, POOL_DAYS, WAIT_DAYS
from settlement.verdicts import Code


def due_on(day: int, code: Code) -> int:
    """The date (yyyymmdd) an answer is due for what the night of `day` found."""
    return after_working_days(day, HANDLING[code].answer_days)


def pooled_until(day: int, code: Code) -> int:
    """The last date (yyyymmdd) a claim of `day` waits for a till that may still send its sales."""
    return after_working_days(day, WAIT_DAYS.get(code, POOL_DAYS))


def after_working_days(day: int, count: int) -> int:
    """The `count`-th working day after a date, both yyyymmdd."""
    return day_key(working_days_cn().add_working_days(day_from_key(day), count).day)
