"""What a night writes into its day's trail: what is carried on, and where it stopped or failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger.audit import By
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql, Tx
from settlement.day_life import FAILED_AT, DayState
from settlement.gate import open_findings
from settlement.life_trail import Fault, Subject, keep_beside, note_failure, note_state, problem_of
from settlement.night_store import FIND_RUN
from settlement.sides import Run

_BREAK: Final = Sql(
    "SELECT code, sub_code, ref, claimant_id FROM discrepancy WHERE community_id = :community_id"
    " AND run_no = :run_no AND code = 'C2' AND state IN ('open', 'asked', 'proposed')"
    " ORDER BY discrepancy_no LIMIT 1"
)
_OPEN: Final = Sql(
    "SELECT count(*) AS n, coalesce(min(business_date), 0) AS oldest FROM discrepancy"
    " WHERE community_id = :community_id AND state IN ('pooled', 'open', 'asked', 'proposed')"
)
_DAYS: Final = Sql(
    "SELECT DISTINCT period FROM life_step WHERE community_id = :community_id AND subject = 'day'"
    " AND period > :month * 100 AND period < :month * 100 + 100 ORDER BY period"
)


@dataclass(slots=True)
class Doing:
    """Which step a night is at, and with which row."""

    step: DayState
    row: str = ""

    def go_to(self, step: DayState) -> None:
        """Go on to a step."""
        self.step, self.row = step, ""


def day_of_run(run: Run) -> Subject:
    """Whose trail a night writes."""
    return Subject(run.community_id, "day", run.day)


def keep_review(tx: Tx, run: Run, *, at: int) -> None:
    """Nothing stops the day: what nobody has explained yet is carried on, with its number and its age in the trail."""
    row = tx.get(_OPEN, community_id=run.community_id)
    carried = f"carried={int(row.n)} oldest={int(row.oldest)}" if row.n else ""
    note_state(tx, day_of_run(run), DayState.REVIEWED, at=at, reason=carried)


def keep_stop(tx: Tx, run: Run, state: str, *, at: int) -> None:
    """Keep why a night stopped: `stopped`, `blocked` or `audit_failed`, with the sum or check and its row."""
    fault = stop_of(tx, run.community_id, run.run_no, FAILED_AT[state])
    note_failure(tx, day_of_run(run), fault, at=at)


def stop_of(tx: Tx, community_id: int, run_no: int, step: DayState) -> Fault:
    """What a stopped night stands at: the second engine's finding, or the sum that does not hold."""
    if step is DayState.AUDITED:
        for found in open_findings(tx, community_id):
            if found.run_no == run_no:
                return Fault(step, found.check, f"{found.file} {found.row_key}")
    row = tx.find(_BREAK, community_id=community_id, run_no=run_no)
    if row is None:
        return Fault(step, "")
    return Fault(step, f"{row.code} {row.sub_code}".strip(), row.ref or str(row.claimant_id))


def keep_published(tx: Tx, community_id: int, month: int, *, by: By, at: int) -> None:
    """Keep that the locked days of a month (yyyymm) stand on the community's board."""
    for row in tx.all(_DAYS, community_id=community_id, month=month):
        day = Subject(community_id, "day", int(row.period))
        note_state(tx, day, DayState.PUBLISHED, by=by, at=at)


def keep_failure(
    db: Database, community_id: int, day: int, doing: Doing, error: Exception, *, at: int
) -> None:
    """Keep at which step and row a night broke off; a busy database or a day locked meanwhile is no failure of it."""
    reason = problem_of(error)
    if isinstance(error, Refusal) and reason == "busy_try_again":
        return

    def work(tx: Tx) -> None:
        run = tx.find(FIND_RUN, community_id=community_id, business_date=day)
        if run is None or run.state != "locked":
            fault = Fault(doing.step, reason, doing.row)
            note_failure(tx, Subject(community_id, "day", day), fault, at=at)

    keep_beside(error, lambda: db.write(work))
