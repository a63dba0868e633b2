"""From a code in the camera's picture, or under a hand scanner, to the sound that says it is read.

The camera runs at thirty pictures a second and shows an empty counter for half a second, then a hand with a card. A
worker of the bench's own, which the processor's brake does not slow, watches a copy of the same pictures for a white
corner that comes with the card: the clock starts when that picture leaves the camera and ends at the till's call
into Web Audio. Each scan opens the camera anew, as each sale does. For a hand scanner the clock starts at its first
key.

python -m tests.bench.scan [--scans 100]
"""

from __future__ import annotations

import argparse
import io
import logging
import statistics
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Playwright, sync_playwright

from ledger.database import Database
from ledger.token_keys import KeyClass
from tests.bench.slowing import SLOWER, brake, high
from tests.browser.served import Served, serve
from tests.browser.tablet import PHONE, Tablet, camera_picture, chromium
from tests.support.engines import SqliteFiles

EMPTY: Final = 15
SHOWN: Final = 150
_MARK: Final = 40
_WATCH: Final = """(() => {
  window.sounds = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...at) {
    window.sounds.push(performance.timeOrigin + performance.now());
    return start.apply(this, at);
  };
  const source = `onmessage = async ({ data }) => {
    const reader = data.getReader();
    let dark = false;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const corner = new Uint8Array(value.allocationSize({ rect: { x: 0, y: 0, width: 16, height: 16 } }));
      await value.copyTo(corner, { rect: { x: 0, y: 0, width: 16, height: 16 } });
      const at = performance.timeOrigin + performance.now();
      value.close();
      if (corner[0] < 100) dark = true;
      else if (dark && corner[0] > 180) { postMessage(at); dark = false; }
    }
  };`;
  const worker = new Worker(URL.createObjectURL(new Blob([source])));
  window.shown = [];
  worker.onmessage = ({ data }) => window.shown.push(data);
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wishes) => {
    const stream = await ask(wishes);
    const copy = stream.getVideoTracks()[0].clone();
    const pictures = new MediaStreamTrackProcessor({ track: copy }).readable;
    worker.postMessage(pictures, [pictures]);
    window.letGo = () => copy.stop();
    return stream;
  };
})()"""
_WEDGE: Final = """(digits) => {
  window.sounds = [];
  const press = (key, code) => (document.activeElement || document.body).dispatchEvent(
    new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true }));
  const first = performance.timeOrigin + performance.now();
  for (const digit of digits) press("Process", `Digit${digit}`);
  press("Enter", "Enter");
  return first;
}"""


def write_counter(path: Path, digits: str) -> Path:
    """Half a second of an empty counter, then the card with a white corner in the picture."""
    card = camera_picture(digits)
    empty = Image.new("RGB", card.size, (150, 140, 130))
    empty.paste((20, 20, 20), (0, 0, _MARK, _MARK))
    card.paste((255, 255, 255), (0, 0, _MARK, _MARK))
    path.write_bytes(_jpeg(empty) * EMPTY + _jpeg(card) * SHOWN)
    return path


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=92, subsampling="4:2:0")
    return out.getvalue()


def by_camera(tablet: Tablet, scans: int) -> list[float]:
    """Milliseconds from the picture with the card to the sound, for so many sales begun and left."""
    page, times = tablet.page, []
    for _ in range(scans):
        tablet.touch("Sale")
        tablet.digits("5")
        page.evaluate("() => { window.sounds = []; window.shown = []; }")
        tablet.touch("Scan the code")
        page.locator(".pays").wait_for()
        page.wait_for_function("() => window.shown.length > 0")
        times.append(page.evaluate("() => window.sounds[0] - window.shown[0]"))
        page.evaluate("() => window.letGo()")
        _leave(tablet)
    return times


def by_wedge(tablet: Tablet, served: Served, scans: int) -> list[float]:
    """Milliseconds from the scanner's first key to the sound."""
    page, times = tablet.page, []
    for _ in range(scans):
        tablet.touch("Sale")
        tablet.digits("5")
        first = page.evaluate(_WEDGE, served.code(1, KeyClass.CARD))
        page.locator(".pays").wait_for()
        times.append(page.evaluate("() => window.sounds[0]") - first)
        _leave(tablet)
    return times


def _leave(tablet: Tablet) -> None:
    tablet.button("Back").click()
    tablet.button("Back").click()
    tablet.page.locator(".tiles").wait_for()


def measure(playwright: Playwright, served: Served, video: Path, slower: int, scans: int) -> None:
    """Both scanners on one tablet, so much slower than this machine."""
    with chromium(playwright, "--autoplay-policy=no-user-gesture-required", video=video) as browser:
        # The watching worker is none of the page's own, which the till's policy would rightly forbid.
        page = browser.new_page(viewport=PHONE, bypass_csp=True)
        page.add_init_script(_WATCH)
        tablet = Tablet(page, served)
        tablet.enrol(f"M01S{slower}")
        brake(page, slower=slower)
        _print(f"camera, {slower} x slower", by_camera(tablet, scans))
        _print(f"hand scanner, {slower} x slower", by_wedge(tablet, served, scans))
        if tablet.errors:
            raise SystemExit(str(tablet.errors))


def _print(label: str, times: list[float]) -> None:
    print(
        f"  {label:26} p50 {statistics.median(times):5.0f} ms  p95 {high(times):5.0f} ms"
        f"  longest {max(times):5.0f} ms"
    )


def main() -> None:
    """Scan a hundred times each way, at full speed and slowed down."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--scans", type=int, default=100)
    scans = parser.parse_args().scans
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        database = Database(SqliteFiles(folder).copy_to(folder / "scan.db"))
        with serve(database, folder) as served:
            video = write_counter(folder / "card.mjpeg", served.code(1, KeyClass.CARD))
            print(f"\nfrom the code in sight to the till's sound, {scans} scans each")
            for slower in (1, SLOWER):
                measure(driver, served, video, slower, scans)
        database.close()


if __name__ == "__main__":
    main()
