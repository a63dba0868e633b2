"""The office's page of points without proof: what no bill shows, a flag, and the second person's answer."""

from __future__ import annotations

from ledger.book.balances import wallet_of
from pos.checkout import check_out
from pos.unproven import mark_missing
from tests.kiosk.test_pages_deductions import decide
from tests.kiosk.test_pages_office import post
from tests.support.pages_town import Served, text_of
from tests.support.town import CIVIC, HERE


def buy(served: Served, person: int) -> str:
    town = served.town
    receipt = check_out(town.desk, town.sale(person, 5_000), at=town.at)
    town.later(600)
    return str(receipt["ref"])


def pending(served: Served, owner: int) -> int:
    with served.town.db.read() as tx:
        return wallet_of(tx, HERE, owner, CIVIC).pending


def flag(served: Served, ref: str, reason: str = "店里没有这笔收款"):
    return post(served, "zhou", "/office/unproven", "/office/unproven", ref=ref, reason=reason)


def test_a_receipt_is_flagged_by_one_and_its_points_go_when_another_agrees(served: Served) -> None:
    ref = buy(served, 1)

    flag(served, ref.lower())
    page = text_of(served.member("zhou").get("/office/unproven"))
    waiting = text_of(served.member("committee").get("/office/approvals"))
    assert f"{ref} M01 shop 1 2026-03-02 50.00 50.00 已提出，由第二个人决定" in page
    assert f"{ref} · M01 shop 1 · 50.00 · 店里没有这笔收款" in waiting
    decide(served, "committee")

    assert pending(served, 1) == 0
    own = text_of(served.resident(1).get("/me"))
    assert "−50.00 待确认" in own


def test_what_no_bill_shows_is_listed_and_may_be_let_be(served: Served) -> None:
    ref = buy(served, 2)
    town = served.town
    town.db.write(lambda tx: mark_missing(tx, HERE, 1, until=20260302, by="bill", at=town.at))

    assert "账单里没有" in text_of(served.member("zhou").get("/office/unproven"))
    flag(served, ref)
    decide(served, "committee", "refuse")

    assert pending(served, 2) == 0
    own = text_of(served.resident(2).get("/me"))
    assert "在shop 1消费得的积分可以用了" in own
    assert "付款已核对" not in own
    assert "没有待决定的积分" in text_of(served.member("zhou").get("/office/unproven"))


def test_mistakes_are_said_in_words(served: Served) -> None:
    ref = buy(served, 1)
    flag(served, ref)

    assert "这张小票已经提出过" in text_of(flag(served, ref))
    assert "这张小票没有待确认的积分" in text_of(flag(served, "M01T1-000000-00000-0"))
    assert served.member("wang").get("/office/unproven").status_code == 403
