"""What a night writes: its run, the discrepancies, what waits, each shop's totals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Final

from ledger.database import Database
from ledger.errors import GuardMissedError
from ledger.ids import new_request_id
from ledger.sql import Row, Sql, Tx
from settlement.due import due_on
from settlement.handling import POOLED
from settlement.identities import Break
from settlement.passes import Paired
from settlement.reckoning import Found, Opened, Outcome, Totals
from settlement.sides import Run
from settlement.verdicts import Code

CHUNK: Final = 1_000
"""Rows written in one transaction: no sale waits half a second for a night on SQLite."""

_PER_DAY: Final = 1_000_000
_BREAKS_FROM: Final = 900_000

RUN_COLUMNS: Final = (
    "run_no, business_date, run_id, input, first_leaf, end_leaf, state, digest, begun_at, ended_at"
)
FIND_RUN: Final = Sql(
    f"SELECT {RUN_COLUMNS} FROM night_run WHERE community_id = :community_id"
    " AND business_date = :business_date"
)
LAST_RUN: Final = Sql(
    f"SELECT {RUN_COLUMNS} FROM night_run WHERE community_id = :community_id"
    " ORDER BY run_no DESC LIMIT 1"
)
KEEP_RUN: Final = Sql(
    "INSERT INTO night_run (community_id, run_no, business_date, run_id, input, first_leaf,"
    " end_leaf, state, digest, begun_at, ended_at) VALUES (:community_id, :run_no, :business_date,"
    " :run_id, :input, :first_leaf, :end_leaf, 'begun', NULL, :at, NULL)"
    " ON CONFLICT DO NOTHING"
)
TAKE_BATCHES: Final = Sql(
    "UPDATE claim_batch SET run_no = :run_no WHERE community_id = :community_id"
    " AND run_no IS NULL AND outcome <> 'receiving' AND first_date <= :business_date"
)
BATCHES_OF: Final = Sql(
    "SELECT batch_id, sha256, outcome FROM claim_batch WHERE community_id = :community_id"
    " AND run_no = :run_no ORDER BY batch_id"
)
_SET_STATE: Final = Sql(
    "UPDATE night_run SET state = :state, ended_at = :ended_at WHERE community_id = :community_id"
    " AND run_no = :run_no AND state <> 'locked'"
)
# While findings are written the digest holds the writer's own mark: a second worker that starts
# over takes the mark, and the first one finds that it may write no more.
_TAKE_PEN: Final = Sql(
    "UPDATE night_run SET digest = :pen WHERE community_id = :community_id"
    " AND run_no = :run_no AND state IN ('begun', 'stopped', 'audit_failed')"
)
_HOLD_PEN: Final = Sql(
    "UPDATE night_run SET digest = digest WHERE community_id = :community_id"
    " AND run_no = :run_no AND digest = :pen"
)
_SET_DIGEST: Final = Sql(
    "UPDATE night_run SET state = 'matched', digest = :digest WHERE community_id = :community_id"
    " AND run_no = :run_no AND digest = :pen"
)

_DISCREPANCY_COLUMNS: Final = (
    "discrepancy_no, run_no, business_date, code, sub_code, claimant_id, terminal_id, ref,"
    " booked_kind, booked_units, booked_fen, booked_at, booked_txn, claimed_batch, claimed_line,"
    " claimed_kind, claimed_units, claimed_fen, claimed_at, plus_fen, minus_fen, held_fen,"
    " rest_units, rest_fen, state, due_date, opened_at, reason, posted_fen, closed_run, closed_date"
)
_KEEP_DISCREPANCY: Final = Sql(
    f"INSERT INTO discrepancy (community_id, {_DISCREPANCY_COLUMNS}) VALUES (:community_id, "
    + ", ".join(f":{name.strip()}" for name in _DISCREPANCY_COLUMNS.split(","))
    + ")"
)
_KEEP_OPEN: Final = Sql(
    "INSERT INTO open_item (community_id, claimant_id, ref, txn_id, terminal_id, kind,"
    " original_ref, units, fen, units_per_fen, business_date, occurred_at, reason, opened_run,"
    " flagged_run, closed_run, closed_by) VALUES (:community_id, :claimant_id, :ref, :txn_id,"
    " :terminal_id, :kind, :original_ref, :units, :fen, :units_per_fen, :business_date,"
    " :occurred_at, :reason, :run_no, :flagged_run, NULL, '')"
)
_TOTAL_COLUMNS: Final = tuple(asdict(Totals()))
_KEEP_TOTAL: Final = Sql(
    "INSERT INTO night_total (community_id, run_no, claimant_id, "
    + ", ".join(_TOTAL_COLUMNS)
    + ") VALUES (:community_id, :run_no, :claimant_id, "
    + ", ".join(f":{name}" for name in _TOTAL_COLUMNS)
    + ")"
)
TOTALS_OF: Final = Sql(
    f"SELECT claimant_id, txn_id, {', '.join(_TOTAL_COLUMNS)} FROM night_total"
    " WHERE community_id = :community_id AND run_no = :run_no ORDER BY claimant_id"
)
_CLOSE_OPEN: Final = Sql(
    "UPDATE open_item SET closed_run = :run_no, closed_by = 'claimed'"
    " WHERE community_id = :community_id AND claimant_id = :claimant_id AND ref = :ref"
)
_FLAG_OPEN: Final = Sql(
    "UPDATE open_item SET flagged_run = :run_no WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND ref = :ref"
)
_CLEAR: Final = Sql(
    "UPDATE discrepancy SET state = 'auto_cleared', closed_run = :run_no, closed_date = :day"
    " WHERE community_id = :community_id AND discrepancy_no = :discrepancy_no"
)
_CLEAR_X2: Final = Sql(
    "UPDATE discrepancy SET state = 'auto_cleared', closed_run = :run_no, closed_date = :day"
    " WHERE community_id = :community_id AND claimant_id = :claimant_id"
    " AND ref = :ref AND code = 'X2' AND closed_run IS NULL"
)
_FIRST_BESIDE: Final = 700_000
OWN: Final = f"discrepancy_no % {_PER_DAY} < {_FIRST_BESIDE}"
"""A night's own verdicts on claims; those numbered above stand beside it and are no part of its digest."""
_KEEP_PAIRED: Final = Sql(
    "INSERT INTO claim_pairing (community_id, claimant_id, ref, booked_ref, how, run_no)"
    " VALUES (:community_id, :claimant_id, :ref, :booked_ref, :how, :run_no)"
)
_FORGET: Final = (
    Sql(
        f"DELETE FROM discrepancy WHERE community_id = :community_id AND run_no = :run_no AND {OWN}"
    ),
    Sql("DELETE FROM claim_pairing WHERE community_id = :community_id AND run_no = :run_no"),
    Sql("DELETE FROM open_item WHERE community_id = :community_id AND opened_run = :run_no"),
    Sql("DELETE FROM night_total WHERE community_id = :community_id AND run_no = :run_no"),
    Sql(
        "UPDATE open_item SET closed_run = NULL, closed_by = '' WHERE community_id = :community_id"
        " AND closed_run = :run_no AND closed_by = 'claimed'"
    ),
    Sql(
        "UPDATE open_item SET flagged_run = NULL WHERE community_id = :community_id"
        " AND flagged_run = :run_no"
    ),
    Sql(
        # What the pool held may wait there again: the night's last step lets go what waited long enough.
        "UPDATE discrepancy SET state = CASE WHEN code IN ('X1', 'X5', 'S2', 'S3') THEN 'pooled' ELSE 'open' END,"
        " closed_run = NULL, closed_date = NULL"
        " WHERE community_id = :community_id AND closed_run = :run_no AND state = 'auto_cleared'"
        f" AND {OWN}"
    ),
)
_OPEN_BREAKS: Final = Sql(
    "SELECT discrepancy_no, sub_code, claimant_id, ref, state FROM discrepancy"
    " WHERE community_id = :community_id AND run_no = :run_no AND code = 'C2'"
)
_CLEAR_BREAKS: Final = Sql(
    "UPDATE discrepancy SET state = 'auto_cleared', closed_run = :run_no, closed_date = :day"
    " WHERE community_id = :community_id AND run_no = :run_no AND code = 'C2'"
    " AND state <> 'auto_cleared'"
)


