"""Reads one run's two sides by set-based SQL: totals, and only the lines that do not agree.

Everything here is a function of the run's input (leaf range, batches up to the run), so the same
run read again, on any engine, gives the same rows. Each pass joins keyed tables; a FULL JOIN is
written as its two halves, because SQLite is only quick that way.
"""

from __future__ import annotations

from typing import Final

from ledger.book.offsets import BOOKED, BOOKED_AT, OFFSET_COLUMNS
from ledger.sql import Row, Sql, Tx
from settlement.coverage import Coverage, Filed
from settlement.matching import Booked, Claimed
from settlement.sides import Again, OpenFile, Orphan, Pair, Run, Sides, Sum, TillSum, Waiting

_FILED: Final = (
    " LEFT JOIN claim c ON c.community_id = {row}.community_id"
    " AND c.claimant_id = {row}.claimant_id AND c.ref = {row}.ref"
    " LEFT JOIN claim_batch f ON f.community_id = c.community_id AND f.batch_id = c.batch_id"
    " AND f.run_no <= :run_no"
)
_CLAIM_COLUMNS: Final = (
    "f.batch_id, c.line_no, c.kind AS claimed_kind, c.units AS claimed_units,"
    " c.fen AS claimed_fen, c.occurred_at AS claimed_at, f.run_no AS claimed_run,"
    " CASE WHEN {row}.original_ref IS NOT NULL AND EXISTS (SELECT 1 FROM claim oc"
    "  JOIN claim_batch g ON g.community_id = oc.community_id AND g.batch_id = oc.batch_id"
    "   AND g.run_no <= :run_no"
    "  WHERE oc.community_id = {row}.community_id AND oc.claimant_id = {row}.claimant_id"
    "   AND oc.ref = {row}.original_ref) THEN 1 ELSE 0 END AS original_claimed"
)
_RANGE: Final = (
    " WHERE l.community_id = :community_id AND l.leaf_index >= :first_leaf"
    " AND l.leaf_index < :end_leaf"
)
_SUMS: Final = (
    " count(*) AS n,"
    " coalesce(sum(CASE WHEN {x}.units > 0 THEN {x}.units ELSE 0 END), 0) AS units_plus,"
    " coalesce(sum(CASE WHEN {x}.units < 0 THEN -{x}.units ELSE 0 END), 0) AS units_minus,"
    " coalesce(sum(CASE WHEN {x}.fen > 0 THEN {x}.fen ELSE 0 END), 0) AS fen_plus,"
    " coalesce(sum(CASE WHEN {x}.fen < 0 THEN -{x}.fen ELSE 0 END), 0) AS fen_minus"
)

DIFFERING: Final = Sql(
    f"SELECT {OFFSET_COLUMNS}, {_CLAIM_COLUMNS.format(row='o')}"
    f" FROM {BOOKED}{_FILED.format(row='o')}{_RANGE}"
    " AND (o.business_date > :day OR f.batch_id IS NULL OR c.fen <> o.fen OR c.units <> o.units)"
)
MATCHED: Final = Sql(
    f"SELECT o.claimant_id,{_SUMS.format(x='o')},"
    " sum(CASE WHEN f.run_no = :run_no THEN 1 ELSE 0 END) AS new_claims"
    f" FROM {BOOKED}{_FILED.format(row='o')}{_RANGE}"
    " AND o.business_date <= :day AND f.batch_id IS NOT NULL AND c.fen = o.fen"
    " AND c.units = o.units GROUP BY o.claimant_id"
)
BOOKED_SUMS: Final = Sql(
    f"SELECT o.claimant_id, o.terminal_id, o.business_date,{_SUMS.format(x='o')},"
    " sum(CASE WHEN o.units <> o.fen * o.units_per_fen THEN 1 ELSE 0 END) AS off_rate"
    f" FROM {BOOKED}{_RANGE} GROUP BY o.claimant_id, o.terminal_id, o.business_date"
    " ORDER BY o.claimant_id, o.terminal_id, o.business_date"
)
CLAIMED_SUMS: Final = Sql(
    f"SELECT c.claimant_id,{_SUMS.format(x='c')}, count(*) AS new_claims FROM claim_batch f"
    " JOIN claim c ON c.community_id = f.community_id AND c.batch_id = f.batch_id"
    " WHERE f.community_id = :community_id AND f.run_no = :run_no GROUP BY c.claimant_id"
)
ORPHANS: Final = Sql(
    "SELECT c.claimant_id, c.ref, c.batch_id, c.line_no, c.kind, c.units, c.fen, c.occurred_at,"
    " c.business_date, l.leaf_index"
    " FROM claim_batch f JOIN claim c ON c.community_id = f.community_id"
    f" AND c.batch_id = f.batch_id{BOOKED_AT.format(row='c')}"
    " WHERE f.community_id = :community_id AND f.run_no = :run_no"
    " AND (l.txn_id IS NULL OR l.leaf_index < :first_leaf)"
)
AGAIN: Final = Sql(
    "SELECT a.claimant_id, a.ref, a.batch_id, a.line_no, a.kind, a.units, a.fen, a.occurred_at,"
    " a.business_date, c.units AS first_units, c.fen AS first_fen"
    " FROM claim_batch f JOIN claim_again a ON a.community_id = f.community_id"
    "  AND a.batch_id = f.batch_id"
    " JOIN claim c ON c.community_id = a.community_id AND c.claimant_id = a.claimant_id"
    "  AND c.ref = a.ref"
    " WHERE f.community_id = :community_id AND f.run_no = :run_no"
)
OPEN: Final = Sql(
    "SELECT i.claimant_id, i.ref, i.txn_id, i.terminal_id, i.kind, i.original_ref, i.units, i.fen,"
    " i.units_per_fen, i.business_date, i.occurred_at, i.reason, i.flagged_run,"
    f" {_CLAIM_COLUMNS.format(row='i')} FROM open_item i{_FILED.format(row='i')}"
    " WHERE i.community_id = :community_id AND i.opened_run < :run_no"
    " AND (i.closed_run IS NULL OR i.closed_run >= :run_no) AND i.business_date <= :day"
)
EXPLAINED: Final = Sql(
    "SELECT d.discrepancy_no FROM discrepancy d"
    f"{BOOKED_AT.format(row='d')}"
    " WHERE d.community_id = :community_id AND d.code = 'X1' AND d.run_no < :run_no"
    " AND (d.closed_run IS NULL OR d.closed_run >= :run_no) AND l.leaf_index >= :first_leaf"
)
OPEN_FILES: Final = Sql(
    "SELECT discrepancy_no, claimant_id, terminal_id, business_date FROM discrepancy"
    " WHERE community_id = :community_id AND code = 'C1' AND run_no < :run_no"
    " AND (closed_run IS NULL OR closed_run >= :run_no)"
)
BATCHES: Final = Sql(
    "SELECT batch_id, claimant_id, terminal_id, first_date, last_date, outcome, run_no"
    " FROM claim_batch WHERE community_id = :community_id AND run_no <= :run_no"
    " AND last_date >= :since"
)


