"""Proofs out of a log of 300,000 entries, and what one entry costs to seal.

Floor of a proof: reading the tiles it needs by their keys and nothing else. Sealing has no floor beside it; its figure
is CPU microseconds an entry, the program's and the database's, over entries of real sales.
`python -m tests.bench.seal [postgresql|sqlite]`
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from collections.abc import Callable

from ledger.database import Database
from ledger.seal.proofs import path_to, prove_consistency
from ledger.seal.sealer import seal
from ledger.seal.tiles import keep_tiles, read_root, read_tiles, tiles_for
from ledger.seal.tree import (
    inclusion_spans,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from pos.checkout import check_out
from tests.bench import checkout
from tests.bench.load import cpu_seconds
from tests.support.tiles import tiles_of
from tests.support.town import HERE, build_town

LEAVES = 300_000
PROOFS = 400
SALES = 2_000
SEED = 60_302
OTHER = 2
"""A community of its own for the large tree."""


def main(engines: list[str]) -> None:
    """Run and print the table."""
    print(f"seed {SEED}")
    leaves = [leaf_hash(b"%d" % n) for n in range(LEAVES)]
    started = time.perf_counter()
    tiles = tiles_of(leaves)
    took = time.perf_counter() - started
    print(f"tiles of {LEAVES} leaves: {LEAVES / took:9.0f} leaves/s")
    for engine in engines:
        with checkout.database(engine) as (url, pids):
            db = Database(url)
            db.write(lambda tx: keep_tiles(tx, OTHER, tiles))
            _proofs(engine, db, leaves)
            _sealing(engine, db, pids)
            db.close()


def _proofs(engine: str, db: Database, leaves: list[bytes]) -> None:
    dice = random.Random(SEED)
    indexes = [dice.randrange(LEAVES) for _ in range(PROOFS)]
    with db.read() as tx:
        root = read_root(tx, OTHER, LEAVES)
        olds = {index + 1: read_root(tx, OTHER, index + 1) for index in indexes}

    def included(index: int) -> None:
        with db.read() as tx:
            path = path_to(tx, OTHER, index, LEAVES)
        assert verify_inclusion(leaves[index], index, LEAVES, path, root)

    def grown(index: int) -> None:
        with db.read() as tx:
            path = prove_consistency(tx, OTHER, index + 1, LEAVES)
        assert verify_consistency(index + 1, olds[index + 1], LEAVES, root, path)

    def rooted(_index: int) -> None:
        with db.read() as tx:
            assert read_root(tx, OTHER, LEAVES) == root

    def floor(index: int) -> None:
        with db.read() as tx:
            read_tiles(tx, OTHER, tiles_for(inclusion_spans(index, LEAVES)))

    print(f"\nproofs of {LEAVES} leaves on {engine}, {PROOFS} at random places, checked")
    for name, work in (
        ("inclusion", included),
        ("floor of it", floor),
        ("consistency", grown),
        ("root", rooted),
    ):
        _tell(name, work, indexes)


def _tell(name: str, work: Callable[[int], None], indexes: list[int]) -> None:
    took = []
    for index in indexes:
        started = time.perf_counter()
        work(index)
        took.append((time.perf_counter() - started) * 1_000)
    took.sort()
    print(
        f"  {name:12} median {statistics.median(took):6.2f} ms  p99 {took[int(PROOFS * 0.99)]:6.2f} ms"
    )


def _sealing(engine: str, db: Database, pids: list[int]) -> None:
    town = build_town(
        db, people=SALES, shops=4, grant_units=100_000, fund_fen=10**10, allowance_fen=10**9,
        cover_tranche_fen=1_000_000,
    )  # fmt: skip
    seal(db, HERE)
    for n in range(SALES):
        asked = town.sale(1 + n, 5_000, 20_000, till=n % len(town.tills))
        check_out(town.desk, asked, at=town.at)
    watched = [os.getpid(), *pids]
    before = cpu_seconds(watched)
    seal(db, HERE)
    spent = cpu_seconds(watched) - before
    print(f"sealing on {engine}: {spent / SALES * 1e6:6.0f} us CPU an entry, {SALES} sales at once")


if __name__ == "__main__":
    main(sys.argv[1:] or ["postgresql", "sqlite"])
