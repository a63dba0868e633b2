"""A till whose line is cut or goes silent: it goes on by itself, lets points go within its limits, and comes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright

from ledger.audit import SYSTEM, By
from ledger.members import cards, keys
from ledger.offline.shops import decide_shop
from ledger.sql import Sql
from ledger.token_keys import KeyClass
from tests.browser.served import Served
from tests.browser.tablet import PHONE, Tablet, chromium, zh
from tests.support.cable import Cable
from tests.support.town import HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_SALES = Sql(
    "SELECT ref, offset_units, total_fen FROM sale WHERE community_id = :community_id ORDER BY ref"
)
_OWED = Sql("SELECT state, lacked_units FROM offline_sale WHERE community_id = :community_id")


@pytest.fixture
def cable(served: Served) -> Iterator[Cable]:
    """The line between the tablet and the served town."""
    with Cable(served.port) as found:
        yield found


@pytest.fixture(autouse=True)
def with_a_key_for_lists(served: Served) -> None:
    """The community's keys, that for the list of cards among them."""
    served.town.db.write(
        lambda tx: keys.renew_keys(tx, served.town.vault, HERE, at=served.now(), by=0)
    )


def allow(served: Served, units: int = 30_000) -> None:
    """The office lets the shop's tills take points without network."""
    served.town.db.write(
        lambda tx: decide_shop(
            tx, HERE, 1, units, why="网络常断", by=By("staff", 1), at=served.now()
        )
    )


def till_at(browser: Browser, served: Served, cable: Cable) -> Tablet:
    """A till on the line, kept for the time without network."""
    context = browser.new_context(viewport=PHONE)
    tablet = Tablet(context.new_page(), served, origin=cable.url)
    tablet.enrol()
    tablet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    tablet.page.reload()
    tablet.page.locator(".connection.good").wait_for()
    return tablet


def look_at(tablet: Tablet, served: Served, person: int, yuan: str = "50") -> None:
    """Type an amount and scan the person's printed card, up to the confirmation."""
    tablet.digits(yuan)
    tablet.wedge(served.code(person, KeyClass.CARD))
    tablet.page.locator(".pays, .result").first.wait_for()


def synced(tablet: Tablet, before: str = "") -> str:
    """Wait until the tablet has another list of cards than `before`; gives its version."""
    for _ in range(300):
        version: str = tablet.page.evaluate(_CARDS_VERSION)
        if version != before:
            return version
        tablet.page.wait_for_timeout(100)
    raise AssertionError("no list of cards came")


def use_all_points(tablet: Tablet) -> None:
    """Step the points up to the most that the till lets go."""
    while tablet.button("More points").is_enabled():
        tablet.button("More points").click()


def test_a_silent_line_keeps_nobody_waiting_long_and_comes_back_by_itself(
    playwright: Playwright, served: Served, cable: Cable
) -> None:
    with chromium(playwright) as browser:
        tablet = till_at(browser, served, cable)
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.wedge(served.code(1))
        tablet.page.locator(".pays").wait_for()
        cable.state = "silent"
        tablet.confirm()
        assert tablet.result()["word"] == zh("Waiting")
        assert zh("Offline") in tablet.page.locator(".connection").inner_text()
        cable.state = "open"
        # The same screen turns to done when the answer comes; nobody confirms anything twice.
        tablet.page.locator(".result.done").wait_for(timeout=40_000)
        tablet.page.locator(".connection.good").wait_for()
        assert tablet.errors == []
    with served.town.db.read() as tx:
        assert len(tx.all(_SALES, community_id=HERE)) == 1


