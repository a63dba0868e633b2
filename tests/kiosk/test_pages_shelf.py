"""The office's shelf: goods come in, go out, are counted by two, and every page says it in words."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import replace
from typing import Any

import pytest
from PIL import ExifTags, Image

from ledger.stock.goods import get_good
from tests.kiosk.test_pages_office import post
from tests.support.pages_town import Served, form_number, text_of
from tests.support.shelf import EGGS, RICE, flags_of, hand_over, moves_of, shelve
from tests.support.town import HERE


@pytest.fixture
def eggs(served: Served) -> int:
    return shelve(served.town, EGGS)


def at_good(served: Served, who: str, good_id: int, act: str, **fields: Any) -> Any:
    page = f"/office/goods/{good_id}"
    return post(served, who, page, f"{page}/{act}", **fields)


def pieces(served: Served, good_id: int) -> int:
    with served.town.db.read() as tx:
        return int(get_good(tx, HERE, good_id).stock)


def test_a_volunteer_puts_a_good_on_the_list_and_takes_a_gift_in(served: Served) -> None:
    fields = {"code": "g009", "name": "拖鞋", "price": "10", "cost": "6.50", "market": "1"}
    made = post(served, "zhao", "/office/goods", "/office/goods", **fields)
    page = made.location.partition("?")[0]
    good_id = int(page.rpartition("/")[2])
    at_good(
        served, "zhao", good_id, "receive", source="donation", quantity="20", donor="银枫粮油店",
        document="JZ-01", best_before="2027-03-01",
    )  # fmt: skip

    assert pieces(served, good_id) == 20
    shelf = text_of(served.member("zhao").get("/office/goods"))
    assert "G009 拖鞋 10.00" in shelf
    assert "今年捐赠鸣谢" in shelf
    assert "银枫粮油店" in shelf


def test_a_write_off_waits_for_the_secretary(served: Served, eggs: int) -> None:
    at_good(served, "zhao", eggs, "write-off", quantity="3", why="broken", lot="", reason="")
    assert pieces(served, eggs) == 8

    client = served.member("liu")
    waiting = text_of(client.get("/office/approvals"))
    assert "物品报损" in waiting
    assert "鸡蛋(袋) · 3 · 破损" in waiting


def test_goods_for_the_sick_and_a_new_cost_stand_among_the_moves(served: Served, eggs: int) -> None:
    at_good(served, "zhao", eggs, "hand-out", quantity="2", reason="慰问 3 户")
    at_good(served, "zhao", eggs, "cost", cost="13.00")

    page = text_of(served.member("zhao").get(f"/office/goods/{eggs}"))
    assert "慰问出库 −2 −25.00 慰问 3 户" in page
    assert "成本调整 3.00 标准成本" in page


def test_a_pause_and_a_limit_are_set_on_the_page(served: Served, eggs: int) -> None:
    numbers = dict.fromkeys(("limit_household", "shelf_days", "lead_days"), "0")
    at_good(
        served, "zhao", eggs, "care", limit_person="2", limit_period="month", low_stock="10",
        spec="30 枚", category="粮油", barcode="", more_on="2026-03-09", **numbers,
    )  # fmt: skip
    at_good(served, "zhao", eggs, "pause", notice="天热，暂停。", state="on")

    page = text_of(served.member("zhao").get("/office/goods"))
    assert "鸡蛋(袋) 30 枚 暂停" in page
    assert "低 8" in page
    good = text_of(served.member("zhao").get(f"/office/goods/{eggs}"))
    assert "暂停兑换： 天热，暂停。" in good
    assert "2026-03-09" in good


def test_two_people_count_on_the_page_and_the_flag_is_closed(served: Served) -> None:
    rice = shelve(served.town, RICE)
    hand_over(served.town, rice)
    assert "账面 -1，1 笔" in text_of(served.member("zhao").get("/office/goods"))
    post(served, "zhao", "/office/stocktake", "/office/stocktake", market="1")
    action = _form(served, "zhao")
    second = text_of(served.member("liu").get("/office/stocktake"))
    assert "第一位盘点人还没有填写。" in second

    for who in ("zhao", "liu"):
        page = "/office/stocktake"
        post(served, who, page, f"{action}/good", good=str(rice), counted="2", reason="入库漏登")
    post(served, "liu", "/office/stocktake", f"{action}/post", market="1")

    assert (pieces(served, rice), flags_of(served.town.db, rice)) == (2, [(-1, True)])
    assert moves_of(served.town.db, rice)[-1].kind == "count"
    done = text_of(served.member("zhao").get("/office/stocktake"))
    assert "大米(袋)：账面 -1，实盘 2 · 入库漏登" in done


def _form(served: Served, who: str) -> str:
    """The address of the count that goes on."""
    html = served.member(who).get("/office/stocktake").get_data(as_text=True)
    return "/office/stocktake/" + html.partition('action="/office/stocktake/')[2].partition("/")[0]


def test_the_yuan_of_the_counter_are_counted_by_the_volunteer_and_banked_by_the_office(
    served: Served,
) -> None:
    rice = shelve(served.town, replace(RICE, price_fen=250))
    hand_over(served.town, rice, 2)
    page = "/office/goods/till"
    assert "现在应有 5.00" in text_of(served.member("zhao").get(page))

    short = {"counted": "4.80", "reason": "", "market": "1"}
    refused = post(served, "zhao", page, f"{page}/count", **short)
    assert refused.status_code in {409, 422}
    post(served, "zhao", page, f"{page}/count", **{**short, "reason": "找零多给"})
    seen = text_of(served.member("zhao").get(page))
    assert "现在应有 4.80" in seen
    assert "找零多给" in seen
    assert "银行回单号" not in seen

    post(served, "zhou", page, f"{page}/bank", banked="4.80", document="7731", market="1")
    assert "现在应有 0.00" in text_of(served.member("zhou").get(page))


def test_a_volunteer_opens_slots_for_eggs_and_takes_an_empty_one_away(
    served: Served, eggs: int
) -> None:
    care = {"limit_person": 0, "limit_household": 0, "limit_period": "month", "low_stock": 0}
    at_good(served, "zhao", eggs, "care", **care, shelf_days=0, lead_days=0, is_fast="1")
    times = {"day": "2026-03-04", "from": "14:30", "to": "16:00", "minutes": "30", "pieces": "13"}
    at_good(served, "zhao", eggs, "slots", **times)
    page = f"/office/goods/{eggs}"
    html = served.member("zhao").get(page).get_data(as_text=True)
    slots = re.findall(r'name="slot" value="(\d+)"', html)
    assert len(slots) == 3
    post(served, "zhao", page, f"{page}/slots/drop", slot=slots[0])
    html = served.member("zhao").get(page).get_data(as_text=True)
    assert re.findall(r'name="slot" value="(\d+)"', html) == slots[1:]


def taken_by_telephone() -> bytes:
    """A photo with what telephones write beside it: make, comment and the place; held on its side."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Telephone"
    exif[ExifTags.Base.Orientation] = 6
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitudeRef] = "N"
    place[ExifTags.GPS.GPSLatitude] = (31.0, 14.0, 5.0)
    out = io.BytesIO()
    Image.new("RGB", (40, 20), "brown").save(out, "JPEG", exif=exif, comment=b"of our kitchen")
    return out.getvalue()


