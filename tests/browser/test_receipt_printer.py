"""A receipt printer at the till: what comes out of it is read back from its bytes by a printer of the tests' own."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Final

import pytest
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, Playwright

from tests.browser.axe import axe_faults
from tests.browser.sealing import Sealing
from tests.browser.served import CLERK_CODE, Served
from tests.browser.tablet import Tablet, chromium, zh
from tests.browser.test_till_screens import faults_of
from tests.support.escpos_paper import (
    FONT,
    SIMPLIFIED,
    Printer,
    UnknownBytesError,
    lines_of,
    reads_as,
    right_of,
)
from tests.support.qr_reading import qr_codes

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZE: Final = {"width": 360, "height": 740}
# What a cable or a radio brings to the browser; everything the printer got is kept as base64.
_FAKES: Final = """() => {
  window.got = [];
  window.fault = "";
  const keep = (bytes) => window.got.push(btoa(String.fromCharCode(...bytes)));
  const broken = () => new DOMException("unplugged", "NetworkError");
  const device = {
    configuration: null,
    async open() { if (window.fault === "open") throw broken(); },
    async close() {},
    async selectConfiguration() {
      const bulk = (endpointNumber, direction) => ({ endpointNumber, direction, type: "bulk" });
      const other = { alternateSetting: 0, interfaceClass: 3, endpoints: [bulk(1, "out")] };
      const printer = { alternateSetting: 0, interfaceClass: 7, endpoints: [bulk(2, "in"), bulk(3, "out")] };
      this.configuration = { interfaces: [
        { interfaceNumber: 0, alternates: [other] }, { interfaceNumber: 1, alternates: [printer] } ] };
    },
    async claimInterface(number) { if (number !== 1) throw new Error("the wrong interface"); },
    async selectAlternateInterface() {},
    async transferOut(endpoint, data) {
      if (endpoint !== 3) throw new Error("the wrong endpoint");
      if (data.length > 4096) throw new Error("more than a small printer takes at once");
      if (window.fault === "stall") return { status: "stall" };
      keep(data);
      return { status: "ok" };
    },
  };
  // One that was there before: whoever chooses anew means the new one.
  const former = {
    async open() { throw broken(); },
    async close() {},
    async forget() { chosen = chosen.filter((one) => one !== former); },
  };
  let chosen = localStorage.getItem("fake_usb") ? [device] : [former];
  const usb = {
    async getDevices() { return window.fault === "gone" ? [] : chosen; },
    async requestDevice() {
      window.asked_for = (window.asked_for || 0) + 1;
      if (window.fault === "none") throw new DOMException("nothing chosen", "NotFoundError");
      localStorage.setItem("fake_usb", "1");
      chosen = [...chosen.filter((one) => one !== device), device];
      return device;
    },
  };
  const port = {
    writable: null,
    async open({ baudRate }) {
      window.baud = baudRate;
      this.writable = new WritableStream({ write(bytes) { keep(bytes); } });
    },
    async close() { this.writable = null; },
  };
  let line = [];
  const serial = { async getPorts() { return line; }, async requestPort() { line = [port]; return port; } };
  Object.defineProperty(navigator, "usb", { value: usb, configurable: true });
  Object.defineProperty(navigator, "serial", { value: serial, configurable: true });
}"""


def tablet_with_cable(page: Page, served: Served) -> Tablet:
    """A till with a printer on its cable that nobody has chosen yet."""
    page.add_init_script(f"({_FAKES})()")
    tablet = Tablet(page, served)
    tablet.enrol()
    return tablet


def choose(tablet: Tablet, way: str = "Receipt printer by USB") -> None:
    """In the settings, behind the clerk's four digits."""
    tablet.touch("Settings")
    tablet.digits(CLERK_CODE)
    tablet.touch(way)
    tablet.button("Print a strip to try it").wait_for()


def got(tablet: Tablet) -> bytes:
    """Everything the printer received."""
    pieces: list[str] = tablet.page.evaluate("window.got.splice(0)")
    return b"".join(base64.b64decode(piece) for piece in pieces)


def strips(tablet: Tablet, dots: int = 384) -> list[Image.Image]:
    """The paper that came out."""
    printer = Printer(dots)
    printer.take(got(tablet))
    assert printer.fed > 0  # past the cutter
    return printer.strips


