"""axe finds nothing beside a plain sale: training, shift, parked, undone, refused, set aside, self-test."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.sync_api import Playwright

from ledger.audit import SYSTEM
from ledger.members import terminals
from tests.browser.axe import axe_faults
from tests.browser.served import CLERK_CODE, ISSUER, Served
from tests.browser.slip import printed_slip
from tests.browser.tablet import PHONE, Tablet, chromium, zh
from tests.browser.test_axe import AxeLooker
from tests.browser.test_kiosk import Screen
from tests.support.town import HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_SET_ASIDE: Final = """() => new Promise((resolve) => {
  const opening = indexedDB.open("jifen-till");
  opening.onsuccess = () => {
    const outbox = opening.result.transaction("outbox", "readwrite").objectStore("outbox");
    const reading = outbox.getAll();
    reading.onsuccess = () => {
      const aside = { why: "unanswered", again_at: Date.now() + 60_000, refused: null };
      outbox.put({ ...reading.result[0], aside }).onsuccess = () => { opening.result.close(); resolve(true); };
    };
  };
})"""


def walk_the_training(looker: AxeLooker) -> None:
    tablet = looker.tablet
    looker.look("training, home")
    tablet.touch("Sale")
    tablet.digits("50")
    tablet.touch("Scan the code")
    looker.look("training, scan")
    tablet.touch("Use the practice card")
    tablet.page.locator(".pays").wait_for()
    looker.look("training, confirm")
    tablet.confirm()
    tablet.result()
    looker.look("training, done")
    tablet.touch("Home")
    tablet.touch("Leave the training")
    looker.look("training, leave")
    tablet.touch("Start real sales")
    tablet.page.locator(".training-bar").wait_for(state="detached")


def walk_a_shift(looker: AxeLooker) -> None:
    tablet = looker.tablet
    tablet.touch("Shift")
    looker.look("shift")
    tablet.touch("Open shift {number}", number=1)
    looker.look("shift, open")
    tablet.digits("200")
    tablet.confirm()
    tablet.page.locator(".slip").first.wait_for()
    looker.look("shift, opened")
    tablet.page.locator("button.main").last.click()
    tablet.touch("Shift")
    tablet.touch("Close shift {number}", number=1)
    looker.look("shift, count the cash")
    tablet.digits("200")
    tablet.touch("Next: count the slips")
    looker.look("shift, count the slips")
    tablet.digits("0")
    tablet.touch("Next: what is taken out")
    looker.look("shift, taken out")
    tablet.digits("0")
    tablet.touch("Close shift {number}", number=1)
    tablet.page.locator(".result").wait_for()
    looker.look("shift, closed")
    tablet.page.locator("button.main").last.click()


def walk_what_goes_wrong(looker: AxeLooker, served: Served) -> None:
    tablet = looker.tablet
    tablet.touch("Sale")
    tablet.digits("8")
    tablet.touch("Park this basket")
    tablet.page.locator(".parked").wait_for()
    looker.look("a basket is parked")
    tablet.touch("Sale")
    tablet.digits("50")
    tablet.wedge("134512345678901234")
    tablet.page.locator(".notice.failed").wait_for()
    looker.look("a code of another app")
    tablet.touch("Scan the code")
    tablet.page.get_by_label(zh("Or type the certificate's number")).fill("123456789")
    tablet.touch("Take the certificate")
    tablet.page.locator(".notice.failed").last.wait_for()
    looker.look("a wrong certificate number")
    tablet.touch("Show the bill for the phone")
    tablet.page.locator(".shown-bill .qr").wait_for()
    looker.look("the bill for the phone")
    tablet.button("Back").click()
    tablet.page.locator(".tiles").wait_for()
    code = served.code(1)
    for word in ("Done", "Not booked"):
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.wedge(code)
        tablet.page.locator(".pays, .result").first.wait_for()
        if tablet.page.locator(".pays").count():
            tablet.offset_to(200)
            tablet.confirm()
        assert tablet.result()["word"] == zh(word)
        if word == "Done":
            tablet.touch("Undo")
            looker.look("undo")
            tablet.touch("The amount was wrong")
            tablet.page.locator(".result").wait_for()
            looker.look("undone")
        else:
            looker.look("refused")
        tablet.touch("Home")
    tablet.touch("Today")
    tablet.page.locator(".lines button").first.click()
    tablet.page.locator(".slip").wait_for()
    looker.look("a line of today")
    tablet.button("Back").click()
    tablet.button("Back").click()


def test_axe_finds_nothing_on_the_screens_beside_a_plain_sale(
    playwright: Playwright, served: Served
) -> None:
    card = printed_slip(served, "M01A2").card
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        looker = AxeLooker(tablet, "zh")
        tablet.enrol(training=True)
        walk_the_training(looker)
        walk_a_shift(looker)
        walk_what_goes_wrong(looker, served)
        tablet.touch("Settings")
        looker.look("settings, shut")
        tablet.digits(CLERK_CODE)
        tablet.button("Back to the training").wait_for()
        looker.look("settings")
        tablet.button("Back").click()
        tablet.touch("Self-test")
        tablet.page.locator(".checks").wait_for()
        looker.look("self-test")
        tablet.wedge(card)
        tablet.page.locator(".result").wait_for()
        looker.look("self-test, over")
        tablet.touch("Home")
        tablet.touch("Close the day")
        tablet.page.locator(".slip").wait_for()
        tablet.confirm()
        tablet.result()
        looker.look("filed")
        tablet.touch("Home")
        assert tablet.errors == []
    assert looker.faults == {}


def test_axe_finds_nothing_where_a_sale_is_set_aside_and_where_the_till_is_out_of_service(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        looker = AxeLooker(tablet, "zh")
        tablet.enrol()
        served.stop()
        tablet.touch("Sale")
        tablet.digits("5")
        tablet.wedge(served.code(1))
        tablet.page.locator(".pays").wait_for()
        tablet.confirm()
        tablet.result()
        tablet.page.evaluate(_SET_ASIDE)
        tablet.touch("Home")
        tablet.page.evaluate("window.dispatchEvent(new Event('online'))")
        tablet.page.locator(".alarm").wait_for()
        looker.look("set aside")
        served.listen()
        tablet.touch("Try again now")
        tablet.page.locator(".connection.good").wait_for()
        served.town.db.write(
            lambda tx: terminals.revoke(tx, HERE, tablet_id(served), by=SYSTEM, at=served.now())
        )
        tablet.page.reload()
        tablet.button("Enrol this tablet anew").wait_for()
        looker.look("out of service")
    assert looker.faults == {}


def tablet_id(served: Served) -> int:
    with served.town.db.read() as tx:
        return terminals.get_by_code(tx, HERE, "M01A1").terminal_id


def test_axe_finds_nothing_on_the_residents_screen_before_and_beside_its_steps(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        page = browser.new_page(viewport={"width": 800, "height": 1280})
        page.goto(f"{served.url}/kiosk")
        page.get_by_label(zh("Community code (4 characters)")).fill(ISSUER)
        assert axe_faults(page) == []
        page.close()
        screen = Screen(browser.new_page(viewport={"width": 800, "height": 1280}), served)
        screen.page.get_by_role("button", name="English").click()
        screen.audit("welcome in English")
        served.stop()
        screen.page.get_by_role("button", name="See my points").click()
        screen.show_card()
        screen.page.locator("main [role=alert], main [role=status], .look-here").first.wait_for()
        screen.audit("no network")
        assert screen.errors == []
