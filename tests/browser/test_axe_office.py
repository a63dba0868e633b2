"""axe finds nothing on the office's pages of tills and of what runs by itself; both are read on a narrow screen too."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from ledger.members.terminal_health import keep_health
from tests.browser.axe import axe_faults
from tests.browser.test_pages import Site, phone, site, staff_in
from tests.kiosk.test_pages_calendar import ran
from tests.kiosk.test_pages_terminals import WELL
from tests.support.town import HERE, moment

__all__ = ["phone", "site"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SHOTS = Path("build/shots")


@pytest.mark.parametrize("size", [(360, 740), (800, 1280)], ids=["phone", "tablet"])
def test_axe_finds_nothing_on_the_pages_of_tills_and_of_the_timetable(
    site: Site, phone: Page, size: tuple[int, int]
) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    phone.set_viewport_size({"width": size[0], "height": size[1]})
    served = site.served
    served.town.at = moment("2026-03-03 02:10")
    ran(served, "night", 20260302, shops=12, settled_fen=123_456)
    ran(served, "notices", 20260303, problem="recovery_open")
    ran(served, "silence", 20260303, problem="ValueError")
    served.town.at = moment("2026-03-03 03:00")
    till = served.town.tills[0].terminal_id
    served.town.db.write(lambda tx: keep_health(tx, HERE, till, WELL, at=served.town.at))
    staff_in(site, phone, "liu")
    for place in ("terminals", "calendar"):
        phone.goto(f"{site.url}/office/{place}")
        phone.locator("h1").wait_for()
        assert axe_faults(phone) == [], place
        phone.screenshot(path=SHOTS / f"{place}-{size[0]}.png", full_page=True)
