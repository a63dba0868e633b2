"""A shop's day behind a cut line: sold by the screens, killed in the middle, uploaded through a bad line, closed."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from playwright.sync_api import BrowserContext, Error

from ledger.sql import Sql
from ledger.token_keys import KeyClass
from tests.browser.served import Served
from tests.browser.tablet import Tablet, zh
from tests.support.cable import Cable, Noise
from tests.support.foreign import SAMPLES
from tests.support.town import HERE

NOISE: Final = Noise(swallow=12, twice=12, late=8, stalled=10, drop=4)
UPLOADS: Final = (b"/api/v1/sales", b"/api/v1/refunds")
FIRST: Final = ("swallow", "twice", "stalled", "through", "late", "drop")
"""So every kind of bad line is met on any day."""
POINTS_UNITS: Final = 4_000
"""What a sale with points takes: 40 points, 2.00 yuan."""
_STEP_UNITS: Final = 2_000
_EVERY: Final = 7
"""Every seventh sale takes points, for as long as the cards' limits reach."""
_TIMES: Final = 2
"""So often each person's card takes points in the day without network: 80 of the 100 points it may."""
_MINUTE_MS, _HOUR_MS, _DAY_MS = 60_000, 3_600_000, 86_400_000
_SALES: Final = Sql(
    "SELECT ref, total_fen, offset_units, offset_fen FROM sale WHERE community_id = :community_id ORDER BY ref"
)
_REFUNDS: Final = Sql(
    "SELECT ref, goods_fen, offset_fen FROM refund WHERE community_id = :community_id"
)
_CLAIMS: Final = Sql("SELECT ref, kind, fen FROM claim WHERE community_id = :community_id")
_BATCHES: Final = Sql(
    "SELECT batch_no, line_count, outcome FROM claim_batch WHERE community_id = :community_id"
)
_KEY: Final = Sql(
    "SELECT public_jwk FROM terminal WHERE community_id = :community_id AND code = 'M01A1'"
)
_SKEW: Final = """(() => {
  window.skew_ms = Number(localStorage.getItem("skew") || "0");
  const Real = Date;
  window.Date = class extends Real {
    constructor(...given) { given.length === 0 ? super(Real.now() + window.skew_ms) : super(...given); }
    static now() { return Real.now() + window.skew_ms; }
  };
})()"""
_SET_CLOCK: Final = (
    "(skew) => { window.skew_ms = skew; localStorage.setItem('skew', String(skew)); }"
)
_FORGET_QUEUE: Final = """() => new Promise((resolve) => {
  const opening = indexedDB.open("jifen-till");
  opening.onsuccess = () => {
    const tx = opening.result.transaction("outbox", "readwrite");
    tx.objectStore("outbox").clear();
    tx.oncomplete = () => { opening.result.close(); resolve(); };
  };
})"""


class Sold(NamedTuple):
    """A sale as the clerk keyed it in: fen and units."""

    total_fen: int
    units: int


