"""Vouchers and benefits at the till: scanned or typed, refused in words, filed with the day at the contract's price."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Playwright

from ledger.audit import SYSTEM
from ledger.ids import new_request_id
from ledger.members import keys
from ledger.services.items import Offer, put_service
from ledger.services.vouchers import find_by_serial
from ledger.sql import Sql
from ledger.token_keys import KeyClass
from pos.voucher_sale import PageSale, sell_on_page
from tests.browser.served import PIN, Served
from tests.browser.tablet import PHONE, Tablet, chromium, zh
from tests.stories.test_benefits import give_party
from tests.support.town import CIVIC, HERE
from tests.support.vouchers import qr_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_CLAIMED = Sql("SELECT ref, kind, units, fen FROM claim WHERE community_id = :community_id")


def sold(served: Served) -> str:
    """A haircut at the shop: 30 points, 15.50 yuan by contract; the number of one sold on the page."""
    town, at = served.town, served.now()
    town.at = at
    cut = Offer(
        code="CUT", name="优惠理发", provider_id=1, commodity=CIVIC, price_units=3_000, contract_fen=1_550
    )  # fmt: skip

    def work(tx) -> int:
        keys.make_key(tx, town.vault, HERE, KeyClass.SVC, at=at, by=0)
        return put_service(tx, HERE, cut, shop_commodity=CIVIC, by=SYSTEM, at=at)

    service_id = town.db.write(work)
    desk = served.app.extensions["jifen"].desk
    asked = PageSale(HERE, new_request_id(at), 1, service_id, PIN)
    return str(sell_on_page(desk, asked, at=at)["number"])


@contextmanager
def till(playwright: Playwright, served: Served) -> Iterator[Tablet]:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        yield tablet
        assert tablet.errors == []


def test_scanned_redeemed_refused_the_second_time_and_filed(
    playwright: Playwright, served: Served
) -> None:
    number = sold(served)
    picture = qr_of(served.town, number)
    with till(playwright, served) as tablet:
        tablet.wedge(picture)
        result = tablet.result()
        assert result["word"] == zh("Done")
        assert result[zh("The community pays")] == "15.50 元"
        tablet.touch("Next voucher")
        tablet.page.get_by_role("textbox").fill(number)
        tablet.touch("Redeem the voucher")
        assert tablet.page.locator(".result .word").inner_text() == zh("Not booked")
        assert "已在 2026-03-02 用过" in tablet.page.locator(".result").inner_text()
        tablet.touch("Home")
        tablet.touch("Close the day")
        assert "15.50" in tablet.page.locator(".slip").inner_text()
        tablet.confirm()
        assert tablet.result()["word"] == zh("Filed")
    with served.town.db.read() as tx:
        [claim] = tx.all(_CLAIMED, community_id=HERE)
        row = find_by_serial(tx, HERE, int(number.replace("-", "")[:-1]))
    assert row is not None
    assert (claim.kind, claim.units, claim.fen, claim.ref) == ("voucher", 3_000, 1_550, row.ref)


def test_a_residents_code_shows_the_benefit_and_the_shop_bears_it(
    playwright: Playwright, served: Served
) -> None:
    served.town.at = served.now()
    with served.town.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE merchant SET category = '理发店'")
        connection.exec_driver_sql("UPDATE community SET config_version = config_version + 1")
    give_party(served.town, 1, 250)
    with till(playwright, served) as tablet:
        tablet.touch("Voucher")
        tablet.page.get_by_role("textbox").wait_for()
        tablet.wedge(served.code(1))
        tablet.digits("30")
        tablet.touch("{name}: {percent}% off", name="优惠理发", percent=30)
        result = tablet.result()
        assert result["word"] == zh("Done")
        assert result[zh("Customer pays")] == "21.00 元"


def test_a_counter_sells_a_voucher_and_prints_its_number(
    playwright: Playwright, served: Served
) -> None:
    sold(served)
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol("M01C1", "counter")
        tablet.touch("Voucher")
        tablet.page.get_by_role("textbox").wait_for()
        tablet.wedge(served.code(2))
        tablet.page.get_by_role("button", name="优惠理发 · 30 分").click()
        result = tablet.result()
        assert result["word"] == zh("Done")
        assert result[zh("Points used")] == "30 分"
        tablet.touch("Receipt")
        slip = tablet.page.locator(".slip").inner_text()
        assert tablet.errors == []
    number = re.search(r"\d{4}-\d{4}-\d{3}(?!\d)", slip)
    assert number is not None, slip
    with served.town.db.read() as tx:
        row = find_by_serial(tx, HERE, int(number[0].replace("-", "")[:-1]))
    assert row is not None
    assert (row.sold_by, row.units, row.how) == ("counter", 3_000, None)