def sell(tablet: Tablet, served: Served, yuan: str = "50") -> None:
    """A sale with 200 points, up to its slip."""
    tablet.touch("Sale")
    tablet.digits(yuan)
    tablet.wedge(served.code(1))
    tablet.page.locator(".pays").wait_for()
    tablet.offset_to(200)
    tablet.confirm()
    tablet.result()
    tablet.touch("Receipt")
    tablet.page.locator(".slip").wait_for()


def read_codes(strip: Image.Image) -> list[str]:
    """Every code on a strip, from its own dots."""
    larger = strip.resize((strip.width * 2, strip.height * 2), Image.Resampling.NEAREST)
    return [code.text for code in qr_codes(larger)]


def slip_rows(tablet: Tablet) -> list[tuple[str, str]]:
    """The rows of the slip on the screen."""
    rows = tablet.page.locator(".slip dl > div").all()
    return [(row.locator("dt").inner_text(), row.locator("dd").inner_text()) for row in rows]


def printed(tablet: Tablet, dots: int = 384) -> list[Image.Image]:
    """Press the key and take the paper."""
    tablet.touch("Print")
    said = "The printer has it. No paper? Look at the roll and the lid, then print again."
    tablet.page.locator(".notice", has_text=zh(said)).wait_for()
    return strips(tablet, dots)


