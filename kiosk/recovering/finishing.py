"""The end of a recovery: everything sealed, the loss declared under the log's own key, the report kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kiosk.recovering.applying import Applied, Progress, apply_lines
from kiosk.recovering.report import report_of
from ledger.audit import By
from ledger.errors import Refusal
from ledger.members.key_vault import KeyVault
from ledger.recovery import epochs, intake
from ledger.seal import checkpoints, keys, recovery
from ledger.seal.alarms import answer_declared
from ledger.seal.checkpoints import Checkpoint
from ledger.seal.last_signed import LastSigned
from ledger.seal.note import NoteError, open_head
from ledger.sql import Tx
from pos.desk import Desk, day_of


@dataclass(frozen=True)
class Sealed:
    """How the log goes on: the newest checkpoint, and the note that declares the loss ('' where none was signed)."""

    checkpoint: Checkpoint
    note: str


def apply_all(
    desk: Desk, community_id: int, *, by: By, at: int, progress: Progress = lambda _done, _of: None
) -> Applied:
    """Write what the tills sent; once every till has reported or was given up, spending is open again.

    Refuses: recovery_none, recovery_not_started, recovery_tills_missing (nothing is written then: the points a wallet
    spent at one till may have been earned at another).
    """
    with desk.db.read() as tx:
        found = epochs.get_open(tx, community_id)
        tills = intake.till_states(tx, community_id, found.recovery_id)
    missing = [till for till in tills if till.state == "asked"]
    if missing and found.state == "collecting":
        terms = desk.refresh(community_id)
        codes = sorted(terms.terminal(till.terminal_id).code for till in missing)
        raise Refusal("recovery_tills_missing", count=len(missing), tills=", ".join(codes))
    done = apply_lines(desk, community_id, at=at, progress=progress)
    facts = {f"lines_{state}": count for state, count in sorted(done.states.items())}
    desk.db.write(lambda tx: epochs.mark_applied(tx, community_id, by=by, at=at, facts=facts))
    return done


def finish(
    desk: Desk,
    vault: KeyVault,
    last_signed: LastSigned,
    community_id: int,
    *,
    by: By,
    now: Callable[[], int],
) -> tuple[dict[str, Any], Sealed]:
    """Declare what was lost, seal everything, keep the report. Cut off anywhere it goes on when it is run again.

    Refuses: recovery_none, recovery_not_applied, and those of `ledger.seal.recovery.begin_again`.
    """
    with desk.db.read() as tx:
        found = epochs.get_open(tx, community_id)
    if found.state != "applied":
        raise Refusal("recovery_not_applied")
    remember_lost(desk, last_signed, community_id, by=by, at=now())
    terms = desk.refresh(community_id)
    note = ""
    try:
        note = recovery.begin_again(
            desk.db,
            community_id,
            vault,
            last_signed,
            by=by,
            day=day_of(terms, now()),
            at=now(),
        )
    except Refusal as refusal:
        # Nothing signed is missing: it was lost before anybody had seen it, or is declared already.
        if refusal.code not in {"log_whole", "log_no_key"}:
            raise

    def close(tx: Tx) -> dict[str, Any]:
        report = report_of(tx, terms, found, at=now())
        facts = {f"lines_{state}": count for state, count in report["lines"].items()}
        epochs.finish(tx, community_id, report=report, by=by, at=now(), facts=facts)
        for declared in recovery.recoveries_since(tx, community_id, found.opened_at):
            loss = recovery.read_loss(declared)
            answer_declared(tx, community_id, loss.kept_size, loss.lost, by=by, at=now())
        return report

    report = desk.db.write(close)
    signed = checkpoints.publish(desk.db, community_id, vault, last_signed, at=now())
    return report, Sealed(signed, note)


def remember_lost(
    desk: Desk, last_signed: LastSigned, community_id: int, *, by: By, at: int
) -> None:
    """Learn from the tills what was signed last, where the machine that signed it is gone with its own note of it.

    The largest counts: everything smaller lies in it, or the log was forked before the loss, and the tills say so.
    """
    with desk.db.read() as tx:
        found = epochs.get_open(tx, community_id)
        tills = intake.till_states(tx, community_id, found.recovery_id)
        trusted = keys.verifiers(tx, community_id)
        if not trusted:
            return
        origin = keys.origin_of(tx, community_id)
    notes = {till.checkpoint for till in tills if till.checkpoint}
    with last_signed.hold(community_id) as mark:
        kept = mark.read()
    heads = []
    for note in {*notes, *([kept] if kept else [])}:
        try:
            heads.append((open_head(note, trusted, origin=origin).size, note))
        except NoteError:
            # Signed by a key that was made after the copy, or by nobody: it says nothing this server could check.
            continue
    if heads and max(heads)[1] != kept:
        checkpoints.show_signed(desk.db, community_id, last_signed, max(heads)[1])
    elif not heads:
        _adopt(desk, last_signed, community_id, by=by, at=at)


def _adopt(desk: Desk, last_signed: LastSigned, community_id: int, *, by: By, at: int) -> None:
    try:
        recovery.adopt(desk.db, community_id, last_signed, by=by, at=at)
    except Refusal as refusal:
        if refusal.code not in {"log_mark_there", "log_nothing_signed"}:
            raise