def collect(tx: Tx, run: Run) -> Sides:
    """Read both sides of a run; reading only."""
    here = {"community_id": run.community_id, "run_no": run.run_no}
    span = {**here, "first_leaf": run.first_leaf, "end_leaf": run.end_leaf}
    booked = [TillSum(*map(int, row)) for row in tx.all(BOOKED_SUMS, **_without(span, "run_no"))]
    waiting = [
        Waiting(_pair(row, run), row.reason, _before(row.flagged_run, run.run_no))
        for row in tx.all(OPEN, **here, day=run.day)
    ]
    open_files = sorted(OpenFile(*row) for row in tx.all(OPEN_FILES, **here))
    dates = {row.business_date for row in booked} | {row.business_date for row in open_files}
    since = min({run.day, *dates, *(item.pair.booked.business_date for item in waiting)})
    return Sides(
        differing=[_pair(row, run) for row in tx.all(DIFFERING, **span, day=run.day)],
        waiting=waiting,
        orphans=[_orphan(row) for row in tx.all(ORPHANS, **span)],
        again=[_again(row) for row in tx.all(AGAIN, **here)],
        matched=_sums(tx.all(MATCHED, **span, day=run.day)),
        booked=booked,
        claimed=_sums(tx.all(CLAIMED_SUMS, **here)),
        explained=sorted(row.discrepancy_no for row in tx.all(EXPLAINED, **span)),
        open_files=open_files,
        coverage=Coverage(Filed(*row) for row in tx.all(BATCHES, **here, since=since)),
    )


def _sums(rows: list[Row]) -> dict[int, Sum]:
    # PostgreSQL gives sums of 64-bit numbers as decimals.
    return {row.claimant_id: Sum(*map(int, row[1:])) for row in rows}


def _without(params: dict[str, int], name: str) -> dict[str, int]:
    return {key: value for key, value in params.items() if key != name}


def _before(flagged_run: int | None, run_no: int) -> bool:
    return flagged_run is not None and flagged_run < run_no


_OFFSET_FIELDS: Final = len(Booked._fields)


def _pair(row: Row, run: Run) -> Pair:
    claimed = None
    if row.batch_id is not None:
        claimed = Claimed(
            row.batch_id,
            row.line_no,
            row.claimed_kind,
            row.claimed_units,
            row.claimed_fen,
            row.claimed_at,
        )
    return Pair(
        Booked(*row[:_OFFSET_FIELDS]),
        claimed,
        new=row.claimed_run == run.run_no,
        original_claimed=bool(row.original_claimed),
    )


def _orphan(row: Row) -> Orphan:
    claimed = Claimed(row.batch_id, row.line_no, row.kind, row.units, row.fen, row.occurred_at)
    return Orphan(
        row.claimant_id, row.ref, claimed, row.business_date, earlier=row.leaf_index is not None
    )


def _again(row: Row) -> Again:
    claimed = Claimed(row.batch_id, row.line_no, row.kind, row.units, row.fen, row.occurred_at)
    return Again(
        row.claimant_id, row.ref, claimed, row.business_date, row.first_units, row.first_fen
    )
