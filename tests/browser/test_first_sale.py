"""An owner with the enrolment slip in the hand: from the slip's own code to the first real sale, counted in steps."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Playwright

from ledger.sql import Sql
from tests.browser.served import CLERK_CODE, Served
from tests.browser.slip import Owner, printed_slip
from tests.browser.tablet import PHONE, Tablet, chromium, zh
from tests.support.town import HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MOST_STEPS = 30
"""Keys, digits and scans of the whole page together, practice sale included."""

_SALES = Sql("SELECT ref, total_fen FROM sale WHERE community_id = :community_id")
_HEALTH = Sql(
    "SELECT tested_at, test_failed, waiting FROM terminal_health WHERE community_id = :community_id"
)


def test_the_slip_alone_leads_to_a_first_real_sale_in_few_steps(
    playwright: Playwright, served: Served
) -> None:
    slip = printed_slip(served)
    with chromium(playwright) as browser:
        owner = Owner(Tablet(browser.new_page(viewport=PHONE), served), served)

        owner.set_up(slip)
        owner.practise()
        owner.leave()
        figures = owner.first_sale()

        assert figures["word"] == zh("Done")
        assert owner.tablet.page.evaluate("location.hash") == ""  # the codes stand in no address
        assert owner.tablet.errors == []
    assert len(owner.steps) <= MOST_STEPS
    with served.town.db.read() as tx:
        [sale] = tx.all(_SALES, community_id=HERE)
    assert (sale.ref[:18], sale.total_fen) == ("M01A1-260302-00001", 5_000)


def test_the_test_card_proves_the_scanner_without_network_and_buys_nothing(
    playwright: Playwright, served: Served
) -> None:
    slip = printed_slip(served)
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        owner = Owner(tablet, served)
        owner.set_up(slip)
        owner.leave()
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.wedge(slip.card)
        said = zh("This is the test card. It buys nothing; use it in the self-test.")
        tablet.page.get_by_text(said).wait_for()
        stranger = served.code(1)
        tablet.page.reload()
        tablet.page.wait_for_function("navigator.serviceWorker.controller !== null")
        served.stop()
        tablet.touch("Self-test")
        tablet.page.locator(".checks").wait_for()
        tablet.wedge(stranger)  # a resident's code is no test card
        tablet.page.locator(".notice.failed").wait_for()
        tablet.wedge(slip.card)
        tablet.page.locator(".result").wait_for()
        states = tablet.page.locator(".checks li").evaluate_all(
            "all => all.map(one => one.className)"
        )
        # Nothing was ever sealed in this town, so there is no log to pin yet.
        assert states == ["good", "good", "good", "bad", "good"]
        tablet.touch("Home")
        served.listen()
        tablet.page.reload()
        tablet.page.locator(".connection.good").wait_for()
        tablet.touch("Self-test")
        tablet.page.locator(".checks").wait_for()
        tablet.wedge(slip.card)
        tablet.page.locator(".result").wait_for()
        tablet.touch("Home")
        assert tablet.errors == []
    with served.town.db.read() as tx:
        [row] = tx.all(_HEALTH, community_id=HERE)
        assert tx.all(_SALES, community_id=HERE) == []
    assert row.tested_at is not None
    assert json.loads(row.test_failed) == ["The community's pinned key"]


def test_the_settings_open_for_a_clerks_digits_alone(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        tablet.touch("Settings")
        tablet.digits("1111")
        tablet.page.locator(".notice.failed").wait_for()
        assert tablet.button("Back to the training").count() == 0
        tablet.digits(CLERK_CODE)
        tablet.touch("Back to the training")
        tablet.page.locator(".training-bar").first.wait_for()
        assert tablet.errors == []
