"""The residents' own screen: points in one touch, goods in four, more time, and a person with the same basket."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright

from kiosk.voice.clips import clips
from ledger.token_keys import KeyClass
from tests.browser.axe import axe_faults
from tests.browser.served import ISSUER, PIN, Served
from tests.browser.tablet import _WEDGE, Tablet, chromium, write_raw_video, zh
from tests.browser.test_old_chromium import run

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_AUDIT: Final = (Path(__file__).parent / "audit.js").read_text(encoding="utf-8")
TALL: Final = {"width": 800, "height": 1280}
NARROW: Final = {"width": 360, "height": 740}


class Screen:
    """One residents' screen; `touches` counts what a resident presses."""

    def __init__(self, page: Page, served: Served) -> None:
        """Set up with a fresh code from the office."""
        self.page, self.served, self.touches = page, served, 0
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(f"{served.url}/kiosk")
        page.get_by_label(zh("Community code (4 characters)")).fill(ISSUER)
        page.get_by_label(zh("Enrolment code (12 characters)")).fill(
            served.enrolment("kiosk", "M01K1")
        )
        page.get_by_role("button", name=zh("Set up")).click()
        self.heading("What would you like?").wait_for()

    def heading(self, words: str) -> Locator:
        """The first line of a step."""
        return self.page.get_by_role("heading", name=zh(words))

    def touch(self, words: str, **facts: object) -> None:
        """Press a button, and count it."""
        self.page.get_by_role("button", name=zh(words).format(**facts)).first.click()
        self.touches += 1

    def digits(self, typed: str) -> None:
        """Press number keys."""
        for digit in typed:
            self.page.get_by_role("button", name=digit, exact=True).click()

    def choose(self, good: str) -> None:
        """Touch a picture of goods."""
        self.page.locator(".ware", has_text=good).click()
        self.touches += 1

    def show_card(self, person: int = 1) -> None:
        """Hold the printed card before the screen."""
        self.page.evaluate(_WEDGE, [self.served.code(person, KeyClass.CARD), True])

    def audit(self, step: str, shots: Path | None = None) -> None:
        """Type, keys and contrast of what is open; a picture of it where somebody wants to look."""
        seen = self.page.evaluate(_AUDIT)
        assert [text for text, size in seen["type"] if size < 24] == [], step
        assert [name for name, side in seen["keys"] if side < 60] == [], step
        assert [text for text, ratio in seen["contrast"] if ratio < 7] == [], step
        assert [key for key in seen["keys"] if not key[0]] == [], step
        assert axe_faults(self.page) == [], step
        if shots:
            self.page.screenshot(path=shots / f"{step}.png")


def opened(browser: Browser, served: Served, size: dict[str, int] = TALL) -> Screen:
    return Screen(browser.new_page(viewport=size), served)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [TALL, NARROW], ids=["tablet", "phone"])
def test_the_balance_takes_one_touch_and_goods_four(
    playwright: Playwright, served: Served, tmp_path: Path, size: dict[str, int]
) -> None:
    with chromium(playwright) as browser:
        screen = opened(browser, served, size)
        screen.audit("welcome", tmp_path)
        screen.touch("See my points")
        screen.audit("scan", tmp_path)
        screen.show_card()
        screen.heading("Your points").wait_for()
        assert screen.page.locator(".mine strong").inner_text() == "2000"
        assert screen.touches == 1
        screen.audit("balance", tmp_path)
        screen.touch("Back to the start")

        screen.touches = 0
        screen.touch("Choose goods")
        screen.show_card()
        screen.heading("What your points buy now").wait_for()
        screen.choose("鸡蛋(袋)")
        screen.audit("goods", tmp_path)
        screen.touch("Go on")
        screen.audit("confirm", tmp_path)
        screen.touch("Yes, keep it for me")
        screen.heading("Kept for you").wait_for()
        assert screen.touches == 4
        assert screen.page.locator(".mine strong").inner_text() == "1"
        screen.audit("kept", tmp_path)
        assert screen.errors == []

        counter = Tablet(browser.new_page(viewport={"width": 768, "height": 1024}), served)
        counter.enrol("M01C1", "counter")
        counter.touch("Redeem goods")
        counter.wedge(served.code(1, KeyClass.CARD))
        counter.touch("Hand the order out")
        counter.pin()
        assert counter.result()[zh("Points left")] == "1750 分"