PICTURE = taken_by_telephone()


def with_photo(served: Served, eggs: int, raw: bytes, name: str = "x.jpg") -> Any:
    page = f"/office/goods/{eggs}"
    client = served.member("zhao")
    number = form_number(client.get(page), f"{page}/write-off")
    fields = {"request_id": number, "quantity": "3", "why": "broken", "lot": "", "reason": ""}
    data = {**fields, "photo": (io.BytesIO(raw), name)}
    return client.post(f"{page}/write-off", data=data, content_type="multipart/form-data")


def test_the_second_person_sees_the_photo_and_the_form_names_it(served: Served, eggs: int) -> None:
    """Kept by its hash: the hash is part of the proposal and stands beside the pieces that left."""
    for wrong in (b"<svg>", b"\xff\xd8\xff\xe0broken eggs"):
        assert with_photo(served, eggs, wrong).status_code == 422
    with_photo(served, eggs, PICTURE)

    client = served.member("liu")
    html = client.get("/office/approvals").get_data(as_text=True)
    photo = re.search(r'src="(/office/write-offs/\d+/photo)"', html)
    assert photo is not None
    seen = client.get(photo[1])
    assert seen.content_type == "image/jpeg"
    digest = hashlib.sha256(seen.data).hexdigest()
    with Image.open(io.BytesIO(PICTURE)) as before, Image.open(io.BytesIO(seen.data)) as kept:
        assert before.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        assert not kept.getexif()
        assert not {"exif", "comment", "xmp"} & set(kept.info)
        assert (kept.format, kept.size) == ("JPEG", (20, 40))
    agree = re.search(r'action="(/office/approvals/\d+/agree)"', html)
    assert agree is not None
    post(served, "liu", "/office/approvals", agree[1])

    assert pieces(served, eggs) == 5
    assert digest[:16] in text_of(client.get(f"/office/goods/{eggs}"))
    month = text_of(client.get("/office/forms/write_off?month=202603"))
    assert digest[:16] in month
