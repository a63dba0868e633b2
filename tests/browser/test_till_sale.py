"""A tablet buys, gives back and closes its day against the real server, scanning by camera and by wedge."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Playwright

from ledger.sql import Sql
from ledger.token_keys import KeyClass
from tests.browser.served import Served
from tests.browser.tablet import PHONE, Tablet, chromium, write_video, zh
from tests.support.qr_reading import qr_codes
from tests.support.town import HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_SALES = Sql(
    "SELECT ref, total_fen, offset_units, offset_fen, paid_fen, earned_units, refunded_fen FROM sale"
    " WHERE community_id = :community_id ORDER BY ref"
)
_CLAIMS = Sql(
    "SELECT ref, kind, fen, units FROM claim WHERE community_id = :community_id ORDER BY ref"
)
FIFTY_YUAN_WITH_200_POINTS = {
    "word": "成功",
    "顾客应付": "40.00 元",
    "消费金额": "50.00 元",
    "积分抵扣": "200 分 = 10.00 元",
    "本次积分": "40 分，付款核实后可用",
    "积分余额": "1800 分",
}


def test_the_camera_buys_for_fifty_yuan_with_two_hundred_points_in_three_touches(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    video = write_video(tmp_path / "card.mjpeg", served.code(1, KeyClass.CARD))
    with chromium(playwright, video=video) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.touch("Scan the code")
        tablet.page.locator(".pays").wait_for()
        tablet.offset_to(200)
        tablet.confirm()
        assert tablet.result() == FIFTY_YUAN_WITH_200_POINTS
        assert tablet.touches == 3
        assert tablet.errors == []
    with served.town.db.read() as tx:
        (sale,) = tx.all(_SALES, community_id=HERE)
    assert (sale.total_fen, sale.offset_fen, sale.paid_fen, sale.earned_units) == (
        5000,
        1000,
        4000,
        4000,
    )


def test_a_wedge_scanner_buys_with_the_focus_on_a_button_and_nothing_leaks(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.button("Scan the code").focus()
        tablet.wedge(served.code(1))
        tablet.page.locator(".pays").wait_for()
        tablet.offset_to(200)
        tablet.confirm()
        assert tablet.result() == FIFTY_YUAN_WITH_200_POINTS
        assert tablet.touches == 2


def test_the_code_may_come_before_the_amount(playwright: Playwright, served: Served) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        tablet.wedge(served.code(1))  # on the home screen: the sale opens by itself
        tablet.page.locator(".pad").wait_for()
        tablet.digits("50")
        tablet.touch("Continue")
        tablet.page.locator(".pays").wait_for()
        tablet.offset_to(200)
        tablet.confirm()
        assert tablet.result() == FIFTY_YUAN_WITH_200_POINTS


def test_more_points_than_the_card_may_spend_ask_for_the_pin(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.wedge(served.code(1, KeyClass.CARD))
        tablet.page.locator(".pays").wait_for()
        tablet.confirm()  # the proposal: 30 % of the bill, 300 points
        tablet.digits("111112")
        tablet.page.locator(".notice.failed").wait_for()
        tablet.pin()
        assert tablet.result()["积分抵扣"] == "300 分 = 15.00 元"


def test_a_part_and_then_the_rest_come_back_and_the_day_is_filed_from_the_daybook(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        _sell_fifty(tablet, served)
        ref = str(tablet.daybook()[0]["ref"])
        tablet.touch("Home")
        tablet.wedge(ref)  # the receipt's own code, at the home screen
        tablet.touch("Only a part")
        tablet.digits("20")
        tablet.confirm()
        assert tablet.result()["退还现金"] == "16.00 元"
        tablet.confirm()
        tablet.touch("Refund")
        tablet.page.locator(".lines button").first.click()
        tablet.confirm()
        assert tablet.result()["退还现金"] == "24.00 元"
        tablet.confirm()
        tablet.touch("Close the day")
        tablet.page.locator(".slip").wait_for()
        tablet.confirm()
        assert tablet.result()["word"] == zh("Filed")
        assert zh("The control totals agree.") in tablet.page.locator("main").inner_text()
    with served.town.db.read() as tx:
        claims = [(line.kind, line.fen, line.units) for line in tx.all(_CLAIMS, community_id=HERE)]
        (sale,) = tx.all(_SALES, community_id=HERE)
    assert claims == [("sale", 1000, 20_000), ("refund", -400, -8_000), ("refund", -600, -12_000)]
    assert sale.refunded_fen == 5000


def test_the_code_on_the_receipt_is_its_number_and_nothing_else(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        _sell_fifty(tablet, served)
        tablet.touch("Receipt")
        picture = Image.open(io.BytesIO(tablet.page.locator(".slip").screenshot()))
        assert [code.text for code in qr_codes(picture)] == [tablet.daybook()[0]["ref"]]


def _sell_fifty(tablet: Tablet, served: Served) -> None:
    tablet.touch("Sale")
    tablet.digits("50")
    tablet.wedge(served.code(1))
    tablet.page.locator(".pays").wait_for()
    tablet.offset_to(200)
    tablet.confirm()
    assert tablet.result()["word"] == zh("Done")
