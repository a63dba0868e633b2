"""SQLite's one writer answers everybody: when the file cannot be opened, when the disk fails, when it was closed."""

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql, Tx

_ONE = Sql("SELECT 1 AS one")
WAIT_S = 15


def _one(tx: Tx) -> int:
    return int(tx.get(_ONE).one)


def _answer_of(db: Database, work: Any = _one) -> Any:
    """What a write gives or raises; a write nobody answers is the failure."""
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(db.write(work))
        except Exception as error:  # noqa: BLE001 - the test looks at it
            answers.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(WAIT_S)
    assert answers, "nobody answered"
    return answers[0]


def test_a_file_that_cannot_be_opened_is_an_error_and_later_it_is_served(tmp_path: Path) -> None:
    folder = tmp_path / "not there yet"
    db = Database(f"sqlite:///{folder}/jifen.db")

    assert isinstance(_answer_of(db), Exception)
    assert isinstance(_answer_of(db), Exception)
    folder.mkdir()
    assert _answer_of(db) == 1
    db.close()


def test_after_a_connection_that_cannot_roll_back_the_next_write_is_served(sqlite_url: str) -> None:
    db = Database(sqlite_url)

    def break_it(tx: Tx) -> None:
        tx.raw.close()

    assert isinstance(_answer_of(db, break_it), sqlite3.Error)
    assert _answer_of(db) == 1
    db.close()


def test_a_write_after_closing_is_refused_at_once(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    assert _answer_of(db) == 1
    db.close()

    said = _answer_of(db)

    assert isinstance(said, Refusal)
    assert said.code == "busy_try_again"


@pytest.mark.parametrize("full_after", [0, 1])
def test_a_full_disk_loses_the_group_and_nothing_else(sqlite_url: str, full_after: int) -> None:
    db = Database(sqlite_url)
    db.write(lambda tx: tx.raw.execute("CREATE TABLE filled (line TEXT)") and None)

    def fill(tx: Tx) -> None:
        (pages,) = tx.raw.execute("PRAGMA page_count").fetchone()
        tx.raw.execute(f"PRAGMA max_page_count = {pages + full_after}")
        tx.raw.execute("INSERT INTO filled VALUES (?)", ("x" * 100_000,))

    said = _answer_of(db, fill)
    assert isinstance(said, sqlite3.OperationalError)
    assert "full" in str(said)
    assert (
        _answer_of(db, lambda tx: tx.raw.execute("SELECT count(*) FROM filled").fetchone()[0]) == 0
    )
    db.close()
