"""The goods counter's screens on a small phone and an old tablet: read by a volunteer of 68, hit by a finger."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Playwright
from sqlalchemy import update

from kiosk.texts import translator
from ledger.stock.tables import good, good_price
from ledger.token_keys import KeyClass
from tests.browser.served import CLERK, CLERK_CODE, ISSUER, Served
from tests.browser.tablet import PHONE, Tablet, chromium, write_raw_video
from tests.browser.test_old_chromium import run
from tests.browser.test_till_screens import Looker

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_RUNNER: Final = Path(__file__).with_name("old_counter.mjs")


def with_yuan_and_a_notice(served: Served) -> None:
    """Every good costs yuan too, and the eggs are not handed out for a while."""
    with served.town.db.engine.begin() as connection:
        connection.execute(update(good_price).values(fen=250))
        pause = update(good).where(good.c.code == "R11").values(paused="明天上午补货")
        connection.execute(pause)


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.proof)])
def test_every_screen_of_the_counter_can_be_read_and_hit(
    playwright: Playwright, served: Served, language: str
) -> None:
    with_yuan_and_a_notice(served)
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        looker = Looker(tablet, language)
        tablet.enrol("M01C1", "counter")
        looker.look("home", whole=False)
        tablet.touch("Redeem goods")
        looker.look("scan", whole=False)
        tablet.wedge(served.code(1, KeyClass.CARD))
        tablet.page.locator(".shelf li").first.wait_for()
        looker.look("shelf", whole=False)
        tablet.touch("One {good} more", good="香皂")
        looker.look("basket")
        tablet.confirm()
        tablet.page.locator(".figures").wait_for()
        looker.look("yuan")
        tablet.touch("{yuan} received", yuan="2.50 元")
        tablet.result()
        looker.look("done", whole=False)
        tablet.touch("Receipt")
        looker.look("slip", whole=False)
        ref = tablet.page.locator(".slip .ref").first.inner_text()
        tablet.touch("Back")
        tablet.touch("Passbook")
        tablet.page.locator(".passbook").wait_for()
        looker.look("passbook", whole=False)
        tablet.touch("Back")
        tablet.page.locator(".tiles").wait_for()
        tablet.touch("Take goods back")
        tablet.page.locator(".scanner").wait_for()
        looker.look("which slip", whole=False)
        tablet.wedge(ref)
        tablet.touch("One {good} more", good="香皂")
        looker.look("what came back")
    assert looker.faults == {}


@pytest.mark.parametrize("version", ["80", "92"])
def test_an_old_tablet_hands_goods_out_for_points_and_yuan(
    served: Served, tmp_path: Path, version: str
) -> None:
    say = translator("zh")
    with_yuan_and_a_notice(served)
    seen = run(
        version,
        {
            "url": served.url,
            "video": str(write_raw_video(tmp_path / "card.y4m", served.code(1, KeyClass.CARD))),
            "community": ISSUER,
            "enrolment": served.enrolment("counter", "M01C1"),
            "clerk": CLERK,
            "code": CLERK_CODE,
            "words": {
                "more": say("One {good} more").format(good="香皂"),
                "received": say("{yuan} received").format(yuan="2.50 元"),
                "receipt": say("Receipt"),
                "leave": say("Leave the training"),
                "start": say("Start real sales"),
            },
        },
        runner=_RUNNER,
    )
    assert seen["errors"] == []
    assert seen["agent"].startswith(f"HeadlessChrome/{version}.")
    assert say("Done") in seen["result"]
    assert "2.50 元" in seen["result"]
    assert "香皂 x 1" in seen["receipt"]
    assert seen["code"]
