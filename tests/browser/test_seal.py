"""The seal as a clerk and a resident meet it: proven without network, forgeries refused, a changed book noticed."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Playwright

from ledger.audit import SYSTEM
from ledger.seal import keys
from ledger.seal.alarms import alarms
from ledger.seal.proof_code import board_code
from tests.browser.sealing import Sealing
from tests.browser.served import Served
from tests.browser.tablet import PHONE, Tablet, chromium, zh
from tests.support.code_writer import changed_amount
from tests.support.qr_reading import qr_codes
from tests.support.town import HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SEAL_ALARM = "The seal does not fit: the community's book is not the one this till has seen before."
GO_ON = (
    "Go on selling; customers lose nothing. Tell the street office, and do not clear this tablet:"
    " it holds the proof."
)


@pytest.fixture
def sealing(served: Served, tmp_path: Path) -> Sealing:
    """The log behind the served town, signed once."""
    found = Sealing(served, tmp_path)
    found.sign()
    return found


def sell(tablet: Tablet, served: Served) -> str:
    """A sale of 50.00 yuan with 200 points; its receipt's number."""
    tablet.touch("Sale")
    tablet.digits("50")
    tablet.wedge(served.code(1))
    tablet.page.locator(".pays").wait_for()
    tablet.offset_to(200)
    tablet.confirm()
    tablet.result()
    tablet.touch("Home")
    return str(tablet.daybook()[-1]["ref"])


def follow(tablet: Tablet) -> None:
    """Open the till anew: it asks at once where the log stands."""
    with tablet.page.expect_response(lambda answer: "/log/follow" in answer.url):
        tablet.page.reload()
    tablet.page.locator(".tiles").wait_for()
    tablet.page.wait_for_timeout(300)


def open_receipt(tablet: Tablet, ref: str) -> str:
    """The text of the larger code on the receipt's slip, read off the screen."""
    tablet.touch("Today")
    tablet.page.get_by_text(ref).click()
    picture = tablet.page.locator(".slip svg.large")
    picture.wait_for()
    # Enlarged: a screenshot has fewer dots than a camera.
    tablet.page.evaluate("document.querySelector('.slip').style.maxWidth = '1200px'")
    tablet.page.evaluate("document.querySelector('.slip svg.large').style.maxWidth = '1100px'")
    tablet.page.set_viewport_size({"width": 1280, "height": 1700})
    seen = qr_codes(Image.open(io.BytesIO(picture.screenshot())))
    tablet.page.set_viewport_size(PHONE)
    return str(seen[0].text)


def check(tablet: Tablet, text: str) -> str:
    """Scan a code on the check screen with a scanner that types; the whole verdict as text."""
    if not tablet.page.locator(".scanner").count():
        tablet.page.get_by_role("button", name=zh("Check another")).click()
    tablet.wedge(text)
    tablet.page.locator(".result").wait_for()
    return tablet.page.locator("main").inner_text()


def to_check(tablet: Tablet) -> None:
    while tablet.page.get_by_role("button", name=zh("Back")).count():
        tablet.page.get_by_role("button", name=zh("Back")).click()
    tablet.page.get_by_role("button", name=zh("Check a receipt")).click()
    tablet.page.locator(".scanner").wait_for()


def verdict(page: Page) -> str:
    page.locator(".result").wait_for()
    return page.locator(".result .word").inner_text().strip()


def test_a_receipt_is_proven_without_network_and_a_forged_one_refused(
    playwright: Playwright, served: Served, sealing: Sealing
) -> None:
    with chromium(playwright) as browser:
        context = browser.new_context(viewport=PHONE)
        tablet = Tablet(context.new_page(), served)
        tablet.enrol()
        ref = sell(tablet, served)
        promised = open_receipt(tablet, ref)
        sealing.sign()
        board = sealing.put_up_march()
        follow(tablet)
        proven = open_receipt(tablet, ref)
        to_check(tablet)
        context.set_offline(offline=True)
        tablet.page.evaluate("window.dispatchEvent(new Event('offline'))")

        good = check(tablet, proven)
        forged = check(tablet, changed_amount(proven, b"total_fen=5000", b"total_fen=9000"))
        early = check(tablet, promised)
        wall = check(tablet, board_code("CA01", board.note))
        assert tablet.errors == []

    assert zh("In the published root") in good
    assert "2026-04-05" in good
    for fact in (ref, "50.00 元", "10.00 元", "40.00 元"):
        assert fact in good
    assert zh("FORGED") in forged
    assert "90.00" not in forged
    assert zh("Signed, not sealed then") in early
    assert zh("In the published root") in wall


