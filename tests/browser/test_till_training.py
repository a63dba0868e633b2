"""The training a new shop sees first: the same screens, sums of their own, and nothing that reaches the book."""

from __future__ import annotations

import pytest
from playwright.sync_api import Playwright

from ledger.sql import Sql
from tests.browser.served import Served
from tests.browser.tablet import PHONE, Tablet, chromium, zh
from tests.support.town import HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_COUNTS = Sql(
    "SELECT (SELECT count(*) FROM sale WHERE community_id = :community_id)"
    " + (SELECT count(*) FROM refund WHERE community_id = :community_id)"
    " + (SELECT count(*) FROM claim_batch WHERE community_id = :community_id)"
    " + (SELECT count(*) FROM shift_entry WHERE community_id = :community_id)"
    " + (SELECT count(*) FROM token_use WHERE community_id = :community_id) AS n"
)
_REFS = Sql("SELECT ref FROM sale WHERE community_id = :community_id")


def written(served: Served) -> int:
    with served.town.db.read() as tx:
        return int(tx.get(_COUNTS, community_id=HERE).n)


def practise(tablet: Tablet) -> None:
    tablet.touch("Sale")
    tablet.digits("50")
    tablet.touch("Scan the code")
    tablet.touch("Use the practice card")
    tablet.page.locator(".pays").wait_for()
    tablet.offset_to(200)
    tablet.confirm()


def test_a_new_shop_sees_the_training_first_and_nothing_of_it_reaches_the_server(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol(training=True)
        asked: list[str] = []
        tablet.page.on("request", lambda call: asked.append(f"{call.method} {call.url}"))
        bar = tablet.page.locator(".training-bar").first
        assert bar.inner_text() == zh("Training: nothing counts, nobody pays")

        practise(tablet)
        figures = tablet.result()
        assert (figures["word"], figures["顾客应付"], figures["积分余额"]) == (
            zh("Done"),
            "40.00 元",
            "1840 分",
        )
        tablet.touch("Receipt")
        slip = tablet.page.locator(".slip")
        assert zh("Training: not a receipt") in slip.inner_text()
        assert slip.locator(".ref").inner_text().startswith("TRAINING-")
        tablet.button("Back").click()
        tablet.touch("Home")
        tablet.touch("Sale")
        tablet.digits("30")
        tablet.wedge(served.code(1))  # a resident's own code: read, and not used up
        tablet.page.locator(".pays").wait_for()
        tablet.confirm()
        tablet.touch("Undo")
        tablet.touch("The amount was wrong")
        tablet.page.locator(".result").wait_for()
        tablet.touch("Home")
        tablet.touch("Close the day")
        tablet.page.locator(".slip").wait_for()
        tablet.confirm()
        assert tablet.result()["word"] == zh("Filed")
        assert tablet.errors == []
        writes = [call for call in asked if not call.startswith("GET ")]
    assert [call for call in writes if "/terminals/health" not in call] == []
    assert written(served) == 0


def test_the_training_is_left_by_a_second_touch_and_the_first_real_receipt_is_number_one(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol(training=True)
        practise(tablet)
        tablet.result()
        tablet.touch("Home")
        tablet.touch("Leave the training")
        tablet.page.reload()  # one touch alone changes nothing
        tablet.page.locator(".training-bar").first.wait_for()
        tablet.touch("Leave the training")
        tablet.touch("Start real sales")
        tablet.button("Voucher").wait_for()
        assert tablet.page.locator(".training-bar").count() == 0
        tablet.touch("Today")
        assert zh("Nothing was sold yet today.") in tablet.page.locator("main").inner_text()
        tablet.button("Back").click()

        tablet.touch("Sale")
        tablet.digits("50")
        tablet.wedge(served.code(1))
        tablet.page.locator(".pays").wait_for()
        tablet.offset_to(200)
        tablet.confirm()
        assert tablet.result()["积分余额"] == "1800 分"
        assert tablet.errors == []
    with served.town.db.read() as tx:
        [sale] = tx.all(_REFS, community_id=HERE)
    assert sale.ref.startswith("M01A1-260302-00001-")


def test_the_guard_off_a_real_sale_is_seen_by_the_same_count(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.wedge(served.code(1))
        tablet.page.locator(".pays").wait_for()
        tablet.confirm()
        tablet.result()
    assert written(served) > 0
