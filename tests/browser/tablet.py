"""A tablet in Chromium: the till's screens as a clerk touches them, by the words of the catalogue."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import qrcode
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Playwright, ViewportSize

from kiosk.texts import translator
from tests.browser.served import CLERK, CLERK_CODE, ISSUER, PIN, Served

CHROMIUM: Final = "/usr/bin/chromium"
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)
PHONE: Final[ViewportSize] = {"width": 360, "height": 640}
zh: Final = translator("zh")

_FRAMES: Final = 30
_WIDTH, _HEIGHT, _CODE = 1280, 720, 460


def write_video(path: Path, digits: str) -> Path:
    """A camera's picture of a printed code as Motion JPEG: 720 lines, the code as at arm's length."""
    jpeg = io.BytesIO()
    camera_picture(digits).save(jpeg, "JPEG", quality=92, subsampling="4:2:0")
    path.write_bytes(jpeg.getvalue() * _FRAMES)
    return path


def write_raw_video(path: Path, digits: str) -> Path:
    """The same as raw pictures (YUV4MPEG2), for browsers whose fake camera does not read Motion JPEG."""
    grey = camera_picture(digits).convert("L").tobytes()
    no_colour = bytes([128]) * (_WIDTH * _HEIGHT // 2)
    head = f"YUV4MPEG2 W{_WIDTH} H{_HEIGHT} F30:1 Ip A1:1 C420\n".encode()
    path.write_bytes(head + (b"FRAME\n" + grey + no_colour) * 3)
    return path


def camera_picture(digits: str) -> Image.Image:
    """One picture of the camera with the code in its middle."""
    drawn = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q, border=4)
    drawn.add_data(digits)
    code = drawn.make_image().get_image().convert("RGB")
    frame = Image.new("RGB", (_WIDTH, _HEIGHT), (150, 140, 130))
    place = ((_WIDTH - _CODE) // 2, (_HEIGHT - _CODE) // 2)
    frame.paste(code.resize((_CODE, _CODE), Image.Resampling.LANCZOS), place)
    return frame


@contextmanager
def chromium(playwright: Playwright, *flags: str, video: Path | None = None) -> Iterator[Browser]:
    """A fresh Chromium; with `video` its camera shows that."""
    camera = [f"--use-file-for-fake-video-capture={video}"] if video else []
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags, *camera])
    try:
        yield browser
    finally:
        browser.close()


class Tablet:
    """One tab of the till or the counter; `touches` counts buttons pressed, digits apart."""

    def __init__(self, page: Page, served: Served, *, origin: str = "") -> None:
        """Nothing is opened yet; `origin` where it is not the server's own address."""
        self.page = page
        self.served = served
        self.origin = origin or served.url
        self.touches = 0
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def enrol(
        self, terminal_code: str = "M01A1", kind: str = "till", *, training: bool = False
    ) -> None:
        """Become a till with a fresh code, sign the clerk in, and leave the training unless it is wanted."""
        self.page.goto(f"{self.origin}/{kind}")
        code = self.served.enrolment(kind, terminal_code)
        self.page.get_by_label(zh("Community code (4 characters)")).fill(ISSUER)
        self.page.get_by_label(zh("Enrolment code (12 characters)")).fill(code)
        self.button("Set up").click()
        self.sign_in()
        if kind == "till" and not training:
            self.leave_training()

    def leave_training(self) -> None:
        """What a shop does when it has practised enough."""
        self.button("Leave the training").click()
        self.button("Start real sales").click()
        self.page.locator(".training-bar").wait_for(state="detached")

    def sign_in(self) -> None:
        """Choose the clerk and type the four digits."""
        self.page.get_by_role("button", name=CLERK).click()
        self.digits(CLERK_CODE)
        self.page.locator(".tiles").wait_for()

    def button(self, words: str, **facts: object) -> Locator:
        """The button that bears these words (the English ones; the screen shows Chinese)."""
        return self.page.get_by_role("button", name=zh(words).format(**facts), exact=True)

    def touch(self, words: str, **facts: object) -> None:
        """Press a button, and count it."""
        self.button(words, **facts).click()
        self.touches += 1

    def digits(self, text: str) -> None:
        """Type on the pad: digits, and the point of an amount."""
        for sign in text:
            name = zh("Point") if sign == "." else sign
            self.page.locator(".pad").get_by_role("button", name=name, exact=True).click()

    def wedge(self, text: str, *, enter: bool = True) -> None:
        """A scanner that types, under an input method, wherever the focus is."""
        self.page.evaluate(_WEDGE, [text, enter])

    def offset_to(self, points: int) -> int:
        """Step the offset down until it says so many points; gives how often the key was pressed."""
        wanted = zh("off for {points}").format(points=zh("{points} points").format(points=points))
        shown = self.page.locator(".stepper output span")
        presses = 0
        while shown.inner_text() != wanted:
            self.button("Fewer points").click()
            presses += 1
        return presses

    def confirm(self) -> None:
        """Press the one big button."""
        self.page.locator("button.main").click()
        self.touches += 1

    def pin(self) -> None:
        """The resident types the PIN."""
        self.page.locator(".secret").wait_for()
        self.digits(PIN)

    def result(self) -> dict[str, str]:
        """The figures of the result, by their labels; the word under "word"."""
        self.page.locator(".result").wait_for()
        rows = self.page.locator(".result .figures > div").all()
        found = {row.locator("dt").inner_text(): row.locator("dd").inner_text() for row in rows}
        return {"word": self.page.locator(".result .word").inner_text(), **found}

    def notice(self) -> str:
        """The warning or refusal on the screen."""
        return self.page.locator(".notice").first.inner_text()

    def stored(self) -> str:
        """Everything in the tablet's own database, as text."""
        text: str = self.page.evaluate(_STORED)
        return text

    def daybook(self) -> list[dict[str, object]]:
        """The tablet's own record."""
        lines: list[dict[str, object]] = self.page.evaluate(_DAYBOOK)
        return lines

    def signed(self) -> list[dict[str, Any]]:
        """The tablet's signed day file: number and line."""
        lines: list[dict[str, Any]] = self.page.evaluate(_SIGNED)
        return lines


