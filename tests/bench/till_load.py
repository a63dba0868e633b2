"""How soon the till can be used: the first load over a weak line on a slow tablet, and later loads without network.

The first load is what an owner waits for with the slip in the hand: a browser that was never here, the page, its
script and style, the set-up form painted and its field taking letters. The later load is a shop's morning: the
enrolled till with its clerk, from the press of reload to the tiles painted and one of them answering a touch, where
the network is down, and where it takes every question and says nothing.

python -m tests.bench.till_load
"""

from __future__ import annotations

import logging
import socket
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Playwright, sync_playwright

from ledger.database import Database
from tests.bench.slowing import FAST_3G, LINE_3G, SLOWER, Line, brake
from tests.browser.served import Served, serve
from tests.browser.tablet import PHONE, Tablet, chromium
from tests.support.engines import SqliteFiles

RUNS: Final = 7
# Since the navigation began: when the piece stood on the screen, one whole picture later.
_PAINTED: Final = """() => {
  const look = () => {
    if (!document.querySelector("WANTED")) return requestAnimationFrame(look);
    requestAnimationFrame(() => { const ticks = new MessageChannel();
      ticks.port1.onmessage = () => { window.usable = performance.now(); };
      ticks.port2.postMessage(0); });
  };
  requestAnimationFrame(look);
}"""


def painted(wanted: str) -> str:
    """A script that notes when `wanted` was painted and the page was free again."""
    return f"({_PAINTED.replace('WANTED', wanted)})()"


_BYTES: Final = """() => [performance.getEntriesByType("navigation")[0], ...performance.getEntriesByType("resource")]
  .filter((one) => !one.name.endsWith(".wasm") && one.startTime < window.usable)
  .reduce((sum, one) => sum + one.encodedBodySize, 0)"""


class Load(NamedTuple):
    """One first load: milliseconds, and the packed bytes it took without the code reader."""

    usable_ms: float
    packed_bytes: int


def first_load(playwright: Playwright, served: Served, line: Line, slower: int) -> Load:
    """Until a browser that was never here shows the set-up form."""
    with chromium(playwright) as browser:
        page = browser.new_page(viewport=PHONE)
        page.add_init_script(painted("form input"))
        brake(page, line=line, slower=slower)
        page.goto(f"{served.url}/till", wait_until="commit")
        page.wait_for_function("() => window.usable")
        load = Load(page.evaluate("() => window.usable"), page.evaluate(_BYTES))
        # It takes letters, or it is not usable.
        page.locator("input").first.fill("CA01")
    return load


def later_loads(
    playwright: Playwright, served: Served, slower: int, *, silent: bool
) -> list[float]:
    """Milliseconds from reload to the painted tiles of a till whose server is away, several times."""
    times = []
    with chromium(playwright) as browser:
        page = browser.new_page(viewport=PHONE)
        tablet = Tablet(page, served)
        tablet.enrol(f"M01L{slower}{int(silent)}")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.reload()
        page.wait_for_function("navigator.serviceWorker.controller !== null")
        page.locator(".tiles").wait_for()
        page.add_init_script(painted(".tiles"))
        brake(page, slower=slower)
        served.stop()
        with _silence(served.port) if silent else _nothing():
            for _ in range(RUNS):
                page.reload(wait_until="commit")
                page.wait_for_function("() => window.usable")
                times.append(page.evaluate("() => window.usable"))
                tablet.button("Sale").click()
                page.locator(".pad").wait_for()
        served.listen()
    return times


@contextmanager
def _silence(port: int) -> Iterator[None]:
    """A server at the address that takes every call and never answers one."""
    with socket.create_server(("127.0.0.1", port), backlog=128):
        yield


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def main() -> None:
    """Load in fresh browsers and print the medians."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        database = Database(SqliteFiles(folder).copy_to(folder / "till.db"))
        with serve(database, folder) as served:
            print(f"\nfirst load, fresh browser, to the set-up form painted, {RUNS} browsers each")
            for line in (FAST_3G, LINE_3G):
                for slower in (1, SLOWER):
                    loads = [first_load(driver, served, line, slower) for _ in range(RUNS)]
                    _print(f"{line.name}, {slower} x slower", [load.usable_ms for load in loads])
            print(
                f"  packed bytes before the code reader  {max(load.packed_bytes for load in loads)}"
            )
            print(f"\nload again without network, to the tiles painted, {RUNS} loads each")
            for silent in (False, True):
                for slower in (1, SLOWER):
                    times = later_loads(driver, served, slower, silent=silent)
                    _print(f"network {'silent' if silent else 'down'}, {slower} x slower", times)
        database.close()


def _print(label: str, times: list[float]) -> None:
    print(f"  {label:36} median {statistics.median(times):6.0f} ms  longest {max(times):6.0f} ms")


if __name__ == "__main__":
    main()