def test_with_network_a_receipt_printed_at_once_is_followed_to_its_board(
    playwright: Playwright, served: Served, sealing: Sealing
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        ref = sell(tablet, served)
        promised = open_receipt(tablet, ref)
        sealing.sign()
        to_check(tablet)
        tablet.wedge(promised)
        tablet.page.get_by_text(zh("Sealed"), exact=True).wait_for()
        sealing.put_up_march()
        tablet.page.get_by_role("button", name=zh("Check another")).click()
        tablet.wedge(promised)
        tablet.page.get_by_text(zh("In the published root"), exact=True).wait_for()
        assert tablet.errors == []


def test_a_removed_row_raises_the_alarm_stops_no_sale_and_reaches_the_office(
    playwright: Playwright, served: Served, sealing: Sealing
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        ref = sell(tablet, served)
        sealing.sign()
        follow(tablet)
        receipt = open_receipt(tablet, ref)

        sealing.take_out(ref)
        follow(tablet)
        tablet.page.locator(".alarm").wait_for()
        alarm = tablet.page.locator(".alarm").inner_text()
        sell(tablet, served)  # goes on
        tablet.page.get_by_role("button", name=zh("Show what does not fit")).click()
        tablet.page.locator("pre.note").first.wait_for()
        notes = [note.inner_text() for note in tablet.page.locator("pre.note").all()]
        tablet.touch("Scan the code")
        own = check(tablet, receipt)
        assert tablet.errors == []

    for sentence in (SEAL_ALARM, GO_ON):
        assert zh(sentence) in alarm
    assert len(notes) == 2
    assert notes[0] != notes[1]
    with served.town.db.read() as tx:
        (reported,) = alarms(tx, HERE)
    assert (reported.kept_note, reported.offered_note) == (notes[0], notes[1])
    # The tablet holds on to the root it followed, in which the receipt lies.
    assert zh("Sealed") in own


def test_a_phone_refuses_a_receipt_whose_row_was_taken_out_before_the_board(
    playwright: Playwright, served: Served, sealing: Sealing
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        ref = sell(tablet, served)
        sealing.sign()
        receipt = open_receipt(tablet, ref)
        sealing.take_out(ref)
        sealing.put_up_march()
        page = browser.new_page(viewport=PHONE, locale="zh-CN")
        page.goto(f"{served.url}/CHECK/{receipt}")
        page.get_by_text(zh("FORGED, or the book was changed")).wait_for()
        assert ref in page.inner_text("main")


def test_a_phone_checks_receipts_and_boards_and_goes_on_without_network(
    playwright: Playwright, served: Served, sealing: Sealing
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        ref = sell(tablet, served)
        board = sealing.put_up_march()
        follow(tablet)
        receipt = open_receipt(tablet, ref)
        context = browser.new_context(viewport=PHONE, locale="zh-CN")
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{served.url}/CHECK/{receipt}")
        assert verdict(page) == zh("In the published root")
        assert "2026-03" in page.inner_text("main")
        # The code was only in the address to be opened.
        assert "JP1" not in page.url
        page.evaluate("navigator.serviceWorker.ready")
        page.wait_for_timeout(500)

        context.set_offline(offline=True)
        page.goto(f"{served.url}/CHECK/{board_code('CA01', board.note)}")
        assert verdict(page) == zh("In the published root")
        forged = changed_amount(receipt, b"total_fen=5000", b"total_fen=9000")
        page.get_by_label(zh("Or paste the code's text")).fill(forged)
        page.get_by_role("button", name=zh("Check"), exact=True).click()
        page.get_by_text(zh("FORGED"), exact=True).wait_for()
        assert errors == []


def test_a_phone_that_kept_the_roots_notices_another_story(
    playwright: Playwright, served: Served, sealing: Sealing
) -> None:
    with chromium(playwright) as browser:
        context: BrowserContext = browser.new_context(viewport=PHONE, locale="zh-CN")
        page = context.new_page()
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        ref = sell(tablet, served)
        sealing.sign()
        page.goto(f"{served.url}/CHECK?c=CA01")
        page.get_by_text(zh("Newest")).wait_for()
        sealing.take_out(ref)
        page.reload()
        page.locator(".alarm").wait_for()
        assert len(page.locator("pre.note").all()) == 2


def test_a_changed_key_is_followed_from_the_old_one(
    playwright: Playwright, served: Served, sealing: Sealing
) -> None:
    town = served.town
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        town.db.write(
            lambda tx: keys.change_key(
                tx, town.vault, HERE, by=SYSTEM, at=served.now(), alg="ES256"
            )
        )
        ref = sell(tablet, served)
        sealing.sign()
        sealing.put_up_march()
        follow(tablet)
        assert tablet.page.locator(".alarm").count() == 0
        receipt = open_receipt(tablet, ref)
        to_check(tablet)
        assert zh("In the published root") in check(tablet, receipt)


def test_the_till_in_english_says_the_same(
    playwright: Playwright, served: Served, sealing: Sealing
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        sealing.sign()
        tablet.page.get_by_role("button", name="English").click()
        tablet.page.get_by_role("button", name="Check a receipt").click()
        tablet.page.get_by_text("Roots this device keeps").wait_for()
        assert not re.search(r"[\u4e00-\u9fff]", tablet.page.locator("main").inner_text())


def test_a_declared_loss_is_a_notice_and_no_alarm_and_selling_goes_on(
    playwright: Playwright, served: Served, sealing: Sealing
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        sell(tablet, served)
        sealing.sign()
        follow(tablet)
        backup = sealing.backup()
        sell(tablet, served)
        sealing.sign()
        follow(tablet)
        sealing.lose_all_since(backup)
        follow(tablet)
        notice = tablet.page.locator(".alarm.declared")
        notice.wait_for()
        assert "2026-03-02" in notice.inner_text()
        assert tablet.page.locator(".alarm:not(.declared)").count() == 0
        tablet.touch("I have seen this")
        notice.wait_for(state="detached")
        sell(tablet, served)
        sealing.sign()
        follow(tablet)
        assert tablet.page.locator(".alarm").count() == 0
        assert tablet.errors == []
    with served.town.db.read() as tx:
        assert alarms(tx, HERE) == []