def test_nothing_goes_away_without_asking_and_the_basket_waits_for_its_card(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    with chromium(playwright) as browser:
        page = browser.new_page(viewport=TALL)  # type: ignore[arg-type]
        page.clock.install()
        screen = Screen(page, served)
        screen.touch("Choose goods")
        screen.show_card()
        screen.heading("What your points buy now").wait_for()
        screen.choose("香皂")
        page.clock.run_for(89_000)
        assert page.get_by_role("alertdialog").count() == 0
        page.clock.run_for(3_000)
        dialog = page.get_by_role("alertdialog")
        dialog.wait_for()
        assert int(dialog.locator(".left").inner_text()) > 50
        screen.audit("asking", tmp_path)
        page.clock.run_for(30_000)
        screen.touch("More time")
        assert dialog.count() == 0
        assert page.locator(".ware .count").inner_text() == "× 1"

        page.clock.run_for(160_000)
        screen.heading("What would you like?").wait_for()
        assert "2000" not in page.locator("body").inner_text()
        screen.show_card(2)
        screen.heading("Your points").wait_for()
        screen.touch("Back to the start")
        assert screen.errors == []


def test_a_cleared_basket_comes_back_with_its_own_card(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        page = browser.new_page(viewport=TALL)  # type: ignore[arg-type]
        page.clock.install()
        screen = Screen(page, served)
        screen.touch("Choose goods")
        screen.show_card()
        screen.heading("What your points buy now").wait_for()
        screen.choose("香皂")
        page.clock.run_for(160_000)
        screen.heading("What would you like?").wait_for()
        screen.show_card()
        screen.heading("What your points buy now").wait_for()
        assert page.locator(".ware .count").inner_text() == "× 1"


def test_whoever_comes_to_help_has_the_same_basket(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    with chromium(playwright) as browser:
        screen = opened(browser, served)
        counter = Tablet(browser.new_page(viewport={"width": 768, "height": 1024}), served)
        counter.enrol("M01C1", "counter")
        screen.touch("Choose goods")
        screen.show_card()
        screen.heading("What your points buy now").wait_for()
        screen.choose("鸡蛋(袋)")
        screen.choose("香皂")
        screen.touch("Call the staff")
        screen.heading("Somebody is coming").wait_for()
        screen.audit("coming", tmp_path)
        counter.page.get_by_role("button", name=zh("I am going")).wait_for(timeout=20_000)
        counter.page.screenshot(path=tmp_path / "counter.png")
        counter.touch("I am going")
        counter.page.get_by_role("heading", name=zh("Scan the points code")).wait_for()
        counter.wedge(served.code(1, KeyClass.CARD))
        basket = counter.page.locator(".basket", has_text="香皂")
        basket.wait_for()
        assert "鸡蛋(袋) × 1" in basket.inner_text()
        assert "香皂 × 1" in basket.inner_text()
        assert screen.errors == counter.errors == []


def test_what_does_not_go_is_said_quietly_and_nobody_can_sign_in(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    with chromium(playwright) as browser:
        screen = opened(browser, served)
        screen.touch("See my points")
        screen.page.evaluate(_WEDGE, ["134512345678901234", True])
        screen.page.locator(".look-here").wait_for()
        screen.audit("foreign", tmp_path)
        assert "134512345678901234" not in screen.page.content()
        words = screen.page.locator("body").inner_text()
        for menu in ("Sign in", "Close the day", "Today", "Take goods back", "Refund"):
            assert zh(menu) not in words
        screen.page.get_by_role("button", name="English").click()
        assert screen.page.get_by_role("heading", name="Show your card").count() == 1
        assert screen.errors == []


@pytest.mark.parametrize("version", ["80", "92"])
def test_an_old_tablet_serves_as_the_residents_screen(
    served: Served, tmp_path: Path, version: str
) -> None:
    task = {
        "url": served.url,
        "video": str(write_raw_video(tmp_path / "card.y4m", served.code(1, KeyClass.CARD))),
        "community": ISSUER,
        "enrolment": served.enrolment("kiosk", "M01K1"),
        "words": {
            "choose": zh("Choose goods"),
            "good": "香皂",
            "next": zh("Go on"),
            "yes": zh("Yes, keep it for me"),
        },
    }
    seen = run(version, task, runner=Path(__file__).with_name("old_kiosk.mjs"))
    assert seen["errors"] == []
    assert zh("Kept for you") in seen["kept"]


_LISTEN: Final = """() => {
  window.joined = [];
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (...at) {
    window.joined.push(Math.round(this.buffer.duration * 1000));
    return start.apply(this, at);
  };
}"""


def _lay_clips(folder: Path) -> dict[int, str]:
    """A dialect folder whose clips are told apart by how long they last: milliseconds to name."""
    folder.mkdir()
    lengths = {100 + 10 * place: name for place, name in enumerate(clips())}
    for length_ms, name in lengths.items():
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(bytes(2 * 8 * length_ms))
    listed = {"clips": {name: f"{name}.wav" for name in clips()}}
    (folder / "manifest.json").write_text(json.dumps(listed), encoding="utf-8")
    return lengths


def test_results_are_spoken_from_the_dialect_folder_and_a_balance_is_not(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    lengths = _lay_clips(tmp_path / "voice")
    with chromium(playwright, "--autoplay-policy=no-user-gesture-required") as browser:
        screen = opened(browser, served)
        screen.page.evaluate(_LISTEN)
        screen.touch("See my points")
        screen.show_card()
        screen.heading("Your points").wait_for()
        screen.touch("Choose goods")
        screen.choose("香皂")
        screen.touch("Go on")
        assert screen.page.evaluate("() => window.joined") == []
        screen.touch("Yes, keep it for me")
        screen.page.wait_for_function("() => window.joined.length > 0")

        spoken = [lengths[length] for length in screen.page.evaluate("() => window.joined")]

        assert spoken == ["kept"]

        till = Tablet(browser.new_page(viewport=NARROW), served)  # type: ignore[arg-type]
        till.enrol()
        till.page.evaluate(_LISTEN)
        till.touch("Sale")
        till.digits("50")
        till.touch("Scan the code")
        till.wedge(served.code(2, KeyClass.CARD))
        till.page.locator(".pays").wait_for()
        till.offset_to(200)
        till.confirm()
        till.result()
        till.page.wait_for_function("() => window.joined.length > 7")
        spoken = [lengths[length] for length in till.page.evaluate("() => window.joined")]
        assert spoken == [
            "taken",
            "2",
            "100",
            "points",
            "10",
            "yuan",
            "arrived",
            "4",
            "10",
            "score",
        ]


def test_a_pin_is_changed_without_a_clerk_and_two_different_ones_are_asked_for_again(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    with chromium(playwright) as browser:
        screen = opened(browser, served, NARROW)
        screen.touch("See my points")
        screen.show_card()
        screen.touch("Change my PIN")
        for label, digits in (
            ("The PIN you have now", PIN),
            ("New PIN, six digits", "839204"),
            ("The same again", "839205"),
        ):
            screen.page.get_by_role("status").filter(has_text=zh(label)).wait_for()
            if label == "New PIN, six digits":
                screen.audit("pin", tmp_path)
            screen.digits(digits)
        screen.page.get_by_text(
            zh("The two new PINs were not the same. Type the new one again.")
        ).wait_for()
        screen.digits("839204")
        screen.page.get_by_role("status").filter(has_text=zh("The same again")).wait_for()
        screen.digits("839204")
        screen.heading("Your new PIN counts from now on.").wait_for()
        assert "839204" not in screen.page.content()
        assert screen.errors == []