@dataclass
class Day:
    """What was sold by hand and what came of it."""

    sold: list[Sold] = field(default_factory=list)
    booked: list[Sold] = field(default_factory=list)
    counters: list[int] = field(default_factory=list)
    refunds: list[int] = field(default_factory=list)
    """Totals in fen."""
    claims: list[tuple[str, str, int]] = field(default_factory=list)
    due: list[tuple[str, str, int]] = field(default_factory=list)
    """What the claims have to say: receipt, kind and fen of everything points took off."""
    batches: list[tuple[int, int, str]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    signed: list[dict[str, Any]] = field(default_factory=list)
    """The tablet's signed day file, as it lies there."""
    key: str = ""
    """The tablet's public key as the server knows it."""
    waiting: int = 0
    """So many waited when the day could not be closed."""
    kills: int = 0
    treated: Counter[str] = field(default_factory=Counter)
    """How many uploads met what on the line."""
    delivered: list[int] = field(default_factory=list)
    """Slip numbers in the order in which the server got them."""


class Shop:
    """One tablet of a shop; a killed tab is opened again where it was."""

    def __init__(
        self, context: BrowserContext, served: Served, cable: Cable, *, queue_is_kept: bool = True
    ) -> None:
        """Enrol, and stay on the line until everything for the time without it is there.

        Without `queue_is_kept` the tablet's queue dies with its tab, as one in memory alone would.
        """
        context.add_init_script(_SKEW)
        self.context, self.served, self.cable = context, served, cable
        self.queue_is_kept = queue_is_kept
        self.errors: list[str] = []
        self.tablet = self._tab()
        self.tablet.enrol()
        self.tablet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.reopen(0)
        self.tablet.page.locator(".connection.good").wait_for()

    def reopen(self, skew_ms: int) -> None:
        """The tab is opened again, with the tablet's clock that much off."""
        self.set_clock(skew_ms)
        self.tablet.page.goto(f"{self.cable.url}/till")
        self.tablet.page.locator(".tiles").wait_for()

    def set_clock(self, skew_ms: int) -> None:
        """Somebody sets the tablet's clock while the till is open."""
        self.tablet.page.evaluate(_SET_CLOCK, skew_ms)

    def kill(self) -> None:
        """The process behind the tab dies; then the shop opens the till anew."""
        dead = self.tablet.page
        # The call itself fails: that is what was asked for.
        with contextlib.suppress(Error):
            dead.goto("chrome://crash", timeout=5_000)
        self.errors += self.tablet.errors
        self.tablet = self._tab()
        dead.close()
        page = self.tablet.page
        page.goto(f"{self.cable.url}/till")
        page.locator(".tiles").wait_for()
        if not self.queue_is_kept:
            page.evaluate(_FORGET_QUEUE)
            page.reload()
            page.locator(".tiles").wait_for()

    def look_up(self, person: int, fen: int, *, wrong: str = "") -> None:
        """Amount and card up to the confirmation; `wrong` is held up first."""
        tablet = self.tablet
        tablet.touch("Sale")
        tablet.digits(f"{fen // 100}")
        if wrong:
            tablet.wedge(wrong)
            tablet.page.locator(".notice.failed").wait_for()
        tablet.wedge(self.served.code(person, KeyClass.CARD))
        tablet.page.locator(".pays").wait_for()

    def take_points(self, units: int) -> None:
        """Step the points up."""
        for _ in range(units // _STEP_UNITS):
            self.tablet.button("More points").click()

    def finish(self, word: str) -> None:
        """The last key; the result bears `word`, at once or when the answer comes; then home."""
        self.tablet.confirm()
        self.tablet.page.locator(".result .word", has_text=zh(word)).wait_for()
        self.tablet.touch("Home")

    def _tab(self) -> Tablet:
        return Tablet(self.context.new_page(), self.served, origin=self.cable.url)


def live(shop: Shop, sales: int, people: int) -> Day:
    """Sell twice in the morning, then without network, killed and with wrong clocks; upload and close."""
    day = Day()
    _morning(shop, day)
    shop.cable.state = "cut"
    _undo_the_first(shop)
    clocks = {
        sales // 5: (shop.set_clock, 20 * _MINUTE_MS),
        sales // 4: (shop.set_clock, 0),
        sales // 2: (shop.reopen, -5 * _HOUR_MS),
        2 * sales // 3: (shop.reopen, -365 * _DAY_MS),
        5 * sales // 6: (shop.set_clock, 2 * _HOUR_MS),
    }
    kills = {sales // 3: "before the last key", 3 * sales // 4: "on the last key"}
    foreign = [text for text, _, _ in SAMPLES.values()]
    for number in range(2, sales):
        if number in clocks:
            set_clock, skew_ms = clocks[number]
            set_clock(skew_ms)
        turn = number // _EVERY
        pays_points = number % _EVERY == 3 and turn < people * _TIMES
        sold = Sold(100 * (10 + number % 40), POINTS_UNITS if pays_points else 0)
        person = 1 + (turn if pays_points else number) % people
        wrong = foreign[turn % len(foreign)] if number % _EVERY == 5 else ""
        _sell(shop, day, person, sold, wrong=wrong, kill=kills.get(number, ""))
    day.waiting = _cannot_close(shop)
    _upload(shop, day)
    _close(shop)
    return _look(shop, day)


def _morning(shop: Shop, day: Day) -> None:
    for person, units in ((1, 0), (2, POINTS_UNITS)):
        shop.look_up(person, 3_000)
        tablet = shop.tablet
        tablet.offset_to(units // 100)
        shop.finish("Done")
        day.sold.append(Sold(3_000, units))


def _undo_the_first(shop: Shop) -> None:
    tablet = shop.tablet
    tablet.touch("Today")
    tablet.page.locator(".lines button").last.click()
    tablet.touch("Undo this sale")
    tablet.touch("The customer does not buy")
    assert tablet.result()["word"] == zh("Waiting")
    tablet.page.locator("button.main").click()


def _sell(shop: Shop, day: Day, person: int, sold: Sold, *, wrong: str, kill: str) -> None:
    def start(held_up: str) -> None:
        shop.look_up(person, sold.total_fen, wrong=held_up)
        shop.take_points(sold.units)

    start(wrong)
    if not kill:
        shop.finish("Provisional")
    else:
        before = len(shop.tablet.daybook())
        if kill == "on the last key":
            shop.tablet.page.locator("button.main").evaluate("(button) => button.click()")
        shop.kill()
        day.kills += 1
        if len(shop.tablet.daybook()) == before:
            # Nothing of it is there, so no slip was printed: the clerk makes the sale again.
            start("")
            shop.finish("Provisional")
    day.sold.append(sold)


def _cannot_close(shop: Shop) -> int:
    tablet = shop.tablet
    tablet.touch("Close the day")
    tablet.confirm()
    assert tablet.result()["word"] == zh("Not yet")
    waiting: int = tablet.page.evaluate(_COUNT_WAITING)
    assert str(waiting) in tablet.page.locator(".result").inner_text()
    tablet.button("Back").click()
    return waiting


def _upload(shop: Shop, day: Day) -> None:
    """Through the bad line, killed once more in the middle of it."""
    cable = shop.cable
    cable.noise, cable.noisy_paths, cable.state = NOISE, UPLOADS, "open"
    _upload_until(shop, day.waiting // 2)
    shop.kill()
    day.kills += 1
    _upload_until(shop, 0)
    cable.deliver_late()
    cable.noise = Noise()
    shop.tablet.page.locator(".connection.good").wait_for()
    day.treated, day.delivered = Counter(cable.done), list(cable.delivered)


def _upload_until(shop: Shop, most: int) -> None:
    page = shop.tablet.page
    for _ in range(600):
        if page.evaluate(_COUNT_WAITING) <= most:
            return
        page.evaluate("window.dispatchEvent(new Event('online'))")
        page.wait_for_timeout(200)
        again = shop.tablet.button("Try again now")
        if again.count():
            again.click()
    raise AssertionError("the queue does not empty")


def _close(shop: Shop) -> None:
    """The answer to the claim is lost; the till asks again by itself."""
    cable, tablet = shop.cable, shop.tablet
    cable.noisy_paths, cable.noise = (b"/api/v1/claims",), Noise(swallow=100)
    tablet.touch("Close the day")
    tablet.page.locator(".slip").first.wait_for()
    tablet.confirm()
    tablet.page.locator(".result").first.wait_for()
    assert tablet.page.locator(".result .word").all_inner_texts() == [zh("Waiting")]
    cable.noise = Noise()
    _upload_until(shop, 0)


def _look(shop: Shop, day: Day) -> Day:
    tablet = shop.tablet
    day.lines = tablet.daybook()
    day.signed = tablet.signed()
    shop.errors += tablet.errors
    with shop.served.town.db.read() as tx:
        sales = tx.all(_SALES, community_id=HERE)
        refunds = tx.all(_REFUNDS, community_id=HERE)
        day.claims = [(row.ref, row.kind, row.fen) for row in tx.all(_CLAIMS, community_id=HERE)]
        day.batches = [tuple(row) for row in tx.all(_BATCHES, community_id=HERE)]
        day.key = str(tx.get(_KEY, community_id=HERE).public_jwk)
    day.booked = [Sold(row.total_fen, row.offset_units) for row in sales]
    day.refunds = [int(row.goods_fen) for row in refunds]
    day.counters = sorted(int(row.ref.split("-")[2]) for row in [*sales, *refunds])
    day.due = [(row.ref, "sale", row.offset_fen) for row in sales if row.offset_fen]
    day.due += [(row.ref, "refund", -row.offset_fen) for row in refunds if row.offset_fen]
    return day


def repeated(numbers: list[int]) -> int:
    """How many uploads the server got again."""
    return sum(times - 1 for times in Counter(numbers).values())


def out_of_order(numbers: list[int]) -> int:
    """How many uploads came for the first time behind a later one."""
    first = list(dict.fromkeys(numbers))
    return sum(number < max(first[:at], default=0) for at, number in enumerate(first))


_COUNT_WAITING: Final = """() => new Promise((resolve) => {
  const opening = indexedDB.open("jifen-till");
  opening.onsuccess = () => {
    const counting = opening.result.transaction("outbox").objectStore("outbox").count();
    counting.onsuccess = () => { opening.result.close(); resolve(counting.result); };
  };
})"""
