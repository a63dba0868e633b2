"""The points supermarket's counter: code, goods, PIN, slip, against the real server."""

from __future__ import annotations

import pytest
from playwright.sync_api import Playwright

from ledger.sql import Sql
from ledger.token_keys import KeyClass
from tests.browser.served import Served
from tests.browser.tablet import Tablet, chromium, zh
from tests.support.town import HERE

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
        assert tablet.result() == {"word": zh("Done"), zh("Points used"): "350 分"}
        tablet.touch("Receipt")
        assert "香皂 x 2" in tablet.page.locator(".slip").inner_text()
        assert tablet.errors == []
    with served.town.db.read() as tx:
        assert [(row.code, row.stock) for row in tx.all(_STOCK, community_id=HERE)] == [
            ("R11", 11),
            ("R14", 28),
        ]


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
