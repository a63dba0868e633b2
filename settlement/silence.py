"""What the calendar does by itself: silence accepts statements, unanswered questions go on, rulings become final."""

from __future__ import annotations

from typing import NamedTuple

from ledger.database import Database
from ledger.errors import Refusal
from settlement.closing import accept_silent
from settlement.disputes import end_overdue


class Silence(NamedTuple):
    """How many statements were accepted by silence, and how many disputed lines moved on."""

    accepted: int
    lines: int


def let_days_count(db: Database, community_id: int, *, at: int) -> Silence:
    """Draw the consequences of the days that have passed until `at`; run again it changes nothing.

    While a night is unfinished statements wait for the next time.
    """
    try:
        accepted = len(accept_silent(db, community_id, at=at))
    except Refusal as refusal:
        if refusal.code != "night_unfinished":
            raise
        accepted = 0
    return Silence(accepted, end_overdue(db, community_id, at=at))
