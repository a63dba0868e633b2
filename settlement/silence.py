"""What the calendar does by itself: silence accepts statements, unanswered questions go on, rulings become final."""

from __future__ import annotations

from typing import NamedTuple

from ledger.database import Database
from ledger.errors import Refusal
from settlement.closing import accept_silent
from settlement.disputes import end_overdue
from settlement.month_trail import keep_all_months


class Silence(NamedTuple):
    """How many statements were accepted by silence, and how many disputed lines moved on.

    `is_waiting`: statements are due and wait for a night that is not finished.
    """

    accepted: int
    lines: int
    is_waiting: bool = False


def let_days_count(db: Database, community_id: int, *, at: int) -> Silence:
    """Draw the consequences of the days that have passed until `at`; run again it changes nothing.

    While a night is unfinished statements wait, and whoever asked has to ask again: the answer says so.
    """
    accepted, is_waiting = 0, False
    try:
        accepted = len(accept_silent(db, community_id, at=at))
    except Refusal as refusal:
        if refusal.code != "night_unfinished":
            raise
        is_waiting = True
    lines = end_overdue(db, community_id, at=at)
    keep_all_months(db, community_id, at=at)
    return Silence(accepted, lines, is_waiting)
