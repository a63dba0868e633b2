"""Every screen on a small phone: large type, large keys, strong contrast, named keys, nothing cut off."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, Playwright

from ledger.token_keys import KeyClass
from tests.browser.served import Served
from tests.browser.tablet import PHONE, Tablet, chromium, zh

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_LEAST_TYPE_PX: Final = 18
_LEAST_KEY_PX: Final = 60
_LEAST_CONTRAST: Final = 7.0
_KEPT_CHINESE: Final = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("jifen-till");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const asked = opening.result.transaction("meta").objectStore("meta").get("preferences");
    asked.onsuccess = () => { opening.result.close(); resolve(asked.result?.language === "zh"); };
  };
})"""
_AUDIT: Final = (Path(__file__).parent / "audit.js").read_text(encoding="utf-8")


def faults_of(page: Page) -> list[str]:
    """What on the open screen a clerk of sixty could not read or hit."""
    page.wait_for_timeout(100)
    seen: dict[str, Any] = page.evaluate(_AUDIT)
    return [
        *(f"small type: {text} {size}" for text, size in seen["type"] if size < _LEAST_TYPE_PX),
        *(f"small key: {text} {size}" for text, size in seen["keys"] if size < _LEAST_KEY_PX),
        *(
            f"faint: {text} {ratio:.1f}"
            for text, ratio in seen["contrast"]
            if ratio < _LEAST_CONTRAST
        ),
        *(f"no name: {html}" for html in seen["nameless"]),
        *(["wider than the screen"] if seen["overflow"] else []),
        *([] if seen["headings"] == 1 else [f"{seen['headings']} headings"]),
    ]


def main_key_is_in_sight(page: Page) -> bool:
    box = page.locator("button.main").bounding_box()
    height = page.viewport_size["height"] if page.viewport_size else 0
    return box is not None and box["y"] + box["height"] <= height


@dataclass
class Looker:
    """Looks at each screen in one language and keeps what is wrong by the screen's name."""

    tablet: Tablet
    language: str
    faults: dict[str, list[str]] = field(default_factory=dict)

    def look(self, name: str, *, whole: bool = True) -> None:
        """Look at the open screen; `whole`: its main key must be in sight without scrolling."""
        page = self.tablet.page
        if self.language == "en":
            page.get_by_role("button", name="English", exact=True).click()
        found = faults_of(page)
        if whole and not main_key_is_in_sight(page):
            found.append("the main key is out of sight")
        if found:
            self.faults[name] = found
        if self.language == "en":
            page.get_by_role("button", name=zh("Chinese"), exact=True).click()


def walk_through_a_sale(looker: Looker, served: Served) -> None:
    tablet = looker.tablet
    tablet.touch("Sale")
    looker.look("amount")
    tablet.digits("50")
    tablet.touch("Scan the code")
    looker.look("scan", whole=False)
    tablet.wedge(served.code(1, KeyClass.CARD))
    tablet.page.locator(".pays").wait_for()
    looker.look("confirm")
    tablet.confirm()
    tablet.page.locator(".secret").wait_for()
    looker.look("pin", whole=False)
    tablet.pin()
    tablet.result()
    looker.look("done")
    tablet.touch("Receipt")
    looker.look("receipt", whole=False)
    tablet.touch("Back")
    tablet.touch("Home")


def walk_through_a_refund(looker: Looker) -> None:
    tablet = looker.tablet
    tablet.touch("Refund")
    looker.look("which sale", whole=False)
    tablet.page.locator(".lines button").first.click()
    looker.look("how much")
    tablet.touch("Only a part")
    looker.look("a part")
    tablet.touch("Back")
    tablet.touch("Back")


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.proof)])
def test_every_screen_of_the_till_can_be_read_and_hit(
    playwright: Playwright, served: Served, language: str
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        looker = Looker(tablet, language)
        tablet.page.goto(f"{served.url}/till")
        tablet.page.locator("form").wait_for()
        looker.look("enrol")
        if language == "en":
            # What was chosen is kept before the page is opened anew.
            tablet.page.wait_for_function(_KEPT_CHINESE)
        tablet.enrol()
        looker.look("home", whole=False)
        walk_through_a_sale(looker, served)
        walk_through_a_refund(looker)
        tablet.touch("Today")
        looker.look("today", whole=False)
        tablet.touch("Back")
        tablet.touch("Close the day")
        looker.look("close")
    assert looker.faults == {}


def test_the_other_language_is_one_touch_away_and_stays(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        page = browser.new_page(viewport=PHONE)
        tablet = Tablet(page, served)
        tablet.enrol()
        page.get_by_role("button", name="English", exact=True).click()
        page.get_by_role("button", name="Close the day", exact=True).wait_for()
        assert page.evaluate("document.documentElement.lang") == "en"
        page.reload()
        page.get_by_role("button", name="Close the day", exact=True).wait_for()


def test_a_sale_is_made_with_the_keyboard_alone(playwright: Playwright, served: Served) -> None:
    with chromium(playwright) as browser:
        page = browser.new_page(viewport=PHONE)
        tablet = Tablet(page, served)
        tablet.enrol()
        tablet.button("Sale").focus()
        page.keyboard.press("Enter")
        page.locator(".pad").wait_for()
        page.keyboard.type("50", delay=120)
        assert page.evaluate("document.activeElement.tagName") == "H1"
        tablet.wedge(served.code(1))
        page.locator(".pays").wait_for()
        # The new screen reads out its heading first; a person is never quicker than that.
        page.wait_for_function("document.activeElement.tagName === 'H1'")
        tablet.button("Fewer points").focus()
        page.keyboard.press("Space")
        page.locator("button.main").focus()
        page.keyboard.press("Enter")
        assert tablet.result()[zh("Customer pays")] == "36.00 元"