def test_points_go_without_network_within_the_limits_and_are_confirmed_later(
    playwright: Playwright, served: Served, cable: Cable
) -> None:
    allow(served)
    with chromium(playwright) as browser:
        tablet = till_at(browser, served, cable)
        synced(tablet)
        cable.state = "cut"
        tablet.touch("Sale")
        look_at(tablet, served, 1)
        assert "100 分" in tablet.notice()
        use_all_points(tablet)
        tablet.confirm()
        assert tablet.result() == {
            "word": zh("Provisional"),
            "顾客应付": "45.00 元",
            "消费金额": "50.00 元",
            "积分抵扣": "100 分 = 5.00 元",
        }
        tablet.touch("Receipt")
        slip = tablet.page.locator(".slip").inner_text()
        for words in (zh("Provisional"), "100 分 = 5.00 元", "M01A1-260302-00001"):
            assert words in slip
        tablet.touch("Back")
        tablet.touch("Next sale")
        look_at(tablet, served, 1)
        both = tablet.notice()
        assert zh("For the customer:") in both
        assert zh("For you:") in both
        assert tablet.button("More points").count() == 0
        tablet.confirm()
        assert tablet.result()["顾客应付"] == "50.00 元"
        tablet.touch("Home")
        cable.state = "open"
        tablet.page.locator(".connection.good").wait_for(timeout=40_000)
        assert [(line["state"], line["offset_units"]) for line in tablet.daybook()] == [
            ("booked", 10_000),
            ("booked", 0),
        ]
        assert tablet.errors == []
    with served.town.db.read() as tx:
        sales = [(row.total_fen, row.offset_units) for row in tx.all(_SALES, community_id=HERE)]
        kept = [(row.state, row.lacked_units) for row in tx.all(_OWED, community_id=HERE)]
    assert sales == [(5_000, 10_000), (5_000, 0)]
    assert kept == [("booked", 0), ("booked", 0)]


def test_the_till_lets_go_no_more_than_its_escrow_whoever_comes(
    playwright: Playwright, served: Served, cable: Cable
) -> None:
    allow(served, 16_000)
    with chromium(playwright) as browser:
        tablet = till_at(browser, served, cable)
        synced(tablet)
        cable.state = "cut"
        for person, units in ((1, 100), (2, 60)):
            tablet.touch("Sale")
            look_at(tablet, served, person)
            use_all_points(tablet)
            tablet.confirm()
            assert tablet.result()["积分抵扣"].startswith(f"{units} 分")
            tablet.touch("Home")
        tablet.touch("Sale")
        look_at(tablet, served, 3)
        assert tablet.button("More points").count() == 0


def test_a_lost_card_is_refused_without_network_after_one_sync(
    playwright: Playwright, served: Served, cable: Cable
) -> None:
    allow(served)
    with chromium(playwright) as browser:
        tablet = till_at(browser, served, cable)
        before = synced(tablet)
        served.town.db.write(
            lambda tx: cards.set_state(tx, HERE, 1, "lost", by=SYSTEM, at=served.now())
        )
        tablet.page.reload()
        synced(tablet, before)
        cable.state = "cut"
        tablet.page.locator(".tiles").wait_for()
        tablet.touch("Sale")
        look_at(tablet, served, 1)
        assert tablet.result()["word"] == zh("Not booked")
        both = tablet.notice()
        assert (
            zh(
                "This card is no longer in use. Please ask at the community office; your points are safe."
            )
            in both
        )
        assert tablet.daybook() == []


def test_a_shop_nobody_decided_on_earns_without_network_and_takes_no_points(
    playwright: Playwright, served: Served, cable: Cable
) -> None:
    with chromium(playwright) as browser:
        tablet = till_at(browser, served, cable)
        synced(tablet)
        cable.state = "cut"
        tablet.touch("Sale")
        look_at(tablet, served, 1)
        assert (
            zh(
                "This shop takes no points without network. Take the full price; the community office can allow it."
            )
            in tablet.notice()
        )
        tablet.confirm()
        assert tablet.result()["word"] == zh("Provisional")
        cable.state = "open"
        tablet.page.locator(".result.done").wait_for(timeout=40_000)
        assert tablet.result()["本次积分"].startswith("50 分")


_CARDS_VERSION = """() => new Promise((resolve) => {
  const opening = indexedDB.open("jifen-till");
  opening.onsuccess = () => {
    const reading = opening.result.transaction("meta").objectStore("meta").get("cards");
    reading.onsuccess = () => { opening.result.close(); resolve(reading.result ? reading.result.version : ""); };
  };
})"""
