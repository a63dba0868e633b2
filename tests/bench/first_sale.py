"""From the enrolment slip in the hand to the first real sale: the tablet measured, the person reckoned.

The script follows the printed slip (`tests/browser/slip.py`): scan it, set up, practise one sale, leave the
training, sell. The tablet runs on a fresh browser over the Fast 3G line at a quarter of this machine's speed, and
what it makes the owner wait is measured. What the owner takes is reckoned by the keystroke-level model, each figure
on the slow side:

- a press on the screen, finger moved and put down: 1.1 s, the model's pointing time; digits of the pad are presses
  too (Card, Moran and Newell, The Keystroke-Level Model, Communications of the ACM 23/7, 1980);
- making up one's mind before each key that is not the next digit of a number: 1.35 s (the same);
- reading: 4.0 characters a second. Adults read Chinese silently at 255 to 260 characters a minute, 4.3 a second
  (Trauzettel-Klosinski and Dietz, Standardized Assessment of Reading Performance, IOVS 53/9, 2012; Brysbaert, How
  many words do we read per minute, Journal of Memory and Language 109, 2019). Every sign of every screen that was
  not on an earlier screen is read, also those a person would skip. The slip is one page that was read before; steps
  1 to 5 are read once more while they are followed, and the last row reads every sign on the paper within the time;
- finding the camera, aiming at the slip and touching the address: 15 s, and 10 s for a customer who gets the phone
  out. These two are ours: no source was found for them.

python -m tests.bench.first_sale
"""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Playwright, sync_playwright

from kiosk.prints.enrolment_slip import STEPS
from ledger.database import Database
from tests.bench.slowing import FAST_3G, SLOWER, brake
from tests.browser.served import Served, serve
from tests.browser.slip import Owner, printed_slip
from tests.browser.tablet import PHONE, Tablet, chromium, zh
from tests.support.engines import SqliteFiles

RUNS: Final = 5
PRESS_S: Final = 1.1
DECIDE_S: Final = 1.35
SIGNS_A_SECOND: Final = 4.0
AIM_S: Final = 15.0
CUSTOMER_S: Final = 10.0
ADDRESS_BY_HAND: Final = "https://jifen.example.cn/till"
CODES_SIGNS: Final = 4 + 12


@dataclass
class Reader(Owner):
    """An owner who reads each line of each screen the first time it stands there."""

    read: set[str] = field(default_factory=set)
    signs: int = 0

    def look(self) -> None:
        """Count the signs of lines not seen before."""
        for line in self.tablet.page.locator("body").inner_text().splitlines():
            if line not in self.read:
                self.read.add(line)
                self.signs += len("".join(line.split()))


class Story(NamedTuple):
    """One run: seconds the tablet took, the steps, signs read on screens and on the slip."""

    machine_s: float
    steps: list[str]
    screen_signs: int
    slip_signs: int


def tell(playwright: Playwright, served: Served, run: int) -> Story:
    """Follow the slip once."""
    slip = printed_slip(served, f"M01B{run}")
    with chromium(playwright) as browser:
        page = browser.new_page(viewport=PHONE)
        brake(page, line=FAST_3G, slower=SLOWER)
        owner = Reader(Tablet(page, served), served)
        began = time.perf_counter()
        owner.set_up(slip)
        owner.practise()
        owner.leave()
        figures = owner.first_sale()
        took = time.perf_counter() - began
        if figures["word"] != zh("Done") or owner.tablet.errors:
            raise SystemExit(f"{figures} {owner.tablet.errors}")
    return Story(took, owner.steps, owner.signs, len("".join(slip.words.split())))


def main() -> None:
    """Follow the slip a few times and print the sum of its parts."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        database = Database(SqliteFiles(folder).copy_to(folder / "first.db"))
        with serve(database, folder) as served:
            stories = [tell(driver, served, run) for run in range(RUNS)]
        database.close()
    story = stories[0]
    scans = sum(step.startswith("scan") for step in story.steps)
    digits = sum(step.startswith("digit") for step in story.steps)
    presses = len(story.steps) - scans
    machine_s = statistics.median(one.machine_s for one in stories)
    again = sum(len(zh(step)) for step in STEPS[:5])
    parts = {
        f"steps 1 to 5 read again, {again} signs": again / SIGNS_A_SECOND,
        f"the screens read, {story.screen_signs} signs": story.screen_signs / SIGNS_A_SECOND,
        f"{presses} presses, {digits} of them digits": presses * PRESS_S,
        f"{len(story.steps) - digits} decisions": (len(story.steps) - digits) * DECIDE_S,
        "camera on the slip; customer's code": AIM_S + CUSTOMER_S,
        f"the tablet, {FAST_3G.name}, {SLOWER} x slower": machine_s,
    }
    by_hand = (len(ADDRESS_BY_HAND) + CODES_SIGNS) * PRESS_S
    print(
        f"\nfrom the slip in the hand to the first real sale, {len(story.steps)} steps, {RUNS} runs"
    )
    for label, seconds in parts.items():
        print(f"  {label:44} {seconds:6.1f} s")
    whole = sum(parts.values())
    print(f"  {'together':44} {whole:6.1f} s")
    print(f"  {'address and codes typed instead of scanned':44} {whole - AIM_S + by_hand:6.1f} s")
    unread = (story.slip_signs - again) / SIGNS_A_SECOND
    print(
        f"  {f'scanned, all {story.slip_signs} signs of the slip read first':44} {whole + unread:6.1f} s"
    )


if __name__ == "__main__":
    main()
