"""One lived community as kits: the one the command makes, altered ones, and ones sealed and signed anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiosk.kit.packing import Period, write_kit
from ledger.database import Database
from ledger.seal.checkpoints import publish
from ledger.seal.last_signed import LastSigned
from tests.support import tlog_reference as log
from tests.support.kit_faults import FAULTS
from tests.support.kit_files import Files, read_files
from tests.support.kit_people import FAVOURS
from tests.support.kit_town import kit_town
from tests.support.town import HERE

ORIGIN: Final = "jifen/CA01"
KEY: Final = log.ed25519_key(7)
"""A key the tests hold, so that they can sign what an office could."""


@dataclass
class Kits:
    """The kit as the command makes it, its files, and a folder for altered ones."""

    kit: Path
    files: Files
    folder: Path

    def altered(self, name: str) -> Path:
        """The export with one fault, the list of files put right and signed where that still can be."""
        files = self.files.copy()
        FAULTS[name](files)
        return files.write(self.folder / f"{name}.zip")

    def rewritten(self, name: str, files: Files) -> Path:
        """Files sealed and signed anew, as an office would that holds the key."""
        files.seal_anew()
        files.sign(KEY, ORIGIN)
        return files.write(self.folder / f"{name}.zip")

    def signed(self) -> Files:
        """The book as it is, signed with a key the tests hold."""
        files = self.files.copy()
        files.sign(KEY, ORIGIN)
        return files

    def forked(self) -> Path:
        """One word of an early sale changed, and everything after it made to fit."""
        files = self.files.copy()
        files.find("txn", lambda row: row["kind"] == "sale")["reason_key"] = "another"
        return self.rewritten("forked", files)

    def favoured(self, name: str) -> Path:
        """The export with a favour in it."""
        files = self.files.copy()
        FAVOURS[name](files)
        return self.rewritten(name, files)


@contextmanager
def lived(url: str, folder: Path) -> Iterator[Kits]:
    """Live two weeks in the database at `url` and make the kit in `folder`."""
    db = Database(url)
    town = kit_town(db)
    at = town.town.later(3_600)
    publish(db, HERE, town.town.vault, LastSigned(folder / "seal"), at=at)
    write_kit(db, HERE, folder / "kit.zip", Period(20260301, 20260331), at=at)
    yield Kits(folder / "kit.zip", read_files(folder / "kit.zip"), folder)
    db.close()
