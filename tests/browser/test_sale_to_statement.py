"""From the camera to the month's four files: one sale of 50.00 yuan with 200 points, followed to the end."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import Playwright
from python_calamine import CalamineWorkbook

from kiosk.texts import translator
from ledger.token_keys import KeyClass
from settlement.closing import run_month
from settlement.exports import export
from settlement.night import run_night
from settlement.sheet import Sheet
from settlement.statement_form import statement_sheet
from tests.browser.served import Served
from tests.browser.tablet import PHONE, Tablet, chromium, write_video, zh
from tests.support.town import HERE, moment

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _buy_and_close(tablet: Tablet) -> None:
    tablet.page.locator(".pays").wait_for()
    tablet.offset_to(200)
    tablet.confirm()
    assert tablet.result()["积分抵扣"] == "200 分 = 10.00 元"
    tablet.touch("Home")
    tablet.touch("Close the day")
    tablet.page.locator(".slip").wait_for()
    tablet.confirm()
    assert tablet.result()["word"] == zh("Filed")


def _night_and_month(served: Served) -> Sheet:
    db = served.town.db
    night = run_night(db, HERE, 20260302, at=moment("2026-03-03 02:00"))
    assert (night.state, night.settled_fen, night.codes) == ("locked", 1_000, ())
    for day in range(3, 32):
        run_night(db, HERE, 20260300 + day, at=moment("2026-04-02 02:00"))
    month = run_month(db, HERE, 202603, at=moment("2026-04-05 09:00"))
    (statement,) = month.statements
    assert (statement.claimant_id, statement.payable_fen) == (1, 1_000)
    with db.read() as tx:
        return statement_sheet(tx, HERE, statement.statement_id, translate=translator("zh"))


def _texts(sheet: Sheet) -> list[str]:
    return [cell.text for row in sheet.grid() for cell in row if cell.text]


def _squeezed(texts: Iterable[str]) -> str:
    return re.sub(r"\s", "", "".join(texts))


def _check_four_files(sheet: Sheet) -> None:
    """Every cell of the sheet stands in the CSV, the workbook, the JSON and on the PDF's pages."""
    cells = _texts(sheet)
    assert "10.00" in cells
    rows = csv.reader(io.StringIO(export(sheet, "csv").decode("utf-8-sig")))
    assert [text for row in rows for text in row if text] == cells
    document = json.loads(export(sheet, "json"))
    shown = json.dumps(document, ensure_ascii=False)
    assert [text for text in cells if json.dumps(text, ensure_ascii=False)[1:-1] not in shown] == []
    book = CalamineWorkbook.from_filelike(io.BytesIO(export(sheet, "xlsx")))
    held = [
        value
        for name in book.sheet_names
        for row in book.get_sheet_by_name(name).to_python()
        for value in row
    ]
    assert len([value for value in held if value not in {"", None}]) == len(cells)
    pages = pypdf.PdfReader(io.BytesIO(export(sheet, "pdf"))).pages
    printed = _squeezed(page.extract_text() for page in pages)
    assert [text for text in cells if _squeezed([text]) not in printed] == []


def test_a_sale_seen_by_the_camera_reaches_the_months_four_files(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    video = write_video(tmp_path / "card.mjpeg", served.code(1, KeyClass.CARD))
    with chromium(playwright, video=video) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.touch("Scan the code")
        _buy_and_close(tablet)

    _check_four_files(_night_and_month(served))


def test_a_sale_keyed_in_by_a_wedge_scanner_reaches_the_months_four_files(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.wedge(served.code(1))
        _buy_and_close(tablet)

    _check_four_files(_night_and_month(served))
