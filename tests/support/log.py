"""A small sealed log for tests: a community, its vault, the file outside the database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger import audit
from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members.communities import open_community
from ledger.members.key_vault import KeyVault
from ledger.seal import keys
from ledger.seal.checkpoints import Checkpoint, publish
from ledger.seal.last_signed import LastSigned
from ledger.seal.note import Verifier
from ledger.sql import Tx
from tests.support.tampering import as_insider
from tests.support.town import START


@dataclass
class SealedLog:
    """One community's log and everything its server keeps."""

    db: Database
    here: int
    vault: KeyVault
    last_signed: LastSigned
    at: int = START
    acts: int = 0

    @classmethod
    def begin(
        cls, db: Database, folder: Path, alg: str, *, vault: KeyVault | None = None
    ) -> SealedLog:
        """Open a community whose log is signed with a key of this algorithm."""
        here = db.write(
            lambda tx: open_community(
                tx, issuer="CA01", name="Chang'an", hotline="12345", by=SYSTEM, at=START
            )
        )
        log = cls(db, here, vault or KeyVault(bytes(range(32))), LastSigned(folder / "seal"))
        db.write(lambda tx: keys.ensure_key(tx, log.vault, here, by=SYSTEM, at=START, alg=alg))
        return log

    def act(self, tx: Tx) -> int:
        """One more act in the record; gives its number."""
        self.acts += 1
        self.at += 1_000_000
        after = {"n": self.acts}
        return audit.record(
            tx, self.here, SYSTEM, "good.put", f"good:{self.acts}", at=self.at, after=after
        )

    def grow(self, count: int) -> list[int]:
        """Many acts in one transaction."""
        return self.db.write(lambda tx: [self.act(tx) for _ in range(count)])

    def publish(self) -> Checkpoint:
        """Seal and sign."""
        return publish(self.db, self.here, self.vault, self.last_signed, at=self.at)

    @property
    def trusted(self) -> list[Verifier]:
        """The log's public keys."""
        with self.db.read() as tx:
            return keys.verifiers(tx, self.here)

    @property
    def origin(self) -> str:
        """The log's name."""
        with self.db.read() as tx:
            return keys.origin_of(tx, self.here)


def refused(code: str) -> pytest.RaisesExc[Refusal]:
    """Expects this refusal."""
    return pytest.RaisesExc(Refusal, match=code)


def put_back(log: SealedLog, backup: dict[str, list[tuple[object, ...]]]) -> None:
    """Put every row of the seal and the record back as they were: an old backup, restored."""
    with as_insider(log.db) as connection:
        for table in backup:
            connection.exec_driver_sql(f"DELETE FROM {table}")
        mark = "?" if log.db.dialect == "sqlite" else "%s"
        for table, rows in backup.items():
            for row in rows:
                marks = ", ".join([mark] * len(row))
                connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({marks})", row)


def copy_of(log: SealedLog) -> dict[str, list[tuple[object, ...]]]:
    """A backup of the tables the log is made of."""
    tables = ("audit", "outbox", "leaf", "tile", "log_head", "log_key", "checkpoint")
    with log.db.engine.connect() as connection:
        return {
            table: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]
            for table in tables
        }
