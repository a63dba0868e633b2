"""The till shows a bill, a phone opens it, the resident confirms; without network the till believes a signature."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Playwright

from ledger.audit import SYSTEM
from ledger.members.cards import open_card
from ledger.members.residents import record_consent
from ledger.sql import Sql, Tx
from tests.browser.served import ISSUER, PIN, Served
from tests.browser.tablet import PHONE, Tablet, chromium, zh
from tests.support.qr_reading import qr_codes
from tests.support.town import HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_SALES = Sql("SELECT ref, offset_fen FROM sale WHERE community_id = :community_id ORDER BY ref")
SHOTS = Path("build/shots")


def shown_bill(tablet: Tablet, digits: str = "50") -> str:
    """Type the amount and read the code off the screen, as a phone would."""
    tablet.touch("Sale")
    tablet.digits(digits)
    tablet.touch("Scan the code")
    tablet.touch("Show the bill for the phone")
    code = tablet.page.locator(".shown-bill .qr")
    code.wait_for()
    picture = Image.open(io.BytesIO(tablet.page.locator(".shown-bill").screenshot()))
    [found] = qr_codes(picture)
    return found.text


def signed_requests(tablet: Tablet) -> list[str]:
    """The requests over which the tablet has signed a line of its day file, in their order."""
    parts = [str(entry["line"]).split(".")[1] for entry in tablet.signed()]
    return [json.loads(base64.urlsafe_b64decode(part + "==="))["r"] for part in parts]


def number_of(served: Served) -> str:
    """A card of the resident with a number one can sign in by."""
    at = served.now()

    def work(tx: Tx) -> str:
        record_consent(tx, HERE, 1, by=SYSTEM, at=at)
        return open_card(tx, HERE, 1, by=SYSTEM, at=at).number

    return served.town.db.write(work)


def confirm_on_phone(served: Served, phone: Page, address: str, points: str = "200") -> str:
    """Open what was scanned, sign in, confirm; gives what the page says."""
    phone.goto(address)
    if "/sign-in" in phone.url:
        if phone.locator("[name=place]:visible").count():
            phone.locator("[name=place]").fill(ISSUER)
        phone.locator("[name=number]").fill(number_of(served))
        phone.locator("[name=pin]").fill(PIN)
        phone.locator("main button.main").click()
    phone.locator("#points").fill(points)
    phone.locator("main button.main").click()
    return phone.locator("main").inner_text()


def test_a_phone_confirms_the_bill_and_the_till_goes_on_by_itself(
    playwright: Playwright, served: Served
) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport={"width": 800, "height": 1280}), served)
        tablet.enrol()
        address = shown_bill(tablet)
        tablet.page.screenshot(path=SHOTS / "bill.png")
        phone = browser.new_context(
            locale="zh-CN", viewport={"width": 360, "height": 740}
        ).new_page()
        said = confirm_on_phone(served, phone, address)
        phone.screenshot(path=SHOTS / "bill_phone.png")

        figures = tablet.result()

        assert "账单已确认" in said
        assert (figures["word"], figures["顾客应付"]) == (zh("Done"), "40.00 元")
        [line] = tablet.daybook()
        assert (line["state"], line["offset_fen"], line["unfiled"]) == ("booked", 1_000, 1)
        assert signed_requests(tablet) == [line["request_id"]]
        tablet.touch("Home")
        tablet.touch("Close the day")
        tablet.page.locator(".slip").wait_for()
        tablet.confirm()
        assert tablet.result()["word"] == zh("Filed")
        assert tablet.errors == []


def test_a_bill_taken_back_is_refused_to_the_phone_and_its_number_goes_on(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        address = shown_bill(tablet)
        tablet.touch("Take the bill back")
        tablet.page.locator(".tiles").wait_for()
        phone = browser.new_context(locale="zh-CN").new_page()
        phone.goto(address)
        phone.locator("[name=number]").fill(number_of(served))
        phone.locator("[name=pin]").fill(PIN)
        phone.locator("main button.main").click()
        assert "商户已撤回" in phone.locator("main").inner_text()
        again = shown_bill(tablet, "30")
        confirm_on_phone(served, phone, again, "100")
        tablet.result()
    with served.town.db.read() as tx:
        [sale] = tx.all(_SALES, community_id=HERE)
    assert sale.ref[:18] == "M01A1-260302-00001"


def test_a_till_killed_while_the_bill_is_shown_learns_of_the_sale_later(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        address = shown_bill(tablet)
        tablet.page.goto("about:blank")  # the tab dies
        phone = browser.new_context(locale="zh-CN").new_page()
        confirm_on_phone(served, phone, address)
        tablet.page.goto(f"{served.url}/till")
        tablet.page.locator(".tiles").wait_for()
        tablet.page.wait_for_function(
            """async () => {
              const open = await new Promise((found) => {
                const asked = indexedDB.open("jifen-till");
                asked.onsuccess = () => found(asked.result);
              });
              const lines = await new Promise((found) => {
                const asked = open.transaction("daybook").objectStore("daybook").getAll();
                asked.onsuccess = () => found(asked.result);
              });
              open.close();
              return lines.length === 1 && lines[0].state === "booked";
            }"""
        )
        assert tablet.errors == []
