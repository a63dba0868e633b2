"""`jifen kit`: one file with everything in it, sealed and signed, and no name."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kiosk.cli import main
from kiosk.kit import packing
from kiosk.kit.packing import Period, write_kit
from kiosk.kit.words import permission_words, role_words
from kiosk.texts import translator
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members.roles import STAFF_ROLES
from settlement.auditor.run import audit
from tests.kiosk.test_cli import answer, open_community
from tests.support.engines import SqliteFiles
from tests.support.kit_town import kit_town
from tests.support.town import HERE

Run = Callable[..., Result]
PAGE = b'<html><script type="text/plain" id="kit-data"></script></html>'


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`jifen …` on a server of its own."""
    monkeypatch.setenv("JIFEN_DATA_DIR", str(tmp_path / "server"))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("JIFEN_CONFIG", raising=False)
    return lambda *words: CliRunner().invoke(main, [*words], catch_exceptions=False)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page with a place for the data; what it does is tested in the browser."""
    page = tmp_path / "page.html"
    page.write_bytes(PAGE)
    monkeypatch.setattr(packing, "PAGE", page)
    return page


def test_a_kit_holds_the_export_the_page_and_how_to_use_them(
    run: Run, page: Path, tmp_path: Path
) -> None:
    assert page.is_file()
    open_community(run)
    out = tmp_path / "kit.zip"

    told = answer(run("kit", "2026-01", "2026-03", "-o", str(out), "--json"))

    with zipfile.ZipFile(out) as kit:
        assert kit.namelist() == [
            "README.zh.txt",
            "README.en.txt",
            "auditor.html",
            "kit.json",
            "export.zip",
        ]
        about = json.loads(kit.read("kit.json"))
        data, html = kit.read("export.zip"), kit.read("auditor.html")
        readme = kit.read("README.zh.txt").decode()
    manifest = json.loads(zipfile.ZipFile(BytesIO(data)).read("manifest.json"))
    assert (about["from"], about["to"], about["name"]) == (20260101, 20260331, "常安社区")
    assert about["points"]["1002"] == {"name": "居民自治积分", "decimals": 2}
    assert manifest["checkpoint"].startswith("jifen/CA01\n")
    assert told["data_sha256"] == hashlib.sha256(data).hexdigest()
    assert told["page_sha256"] == hashlib.sha256(html).hexdigest()
    assert told["kit_sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    for fact in (told["root"], told["data_sha256"], told["page_sha256"], "2026-01-01", "CA01"):
        assert fact in readme
    acts = zipfile.ZipFile(BytesIO(data)).read("audit.csv").decode()
    assert "kit.make" in acts


def test_a_large_export_is_not_put_into_the_page(
    sqlite_files: SqliteFiles, tmp_path: Path, page: Path
) -> None:
    db = Database(sqlite_files.copy_to(tmp_path / "jifen.db"))
    made = kit_town(db, people=6)
    made.town.later(60)
    period = Period(20260301, 20260331)

    small = write_kit(db, HERE, tmp_path / "a.zip", period, at=made.town.at)
    large = write_kit(db, HERE, tmp_path / "b.zip", period, at=made.town.at, embed_limit=1_000)

    assert (small.is_embedded, large.is_embedded) == (True, False)
    assert small.data_sha256 == large.data_sha256
    with zipfile.ZipFile(tmp_path / "b.zip") as kit:
        assert kit.read("auditor.html") == page.read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as kit:
        assert len(kit.read("auditor.html")) > len(PAGE) + small.data_bytes
        (tmp_path / "export.zip").write_bytes(kit.read("export.zip"))
        packed = b"".join(kit.read(name) for name in kit.namelist())
    assert "名zhou".encode() not in packed
    db.close()
    # The other program finds nothing either.
    assert audit(tmp_path / "export.zip").findings == ()


def test_what_cannot_be_is_refused(run: Run, page: Path, tmp_path: Path) -> None:
    open_community(run)
    (tmp_path / "there.zip").write_bytes(b"")

    assert "kit_months" in run("kit", "2026-03", "2026-01", "-o", str(tmp_path / "k.zip")).output
    taken = run("kit", "2026-03", "-o", str(tmp_path / "there.zip"))
    assert "export_folder_taken" in taken.output
    page.write_bytes(b"another page")
    assert "kit_page_missing" in run("kit", "2026-03", "-o", str(tmp_path / "k.zip")).output
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".kit-")] == []
    page.unlink()
    assert "kit_page_missing" in run("kit", "2026-03", "-o", str(tmp_path / "k.zip")).output


def test_every_role_and_permission_of_staff_has_words_in_both_languages() -> None:
    roles: dict[str, Any] = role_words()

    assert set(roles) == set(STAFF_ROLES)
    words = permission_words()
    assert {one for role in roles.values() for one in role["may"]} == set(words)
    nameless = [name for name, said in words.items() if said["en"] == name or said["zh"] == name]
    assert nameless == []
    assert all(role["zh"] == translator("zh")(role["en"]) != role["en"] for role in roles.values())


def test_a_scheme_must_be_in_force_on_the_last_day(
    sqlite_files: SqliteFiles, tmp_path: Path, page: Path
) -> None:
    assert page.is_file()
    db = Database(sqlite_files.copy_to(tmp_path / "jifen.db"))
    made = kit_town(db)

    with pytest.raises(Refusal, match="scheme_missing"):
        write_kit(db, HERE, tmp_path / "k.zip", Period(20250101, 20250131), at=made.town.at)
    db.close()