def write_outcome(
    db: Database,
    run: Run,
    outcome: Outcome,
    digest: str,
    *,
    at: int,
    end: Callable[[Tx], None] = lambda _tx: None,
) -> None:
    """Keep what a night found, in short transactions; the last one makes it count, and does `end` too.

    Whatever an earlier try that was cut off left behind is forgotten first. Raises GuardMissedError
    where another worker does the same night and has gone further.
    """
    pen = f"pen:{new_request_id(at)}"
    db.write(lambda tx: _start_over(tx, run, pen))
    found = [
        _discrepancy(run, number, item, at=at) for number, item in enumerate(outcome.found, start=1)
    ]
    _write_all(db, run, pen, _KEEP_DISCREPANCY, found)
    _write_all(db, run, pen, _KEEP_OPEN, [_open_item(run, item) for item in outcome.opened])

    def make_count(tx: Tx) -> None:
        _write_rest(tx, run, pen, outcome, digest)
        end(tx)

    db.write(make_count)


def _start_over(tx: Tx, run: Run, pen: str) -> None:
    if tx.run(_TAKE_PEN, **_of(run), pen=pen) != 1:
        raise GuardMissedError("night_run")
    for statement in _FORGET:
        tx.run(statement, **_of(run))


def _write_rest(tx: Tx, run: Run, pen: str, outcome: Outcome, digest: str) -> None:
    here = _of(run)
    if tx.run(_SET_DIGEST, **here, pen=pen, digest=digest) != 1:
        raise GuardMissedError("night_run")
    tx.many(
        _KEEP_TOTAL,
        [{**here, "claimant_id": c, **asdict(t)} for c, t in sorted(outcome.totals.items())],
    )
    for statement, keys in ((_CLOSE_OPEN, outcome.closed), (_FLAG_OPEN, outcome.flagged)):
        tx.many(statement, [{**here, "claimant_id": c, "ref": ref} for c, ref in keys])
    cleared = {**here, "day": run.day}
    tx.many(
        _CLEAR_X2, [{**cleared, "claimant_id": c, "ref": r} for c, r in outcome.unclaimed_ended]
    )
    tx.many(_CLEAR, [{**cleared, "discrepancy_no": number} for number in outcome.cleared])
    tx.many(_KEEP_PAIRED, [_pairing(run, pair) for pair in outcome.paired])


