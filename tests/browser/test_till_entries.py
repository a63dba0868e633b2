"""Entries of a till that did not come through: lost with the tablet's store, set aside, refused; none goes unseen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright

from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.members import keys, staff, terminals
from ledger.members.cards import open_card
from ledger.members.residents import record_consent
from ledger.members.staff import NewStaff
from ledger.sql import Sql, Tx
from ledger.token_keys import KeyClass
from pos.checkout import check_out
from tests.browser.served import ISSUER, Served, serve
from tests.browser.tablet import PHONE, Tablet, chromium, zh
from tests.browser.test_till_offline import till_at
from tests.support.cable import Cable
from tests.support.pages_town import CHEAP, PASSWORD
from tests.support.town import HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_REFS = Sql(
    "SELECT ref, total_fen, person_id FROM sale WHERE community_id = :community_id"
    " AND ref LIKE 'M01A1-%' ORDER BY ref"
)


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Iterator[Served]:
    """A town with a secretary in the office, and a numbered card of the first resident."""
    database = Database(sqlite_url)
    with serve(database, tmp_path) as found:
        town, pepper = found.town, found.app.extensions["jifen"].pepper

        def work(tx: Tx) -> None:
            keys.renew_keys(tx, town.vault, HERE, at=town.at, by=0)
            new = NewStaff(login="liu", name="名liu", password=PASSWORD)
            liu = staff.add_staff(tx, HERE, new, pepper=pepper, by=SYSTEM, at=town.at, cost=CHEAP)
            staff.give_role(tx, HERE, liu, "secretary", by=SYSTEM, at=town.at)

        database.write(work)
        yield found
    database.close()


@pytest.fixture
def cable(served: Served) -> Iterator[Cable]:
    """The line between the tablet and the served town."""
    with Cable(served.port) as found:
        yield found


def sell(tablet: Tablet, served: Served, yuan: str, *, code: str = "") -> str:
    """Sell for so many yuan; gives the word of the result."""
    tablet.touch("Sale")
    tablet.digits(yuan)
    tablet.wedge(code or served.code(1, KeyClass.CARD))
    tablet.page.locator(".pays").wait_for()
    tablet.confirm()
    return tablet.result()["word"]


def card_number(served: Served) -> str:
    """The number on the first resident's card."""

    def work(tx: Tx) -> str:
        record_consent(tx, HERE, 1, by=SYSTEM, at=served.now())
        return open_card(tx, HERE, 1, by=SYSTEM, at=served.now()).number

    return served.town.db.write(work)


def enrol_again(tablet: Tablet, served: Served) -> None:
    """The same till on a tablet that knows nothing any more; a till that has sold starts without training."""

    def code(tx: Tx) -> str:
        till = terminals.get_by_code(tx, HERE, "M01A1").terminal_id
        return terminals.make_enrolment_code(tx, HERE, till, by=SYSTEM, at=served.now())

    tablet.page.goto(f"{tablet.origin}/till")
    tablet.page.get_by_label(zh("Community code (4 characters)")).fill(ISSUER)
    typed = served.town.db.write(code)
    tablet.page.get_by_label(zh("Enrolment code (12 characters)")).fill(typed)
    tablet.button("Set up").click()
    tablet.sign_in()
    if tablet.page.locator(".training-bar").count():
        tablet.leave_training()


def office(browser: Browser, served: Served) -> Page:
    """The secretary's page about selling without network."""
    page = browser.new_context(locale="zh-CN", viewport={"width": 1024, "height": 768}).new_page()
    page.goto(f"{served.url}/office/sign-in")
    page.fill("#login", "liu")
    page.fill("#password", PASSWORD)
    with page.expect_event("framenavigated"):
        page.click("button.main")
    page.goto(f"{served.url}/office/offline")
    return page


def sales_of(served: Served) -> list[tuple[str, int]]:
    with served.town.db.read() as tx:
        return [
            (row.ref.rpartition("-")[0], row.total_fen) for row in tx.all(_REFS, community_id=HERE)
        ]


