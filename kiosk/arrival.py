"""When a shop can expect its money."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from ledger.earning.calendar import day_from_key
from ledger.earning.due_dates import next_due
from ledger.earning.working_days import working_days_cn
from ledger.members.terms import Terms

_TO_SEND: Final = 2
"""Working days between a statement's acceptance and the bank."""


def arrives_on(terms: Terms, day: int) -> date:
    """The day money can be expected, asked on business date `day` (yyyymmdd).

    That is after the next statement and the days a shop has to object.
    """
    calendar, today = working_days_cn(), day_from_key(day)
    statement = terms.scheme_on(day).calendar.statement
    due = next_due(statement, today) if statement is not None else None
    issued = due or today + timedelta(days=1)
    return calendar.add_working_days(issued, terms.settings.accept_days + _TO_SEND).day
