"""The screen towards the customer: sums in large figures, and no word of what went wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Playwright

from ledger.audit import SYSTEM
from ledger.members import cards
from ledger.token_keys import KeyClass
from tests.browser.axe import axe_faults
from tests.browser.served import CLERK, Served
from tests.browser.tablet import Tablet, chromium, zh
from tests.browser.test_till_screens import faults_of
from tests.support.qr_reading import qr_codes
from tests.support.town import HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TILL: Final = {"width": 800, "height": 1280}
SIZES: Final = [{"width": 1280, "height": 720}, {"width": 360, "height": 740}]
# All that may ever go to the screen; whatever else a till knows has no way there.
FIELDS: Final = {
    *("step", "total_fen", "off_fen", "units", "pay_fen", "code"),
    *("tab", "shop", "language", "precision", "training"),
}
STEPS: Final = {"idle", "amount", "show", "phone", "pay", "wait", "done"}
_LISTEN: Final = """(mode) => {
  window.heard = [];
  new BroadcastChannel(`jifen-customer-${mode}`).onmessage = ({ data }) => window.heard.push(data);
}"""


class Both:
    """A till and the screen it opened, side by side; every word between them is written down."""

    def __init__(self, context: BrowserContext, served: Served) -> None:
        """The till is ready for its first sale and the screen is open."""
        self.tablet = Tablet(context.new_page(), served)
        self.tablet.enrol()
        with context.expect_page() as opened:
            self.tablet.touch("Customer's screen")
        self.screen: Page = opened.value
        self.screen.locator(".customer").wait_for()
        self.screen.evaluate(_LISTEN, "till")
        self.errors: list[str] = []
        self.screen.on("pageerror", lambda error: self.errors.append(str(error)))

    def says(self, words: str) -> None:
        """Wait for the sentence at the foot of the screen."""
        self.screen.locator(".say", has_text=zh(words)).wait_for()

    def figures(self) -> dict[str, str]:
        """The rows of figures on the screen."""
        rows = self.screen.locator("dl > div").all()
        return {row.locator("dt").inner_text(): row.locator("dd").inner_text() for row in rows}

    def look(self, name: str, folder: Path) -> None:
        """Type, contrast and names; a picture for whoever wants to see it."""
        for size in SIZES:
            self.screen.set_viewport_size(size)  # type: ignore[arg-type]
            assert faults_of(self.screen) == [], name
            assert axe_faults(self.screen) == [], name
            self.screen.screenshot(path=folder / f"{name}{size['width']}.png")

    def heard(self) -> list[dict[str, Any]]:
        """Every word that went over."""
        found: list[Any] = self.screen.evaluate("window.heard")
        return [word for word in found if word != "hello"]


def largest(page: Page) -> float:
    """The height of the sum to be paid, in pixels."""
    size: str = page.locator(".large dd").evaluate("element => getComputedStyle(element).fontSize")
    return float(size.removesuffix("px"))


def test_a_sale_is_shown_as_it_comes_to_be(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    with chromium(playwright) as browser:
        context = browser.new_context(viewport=TILL)  # type: ignore[arg-type]
        both = Both(context, served)
        tablet = both.tablet
        both.says("Welcome")
        both.look("idle", tmp_path)
        tablet.touch("Sale")
        tablet.digits("50")
        both.says("Please show your points card or the code on your phone.")
        both.screen.locator("dd", has_text="50.00 元").wait_for()
        assert both.figures() == {"消费金额": "50.00 元"}
        both.look("show", tmp_path)
        tablet.wedge(served.code(1))
        both.says("Is this right? Then pay as you like.")
        tablet.offset_to(200)
        both.screen.locator("dd", has_text="40.00 元").wait_for()
        assert both.figures() == {
            "消费金额": "50.00 元",
            "积分抵扣": "−10.00 元",
            "使用积分": "200 分",
            "应付": "40.00 元",
        }
        # Two metres away: the sum is at least four times the till's own type.
        assert largest(both.screen) >= 60
        both.look("pay", tmp_path)
        tablet.confirm()
        both.says("Thank you. Please take your receipt.")
        assert both.figures()["应付"] == "40.00 元"
        both.look("done", tmp_path)
        tablet.touch("Home")
        both.says("Welcome")
        assert both.figures() == {}
        assert both.errors == tablet.errors == []
        words = both.heard()
    # 2,000 points before and 1,800 after: neither was sent, nor who has them or who served.
    sent = {value for word in words for value in word.values()}
    assert sent & {200_000, 180_000, 2_000.0, 1_800.0, "0001", CLERK} == set()
    assert max(word["units"] for word in words) == 30_000


def test_a_lost_card_and_a_wrong_code_look_like_any_other_moment(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    card = served.code(2, KeyClass.CARD)
    served.town.db.write(
        lambda tx: cards.set_state(tx, HERE, 2, "lost", by=SYSTEM, at=served.now())
    )
    with chromium(playwright) as browser:
        context = browser.new_context(viewport=TILL)  # type: ignore[arg-type]
        both = Both(context, served)
        tablet = both.tablet
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.touch("Scan the code")
        tablet.wedge("134512345678901234")
        tablet.page.locator(".notice").wait_for()
        both.says("Please show your points card or the code on your phone.")
        tablet.wedge(card)
        assert tablet.result()["word"] == zh("Not booked")
        both.says("One moment please, the clerk is with you.")
        assert both.figures() == {"消费金额": "50.00 元"}
        both.look("moment", tmp_path)
        tablet.touch("Scan again")
        tablet.wedge(served.code(1, KeyClass.CARD))
        tablet.page.locator(".pays").wait_for()
        tablet.confirm()
        tablet.page.locator(".secret").wait_for()
        both.says("One moment please, the clerk is with you.")
        tablet.digits("000000")
        tablet.page.locator(".notice").wait_for()
        both.says("One moment please, the clerk is with you.")
        words = both.heard()
        shown = both.screen.locator("body").inner_text()
    assert {field for word in words for field in word} == FIELDS
    assert {word["step"] for word in words} <= STEPS
    texts = {value for word in words for value in word.values() if isinstance(value, str)}
    # No sentence of anybody goes over: steps, the shop's name, the language and the window's own number.
    free = texts - STEPS - {"branch 1", "zh", ""}
    assert all(re.fullmatch(r"[0-9a-f-]{36}", text) for text in free)
    for secret in ("挂失", "停用", "密码", "134512345678901234", "失效"):
        assert secret not in shown


def test_without_network_it_opens_and_follows_the_till(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        context = browser.new_context(viewport=TILL)  # type: ignore[arg-type]
        tablet = Tablet(context.new_page(), served)
        tablet.enrol()
        tablet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        tablet.page.reload()
        tablet.page.locator(".tiles").wait_for()
        context.set_offline(offline=True)
        with context.expect_page() as opened:
            tablet.touch("Customer's screen")
        screen = opened.value
        screen.locator(".say", has_text=zh("Welcome")).wait_for()
        tablet.touch("Sale")
        tablet.digits("12")
        screen.locator("dd", has_text="12.00 元").wait_for()
        # Opened again in the middle of a sale it shows the same at once.
        screen.reload()
        screen.locator("dd", has_text="12.00 元").wait_for()
        tablet.page.close()
        screen.locator(".say", has_text=zh("Welcome")).wait_for()


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_of_two_windows_the_one_with_a_customer_is_shown(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        context = browser.new_context(viewport=TILL)  # type: ignore[arg-type]
        both = Both(context, served)
        both.tablet.touch("Sale")
        both.tablet.digits("50")
        both.screen.locator("dd", has_text="50.00 元").wait_for()
        second = Tablet(context.new_page(), served)
        second.page.goto(f"{served.url}/till")
        second.page.locator(".tiles").wait_for()
        second.touch("Today")
        second.touch("Back")
        assert both.figures() == {"消费金额": "50.00 元"}
        assert [word["step"] for word in both.heard()].count("idle") >= 1
        # A screen whose tills say nothing more clears itself.
        both.screen.clock.install()
        both.screen.reload()
        both.screen.locator("dd", has_text="50.00 元").wait_for()
        both.tablet.page.evaluate("BroadcastChannel.prototype.postMessage = () => undefined")
        both.screen.clock.run_for(60_000)
        both.says("Welcome")


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_a_bill_for_the_phone_is_scanned_from_the_customers_side(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    with chromium(playwright) as browser:
        context = browser.new_context(viewport=TILL)  # type: ignore[arg-type]
        both = Both(context, served)
        both.tablet.touch("Sale")
        both.tablet.digits("50")
        both.tablet.touch("Scan the code")
        both.tablet.touch("Show the bill for the phone")
        both.says("Scan this with your phone and confirm there.")
        both.look("bill", tmp_path)
        [code] = qr_codes(Image.open(tmp_path / "bill1280.png").convert("L"))
        assert code.text == both.heard()[-1]["code"]


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_the_goods_counter_shows_points_and_yuan(playwright: Playwright, served: Served) -> None:
    with chromium(playwright) as browser:
        context = browser.new_context(viewport=TILL)  # type: ignore[arg-type]
        counter = Tablet(context.new_page(), served)
        counter.enrol("M01C1", "counter")
        with context.expect_page() as opened:
            counter.touch("Customer's screen")
        screen = opened.value
        screen.locator(".customer").wait_for()
        counter.touch("Redeem goods")
        counter.wedge(served.code(1, KeyClass.CARD))
        counter.page.locator(".shelf li").first.wait_for()
        counter.touch("One {good} more", good="香皂")
        screen.locator("dd", has_text="50 分").wait_for()
        counter.confirm()
        screen.locator(".say", has_text=zh("Thank you. Please take your receipt.")).wait_for()
        assert "1950" not in screen.content()
