"""A statement and a community's month as CSV, XLSX, PDF and JSON: read back, cell by cell the same."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from ledger.members.merchants import get_merchant
from settlement.closing import accept_statement, run_month
from settlement.exports import FORMATS, export
from settlement.night import run_night
from settlement.payment_form import payment_month, payment_request
from settlement.payouts import approve_payout, propose_payout
from settlement.reports import month_sheet
from settlement.role_names import staff_words
from settlement.sheet import Sheet, count, date, ident, pairs, points, table, text, yuan
from settlement.statement_form import statement_sheet
from tests.settlement.test_four_nights import live, night_of, plan_days
from tests.settlement.test_payouts import CHIEF, ZHOU
from tests.support.town import HERE, Town, moment

AT = moment("2026-04-05 09:00")
_HEADER = ["日期", "凭证号", "笔数", "积分", "金额", "备注"]
_LINES = [
    (
        date(20260302),
        ident("M01T1-260302-00457-I"),
        count(3),
        points(20_000),
        yuan(-1250),
        text('𠮷祥，"粮油"店'),
    ),
    (date(None), ident("1E11"), count(0), points(0), yuan(10**14), text("@sum")),
]
_PAIRS = [("商户", text("=cmd|' /C calc'!A1")), ("编号", ident("00012345678901234567"))]
NASTY = Sheet("月度对账单", 20260405, (pairs("摘要", _PAIRS), table("明细", _HEADER, _LINES)))


def texts(sheet: Sheet) -> list[list[str]]:
    return [[cell.text for cell in row] for row in sheet.grid()]


def from_csv(body: bytes) -> list[list[str]]:
    assert body.startswith(b"\xef\xbb\xbf")
    assert body.count(b"\n") == body.count(b"\r\n")
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def from_xlsx(body: bytes, sheet: Sheet) -> list[list[str]]:
    """Cells as text; what reckons must be a number, what names must be text."""
    found = CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0).to_python(
        skip_empty_area=False
    )  # fmt: skip
    result = []
    for row, wanted in zip(found, sheet.grid(), strict=True):
        assert all(value == "" for value in row[len(wanted) :])
        line = []
        for value, cell in zip(row, wanted, strict=False):
            if cell.is_number:
                assert isinstance(value, int | float)
                places = Decimal(1) if cell.kind == "count" else Decimal("0.01")
                line.append(str(Decimal(str(value)).quantize(places)))
            else:
                assert isinstance(value, str)
                line.append(value)
        result.append(line)
    return result


def from_json(body: bytes) -> list[list[str]]:
    document = json.loads(body)
    rows = [[document["title"]]]
    for block in document["blocks"]:
        rows += [[], [block["heading"]]]
        if block["header"]:
            rows.append(block["header"])
        rows += [[cell["text"] for cell in row] for row in block["rows"]]
    for block in document["blocks"]:
        for row in block["rows"]:
            for cell in row:
                if "fen" in cell and cell["fen"] is not None:
                    assert Decimal(cell["text"]) * 100 == cell["fen"]
    return rows


def assert_in_pdf(body: bytes, sheet: Sheet) -> None:
    """Every cell stands in the document, in order, whatever lines and pages it was broken into."""

    def bare(words: str) -> str:
        return re.sub(r"\s+", "", words)

    pages = [bare(page.extract_text()) for page in PdfReader(io.BytesIO(body)).pages]
    # Headers repeat on each page and a page number ends it: both stand between two cells.
    whole, place = "".join(pages), 0
    for row in texts(sheet):
        for cell in row:
            found = whole.find(bare(cell), place)
            assert found >= 0, f"{cell!r} is not in the document after position {place}"
            place = found + len(bare(cell))


def assert_same(sheet: Sheet) -> None:
    files = {name: export(sheet, name) for name in FORMATS}
    wanted = texts(sheet)
    assert from_csv(files["csv"]) == wanted
    assert from_json(files["json"]) == wanted
    assert from_xlsx(files["xlsx"], sheet) == wanted
    assert_in_pdf(files["pdf"], sheet)


def test_nasty_cells_are_the_same_in_all_four_files() -> None:
    assert_same(NASTY)


def test_no_cell_is_a_formula() -> None:
    for row in from_csv(export(NASTY, "csv")):
        for cell in row:
            assert not cell.startswith(("=", "+", "@")), cell
    assert b"<f>" not in export(NASTY, "xlsx")
    assert [c for r in from_csv(export(NASTY, "csv")) for c in r if c[:1] == "-"] == ["-12.50"]


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_same_sheet_gives_the_same_bytes(file_format: str) -> None:
    assert export(NASTY, file_format) == export(NASTY, file_format)


@pytest.mark.slow
def test_a_lived_month_agrees_in_all_four_files(town: Town) -> None:
    days = plan_days(town.tills, seed=7, per_day=60)
    for n, day in enumerate(days):
        live(town, days, n)
        night_of(town, day)
    run_night(town.db, HERE, 20260331, at=moment("2026-04-01 02:00"))
    statements = run_month(town.db, HERE, 202603, at=AT).statements
    accept_statement(town.db, HERE, statements[0].statement_id, by=ZHOU, at=AT)
    payout = propose_payout(town.db, HERE, statements[0].statement_id, by=ZHOU, at=AT)
    approve_payout(town.db, HERE, payout.payout_id, by=CHIEF, at=AT)

    with town.db.read() as tx:
        sheets = [
            statement_sheet(tx, HERE, s.statement_id, translate=str.upper) for s in statements
        ]
        month = month_sheet(tx, HERE, 202603, translate=str.upper)
        papers = [
            payment_request(tx, HERE, payout.payout_id, translate=str.upper),
            payment_month(tx, HERE, 202603, translate=str.upper),
        ]

    assert len(sheets) == 10
    for sheet in sheets[:3]:
        assert [block.heading for block in sheet.blocks][:3] == [
            "SUMMARY", "DAY BY DAY", "DIFFERENCES, BOTH SIDES",
        ]  # fmt: skip
        assert_same(sheet)
    for sheet in (month, *papers):
        assert_same(sheet)
    named = {block.heading: block for sheet in (month, *papers) for block in sheet.blocks}
    # One payment, one number of papers, wherever it is written; who acted is a role and a number.
    (asked,) = named["PAYMENT REQUEST"].rows
    papers_of = {asked[-1].text, named["ENCLOSED PAPERS"].rows[-1][-1].text}
    assert papers_of == {papers[1].blocks[1].rows[0][5].text}
    assert int(asked[-1].text) > 1
    assert [cell.text for cell in asked[5:7]] == [
        staff_words_of(town, ZHOU.id), staff_words_of(town, CHIEF.id)
    ]  # fmt: skip
    with town.db.read() as tx:
        shop = get_merchant(tx, HERE, statements[0].claimant_id)
    shops = [row[1].text for row in month.blocks[1].rows[:-1]]
    assert f"{shop.code} {shop.name}" == asked[1].text == papers[1].blocks[1].rows[0][1].text
    assert asked[1].text in shops
    own, rest, whole = (
        Decimal(row[1].text) for row in named["ADJUSTMENTS DECIDED THIS MONTH, YUAN"].rows
    )
    assert own + rest == whole == Decimal(month.blocks[1].rows[-1][6].text)


def staff_words_of(town: Town, staff_id: int) -> str | None:
    with town.db.read() as tx:
        return staff_words(tx, HERE, staff_id, at=AT, translate=str.upper)
