"""Forty sales in an hour's tempo: how often a clerk touches the tablet for each, and what the tablet itself takes.

Ninety seconds lie between two sales, in the tablet's time and in the server's, both set forward together. Half the
customers are read by the camera (a printed card), half by a hand scanner (the code of a phone). The sums and whether
the customer wants points off are drawn from a printed number. A listener of the bench's own counts the presses,
digits of the pad apart; nothing else is pressed for the clerk.

python -m tests.bench.forty
"""

from __future__ import annotations

import logging
import random
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Playwright, sync_playwright

from ledger.database import Database
from ledger.sql import Sql
from ledger.token_keys import KeyClass
from tests.browser.served import PIN, Served, serve
from tests.browser.tablet import PHONE, Tablet, chromium, write_video, zh
from tests.support.engines import SqliteFiles
from tests.support.town import HERE

SALES: Final = 40
TEMPO_S: Final = 90
PEOPLE: Final = 21
SEED: Final = 40_090
_COUNT: Final = """(() => {
  window.presses = { touches: 0, digits: 0 };
  document.addEventListener("click", (event) => {
    const key = event.target.closest("button, label, a");
    if (!event.isTrusted || !key) return;
    window.presses[key.closest(".pad") ? "digits" : "touches"] += 1;
  }, { capture: true });
})()"""
_BOOKED: Final = Sql("SELECT count(*) AS n FROM sale WHERE community_id = :community_id")


class Sold(NamedTuple):
    """One sale: how read, presses, and the tablet's own time from the code in sight to the result."""

    way: str
    touches: int
    digits: int
    machine_s: float


def sell(tablet: Tablet, served: Served, amount: str, *, person: int, last: bool) -> Sold:
    """One sale from the screen the last one left; the tenth of them end at the home screen instead."""
    page = tablet.page
    way = "camera" if person == 1 else "hand scanner"
    page.evaluate("() => { window.presses = { touches: 0, digits: 0 }; }")
    tablet.button("Sale" if tablet.button("Sale").count() else "Next sale").click()
    tablet.digits(amount)
    began = time.perf_counter()
    if way == "camera":
        tablet.button("Scan the code").click()
    else:
        tablet.wedge(served.code(person))
    page.locator(".pays").wait_for()
    page.locator("button.main").click()
    page.locator(".result, .secret").first.wait_for()
    if page.locator(".secret").count():
        tablet.digits(PIN)
    if tablet.result()["word"] != zh("Done"):
        raise SystemExit(page.locator("main").inner_text())
    took = time.perf_counter() - began
    presses = page.evaluate("() => window.presses")
    if last:
        tablet.button("Home").click()
    return Sold(way, presses["touches"], presses["digits"], took)


def hour(playwright: Playwright, served: Served, video: Path) -> list[Sold]:
    """The forty sales of one tablet, its clerk already signed in."""
    chance, sold = random.Random(SEED), []
    with chromium(playwright, video=video) as browser:
        page = browser.new_page(viewport=PHONE)
        page.clock.install()
        page.add_init_script(_COUNT)
        tablet = Tablet(page, served)
        tablet.enrol("M01F1")
        for number in range(SALES):
            person = 1 if number % 2 else 2 + number // 2
            amount = f"{chance.randint(3, 89)}.{chance.randint(0, 9)}"
            sold.append(sell(tablet, served, amount, person=person, last=chance.random() < 0.1))
            served.began -= TEMPO_S
            page.clock.fast_forward(TEMPO_S * 1_000)
        if tablet.errors:
            raise SystemExit(str(tablet.errors))
    return sold


def main() -> None:
    """Sell for an hour and print the presses by the way the code was read."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        database = Database(SqliteFiles(folder).copy_to(folder / "forty.db"))
        with serve(database, folder, people=PEOPLE) as served:
            video = write_video(folder / "card.mjpeg", served.code(1, KeyClass.CARD))
            began = served.now()
            sold = hour(driver, served, video)
            minutes = (served.now() - began) / 60_000_000
            with database.read() as tx:
                booked = tx.get(_BOOKED, community_id=HERE).n
        database.close()
    print(
        f"\n{len(sold)} sales in {minutes:.0f} minutes of the shop's time, {booked} booked, number {SEED}"
    )
    for way in ("camera", "hand scanner"):
        mine = [one for one in sold if one.way == way]
        touches = ", ".join(
            f"{times} x {count}"
            for count, times in sorted(Counter(one.touches for one in mine).items())
        )
        machine = [one.machine_s for one in mine]
        print(
            f"  {way:13} touches a sale: {touches}; digits at most {max(one.digits for one in mine)};"
            f" code to result median {statistics.median(machine):.2f} s, longest {max(machine):.2f} s"
        )
    if booked != SALES:
        raise SystemExit("not every sale was booked")


if __name__ == "__main__":
    main()
