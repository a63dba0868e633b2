"""Work the whole log out again from the rows it was made of, and name the first that does not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from ledger.database import Database
from ledger.seal import keys
from ledger.seal.entries import Entry, read_entries
from ledger.seal.note import NoteError, Verifier, open_head
from ledger.seal.sealer import size
from ledger.seal.tiles import TILE_BYTES, TileKey, Tiles, edge_of, grown, read_tiles
from ledger.seal.tree import EMPTY_ROOT, leaf_hash, node_hash
from ledger.sql import Row, Sql, Tx

_MANY: Final = 2_000

_LEAVES: Final = Sql(
    "SELECT leaf_index, entry_id, kind, leaf_hash FROM leaf WHERE community_id = :community_id"
    " AND leaf_index >= :first ORDER BY leaf_index LIMIT :most"
)
_CHECKPOINTS: Final = Sql(
    "SELECT size, root, note FROM checkpoint WHERE community_id = :community_id"
    " AND size > :after AND size <= :until ORDER BY size"
)
_BEYOND: Final = Sql(
    "SELECT size FROM checkpoint WHERE community_id = :community_id AND size > :size"
    " ORDER BY size LIMIT 1"
)
_TILES: Final = Sql("SELECT count(*) AS tiles FROM tile WHERE community_id = :community_id")
_SIGNED: Final = Sql(
    "SELECT h.signed_size, h.signed_root, c.size, c.root FROM log_head h"
    " LEFT JOIN checkpoint c ON c.community_id = h.community_id AND c.size = h.signed_size"
    " WHERE h.community_id = :community_id"
)
_UNSEALED: Final = tuple(
    (
        kind,
        Sql(
            f"SELECT x.{key} AS entry_id FROM {table} x"
            f" LEFT JOIN leaf l ON l.community_id = x.community_id AND l.entry_id = x.{key}"
            f" LEFT JOIN outbox o ON o.community_id = x.community_id AND o.entry_id = x.{key}"
            " WHERE x.community_id = :community_id AND l.entry_id IS NULL AND o.entry_id IS NULL"
            f" ORDER BY x.{key} LIMIT 1"
        ),
    )
    for kind, table, key in (("txn", "txn", "txn_id"), ("act", "audit", "audit_id"))
)

Progress = Callable[[int, int], None]
"""Told how many leaves are worked out, and of how many."""


class Fault(NamedTuple):
    """What does not fit first: `row` names it (`leaf 17`, `txn 123`, `tile 0/4`, `checkpoint 300`)."""

    row: str
    why: str


class Verified(NamedTuple):
    """What was worked out; `fault` is None where everything fits."""

    size: int
    root: bytes
    checkpoints: int
    fault: Fault | None


class _Broken(Exception):  # noqa: N818 - a finding on its way up
    def __init__(self, row: str, why: str) -> None:
        super().__init__(row)
        self.fault = Fault(row, why)


def verify_log(
    db: Database, community_id: int, *, progress: Progress = lambda _done, _of: None
) -> Verified:
    """Recompute every leaf, tile, root and signature of one community's log in one snapshot; reading only."""
    with db.read() as tx:
        work = _Work(tx, community_id)
        try:
            for done in work.run():
                progress(done, work.size)
        except _Broken as broken:
            return Verified(work.size, work.root(), work.checkpoints, broken.fault)
        return Verified(work.size, work.root(), work.checkpoints, None)


