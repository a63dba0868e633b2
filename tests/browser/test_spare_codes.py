"""A phone in flight mode shows a spare code fetched ahead; a till without network takes it once, so does the book."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from ledger.audit import SYSTEM
from ledger.members import cards
from ledger.sql import Sql, Tx
from tests.browser.axe import axe_faults
from tests.browser.served import ISSUER, PIN, Served
from tests.browser.tablet import PHONE, Tablet, chromium, zh
from tests.browser.test_amount_code import number_of
from tests.browser.test_till_offline import allow, synced, till_at, use_all_points
from tests.browser.test_till_screens import faults_of
from tests.support.cable import Cable
from tests.support.qr_reading import qr_codes
from tests.support.spare import renew
from tests.support.town import HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_SALES = Sql("SELECT offset_units FROM sale WHERE community_id = :community_id ORDER BY ref")
_USES = Sql("SELECT state, card_issue FROM offline_sale WHERE community_id = :community_id")
_KEPT = "() => JSON.stringify({ ...localStorage })"
SHOTS = Path("build/shots")


@pytest.fixture
def air(served: Served) -> Iterator[Cable]:
    """The phone's line to the served town."""
    renew(served.town)
    with Cable(served.port) as found:
        yield found


@pytest.fixture
def cable(served: Served) -> Iterator[Cable]:
    """The till's line to the served town."""
    with Cable(served.port) as found:
        yield found


def signed_in(context: BrowserContext, served: Served, air: Cable) -> Page:
    """A resident's phone on its own page."""
    phone = context.new_page()
    phone.goto(f"{air.url}/me")
    if phone.locator("[name=place]:visible").count():
        phone.locator("[name=place]").fill(ISSUER)
    phone.locator("[name=number]").fill(number_of(served))
    phone.locator("[name=pin]").fill(PIN)
    phone.locator("main button.main").click()
    phone.locator(".balance").wait_for()
    return phone


@contextmanager
def own_phone(playwright: Playwright, served: Served, air: Cable) -> Iterator[Page]:
    """The same, in a browser of its own."""
    with chromium(playwright) as browser:
        yield signed_in(browser.new_context(locale="zh-CN", viewport=PHONE), served, air)


def keep_codes(phone: Page) -> None:
    """Press the button that keeps them, and wait until page and worker are on the phone."""
    phone.click("text=断网备用码")
    phone.click("text=在这部手机上存备用码")
    expect(phone.locator("[data-left]")).to_have_text("今天还剩 1 个")
    phone.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.wait_for_function("caches.match('/me/spare').then((page) => Boolean(page))")


def fly(context: BrowserContext, air: Cable) -> None:
    """Flight mode."""
    air.state = "cut"
    context.set_offline(True)


def shown_code(phone: Page) -> str:
    """The digits of the code on the screen, as a camera reads them."""
    picture = phone.locator("[data-picture] svg")
    picture.wait_for()
    [found] = qr_codes(Image.open(io.BytesIO(picture.screenshot())))
    return str(found.text)


def taken_without_network(browser: Browser, served: Served, cable: Cable, digits: str) -> Tablet:
    """A till off the line that takes the code for 200 points, and takes it once."""
    tablet = till_at(browser, served, cable)
    synced(tablet)
    cable.state = "cut"
    tablet.touch("Sale")
    tablet.digits("90")
    tablet.wedge(digits)
    tablet.page.locator(".pays").wait_for()
    use_all_points(tablet)
    tablet.confirm()
    assert tablet.result()["积分抵扣"] == "200 分 = 10.00 元"
    tablet.touch("Next sale")
    tablet.digits("90")
    tablet.wedge(digits)
    tablet.page.locator(".result").wait_for()
    assert (
        zh("This spare code was used here before. Please show the printed card, or another code.")
        in tablet.notice()
    )
    tablet.page.screenshot(path=SHOTS / "spare_till.png")
    return tablet


