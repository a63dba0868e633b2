"""Imports: looked at first, every bad row named, everything taken or nothing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import pytest
import xlsxwriter

from ledger.audit import SYSTEM, By
from ledger.book.balances import wallet_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import agreements, approvals, files, households, imports, merchants, residents
from ledger.members.imports import Preview, Upload
from ledger.members.sheets import read_sheet
from ledger.sql import Tx
from tests.ledger.members.test_people import a_household
from tests.support.http import everything
from tests.support.members import MORNING, OFFICE, Town, open_town

WORDS = {
    "户号": "household_code",
    "楼栋": "building",
    "房号": "unit",
    "姓名": "name",
    "电话": "phone",
    "出生年份": "birth_year",
    "同意日期": "consent_on",
    "积分": "points",
    "积分商户": "earn",
    "抵扣": "offset",
    "账单": "bill",
}
PEOPLE = "户号,姓名,电话,出生年份,同意日期\n3-2-501,王秀英,13800001111,1948,2026-01-05\n3-2-501,李建国,,,\n"
SHOPS = (
    "merchant_code,name,category,agreement_no,effective_from,roles,proof,allowance_day_yuan\n"
    "M02,康民药店,药店,CA-2,2026/1/1,抵扣,账单,150.00\n"
    "M03,家电维修部,维修,CA-3,2026-01-01,earn offset,bill,\n"
)


def upload(text: str | bytes, kind: str = "residents", name: str = "a.csv") -> Upload:
    raw = text.encode() if isinstance(text, str) else text
    return Upload(raw, name, kind, WORDS)


def xlsx(
    rows: Sequence[Sequence[object]],
    formulas: Sequence[tuple[int, int, str]] = (),
) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            sheet.write(row, column, cell)
    for row, column, formula in formulas:
        sheet.write_formula(row, column, formula)
    book.close()
    return file.getvalue()


def look(db: Database, town: Town, table: Upload) -> Preview:
    with db.read() as tx:
        return imports.preview(tx, town.community_id, table)


def take(
    db: Database, town: Town, table: Upload, *, by: By = OFFICE, seen_sha256: str | None = None
) -> int:
    def work(tx: Tx) -> int:
        return imports.take(
            tx, town.community_id, table, by=by, at=MORNING, seen_sha256=seen_sha256
        )

    return db.write(work)


def refusal_of(work) -> Refusal:
    with pytest.raises(Refusal) as refused:
        work()
    return refused.value


# --- what is taken


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_residents_come_in_from_a_table_in_either_encoding(db: Database, encoding: str) -> None:
    town = open_town(db)
    home = a_household(db, town)
    table = upload(PEOPLE.encode(encoding))

    assert look(db, town, table).faults == ()
    assert take(db, town, table) == 2

    with db.read() as tx:
        found = residents.search(tx, town.community_id, "")
        people = residents.members_of(tx, town.community_id, home)
        [kept] = {row.name for row in found if row.birth_year is not None}
    assert [row.name for row in found] == ["王秀英", "李建国"]
    assert kept == "王秀英"
    assert [person.consent_at is not None for person in people] == [True, False]


def test_a_spreadsheet_is_read_like_a_text_table(db: Database) -> None:
    town = open_town(db)
    a_household(db, town)
    rows: list[list[object]] = [
        ["户号", "姓名", "出生年份"],
        ["3-2-501", "王秀英", 1948],
        ["3-2-501", "李建国", "1950"],
    ]

    assert take(db, town, upload(xlsx(rows), name="a.xlsx")) == 2

    with db.read() as tx:
        found = residents.search(tx, town.community_id, "")
    assert [row.birth_year for row in found] == [1948, 1950]


def test_households_and_shops_come_in_with_their_agreements(db: Database) -> None:
    town = open_town(db)

    assert (
        take(db, town, upload("户号,楼栋,房号\n1-1,1号楼,101\n1-2,1号楼,102\n", "households")) == 2
    )
    assert take(db, town, upload(SHOPS, "merchants")) == 2

    with db.read() as tx:
        home = households.find_by_code(tx, town.community_id, "1-2")
        shop = merchants.find_by_code(tx, town.community_id, "M02")
        assert home is not None
        assert shop is not None
        [signed] = agreements.agreements_of(tx, town.community_id, shop.merchant_id)
    assert (signed.roles, signed.proof, signed.proof_days) == (frozenset({"offset"}), "bill", 3)
    assert (signed.effective_from, signed.allowance_day_fen) == (20_260_101, 15_000)


def test_opening_balances_are_booked_to_the_hundredth_and_only_once(db: Database) -> None:
    town = open_town(db)
    home = a_household(db, town)
    table = upload("户号,积分\n3-2-501,128.55\n", "balances")

    assert take(db, town, table, by=SYSTEM) == 1

    with db.read() as tx:
        assert wallet_of(tx, town.community_id, home, 1002).posted == 12_855
    again = refusal_of(lambda: take(db, town, table, by=SYSTEM))
    assert again.code == "import_rows_wrong"
    [fault] = look(db, town, table).faults
    assert (fault.row, fault.column, fault.code) == (2, "household_code", "import_known")


def test_opening_balances_from_the_office_need_a_second_person(db: Database) -> None:
    town = open_town(db)
    home = a_household(db, town)
    table = upload("户号,积分\n3-2-501,128.55\n", "balances")
    colleague = By("staff", 2)

    assert refusal_of(lambda: take(db, town, table)).code == "approval_missing"
    proposal = db.write(
        lambda tx: imports.propose_balances(tx, town.community_id, table, by=OFFICE, at=MORNING)
    )
    assert (
        refusal_of(
            lambda: db.write(
                lambda tx: approvals.approve(tx, town.community_id, proposal, by=OFFICE, at=MORNING)
            )
        ).code
        == "approval_same_person"
    )
    db.write(
        lambda tx: approvals.approve(tx, town.community_id, proposal, by=colleague, at=MORNING)
    )
    take(db, town, table)

    with db.read() as tx:
        assert wallet_of(tx, town.community_id, home, 1002).posted == 12_855


def test_the_file_is_kept_as_it_came(db: Database) -> None:
    town = open_town(db)
    a_household(db, town)
    table = upload(PEOPLE)

    take(db, town, table, seen_sha256=look(db, town, table).sha256)

    with db.read() as tx:
        kept = files.get_file(tx, town.community_id, look(db, town, table).sha256)
    assert (kept.body, kept.source) == (PEOPLE.encode(), "import residents")


# --- what is refused, and that nothing is half taken


BAD_PEOPLE = (
    "户号,姓名,电话,出生年份,同意日期\n"
    "3-2-501,王秀英,13800001111,1948,2026-01-05\n"
    "9-9-999,李建国,,,\n"
    "3-2-501,,,,\n"
    "3-2-501,赵大爷,电话,48,明天\n"
    '3-2-501,"=HYPERLINK(""x"")",,,\n'
    "3-2-501,王秀英,,1948,\n"
)


def test_every_bad_row_is_named_with_column_and_reason_and_none_is_taken(db: Database) -> None:
    town = open_town(db)
    a_household(db, town)
    before = everything(db)

    seen = look(db, town, upload(BAD_PEOPLE))
    refused = refusal_of(lambda: take(db, town, upload(BAD_PEOPLE)))

    assert [(fault.row, fault.column, fault.code) for fault in seen.faults] == [
        (3, "household_code", "import_household"),
        (4, "name", "import_missing"),
        (5, "birth_year", "import_year"),
        (5, "consent_on", "import_day"),
        (5, "phone", "phone_bad"),
        (6, "name", "import_formula"),
        (7, "household_code", "import_twice"),
    ]
    assert seen.faults[-1].facts == {"first_row": 2}
    assert (refused.code, refused.facts) == ("import_rows_wrong", {"count": 5})
    assert everything(db) == before


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (101 * 1024 * 1024))
    return file.getvalue()


def other_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("hello.txt", "hello")
    return file.getvalue()


BAD_FILES = {
    "nothing": (b"", "file_empty"),
    "only blanks": (b"\n\n , \n", "file_empty"),
    "too large": (b"x" * (10 * 1024 * 1024 + 1), "file_too_large"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "import_not_a_table"),
    "UTF-16": ("户号,姓名".encode("utf-16"), "import_encoding"),
    "neither encoding": (b"a,b\n\xff\xff,\xfe", "import_encoding"),
    "binary": (b"a,b\n\x00\x01\x02", "import_not_a_table"),
    "an open quote": (b'a,b\n"c', "import_not_a_table"),
    "another archive": (other_zip(), "import_not_a_table"),
    "a broken spreadsheet": (xlsx([["户号"]])[:200], "import_not_a_table"),
    "a zip bomb": (bomb(), "import_rows"),
    "too many rows": (("户号\n" + "x\n" * 20_001).encode(), "import_rows"),
    "a long cell": (("户号,姓名\n1," + "x" * 301).encode(), "import_cell"),
    "many columns": (",".join(["x"] * 41).encode(), "import_not_a_table"),
    "a formula": (xlsx([["户号", "姓名"], ["1", ""]], [(1, 1, "=1+1")]), "import_formula"),
    "a column twice": ("户号,姓名,姓名\n1,a,b".encode(), "import_column_twice"),
    "a column under two names": ("户号,household_code,姓名\n1,1,b".encode(), "import_column_twice"),
    "an unknown column": ("户号,姓名,身份证\n1,a,b".encode(), "import_column_unknown"),
    "a missing column": ("户号\n1".encode(), "import_columns"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_is_no_such_table_is_refused_by_its_own_code(
    sqlite_url: str, name: str
) -> None:
    db = Database(sqlite_url)
    town = open_town(db)
    before = everything(db)
    raw, code = BAD_FILES[name]

    assert refusal_of(lambda: take(db, town, upload(raw))).code == code
    assert everything(db) == before
    db.close()


def test_an_unknown_kind_of_table_is_refused(db: Database) -> None:
    town = open_town(db)

    assert refusal_of(lambda: look(db, town, upload("a\n1", "salaries"))).code == "import_kind"


def test_a_file_changed_after_it_was_looked_at_is_refused(db: Database) -> None:
    town = open_town(db)
    a_household(db, town)
    seen = look(db, town, upload(PEOPLE)).sha256

    refused = refusal_of(
        lambda: take(db, town, upload(PEOPLE + "3-2-501,张三,,,\n"), seen_sha256=seen)
    )

    assert refused.code == "import_file_changed"


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("-5", "import_number"),
        ("0", "import_number"),
        ("1e9", "import_number"),
        ("12.805", "import_number"),
        ("1000000000000000000", "import_number"),
        ("１２", "import_number"),
        ("", "import_missing"),
        ("=1+1", "import_formula"),
    ],
)
def test_points_that_are_no_points_are_refused(sqlite_url: str, cell: str, code: str) -> None:
    db = Database(sqlite_url)
    town = open_town(db)
    a_household(db, town)

    [fault] = look(db, town, upload(f"户号,积分\n3-2-501,{cell}\n", "balances")).faults

    assert (fault.column, fault.code) == ("points", code)
    db.close()


# --- reading


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_may_be_cut_by_commas_semicolons_or_tabs(delimiter: str) -> None:
    text = f"a{delimiter}b\r\n1{delimiter}2\r\n\r\n3{delimiter}\r\n"

    sheet = read_sheet(text.encode())

    assert sheet.columns == ("a", "b")
    assert [(line.number, line.cells) for line in sheet.lines] == [(2, ("1", "2")), (4, ("3", ""))]


def test_numbers_and_days_of_a_spreadsheet_come_as_a_person_would_type_them() -> None:
    sheet = read_sheet(xlsx([["a", "b", "c"], [1948, 12.5, True], [13800001111, 0.1, "x "]]))

    assert [line.cells for line in sheet.lines] == [
        ("1948", "12.5", "TRUE"),
        ("13800001111", "0.1", "x"),
    ]
