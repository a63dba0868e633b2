"""How fast a code is read: from getUserMedia to a verified token, in a browser that has loaded no decoder yet.

python -m tests.bench.camera
"""

from __future__ import annotations

import logging
import statistics
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Playwright, sync_playwright

from ledger.database import Database
from ledger.token_keys import KeyClass
from tests.browser.served import Served, serve
from tests.browser.tablet import PHONE, Tablet, chromium, write_video
from tests.support.engines import SqliteFiles

RUNS: Final = 11
# The page fetches the decoder while the clerk types; here its bytes are held back until the camera is asked for.
_COLD: Final = """(() => {
  let release;
  const started = new Promise((resolve) => { release = resolve; });
  const mark = performance.mark.bind(performance);
  performance.mark = (name, options) => { if (name === "scan-start") release(); return mark(name, options); };
  const fetched = window.fetch;
  window.fetch = async (...call) => {
    if (String(call[0]).endsWith(".wasm")) await started;
    return fetched(...call);
  };
})()"""
_MOMENTS: Final = """["scan-start", "scan-frame", "scan-verified"]
  .map((name) => performance.getEntriesByName(name)[0].startTime)"""


class Scan(NamedTuple):
    """Milliseconds until the code was believed, from two starting points."""

    from_camera: float
    from_frame: float


def measure(playwright: Playwright, served: Served, video: Path, run: int) -> Scan:
    """One scan in a browser of its own."""
    with chromium(playwright, video=video) as browser:
        page = browser.new_page(viewport=PHONE)
        page.add_init_script(_COLD)
        tablet = Tablet(page, served)
        tablet.enrol(f"M01S{run}")
        tablet.touch("Sale")
        tablet.digits("5")
        tablet.touch("Scan the code")
        page.locator(".pays").wait_for()
        start, frame, verified = page.evaluate(_MOMENTS)
    return Scan(verified - start, verified - frame)


def main() -> None:
    """Scan in fresh browsers and print the medians."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        database = Database(SqliteFiles(folder).copy_to(folder / "camera.db"))
        with serve(database, folder) as served:
            video = write_video(folder / "card.mjpeg", served.code(1, KeyClass.CARD))
            scans = [measure(driver, served, video, run) for run in range(RUNS)]
        database.close()
    print(f"\ncamera in Chromium, cold decoder, {RUNS} browsers")
    for label, times in (
        ("getUserMedia to verified token", [scan.from_camera for scan in scans]),
        ("first frame to verified token", [scan.from_frame for scan in scans]),
    ):
        print(
            f"  {label:32} median {statistics.median(times):6.0f} ms  longest {max(times):6.0f} ms"
        )


if __name__ == "__main__":
    main()