def test_slips_of_a_cleared_tablet_are_named_by_its_till_and_typed_in(
    playwright: Playwright, served: Served, cable: Cable
) -> None:
    number = card_number(served)
    with chromium(playwright) as browser:
        tablet = till_at(browser, served, cable)
        assert sell(tablet, served, "10") == zh("Done")
        tablet.touch("Home")
        cable.state = "cut"
        slips = []
        for yuan in ("20", "30"):
            assert sell(tablet, served, yuan) == zh("Provisional")
            slips.append(str(tablet.daybook()[-1]["ref"]))
            tablet.touch("Home")
        # Somebody clears the browser's data while two entries wait.
        tablet.page.context.close()
        cable.state = "open"
        desk = office(browser, served)
        desk.fill("#till", "M01A1")
        desk.fill("#last", "3")
        desk.fill("#mark_why", "平板的数据被清空")
        with desk.expect_event("framenavigated"):
            desk.get_by_role("button", name=zh("Name the missing numbers")).click()
        named = desk.locator(".table-box tbody tr").first.inner_text()
        assert "M01A1" in named
        assert "00002 00003" in named

        tablet = Tablet(browser.new_context(viewport=PHONE).new_page(), served, origin=cable.url)
        enrol_again(tablet, served)
        tablet.page.reload()
        notice = tablet.page.locator(".notice.failed")
        notice.wait_for()
        assert "2, 3" in notice.inner_text()
        tablet.page.screenshot(path="build/shots/till_missing.png")
        assert sell(tablet, served, "5", code=served.code(2)) == zh("Done")
        tablet.touch("Home")

        for ref, yuan in zip(slips, ("20", "30"), strict=True):
            desk.fill("#ref", ref)
            desk.fill("#time", "09:00")
            desk.fill("#card", number)
            desk.fill("#total", yuan)
            with desk.expect_event("framenavigated"):
                desk.get_by_role("button", name=zh("Book it")).click()
            desk.get_by_text(zh("Booked from the slip.")).wait_for()
        desk.locator(".table-box").wait_for(state="detached")
        tablet.page.reload()
        tablet.page.locator(".connection.good").wait_for()
        notice.wait_for(state="detached")
        assert tablet.errors == []
    assert sales_of(served) == [
        ("M01A1-260302-00001", 1_000),
        ("M01A1-260302-00002", 2_000),
        ("M01A1-260302-00003", 3_000),
        ("M01A1-260302-00004", 500),
    ]


def test_a_sale_refused_after_the_customer_left_stays_in_sight_and_its_holder_is_to_be_told(
    playwright: Playwright, served: Served, cable: Cable
) -> None:
    with chromium(playwright) as browser:
        tablet = till_at(browser, served, cable)
        cable.state = "cut"
        code = served.code(2)
        assert sell(tablet, served, "20", code=code) == zh("Provisional")
        tablet.touch("Home")
        # The same live code is used at another till while this one is cut off.
        town = served.town
        town.at = served.now()
        check_out(town.desk, town.sale(2, 700, token=code), at=town.at)
        cable.state = "open"
        tablet.page.locator(".alarm").wait_for(timeout=40_000)
        tablet.page.locator(".connection.good").wait_for()
        ref = str(tablet.daybook()[0]["ref"])
        said = zh("{ref} over {yuan} yuan was sent late and refused. It is not booked.")
        assert said.format(ref=ref, yuan="20.00") in tablet.page.locator(".alarm").inner_text()
        tablet.page.screenshot(path="build/shots/till_refused_late.png")
        tablet.touch("Today")
        tablet.page.locator(".lines .state").first.wait_for()
        assert tablet.page.locator(".lines .state").all_inner_texts() == [zh("Not booked")]
        tablet.button("Back").click()

        desk = office(browser, served)
        assert ref in desk.locator("main").inner_text()

        tablet.button("I have seen this").click()
        tablet.page.locator(".alarm").wait_for(state="detached")
        # Its holder comes again and reads it; the number is spent, so the next sale has the next one.
        tablet.touch("Sale")
        tablet.digits("30")
        tablet.wedge(served.code(2))
        tell = tablet.page.locator(".tell")
        tell.wait_for()
        assert "没能补记" in tell.inner_text()
        tablet.page.screenshot(path="build/shots/till_told.png")
        with tablet.page.expect_response("**/till/told"):
            tablet.touch("They have read it")
        tell.wait_for(state="detached")
        tablet.confirm()
        assert tablet.result()["word"] == zh("Done")
        tablet.touch("Home")
        tablet.touch("Close the day")
        tablet.page.locator(".slip").wait_for()
        tablet.confirm()
        assert tablet.result()["word"] == zh("Filed")
        assert tablet.errors == []
    assert sales_of(served) == [("M01A1-260302-00002", 3_000)]


def test_an_entry_the_server_chokes_on_is_set_aside_in_sight_and_stops_no_other(
    playwright: Playwright, served: Served, cable: Cable
) -> None:
    with chromium(playwright) as browser:
        tablet = till_at(browser, served, cable)
        cable.state = "cut"
        for yuan in ("20", "30"):
            assert sell(tablet, served, yuan) == zh("Provisional")
            tablet.touch("Home")
        cable.choked = 1
        cable.state = "open"
        again = tablet.button("Try again now")
        for _ in range(100):
            if again.count():
                break
            tablet.page.evaluate("window.dispatchEvent(new Event('online'))")
            tablet.page.wait_for_timeout(200)
        alarm = tablet.page.locator(".alarm").inner_text()
        first, second = tablet.daybook()
        assert str(first["ref"]) in alarm
        assert (first["state"], second["state"]) == ("waiting", "booked")
        assert (
            zh("{count} set aside").format(count=1)
            in tablet.page.locator(".connection").inner_text()
        )
        tablet.page.screenshot(path="build/shots/till_aside.png")
        tablet.touch("Close the day")
        tablet.page.locator(".slip").wait_for()
        tablet.confirm()
        assert tablet.result()["word"] == zh("Not yet")
        tablet.button("Back").click()

        cable.choked = 0
        again.click()
        tablet.page.locator(".connection.good").wait_for()
        assert tablet.page.locator(".alarm").count() == 0
        assert [line["state"] for line in tablet.daybook()] == ["booked", "booked"]
        assert tablet.errors == []
    assert [fen for _, fen in sales_of(served)] == [2_000, 3_000]
