"""The points supermarket's counter: code, goods, PIN, slip, against the real server."""

from __future__ import annotations

import pytest
from playwright.sync_api import Playwright
from sqlalchemy import select, update

from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.sql import Sql
from ledger.stock.tables import good, good_price
from ledger.token_keys import KeyClass
from tests.browser.served import Served
from tests.browser.tablet import Tablet, chromium, zh
from tests.support.town import CIVIC, HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_STOCK = Sql("SELECT code, stock FROM good WHERE community_id = :community_id ORDER BY code")


def test_goods_are_handed_out_for_points_with_pin_and_slip(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport={"width": 768, "height": 1024}), served)
        tablet.enrol("M01C1", "counter")
        tablet.touch("Redeem goods")
        tablet.wedge(served.code(1, KeyClass.CARD))
        tablet.page.locator(".shelf li").first.wait_for()
        tablet.touch("One {good} more", good="鸡蛋(袋)")
        tablet.touch("One {good} more", good="香皂")
        tablet.touch("One {good} more", good="香皂")
        tablet.confirm()
        tablet.pin()
        assert tablet.result() == {
            "word": zh("Done"),
            zh("Points used"): "350 分",
            zh("Points left"): "1650 分",
        }
        tablet.touch("Receipt")
        assert "香皂 x 2" in tablet.page.locator(".slip").inner_text()
        tablet.touch("Back")
        tablet.touch("Passbook")
        tablet.page.locator(".passbook").wait_for()
        lines = tablet.page.locator(".passbook tbody tr").all_inner_texts()
        assert [line.split("\t")[4] for line in lines] == ["2000", "1650"]
        assert tablet.errors == []
    with served.town.db.read() as tx:
        assert [(row.code, row.stock) for row in tx.all(_STOCK, community_id=HERE)] == [
            ("R11", 11),
            ("R14", 28),
        ]


def test_fifteen_points_buy_slippers_and_eggs_in_one_touch(
    playwright: Playwright, served: Served
) -> None:
    """The person with 15 points: both are proposed together, and what is out of reach says by how much."""
    _price({"R11": 500, "R14": 1_000}, served, spare_units=198_500)
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport={"width": 768, "height": 1024}), served)
        tablet.enrol("M01C1", "counter")
        tablet.touch("Redeem goods")
        tablet.wedge(served.code(1, KeyClass.CARD))
        together = tablet.page.locator(".together")
        assert "鸡蛋(袋) + 香皂" in together.inner_text()
        tablet.page.get_by_role("textbox").fill("xz")
        assert tablet.page.locator(".shelf strong").all_inner_texts() == ["香皂"]
        tablet.page.get_by_role("textbox").fill("")
        together.click()
        tablet.confirm()
        assert tablet.result()[zh("Points left")] == "0 分"
        assert tablet.errors == []


def test_a_neighbour_collects_an_order_and_brings_it_back(
    playwright: Playwright, served: Served
) -> None:
    """Kept for another day, handed to a neighbour with her name, brought back the same day: all by touch and scan."""
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport={"width": 768, "height": 1024}), served)
        tablet.enrol("M01C1", "counter")
        tablet.touch("Redeem goods")
        tablet.wedge(served.code(1, KeyClass.CARD))
        tablet.touch("One {good} more", good="香皂")
        tablet.touch("Keep for another day")
        tablet.page.locator(".order").wait_for()
        tablet.touch("Somebody collects for the holder")
        tablet.touch("neighbour")
        tablet.page.get_by_label(zh("Name of who collects")).fill("王姨")
        tablet.touch("Take this person")
        tablet.touch("Hand the order out")
        assert tablet.result()[zh("Points left")] == "1950 分"
        tablet.touch("Receipt")
        slip = tablet.page.locator(".slip")
        assert zh("neighbour") in slip.inner_text()
        assert "王姨" not in slip.inner_text()
        ref = slip.locator(".ref").first.inner_text()
        tablet.touch("Back")
        tablet.touch("Home")
        tablet.touch("Take goods back")
        tablet.page.locator(".scanner").wait_for()
        tablet.wedge(ref)
        tablet.touch("One {good} more", good="香皂")
        tablet.confirm()
        assert tablet.result() == {"word": zh("Done"), zh("Points back"): "50 分"}
        assert tablet.errors == []


