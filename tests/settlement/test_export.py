"""An export holds the whole book, the same bytes from both engines, and nobody's name."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import pytest
from sqlalchemy import Engine, text

from ledger import audit as audit_acts
from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.errors import Refusal
from ledger.seal import sealer
from pos.checkout import check_out
from pos.refunds import refund
from settlement.auditor.run import audit
from settlement.export.pack import pack
from settlement.export.tables import SHAPES
from settlement.export.write import write_export
from tests.support.fake_channel import FakeChannel
from tests.support.life import Life
from tests.support.night_plant import into
from tests.support.town import HERE, Town, build_town, moment

TYPED = ("salt", "before", "after", "commitment")
AWKWARD = ['a,b"c', "two\nlines", "carriage\rreturn", "", " spaces ", "中文，、", "\\.", "'"]


def lived(db: Database, folder: Path) -> Town:
    """Two shops, sales, a part refund, two nights: something in most tables."""
    town = build_town(db, people=1, shops=2, grant_units=100_000, channel=FakeChannel(folder))
    life = Life(town, 100_000)
    life.buy("till", 5_000, 10, 0)
    life.buy("gateway", 3_000, 2, 1)
    life.give_back(0, 50)
    life.prove()
    life.night()
    life.buy("named", 2_500, 3, 1)
    life.night()
    sealer.seal(db, HERE)
    return town


def exported(db: Database, folder: Path, **how: Any) -> dict[str, Any]:
    return write_export(db, HERE, folder, at=moment("2026-03-05 03:00"), **how)


def cells(path: Path) -> list[list[str | None]]:
    """A CSV file of an export read by rules written down twice: null is an empty cell without quotes."""
    rows: list[list[str | None]] = []
    row: list[str | None] = []
    body, at = path.read_bytes().decode(), 0
    while at < len(body):
        if body[at] == '"':
            value, at = "", at + 1
            while body[at] != '"' or body[at : at + 2] == '""':
                value, at = value + body[at], at + 1 + (body[at] == '"')
            row.append(value)
            at += 1
        else:
            end = min(n for n in (body.find(",", at), body.find("\n", at)) if n >= 0)
            row.append(body[at:end] or None)
            at = end
        if body[at] == "\n":
            rows.append(row)
            row = []
        at += 1
    return rows


def stored(engine: Engine, table: str, columns: list[str]) -> set[tuple[str | None, ...]]:
    with engine.connect() as connection:
        rows = connection.execute(
            text(f"SELECT {', '.join(columns)} FROM {table} WHERE community_id = {HERE}")
        )
        return {
            tuple(
                None
                if v is None
                else bytes(v).hex()
                if isinstance(v, bytes | memoryview)
                else str(v)
                for v in row
            )
            for row in rows
        }


def test_every_row_of_every_table_is_in_its_file(db: Database, tmp_path: Path) -> None:
    lived(db, tmp_path / "channel")
    manifest = exported(db, tmp_path / "out")

    filled = 0
    for name, shape in SHAPES.items():
        about = manifest["files"][f"{name}.csv"]
        head, *rows = cells(tmp_path / f"out/{name}.csv")
        assert head == about["columns"] == list(shape.names)
        assert len(rows) == about["rows"]
        # What a person typed stays at home; another test looks at what stands there instead.
        shown = [c for c in about["columns"] if name != "audit" or c not in TYPED]
        places = [about["columns"].index(column) for column in shown]
        found = {tuple(row[place] for place in places) for row in rows}
        assert found == stored(db.engine, name, shown), name
        filled += bool(rows)
    assert filled > 25


def test_the_manifest_names_every_file_and_what_is_in_it(db: Database, tmp_path: Path) -> None:
    lived(db, tmp_path / "channel")
    out = tmp_path / "out"
    made = exported(db, out)

    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest == made
    assert {path.name for path in out.iterdir()} == {*manifest["files"], "manifest.json"}
    for name, about in manifest["files"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == about["sha256"], name
    with db.read() as tx:
        assert manifest["size"] == str(sealer.size(tx, HERE))
    assert (manifest["from"], manifest["to"]) == (20260302, 20260303)
    assert (manifest["community"], manifest["issuer"], manifest["first"]) == ("1", "CA01", "0")


def test_rows_are_sorted_by_their_key(db: Database, tmp_path: Path) -> None:
    lived(db, tmp_path / "channel")
    exported(db, tmp_path / "out")

    for name, shape in SHAPES.items():
        head, *rows = cells(tmp_path / f"out/{name}.csv")
        kinds = {column.name: column.kind for column in shape.columns}
        places = [head.index(column) for column in shape.key]
        keys = [
            tuple(
                int(row[p] or 0) if kinds[str(head[p])] == "number" else str(row[p]).encode()
                for p in places
            )
            for row in rows
        ]
        assert keys == sorted(keys), name


def test_awkward_texts_come_out_as_they_went_in(db: Database, tmp_path: Path) -> None:
    build_town(db)
    with db.engine.begin() as connection:
        for number, value in enumerate(AWKWARD, start=1_000):
            connection.execute(
                text(
                    "INSERT INTO request (community_id, request_id, kind, body_hash, outcome, code,"
                    " response, received_at) VALUES (1, :id, :value, :hash, 'done', :value, '', 5)"
                ),
                {"id": f"r{number}", "value": value, "hash": b"\x00\xff"},
            )
    exported(db, tmp_path / "out")

    rows = [row for row in cells(tmp_path / "out/request.csv")[1:] if str(row[0]).startswith("r1")]
    assert [row[1] for row in rows] == [row[4] for row in rows] == AWKWARD
    assert {row[2] for row in rows} == {"00ff"}
    assert {row[5] for row in rows} == {None}
    # What a spreadsheet's reader makes of it: the same, but for null.
    plain = csv.reader(
        io.StringIO((tmp_path / "out/request.csv").read_bytes().decode(), newline="")
    )
    assert [row[1] for row in plain if row[0].startswith("r1")] == AWKWARD


def test_both_engines_write_the_same_bytes_of_awkward_texts(
    sqlite_url: str, postgres_url: str, tmp_path: Path
) -> None:
    for name, url in (("sqlite", sqlite_url), ("postgresql", postgres_url)):
        db = Database(url)
        with db.engine.begin() as connection:
            for number, value in enumerate(AWKWARD):
                connection.execute(
                    text(
                        "INSERT INTO merchant (community_id, merchant_id, code, name, category,"
                        " state, opened_at) VALUES (1, :n, :code, :value, '超市', 'active', 5)"
                    ),
                    {"n": number, "code": f"Z{number}", "value": value},
                )
            connection.execute(
                text(
                    "INSERT INTO community (community_id, issuer, name, timezone, hotline,"
                    " config_version, opened_at) VALUES (1, 'CA01', '常安', 'Asia/Shanghai', '', 1, 1)"
                )
            )
        exported(db, tmp_path / name)
        db.close()

    for file in sorted((tmp_path / "sqlite").iterdir()):
        assert file.read_bytes() == (tmp_path / "postgresql" / file.name).read_bytes(), file.name


def test_nothing_of_another_community_is_in_it(db: Database, tmp_path: Path) -> None:
    lived(db, tmp_path / "channel")
    before = exported(db, tmp_path / "before")
    build_town(db, here=2, issuer="CB02", people=2)
    after = exported(db, tmp_path / "after")

    assert before == after


def test_names_numbers_and_secrets_stay_at_home(db: Database, tmp_path: Path) -> None:
    lived(db, tmp_path / "channel")
    into(db, "INSERT INTO person_identity VALUES (1, 1, '张明明', '13812345678', 5)")
    into(
        db,
        "INSERT INTO staff VALUES (1, 7, 'wang.login', 'phc-secret', 'active', 1, NULL, 0, 0, 5)",
    )
    into(db, "INSERT INTO staff_identity VALUES (1, 7, '王芳芳')")
    into(
        db,
        "INSERT INTO payout_account VALUES (1, 1, 5, '李持有', '工行', '6222000011112222', 7, 7)",
    )
    into(
        db,
        "INSERT INTO approval (community_id, approval_id, kind, subject, body, state, proposed_by,"
        " proposed_at) VALUES (1, 9, 'payout_account', 'merchant:1', '{\"no\":\"6222000011112222\"}',"
        " 'proposed', 7, 5)",
    )
    exported(db, tmp_path / "out")

    whole = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir())
    assert "20260302" in whole
    # Whole numbers only: four digits of one may stand in somebody's random id.
    numbers = ("13812345678", "6222000011112222")
    for word in ("张明明", *numbers, "wang.login", "phc", "王芳芳", "李持有", "工行"):
        assert word not in whole, word


def test_parquet_holds_the_same_rows(db: Database, tmp_path: Path) -> None:
    lived(db, tmp_path / "channel")
    exported(db, tmp_path / "csv")
    manifest = exported(db, tmp_path / "parquet", parquet=True)

    for name in SHAPES:
        found = duckdb.execute(f"SELECT * FROM '{tmp_path}/parquet/{name}.parquet'")
        rows = [[None if v is None else str(v) for v in row] for row in found.fetchall()]
        head = [column[0] for column in found.description or ()]
        assert [head, *rows] == cells(tmp_path / f"csv/{name}.csv"), name
    body = (tmp_path / "parquet/txn.parquet").read_bytes()
    assert hashlib.sha256(body).hexdigest() == manifest["files"]["txn.parquet"]["sha256"]


def test_a_zip_holds_the_same_files_and_is_made_of_them_alone(db: Database, tmp_path: Path) -> None:
    lived(db, tmp_path / "channel")
    exported(db, tmp_path / "out")
    pack(tmp_path / "out", tmp_path / "one.zip")
    pack(tmp_path / "out", tmp_path / "two.zip")

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with ZipFile(tmp_path / "one.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()
        }


def test_a_folder_with_something_in_it_is_left_alone(db: Database, tmp_path: Path) -> None:
    build_town(db)
    exported(db, tmp_path / "out")

    with pytest.raises(Refusal, match="export_folder_taken"):
        exported(db, tmp_path / "out")


def test_all_tables_are_of_one_moment_while_sales_go_on(db: Database, tmp_path: Path) -> None:
    town = build_town(db, people=1, grant_units=100_000)
    receipt = check_out(town.desk, town.sale(1, 5_000, 20_000), at=town.at)
    sold: list[int] = []

    def sell_on(_done: int, _of: int) -> None:
        if not sold:
            sold.append(1)
            town.later(300)
            refund(town.desk, town.refund(receipt["ref"], 5_000), at=town.at)

    manifest = exported(db, tmp_path / "out", progress=sell_on)

    assert sold == [1]
    assert manifest["files"]["refund.csv"]["rows"] == 0
    head, *rows = cells(tmp_path / "out/sale.csv")
    assert [row[head.index("refunded_fen")] for row in rows] == ["0"]


def test_what_a_person_typed_stays_at_home_and_its_leaf_can_be_checked_all_the_same(
    db: Database, tmp_path: Path
) -> None:
    town = lived(db, tmp_path / "channel")
    said = {"state": "objected", "why": "王芳芳说数目不对, “少”了"}
    db.write(
        lambda tx: audit_acts.record(
            tx, HERE, SYSTEM, "statement.state", "statement:1", at=town.at, after=said
        )
    )
    sealer.seal(db, HERE)
    exported(db, tmp_path / "out")

    text = (tmp_path / "out/audit.csv").read_text("utf-8")
    assert "王芳芳" not in text
    head, *rows = cells(tmp_path / "out/audit.csv")
    [row] = [dict(zip(head, row, strict=True)) for row in rows if "statement:1" in row]
    assert (row["before"], row["after"], row["salt"]) == ("", "", "")
    assert len(str(row["commitment"])) == 64
    report = audit(tmp_path / "out")
    assert report.findings == ()
