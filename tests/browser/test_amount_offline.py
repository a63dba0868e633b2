"""The shop's network is down: the community's signature on the customer's page is proof enough, no other is (A16)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from kiosk.seal_codes import Signing, code_of
from ledger.seal.entries import TXN, Entry
from ledger.sql import Sql
from pos.checkout import check_out
from pos.receipt_facts import receipt_facts
from tests.browser.sealing import Sealing
from tests.browser.served import Served
from tests.browser.tablet import PHONE, Tablet, chromium, zh
from tests.browser.test_amount_code import confirm_on_phone, shown_bill, signed_requests
from tests.support.code_writer import changed_amount
from tests.support.town import HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]


_OWN = Sql("SELECT ref FROM sale WHERE community_id = :community_id AND ref LIKE 'M01A1-%'")


def proof_of(served: Served, ref: str) -> str:
    """The code the resident's page shows of this receipt."""
    town = served.town
    with town.db.read() as tx:
        found = receipt_facts(tx, HERE, ref)
        entry = Entry(TXN, found.txn_id)
        signing = Signing(town.vault, "", served.now())
        return code_of(tx, HERE, town.issuer, entry, found.facts, by=signing).text


def test_a_till_without_network_believes_the_signature_over_its_own_bill_alone(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    Sealing(served, tmp_path).sign()
    town = served.town
    town.at = served.now()
    other = check_out(town.desk, town.sale(2, 5_000, 20_000), at=town.at)
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        with tablet.page.expect_response(lambda answer: "/log/follow" in answer.url):
            tablet.page.reload()
        tablet.page.locator(".tiles").wait_for()
        address = shown_bill(tablet)
        tablet.page.route("**/api/**", lambda call: call.abort())  # the shop's line is cut
        phone = browser.new_context(locale="zh-CN").new_page()
        confirm_on_phone(served, phone, address)
        with town.db.read() as tx:
            own = proof_of(served, tx.get(_OWN, community_id=HERE).ref)

        for wrong in (
            proof_of(served, other["ref"]),
            changed_amount(own, b"offset_fen=1000", b"offset_fen=9000"),
        ):
            tablet.wedge(wrong)
            tablet.page.locator(".notice.failed").wait_for()
        tablet.wedge(own)

        assert tablet.result()["word"] == zh("Done")
        [line] = tablet.daybook()
        assert (line["total_fen"], line["offset_fen"], line["state"]) == (5_000, 1_000, "booked")
        assert signed_requests(tablet) == []
        tablet.page.unroute("**/api/**")
        tablet.page.reload()
        for _ in range(100):
            if signed_requests(tablet):
                break
            tablet.page.wait_for_timeout(100)
        assert signed_requests(tablet) == [line["request_id"]]
        assert tablet.errors == []
