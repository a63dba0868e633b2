"""A shop's bills as they come: they prove sales once, again and under any name, from the office page and by command."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from ledger.audit import SYSTEM
from ledger.book.balances import wallet_of
from ledger.channel_bills.coverage import cover_of
from ledger.channel_bills.store import Sent
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import files
from pos import bill_taking
from pos.bill_taking import take_channel_bill
from pos.checkout import check_out
from tests.kiosk.test_cli import Run, answer, open_with_shop, run
from tests.support.channel_bills import Paid, wechat
from tests.support.fake_channel import FakeChannel
from tests.support.pages_town import Served, form_number, serve, text_of
from tests.support.town import CIVIC, HERE, Town, build_town, moment

__all__ = ["run"]

MONDAY = "2026-03-02"
PAID = [
    Paid(f"{MONDAY} 09:11:30", "4200000000000000000000000001", 5_000),
    Paid(f"{MONDAY} 12:00:00", "4200000000000000000000000002", 800),
]


@pytest.fixture
def town(db: Database) -> Town:
    town = build_town(db, people=2, shops=2, channel=FakeChannel())
    town.at = moment(f"{MONDAY} 09:11")
    check_out(town.desk, town.sale(1, 5_000), at=town.at)
    town.at = moment("2026-03-03 10:00")
    return town


def pending(town: Town) -> tuple[int, int]:
    with town.db.read() as tx:
        found = wallet_of(tx, HERE, 1, CIVIC)
    return found.available, found.pending


def take(town: Town, body: bytes, name: str = "a.csv"):
    return take_channel_bill(town.desk, HERE, 1, Sent(name, body), by=SYSTEM, at=town.at)


def test_a_bill_proves_the_sale_it_shows_and_says_which_day_it_speaks_for(town: Town) -> None:
    answer = take(town, wechat(PAID))

    assert (answer["sales"], answer["units"], answer["lines_left"]) == (1, 5_000, 1)
    assert pending(town) == (5_000, 0)
    with town.db.read() as tx:
        cover = cover_of(tx, HERE, 1)
    assert cover.covers("scan", moment(f"{MONDAY} 23:59"))
    assert not cover.covers("scan", moment("2026-03-03 00:00"))

    again = take(town, wechat(PAID), "b.csv")
    assert (again["again"], again["sales"], again["bill_id"]) == (True, 0, answer["bill_id"])
    assert pending(town) == (5_000, 0)


def test_cut_off_after_it_was_kept_the_bill_sent_again_ends_the_work(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_args: object, **_how: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as broken:
        broken.setattr(bill_taking, "prove_by_bill", die)
        with pytest.raises(RuntimeError, match="power cut"):
            take(town, wechat(PAID))
    assert pending(town) == (0, 5_000)

    assert take(town, wechat(PAID))["sales"] == 1
    assert pending(town) == (5_000, 0)


def test_a_bill_that_does_not_add_up_proves_nothing(town: Town) -> None:
    body = wechat(PAID).replace(b"`58.00", b"`57.00", 1)

    assert take(town, body)["outcome"] == "TOTALS_WRONG"
    assert pending(town) == (0, 5_000)


def test_a_changed_bill_is_refused_and_kept_as_it_came(town: Town) -> None:
    take(town, wechat(PAID))
    changed = wechat([PAID[0], Paid(PAID[1].when, PAID[1].ref, 801)])

    with pytest.raises(Refusal, match="bill_changed"):
        take(town, changed, "again.csv")

    with town.db.read() as tx:
        kept = files.get_file(tx, HERE, hashlib.sha256(changed).hexdigest())
    assert (kept.name, kept.body) == ("again.csv", changed)
    assert pending(town) == (5_000, 0)


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Served:
    return serve(Database(sqlite_url), tmp_path)


def test_the_office_takes_a_bill_and_sees_line_column_and_what_to_do(served: Served) -> None:
    served.town.at = moment("2026-03-03 10:00")
    client = served.member("zhou")

    def send(body: bytes, name: str = "1900000109All2026-03-02.csv") -> str:
        page = client.get("/office/channel-bills")
        sent = {
            "request_id": form_number(page, "/office/channel-bills"),
            "shop": "1",
            "file": (io.BytesIO(body), name),
        }
        return text_of(client.post("/office/channel-bills", data=sent))

    good = send(wechat(PAID))
    bad = send(wechat(PAID).replace(b"`50.00", b"`5x", 1))
    wrong = send(wechat(PAID).replace(b"`2.0", b"`3.0", 1))

    assert "账单时间：2026-03-02；收款 2 笔，58.00 元" in good
    assert "这份账单以前收过" in send(wechat(PAID), "again.csv")
    assert "2 应结订单金额 这不是精确到分的金额" in bad
    assert "总交易单数：账单写的是 3，各行相加是 2" in wrong


def test_the_command_takes_a_bill_and_ends_badly_where_it_does_not_add_up(
    run: Run, tmp_path: Path
) -> None:
    open_with_shop(run, tmp_path, "M01")
    bill = tmp_path / "1900000109All2026-03-02.csv"
    bill.write_bytes(wechat(PAID))

    assert answer(run("bill", "M01", str(bill), "--json"))["pay_fen"] == 5_800
    assert answer(run("bill", "M01", str(bill), "--json"))["again"] is True
    bill.write_bytes(wechat(PAID).replace(b"`2.0", b"`3.0", 1))
    assert run("bill", "M01", str(bill)).exit_code == 1
