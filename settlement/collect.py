"""Reads one run's two sides: the join's sums and odd lines, and what earlier nights know of them.

Everything here is a function of the run's input (leaf range, batches up to the run), so the same
run read again, on any engine, gives the same rows.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from ledger.book.offsets import places_of
from ledger.sql import Sql, Tx
from settlement.collect_lone import collect_lone
from settlement.coverage import Coverage, Filed
from settlement.matching import Booked, Claimed
from settlement.pairs import Pairs, join
from settlement.sides import Again, OpenFile, Orphan, Pair, Run, Sides, Sum, TillSum, Waiting

_MANY: Final = 5_000
"""References asked for at once."""

# The claims are found by their key first: a planner that starts with the batches reads them all.
_CLAIMS: Final = (
    "WITH c AS MATERIALIZED (SELECT ref, batch_id, line_no, kind, units, fen, occurred_at"
    " FROM claim WHERE community_id = :community_id AND claimant_id = :claimant_id AND ref {among})"
    " SELECT c.ref, f.run_no, c.batch_id, c.line_no, c.kind, c.units, c.fen, c.occurred_at"
    " FROM c JOIN claim_batch f ON f.community_id = :community_id AND f.batch_id = c.batch_id"
    " AND f.run_no <= :run_no"
)
CLAIMS_OF: Final = {
    "sqlite": Sql(_CLAIMS.format(among="IN (SELECT value FROM json_each(:refs))")),
    "postgresql": Sql(_CLAIMS.format(among="= ANY(:refs)")),
}
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
    "SELECT claimant_id, ref, txn_id, terminal_id, kind, original_ref, units, fen, units_per_fen,"
    " business_date, occurred_at, reason, flagged_run FROM open_item"
    " WHERE community_id = :community_id AND opened_run < :run_no"
    " AND (closed_run IS NULL OR closed_run >= :run_no) AND business_date <= :day"
)
OPEN_ORPHANS: Final = Sql(
    "SELECT discrepancy_no, claimant_id, ref FROM discrepancy"
    " WHERE community_id = :community_id AND code IN ('X1', 'X5', 'S2', 'S3') AND run_no < :run_no"
    " AND (closed_run IS NULL OR closed_run >= :run_no)"
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
_OFFSET_FIELDS: Final = len(Booked._fields)

_Claims = dict[tuple[int, str], tuple[Claimed, int]]
"""By shop and reference: the claim and the run that took it in."""


def collect(tx: Tx, run: Run) -> Sides:
    """Read both sides of a run; reading only."""
    here = {"community_id": run.community_id, "run_no": run.run_no}
    pairs = join(tx, run)
    booked = [TillSum(*row[: len(TillSum._fields)]) for row in pairs.sums]
    items = tx.all(OPEN, **here, day=run.day)
    waiting = [Booked(*row[:_OFFSET_FIELDS]) for row in items]
    claims = _claims_of(tx, run, _asked_for(pairs, waiting))
    open_files = sorted(OpenFile(*row) for row in tx.all(OPEN_FILES, **here))
    dates = {row.business_date for row in booked} | {row.business_date for row in open_files}
    dates |= {offset.business_date for offset in waiting}
    batches = tx.all(BATCHES, **here, since=min({run.day, *dates}))
    orphans, explained = _orphans(tx, run, pairs), _explained(tx, run)
    return Sides(
        differing=[_pair(offset, claim, claims, run) for offset, claim in pairs.odd],
        waiting=[
            Waiting(
                _pair(offset, None, claims, run),
                row.reason,
                row.flagged_run is not None and row.flagged_run < run.run_no,
            )
            for offset, row in zip(waiting, items, strict=True)
        ],
        orphans=orphans,
        again=[
            Again(row.claimant_id, row.ref, Claimed(*row[2:8]), *row[8:])
            for row in tx.all(AGAIN, **here)
        ],
        matched=_matched(pairs),
        booked=booked,
        claimed={row[0]: Sum(*row[1:]) for row in pairs.claimed},
        explained=explained,
        open_files=open_files,
        coverage=Coverage(Filed(*row) for row in batches),
        **collect_lone(tx, run, orphans, explained),
    )


def _asked_for(pairs: Pairs, waiting: Iterable[Booked]) -> set[tuple[int, str]]:
    """References whose claim may lie in another run, and sales that unclaimed refunds take back."""
    alone = [offset for offset, claim in pairs.odd if claim is None]
    asked = {(b.claimant_id, b.ref) for b in (*alone, *waiting)}
    return asked | {
        (b.claimant_id, b.original_ref) for b in (*alone, *waiting) if b.original_ref is not None
    }


def _claims_of(tx: Tx, run: Run, asked: Iterable[tuple[int, str]]) -> _Claims:
    found: _Claims = {}
    for claimant_id, refs in _by_shop(asked):
        given = json.dumps(refs) if tx.dialect == "sqlite" else refs
        rows = tx.all(
            CLAIMS_OF[tx.dialect],
            community_id=run.community_id,
            run_no=run.run_no,
            claimant_id=claimant_id,
            refs=given,
        )
        found |= {(claimant_id, row.ref): (Claimed(*row[2:]), row.run_no) for row in rows}
    return found


def _by_shop(keys: Iterable[tuple[int, str]]) -> Iterable[tuple[int, list[str]]]:
    shops: dict[int, list[str]] = defaultdict(list)
    for claimant_id, ref in keys:
        shops[claimant_id].append(ref)
    for claimant_id, refs in shops.items():
        for start in range(0, len(refs), _MANY):
            yield claimant_id, refs[start : start + _MANY]


def _pair(booked: Booked, claimed: Claimed | None, claims: _Claims, run: Run) -> Pair:
    run_no = run.run_no
    if claimed is None:
        claimed, run_no = claims.get((booked.claimant_id, booked.ref), (None, 0))
    original = booked.original_ref
    return Pair(
        booked,
        claimed,
        new=run_no == run.run_no,
        original_claimed=original is not None and (booked.claimant_id, original) in claims,
    )


def _orphans(tx: Tx, run: Run, pairs: Pairs) -> list[Orphan]:
    """Claims without an offset in the range; the prefix before it may hold theirs."""
    earlier = {
        (claimant_id, ref)
        for claimant_id, refs in _by_shop((f.claimant_id, f.ref) for f in pairs.filed)
        for ref in places_of(tx, run.community_id, claimant_id, refs, end_leaf=run.first_leaf)
    }
    return [
        Orphan(
            f.claimant_id,
            f.ref,
            f.claimed,
            f.business_date,
            earlier=(f.claimant_id, f.ref) in earlier,
        )
        for f in pairs.filed
    ]


def _explained(tx: Tx, run: Run) -> list[int]:
    """Claims called X1 by earlier nights whose offset is in this range: a till came late."""
    rows = tx.all(OPEN_ORPHANS, community_id=run.community_id, run_no=run.run_no)
    numbers = {(row.claimant_id, row.ref): row.discrepancy_no for row in rows}
    return sorted(
        numbers[claimant_id, ref]
        for claimant_id, refs in _by_shop(numbers)
        for ref, place in places_of(
            tx, run.community_id, claimant_id, refs, end_leaf=run.end_leaf
        ).items()
        if place >= run.first_leaf
    )


def _matched(pairs: Pairs) -> dict[int, Sum]:
    """The matched part of each till and day, added up for each shop."""
    found: dict[int, Sum] = {}
    for row in pairs.sums:
        before = found.get(row[0], Sum(0, 0, 0, 0, 0, 0))
        part = row[len(TillSum._fields) :]
        found[row[0]] = Sum(*(a + b for a, b in zip(before, part, strict=True)))
    return found
