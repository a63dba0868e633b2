"""The auditor's page over a book with vouchers: paid by contract, claimed too low, given back; nothing to be found."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from kiosk.kit.packing import Period, write_kit
from ledger.database import Database
from ledger.seal.checkpoints import publish
from ledger.seal.last_signed import LastSigned
from settlement.night import run_night
from tests.browser.auditor import Task, auditor
from tests.support.night_plant import midnight, next_day
from tests.support.town import HERE, moment
from tests.support.vouchers import (
    buy,
    claim_line,
    file_day,
    offer,
    redeem,
    returned,
    voucher_town,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOUR = 3_600_000_000


def test_the_page_finds_nothing_in_a_book_with_vouchers(
    playwright: Playwright, sqlite_url: str, tmp_path: Path
) -> None:
    db = Database(sqlite_url)
    town = voucher_town(db)
    service = offer(town)
    first, second = (redeem(town, buy(town, service)["number"]) for _ in range(2))
    returned(town, buy(town, service)["number"])
    file_day(town, [claim_line(first), claim_line(second, offset_fen=1_000)])
    run_night(db, HERE, town.day, at=midnight(next_day(town.day)) + 2 * HOUR)
    kit = tmp_path / "kit.zip"
    at = moment("2026-03-03 09:00")
    publish(db, HERE, town.vault, LastSigned(tmp_path / "seal"), at=at)
    write_kit(db, HERE, kit, Period(20260301, 20260331), at=at)
    db.close()

    with auditor(playwright) as page:
        page.open()
        said = page.run(Task(kit))

    assert said.found == [], said
    assert said.tone != "bad", said