def _pairing(run: Run, pair: Paired) -> dict[str, Any]:
    return {
        **_of(run),
        "claimant_id": pair.booked.claimant_id,
        "ref": pair.lone.ref,
        "booked_ref": pair.booked.ref,
        "how": pair.how,
    }


def _write_all(
    db: Database, run: Run, pen: str, statement: Sql, rows: Sequence[Mapping[str, Any]]
) -> None:
    def work(tx: Tx, some: Sequence[Mapping[str, Any]]) -> None:
        if tx.run(_HOLD_PEN, **_of(run), pen=pen) != 1:
            raise GuardMissedError("night_run")
        tx.many(statement, some)

    for start in range(0, len(rows), CHUNK):
        db.write(partial(work, some=rows[start : start + CHUNK]))


def set_state(tx: Tx, run: Run, state: str, *, ended_at: int | None = None) -> bool:
    """Move a run on to `state`; False where another worker has locked it already."""
    return tx.run(_SET_STATE, **_of(run), state=state, ended_at=ended_at) == 1


def keep_breaks(tx: Tx, run: Run, found: Sequence[tuple[Break, Row | None]], *, at: int) -> None:
    """Name each failed sum as a C2, with the booked line that was altered where one is known.

    A C2 that stands already from an earlier try of the same night is not named twice.
    """
    here = _of(run)
    known = {(row.sub_code, row.claimant_id, row.ref) for row in tx.all(_OPEN_BREAKS, **here)}
    number = _BREAKS_FROM + len(known)
    for broken, line in found:
        ref = "" if line is None else line.ref
        if (broken.name, broken.claimant_id, ref) in known:
            continue
        number += 1
        item = Found(
            Code.C2,
            broken.name,
            broken.claimant_id,
            0,
            ref,
            run.day,
            held_fen=0,
            # What the two sides came to, in the sum's own unit.
            rest_units=broken.left - broken.right,
        )
        row = _discrepancy(run, number, item, at=at)
        if line is not None:
            row |= {
                "booked_kind": line.kind,
                "booked_units": line.units,
                "booked_fen": line.fen,
                "booked_at": line.occurred_at,
                "booked_txn": line.txn_id,
            }
        tx.run(_KEEP_DISCREPANCY, **row)


