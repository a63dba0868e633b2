"""`jifen seal` from outside."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from ledger.seal.note import parse_head, parse_note
from tests.kiosk.test_cli import Run, answer, open_community, run

__all__ = ["run"]


@pytest.fixture
def server(run: Run, tmp_path: Path) -> Path:
    """A server with one community, sealed once."""
    open_community(run)
    answer(run("seal", "--json"))
    return tmp_path / "server"


def test_it_shows_size_root_and_the_signed_note(run: Run, server: Path) -> None:
    told = answer(run("seal", "--json"))

    head = parse_head(parse_note(told["checkpoint"]).text)
    assert (head.origin, head.size, head.root.hex()) == ("jifen/CA01", told["size"], told["root"])
    assert len(list((server / "seal").glob("*.checkpoint"))) == 1


def test_verify_says_that_everything_fits(run: Run, server: Path) -> None:
    del server
    told = answer(run("seal", "verify", "--json"))

    assert told["fits"] is True
    assert told["checkpoints"] == 1


def test_verify_names_the_first_wrong_row_and_ends_with_one(run: Run, server: Path) -> None:
    with sqlite3.connect(server / "jifen.db") as connection:
        (audit_id,) = connection.execute("SELECT min(audit_id) FROM audit").fetchone()
        for (trigger,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(f"UPDATE audit SET actor_id = 7 WHERE audit_id = {audit_id}")

    told = run("seal", "verify")

    assert told.exit_code == 1
    assert f"act {audit_id}" in told.stdout


def test_a_new_key_is_made_and_signs(run: Run, server: Path) -> None:
    del server
    told = answer(run("seal", "key", "--alg", "ES256", "--json"))

    assert told["key"].startswith("jifen/CA01+")
    assert answer(run("seal", "verify", "--json"))["checkpoints"] == 2


def test_an_old_copy_of_the_database_refuses_and_goes_on_openly(run: Run, server: Path) -> None:
    shutil.copy(server / "jifen.db", server / "copy.db")
    lost = answer(run("seal", "key", "--json"))
    for left in server.glob("jifen.db*"):
        left.unlink()
    shutil.move(server / "copy.db", server / "jifen.db")

    refused = run("seal")
    assert refused.exit_code == 2
    assert "log_" in refused.stderr

    # The new key is lost with the entries, so the file outside cannot even be read any more.
    assert "log_mark_unreadable" in refused.stderr
    assert lost["size"] > 0


def test_after_a_loss_the_log_goes_on_under_a_note(run: Run, server: Path) -> None:
    shutil.copy(server / "jifen.db", server / "copy.db")
    assert run("settings", "set", "claim_days=30", "--why", "tried").exit_code == 0
    lost = answer(run("seal", "--json"))
    for left in server.glob("jifen.db*"):
        left.unlink()
    shutil.move(server / "copy.db", server / "jifen.db")
    assert "log_behind" in run("seal").stderr

    asked = run("seal", "recover", input="n\n")
    assert asked.exit_code == 1
    told = answer(run("seal", "recover", "--yes", "--json"))

    assert told["note"].startswith("jifen-recovery/1\njifen/CA01\n")
    assert told["size"] >= lost["size"] - 1
    assert answer(run("seal", "verify", "--json"))["fits"] is True
    assert "log_whole" in run("seal", "recover", "--yes").stderr


def test_another_machine_must_adopt_the_log_first(run: Run, server: Path) -> None:
    shutil.rmtree(server / "seal")
    assert run("settings", "set", "claim_days=30", "--why", "tried").exit_code == 0

    assert "log_mark_missing" in run("seal").stderr
    adopted = answer(run("seal", "adopt", "--json"))
    # What was set, and the act of adopting.
    assert answer(run("seal", "--json"))["size"] == adopted["size"] + 2