class _Work:
    """One pass over the log. `peaks` are the roots of the full subtrees so far, the largest first."""

    def __init__(self, tx: Tx, community_id: int) -> None:
        self._tx = tx
        self._here = {"community_id": community_id}
        self._community_id = community_id
        self._trusted: list[Verifier] = keys.verifiers(tx, community_id)
        self._peaks: list[tuple[int, bytes]] = []
        self._edge: Tiles = {}
        self._tiles = 0
        self.size = size(tx, community_id)
        self.checkpoints = 0

    def run(self) -> Iterator[int]:
        done = 0
        while done < self.size:
            rows = self._tx.all(_LEAVES, **self._here, first=done, most=_MANY)
            rows = [row for row in rows if row.leaf_index < self.size]
            hashes = list(self._leaves(done, rows))
            self._check_tiles(done, hashes)
            self._check_checkpoints(done, hashes)
            done += len(rows)
            yield done
        self._check_ends()

    def root(self) -> bytes:
        if not self._peaks:
            return EMPTY_ROOT
        *others, (_, root) = self._peaks
        for _, peak in reversed(others):
            root = node_hash(peak, root)
        return root

    def _leaves(self, first: int, rows: list[Row]) -> Iterator[bytes]:
        wanted = [Entry(row.kind, row.entry_id) for row in rows]
        entries = read_entries(self._tx, self._community_id, wanted)
        for n, (row, entry) in enumerate(zip(rows, wanted, strict=True)):
            if row.leaf_index != first + n:
                raise _Broken(f"leaf {first + n}", "its row is gone")
            if entry not in entries:
                raise _Broken(f"{entry.kind} {entry.entry_id}", f"gone; it is leaf {first + n}")
            found = leaf_hash(entries[entry])
            if found != bytes(row.leaf_hash):
                why = f"not what was sealed as leaf {first + n}"
                raise _Broken(f"{entry.kind} {entry.entry_id}", why)
            yield found
        if not rows:
            raise _Broken(f"leaf {first}", "its row is gone")

    def _check_tiles(self, first: int, hashes: list[bytes]) -> None:
        changed = grown(self._edge, first, hashes)
        full = [key for key, tile in changed.items() if len(tile) == TILE_BYTES]
        self._compare(full, changed)
        self._tiles += len(full)
        self._edge = {
            key: changed.get(key, self._edge.get(key, b"")) for key in edge_of(first + len(hashes))
        }

    def _compare(self, wanted: list[TileKey], right: Tiles) -> None:
        stored = read_tiles(self._tx, self._community_id, wanted)
        for key in wanted:
            if stored.get(key) != right[key]:
                raise _Broken(f"tile {key.level}/{key.number}", "not the hashes of its leaves")

    def _check_checkpoints(self, first: int, hashes: list[bytes]) -> None:
        rows = self._tx.all(_CHECKPOINTS, **self._here, after=first, until=first + len(hashes))
        due = {int(row.size): row for row in rows}
        for n, hashed in enumerate(hashes, first + 1):
            self._grow(hashed)
            if n in due:
                self._check_checkpoint(due[n])

    def _check_checkpoint(self, row: Row) -> None:
        name = f"checkpoint {row.size}"
        if bytes(row.root) != self.root():
            raise _Broken(name, "its root is not that of the leaves")
        try:
            head = open_head(row.note, self._trusted, origin=self._trusted[0].name)
        except (NoteError, IndexError) as error:
            raise _Broken(name, f"its note is not signed by the log: {error}") from error
        if (head.size, head.root) != (row.size, bytes(row.root)):
            raise _Broken(name, "its note says something else")
        self.checkpoints += 1

    def _grow(self, hashed: bytes) -> None:
        height = 0
        while self._peaks and self._peaks[-1][0] == height:
            hashed = node_hash(self._peaks.pop()[1], hashed)
            height += 1
        self._peaks.append((height, hashed))

    def _check_ends(self) -> None:
        if self._tx.all(_LEAVES, **self._here, first=self.size, most=1):
            raise _Broken(f"leaf {self.size}", "stands beyond the end of the log")
        self._compare(list(self._edge), self._edge)
        if self._tx.get(_TILES, **self._here).tiles != self._tiles + len(self._edge):
            raise _Broken("tile", "there are more than the log has")
        beyond = self._tx.find(_BEYOND, **self._here, size=self.size)
        if beyond is not None:
            raise _Broken(f"checkpoint {beyond.size}", "more was signed than is there")
        signed = self._tx.find(_SIGNED, **self._here)
        if signed is not None and signed.signed_size:
            stored = None if signed.root is None else bytes(signed.root)
            if stored != bytes(signed.signed_root):
                raise _Broken(
                    f"checkpoint {signed.signed_size}", "the last one signed is not there"
                )
        for kind, statement in _UNSEALED:
            row = self._tx.find(statement, **self._here)
            if row is not None:
                raise _Broken(f"{kind} {row.entry_id}", "neither sealed nor waiting to be")