def keep_found(tx: Tx, run: Run, found: Sequence[Found], *, first: int, at: int) -> None:
    """Keep discrepancies that stand beside a night's own; the first takes the number after `first` of its day."""
    for number, item in enumerate(found, start=first + 1):
        tx.run(_KEEP_DISCREPANCY, **_discrepancy(run, number, item, at=at))


def clear_breaks(tx: Tx, run: Run) -> None:
    """The sums hold again: what an earlier try of this night called broken is explained."""
    tx.run(_CLEAR_BREAKS, **_of(run), day=run.day)


def _of(run: Run) -> dict[str, int]:
    return {"community_id": run.community_id, "run_no": run.run_no}


def _discrepancy(run: Run, number: int, found: Found, *, at: int) -> dict[str, Any]:
    booked, claimed = found.booked, found.claimed
    return {
        **_of(run),
        "discrepancy_no": run.day * _PER_DAY + number,
        "business_date": found.business_date,
        "code": found.code.value,
        "sub_code": found.sub_code,
        "claimant_id": found.claimant_id,
        "terminal_id": found.terminal_id,
        "ref": found.ref,
        "booked_kind": booked and booked.kind,
        "booked_units": booked and booked.units,
        "booked_fen": booked and booked.fen,
        "booked_at": booked and booked.occurred_at,
        "booked_txn": booked and booked.txn_id,
        "claimed_batch": claimed and claimed.batch_id,
        "claimed_line": claimed and claimed.line_no,
        "claimed_kind": claimed and claimed.kind,
        "claimed_units": claimed and claimed.units,
        "claimed_fen": claimed and claimed.fen,
        "claimed_at": claimed and claimed.occurred_at,
        "plus_fen": found.plus_fen,
        "minus_fen": found.minus_fen,
        "held_fen": found.held_fen,
        "rest_units": found.rest_units,
        "rest_fen": found.rest_fen,
        "state": _first_state(found.code),
        "closed_run": run.run_no if found.code is Code.X4 else None,
        "closed_date": run.day if found.code is Code.X4 else None,
        "due_date": due_on(run.day, found.code),
        "opened_at": at,
        "reason": "",
        "posted_fen": 0,
    }


def _first_state(code: Code) -> str:
    """What may still explain itself waits in the pool; what is paid already asks for nobody."""
    if code in POOLED:
        return "pooled"
    return "auto_cleared" if code is Code.X4 else "open"


def _open_item(run: Run, opened: Opened) -> dict[str, Any]:
    return {
        **_of(run),
        **opened.booked._asdict(),
        "reason": opened.reason,
        "flagged_run": run.run_no if opened.flagged else None,
    }
