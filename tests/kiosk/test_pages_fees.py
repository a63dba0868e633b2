"""Fee bills on the resident's page and in the office: how much at most and why, set aside, confirmed, given up."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from kiosk.import_words import import_words
from ledger.audit import SYSTEM
from ledger.bills.facts import bills_of_household, offsets_of_bill
from ledger.book.balances import wallet_of
from ledger.members import staff
from ledger.sql import Tx
from ledger.token_keys import KeyClass
from tests.kiosk.test_pages_office import post
from tests.support.fees import bills_csv, make_biller, take_list
from tests.support.pages_town import PIN, Served, form_number, text_of
from tests.support.town import CIVIC, HERE


@pytest.fixture
def billed(served: Served) -> Served:
    """Shop 2 is a property company with a bill of 300 yuan for household 1 and one of 60 for household 2."""
    make_biller(served.town)
    take_list(served.town, ("B1", 1, "300.00"), ("B2", 2, "60.00"))
    return served


def bill_of(served: Served, home: int = 1) -> Any:
    with served.town.db.read() as tx:
        return bills_of_household(tx, HERE, home)[0]


def offset_of(served: Served, home: int = 1) -> Any:
    with served.town.db.read() as tx:
        return offsets_of_bill(tx, HERE, bill_of(served, home).bill_id)[0]


def wallet(served: Served, owner: int = 1) -> tuple[int, int]:
    with served.town.db.read() as tx:
        found = wallet_of(tx, HERE, owner, CIVIC)
    return found.posted, found.held


def use_on_page(served: Served, points: str) -> Any:
    client, path = served.resident(1), f"/me/bills/{bill_of(served).bill_id}"
    number = form_number(client.get(path), path)
    data = {"request_id": number, "points": points}
    first = client.post(path, data=data)
    assert client.post(path, data=data).status_code == first.status_code
    return first


def test_the_page_says_how_much_at_most_and_why(billed: Served) -> None:
    client = billed.resident(1)

    home, page = text_of(client.get("/me")), text_of(client.get("/me/bills"))
    one = text_of(client.get(f"/me/bills/{bill_of(billed).bill_id}"))

    assert "费用账单：用积分抵（1 张）" in home
    assert "物业费 2026-03" in page
    assert "最多 800 积分 = 40.00 元" in page  # all that is in the wallet
    assert "可用积分只有这些" in one
    assert "B2" not in page
    billed.town.grant(1, 400_000)
    page = text_of(client.get("/me/bills"))
    assert "最多 2,000 积分 = 100.00 元" in page
    assert "每户每月账单抵扣最多 2,000 积分" in text_of(
        client.get(f"/me/bills/{bill_of(billed).bill_id}")
    )


def test_points_are_set_aside_once_and_can_be_taken_back(billed: Served) -> None:
    assert use_on_page(billed, "200").status_code == 303
    assert wallet(billed) == (80_000, 20_000)
    client = billed.resident(1)
    page = client.get("/me/bills?said=fee_held")
    assert "积分已冻结。物业公司确认后，从账单里抵扣。" in text_of(page)

    path = f"/me/bills/given-up/{offset_of(billed).offset_id}"
    done = client.post(path, data={"request_id": form_number(page, path)})

    assert done.status_code == 303
    assert wallet(billed) == (80_000, 0)
    assert offset_of(billed).why == "given_up"


@pytest.mark.parametrize(
    ("points", "said"), [("15", "至少"), ("30", "20"), ("3020", "50"), ("many", "many")]
)
def test_what_cannot_be_is_said_on_the_bill(billed: Served, points: str, said: str) -> None:
    answer = use_on_page(billed, points)

    assert answer.status_code in {409, 422}
    assert said in text_of(answer)
    assert wallet(billed) == (80_000, 0)


def test_nobody_sees_or_touches_another_households_bill(billed: Served) -> None:
    use_on_page(billed, "200")
    other = billed.resident(2)

    assert other.get(f"/me/bills/{bill_of(billed).bill_id}").status_code == 404
    page = other.get("/me/bills")
    path = f"/me/bills/given-up/{offset_of(billed).offset_id}"
    number = re.search(r'name="request_id" value="([^"]+)"', page.get_data(as_text=True))
    data = {"request_id": number[1] if number else "0190aaaa-0000-7000-8000-000000000000"}
    assert other.post(path, data=data).status_code == 404
    assert wallet(billed) == (80_000, 20_000)


def test_the_office_takes_a_list_in_after_a_look(served: Served) -> None:
    make_biller(served.town)
    client = served.member("zhou")
    raw = bills_csv([("B1", 1, "300.00")])
    page = client.get("/office/bills")
    sent = {
        "request_id": form_number(page, "/office/bills/preview"),
        "file": (io.BytesIO(raw), "bills.csv"),
    }

    seen = client.post("/office/bills/preview", data=sent, content_type="multipart/form-data")
    assert "新账单 1 张，更正 0 张，不变 0 张" in text_of(seen)
    assert "清单中账单合计 300.00 元" in text_of(seen)
    with served.town.db.read() as tx:
        assert bills_of_household(tx, HERE, 1) == []
    digest = re.search(r'name="file" value="([0-9a-f]{64})"', seen.get_data(as_text=True))
    taken = client.post(
        "/office/bills/import",
        data={"request_id": form_number(seen, "/office/bills/import"), "file": digest[1]},  # type: ignore[index]
    )

    assert taken.status_code == 303
    assert bill_of(served).amount_fen == 30_000
    assert "B1" in text_of(client.get("/office/bills"))


def test_the_office_names_each_bad_row(served: Served) -> None:
    make_biller(served.town)
    client = served.member("zhou")
    raw = bills_csv([("B1", 9, "300.00")])
    sent = {
        "request_id": form_number(client.get("/office/bills"), "/office/bills/preview"),
        "file": (io.BytesIO(raw), "bills.csv"),
    }

    seen = text_of(
        client.post("/office/bills/preview", data=sent, content_type="multipart/form-data")
    )

    assert "户号" in seen
    assert "没有接收任何内容" in seen or "改正" in seen


def test_somebody_with_a_paper_card_is_served_at_the_desk(billed: Served) -> None:
    town = billed.town
    town.grant(1, 400_000)
    fields = {"bill_no": "B1", "code": town.code(1, KeyClass.CARD), "points": "400"}

    refused = post(billed, "wang", "/office/bills", "/office/bills/use", **fields)
    assert refused.status_code in {403, 409, 422, 428}
    assert "密码" in text_of(refused)
    town.later(60)
    done = post(billed, "wang", "/office/bills", "/office/bills/use", **fields, pin=PIN)

    assert done.status_code == 303
    assert wallet(billed) == (480_000, 40_000)
    assert offset_of(billed).asked_by == "office"
    path = f"/office/bills/offset/{offset_of(billed).offset_id}"
    confirmed = post(billed, "wang", "/office/bills", path, what="confirm")
    assert confirmed.status_code == 303
    assert wallet(billed) == (440_000, 0)
    # A committee member may look, and has no form.
    page = text_of(billed.member("committee").get("/office/bills"))
    assert "B1" in page
    assert "冻结积分" not in page


def test_the_results_are_files_with_a_line_each(billed: Served) -> None:
    use_on_page(billed, "200")
    client = billed.member("zhou")

    got = client.get("/office/bills/results.csv?biller=2").get_data().decode("utf-8-sig")

    assert "等收费单位确认" in got
    assert "B1,H00001,物业费,2026-03,300.00,B1-1" in got
    assert client.get("/office/bills/results.xlsx?biller=2").data[:2] == b"PK"
    assert "账单号" in client.get("/office/bills/template.csv").get_data().decode("utf-8-sig")
    assert import_words()["账单号"] == "bill_no"


def test_a_booked_offset_is_given_back_with_a_reason_and_not_by_ones_own_household(
    billed: Served,
) -> None:
    use_on_page(billed, "200")
    path = f"/office/bills/offset/{offset_of(billed).offset_id}"
    assert post(billed, "zhou", "/office/bills", path, what="confirm").status_code == 303
    assert wallet(billed) == (60_000, 0)

    without = post(billed, "zhou", "/office/bills", path, what="give_back", reason=" ")
    assert without.status_code == 422
    staff_id = billed.town.db.write(lambda tx: lives_in_household_1(tx, "zhou"))
    own = post(billed, "zhou", "/office/bills", path, what="give_back", reason="物业没有抵扣")
    assert own.status_code == 403, staff_id
    done = post(billed, "liu", "/office/bills", path, what="give_back", reason="物业没有抵扣")

    assert done.status_code == 303
    assert wallet(billed) == (80_000, 0)
    assert bill_of(billed).offset_fen == 0
    assert "退回了账单抵扣的积分" in text_of(billed.member("admin").get("/office/audit"))


def lives_in_household_1(tx: Tx, login: str) -> int:
    """Say that a member of staff is person 1."""
    (found,) = [row for row in staff.all_staff(tx, HERE) if row.login == login]
    staff.set_person(tx, HERE, int(found.staff_id), 1, by=SYSTEM, at=1)
    return int(found.staff_id)
