"""The sealer: every committed entry gets one place and its leaf, whoever drew a number first."""

import sqlite3
from functools import partial

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from ledger import audit
from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.errors import Refusal
from ledger.seal import sealer
from ledger.seal.entries import ACT, TXN, Entry, read_entries
from ledger.seal.erasure import erase_act
from ledger.seal.sealer import seal, size
from ledger.seal.tiles import WIDTH, TileKey, Tiles, edge_of, grown, read_root
from ledger.seal.tree import EMPTY_ROOT, leaf_hash, root_of
from ledger.sql import Sql, Tx
from pos.checkout import check_out
from pos.refunds import refund
from tests.support.invariants import check_invariants
from tests.support.races import without
from tests.support.town import HERE, Town, build_town

LEAVES = Sql(
    "SELECT leaf_index, kind, entry_id, leaf_hash FROM leaf WHERE community_id = :community_id"
    " ORDER BY leaf_index"
)
_LEFT = Sql("SELECT count(*) AS waiting FROM outbox WHERE community_id = :community_id")


def act(tx: Tx, n: int) -> int:
    """One more act in the record."""
    return audit.record(tx, HERE, SYSTEM, "good.put", f"good:{n}", at=1_000 * n, after={"n": n})


def acts(db: Database, count: int, *, first: int = 0) -> None:
    """Many acts in one transaction."""

    def work(tx: Tx) -> None:
        for n in range(first, first + count):
            act(tx, n)

    db.write(work)


def sold(town: Town) -> None:
    """A sale with an offset, part of it brought back, and a sale without."""
    answer = check_out(town.desk, town.sale(1, 5_000, 20_000), at=town.at)
    refund(town.desk, town.refund(answer["ref"], 2_500), at=town.later(200))
    check_out(town.desk, town.sale(2, 3_000), at=town.at)


def test_every_entry_gets_its_place_and_its_leaf(db: Database) -> None:
    town = build_town(db, grant_units=500_000)
    sold(town)
    acts(db, 3)

    count = seal(db, HERE)

    with db.read() as tx:
        rows = tx.all(LEAVES, community_id=HERE)
        entries = read_entries(tx, HERE, [Entry(row.kind, row.entry_id) for row in rows])
        root = read_root(tx, HERE, count)
        assert tx.get(_LEFT, community_id=HERE).waiting == 0
    assert [row.leaf_index for row in rows] == list(range(count))
    hashes = [leaf_hash(entries[Entry(row.kind, row.entry_id)]) for row in rows]
    assert [bytes(row.leaf_hash) for row in rows] == hashes
    assert {row.kind for row in rows} == {TXN, ACT}
    assert root == root_of(hashes)
    check_invariants(db.engine)


def test_sealing_again_changes_nothing(db: Database) -> None:
    acts(db, 5)
    first = seal(db, HERE)
    with db.read() as tx:
        before = tx.all(LEAVES, community_id=HERE)

    assert seal(db, HERE) == first
    with db.read() as tx:
        assert tx.all(LEAVES, community_id=HERE) == before


def test_a_community_without_entries_is_the_empty_tree(db: Database) -> None:
    assert seal(db, HERE) == 0
    with db.read() as tx:
        assert size(tx, HERE) == 0
        assert read_root(tx, HERE, 0) == EMPTY_ROOT


def test_of_two_sealers_that_saw_the_same_one_writes(db: Database) -> None:
    acts(db, 3)
    with db.read() as tx:
        first, second = sealer._read_next(tx, HERE), sealer._read_next(tx, HERE)

    assert db.write(lambda tx: sealer._write(tx, HERE, first)) is True
    assert db.write(lambda tx: sealer._write(tx, HERE, second)) is False

    assert seal(db, HERE) == 3
    with db.read() as tx:
        assert len(tx.all(LEAVES, community_id=HERE)) == 3


def test_without_the_guard_the_second_would_write_over_the_first(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what keeps two sealers apart is the head's condition, and behind it the keys of the tables."""
    acts(db, 3)
    with db.read() as tx:
        first, second = sealer._read_next(tx, HERE), sealer._read_next(tx, HERE)
    monkeypatch.setattr(sealer, "_ADVANCE", without(sealer._ADVANCE, " AND size = :size"))
    assert db.write(lambda tx: sealer._write(tx, HERE, first)) is True

    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.UniqueViolation)):
        db.write(lambda tx: sealer._write(tx, HERE, second))


@pytest.mark.parametrize("batches", [(1, 254, 1, 1), (256, 256), (300, 1, 700), (3,)])
def test_the_stored_tree_is_an_independent_librarys(db: Database, batches: tuple[int, ...]) -> None:
    other = InmemoryTree(algorithm="sha256")
    done = 0
    for count in batches:
        acts(db, count, first=done)
        done += count
        seal(db, HERE)
        with db.read() as tx:
            rows = tx.all(LEAVES, community_id=HERE)[done - count :]
            entries = read_entries(tx, HERE, [Entry(row.kind, row.entry_id) for row in rows])
            for row in rows:
                other.append_entry(entries[Entry(row.kind, row.entry_id)])
            for n in {done, done - 1, 1, done // 2, WIDTH} - {0}:
                if n <= done:
                    assert read_root(tx, HERE, n) == other.get_root(n)


def test_an_act_and_its_erasure_leave_one_leaf(db: Database) -> None:
    audit_id = db.write(partial(act, n=1))
    seal(db, HERE)
    with db.read() as tx:
        before = read_entries(tx, HERE, [Entry(ACT, audit_id)])

    db.write(lambda tx: erase_act(tx, HERE, audit_id))

    with db.read() as tx:
        assert read_entries(tx, HERE, [Entry(ACT, audit_id)]) == before
        row = audit.acts_on(tx, HERE, "good:1")[0]
        assert (row.before, row.after) == ("", "")


def test_a_waiting_entry_that_is_gone_stops_the_sealer(db: Database) -> None:
    town = build_town(db)
    del town
    db.write(
        lambda tx: tx.run(
            Sql(
                "INSERT INTO outbox (community_id, entry_id, recorded_at, kind)"
                " VALUES (:community_id, 77, 0, 'txn')"
            ),
            community_id=HERE,
        )
    )
    with pytest.raises(Refusal, match="log_damaged"):
        seal(db, HERE)


def test_a_tile_that_is_gone_stops_the_sealer(db: Database) -> None:
    acts(db, 3)
    seal(db, HERE)
    with db.engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM tile WHERE community_id = {HERE}")
    acts(db, 1, first=3)

    with pytest.raises(Refusal, match="log_damaged"):
        seal(db, HERE)
    with db.read() as tx, pytest.raises(Refusal, match="log_damaged"):
        read_root(tx, HERE, 3)


@given(st.lists(st.integers(1, 700), max_size=4))
def test_tiles_grow_as_the_tree_does(parts: list[int]) -> None:
    tiles: Tiles = {}
    done = 0
    for count in parts:
        leaves = [leaf_hash(b"%d" % n) for n in range(done, done + count)]
        edge = {key: tiles[key] for key in edge_of(done)}
        changed = grown(edge, done, leaves)
        for key, hashes in changed.items():
            # A full tile is never touched again; the edge only grows.
            assert len(tiles.get(key, b"")) < WIDTH * 32
            assert hashes.startswith(tiles.get(key, b""))
        tiles |= changed
        done += count
    level, left = 0, done
    while left:
        whole = b"".join(tiles[TileKey(level, n)] for n in range(-(-left // WIDTH)))
        assert len(whole) == left * 32
        level, left = level + 1, left // WIDTH
