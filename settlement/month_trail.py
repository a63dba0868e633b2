"""What each act writes into the trails of shops' months, and a close into the month's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ledger.audit import SYSTEM, By
from ledger.book.period import find_period
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql, Tx
from settlement.life_trail import (
    FAILED,
    Fault,
    Subject,
    keep_beside,
    note_failure,
    note_state,
    problem_of,
    trail_of,
)
from settlement.lives import month_life
from settlement.month_life import CloseState, MonthState
from settlement.statements import Statement, get_statement

# What is over stays over, but for the newest ones: a payout may come back, and an older line may be ruled on.
_TO_FOLLOW: Final = Sql(
    "SELECT s.statement_id FROM statement s WHERE s.community_id = :community_id"
    " AND s.claimant_id = :claimant_id AND (s.state IN ('issued', 'objected') OR coalesce("
    "(SELECT l.state FROM life_step l WHERE l.community_id = s.community_id AND l.subject = 'month'"
    " AND l.claimant_id = s.claimant_id AND l.period = s.month ORDER BY l.step_no DESC LIMIT 1), '')"
    " <> 'closed' OR EXISTS (SELECT 1 FROM payout p WHERE p.community_id = s.community_id"
    " AND p.statement_id = s.statement_id AND p.state NOT IN ('confirmed', 'cancelled')))"
    " ORDER BY s.month"
)
_UNFINISHED: Final = Sql(
    "SELECT DISTINCT s.claimant_id FROM statement s WHERE s.community_id = :community_id"
    " AND coalesce((SELECT l.state FROM life_step l WHERE l.community_id = s.community_id"
    " AND l.subject = 'month' AND l.claimant_id = s.claimant_id AND l.period = s.month"
    " ORDER BY l.step_no DESC LIMIT 1), '') <> 'closed' ORDER BY s.claimant_id"
)


def keep_stated(tx: Tx, statement: Statement, community_id: int, *, at: int) -> None:
    """Keep that a shop's month was collected and stated."""
    subject = Subject(community_id, "month", statement.month, statement.claimant_id)
    if not trail_of(tx, subject):
        note_state(tx, subject, MonthState.COLLECTING, at=at)
        note_state(tx, subject, MonthState.STATEMENT_ISSUED, at=at)


def keep_months(
    tx: Tx, community_id: int, claimant_id: int, *, by: By = SYSTEM, at: int, row: str = ""
) -> None:
    """Keep where a shop's unfinished months stand after an act, in the act's own transaction.

    One payout may end two months: a later statement takes over what an earlier one left.
    """
    for found in tx.all(_TO_FOLLOW, community_id=community_id, claimant_id=claimant_id):
        statement = get_statement(tx, community_id, found.statement_id)
        state = month_life(tx, community_id, statement, at=at)
        subject = Subject(community_id, "month", statement.month, claimant_id)
        about = row if state in _OF_PAYOUTS else ""
        note_state(tx, subject, state, at=at, by=by, row=about)


_OF_PAYOUTS: Final = frozenset(
    {
        MonthState.PAYOUT_PROPOSED,
        MonthState.PAYOUT_APPROVED,
        MonthState.SENT,
        MonthState.CONFIRMED,
        MonthState.FAILED,
        MonthState.RETURNED,
    }
)


def keep_all_months(db: Database, community_id: int, *, at: int) -> None:
    """Keep where months stand that days or the book alone took on; one transaction a shop."""
    with db.read() as tx:
        shops = [int(r.claimant_id) for r in tx.all(_UNFINISHED, community_id=community_id)]
    for shop in shops:
        db.write(lambda tx, shop=shop: keep_months(tx, community_id, shop, at=at))  # type: ignore[misc]


class Closing:
    """A month's close on its way: its trail, and which step and row it is at."""

    def __init__(self, db: Database, community_id: int, month: int, *, at: int, by: By) -> None:
        """Follow the close of `month` (yyyymm)."""
        self._db = db
        self._subject = Subject(community_id, "close", month)
        self._at, self._by = at, by
        self.row = ""

    def keep(self, tx: Tx, state: CloseState) -> None:
        """Keep that a step is over; one that an earlier try had kept stays as it was kept."""
        if all(step.state != state for step in trail_of(tx, self._subject)):
            note_state(tx, self._subject, state, at=self._at, by=self._by)

    def ended(self, state: CloseState) -> None:
        """Keep that a step is over, in a transaction of its own."""
        self._db.write(lambda tx: self.keep(tx, state))

    @contextmanager
    def doing(self, step: CloseState) -> Iterator[None]:
        """Keep at which step and row it broke off, and why; what was wrong goes on to the caller."""
        self.row = ""
        try:
            yield
        except Exception as error:
            reason = problem_of(error)
            if not (isinstance(error, Refusal) and reason == "busy_try_again"):
                fault = Fault(step, reason, self.row)
                keep_beside(error, lambda: self._db.write(lambda tx: self._failed(tx, fault)))
            raise

    def _failed(self, tx: Tx, fault: Fault) -> None:
        period = find_period(tx, self._subject.community_id, self._subject.period)
        if period is None or period.state != "closed":
            note_failure(tx, self._subject, fault, at=self._at, by=self._by)


def close_life(tx: Tx, community_id: int, month: int) -> tuple[CloseState | None, Fault | None]:
    """Where a month's close stands (None: not begun), and what keeps it there where it failed."""
    trail = trail_of(tx, Subject(community_id, "close", month))
    if not trail:
        return None, None
    last = trail[-1]
    if last.state == FAILED:
        return CloseState.FAILED, Fault(last.failed_step, last.reason, last.row_key)
    return CloseState(last.state), None
