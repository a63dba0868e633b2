"""The month's end of twelve shops at the office's desk: from their claim files to the signed sheet, acts counted."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from werkzeug.test import TestResponse

from ledger.audit import By
from ledger.database import Database
from ledger.members import payout_accounts
from ledger.members.payout_accounts import PayoutAccount
from ledger.sql import Tx
from settlement.bank_form import Payer
from settlement.capitals import capital_yuan
from settlement.closing import accept_silent
from settlement.finance_setup import set_codes, set_payer
from settlement.night import run_night
from settlement.payout_store import payouts
from settlement.vouchers import YUAN_ACCOUNTS
from tests.support.night_plant import (
    HOUR,
    Planter,
    book,
    claim_csv,
    midnight,
    next_day,
    reserve_cover,
)
from tests.support.pages_town import Served, form_number, serve, text_of
from tests.support.paper_bank import PaperBank
from tests.support.town import HERE, moment

SHOPS = 12
MOST_ACTS = 45
DAY = 20260331
ZHOU, LIU = By("staff", 11), By("staff", 12)


@dataclass
class Desk:
    """What one person does in the office: every form sent and every file fetched is one act."""

    client: FlaskClient
    acts: int = 0

    def send(self, page: str, action: str, **fields: Any) -> TestResponse:
        """Open a page and send one of its forms."""
        self.acts += 1
        number = form_number(self.client.get(page), action)
        answer = self.client.post(action, data={"request_id": number, **fields})
        assert answer.status_code in {200, 303}, text_of(answer)
        return answer

    def fetch(self, where: str) -> bytes:
        """Fetch a file."""
        self.acts += 1
        answer = self.client.get(where)
        assert answer.status_code == 200, text_of(answer)
        return bytes(answer.data)


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Any:
    """Twelve shops with accounts, a day of offsets at each, and an office that was set up once."""
    db = Database(sqlite_url)
    found = serve(db, tmp_path, shops=SHOPS)
    found.town.grant(3, 10**8)

    def known(tx: Tx) -> None:
        at = found.town.at
        for shop in range(1, SHOPS + 1):
            account = PayoutAccount(f"商户{shop}", "工商银行西安分行", f"62220202000{shop:08d}")
            number = payout_accounts.propose(tx, HERE, shop, account, by=ZHOU, at=at)
            payout_accounts.approve(tx, HERE, number, by=LIU, at=at)
        payer = Payer("1100200000000000001", "常安社区居委会", "工商银行西安分行")
        set_payer(tx, HERE, payer, "icbc", by=ZHOU, at=at)
        codes = {kind: f"{2000 + place}" for place, kind in enumerate(YUAN_ACCOUNTS)}
        set_codes(tx, HERE, codes, by=ZHOU, at=at)

    db.write(known)
    yield found
    db.close()


def claim_files(served: Served) -> dict[int, bytes]:
    """What each shop honoured on the last day of March, and the file it claims it with."""
    town, files = served.town, {}
    town.at = midnight(DAY) + 6 * HOUR
    reserve_cover(town, 100_000)
    planter = Planter(town.tills, seed=7)
    for till in town.tills:
        sales = [planter.entry(DAY, till) for _ in range(3)]
        book(town, sales, person=3)
        files[till.merchant_id] = claim_csv(f"M{till.merchant_id:02d}", sales).encode()
    town.at = midnight(next_day(DAY)) + 1 * HOUR
    return files


def test_twelve_shops_from_claims_to_the_signed_sheet(served: Served) -> None:
    files = claim_files(served)
    zhou, liu = Desk(served.member("zhou")), Desk(served.member("liu"))
    town = served.town

    for shop, body in files.items():
        took = zhou.send(
            "/office/claims", "/office/claims",
            shop=shop, day="2026-03-31", file=(io.BytesIO(body), f"{shop}.csv"),
        )  # fmt: skip
        assert "3" in text_of(took)
    # The clockwork's own work: the night, and silence that becomes acceptance.
    run_night(town.db, HERE, DAY, at=midnight(next_day(DAY)) + 2 * HOUR)
    town.at = moment("2026-04-01 09:00")
    zhou, liu = Desk(served.member("zhou"), zhou.acts), Desk(served.member("liu"), liu.acts)
    zhou.send("/office/statements", "/office/statements", month=202603)
    town.at = moment("2026-04-20 09:00")
    accept_silent(town.db, HERE, at=town.at)

    zhou, liu = Desk(served.member("zhou"), zhou.acts), Desk(served.member("liu"), liu.acts)
    zhou.send("/office/payouts", "/office/payouts/all")
    with town.db.read() as tx:
        asked = payouts(tx, HERE)
    ids = [str(one.payout_id) for one in asked]
    liu.send("/office/payouts/approve-all", "/office/payouts/approve-all", payout=ids)
    sheets = {
        kind: zhou.fetch(f"/office/payouts/months/202603/{kind}")
        for kind in ("pdf", "csv", "xlsx", "json")
    }
    made = zhou.send("/office/bank", "/office/bank/files", payout=ids, bank="icbc")
    bank = PaperBank()
    page = zhou.client.get(made.location).text
    link = re.search(r'href="(/office/bank/files/\d+)"', page)
    assert link is not None
    answer = bank.answer(bank.upload(zhou.fetch(link[1])))
    zhou.send(
        "/office/bank", "/office/bank/answers", bank="icbc", file=(io.BytesIO(answer), "r.csv")
    )
    assert zhou.fetch("/office/bank/vouchers?month=202603&program=u8")[:2] == b"PK"

    with town.db.read() as tx:
        done = payouts(tx, HERE)
    total = sum(one.amount_fen for one in done)
    assert len(asked) == SHOPS
    assert {one.state for one in done} == {"confirmed"}
    assert sum(bank.paid_fen.values()) == total
    assert zhou.acts + liu.acts <= MOST_ACTS
    same_in_four_files(sheets, capital_yuan(total))


def same_in_four_files(sheets: dict[str, bytes], words: str) -> None:
    """Each file's cells, read by a reader of its kind, are the same; all stand on one page."""
    document = json.loads(sheets["json"])
    cells = [
        cell["text"]
        for block in document["blocks"]
        for row in ([{"text": name} for name in block["header"]], *block["rows"])
        for cell in row
    ]
    rows = list(csv.reader(io.StringIO(sheets["csv"].decode("utf-8-sig"))))
    typed = CalamineWorkbook.from_filelike(io.BytesIO(sheets["xlsx"])).get_sheet_by_index(0)
    pdf = PdfReader(io.BytesIO(sheets["pdf"]))
    page = "".join("".join(one.extract_text().split()) for one in pdf.pages)
    by_xlsx = [as_text(cell) for row in typed.to_python() for cell in row if cell != ""]
    by_csv = [cell for row in rows for cell in row if cell]

    assert words in cells
    assert [cell for cell in cells if cell and cell not in by_csv] == []
    assert [cell for cell in cells if cell and "".join(cell.split()) not in page] == []
    assert [plain(cell) for cell in by_csv] == [plain(cell) for cell in by_xlsx]
    assert len(pdf.pages) == 1


def as_text(cell: Any) -> str:
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)


def plain(cell: str) -> str:
    """An amount without its commas, a count without the decimals a spreadsheet's number has."""
    bare = cell.replace(",", "")
    return bare.removesuffix(".00") if bare.replace(".", "").isdigit() else cell
