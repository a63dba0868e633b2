"""An empty database fed an export is the same book: balances, root, nights, reports, on either engine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kiosk.texts import translator
from ledger.book.balances import wallet_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.seal.sealer import size
from ledger.seal.tiles import read_root
from ledger.sql import Sql
from settlement.export.pack import pack
from settlement.export.write import write_export
from settlement.exports import FORMATS, export
from settlement.night import run_night, verify_night
from settlement.replay import replay
from settlement.reports import month_sheet
from settlement.statement_form import statement_sheet
from settlement.statements import statements_of_month
from tests.support.engines import PostgresDatabases
from tests.support.invariants import check_invariants
from tests.support.lived_month import EXPORTED_AT, live_month
from tests.support.night_plant import midnight
from tests.support.town import CIVIC, HERE

DIGESTS = Sql("SELECT digest FROM night_run WHERE community_id = :community_id ORDER BY run_no")


@pytest.fixture(scope="module")
def postgres_export(
    postgres_databases: PostgresDatabases, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A month lived on PostgreSQL, exported."""
    folder = tmp_path_factory.mktemp("on_postgres")
    with postgres_databases.fresh() as url:
        db = Database(url)
        live_month(db, folder / "channel")
        write_export(db, HERE, folder / "out", at=EXPORTED_AT)
        db.close()
    return folder / "out"


@pytest.fixture(params=["sqlite", "postgresql"])
def source(request: pytest.FixtureRequest) -> Path:
    """An export, once from each engine."""
    name = "clean" if request.param == "sqlite" else "postgres_export"
    found: Path = request.getfixturevalue(name)
    return found


@pytest.fixture
def replayed(db: Database, source: Path) -> Database:
    """An empty database, once on each engine, fed the export."""
    replay(db, source)
    return db


def test_everything_exported_again_is_the_same_to_the_byte(
    replayed: Database, source: Path, tmp_path: Path
) -> None:
    again = write_export(replayed, HERE, tmp_path / "again", at=EXPORTED_AT)

    before = json.loads((source / "manifest.json").read_text())
    assert again["files"] == before["files"]
    assert (again["size"], again["root"]) == (before["size"], before["root"])
    assert len(before["root"]) == 64
    for name in before["files"]:
        assert (tmp_path / "again" / name).read_bytes() == (source / name).read_bytes(), name


def test_the_replayed_book_holds_together_and_its_nights_come_out(replayed: Database) -> None:
    check_invariants(replayed.engine)
    with replayed.read() as tx:
        wallet = wallet_of(tx, HERE, 1, CIVIC)
    assert (wallet.posted, wallet.held) == (318_451, 0)
    assert all(verify_night(replayed, HERE, day) for day in (20260302, 20260303, 20260331))

    following = run_night(replayed, HERE, 20260401, at=midnight(20260405))

    assert following.state == "locked"


def reports(db: Database) -> dict[str, bytes]:
    """Every report of March, as files."""
    found = {}
    with db.read() as tx:
        for language in ("zh", "en"):
            translate = translator(language)
            sheets = {"month": month_sheet(tx, HERE, 202603, translate=translate)}
            for statement in statements_of_month(tx, HERE, 202603):
                number = statement.statement_id
                sheets[f"statement-{number}"] = statement_sheet(
                    tx, HERE, number, translate=translate
                )
            for name, sheet in sheets.items():
                for file_format in FORMATS:
                    found[f"{language}-{name}.{file_format}"] = export(sheet, file_format)
    return found


def test_reports_are_the_same_files(db: Database, lived: Path, clean: Path) -> None:
    replay(db, clean)
    original = Database(f"sqlite:///{lived}")

    first, second = reports(original), reports(db)
    with original.read() as tx, db.read() as other:
        digests = [
            [row.digest for row in each.all(DIGESTS, community_id=HERE)] for each in (tx, other)
        ]
        roots = [read_root(each, HERE, size(each, HERE)) for each in (tx, other)]
    original.close()

    assert len(first) == 2 * 3 * len(FORMATS)
    assert first == second
    assert digests[0] == digests[1]
    assert len(digests[0]) == 30
    assert roots[0] == roots[1]


def test_parquet_and_zip_are_replayed_too(lived: Path, tmp_path: Path, db: Database) -> None:
    original = Database(f"sqlite:///{lived}")
    made = write_export(original, HERE, tmp_path / "parquet", at=EXPORTED_AT, parquet=True)
    original.close()
    pack(tmp_path / "parquet", tmp_path / "book.zip")

    done = replay(db, tmp_path / "book.zip")

    assert (str(done.size), done.root) == (made["size"], made["root"])


def test_a_database_with_a_community_in_it_is_left_alone(replayed: Database, source: Path) -> None:
    with pytest.raises(Refusal, match="replay_not_empty"):
        replay(replayed, source)


ALTERED = {
    "a transfer": ("transfer.csv", b",10000\n", b",10001\n", "balance"),
    "a balance": ("balance.csv", b",318451,", b",318450,", "balance"),
    "a text of an entry": ("txn.csv", b",sale_offset,", b",sale_offsed,", "root"),
}


@pytest.mark.parametrize("what", ALTERED)
def test_an_altered_export_does_not_come_out(
    sqlite_url: str, clean: Path, tmp_path: Path, what: str
) -> None:
    name, old, new, differs = ALTERED[what]
    out = tmp_path / "out"
    shutil.copytree(clean, out)
    body = (out / name).read_bytes()
    assert old in body
    (out / name).write_bytes(body.replace(old, new, 1))
    db = Database(sqlite_url)

    with pytest.raises(Refusal, match="replay_differs") as said:
        replay(db, out)

    assert str(said.value.facts["what"]).startswith(differs)
    db.close()


def test_an_export_of_another_shape_is_refused(db: Database, clean: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(clean, out)
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["files"]["txn.csv"]["columns"].pop()
    (out / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(Refusal, match="export_unreadable"):
        replay(db, out)
    with pytest.raises(Refusal, match="export_unreadable"):
        replay(db, tmp_path)
