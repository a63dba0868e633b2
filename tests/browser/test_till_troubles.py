"""What goes wrong in a shop: lost answers, no network, foreign codes, two tabs, a page without https."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Playwright, Route

from ledger.sql import Sql
from ledger.token_keys import KeyClass
from tests.browser.served import Served
from tests.browser.tablet import PHONE, Tablet, chromium, write_video, zh
from tests.support.foreign import SAMPLES, runs_of
from tests.support.town import HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_COUNT = Sql("SELECT count(*) AS n FROM sale WHERE community_id = :community_id")
_NO_POINTS_HERE = "This shop takes no points without network. Take the full price; the community office can allow it."


def count_sales(served: Served) -> int:
    with served.town.db.read() as tx:
        return int(tx.get(_COUNT, community_id=HERE).n)


def start_sale(tablet: Tablet, served: Served, person: int = 1) -> None:
    tablet.touch("Sale")
    tablet.digits("50")
    tablet.wedge(served.code(person))
    tablet.page.locator(".pays").wait_for()


def test_a_lost_answer_waits_in_sight_and_is_booked_once(
    playwright: Playwright, served: Served
) -> None:
    sent: list[str] = []

    def lose(route: Route) -> None:
        sent.append(route.request.post_data or "")
        if len(sent) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        start_sale(tablet, served)
        tablet.page.route("**/api/v1/sales", lose)
        tablet.confirm()
        assert tablet.result()["word"] == zh("Waiting")
        assert (
            zh("{count} waiting").format(count=1) in tablet.page.locator(".connection").inner_text()
        )
        assert count_sales(served) == 1
        tablet.touch("Home")
        tablet.page.evaluate("window.dispatchEvent(new Event('online'))")
        tablet.page.locator(".connection.good").wait_for()
        assert [line["state"] for line in tablet.daybook()] == ["booked"]
    assert sent[0] == sent[1]
    assert count_sales(served) == 1


def test_a_server_that_books_something_else_is_said_aloud_and_the_daybook_keeps_its_own(
    playwright: Playwright, served: Served
) -> None:
    def alter(route: Route) -> None:
        answer = route.fetch()
        body = answer.json() | {"offset_fen": 900, "paid_fen": 4100}
        route.fulfill(response=answer, json=body)

    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        start_sale(tablet, served)
        tablet.offset_to(200)
        tablet.page.route("**/api/v1/sales", alter)
        tablet.confirm()
        assert tablet.result()["word"] == zh("Booked differently")
        tablet.touch("Home")
        alarm = tablet.page.locator(".alarm").inner_text()
        assert "10.00" in alarm
        assert "9.00" in alarm
        assert [line["offset_fen"] for line in tablet.daybook()] == [1000]


def test_the_till_opens_without_network_and_says_so(playwright: Playwright, served: Served) -> None:
    with chromium(playwright) as browser:
        context = browser.new_context(viewport=PHONE)
        tablet = Tablet(context.new_page(), served)
        tablet.enrol()
        tablet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        tablet.page.reload()
        tablet.page.locator(".tiles").wait_for()
        context.set_offline(offline=True)
        tablet.page.reload()
        tablet.page.locator(".tiles").wait_for()
        seen = tablet.page.locator(".connection").inner_text()
        for words in (zh("Offline"), zh("{count} waiting").format(count=0), zh("synced just now")):
            assert words in seen
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.wedge(served.code(1, KeyClass.CARD))
        tablet.page.locator(".pays").wait_for()
        for words in ("For the customer:", "For you:", _NO_POINTS_HERE):
            assert zh(words) in tablet.notice()
        tablet.confirm()
        assert tablet.result()["word"] == zh("Provisional")
        assert count_sales(served) == 0
        tablet.touch("Receipt")
        slip = tablet.page.locator(".slip").inner_text()
        assert zh("Provisional") in slip
        assert "M01A1-260302-00001" in slip
        assert "50.00 元" in slip
        tablet.touch("Back")
        context.set_offline(offline=False)
        tablet.touch("Home")
        tablet.page.locator(".connection.good").wait_for(timeout=20_000)
    assert count_sales(served) == 1


def test_a_payment_code_is_named_and_its_digits_are_kept_nowhere(
    playwright: Playwright, served: Served
) -> None:
    sent: list[str] = []
    said: list[str] = []
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        tablet.page.on("request", lambda asked: sent.append(asked.url + (asked.post_data or "")))
        tablet.page.on("console", lambda line: said.append(line.text))
        for name, (text, _, word) in SAMPLES.items():
            tablet.touch("Sale")
            # A scanner types by the place of the keys, so capitals and small letters are one.
            tablet.wedge(text.upper())
            tablet.page.locator(".notice.failed", has_text=word).wait_for()
            places = {
                "page": tablet.page.content(),
                "storage": tablet.stored(),
                "requests": " ".join(sent),
                "console": " ".join(said),
            }
            for place, held in places.items():
                assert not runs_of(text) & runs_of(held), (name, place)
            tablet.page.locator("header button").first.click()
            tablet.page.locator(".tiles").wait_for()


def test_two_tabs_share_one_counter(playwright: Playwright, served: Served) -> None:
    with chromium(playwright) as browser:
        context = browser.new_context(viewport=PHONE)
        first = Tablet(context.new_page(), served)
        first.enrol()
        second = Tablet(context.new_page(), served)
        second.page.goto(f"{served.url}/till")
        second.page.locator(".tiles").wait_for()
        start_sale(first, served, 1)
        start_sale(second, served, 2)
        second.confirm()
        second.result()
        first.confirm()
        first.result()
        assert sorted(int(str(line["counter"])) for line in first.daybook()) == [1, 2]
    assert count_sales(served) == 2


def test_a_page_loaded_again_in_the_middle_of_a_sale_leaves_no_number_out(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        start_sale(tablet, served)
        tablet.page.reload()
        tablet.page.locator(".tiles").wait_for()
        start_sale(tablet, served)
        tablet.confirm()
        tablet.result()
        assert [line["counter"] for line in tablet.daybook()] == [1]


def test_plain_http_says_so_keeps_the_camera_off_and_sells_by_wedge(
    playwright: Playwright, served: Served
) -> None:
    port = served.url.rpartition(":")[2]
    with chromium(playwright, "--host-resolver-rules=MAP shop.test 127.0.0.1") as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served, origin=f"http://shop.test:{port}")
        tablet.page.goto(f"{tablet.origin}/till")
        tablet.page.locator(".notice", has_text="https").wait_for()
        tablet.enrol()
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.touch("Scan the code")
        tablet.page.locator(".scanner .off", has_text="https").wait_for()
        tablet.wedge(served.code(1))
        tablet.page.locator(".pays").wait_for()
        tablet.offset_to(200)
        tablet.confirm()
        assert tablet.result()["word"] == zh("Done")
        assert tablet.errors == []
    assert count_sales(served) == 1


def test_a_used_phone_code_is_refused_in_words_and_the_number_is_not_lost(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    code = served.code(1)
    with chromium(playwright, video=write_video(tmp_path / "dyn.mjpeg", code)) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.touch("Scan the code")
        tablet.page.locator(".pays").wait_for()
        tablet.confirm()
        tablet.result()
        tablet.touch("Next sale")
        tablet.digits("8")
        tablet.touch("Scan the code")
        assert tablet.result()["word"] == zh("Not booked")
        tablet.touch("Home")
        start_sale(tablet, served, 2)
        tablet.confirm()
        tablet.result()
        assert [line["counter"] for line in tablet.daybook()] == [1, 2]
