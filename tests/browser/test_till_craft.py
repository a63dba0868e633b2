"""Counter craft: baskets put aside and taken up again, a sale undone by the clerk who sees the mistake."""

from __future__ import annotations

import pytest
from playwright.sync_api import Playwright

from ledger.sql import Sql
from tests.browser.served import Served
from tests.browser.tablet import PHONE, Tablet, chromium, zh
from tests.support.town import HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_REFUNDS = Sql("SELECT undo, goods_fen FROM refund WHERE community_id = :community_id")
_CLAIMS = Sql(
    "SELECT kind, fen, units FROM claim WHERE community_id = :community_id ORDER BY ref, kind"
)


def park(tablet: Tablet, digits: str) -> None:
    tablet.touch("Sale")
    tablet.digits(digits)
    tablet.touch("Park this basket")
    tablet.page.locator(".parked").wait_for()


def parked(tablet: Tablet) -> list[str]:
    return tablet.page.locator(".parked strong").all_inner_texts()


def sell_fifty(tablet: Tablet, served: Served) -> None:
    tablet.touch("Sale")
    tablet.digits("50")
    tablet.wedge(served.code(1))
    tablet.page.locator(".pays").wait_for()
    tablet.offset_to(200)
    tablet.confirm()
    assert tablet.result()["word"] == zh("Done")


def test_three_baskets_wait_through_a_reload_and_each_is_taken_up_once(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        for digits in ("12", "8", "50"):
            park(tablet, digits)
        tablet.page.reload()
        tablet.page.locator(".parked").wait_for()
        assert parked(tablet) == ["12.00 元", "8.00 元", "50.00 元"]

        tablet.page.locator(".parked button").nth(2).click()
        tablet.page.locator(".pad").wait_for()
        tablet.wedge(served.code(1))
        tablet.page.locator(".pays").wait_for()
        tablet.offset_to(200)
        tablet.confirm()
        assert tablet.result()["消费金额"] == "50.00 元"
        tablet.touch("Home")
        tablet.page.locator(".parked").wait_for()
        assert parked(tablet) == ["12.00 元", "8.00 元"]
        assert tablet.errors == []


def test_a_seventh_basket_is_not_taken_and_the_six_stay(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        for digits in "123456":
            park(tablet, digits)
        tablet.touch("Sale")
        tablet.digits("7")
        tablet.touch("Park this basket")
        said = zh("{most} baskets are parked already. Finish one of them first.").format(most=6)
        assert tablet.notice() == said


def test_a_sale_is_undone_with_its_reason_and_the_claim_comes_to_nothing(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        sell_fifty(tablet, served)
        tablet.touch("Undo")
        tablet.touch("The amount was wrong")
        assert tablet.result()["退还现金"] == "40.00 元"
        tablet.touch("Home")
        tablet.touch("Today")
        tablet.page.locator(".lines .state").nth(1).wait_for()
        words = tablet.page.locator(".lines .state").all_inner_texts()
        assert words == [zh("Undone"), zh("Booked")]
        tablet.page.locator(".lines button").nth(1).click()
        tablet.page.locator(".slip").wait_for()
        assert tablet.button("Undo this sale").count() == 0  # once only
        tablet.button("Back").click()
        tablet.button("Back").click()
        tablet.touch("Close the day")
        tablet.page.locator(".slip").wait_for()
        tablet.confirm()
        assert tablet.result()["word"] == zh("Filed")
        assert tablet.errors == []
    with served.town.db.read() as tx:
        assert [tuple(row) for row in tx.all(_REFUNDS, community_id=HERE)] == [
            ("wrong_amount", 5_000)
        ]
        claims = [tuple(row) for row in tx.all(_CLAIMS, community_id=HERE)]
    assert claims == [("sale", 1_000, 20_000), ("refund", -1_000, -20_000)]
