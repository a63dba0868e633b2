"""Going on after a loss: the one place where a log may be cut short, openly and under its own signature."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members.key_vault import KeyVault
from ledger.seal import keys
from ledger.seal.checkpoints import Checkpoint, holds, newest, signed_head
from ledger.seal.last_signed import LastSigned
from ledger.seal.note import Head, parse_note, sign_note
from ledger.seal.tree import EMPTY_ROOT
from ledger.sql import Sql, Tx

RECOVERY: Final = "jifen-recovery/1"
"""First line of the note; then origin, size kept, its root in base64, the day as yyyymmdd, and size and root lost.

It excuses one step back and no other: from a head after the one kept, no later than the one lost.
"""

_ALL: Final = Sql(
    "SELECT note FROM log_recovery WHERE community_id = :community_id ORDER BY recovery_no"
)
_SINCE: Final = Sql(
    "SELECT note FROM log_recovery WHERE community_id = :community_id AND made_at > :at"
    " ORDER BY recovery_no"
)
_COUNT: Final = Sql("SELECT count(*) AS times FROM log_recovery WHERE community_id = :community_id")
_KEEP: Final = Sql(
    "INSERT INTO log_recovery (community_id, recovery_no, size, root, lost_size, note, made_by,"
    " made_at) VALUES (:community_id, :recovery_no, :size, :root, :lost_size, :note, :made_by,"
    " :made_at)"
)


class Loss(NamedTuple):
    """What a recovery's note says: entries kept, the day (yyyymmdd), and the head that was given up."""

    kept_size: int
    day: int
    lost: Head


def read_loss(note: str) -> Loss:
    """What a note of `begin_again` says."""
    _, origin, size, _root, day, lost_size, lost_root, _end = parse_note(note).text.split("\n")
    return Loss(int(size), int(day), Head(origin, int(lost_size), b64decode(lost_root)))


def recoveries_since(tx: Tx, community_id: int, at: int) -> list[str]:
    """The notes of the losses declared later than a moment (microseconds UTC)."""
    rows = tx.all(_SINCE, community_id=community_id, at=at)
    return [row.note for row in rows]


def recoveries(tx: Tx, community_id: int) -> list[str]:
    """The notes of every loss this log went on after, the first one first."""
    return [row.note for row in tx.all(_ALL, community_id=community_id)]


def adopt(
    db: Database, community_id: int, last_signed: LastSigned, *, by: By, at: int
) -> Checkpoint:
    """Believe this database's newest checkpoint on a server that has not signed for the log before.

    For a second server of one database, or a new machine: whoever does it has compared the size with what tills or
    the board show. Refuses: log_mark_there (this server signed before), log_nothing_signed.
    """
    with last_signed.hold(community_id) as mark:
        if mark.read() is not None:
            raise Refusal("log_mark_there")
        with db.read() as tx:
            last = newest(tx, community_id)
        if last is None:
            raise Refusal("log_nothing_signed")
        facts: audit.Facts = {"tree_size": last.size}
        db.write(
            lambda tx: audit.record(tx, community_id, by, "log.adopt", "log", at=at, after=facts)
        )
        mark.write(last.note)
        return last


def begin_again(
    db: Database,
    community_id: int,
    vault: KeyVault,
    last_signed: LastSigned,
    *,
    by: By,
    day: int,
    at: int,
) -> str:
    """Let the log go on from the newest checkpoint this database holds, after what came later was lost.

    Gives the note that says so, for tills and the board: signed by the log's key, kept, and sealed as an act. `day`
    is the business date (yyyymmdd). Refuses: log_whole (nothing signed is missing here), log_mark_unreadable,
    log_no_key, keys_master_wrong.
    """
    with last_signed.hold(community_id) as mark:
        with db.read() as tx:
            lost = signed_head(tx, community_id, mark)
            if lost is None or holds(tx, community_id, lost):
                raise Refusal("log_whole")
            last = newest(tx, community_id)
            signer = keys.signer(tx, vault, community_id)
            number = int(tx.get(_COUNT, community_id=community_id).times) + 1
        kept_size, kept_root = (0, EMPTY_ROOT) if last is None else (last.size, last.root)
        root_text = b64encode(kept_root).decode()
        lost_text = f"{lost.size}\n{b64encode(lost.root).decode()}"
        text = f"{RECOVERY}\n{signer.verifier.name}\n{kept_size}\n{root_text}\n{day}\n{lost_text}\n"
        note = sign_note(text, [signer])

        def work(tx: Tx) -> None:
            tx.run(
                _KEEP,
                community_id=community_id,
                recovery_no=number,
                size=kept_size,
                root=kept_root,
                lost_size=lost.size,
                note=note,
                made_by=by.id,
                made_at=at,
            )
            facts: audit.Facts = {"tree_size": kept_size, "lost_size": lost.size}
            audit.record(
                tx, community_id, by, "log.recover", f"recovery:{number}", at=at, after=facts
            )

        db.write(work)
        mark.forget() if last is None else mark.write(last.note)
        return note