def test_a_phone_in_flight_mode_pays_at_a_till_without_network_once(
    playwright: Playwright, served: Served, air: Cable, cable: Cable
) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    allow(served)
    with chromium(playwright) as browser:
        context = browser.new_context(locale="zh-CN", viewport={"width": 360, "height": 740})
        phone = signed_in(context, served, air)
        phone.goto(f"{air.url}/me/spare")
        phone.screenshot(path=SHOTS / "spare_off.png")
        phone.goto(f"{air.url}/me")
        keep_codes(phone)
        phone.screenshot(path=SHOTS / "spare_on.png")
        kept = str(phone.evaluate(_KEPT))
        assert "陈桂兰" not in kept
        fly(context, air)

        # Whatever page of theirs is opened, the spare codes come.
        phone.goto(f"{air.url}/me")
        expect(phone.locator("[data-left]")).to_have_text("今天还剩 1 个")
        assert "现在没有网络" in phone.inner_text("main")
        phone.screenshot(path=SHOTS / "spare_offline.png")
        phone.click("text=出示备用码")
        digits = shown_code(phone)
        phone.screenshot(path=SHOTS / "spare_up.png")
        # Closed by mistake, it is up again; it is no other.
        phone.goto(f"{air.url}/me/spare")
        assert shown_code(phone) == digits

        tablet = taken_without_network(browser, served, cable, digits)
        phone.click("text=店家已扫好")
        expect(phone.locator("[data-left]")).to_have_text("今天还剩 0 个")
        expect(phone.locator('[data-do="show"]')).to_be_disabled()
        phone.screenshot(path=SHOTS / "spare_used.png")
        cable.state = "open"
        tablet.touch("Home")
        tablet.page.locator(".connection.good").wait_for(timeout=40_000)
        assert [(line["state"], line["offset_units"]) for line in tablet.daybook()] == [
            ("booked", 20_000)
        ]
        assert tablet.errors == []
    with served.town.db.read() as tx:
        assert [row.offset_units for row in tx.all(_SALES, community_id=HERE)] == [20_000]
        assert [tuple(row) for row in tx.all(_USES, community_id=HERE)] == [("booked", 1)]


def test_with_network_again_used_ones_are_gone_and_a_stopped_card_empties_the_phone(
    playwright: Playwright, served: Served, air: Cable
) -> None:
    with own_phone(playwright, served, air) as phone:
        keep_codes(phone)
        phone.click("text=出示备用码")
        shown_code(phone)
        phone.click("text=店家已扫好")
        phone.reload()
        # The server has not heard of it yet and hands it out again; the phone knows better.
        expect(phone.locator("[data-left]")).to_have_text("今天还剩 0 个")
        expect(phone.locator(".spare-days .used")).to_have_count(1)
        served.town.db.write(lambda tx: _stop_cards(tx, served.now()))
        phone.reload()
        phone.locator('[data-part="refused"]').wait_for()
        assert "请到社区办公室领卡" in phone.inner_text("main")
        expect(phone.locator('[data-part="off"]')).to_be_visible()
        assert phone.evaluate("localStorage.getItem('jifen-spare')") is None


def test_signing_out_leaves_no_code_and_nobody_finds_anothers(
    playwright: Playwright, served: Served, air: Cable
) -> None:
    with own_phone(playwright, served, air) as phone:
        keep_codes(phone)
        phone.goto(f"{air.url}/me")
        phone.click("text=退出")
        phone.locator("#number").wait_for()

        assert phone.evaluate("localStorage.getItem('jifen-spare')") is None
        assert phone.evaluate("caches.has('jifen-spare')") is False


def test_the_pages_are_large_and_axe_finds_nothing(
    playwright: Playwright, served: Served, air: Cable
) -> None:
    with own_phone(playwright, served, air) as phone:
        faults = {}
        for language in ("en", "zh"):
            phone.goto(f"{air.url}/me/spare?lang={language}")
            phone.locator('[data-part="off"]').wait_for()
            faults[f"off {language}"] = faults_of(phone)
        phone.goto(f"{air.url}/me")
        keep_codes(phone)
        faults["on"] = faults_of(phone)
        found = axe_faults(phone)
        phone.click("text=出示备用码")
        shown_code(phone)
        faults["up"] = faults_of(phone)

        assert {name: said for name, said in faults.items() if said} == {}
        assert [*found, *axe_faults(phone)] == []


def _stop_cards(tx: Tx, at: int) -> None:
    for card in cards.cards_of(tx, HERE, 1):
        if card.state == "active":
            cards.set_state(tx, HERE, card.serial, "lost", by=SYSTEM, at=at)
