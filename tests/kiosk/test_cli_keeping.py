"""Backups by command: made, listed, looked through, tried out, put back; and the age of the copy in sight."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kiosk.cli import main
from ledger import audit
from ledger.clock import SECOND_US
from ledger.copies.continuous import STATUS, Status
from ledger.database import Database
from ledger.members import communities
from tests.support.pages_town import Served, serve, text_of

Run = Callable[..., Result]
PATIENCE_S = 30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "server"


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`jifen …` on a server of its own with one community."""
    monkeypatch.setenv("JIFEN_DATA_DIR", str(folder))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("JIFEN_CONFIG", raising=False)

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(main, [*words], catch_exceptions=False)

    answer(invoke("migrate", "--json"))
    new = ("community", "new", "--issuer", "CA01", "--name", "常安社区")
    answer(invoke(*new, "--hotline", "12345", "--scheme", "changan", "--json"))
    return invoke


def answer(result: Result, *, status: int = 0) -> dict[str, Any]:
    assert result.exit_code == status, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def refused(result: Result) -> str:
    assert result.exit_code == 2
    return str(result.stderr).partition(":")[0]


def test_a_backup_is_made_listed_and_looked_through(run: Run, folder: Path) -> None:
    made = answer(run("backup", "--json"))

    assert (made["engine"], made["removed"]) == ("sqlite", 0)
    assert list(answer(run("backup", "list", "--json"))) == [made["name"]]
    assert answer(run("backup", "verify", "--json"))["sha256"] == made["sha256"]
    assert made["name"] in run("backup", "list").stdout
    (folder / "backups" / made["name"] / "jifen.db").write_bytes(b"")
    assert refused(run("backup", "verify")) == "backup_damaged"
    assert refused(run("backup", "verify", "backup-1")) == "backup_not_found"


def test_a_lost_file_comes_back_with_what_the_backup_held(run: Run, folder: Path) -> None:
    answer(run("backup", "--json"))
    assert run("settings", "set", "claim_days=30", "--why", "later").exit_code == 0
    assert refused(run("restore")) == "restore_place_taken"

    back = answer(run("restore", "--aside", "--json"))

    assert back["entries CA01"] == 0
    assert answer(run("settings", "show", "--json"))["claim_days"] == 60
    assert len(list(folder.glob("jifen.db.aside-*"))) >= 1


def test_a_backup_of_a_lost_key_is_only_taken_when_said(run: Run, folder: Path) -> None:
    answer(run("backup", "--json"))
    safe = folder.parent / "safe.key"
    assert run("backup", "key", str(safe)).exit_code == 0
    assert safe.read_text() == (folder / "master.key").read_text()
    assert safe.stat().st_mode & 0o077 == 0
    assert refused(run("backup", "key", str(safe))) == "restore_place_taken"
    assert refused(run("backup", "key", str(folder / "backups/k"))) == "backup_beside_key"

    (folder / "master.key").write_text(bytes(32).hex())
    assert refused(run("restore", "--aside")) == "backup_other_key"
    assert answer(run("restore", "--aside", "--other-key", "--json"))["engine"] == "sqlite"


def test_the_drill_is_kept_as_an_act(run: Run, folder: Path) -> None:
    made = answer(run("backup", "--json"))

    held = answer(run("drill", "--json"))

    assert (held["name"], held["failed"]) == (made["name"], "-")
    db = Database(f"sqlite:///{folder / 'jifen.db'}")
    with db.read() as tx:
        here = int(communities.get_by_issuer(tx, "CA01").community_id)
        acts = [row.act for row in audit.acts_on(tx, here, f"backup:{made['name']}")]
    db.close()
    assert acts == ["backup.make", "backup.drill"]
    (folder / "backups" / made["name"] / "jifen.db").write_bytes(b"")
    assert answer(run("drill", "--json"), status=1)["failed"] == "backup_damaged"


# --- the second place


@pytest.fixture
def second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "second"
    place.mkdir()
    monkeypatch.setenv("JIFEN_COPY_DIR", str(place))
    monkeypatch.setenv("JIFEN_COPY_EVERY_S", "5")
    return place


def test_without_a_second_place_the_commands_say_so(run: Run) -> None:
    assert refused(run("copy", "status")) == "copy_not_set_up"
    assert refused(run("copy", "run")) == "copy_not_set_up"
    assert refused(run("copy", "wal-back", "0001", "x")) == "copy_not_set_up"


@pytest.fixture
def copying(run: Run, second: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`jifen copy run` as a program of its own."""
    assert run is not None
    copier = subprocess.Popen([sys.executable, "-m", "kiosk.cli", "copy", "run"], env=os.environ)
    until = time.monotonic() + PATIENCE_S
    while not (second / STATUS).exists():
        assert time.monotonic() < until
        assert copier.poll() is None
        time.sleep(0.05)
    yield copier
    copier.kill()
    copier.wait()


@pytest.mark.slow
def test_the_copier_makes_a_copy_that_restores(
    run: Run, copying: subprocess.Popen[bytes], second: Path
) -> None:
    assert copying.poll() is None
    status = answer(run("copy", "status", "--json"))
    assert (status["late"], status["failed"], status["same_disk"]) == (False, "-", True)
    assert status["age_s"] < PATIENCE_S
    listed = answer(run("backup", "list", "--json"))
    assert [name[:5] for name in listed] == ["copy-"]
    assert (second / next(iter(listed))).is_dir()

    assert answer(run("restore", "--aside", "--json"))["name"] == next(iter(listed))


def test_a_copy_that_is_not_made_ends_the_command_with_one(run: Run, second: Path) -> None:
    assert answer(run("copy", "status", "--json"), status=1)["late"] is True
    (second / STATUS).write_text("{}")
    assert run("copy", "status").exit_code == 1


def test_the_office_sees_how_old_the_copy_is(sqlite_url: str, tmp_path: Path) -> None:
    db = Database(sqlite_url)
    served = serve(db, tmp_path)
    assert "没有设置。万一这台机器坏了" in text_of(served.member("zhou").get("/office/today"))
    assert shown(served, tmp_path, Status(served.town.at, 1)) == "不到一分钟"
    old = Status(served.town.at - 840 * SECOND_US, 1, failed="backup_no_room")
    assert shown(served, tmp_path, old) == "14 分钟前 没有做成：空间不够，或硬盘有问题"
    assert "同一块硬盘" in shown(served, tmp_path, Status(served.town.at, 1, same_disk=True))
    db.close()


def shown(served: Served, folder: Path, status: Status) -> str:
    """What the first page says below the copy's name."""
    place = folder / "second"
    place.mkdir(exist_ok=True)
    text = json.dumps({name: getattr(status, name) for name in Status.__slots__})
    (place / STATUS).write_text(text)
    service = served.app.extensions["jifen"]
    object.__setattr__(service.settings, "copy_dir", place)
    page = text_of(served.member("zhou").get("/office/today"))
    said = page.partition("第二处的副本 ")[2]
    return said.partition(" 积分背后的资金")[0].partition(" 今天各商户")[0].strip()
