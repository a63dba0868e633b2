"""Who drew a number first may commit last: no entry is lost for it, and a watermark by number loses some."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import psycopg
import pytest

from ledger import audit
from ledger.audit import SYSTEM
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.database import Database
from ledger.ids import new_id, new_request_id
from ledger.seal.checkpoints import publish
from ledger.seal.last_signed import LastSigned
from ledger.seal.sealer import seal, size
from ledger.seal.verify import verify_log
from ledger.sql import Sql, Tx
from pos.checkout import check_out
from tests.support.invariants import check_invariants
from tests.support.races import run_processes
from tests.support.town import CIVIC, HERE, Town, build_town

WRITERS = 4
EACH = 30
LONGEST_WAIT_S = 0.008
SEED = 20_260_302

_PLACES = Sql(
    "SELECT entry_id FROM leaf WHERE community_id = :community_id AND kind = 'txn' ORDER BY leaf_index"
)
_ALL = Sql("SELECT count(*) AS entries FROM txn WHERE community_id = :community_id")
_BEYOND = Sql(
    "SELECT txn_id FROM txn WHERE community_id = :community_id AND txn_id > :last ORDER BY txn_id"
)


def grant(tx: Tx, town: Town, person: int, txn_id: int) -> int:
    """A posting under a number drawn before; it takes no row that another person's would wait for."""
    kinds = (Account.ISSUED_GRANT, 0), (Account.WALLET, person)
    issued, wallet = (
        Side(account_id(tx, HERE, kind, CIVIC, owner, at=town.at), kind) for kind, owner in kinds
    )
    return post(
        tx,
        Posting(
            community_id=HERE,
            kind=Kind.GRANT,
            request_id=new_request_id(town.at),
            occurred_at=town.at,
            at=town.at,
            business_date=town.day,
            lines=[Line(issued, wallet, CIVIC, 100)],
            txn_id=txn_id,
            person_id=person,
            wallet_owner_id=person,
            reason_key="grant",
            source="office",
        ),
    )


class Watermark:
    """The sealer as it must not be: it goes on after the largest number it has seen."""

    def __init__(self, db: Database) -> None:
        """Begin before the first."""
        self._db = db
        self._last = 0
        self.sealed: list[int] = []

    def seal(self) -> None:
        """Take what is beyond the mark."""
        with self._db.read() as tx:
            found = [row.txn_id for row in tx.all(_BEYOND, community_id=HERE, last=self._last)]
        if found:
            self.sealed += found
            self._last = found[-1]


def test_who_drew_first_and_committed_last_is_sealed_later(db: Database) -> None:
    town = build_town(db)
    first = new_id(town.at)
    control = Watermark(db)
    second = db.write(lambda tx: grant(tx, town, 2, new_id(town.at)))
    before = seal(db, HERE)
    control.seal()

    db.write(lambda tx: grant(tx, town, 1, first))
    after = seal(db, HERE)
    control.seal()

    assert first < second
    with db.read() as tx:
        order = [row.entry_id for row in tx.all(_PLACES, community_id=HERE)]
    assert (after, order[-1], second in order) == (before + 1, first, True)
    assert second in control.sealed
    assert first not in control.sealed, "the control lost nothing, so the story shows nothing"


def write_in_one_process(town: Town, url: str, writer: int) -> int:
    """Grants and acts of one writer; each draws its number, waits, writes, waits again, and only then commits."""
    dice = random.Random(SEED + writer)
    db = Database(url)
    try:
        for n in range(EACH):
            txn_id = new_id(town.at + n * 1_000)

            def work(tx: Tx, txn_id: int = txn_id, n: int = n) -> None:
                time.sleep(dice.uniform(0, LONGEST_WAIT_S))
                grant(tx, town, writer + 1, txn_id)
                audit.record(tx, HERE, SYSTEM, "good.put", f"good:{writer}-{n}", at=town.at)
                time.sleep(dice.uniform(0, LONGEST_WAIT_S))

            time.sleep(dice.uniform(0, LONGEST_WAIT_S))
            db.write(work)
        return EACH
    finally:
        db.close()


def seal_all_the_while(town: Town, url: str, folder: Path) -> int:
    """Seal and sign until nothing comes any more; gives how many the control lost."""
    db = Database(url)
    control = Watermark(db)
    last_signed = LastSigned(folder)
    try:
        quiet_since_s = time.monotonic()
        done = -1
        while time.monotonic() - quiet_since_s < 1.5:
            before, done = done, publish(db, HERE, town.vault, last_signed, at=town.at).size
            control.seal()
            if done != before:
                quiet_since_s = time.monotonic()
        with db.read() as tx:
            return int(tx.get(_ALL, community_id=HERE).entries) - len(control.sealed)
    finally:
        db.close()


@pytest.mark.slow
def test_four_writers_with_random_delays_lose_nothing(engine_url: str, tmp_path: Path) -> None:
    db = Database(engine_url)
    town = build_town(db, people=WRITERS)
    with db.read() as tx:
        began = size(tx, HERE)
    db.close()

    def job(number: int) -> int:
        if number < WRITERS:
            return write_in_one_process(town, engine_url, number)
        return seal_all_the_while(town, engine_url, tmp_path / f"server-{number}")

    *written, lost_by_control = run_processes(WRITERS + 1, job)

    db = Database(engine_url)
    with db.read() as tx:
        order = [row.entry_id for row in tx.all(_PLACES, community_id=HERE)]
        entries = int(tx.get(_ALL, community_id=HERE).entries)
    late = sum(one < max(order[:n], default=0) for n, one in enumerate(order))
    assert (sum(written), began) == (WRITERS * EACH, 0)
    assert len(order) == len(set(order)) == entries
    assert late > 0, f"nobody came late under seed {SEED}"
    assert lost_by_control > 0, f"the control lost nothing under seed {SEED}"
    assert verify_log(db, HERE).fault is None
    check_invariants(db.engine)
    db.close()


def test_a_sale_never_waits_for_a_sealer(postgres_url: str) -> None:
    """A sealer that stands still in the middle holds the log's head; sales go on, another sealer waits."""
    db = Database(postgres_url)
    town = build_town(db, grant_units=500_000)
    seal(db, HERE)
    holder = psycopg.connect(postgres_url)
    holder.execute("UPDATE log_head SET size = size WHERE community_id = 1")

    sold = check_out(town.desk, town.sale(1, 5_000, 20_000), at=town.at)
    second = threading.Thread(target=seal, args=(db, HERE))
    second.start()
    second.join(0.5)
    waits = second.is_alive()
    again = check_out(town.desk, town.sale(2, 3_000), at=town.at)
    holder.rollback()
    holder.close()
    second.join()

    assert sold["ref"] != again["ref"]
    assert waits, "the control: who needs the head waits for it"
    seal(db, HERE)
    check_invariants(db.engine)
    db.close()
