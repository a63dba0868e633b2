"""A certificate at the till in a browser: held before the camera, typed, used once, and what is left goes back."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright

from ledger.audit import SYSTEM
from ledger.book.balances import wallet_of
from ledger.certificates.rules import number_text
from ledger.ids import new_request_id
from ledger.members import keys
from ledger.members.communities import raise_config_version
from ledger.members.residents import record_consent
from ledger.sql import Sql
from ledger.token_keys import KeyClass
from pos.certificate_desk import print_at_desk
from tests.browser.axe import axe_faults
from tests.browser.served import Served
from tests.browser.tablet import Tablet, chromium, write_video, zh
from tests.browser.test_till_screens import faults_of
from tests.support.certificates import DESK, picture_of, row_of
from tests.support.town import CIVIC, HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = [{"width": 800, "height": 1280}, {"width": 360, "height": 740}]
_CATEGORY = Sql(
    "UPDATE merchant SET category = :category WHERE community_id = :community_id AND merchant_id = 1"
)
_NOBODY = Sql(
    "SELECT count(*) AS many FROM sale WHERE community_id = :community_id AND offset_units > 0"
)


def be(served: Served, category: str) -> None:
    """The served shop is of this kind from now on."""

    def work(tx) -> None:
        tx.run(_CATEGORY, community_id=HERE, category=category)
        raise_config_version(tx, HERE)

    served.town.db.write(work)


def printed(served: Served, points: int = 100) -> dict[str, Any]:
    """The desk prints one for person 1, for a grain shop; the served shop is one."""
    town = served.town
    be(served, "粮油店")

    def ready(tx) -> None:
        keys.make_key(tx, town.vault, HERE, KeyClass.CRT, at=served.now(), by=0)
        record_consent(tx, HERE, 1, by=SYSTEM, at=served.now())

    town.db.write(ready)
    work = partial(
        print_at_desk,
        terms=town.desk.refresh(HERE),
        request_id=new_request_id(served.now()),
        person_id=1,
        units=points * 100,
        shop_kind="粮油店",
        by=DESK,
        at=served.now(),
    )
    return town.db.write(work)


def wallet(served: Served) -> tuple[int, int]:
    """Units in the wallet, and of those set aside."""
    with served.town.db.read() as tx:
        found = wallet_of(tx, HERE, 1, CIVIC)
    return found.posted, found.held


def number_of(served: Served, paper: dict[str, Any]) -> str:
    return number_text(int(row_of(served.town, paper).serial))


def type_number(tablet: Tablet, number: str) -> None:
    """Under the camera's picture, as whoever holds a creased certificate does."""
    tablet.page.get_by_label(zh("Or type the certificate's number")).fill(number)
    tablet.touch("Take the certificate")


def test_a_certificate_before_the_camera_pays_a_part_and_the_rest_goes_back(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    paper = printed(served)
    assert wallet(served) == (200_000, 10_000)
    video = write_video(tmp_path / "certificate.mjpeg", picture_of(served.town, paper))
    with chromium(playwright, video=video) as browser:
        context = browser.new_context(viewport=SIZES[0], permissions=["camera"])  # type: ignore[arg-type]
        tablet = Tablet(context.new_page(), served)
        tablet.enrol()
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.touch("Scan the code")
        tablet.page.locator(".pays").wait_for(timeout=20_000)
        # 2,000 points are in the wallet; the paper is worth the 100 that were set aside for it.
        assert "100 分" in tablet.page.locator(".stepper").inner_text()
        assert "证明，面额 100 分" in tablet.page.locator("main").inner_text()
        assert tablet.button("More points").is_disabled()
        assert "2000" not in tablet.page.locator("main").inner_text()
        for size in SIZES:
            tablet.page.set_viewport_size(size)  # type: ignore[arg-type]
            assert faults_of(tablet.page) == []
            assert axe_faults(tablet.page) == []
            tablet.page.screenshot(path=tmp_path / f"confirm{size['width']}.png", full_page=True)
        tablet.offset_to(60)
        tablet.confirm()
        seen = tablet.result()
        assert seen["顾客应付"] == "47.00 元"
        assert seen["积分抵扣"] == "60 分 = 3.00 元"
        tablet.page.screenshot(path=tmp_path / "done.png", full_page=True)
        tablet.touch("Receipt")
        slip = tablet.page.locator(".slip").inner_text()
        assert "60.00 分" in slip or "60 分" in slip
        tablet.page.screenshot(path=tmp_path / "receipt.png", full_page=True)
        assert tablet.errors == []
    assert wallet(served) == (194_000, 0)


def test_typed_from_the_paper_it_is_used_once(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    paper = printed(served)
    number = number_of(served, paper)
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=SIZES[1]), served)  # type: ignore[arg-type]
        tablet.enrol()
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.touch("Scan the code")
        type_number(tablet, wrong)
        said = zh("This is no certificate number. Ask for all nine digits again, in threes.")
        assert said in tablet.page.locator(".find").inner_text()
        assert axe_faults(tablet.page) == []
        tablet.page.screenshot(path=tmp_path / "typed.png", full_page=True)
        type_number(tablet, number)
        tablet.page.locator(".pays").wait_for()
        tablet.confirm()
        assert tablet.result()["积分抵扣"] == "100 分 = 5.00 元"

        tablet.touch("Next sale")
        tablet.digits("50")
        tablet.touch("Scan the code")
        type_number(tablet, number)
        assert tablet.result()["word"] == zh("Not booked")
        tablet.page.screenshot(path=tmp_path / "used.png", full_page=True)
        # Whoever finds the tablet finds no number that buys.
        assert number.replace("-", "") not in tablet.stored()
        assert tablet.errors == []
    assert wallet(served) == (190_000, 0)


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_a_wedge_reads_it_and_another_kind_of_shop_takes_nothing(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    paper = printed(served)
    be(served, "面馆")
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=SIZES[1]), served)  # type: ignore[arg-type]
        tablet.enrol()
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.wedge(picture_of(served.town, paper))
        assert tablet.result()["word"] == zh("Not booked")
        assert "粮油店" in tablet.page.locator(".result").inner_text()
        assert axe_faults(tablet.page) == []
        tablet.page.screenshot(path=tmp_path / "kind.png", full_page=True)
    assert wallet(served) == (200_000, 10_000)
    with served.town.db.read() as tx:
        assert [row.many for row in tx.all(_NOBODY, community_id=HERE)] == [0]
