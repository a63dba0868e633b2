"""`jifen export` from outside."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from ledger.database import Database
from ledger.sql import Sql
from tests.kiosk.test_cli import Run, answer, open_community, run

__all__ = ["run"]


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    """A server with one community."""
    open_community(run)
    return tmp_path


def test_an_export_is_a_folder_and_is_written_down(run: Run, folder: Path) -> None:
    told = answer(run("export", str(folder / "out"), "--json"))

    manifest = json.loads((folder / "out/manifest.json").read_text())
    assert told["size"] == manifest["size"]
    assert told["rows"] == sum(file["rows"] for file in manifest["files"].values())
    assert (folder / "out/scheme_version.csv").read_text().count("points-scheme/1") == 1
    db = Database(f"sqlite:///{folder / 'server/jifen.db'}")
    with db.read() as tx:
        acts = tx.all(Sql("SELECT act FROM audit WHERE act = 'export.make' AND community_id > 0"))
    db.close()
    assert len(acts) == 1
    assert "export.make" in (folder / "out/audit.csv").read_text()


def test_an_export_in_one_file(run: Run, folder: Path) -> None:
    answer(run("export", str(folder / "book.zip"), "--parquet", "--json"))

    with ZipFile(folder / "book.zip") as archive:
        assert {"manifest.json", "txn.parquet"} <= set(archive.namelist())
    assert [path.name for path in folder.iterdir() if path.name.startswith(".export")] == []


@pytest.mark.parametrize("out", ["out", "book.zip"])
def test_what_is_there_already_is_kept(run: Run, folder: Path, out: str) -> None:
    (folder / "out").mkdir()
    (folder / "out/mine.txt").write_text("mine")
    (folder / "book.zip").write_text("mine")

    refused = run("export", str(folder / out))

    assert refused.exit_code == 2
    assert "export_folder_taken" in refused.stderr
    assert (folder / "out/mine.txt").read_text() == (folder / "book.zip").read_text() == "mine"


def test_the_journal_alone_for_beancount(run: Run, folder: Path) -> None:
    answer(run("fund", "add", "50000", "--reason", "donation", "--json"))
    told = answer(run("export", str(folder / "book.beancount"), "--beancount", "--json"))

    assert told["lines"] == 1
    text = (folder / "book.beancount").read_text()
    assert "Liabilities:Fund:CNY  -500.00 CNY" in text
    assert "balance Assets:Bank:CNY  500.00 ~ 0 CNY" in text
