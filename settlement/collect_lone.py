"""What the later passes need beside the join: claims left from earlier nights, and bookings of other shops."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from ledger.book.offsets import offsets_named
from ledger.earning.calendar import day_from_key
from ledger.ids import first_id_after
from ledger.refs import read_reference
from ledger.sql import Sql, Tx
from settlement.lone import WAITS
from settlement.matching import Booked, Claimed
from settlement.passes import Lone
from settlement.sides import Elsewhere, Orphan, Pooled, Run

_POOL: Final = Sql(
    "SELECT claimant_id, ref, claimed_batch, claimed_line, claimed_kind, claimed_units, claimed_fen, claimed_at,"
    " business_date, discrepancy_no, code FROM discrepancy WHERE community_id = :community_id"
    " AND code IN ('X1', 'X5', 'S2', 'S3', 'T1') AND run_no < :run_no"
    " AND (closed_run IS NULL OR closed_run >= :run_no) ORDER BY discrepancy_no"
)
_TILLS: Final = Sql(
    "SELECT code, merchant_id, terminal_id FROM terminal WHERE community_id = :community_id AND terminal_id < :before"
    " ORDER BY terminal_id"
)
_REFUSED: Final = Sql(
    "SELECT ref, code FROM offline_sale WHERE community_id = :community_id AND terminal_id = :terminal_id"
    " AND state = 'refused' AND came_at < :before ORDER BY came_at, request_id"
)
_WAITING: Final = Sql(
    "SELECT waiting FROM till_waiting WHERE community_id = :community_id AND terminal_id = :terminal_id"
    " AND said_at < :before ORDER BY said_at DESC LIMIT 1"
)
_CLAIMED: Final = (
    "SELECT c.ref FROM claim c JOIN claim_batch f ON f.community_id = c.community_id AND f.batch_id = c.batch_id"
    " WHERE c.community_id = :community_id AND c.claimant_id = :claimant_id AND f.run_no <= :run_no AND c.ref {among}"
)
_CLAIMED_OF: Final = {
    "sqlite": Sql(_CLAIMED.format(among="IN (SELECT value FROM json_each(:refs))")),
    "postgresql": Sql(_CLAIMED.format(among="= ANY(:refs)")),
}
_EPOCH: Final = date(1970, 1, 1)
_DAY_US: Final = 86_400_000_000
_CLAIM_FIELDS: Final = slice(2, 2 + len(Claimed._fields))


def collect_lone(
    tx: Tx, run: Run, orphans: Iterable[Orphan], explained: Iterable[int]
) -> dict[str, Any]:
    """The pool, what is booked elsewhere and the tills of a run, as `Sides` has them; reading only."""
    ended = set(explained)
    rows = tx.all(_POOL, community_id=run.community_id, run_no=run.run_no)
    pool = [
        Pooled(
            Lone(
                row.claimant_id,
                row.ref,
                Claimed(*row[_CLAIM_FIELDS]),
                row.business_date,
                row.discrepancy_no,
            ),
            row.code,
        )
        for row in rows
        if row.discrepancy_no not in ended
    ]
    here = [(o.claimant_id, o.ref) for o in orphans if not o.earlier]
    here += [(p.lone.claimant_id, p.lone.ref) for p in pool]
    # Which tills there were is asked of the end of the day that closes, so that a later look finds the same.
    ends_at = (day_from_key(run.day) - _EPOCH).days * _DAY_US + _DAY_US - run.zone_us
    rows = tx.all(_TILLS, community_id=run.community_id, before=first_id_after(ends_at))
    tills = {row.code: int(row.merchant_id) for row in rows}
    by_code = {row.code: int(row.terminal_id) for row in rows}
    return {
        "pool": pool,
        "elsewhere": _elsewhere(tx, run, here, tills),
        "tills": tills,
        "told": _told(tx, run, (ref for _, ref in here), by_code, ends_at),
    }


def _told(
    tx: Tx, run: Run, refs: Iterable[str], tills: dict[str, int], ends_at: int
) -> dict[str, str]:
    """By reference: the code its sale without network was refused under, or WAITS where its till still holds it."""
    asked: dict[int, dict[int, str]] = defaultdict(dict)
    for ref in refs:
        reference = read_reference(ref)
        if reference is not None and reference.terminal_code in tills:
            asked[tills[reference.terminal_code]][reference.counter] = ref
    found: dict[str, str] = {}
    for terminal_id, counters in asked.items():
        here = {"community_id": run.community_id, "terminal_id": terminal_id, "before": ends_at}
        said = tx.find(_WAITING, **here)
        waiting = set(json.loads(said.waiting)) if said is not None else set()
        found |= {ref: WAITS for counter, ref in counters.items() if counter in waiting}
        wanted = set(counters.values())
        found |= {row.ref: row.code for row in tx.all(_REFUSED, **here) if row.ref in wanted}
    return found


def _elsewhere(
    tx: Tx, run: Run, claims: Sequence[tuple[int, str]], tills: dict[str, int]
) -> dict[tuple[int, str], Elsewhere]:
    """By claim: the booking of the shop whose till the reference names, where that is another shop."""
    asked: dict[int, set[str]] = defaultdict(set)
    for claimant_id, ref in claims:
        reference = read_reference(ref)
        owner = tills.get(reference.terminal_code) if reference is not None else None
        if owner is not None and owner != claimant_id:
            asked[owner].add(ref)
    found: dict[str, Elsewhere] = {}
    for owner, refs in asked.items():
        given = sorted(refs)
        booked = offsets_named(tx, run.community_id, owner, given, end_leaf=run.end_leaf)
        claimed = _claimed(tx, run, owner, given)
        found |= {row.ref: Elsewhere(Booked(*row), row.ref in claimed) for row in booked}
    return {(claimant, ref): found[ref] for claimant, ref in claims if ref in found}


def _claimed(tx: Tx, run: Run, claimant_id: int, refs: Sequence[str]) -> set[str]:
    rows = tx.all(
        _CLAIMED_OF[tx.dialect],
        community_id=run.community_id,
        claimant_id=claimant_id,
        run_no=run.run_no,
        refs=json.dumps(refs) if tx.dialect == "sqlite" else refs,
    )
    return {row.ref for row in rows}
