"""No key of the till moves under a finger because the network went, time passed, or a code was read."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.sync_api import Page, Playwright

from tests.browser.served import Served
from tests.browser.tablet import PHONE, Tablet, chromium, zh

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_PLACES: Final = """(wanted) => [...document.querySelectorAll(wanted)].map((key) => {
  const { x, y, width, height } = key.getBoundingClientRect();
  return [key.getAttribute("aria-label") || key.textContent, x, y, width, height];
})"""
_LONGEST: Final = """([state, waiting, aside, age]) => {
  const line = document.querySelector(".connection");
  const [left, right] = line.children;
  left.innerHTML = `<strong>${state}</strong><span>${waiting}</span><span>${aside}</span>`;
  right.textContent = age;
}"""
KEYS: Final = ".pad button, button.main"


def places(page: Page, wanted: str = KEYS) -> list[list[object]]:
    page.evaluate("() => window.scrollTo(0, 0)")
    found: list[list[object]] = page.evaluate(_PLACES, wanted)
    return found


def write_longest(tablet: Tablet) -> None:
    """The state line as full as it gets: no network, two-digit counts, an old sync, an entry set aside."""
    words = [
        zh("Offline"),
        zh("{count} waiting").format(count=48),
        zh("{count} set aside").format(count=3),
        zh("synced {minutes} minutes ago").format(minutes=59),
    ]
    tablet.page.evaluate(_LONGEST, words)


def test_the_keys_stand_still_when_the_network_goes_and_when_time_passes(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        page = browser.new_page(viewport=PHONE)
        page.clock.install()
        tablet = Tablet(page, served)
        tablet.enrol()
        tiles = places(page, ".tiles button")
        tablet.touch("Sale")
        tablet.digits("5")
        keys = places(page)
        assert len(keys) == 13
        tablet.button("Back").click()

        served.stop()
        tablet.touch("Sale")
        tablet.digits("5")
        tablet.wedge(served.code(1))
        page.locator(".pays").wait_for()
        tablet.confirm()
        tablet.result()
        tablet.touch("Next sale")
        tablet.digits("5")
        assert page.locator(".connection").inner_text().startswith(zh("Offline"))
        assert places(page) == keys
        page.clock.fast_forward(25 * 60_000)
        page.locator(".connection", has_text="25").wait_for()
        assert places(page) == keys
        page.get_by_role("button", name="English", exact=True).click()
        page.locator(".connection", has_text="minutes ago").wait_for()
        assert [place[1:] for place in places(page)] == [place[1:] for place in keys]
        page.get_by_role("button", name=zh("Chinese"), exact=True).click()
        write_longest(tablet)
        assert places(page) == keys
        tablet.button("Back").click()
        page.locator(".notice.warning").wait_for()  # the sentence about the network, below
        assert places(page, ".tiles button") == tiles
        assert tablet.errors == []


def test_without_the_room_kept_for_it_a_full_state_line_would_push_the_keys(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        page = browser.new_page(viewport=PHONE, bypass_csp=True)
        tablet = Tablet(page, served)
        tablet.enrol()
        tablet.touch("Sale")
        page.add_style_tag(content=".connection { min-height: 0 !important; }")
        before = places(page)
        write_longest(tablet)
        assert places(page) != before


def test_the_keys_stand_still_when_a_code_is_read_or_not_believed(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        page = browser.new_page(viewport=PHONE)
        tablet = Tablet(page, served)
        tablet.enrol()
        tablet.touch("Sale")
        pad = places(page, ".pad button")
        tablet.wedge("134512345678901234")  # a code of another app
        page.locator(".notice.failed").wait_for()
        assert places(page, ".pad button") == pad
        box = page.locator(".notice.failed").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= PHONE["height"]  # and it is in sight
        tablet.wedge(served.code(1))
        page.locator(".notice.info").wait_for()
        assert places(page, ".pad button") == pad
        assert tablet.errors == []
