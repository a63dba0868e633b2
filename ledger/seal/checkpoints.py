"""Signed checkpoints: made only where they extend exactly what was signed before.

Two things are compared before a signature is given: the head in the database (another server may have signed) and the
file outside it (the database may be an old one). Neither can be put right by signing something else.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members.key_vault import KeyVault
from ledger.seal import keys
from ledger.seal.last_signed import LastSigned, Mark
from ledger.seal.note import Head, NoteError, Signer, open_head, sign_head
from ledger.seal.sealer import seal, size
from ledger.seal.tiles import read_root
from ledger.seal.tree import EMPTY_ROOT
from ledger.sql import Row, Sql, Tx

_COLUMNS: Final = "size, root, note, signed_at"
_NEWEST: Final = Sql(
    f"SELECT {_COLUMNS} FROM checkpoint WHERE community_id = :community_id ORDER BY size DESC LIMIT 1"
)
_COVERING: Final = Sql(
    f"SELECT {_COLUMNS} FROM checkpoint WHERE community_id = :community_id AND size > :leaf_index"
    " ORDER BY size LIMIT 1"
)
_DUE: Final = Sql(
    "SELECT h.community_id FROM log_head h LEFT JOIN checkpoint c"
    " ON c.community_id = h.community_id AND c.size = h.signed_size"
    " WHERE h.size > h.signed_size"
    # A checkpoint from the future was signed before the clock was put back.
    " AND (c.signed_at IS NULL OR c.signed_at <= :before OR c.signed_at > :now)"
    " ORDER BY h.community_id"
)
_GIVEN_UP: Final = Sql(
    "SELECT max(recovery_no) AS recovery_no FROM log_recovery WHERE community_id = :community_id"
    " AND size < :size AND lost_size >= :size HAVING max(recovery_no) IS NOT NULL"
)
_SIGNED: Final = Sql(
    "SELECT signed_size, signed_root FROM log_head WHERE community_id = :community_id"
)
_RECOVERING: Final = Sql("SELECT recovery_id FROM community WHERE community_id = :community_id")
_SWAP: Final = Sql(
    "UPDATE log_head SET signed_size = :size, signed_root = :root WHERE community_id = :community_id"
    " AND signed_size = :old_size AND signed_root = :old_root"
)
_KEEP: Final = Sql(
    "INSERT INTO checkpoint (community_id, size, root, note, key_no, signed_at)"
    " VALUES (:community_id, :size, :root, :note, :key_no, :signed_at)"
)


class Checkpoint(NamedTuple):
    """What was signed: so many leaves under this root. `note` is the signed text, `signed_at` microseconds UTC."""

    size: int
    root: bytes
    note: str
    signed_at: int


class _Next(NamedTuple):
    """A head that may be signed, and what it extends."""

    old: Head
    new: Head
    key_no: int
    signer: Signer


def publish(
    db: Database, community_id: int, vault: KeyVault, last_signed: LastSigned, *, at: int
) -> Checkpoint:
    """Seal what waits and sign a checkpoint over all of it; where nothing is new the newest one is the answer.

    The file outside the database is written before the signature leaves this function. Refuses: log_behind (the
    database is older than what was signed), log_forked (it holds something else), log_mark_missing (this server
    does not know what was signed), log_mark_unreadable, log_damaged, keys_master_wrong, recovery_open (entries
    that were acknowledged are missing yet).
    """
    with db.read() as tx:
        has_key = keys.newest_no(tx, community_id) > 0
    if not has_key:
        db.write(lambda tx: keys.ensure_key(tx, vault, community_id, by=SYSTEM, at=at))
    seal(db, community_id)
    with last_signed.hold(community_id) as mark:
        while True:
            with db.read() as tx:
                found = _look(tx, vault, community_id, mark)
            if isinstance(found, Checkpoint):
                return found
            note = sign_head(found.new, [found.signer])
            mark.write(note)
            made = Checkpoint(found.new.size, found.new.root, note, at)
            if db.write(lambda tx: _keep(tx, community_id, found, made)):  # noqa: B023 - run before the next turn
                return made


def newest(tx: Tx, community_id: int) -> Checkpoint | None:
    """The newest checkpoint, None before the first."""
    row = tx.find(_NEWEST, community_id=community_id)
    return None if row is None else _checkpoint(row)


def covering(tx: Tx, community_id: int, leaf_index: int) -> Checkpoint | None:
    """The first checkpoint whose tree holds the leaf at `leaf_index`, None where it is not published yet."""
    row = tx.find(_COVERING, community_id=community_id, leaf_index=leaf_index)
    return None if row is None else _checkpoint(row)


def due_communities(tx: Tx, *, now: int, every_us: int) -> list[int]:
    """The communities whose log has grown and whose newest checkpoint is `every_us` microseconds old, or missing."""
    rows = tx.all(_DUE, now=now, before=now - every_us)
    return [int(row.community_id) for row in rows]


def show_signed(db: Database, community_id: int, last_signed: LastSigned, note: str) -> bool:
    """Take a checkpoint of this log from somebody who kept it (a till, a wall): True where the log grew out of it.

    True also where it lies in what a recovery has given up openly. Else the checkpoint is remembered as signed, so
    that this server signs nothing more until people have looked at it. Refuses: log_note_unknown (no key of this log
    signed it), log_no_key.
    """
    with last_signed.hold(community_id) as mark, db.read() as tx:
        try:
            head = open_head(
                note, keys.verifiers(tx, community_id), origin=keys.origin_of(tx, community_id)
            )
        except NoteError as error:
            raise Refusal("log_note_unknown") from error
        if holds(tx, community_id, head) or _is_given_up(tx, community_id, head):
            return True
        known = signed_head(tx, community_id, mark)
        if known is None or holds(tx, community_id, known):
            mark.write(note)
        return False


def signed_head(tx: Tx, community_id: int, mark: Mark) -> Head | None:
    """What the file outside the database says was signed last, None where this server never signed.

    Refuses: log_mark_unreadable, log_no_key.
    """
    note = mark.read()
    if note is None:
        return None
    try:
        return open_head(
            note, keys.verifiers(tx, community_id), origin=keys.origin_of(tx, community_id)
        )
    except NoteError as error:
        raise Refusal("log_mark_unreadable") from error


def holds(tx: Tx, community_id: int, head: Head) -> bool:
    """Whether the log as it stands grew out of a head."""
    here = size(tx, community_id)
    return head.size <= here and read_root(tx, community_id, head.size) == head.root


def _is_given_up(tx: Tx, community_id: int, head: Head) -> bool:
    """Whether a recovery has cut the log short below this head, and said so."""
    return tx.find(_GIVEN_UP, community_id=community_id, size=head.size) is not None


def _look(tx: Tx, vault: KeyVault, community_id: int, mark: Mark) -> Checkpoint | _Next:
    """Compare everything that was signed with the tree as it stands; reading only."""
    if tx.get(_RECOVERING, community_id=community_id).recovery_id is not None:
        raise Refusal("recovery_open")
    origin = keys.origin_of(tx, community_id)
    here = size(tx, community_id)
    row = tx.find(_SIGNED, community_id=community_id)
    old = Head(origin, 0, EMPTY_ROOT)
    if row is not None:
        old = Head(origin, int(row.signed_size), bytes(row.signed_root))
    known = signed_head(tx, community_id, mark)
    if known is None and old.size:
        raise Refusal("log_mark_missing", size=old.size)
    for signed in filter(None, (known, old)):
        if signed.size > here:
            raise Refusal("log_behind", size=here, signed_size=signed.size)
        if read_root(tx, community_id, signed.size) != signed.root:
            raise Refusal("log_forked", signed_size=signed.size)
    last = newest(tx, community_id)
    if last is not None and last.size == here == old.size:
        return last
    key_no = keys.newest_no(tx, community_id)
    new = Head(origin, here, read_root(tx, community_id, here))
    return _Next(old, new, key_no, keys.signer(tx, vault, community_id))


def _keep(tx: Tx, community_id: int, found: _Next, made: Checkpoint) -> bool:
    """Store a checkpoint, unless another server signed since this one looked."""
    swapped = tx.run(
        _SWAP,
        community_id=community_id,
        size=made.size,
        root=made.root,
        old_size=found.old.size,
        old_root=found.old.root,
    )
    if swapped != 1:
        return False
    tx.run(
        _KEEP,
        community_id=community_id,
        size=made.size,
        root=made.root,
        note=made.note,
        key_no=found.key_no,
        signed_at=made.signed_at,
    )
    return True


def _checkpoint(row: Row) -> Checkpoint:
    return Checkpoint(int(row.size), bytes(row.root), row.note, int(row.signed_at))
