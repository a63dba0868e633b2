"""The office's page of selling without network, and how people hear how such a sale ended."""

from __future__ import annotations

from kiosk.offline_words import notices_for
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side
from ledger.book.posting import post as book
from ledger.ids import new_request_id
from ledger.sql import Tx
from pos.offline import lists
from tests.kiosk.test_pages_office import post
from tests.support.offline_shops import OfflineShops
from tests.support.pages_town import Served, text_of
from tests.support.town import CIVIC, HERE

PAGE = "/office/offline"


def shops_of(served: Served) -> OfflineShops:
    """The same town, as one whose tills sell without network."""
    shops = OfflineShops.__new__(OfflineShops)
    shops.town, shops.db = served.town, served.town.db
    shops.answered, shops._cards = {}, {}
    return shops


def two_ends(served: Served) -> OfflineShops:
    """Person 1 let go points that were gone; person 2's entry was refused."""
    shops = shops_of(served)
    shops.allow()
    policy = shops.policy()
    spends = [shops.made(policy, 1, 10_000)]
    shops.town.db.write(lambda tx: _empty(tx, shops))
    over = shops.made(policy, 2, 20_000)
    shops.town.later(3_600)
    for one in spends:
        shops.send(one)
    assert shops.refused(over) == "offline_over_sale"
    return shops


def _empty(tx: Tx, shops: OfflineShops) -> None:
    at, day = shops.town.at, shops.town.day
    wallet, gone = (
        Side(account_id(tx, HERE, kind, CIVIC, owner, at=at), kind)
        for kind, owner in ((Account.WALLET, 1), (Account.EXPIRED, 0))
    )
    book(
        tx,
        Posting(
            community_id=HERE,
            kind=Kind.EXPIRE,
            request_id=new_request_id(at),
            occurred_at=at,
            at=at,
            business_date=day,
            lines=[Line(wallet, gone, CIVIC, 76_000)],
            wallet_owner_id=1,
        ),
    )


def test_the_office_decides_sees_the_bound_and_takes_it_back(served: Served) -> None:
    before = text_of(served.member("liu").get(PAGE))
    post(served, "liu", PAGE, f"{PAGE}/shop", shop="1", points="500", why="山坡上信号差")
    after = text_of(served.member("liu").get(PAGE))
    served.town.later(60)
    post(served, "liu", PAGE, f"{PAGE}/shop", shop="1", points="0", why="装了新线路")

    assert "没有：默认不开，由您逐店决定。" in before
    assert "一天最多：0.00 积分，0.00 元" in before
    assert "一天最多：500.00 积分，25.00 元" in after
    assert "每台机器一天 500.00 积分 · 山坡上信号差" in after
    assert "没有：默认不开" in text_of(served.member("liu").get(PAGE))


def test_a_cleared_till_is_named_and_its_slip_typed_in(served: Served) -> None:
    shops = shops_of(served)
    shops.allow()
    made = shops.made(shops.policy(), 1, 2_000)
    served.town.later(3_600)

    post(served, "zhou", PAGE, f"{PAGE}/marks", till="m01t1", last="2", why="平板被清空")
    named = text_of(served.member("zhou").get(PAGE))
    fields = {"ref": made.ref.lower(), "time": "09:00", "card": served.card_numbers[1]}
    post(served, "zhou", PAGE, f"{PAGE}/slip", **fields, total="50", points="20", channel="scan")
    left = text_of(served.member("zhou").get(PAGE))
    post(served, "zhou", PAGE, f"{PAGE}/none", till="M01T1", counter="2", why="废票")

    assert "M01T1 shop 1 00001 00002" in named
    assert "M01T1 shop 1 00002" in left
    assert "缺的小票" not in text_of(served.member("zhou").get(PAGE))
    assert shops.wallet(1) == (78_000, 0)


def test_whose_entry_failed_is_told_at_the_next_contact_and_once(served: Served) -> None:
    shops = two_ends(served)
    terms = shops.town.desk.refresh(HERE)
    office = text_of(served.member("liu").get(PAGE))
    with shops.db.read() as tx:
        at_till = [notices_for(tx, terms, person) for person in (1, 2, 3)]
        calls = lists.to_call(tx, HERE)

    own = [text_of(served.resident(person).get("/me")) for person in (1, 2, 3)]
    again = text_of(served.resident(1).get("/me"))
    with shops.db.read() as tx:
        left = lists.to_call(tx, HERE)

    assert "要告知的人" in office
    assert [len(found) for found in at_till] == [1, 1, 0]
    assert "60.00" in at_till[0][0]["zh"]
    assert "60.00" in at_till[0][0]["en"]
    # At another shop's till nobody hears where the holder buys; on their own page they do.
    assert "shop 1" not in repr(at_till)
    assert "shop 1" in own[0]
    assert len(calls) == 2
    assert ["正好断网" in page for page in own] == [True, True, False]
    assert "正好断网" in again
    assert left == []
    blame = ("透支", "违规", "欠款", "拒绝", "失败")
    said = " ".join(one["zh"] for found in at_till for one in found)
    assert not [word for word in blame if word in said]


def test_the_office_notes_whom_it_called(served: Served) -> None:
    shops = two_ends(served)
    with shops.db.read() as tx:
        [first, *_] = lists.to_call(tx, HERE)

    post(served, "liu", PAGE, f"{PAGE}/told/{first.request_id}")

    [(where, at)] = shops.rows(
        f"offline_sale WHERE request_id = '{first.request_id}'", "heard_where, heard_at"
    )
    assert (where, at) == ("office", served.town.at)
