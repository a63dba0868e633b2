"""A holder changes the PIN at the clerk's tablet: turned round, dots alone, with network alone, kept nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Playwright, ViewportSize

from ledger.errors import Refusal
from ledger.members import pins
from ledger.token_keys import KeyClass
from tests.browser.axe import axe_faults
from tests.browser.served import PIN, Served
from tests.browser.tablet import Tablet, chromium, zh
from tests.browser.test_till_screens import faults_of
from tests.support.cable import Cable
from tests.support.town import HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NEW = "839204"
SHOTS = Path("build/shots")
SIZES: dict[str, ViewportSize] = {
    "till": {"width": 360, "height": 740},
    "counter": {"width": 800, "height": 1280},
}
_KEPT = "() => JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage })"


def is_right(served: Served, digits: str) -> bool:
    pepper = served.app.extensions["jifen"].pepper
    try:
        pins.check_pin(served.town.db, HERE, 1, digits, pepper=pepper, at=served.now())
    except Refusal:
        return False
    return True


def open_screen(tablet: Tablet) -> None:
    """Open it and wait until it is there: it is loaded when it is first asked for."""
    tablet.touch("Change a PIN")
    tablet.page.locator(".hint").wait_for()


def to_the_keys(tablet: Tablet, served: Served) -> None:
    """The clerk's part: tile, card, turning the tablet round."""
    open_screen(tablet)
    tablet.wedge(served.code(1, KeyClass.CARD))
    tablet.button("I am the resident: type my PIN").wait_for()
    tablet.confirm()


def type_pins(tablet: Tablet, *typed: str) -> None:
    """The holder's part: each with its own question on the screen."""
    for digits in typed:
        tablet.page.locator(".secret .dot.full").first.wait_for(state="detached")
        tablet.digits(digits)


@pytest.mark.parametrize("kind", ["till", "counter"])
def test_the_holder_types_behind_dots_and_the_clerk_learns_nothing(
    playwright: Playwright, served: Served, kind: str
) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=SIZES[kind]), served)
        tablet.enrol("M01P1", kind)
        faults = {"home": faults_of(tablet.page)}
        tablet.page.screenshot(path=SHOTS / f"pin_{kind}_home.png")
        open_screen(tablet)
        tablet.page.screenshot(path=SHOTS / f"pin_{kind}_scan.png")
        tablet.wedge(served.code(1, KeyClass.CARD))
        tablet.button("I am the resident: type my PIN").wait_for()
        tablet.page.screenshot(path=SHOTS / f"pin_{kind}_turn.png")
        faults["turn"] = faults_of(tablet.page)
        tablet.confirm()
        tablet.digits(PIN[:3])
        tablet.page.screenshot(path=SHOTS / f"pin_{kind}_type.png")
        faults["type"] = [*faults_of(tablet.page), *axe_faults(tablet.page)]
        # Three dots of six; no digit that was typed stands anywhere but on the keys.
        assert tablet.page.locator(".secret .dot.full").count() == 3
        assert PIN[:3] not in tablet.page.locator(".secret").inner_text()
        tablet.digits(PIN[3:])
        type_pins(tablet, NEW, NEW)
        tablet.page.get_by_text(zh("Your new PIN counts from now on.")).wait_for()
        tablet.page.screenshot(path=SHOTS / f"pin_{kind}_done.png")
        faults["done"] = faults_of(tablet.page)

        assert {name: found for name, found in faults.items() if found} == {}
        kept = str(tablet.page.evaluate(_KEPT)) + tablet.page.content()
        kept += tablet.stored() if kind == "till" else ""
        assert [digits for digits in (PIN, NEW) if digits in kept] == []
        assert tablet.errors == []
    assert is_right(served, NEW)


def test_a_wrong_one_is_said_and_can_be_typed_again_and_two_new_ones_must_be_the_same(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=SIZES["till"]), served)
        tablet.enrol()
        to_the_keys(tablet, served)
        type_pins(tablet, "000111", NEW, NEW)
        tablet.button("Try again").wait_for()
        assert "4" in tablet.notice()
        tablet.confirm()
        type_pins(tablet, PIN, NEW, "271828")
        tablet.page.get_by_text(
            zh("The two new PINs were not the same. Type the new one again.")
        ).wait_for()
        type_pins(tablet, NEW, NEW)
        tablet.page.get_by_text(zh("Your new PIN counts from now on.")).wait_for()
    assert is_right(served, NEW)


def test_without_network_none_is_changed_and_with_it_again_it_is(
    playwright: Playwright, served: Served
) -> None:
    with Cable(served.port) as cable, chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=SIZES["till"]), served, origin=cable.url)
        tablet.enrol()
        to_the_keys(tablet, served)
        cable.state = "cut"
        type_pins(tablet, PIN, NEW, NEW)
        tablet.button("Try again").wait_for()
        assert zh(
            "Whether it was changed is not known yet. Asking again changes it once only."
        ) in tablet.page.inner_text("body")
        tablet.touch("Home")
        tablet.touch("Change a PIN")
        alone = zh("A PIN is changed with network alone. Try again when it is back.")
        tablet.page.get_by_text(alone).wait_for()
        cable.state = "open"
        tablet.page.locator(".hint").wait_for(timeout=40_000)
        tablet.wedge(served.code(1, KeyClass.CARD))
        tablet.button("I am the resident: type my PIN").wait_for()
        tablet.confirm()
        type_pins(tablet, PIN, NEW, NEW)
        tablet.page.get_by_text(zh("Your new PIN counts from now on.")).wait_for()
    assert is_right(served, NEW)