_WEDGE: Final = """([text, enter]) => {
  const press = (key, code) => (document.activeElement || document.body).dispatchEvent(
    new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true }));
  const codes = { "-": "Minus", ".": "Period", "/": "Slash", ":": "Semicolon" };
  for (const sign of text) {
    const code = codes[sign] || (/[0-9]/.test(sign) ? `Digit${sign}` : `Key${sign}`);
    press("Process", code);
  }
  if (enter) press("Enter", "Enter");
}"""

_DAYBOOK: Final = """() => new Promise((resolve) => {
  const opening = indexedDB.open("jifen-till");
  opening.onsuccess = () => {
    const reading = opening.result.transaction("daybook").objectStore("daybook").getAll();
    reading.onsuccess = () => { opening.result.close(); resolve(reading.result); };
  };
})"""

_SIGNED: Final = """() => new Promise((resolve) => {
  const opening = indexedDB.open("jifen-till");
  opening.onsuccess = () => {
    const reading = opening.result.transaction("signed").objectStore("signed").getAll();
    reading.onsuccess = () => {
      opening.result.close();
      resolve(reading.result.map(({ n, line }) => ({ n, line })));
    };
  };
})"""

_STORED: Final = """() => new Promise((resolve) => {
  const opening = indexedDB.open("jifen-till");
  opening.onsuccess = () => {
    const db = opening.result;
    const names = [...db.objectStoreNames];
    const all = {};
    let left = names.length;
    const tx = db.transaction(names);
    for (const name of names) {
      const reading = tx.objectStore(name).getAll();
      reading.onsuccess = () => {
        all[name] = reading.result;
        if (--left === 0) { db.close(); resolve(JSON.stringify([all, { ...localStorage }, location.href])); }
      };
    }
  };
})"""
