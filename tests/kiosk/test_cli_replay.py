"""`jifen replay` from outside: one server's export becomes another server's book."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kiosk.test_cli import Run, answer, open_community, run

__all__ = ["run"]


def test_another_server_gets_the_same_book(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_community(run)
    exported = answer(run("export", str(tmp_path / "book.zip"), "--json"))
    monkeypatch.setenv("JIFEN_DATA_DIR", str(tmp_path / "other"))
    answer(run("migrate", "--json"))

    told = answer(run("replay", str(tmp_path / "book.zip"), "--json"))

    assert (told["size"], told["root"]) == (exported["size"], exported["root"])
    again = run("replay", str(tmp_path / "book.zip"))
    assert (again.exit_code, "replay_not_empty" in again.stderr) == (2, True)
