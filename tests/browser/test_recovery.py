"""A real till whose server is replaced by an older copy: it sells on, and sends what it was told by itself."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright

from kiosk.recovering.applying import Applied
from kiosk.recovering.finishing import apply_all, finish
from ledger.audit import SYSTEM
from ledger.copies import backups
from ledger.copies.manifest import KEY_PURPOSE, Manifest
from ledger.copies.sources import source_of
from ledger.database import Database
from ledger.recovery import epochs, intake
from ledger.seal import checkpoints
from ledger.seal.alarms import DECLARED, alarms
from ledger.sql import Sql, Tx
from tests.browser.served import Served
from tests.browser.tablet import PHONE, Tablet, chromium, zh
from tests.support.invariants import check_invariants
from tests.support.lost_day import BOOKED, SUMS
from tests.support.town import HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_TILL = Sql("SELECT terminal_id FROM terminal WHERE community_id = :community_id AND code = :code")
BEING_BROUGHT_BACK = (
    "The community's book is being brought back. Sell as always; points are collected, and can be"
    " used again soon. Leave this tablet switched on."
)


def sell(tablet: Tablet, served: Served, person: int, points: int = 0) -> str:
    """A sale of 50.00 yuan; its receipt's number."""
    tablet.touch("Sale")
    tablet.digits("50")
    tablet.wedge(served.code(person))
    tablet.page.locator(".pays").wait_for()
    if points:
        tablet.offset_to(points)
    tablet.confirm()
    assert tablet.result()["word"] == zh("Done")
    tablet.touch("Home")
    return str(tablet.daybook()[-1]["ref"])


def give_back_twenty(tablet: Tablet, ref: str) -> None:
    tablet.wedge(ref)
    tablet.touch("Only a part")
    tablet.digits("20")
    tablet.confirm()
    tablet.result()
    tablet.confirm()


def sign(served: Served) -> None:
    service = served.app.extensions["jifen"]
    checkpoints.publish(service.db, HERE, service.vault, service.last_signed, at=served.now())


def refresh(tablet: Tablet, awaited: str = "/log/follow") -> None:
    """Open the till anew: it asks at once how things stand."""
    with tablet.page.expect_response(lambda answer: awaited in answer.url):
        tablet.page.reload()
    tablet.page.locator(".tiles").wait_for()
    tablet.page.wait_for_timeout(300)


def rows(db: Database, query: str) -> list[tuple[Any, ...]]:
    with db.engine.connect() as connection:
        return sorted(tuple(row) for row in connection.exec_driver_sql(query))


def start(served: Served) -> None:
    served.town.db.write(lambda tx: epochs.start(tx, HERE, by=SYSTEM, at=served.now()))


def give_up(served: Served, code: str) -> None:
    """The town's other till was never a tablet."""

    def work(tx: Tx) -> None:
        row = tx.get(_TILL, community_id=HERE, code=code)
        found = epochs.get_open(tx, HERE)
        at = served.now()
        intake.declare_lost(tx, HERE, found, row.terminal_id, why="no tablet", by=SYSTEM, at=at)

    served.town.db.write(work)


def apply(served: Served) -> Applied:
    return apply_all(served.app.extensions["jifen"].desk, HERE, by=SYSTEM, at=served.now())


def end(served: Served) -> None:
    service = served.app.extensions["jifen"]
    finish(service.desk, service.vault, service.last_signed, HERE, by=SYSTEM, now=served.now)


def lose(served: Served, folder: Path, made: Manifest) -> Database:
    """The machine is gone, and its book of today with it; another one has the backup's. Gives its book."""
    url = f"sqlite:///{folder / 'new.db'}"
    backups.put_back(folder / "backups", made, source_of(url))
    new = Database(url)
    new.write(
        lambda tx: epochs.open_recovery(
            tx, HERE, backup=made.name, since_at=made.made_at, by=SYSTEM, at=served.now()
        )
    )
    served.replace(new, folder / "new machine")
    return new


def test_a_till_sells_on_over_an_older_book_and_brings_back_what_it_was_told(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    (tmp_path / "backups").mkdir()
    key = served.town.vault.derive(KEY_PURPOSE)
    old = served.town.db
    with chromium(playwright) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        sell(tablet, served, 1, points=200)
        sign(served)
        refresh(tablet)
        made = backups.make(
            source_of(old.url), tmp_path / "backups", key=key, at=served.now(), key_file=Path("/no")
        )
        with_points = sell(tablet, served, 2, points=200)
        sell(tablet, served, 3)
        give_back_twenty(tablet, with_points)
        sign(served)
        refresh(tablet)
        sums, booked = rows(old, SUMS), rows(old, BOOKED)

        new = lose(served, tmp_path, made)
        assert rows(new, BOOKED) != booked
        began = time.monotonic()
        refresh(tablet)
        tablet.page.get_by_text(zh(BEING_BROUGHT_BACK)).wait_for()
        first = sell(tablet, served, 1)
        first_s = time.monotonic() - began
        start(served)
        refresh(tablet, "/recovery/report")
        give_up(served, "M01T1")
        applied = apply(served)
        after = [row for row in rows(new, BOOKED) if row[2] != first]

        # The last sale before the copy comes too, and the one after it stands already.
        assert applied.states == {"applied": 3, "known": 2, "aside": 0}
        assert after == booked
        end(served)
        sign(served)
        refresh(tablet)
        tablet.page.locator(".alarm.declared").wait_for()
        assert tablet.page.locator(".alarm:not(.declared)").count() == 0
        assert tablet.page.get_by_text(zh(BEING_BROUGHT_BACK)).count() == 0
        tablet.touch("I have seen this")
        sell(tablet, served, 2, points=200)
        give_back_twenty(tablet, first)
        sign(served)
        refresh(tablet)
        assert tablet.page.locator(".alarm").count() == 0
        assert tablet.errors == []
    print(f"first sale {first_s:.1f} s after the loss, by a browser's hands")  # noqa: T201
    assert sums
    check_invariants(new.engine)
    with new.read() as tx:
        assert [alarm.answer for alarm in alarms(tx, HERE)] == [DECLARED]
    new.close()
