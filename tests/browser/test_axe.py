"""axe finds nothing on any page of the till and of the counter, in both languages, with and without network."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Playwright

from ledger.token_keys import KeyClass
from tests.browser.axe import axe_faults
from tests.browser.served import Served
from tests.browser.tablet import PHONE, Tablet, chromium, zh
from tests.browser.test_till_screens import Looker, walk_through_a_refund, walk_through_a_sale

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class AxeLooker(Looker):
    """Looks with axe instead of with our own audit."""

    def look(self, name: str, *, whole: bool = True) -> None:
        """Ask axe about the open screen; how much of it is in sight is no matter here."""
        del whole
        page = self.tablet.page
        if self.language == "en":
            page.get_by_role("button", name="English", exact=True).click()
        page.wait_for_timeout(50)
        found = axe_faults(page)
        if found:
            self.faults[name] = found
        if self.language == "en":
            page.get_by_role("button", name=zh("Chinese"), exact=True).click()


def test_axe_finds_a_fault_where_one_is(playwright: Playwright) -> None:
    """The control: a page with faint type, a nameless key and no title is not passed."""
    with chromium(playwright) as browser:
        page = browser.new_page()
        page.set_content("<main><p style='color:#767676'>faint</p><button></button></main>")
        found = " ".join(axe_faults(page))
    for rule in ("color-contrast-enhanced", "button-name", "document-title", "html-has-lang"):
        assert rule in found


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.proof)])
def test_axe_finds_nothing_on_any_page_of_the_till(
    playwright: Playwright, served: Served, language: str
) -> None:
    with chromium(playwright) as browser:
        context = browser.new_context(viewport=PHONE)
        tablet = Tablet(context.new_page(), served)
        looker = AxeLooker(tablet, language)
        tablet.page.goto(f"{served.url}/till")
        tablet.page.locator("form").wait_for()
        looker.look("enrol")
        tablet.enrol()
        looker.look("home")
        walk_through_a_sale(looker, served)
        walk_through_a_refund(looker)
        for words in ("Today", "Close the day", "Voucher", "Check a receipt"):
            tablet.touch(words)
            tablet.page.locator("h1").wait_for()
            looker.look(words)
            tablet.touch("Back")
        _look_signed_out(looker)
        tablet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        tablet.page.reload()
        tablet.page.locator(".tiles").wait_for()
        context.set_offline(offline=True)
        tablet.page.reload()
        _look_offline(looker, served)
    assert looker.faults == {}


def _look_signed_out(looker: Looker) -> None:
    tablet = looker.tablet
    tablet.touch("Sign out")
    tablet.page.locator(".choices").wait_for()
    looker.look("who are you")
    tablet.page.locator(".choices button").first.click()
    looker.look("four digits")
    tablet.touch("Back")
    tablet.sign_in()


def _look_offline(looker: Looker, served: Served) -> None:
    tablet = looker.tablet
    tablet.page.locator(".tiles").wait_for()
    looker.look("home without network")
    tablet.touch("Sale")
    tablet.digits("50")
    tablet.wedge(served.code(2, KeyClass.CARD))
    tablet.page.locator(".pays").wait_for()
    looker.look("confirm without network")
    tablet.confirm()
    tablet.result()
    looker.look("kept")
    tablet.touch("Receipt")
    looker.look("provisional slip")
    tablet.touch("Back")
    tablet.touch("Home")
    tablet.touch("Close the day")
    looker.look("close without network")
    tablet.touch("Back")


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.proof)])
def test_axe_finds_nothing_on_any_page_of_the_counter(
    playwright: Playwright, served: Served, language: str
) -> None:
    with chromium(playwright) as browser:
        page = browser.new_page(viewport={"width": 768, "height": 1024})
        tablet = Tablet(page, served)
        looker = AxeLooker(tablet, language)
        tablet.enrol("M01C1", "counter")
        looker.look("home")
        for words in (
            "Call numbers",
            "Take goods back",
            "Passbook",
            "Voucher",
            "Today",
            "Check a receipt",
        ):
            tablet.touch(words)
            _settled(page)
            looker.look(words)
            tablet.touch("Back")
        tablet.touch("Redeem goods")
        looker.look("scan")
        tablet.wedge(served.code(1, KeyClass.CARD))
        page.locator(".shelf li").first.wait_for()
        looker.look("shelf")
        tablet.touch("One {good} more", good="香皂")
        tablet.confirm()
        tablet.result()
        looker.look("done")
        tablet.touch("Receipt")
        looker.look("receipt")
        tablet.touch("Back")
        tablet.touch("Passbook")
        page.locator(".passbook").wait_for()
        looker.look("passbook of the holder")
    assert looker.faults == {}


def _settled(page: Page) -> None:
    page.locator("h1").wait_for()
    page.wait_for_load_state("networkidle")