def test_two_numbers_are_drawn_and_the_first_is_called(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport={"width": 768, "height": 1024}), served)
        tablet.enrol("M01C1", "counter")
        tablet.touch("Call numbers")
        for number in ("1", "2"):
            tablet.touch("Draw a number")
            tablet.page.locator(".drawn", has_text=number).wait_for()
        tablet.touch("Call the next number")
        called = zh("Now number {number}").format(number=1)
        tablet.page.locator(".pays strong", has_text=called).wait_for()
        assert tablet.errors == []


def _price(prices: dict[str, int], served: Served, *, spare_units: int) -> None:
    """Other prices, and a wallet that was spent down to what the story needs."""
    with served.town.db.engine.begin() as connection:
        for code, units in prices.items():
            chosen = select(good.c.good_id).where(good.c.code == code).scalar_subquery()
            connection.execute(
                update(good_price).where(good_price.c.good_id == chosen).values(units=units)
            )
    served.town.at = served.now()
    served.town.db.write(lambda tx: _spend(tx, served, spare_units))


def _spend(tx, served: Served, units: int) -> None:
    at = served.town.at
    wallet = Side(account_id(tx, HERE, Account.WALLET, CIVIC, 1, at=at), Account.WALLET)
    gone = Side(account_id(tx, HERE, Account.EXPIRED, CIVIC, at=at), Account.EXPIRED)
    posting = Posting(
        community_id=HERE,
        kind=Kind.EXPIRE,
        request_id="spent",
        occurred_at=at,
        at=at,
        business_date=served.town.day,
        lines=[Line(wallet, gone, CIVIC, units)],
        person_id=1,
        wallet_owner_id=1,
    )
    post(tx, posting)


def test_a_counters_code_typed_at_the_till_makes_a_counter(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        page = browser.new_page()
        tablet = Tablet(page, served)
        page.goto(f"{served.url}/till")
        page.get_by_label(zh("Community code (4 characters)")).fill("CA01")
        page.get_by_label(zh("Enrolment code (12 characters)")).fill(
            served.enrolment("counter", "M01C2")
        )
        tablet.button("Set up").click()
        page.wait_for_url("**/counter")
        tablet.sign_in()
        assert tablet.button("Redeem goods").is_visible()


def test_a_good_with_yuan_shows_them_in_basket_confirm_and_slip_and_gives_them_back(
    playwright: Playwright, served: Served
) -> None:
    with served.town.db.engine.begin() as connection:
        connection.execute(update(good_price).values(fen=250))
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport={"width": 800, "height": 1280}), served)
        tablet.enrol("M01C1", "counter")
        tablet.touch("Redeem goods")
        tablet.wedge(served.code(1, KeyClass.CARD))
        tablet.page.locator(".shelf li").first.wait_for()
        tablet.touch("One {good} more", good="香皂")
        tablet.touch("One {good} more", good="香皂")
        assert "+ 5.00 元" in tablet.page.locator(".basket .main").inner_text()
        tablet.confirm()
        assert "5.00 元" in tablet.page.locator(".figures .strong").inner_text()
        tablet.touch("{yuan} received", yuan="5.00 元")
        assert tablet.result()[zh("Paid beside the points")] == "5.00 元"
        tablet.touch("Receipt")
        slip = tablet.page.locator(".slip")
        assert "5.00 元" in slip.inner_text()
        ref = slip.locator(".ref").first.inner_text()
        tablet.touch("Back")
        tablet.touch("Home")
        tablet.touch("Take goods back")
        tablet.page.locator(".scanner").wait_for()
        tablet.wedge(ref)
        tablet.touch("One {good} more", good="香皂")
        assert "2.50 元" in tablet.page.locator(".notice").inner_text()
        tablet.confirm()
        assert tablet.result()[zh("Give back in yuan")] == "2.50 元"
        assert tablet.errors == []
