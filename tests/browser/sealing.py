"""What happens to a served town's log behind the tablets' backs: it is signed, a month goes up, a row is taken out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.seal_codes import Signing, code_of
from ledger.audit import SYSTEM
from ledger.seal import checkpoints
from ledger.seal.checkpoints import Checkpoint
from ledger.seal.entries import TXN, Entry
from ledger.seal.last_signed import LastSigned
from ledger.seal.publications import Publication, publications
from ledger.seal.recovery import begin_again
from pos.checkout import check_out
from pos.receipt_facts import receipt_facts
from settlement.closing import run_month
from settlement.night import run_night
from settlement.publishing import publish_board
from tests.browser.served import Served
from tests.support.log import copy_of, put_back
from tests.support.tampering import as_insider
from tests.support.town import CIVIC, HERE, moment

_APRIL = moment("2026-04-05 09:00")


@dataclass
class Sealing:
    """The log of a served town; `folder` is the server's data folder."""

    served: Served
    folder: Path

    @property
    def last_signed(self) -> LastSigned:
        """The file beside the master key."""
        return LastSigned(self.folder / "seal")

    def sign(self) -> Checkpoint:
        """Seal what waits and sign a checkpoint."""
        town = self.served.town
        return checkpoints.publish(
            town.db, HERE, town.vault, self.last_signed, at=self.served.now()
        )

    def put_up_march(self) -> Publication:
        """Close March and put its root up; nothing more is sold in March after that."""
        town = self.served.town
        run_night(town.db, HERE, 20260331, at=moment("2026-04-01 02:00"))
        run_month(town.db, HERE, 202603, at=_APRIL)
        return publish_board(
            town.db,
            HERE,
            202603,
            commodity=CIVIC,
            precision=2,
            vault=town.vault,
            last_signed=self.last_signed,
            by=SYSTEM,
            at=_APRIL,
        )

    def receipt_of_a_sale(self) -> str:
        """A sale of 50.00 yuan with 200 points, March closed and put up, and the code of its receipt."""
        town = self.served.town
        town.at = self.served.now()
        sold = check_out(town.desk, town.sale(1, 5_000, 20_000), at=town.at)
        self.put_up_march()
        with town.db.read() as tx:
            found = receipt_facts(tx, HERE, sold["ref"])
            entry = Entry(TXN, found.txn_id)
            signing = Signing(town.vault, "", self.served.now())
            return code_of(tx, HERE, town.issuer, entry, found.facts, by=signing).text

    def newest_board(self) -> Publication:
        """The last root that went up."""
        with self.served.town.db.read() as tx:
            return publications(tx, HERE)[-1]

    def backup(self) -> dict[str, list[tuple[object, ...]]]:
        """A copy of the log as it is now."""
        database: Any = self.served.town
        return copy_of(database)

    def lose_all_since(self, backup: dict[str, list[tuple[object, ...]]]) -> None:
        """Put the log back to an older copy, and let the community declare the loss."""
        database: Any = self.served.town
        put_back(database, backup)
        town = self.served.town
        begin_again(
            town.db,
            HERE,
            town.vault,
            self.last_signed,
            by=SYSTEM,
            day=20260302,
            at=self.served.now(),
        )
        self.sign()

    def take_out(self, ref: str) -> None:
        """Rewrite history without one receipt's entry, and sign that with the log's own key.

        Whoever has the database, the key and the file of what was signed can do this; only who kept a root can tell.
        """
        with as_insider(self.served.town.db) as connection:
            order = connection.exec_driver_sql(
                "SELECT l.entry_id, l.kind FROM leaf l LEFT JOIN txn x ON x.community_id = l.community_id"
                " AND x.txn_id = l.entry_id WHERE x.ref IS NULL OR x.ref <> ? ORDER BY l.leaf_index",
                (ref,),
            ).fetchall()
            for table in ("leaf", "tile", "checkpoint", "log_head", "publication"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
            connection.exec_driver_sql("DELETE FROM outbox")
            for place, (entry_id, kind) in enumerate(order):
                connection.exec_driver_sql(
                    "INSERT INTO outbox (community_id, entry_id, recorded_at, kind) VALUES (?, ?, ?, ?)",
                    (HERE, entry_id, place, kind),
                )
        for mark in (self.folder / "seal").glob("*.checkpoint"):
            mark.unlink()
        self.sign()
