"""Every screen on a small phone: large type, large keys, strong contrast, named keys, nothing cut off."""

from __future__ import annotations

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


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_screen_of_a_sale_can_be_read_and_hit(
    playwright: Playwright, served: Served, language: str
) -> None:
    faults: dict[str, list[str]] = {}
    with chromium(playwright) as browser:
        page = browser.new_page(viewport=PHONE)
        tablet = Tablet(page, served)

        def look(name: str, *, whole: bool = True) -> None:
            if language == "en":
                page.get_by_role("button", name="English", exact=True).click()
            found = faults_of(page)
            if whole and not main_key_is_in_sight(page):
                found.append("the main key is out of sight")
            if found:
                faults[name] = found
            if language == "en":
                page.get_by_role("button", name=zh("Chinese"), exact=True).click()

        page.goto(f"{served.url}/till")
        page.locator("form").wait_for()
        look("enrol")
        tablet.enrol()
        look("home", whole=False)
        tablet.touch("Sale")
        look("amount")
        tablet.digits("50")
        tablet.touch("Scan the code")
        look("scan", whole=False)
        tablet.wedge(served.code(1, KeyClass.CARD))
        page.locator(".pays").wait_for()
        look("confirm")
        tablet.confirm()
        page.locator(".secret").wait_for()
        look("pin", whole=False)
        tablet.pin()
        tablet.result()
        look("done")
        tablet.touch("Receipt")
        look("receipt", whole=False)
        tablet.touch("Back")
        tablet.touch("Home")
        tablet.touch("Refund")
        look("which sale", whole=False)
        page.locator(".lines button").first.click()
        look("how much")
        tablet.touch("Only a part")
        look("a part")
        tablet.touch("Back")
        tablet.touch("Back")
        tablet.touch("Today")
        look("today", whole=False)
        tablet.touch("Back")
        tablet.touch("Close the day")
        look("close")
    assert faults == {}


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
        tablet.button("Fewer points").focus()
        page.keyboard.press("Space")
        page.locator("button.main").focus()
        page.keyboard.press("Enter")
        assert tablet.result()[zh("Customer pays")] == "36.00 元"
