"""Shifts at the till: opened and closed with a count, chained, refused while entries wait, on a slip."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from ledger.sql import Sql
from tests.browser.served import Served
from tests.browser.tablet import PHONE, Tablet, chromium, zh
from tests.support.town import HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_ENTRIES = Sql(
    "SELECT kind, shift_no, expected_fen, counted_fen, taken_fen, expected_slips, counted_slips,"
    " first_counter, last_counter FROM shift_entry WHERE community_id = :community_id ORDER BY entry_no"
)
SHOTS = Path("build/shots")


def slip(tablet: Tablet) -> dict[str, str]:
    tablet.page.locator(".slip").first.wait_for()
    rows = tablet.page.locator(".slip").first.locator("dl > div").all()
    return {row.locator("dt").inner_text(): row.locator("dd").inner_text() for row in rows}


def open_with(tablet: Tablet, digits: str, number: int = 1) -> dict[str, str]:
    tablet.touch("Shift")
    tablet.touch("Open shift {number}", number=number)
    tablet.digits(digits)
    tablet.confirm()
    found = slip(tablet)
    tablet.page.locator("button.main").last.click()
    return found


def close_with(tablet: Tablet, cash: str, slips: str, taken: str, number: int = 1) -> None:
    tablet.touch("Shift")
    tablet.touch("Close shift {number}", number=number)
    tablet.digits(cash)
    tablet.touch("Next: count the slips")
    tablet.digits(slips)
    tablet.touch("Next: what is taken out")
    tablet.digits(taken)
    tablet.touch("Close shift {number}", number=number)
    tablet.page.locator(".result").wait_for()


def sell_in_cash(tablet: Tablet, served: Served, digits: str) -> None:
    tablet.touch("Sale")
    tablet.digits(digits)
    tablet.wedge(served.code(1))
    tablet.page.locator(".pays").wait_for()
    tablet.offset_to(0)
    tablet.page.get_by_text(zh("Cash"), exact=True).click()
    tablet.confirm()
    assert tablet.result()["word"] == zh("Done")
    tablet.touch("Home")


def test_a_shift_is_counted_and_the_next_opens_on_what_it_left(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        open_with(tablet, "200")
        sell_in_cash(tablet, served, "30")
        sell_in_cash(tablet, served, "12")
        tablet.touch("Refund")
        tablet.page.locator(".lines button").last.click()  # the first sale, of 30.00
        tablet.confirm()
        assert tablet.result()["退还现金"] == "30.00 元"
        tablet.confirm()

        close_with(tablet, "210", "3", "110")

        found = slip(tablet)
        assert (found["钱箱应有"], found["钱箱清点"], found["现金差额"]) == (
            "212.00 元",
            "210.00 元",
            "−2.00 元",
        )
        assert (found["应有小票"], found["小票差额"], found["留给下一班"]) == (
            "3",
            "0",
            "100.00 元",
        )
        tablet.page.locator("button.main").last.click()
        again = open_with(tablet, "100", number=2)
        assert (again["钱箱应有"], again["现金差额"]) == ("100.00 元", "0.00 元")
        assert tablet.errors == []
    with served.town.db.read() as tx:
        rows = [tuple(row) for row in tx.all(_ENTRIES, community_id=HERE)]
    assert rows == [
        ("open", 1, 20_000, 20_000, 0, 0, 0, 0, 0),
        ("close", 1, 21_200, 21_000, 11_000, 3, 3, 1, 3),
        ("open", 2, 10_000, 10_000, 0, 0, 0, 0, 3),
    ]


def test_a_shift_stays_open_while_a_sale_waits_and_what_was_signed_without_network_is_sent_later(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        served.stop()
        open_with(tablet, "50")  # counted without network
        tablet.touch("Sale")
        tablet.digits("10")
        tablet.wedge(served.code(1))
        tablet.page.locator(".pays").wait_for()
        tablet.confirm()
        assert tablet.result()["word"] != zh("Done")
        tablet.touch("Home")
        close_with(tablet, "50", "1", "0")
        assert tablet.result()["word"] == zh("Not yet")
        served.listen()
        tablet.page.reload()
        tablet.page.locator(".connection.good").wait_for()

        close_with(tablet, "50", "1", "0")

        assert tablet.result()["word"] == zh("Shift closed")
    with served.town.db.read() as tx:
        rows = [tuple(row)[:2] for row in tx.all(_ENTRIES, community_id=HERE)]
    assert rows == [("open", 1), ("close", 1)]
