"""Letting a debt go on the office's pages: seen, proposed, agreed to by another, told on paper."""

from __future__ import annotations

from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import pytest

from ledger.database import Database
from pos.checkout import check_out
from tests.kiosk.test_pages_office import post
from tests.support.offline_shops import OfflineShops
from tests.support.pages_town import Served, form_number, serve, text_of

PLACE = "/office/debts"


@pytest.fixture
def debtor(sqlite_url: str, tmp_path: Path) -> Served:
    """Resident 1 owes 100 points."""
    served = serve(Database(sqlite_url), tmp_path)
    shop = OfflineShops.around(served.town)
    shop.allow()
    late = shop.made(shop.policy(), 1, 10_000)
    for _ in range(2):
        served.town.later(60)
        bill = served.town.sale(1, 300_000, 40_000, till=1)
        check_out(served.town.desk, bill, at=served.town.at)
    shop.send(late)
    return served


def test_a_debt_is_seen_proposed_agreed_to_and_told(debtor: Served) -> None:
    client = debtor.member("liu")
    page = client.get(PLACE)
    assert "待补 100.00" in text_of(page)
    assert "陈桂兰" not in page.get_data(as_text=True)

    owner = page.get_data(as_text=True).split('name="owner" value="')[1].split('"')[0]
    post(debtor, "liu", PLACE, PLACE, owner=owner, points="60", reason="住院，无力补")
    committee = debtor.member("committee")
    waiting = committee.get("/office/approvals")
    assert "60.00" in text_of(waiting)
    assert "住院" in text_of(waiting)
    html = waiting.get_data(as_text=True)
    action = html.split('/agree"')[0].rsplit('action="', 1)[1] + "/agree"
    number = form_number(waiting, action)
    committee.post(action, data={"request_id": number})

    after = debtor.member("liu").get(PLACE)
    assert "待补 40.00" in text_of(after)
    assert "免去了您待补的 60.00 分" in text_of(debtor.resident().get("/me"))
    link = after.get_data(as_text=True).split('.pdf"')[0].rsplit('href="', 1)[1] + ".pdf"
    document = pypdfium2.PdfDocument(debtor.member("liu").get(link).data)
    [sheet] = document
    words = sheet.get_textpage().get_text_bounded()
    document.close()
    for said in ("陈桂兰", "60.00", "积分免补通知书", "住院"):
        assert said in words
