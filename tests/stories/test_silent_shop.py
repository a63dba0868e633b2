"""A shop that sends no bill gives no points after the agreed days, is told, and nobody loses what they earned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.audit import By
from ledger.book.balances import wallet_of
from ledger.channel_bills.store import Sent
from ledger.database import Database
from ledger.members import settings
from ledger.members.pauses import open_pauses
from pos.bill_taking import review_silence, take_channel_bill
from pos.checkout import check_out
from tests.support.channel_bills import Paid, wechat
from tests.support.fake_channel import FakeChannel
from tests.support.pages_town import Served, serve, text_of
from tests.support.town import CIVIC, HERE, Town, build_town, moment

OFFICE = By("staff", 31)


@pytest.fixture
def town(db: Database) -> Town:
    town = build_town(db, people=2, shops=2, grant_units=100_000, channel=FakeChannel())
    db.write(
        lambda tx: settings.change(
            tx, HERE, {"no_file_days": 5}, by=OFFICE, why="as agreed", at=town.at
        )
    )
    return town


def buy(town: Town, when: str, **more: Any) -> dict[str, Any]:
    town.at = moment(when)
    return check_out(town.desk, town.sale(1, 5_000, **more), at=town.at)


def review(town: Town, when: str) -> dict[int, bool]:
    town.at = moment(when)
    return review_silence(town.desk, HERE, at=town.at)


def earned(town: Town) -> int:
    with town.db.read() as tx:
        found = wallet_of(tx, HERE, 1, CIVIC)
    return int(found.available + found.pending)


def bill(*days: str) -> bytes:
    return wechat([Paid(f"{day} 09:00:00", f"42{day.replace('-', '')}0001", 5_000) for day in days])


def test_after_the_agreed_days_without_a_bill_earning_pauses_and_points_stay(town: Town) -> None:
    before = earned(town)
    assert buy(town, "2026-03-02 09:00")["earned_units"] == 5_000

    assert review(town, "2026-03-07 01:00") == {}
    assert buy(town, "2026-03-07 09:00")["earned_units"] == 5_000
    assert review(town, "2026-03-08 01:00") == {1: True}
    assert review(town, "2026-03-08 02:00") == {}

    after = buy(town, "2026-03-08 09:00", offset_units=2_000)
    assert (after["earned_units"], after["earned_cut_by"]) == (0, "no_bills")
    assert after["offset_units"] == 2_000
    assert earned(town) == before + 10_000 - 2_000


def test_a_shop_that_sold_nothing_is_not_silent_and_another_shop_goes_on(town: Town) -> None:
    buy(town, "2026-03-02 09:00")

    assert review(town, "2026-03-09 01:00") == {1: True}
    assert buy(town, "2026-03-09 09:00", till=1)["earned_units"] == 5_000


def test_bills_end_the_pause_once_they_reach_what_was_unseen(town: Town) -> None:
    buy(town, "2026-03-02 09:00")
    buy(town, "2026-03-03 09:00")
    review(town, "2026-03-09 01:00")

    def take(body: bytes) -> None:
        take_channel_bill(town.desk, HERE, 1, Sent("a.csv", body), by=OFFICE, at=town.at)

    take(bill("2026-03-02"))
    with town.db.read() as tx:
        assert [int(row.merchant_id) for row in open_pauses(tx, HERE)] == [1]
    take(bill("2026-03-03", "2026-03-04"))
    with town.db.read() as tx:
        assert open_pauses(tx, HERE) == []
    assert buy(town, "2026-03-09 09:00")["earned_units"] == 5_000


def test_control_without_the_review_nothing_pauses(town: Town) -> None:
    buy(town, "2026-03-02 09:00")

    assert buy(town, "2026-03-09 09:00")["earned_units"] == 5_000


def test_the_shop_and_the_office_are_told(sqlite_url: str, tmp_path: Path) -> None:
    served: Served = serve(Database(sqlite_url), tmp_path)
    town = served.town
    buy(town, "2026-03-02 09:00")
    review(town, "2026-03-20 01:00")

    assert "您的店从 2026-03-20 起暂停发积分" in text_of(served.owner("sun").get("/merchant"))
    assert "暂停发积分" not in text_of(served.owner("qian").get("/merchant"))
    office = text_of(served.member("zhou").get("/office/channel-bills"))
    assert "收款账单未到、暂停发积分的商户" in office
