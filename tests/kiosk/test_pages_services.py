"""Services for points in pages: the office offers, a resident buys, books, confirms; the provider answers and sees."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from ledger import tokens
from ledger.members import keys
from ledger.services.rules import read_number
from ledger.sql import Sql
from ledger.token_keys import KeyClass
from pos.voucher_use import use_voucher
from tests.kiosk.test_pages_office import post
from tests.support.pages_town import NAMES, PIN, Served, form_number, text_of
from tests.support.town import HERE
from tests.support.vouchers import qr_of, used

OFFICE = "/office/services"
NUMBER = re.compile(r"\d{4}-\d{4}-\d{3}")


@pytest.fixture
def sold(served: Served) -> Served:
    """The town with keys for vouchers and a haircut on sale: 30 points, 15.50 yuan by contract."""
    town = served.town
    town.db.write(lambda tx: keys.make_key(tx, town.vault, HERE, KeyClass.SVC, at=town.at, by=0))
    offered(served)
    return served


def offered(served: Served, **changes: str) -> Any:
    fields = {
        "code": "CUT",
        "name": "优惠理发",
        "provider": "1",
        "price": "30",
        "contract": "15.50",
        "valid_days": "30",
        "cancel_hours": "24",
        "unused": "back",
        "returnable": "1",
        **changes,
    }
    return post(served, "liu", OFFICE, f"{OFFICE}/put", **fields)


def bought(client: FlaskClient, pin: str = PIN) -> Any:
    page = client.get("/me/services")
    html = page.get_data(as_text=True)
    service = re.search(r'name="service_id" value="(\d+)"', html)
    assert service is not None, text_of(page)
    number = form_number(page, "/me/services/buy")
    data = {"request_id": number, "service_id": service[1], "pin": pin}
    return client.post("/me/services/buy", data=data)


def sent(client: FlaskClient, page: str, action: str, **fields: str) -> Any:
    fields["request_id"] = form_number(client.get(page), action)
    return client.post(action, data=fields)


def test_a_resident_buys_and_sees_code_and_number_and_nobody_else_does(sold: Served) -> None:
    me, other = sold.resident(1), sold.resident(2)
    answer = bought(me)
    place = answer.location.partition("?")[0]
    page = me.get(place)

    assert answer.status_code == 303
    assert "优惠理发" in text_of(page)
    assert NUMBER.search(text_of(page))
    assert "<svg" in page.get_data(as_text=True)
    assert "770.00" in text_of(me.get("/me"))
    assert "买了一张服务券" in text_of(me.get("/me"))
    assert other.get(place).status_code == 404
    assert not any(word in page.get_data(as_text=True) for pair in NAMES.values() for word in pair)


def test_a_wrong_pin_buys_nothing(sold: Served) -> None:
    me = sold.resident(1)

    refused = bought(me, pin="111222")

    assert "密码" in text_of(refused)
    assert "800.00" in text_of(me.get("/me"))


def test_from_the_office_s_calendar_to_the_resident_s_stars(sold: Served) -> None:
    me, owner, town = sold.resident(1), sold.owner("sun"), sold.town
    service = re.search(
        r'name="service" value="(\d+)"', sold.member("liu").get(OFFICE).get_data(as_text=True)
    )
    assert service is not None
    post(
        sold, "liu", OFFICE, f"{OFFICE}/slots", service=service[1], day="2026-03-05",
        **{"from": "09:30", "minutes": "30", "times": "2", "people": "1"},
    )  # fmt: skip
    place = bought(me).location.partition("?")[0]
    number = NUMBER.search(text_of(me.get(place)))
    assert number is not None
    assert "2026-03-05 09:30" in text_of(me.get(place))
    slot = re.search(r'name="slot_id" value="(\d+)"', me.get(place).get_data(as_text=True))
    assert slot is not None

    sent(me, place, f"{place}/book", slot_id=slot[1])
    assert "待确认" in text_of(me.get(place))
    order = re.search(
        r'name="order_id" value="(\d+)"', owner.get("/merchant/services").get_data(as_text=True)
    )
    assert order is not None
    sent(owner, "/merchant/services", "/merchant/services/order", order_id=order[1], how="accepted")
    assert "已接受" in text_of(me.get(place))
    use_voucher(town.desk, used(town, number[0]), at=town.at)
    done = text_of(me.get(place))
    assert "服务做了吗" in done
    sent(me, place, f"{place}/confirm", order_id=order[1], rating="5")

    assert "您已确认：5 星" in text_of(me.get(place))
    shop = text_of(owner.get("/merchant/services"))
    assert "15.50 元" in shop
    assert "5 星" in shop
    assert not any(word in shop for pair in NAMES.values() for word in pair)
    assert "5 星" in text_of(sold.member("liu").get(OFFICE))


def test_given_back_from_the_page(sold: Served) -> None:
    me = sold.resident(1)
    place = bought(me).location.partition("?")[0]

    sent(me, place, f"{place}/return")

    assert "已退回" in text_of(me.get(place))
    assert "800.00" in text_of(me.get("/me"))


def test_the_desk_notes_a_signed_paper(sold: Served) -> None:
    me, town = sold.resident(1), sold.town
    place = bought(me).location.partition("?")[0]
    number = NUMBER.search(text_of(me.get(place)))
    assert number is not None
    use_voucher(town.desk, used(town, number[0]), at=town.at)
    order = re.search(
        r'name="order_id" value="(\d+)"', sold.member("wang").get(OFFICE).get_data(as_text=True)
    )
    assert order is not None

    post(sold, "wang", OFFICE, f"{OFFICE}/order", order_id=order[1], how="paper", rating="4")

    assert "您已确认：4 星" in text_of(me.get(place))


def test_what_the_office_may_not_offer(sold: Served) -> None:
    client = sold.member("liu")
    for changes in ({"contract": ""}, {"provider": "0"}, {"valid_days": "0"}, {"code": "CUT"}):
        fields = {
            "code": "X1", "name": "理发", "provider": "1", "price": "30", "contract": "10", "valid_days": "30",
            "cancel_hours": "24", "unused": "back", **changes,
        }  # fmt: skip
        fields["request_id"] = form_number(client.get(OFFICE), f"{OFFICE}/put")
        assert client.post(f"{OFFICE}/put", data=fields).status_code != 303, changes
    assert sold.member("zhou").post(f"{OFFICE}/put", data={}).status_code == 403


def test_the_office_sets_other_terms_from_a_day_on(sold: Served) -> None:
    me, client = sold.resident(1), sold.member("liu")
    place = bought(me).location.partition("?")[0]
    page = client.get(OFFICE)
    service = re.search(r'name="service" value="(\d+)"', page.get_data(as_text=True))
    assert service is not None
    fields = {
        "service": service[1], "price": "40", "contract": "20", "valid_days": "10", "cancel_hours": "48",
        "unused": "lapse",
    }  # fmt: skip
    fields["request_id"] = form_number(page, f"{OFFICE}/terms")
    late = client.post(f"{OFFICE}/terms", data={**fields, "from": "2026-03-02"})
    assert "请选明天或以后的日子" in text_of(late)
    assert 'value="48"' in late.get_data(as_text=True)

    fields["request_id"] = form_number(client.get(OFFICE), f"{OFFICE}/terms")
    done = client.post(f"{OFFICE}/terms", data={**fields, "from": "2026-03-03"})

    assert done.status_code == 303
    assert "2026-03-03 起" in text_of(client.get(OFFICE))
    assert "2026-03-03 起改为 40.00 积分" in text_of(me.get("/me/services"))
    # Sold before, it keeps its terms; sold from that day on, it has the new ones.
    sold.town.at += 86_400_000_000
    me = sold.resident(1)
    assert "退掉这张券" in text_of(me.get(place))
    later = bought(me).location.partition("?")[0]
    assert "退掉这张券" not in text_of(me.get(later))
    assert "730.00" in text_of(me.get("/me"))


def test_a_provider_without_a_till_takes_vouchers_on_its_page_and_the_desk_off_a_slip(
    sold: Served,
) -> None:
    me, owner, town = sold.resident(1), sold.owner("sun"), sold.town
    shop = "/merchant/services"
    assert "核销服务券" not in text_of(owner.get(shop))
    town.db.write(
        lambda tx: tx.run(
            Sql(
                "UPDATE terminal SET state = 'revoked' WHERE community_id = :here AND merchant_id = 1"
            ),
            here=HERE,
        )
    )
    first, second = (bought(me).location.partition("?")[0] for _ in range(2))
    one, two = (NUMBER.search(text_of(me.get(place))) for place in (first, second))
    assert one is not None
    assert two is not None

    assert "十一位数字" in text_of(sent(owner, shop, f"{shop}/voucher", code="123"))
    sent(owner, shop, f"{shop}/voucher", code=one[0])
    assert "15.50 元" in text_of(owner.get(shop))
    assert "已在 2026-03-02 用过" in text_of(sent(owner, shop, f"{shop}/voucher", code=one[0]))
    post(sold, "wang", OFFICE, f"{OFFICE}/voucher", code=two[0], slip="L-0017")

    assert "31.00 元" in text_of(owner.get(shop))
    for place in (first, second):
        order = re.search(r'name="order_id" value="(\d+)"', me.get(place).get_data(as_text=True))
        assert order is not None
        sent(me, place, f"{place}/confirm", order_id=order[1], rating="5")
        assert "您已确认：5 星" in text_of(me.get(place))


def test_the_picture_carries_the_voucher_and_nothing_of_its_holder(sold: Served) -> None:
    town, me = sold.town, sold.resident(1)
    place = bought(me).location.partition("?")[0]
    number = NUMBER.search(text_of(me.get(place)))
    assert number is not None
    digits = qr_of(town, number[0])

    unverified = tokens.read(digits)

    assert unverified.claims.serial == read_number(number[0])
    assert (unverified.claims.issuer, unverified.claims.issue) == ("CA01", 1)
    # The bytes have no room for more: issuer, two times, serial, issue and signature fill them.
    assert len(unverified.raw) == tokens.TOKEN_BYTES
    assert use_voucher(town.desk, used(town, digits), at=town.at)["number"] == number[0]
