"""What a night names beside its own verdicts on claims, once its day is locked: each with numbers of its own."""

from __future__ import annotations

from typing import Final

from ledger.members.settings import current
from ledger.sql import Sql, Tx
from settlement.ageing_run import age_open, release_pool
from settlement.evidence_run import judge_bills
from settlement.night_store import keep_found
from settlement.overuse import close_overuse
from settlement.own_shop import close_own_shop
from settlement.reckoning import Found
from settlement.shelf import close_shelf
from settlement.sides import Run
from settlement.verdicts import Code

_CHAIN_FROM: Final = 950_000
"""The C3 of a day is numbered from here."""
_MINUTE_US: Final = 60_000_000
_BROKEN: Final = Sql(
    "SELECT count(*) AS n, coalesce(sum(CASE WHEN state = 'open' THEN 1 ELSE 0 END), 0) AS open FROM discrepancy"
    " WHERE community_id = :community_id AND run_no = :run_no AND code = 'C3'"
)
_MENDED: Final = Sql(
    "UPDATE discrepancy SET state = 'auto_cleared', closed_run = :run_no, closed_date = :day"
    " WHERE community_id = :community_id AND run_no = :run_no AND code = 'C3' AND state = 'open'"
)


def close_beside(tx: Tx, run: Run, *, today: int, at: int) -> None:
    """Everything that is looked at once a day, in the transaction that locks it."""
    tx.run(_MENDED, community_id=run.community_id, run_no=run.run_no, day=run.day)
    close_shelf(tx, run, at=at)
    close_overuse(tx, run, at=at)
    close_own_shop(tx, run, at=at)
    minutes = current(tx, run.community_id).match_minutes
    judge_bills(tx, run, within_us=minutes * _MINUTE_US, at=at)
    release_pool(tx, run.community_id, day=run.day, at=at)
    age_open(tx, run.community_id, today=today, at=at)


def name_broken_chain(tx: Tx, run: Run, check: str, *, at: int) -> None:
    """A C3: the second engine did not pass the book; it stands once until the engine does."""
    row = tx.get(_BROKEN, community_id=run.community_id, run_no=run.run_no)
    if not row.open:
        found = [Found(Code.C3, check, 0, 0, "", run.day)]
        keep_found(tx, run, found, first=_CHAIN_FROM + int(row.n), at=at)
