"""Whose sale without network ended otherwise is told at the next contact, at the till, the counter and the screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright

from tests.browser.axe import axe_faults
from tests.browser.served import Served
from tests.browser.tablet import Tablet, chromium, zh
from tests.browser.test_kiosk import NARROW, Screen
from tests.browser.test_till_screens import faults_of
from tests.support.offline_shops import OfflineShops

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TALL = {"width": 800, "height": 1280}


def one_refused(served: Served, person: int) -> OfflineShops:
    """A person bought without network for more points than the till might let go; it was not booked."""
    town = served.town
    town.at = served.now()
    shops = OfflineShops.__new__(OfflineShops)
    shops.town, shops.db = town, town.db
    shops.answered, shops._cards = {}, {}
    shops.allow()
    over = shops.made(shops.policy(), person, 20_000)
    assert shops.refused(over) == "offline_over_sale"
    return shops


def heard(shops: OfflineShops) -> list[str]:
    return [where for where, at in shops.rows("offline_sale", "heard_where, heard_at") if at]


def look_in_both_sizes(page: Page, folder: Path, name: str) -> None:
    """On a phone and on a tablet: type, keys, contrast; a picture of each."""
    for size in (TALL, NARROW):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert faults_of(page) == []
        assert axe_faults(page) == []
        page.screenshot(path=folder / f"{name}{size['width']}.png")


def test_the_till_shows_it_once_and_the_sale_goes_on(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    shops = one_refused(served, 1)
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=NARROW), served)  # type: ignore[arg-type]
        tablet.enrol()
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.wedge(served.code(1))
        tell = tablet.page.locator(".tell")
        tell.wait_for()
        words = tell.inner_text()
        assert zh("For the customer:") in words
        assert "正好断网" in words
        assert zh("For you:") in words
        look_in_both_sizes(tablet.page, tmp_path, "till")
        with tablet.page.expect_response("**/till/told") as answered:
            tablet.touch("They have read it")
        assert answered.value.ok
        tell.wait_for(state="detached")
        tablet.confirm()
        assert tablet.result()["word"] == zh("Done")
        tablet.touch("Next sale")
        tablet.digits("8")
        tablet.wedge(served.code(1))
        tablet.page.locator(".pays").wait_for()
        assert tablet.page.locator(".tell").count() == 0
        assert tablet.errors == []
    assert heard(shops) == ["till"]


def test_unread_it_is_told_again_and_read_while_the_line_is_cut_it_is_not(
    playwright: Playwright, served: Served
) -> None:
    shops = one_refused(served, 1)
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=NARROW), served)  # type: ignore[arg-type]
        tablet.enrol()
        # Nobody else's: another customer reads nothing of it.
        for person, count in ((2, 0), (1, 1), (1, 1)):
            tablet.touch("Sale")
            tablet.digits("9")
            tablet.wedge(served.code(person))
            tablet.page.locator(".pays").wait_for()
            if count:
                tablet.page.locator(".tell").wait_for()
            assert tablet.page.locator(".tell").count() == count
            tablet.touch("Back")
            tablet.touch("Back")
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.wedge(served.code(1))
        tablet.page.locator(".tell").wait_for()
        tablet.page.route("**/till/told", lambda route: route.abort())
        tablet.touch("They have read it")
        tablet.page.locator(".tell").wait_for(state="detached")
        tablet.touch("Back")
        tablet.page.locator("button.main").click()
        tablet.page.locator(".pays").wait_for()
        assert tablet.page.locator(".tell").count() == 0
        assert heard(shops) == []
        tablet.page.unroute("**/till/told")
        with tablet.page.expect_response("**/till/told") as answered:
            tablet.page.reload()
        assert answered.value.ok
    assert heard(shops) == ["till"]


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_the_goods_counter_shows_it_above_the_shelf(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    shops = one_refused(served, 2)
    with chromium(playwright) as browser:
        page = browser.new_page(viewport={"width": 768, "height": 1024})
        counter = Tablet(page, served)
        counter.enrol("M01C1", "counter")
        counter.touch("Redeem goods")
        counter.wedge(served.code(2))
        page.locator(".tell").wait_for()
        assert axe_faults(page) == []
        page.screenshot(path=tmp_path / "counter.png")
        with page.expect_response("**/till/told") as answered:
            counter.touch("They have read it")
        assert answered.value.ok
        page.locator(".tell").wait_for(state="detached")
        assert counter.errors == []
    assert heard(shops) == ["counter"]


def test_the_residents_screen_shows_it_before_the_balance(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    shops = one_refused(served, 1)
    with chromium(playwright) as browser:
        screen = Screen(browser.new_page(viewport=TALL), served)  # type: ignore[arg-type]
        screen.touch("See my points")
        screen.show_card()
        screen.heading("Please read this").wait_for()
        assert "正好断网" in screen.page.locator(".told").inner_text()
        screen.audit("told", tmp_path)
        screen.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        screen.audit("told_narrow", tmp_path)
        with screen.page.expect_response("**/till/told") as answered:
            screen.touch("I have read it")
        assert answered.value.ok
        screen.heading("Your points").wait_for()
        screen.touch("Back to the start")
        screen.touch("See my points")
        screen.show_card()
        screen.heading("Your points").wait_for()
        assert screen.errors == []
    assert heard(shops) == ["kiosk"]