def test_a_receipt_comes_out_as_it_stands_on_the_screen(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    with chromium(playwright) as browser:
        tablet = tablet_with_cable(browser.new_page(viewport=SIZE), served)  # type: ignore[arg-type]
        Sealing(served, tmp_path).sign()
        choose(tablet)
        tablet.touch("Back")
        sell(tablet, served)
        tablet.page.locator(".slip .proof").wait_for()
        values = [value for _, value in slip_rows(tablet)]
        codes = tablet.page.locator(".slip [data-code]").all()
        texts = sorted(str(code.get_attribute("data-code")) for code in codes)
        ref = tablet.page.locator(".slip .ref").inner_text()
        [narrow] = printed(tablet)
        tablet.touch("Paper {width} mm", width=58)
        tablet.touch("Print")
        tablet.page.wait_for_function(
            "() => window.got.length > 0 && !document.querySelector('.row button:disabled')"
        )
        [wide] = strips(tablet, 576)
        assert tablet.errors == []
    assert ref in texts
    for strip in (narrow, wide):
        strip.save(tmp_path / f"strip{strip.width}.png")
        # Both codes are read from the paper's own dots: the receipt's number and its proof.
        assert sorted(read_codes(strip)) == texts
        # And every value that fits beside its label, set by another program, is the one laid over it best.
        wrong = [value.translate(str.maketrans("0123456789", "1234567890")) for value in values]
        pieces = [piece for line in lines_of(strip) if (piece := right_of(line))][: len(values)]
        read = [reads_as(piece, [*values, *wrong]) for piece in pieces]
        assert {"50.00 元", "40.00 元", "200.00 分 = 10.00 元"} <= set(read)
        assert set(read) & set(wrong) - set(values) == set()
        assert len(set(read)) >= len(set(values)) - 2


def test_the_reader_of_the_tests_tells_a_wrong_sum_and_a_broken_line() -> None:
    """The control: another sum is read as that, and bytes no printer knows are refused."""
    piece = Image.new("L", (200, 40), 255)
    font = ImageFont.truetype(FONT, 24, index=SIMPLIFIED)
    ImageDraw.Draw(piece).text((10, 2), "41.00 元", fill=0, font=font)
    assert reads_as(piece, ["40.00 元", "41.00 元", "47.00 元"]) == "41.00 元"
    for rubbish in (b"hello", b"\x1dv0\x00\x30\x00\x02\x00\x00", b"\x1dVB\x00"):
        with pytest.raises(UnknownBytesError):
            Printer(384).take(rubbish)


def test_two_halves_and_the_shops_has_neither_balance_nor_proof(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    with chromium(playwright) as browser:
        context = browser.new_context(viewport=SIZE)  # type: ignore[arg-type]
        tablet = tablet_with_cable(context.new_page(), served)
        Sealing(served, tmp_path).sign()
        choose(tablet)
        tablet.touch("Receipts in two halves: no")
        assert axe_faults(tablet.page) == []
        assert faults_of(tablet.page) == []
        tablet.page.screenshot(path=tmp_path / "settings.png", full_page=True)
        tablet.touch("Back")
        sell(tablet, served)
        tablet.page.locator(".slip .proof").wait_for()
        values = [value for _, value in slip_rows(tablet)]
        ref = tablet.page.locator(".slip .ref").inner_text()
        [strip] = printed(tablet)
        strip.save(tmp_path / "both.png")
        tablet.touch("Back")
        tablet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        tablet.page.reload()
        tablet.page.locator(".tiles").wait_for()
        context.set_offline(offline=True)
        tablet.touch("Sale")
        tablet.digits("12")
        tablet.wedge(served.code(1))
        tablet.page.locator(".pays").wait_for()
        tablet.confirm()
        assert tablet.result()["word"] == zh("Provisional")
        tablet.touch("Receipt")
        tablet.page.locator(".slip").wait_for()
        second = tablet.page.locator(".slip .ref").inner_text()
        [offline] = printed(tablet)
        offline.save(tmp_path / "offline.png")
        assert tablet.errors == []
    found = read_codes(strip)
    assert (len(found), found.count(ref)) == (3, 2)
    assert read_codes(offline) == [second, second]
    lines = lines_of(strip)
    [tear] = [at for at, line in enumerate(lines) if line.height <= 3]
    for half, balances in ((lines[:tear], True), (lines[tear + 1 :], False)):
        pieces = [piece for line in half if (piece := right_of(line)) and piece.height < 40]
        read = [reads_as(piece, values) for piece in pieces]
        assert "40.00 元" in read
        assert ("1800.00 分" in read) is balances


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_a_shift_is_printed_by_a_serial_line_at_its_speed(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    with chromium(playwright) as browser:
        tablet = tablet_with_cable(browser.new_page(viewport=SIZE), served)  # type: ignore[arg-type]
        choose(tablet, "Receipt printer by serial line or Bluetooth")
        tablet.touch("Speed of the line: {baud}", baud=9600)
        tablet.touch("Print a strip to try it")
        tablet.page.locator(".notice.info").wait_for()
        [trial] = strips(tablet)
        assert [code.text for code in qr_codes(trial)] == ["M01A1"]
        assert tablet.page.evaluate("window.baud") == 19_200
        tablet.touch("Back")
        tablet.touch("Shift")
        tablet.page.locator("button.main").click()
        tablet.digits("100")
        tablet.page.locator("button.main").click()
        tablet.page.locator(".slip").wait_for()
        rows = slip_rows(tablet)
        [strip] = printed(tablet)
        strip.save(tmp_path / "shift.png")
    read = [
        reads_as(piece, [value for _, value in rows])
        for line in lines_of(strip)
        if (piece := right_of(line))
    ]
    assert "100.00 元" in read


NOT_TAKEN: Final = "The receipt printer did not take it. Is it switched on, with paper in, and used by nothing else?"
GONE: Final = (
    "The receipt printer is not connected. Plug it in, or choose it again in the settings."
)


def test_a_printer_that_does_not_answer_is_named_and_the_browser_prints_instead(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    with chromium(playwright) as browser:
        tablet = tablet_with_cable(browser.new_page(viewport=SIZE), served)  # type: ignore[arg-type]
        # Whoever closes the browser's list without a choice has no printer.
        tablet.touch("Settings")
        tablet.digits(CLERK_CODE)
        tablet.page.evaluate("() => { window.fault = 'none'; }")
        tablet.touch("Receipt printer by USB")
        tablet.page.wait_for_function("() => window.asked_for === 1")
        assert '"printer":{' not in tablet.stored()
        tablet.page.evaluate("() => { window.fault = ''; }")
        tablet.touch("Receipt printer by USB")
        tablet.button("Print a strip to try it").wait_for()
        tablet.touch("Back")
        sell(tablet, served)
        tablet.page.evaluate(
            "() => { window.print = () => { window.asked = (window.asked || 0) + 1; }; }"
        )
        for fault, sentence in (("open", NOT_TAKEN), ("stall", NOT_TAKEN), ("gone", GONE)):
            tablet.page.evaluate("fault => { window.fault = fault; }", fault)
            tablet.touch("Print")
            tablet.page.locator(".notice", has_text=zh(sentence)).wait_for()
            assert got(tablet) == b""
        assert axe_faults(tablet.page) == []
        tablet.page.screenshot(path=tmp_path / "fault.png", full_page=True)
        tablet.touch("Print as the tablet does")
        assert tablet.page.evaluate("window.asked") == 1
        # Plugged in again it prints, without a new choice.
        tablet.page.evaluate("() => { window.fault = ''; }")
        assert len(printed(tablet)) == 1
        assert tablet.errors == []
