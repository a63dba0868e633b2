"""The second engine checks who signed: what is planted under a published root, a key or a handover is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.members.key_vault import KeyVault
from ledger.seal import keys
from ledger.seal.checkpoints import publish
from ledger.seal.last_signed import LastSigned
from ledger.seal.note import Verifier
from settlement.auditor.run import audit
from settlement.export.write import write_export
from tests.support.engines import SqliteFiles
from tests.support.forger import forge, seal_again
from tests.support.lived_month import live_month
from tests.support.town import HERE, moment

VAULT = KeyVault(bytes(range(32)))
AT = moment("2026-04-05 03:00")
NEWEST = "(SELECT max(size) FROM checkpoint)"


@pytest.fixture(scope="module")
def signed(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month under three roots: the first key signed one, its successor (another algorithm) the others."""
    folder = tmp_path_factory.mktemp("signed")
    path = folder / "book.db"
    db = Database(sqlite_files.copy_to(path))
    live_month(db, folder / "channel")
    mark = LastSigned(folder / "mark")
    publish(db, HERE, VAULT, mark, at=AT)
    db.write(lambda tx: keys.change_key(tx, VAULT, HERE, by=SYSTEM, at=AT + 1, alg="ES256"))
    publish(db, HERE, VAULT, mark, at=AT + 2)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return path


def named_in(path: Path, out: Path, alter: Callable[[dict[str, Any]], None] = lambda _: None):
    """The checks that name a fault of their own, and the report; `alter` changes the manifest first."""
    db = Database(f"sqlite:///{path}")
    write_export(db, HERE, out, at=AT + 60_000_000)
    db.close()
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    alter(manifest)
    (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    report = audit(out)
    return {one.check for one in report.faults}, report.to_text("en")


def copied(signed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(signed, tmp_path / "book.db"))


def test_two_keys_of_two_kinds_signed_and_nothing_is_named(signed: Path, tmp_path: Path) -> None:
    named, said = named_in(copied(signed, tmp_path), tmp_path / "out")

    assert named == set(), said
    assert "signature" not in said


STATEMENTS = {
    "a signature of another root": (
        f"UPDATE checkpoint SET note = (SELECT note FROM checkpoint ORDER BY size LIMIT 1) WHERE size = {NEWEST}"
    ),
    "a letter of a signature": (
        "UPDATE checkpoint SET note = substr(note, 1, length(note) - 9) ||"
        " CASE substr(note, length(note) - 8, 1) WHEN 'A' THEN 'B' ELSE 'A' END ||"
        f" substr(note, length(note) - 7) WHERE size = {NEWEST}"
    ),
    "another key": f"UPDATE checkpoint SET key_no = 1 WHERE size = {NEWEST}",
}


@pytest.mark.parametrize("what", STATEMENTS)
def test_a_root_that_its_key_did_not_sign_is_named(signed: Path, tmp_path: Path, what: str) -> None:
    path = copied(signed, tmp_path)
    forge(path, STATEMENTS[what])

    named, said = named_in(path, tmp_path / "out")

    # A note of another size is a fault of the root too; the other two nothing else would find.
    assert named in ({"signature"}, {"I22"}), said
    assert "signature" in said


def test_who_makes_the_whole_tree_fit_still_lacks_the_key(signed: Path, tmp_path: Path) -> None:
    path = copied(signed, tmp_path)
    forge(path, "UPDATE txn SET source = 'page' WHERE txn_id = (SELECT min(txn_id) FROM txn)")
    seal_again(path)

    named, said = named_in(path, tmp_path / "out")

    assert named == {"signature"}, said


def test_a_key_nobody_handed_over_to_is_named(signed: Path, tmp_path: Path) -> None:
    stranger = keys_text(Ed25519PrivateKey.generate())

    def alter(manifest: dict[str, Any]) -> None:
        manifest["keys"].append(stranger)

    named, said = named_in(copied(signed, tmp_path), tmp_path / "out", alter)

    assert named == {"signature"}, said
    assert "not named by the key before it" in said


def test_roots_without_any_published_key_are_named(signed: Path, tmp_path: Path) -> None:
    named, said = named_in(
        copied(signed, tmp_path), tmp_path / "out", lambda manifest: manifest.update(keys=[])
    )

    assert named == {"signature"}, said


def keys_text(private: Ed25519PrivateKey) -> str:
    """A stranger's key as it would be published."""
    return Verifier("jifen/CA01", "Ed25519", private.public_key().public_bytes_raw()).text
