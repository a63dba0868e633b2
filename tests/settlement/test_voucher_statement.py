"""A provider's month with vouchers: settled at the contract's price on both engines, and every file says the same."""

from __future__ import annotations

import csv
import io
import json

import pytest
from python_calamine import CalamineWorkbook

from kiosk.texts import translator
from ledger.database import Database
from settlement.closing import run_month
from settlement.exports import export
from settlement.night import run_night
from settlement.statement_form import statement_sheet
from tests.support.night_plant import midnight, next_day
from tests.support.town import HERE, moment
from tests.support.vouchers import (
    BARBER,
    HAIRCUT_FEN,
    buy,
    claim_line,
    file_day,
    offer,
    redeem,
    voucher_town,
)

HOUR = 3_600_000_000
ISSUED_AT = moment("2026-04-05 09:00")


def lived(url: str) -> tuple[str, list[list[str]], dict[str, bytes], tuple[int, ...]]:
    """Two haircuts in March, one of them claimed too high; the night's digest, the statement's cells and files."""
    db = Database(url)
    town = voucher_town(db)
    service = offer(town)
    first, second = (redeem(town, buy(town, service)["number"]) for _ in range(2))
    file_day(town, [claim_line(first), claim_line(second, offset_fen=HAIRCUT_FEN + 450)])
    night = run_night(db, HERE, town.day, at=midnight(next_day(town.day)) + 2 * HOUR)
    assert [(code.code, code.minus_fen) for code in night.codes] == [("V1", 450)]
    last = run_night(db, HERE, 20260331, at=moment("2026-04-01 02:00"))
    assert last.state == "locked"
    statements = run_month(db, HERE, 202603, at=ISSUED_AT).statements
    [mine] = [one for one in statements if one.claimant_id == BARBER]
    with db.read() as tx:
        sheet = statement_sheet(tx, HERE, mine.statement_id, translate=translator("zh"))
    files = {kind: export(sheet, kind) for kind in ("csv", "xlsx", "json")}
    cells = [[cell.text for cell in row] for row in sheet.grid()]
    figures = (mine.payable_fen, night.settled_fen)
    db.close()
    return night.digest, cells, files, figures


@pytest.mark.usefixtures("audited")
def test_both_engines_and_every_file_agree_on_a_month_with_vouchers(
    sqlite_url: str, postgres_url: str
) -> None:
    _, cells, files, figures = lived(sqlite_url)
    _, other_cells, other_files, other_figures = lived(postgres_url)

    assert figures == other_figures == (2 * HAIRCUT_FEN, 2 * HAIRCUT_FEN)
    assert _figures(cells) == _figures(other_cells)
    assert any("31.00" in row for row in cells)
    for found in (files, other_files):
        wanted = [
            row
            for row in csv.reader(io.StringIO(found["csv"].decode("utf-8-sig"), newline=""))
            if row
        ]
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(found["xlsx"])).get_sheet_by_index(0)
        assert len([row for row in sheet.to_python() if any(row)]) == len(wanted)
        assert "31.00" in json.dumps(json.loads(found["json"]), ensure_ascii=False)


def _figures(cells: list[list[str]]) -> list[list[str]]:
    """The cells without what is drawn anew for each book: the digests."""
    return [[text for text in row if len(text) < 40] for row in cells]
