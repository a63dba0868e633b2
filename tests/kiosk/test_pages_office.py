"""The office: masked lists, acts that happen once, nothing of another community, names read on record."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from ledger import audit
from ledger.members import agreements, cards, pins, settings, terminals
from ledger.sql import Sql
from tests.support.members import open_town
from tests.support.pages_town import NAMES, PASSWORD, Served, form_number, text_of
from tests.support.town import HERE

REQUESTS = Sql("SELECT kind, response FROM request WHERE community_id = :community_id")
RESIDENTS = Sql("SELECT person_id FROM resident WHERE community_id = :community_id")


def post(served: Served, who: str, page: str, action: str, **fields: Any) -> Any:
    """Open a page, take the form that goes to `action`, fill it in and send it twice."""
    client = served.member(who)
    fields["request_id"] = form_number(client.get(page), action)
    first = client.post(action, data=fields)
    again = client.post(action, data=fields)
    assert (again.status_code, again.location) == (first.status_code, first.location)
    return first


# --- names


@pytest.mark.parametrize("path", ["/office/residents", "/office/residents/1", "/office/today"])
def test_no_name_or_phone_stands_in_a_page_nobody_asked_for(served: Served, path: str) -> None:
    html = served.member("liu").get(path).get_data(as_text=True)

    assert not any(secret in html for pair in NAMES.values() for secret in pair)


def test_lists_show_enough_to_tell_two_people_apart(served: Served) -> None:
    page = text_of(served.member("wang").get("/office/residents"))

    assert "陈*兰 H00001" in page
    assert "李* H00002" in page
    assert "欧**国 H00003" in page


def test_a_search_finds_by_name_phone_household_and_card_and_stands_in_no_address(
    served: Served,
) -> None:
    client = served.member("wang")

    for asked in ("桂兰", "1380000", "H00001", served.card_numbers[1]):
        found = client.post("/office/residents", data={"q": asked})
        assert "陈*兰" in text_of(found), asked
        assert found.request.query_string == b""
    assert "没有找到" in text_of(client.post("/office/residents", data={"q": "nobody"}))


def test_reading_a_name_is_written_down_before_it_is_shown(served: Served) -> None:
    client = served.member("wang")
    number = form_number(client.get("/office/residents/1"), "/office/residents/1/identity")

    shown = text_of(client.post("/office/residents/1/identity", data={"request_id": number}))

    assert "陈桂兰" in shown
    assert "13800000001" in shown
    with served.town.db.read() as tx:
        acts = [row for row in audit.acts_on(tx, HERE, "person:1") if row.act == "identity.read"]
    assert len(acts) == 1
    assert "陈桂兰" not in repr(acts)


# --- the desk


def test_a_resident_is_registered_given_a_card_and_a_pin(served: Served) -> None:
    registered = post(
        served,
        "wang",
        "/office/residents/new",
        "/office/residents/new",
        name="王小明",
        phone="",
        birth_year="1990",
        household="4-1-101",
        building="4",
        unit="1",
        consent="1",
    )
    person = int(re.findall(r"\d+", registered.location)[0])
    page = f"/office/residents/{person}"
    post(served, "wang", page, f"{page}/card", number="")
    post(served, "wang", page, f"{page}/pin", pin="582917", again="582917")

    with served.town.db.read() as tx:
        assert len(tx.all(RESIDENTS, community_id=HERE)) == len(NAMES) + 1
        [card] = cards.cards_of(tx, HERE, person)
        assert card.state == "active"
        assert pins.state_of(tx, HERE, person) == "set"
    signed = served.visitor().post(
        "/me/sign-in", data={"place": "CA01", "number": card.number, "pin": "582917"}
    )
    assert signed.status_code == 303


def test_a_pin_and_a_password_leave_no_trace_in_the_kept_requests(served: Served) -> None:
    post(
        served,
        "wang",
        "/office/residents/1",
        "/office/residents/1/pin",
        pin="582917",
        again="582917",
    )

    with served.town.db.read() as tx:
        kept = [tuple(row) for row in tx.all(REQUESTS, community_id=HERE)]
    assert ("page.pin", "{}") in kept
    assert "582917" not in repr(kept)


def test_two_different_pins_are_refused_in_the_form(served: Served) -> None:
    refused = post(
        served,
        "wang",
        "/office/residents/1",
        "/office/residents/1/pin",
        pin="582917",
        again="582918",
    )

    assert refused.status_code == 422
    assert "两次密码不一样" in text_of(refused)


def test_a_lost_card_is_blocked_and_its_replacement_works(served: Served) -> None:
    with served.town.db.read() as tx:
        serial = cards.get_by_number(tx, HERE, served.card_numbers[1]).serial
    action = f"/office/residents/1/card/{serial}/state"

    post(served, "wang", "/office/residents/1", action, state="lost")
    with served.town.db.read() as tx:
        assert cards.get_card(tx, HERE, serial).state == "lost"
    post(served, "wang", "/office/residents/1", action, state="replace")

    with served.town.db.read() as tx:
        card = cards.get_card(tx, HERE, serial)
    assert (card.state, card.issue) == ("active", 2)


def test_a_sheet_of_cards_is_a_pdf_and_who_printed_it_is_known(served: Served) -> None:
    made = post(served, "wang", "/office/cards", "/office/cards", count="3")
    client = served.member("wang")
    numbers = dict(re.findall(r"(first|last)=([0-9A-Z-]+)", made.location))

    sheet = client.post("/office/cards/sheet", data=numbers)

    assert sheet.mimetype == "application/pdf"
    assert sheet.data.startswith(b"%PDF")
    with served.town.db.read() as tx:
        printed = [row for row in audit.newest(tx, HERE) if row.act == "card.print"]
    assert len(printed) == 3


# --- shops


def test_an_enrolment_code_is_shown_once_and_kept_nowhere(served: Served) -> None:
    client = served.member("liu")
    till = served.town.tills[0]
    action = f"/office/shops/1/tills/{till.terminal_id}/code"
    number = form_number(client.get("/office/shops/1"), action)

    shown = client.post(action, data={"request_id": number}).get_data(as_text=True)
    again = client.post(action, data={"request_id": number}).get_data(as_text=True)

    [code] = re.findall(r'class="once">([0-9A-Z]{12})<', shown)
    assert code not in again
    assert code not in client.get("/office/shops/1").get_data(as_text=True)
    with served.town.db.read() as tx:
        assert code not in repr([tuple(row) for row in tx.all(REQUESTS, community_id=HERE)])


def test_an_agreement_is_signed_from_a_day_on_and_ends_the_one_before(served: Served) -> None:
    signed = post(
        served,
        "liu",
        "/office/shops/1",
        "/office/shops/1/agreements",
        agreement_no="A1-2",
        effective_from="2026-04-01",
        effective_to="",
        roles=["earn", "offset"],
        proof="bill",
        proof_days="3",
        allowance="1,234.50",
    )

    assert signed.status_code == 303
    with served.town.db.read() as tx:
        old, new = agreements.agreements_of(tx, HERE, 1)
    assert old.effective_to == 20260331
    assert (new.effective_from, new.allowance_day_fen) == (20260401, 123_450)
    assert new.roles == {"earn", "offset"}


def test_a_wrong_amount_is_named_and_nothing_is_lost_of_the_form(served: Served) -> None:
    refused = post(
        served,
        "liu",
        "/office/shops/1",
        "/office/shops/1/agreements",
        agreement_no="A1-2",
        effective_from="2026-04-01",
        roles=["earn"],
        proof="bill",
        proof_days="3",
        allowance="200元",
    )

    assert refused.status_code == 422
    assert "“200元”不是金额" in text_of(refused)
    assert 'value="A1-2"' in refused.get_data(as_text=True)


def test_a_shop_is_taken_in_with_its_first_place_and_a_till(served: Served) -> None:
    taken = post(
        served, "liu", "/office/shops", "/office/shops", code="m09", name="新面馆", category="面馆"
    )
    page = taken.location.partition("?")[0]
    html = served.member("liu").get(page).get_data(as_text=True)
    [branch] = re.findall(r'name="branch_id" value="(\d+)"', html)
    post(served, "liu", page, f"{page}/tills", branch_id=branch, code="m09t1", kind="till")

    with served.town.db.read() as tx:
        assert terminals.get_by_code(tx, HERE, "M09T1").state == "waiting"


# --- settings


def test_settings_change_once_with_their_reason_and_who(served: Served) -> None:
    client = served.member("admin")
    html = client.get("/office/settings").get_data(as_text=True)
    fields = dict(re.findall(r'<input id="(\w+)" name="\w+"[^>]* value="([^"]*)"', html))
    fields |= {"pin_above_units_card": "100", "seen_version": "1", "why": "会议决定"}

    done = post(served, "admin", "/office/settings", "/office/settings", **fields)

    assert done.status_code == 303
    with served.town.db.read() as tx:
        assert settings.version(tx, HERE) == 2
        assert settings.current(tx, HERE).pin_above_units_card == 10_000
    page = text_of(client.get("/office/settings"))
    assert "纸质卡：每天免密积分：200 → 100 会议决定" in page
    assert "名admin" in page
    stale = post(served, "admin", "/office/settings", "/office/settings", **fields)
    assert stale.status_code == 409


def test_settings_without_a_reason_are_refused(served: Served) -> None:
    client = served.member("admin")
    html = client.get("/office/settings").get_data(as_text=True)
    fields = dict(re.findall(r'<input id="(\w+)" name="\w+"[^>]* value="([^"]*)"', html))
    fields |= {"card_pause_s": "60", "seen_version": "1", "why": " "}

    refused = post(served, "admin", "/office/settings", "/office/settings", **fields)

    assert refused.status_code == 422
    with served.town.db.read() as tx:
        assert settings.version(tx, HERE) == 1


# --- imports


GOOD = "户号,楼栋,单元\r\n5-1-101,5,1\r\n5-1-102,5,1\r\n"
BAD = "户号,楼栋,单元\r\n5-1-101,5,1\r\n,5,1\r\n5-1-101,5,\r\n"


def upload(served: Served, text: str, kind: str = "households") -> Any:
    client = served.member("liu")
    number = form_number(client.get("/office/imports"), "/office/imports/preview")
    file = (io.BytesIO(text.encode("utf-8-sig")), "list.csv")
    data = {"request_id": number, "kind": kind, "file": file}
    return client.post("/office/imports/preview", data=data, content_type="multipart/form-data")


def test_every_bad_row_is_named_and_nothing_can_be_taken(served: Served) -> None:
    seen = upload(served, BAD)

    page = text_of(seen)
    assert "没有导入任何内容" in page
    assert re.search(r"3 户号", page)
    assert re.search(r"4 单元", page)
    assert 'action="/office/imports"' not in seen.get_data(as_text=True)


def test_a_good_list_is_looked_at_first_and_taken_once(served: Served) -> None:
    seen = upload(served, GOOD)
    client = served.member("liu")
    html = seen.get_data(as_text=True)
    [digest] = re.findall(r'name="file" value="([0-9a-f]{64})"', html)
    fields = {
        "kind": "households",
        "file": digest,
        "request_id": form_number(seen, "/office/imports"),
    }

    before = text_of(client.get("/office/residents"))
    done = [client.post("/office/imports", data=fields) for _ in range(2)]

    assert "5-1-101" in text_of(seen)
    assert "5-1-101" not in before
    assert [one.status_code for one in done] == [303, 303]
    template = client.get("/office/imports/households.csv").get_data().decode("utf-8-sig")
    assert template.strip() == "户号,楼栋,单元"


# --- who may, and whose


@pytest.mark.parametrize(
    ("login", "path", "status"),
    [
        ("wang", "/office/settings", 200),
        ("wang", "/office/staff", 403),
        ("wang", "/office/audit", 403),
        ("zhou", "/office/cards", 403),
        ("he", "/office/audit", 200),
        ("he", "/office/imports", 403),
        ("admin", "/office/staff", 200),
    ],
)
def test_roles_open_and_close_pages(served: Served, login: str, path: str, status: int) -> None:
    client = served.member(login)

    assert client.get(path).status_code == status
    in_menu = f'href="{path}"' in client.get("/office/today").get_data(as_text=True)
    assert in_menu == (status == 200)


def test_a_form_without_the_right_changes_nothing(served: Served) -> None:
    refused = served.member("zhou").post(
        "/office/residents/1/pin", data={"pin": "582917", "again": "582917"}
    )

    assert refused.status_code == 403
    assert "没有这项权限" in text_of(refused)


def test_nothing_of_another_community_is_there(served: Served) -> None:
    other = open_town(served.town.db, issuer="CB01", at=served.town.at)
    client = served.member("admin")

    for path in (
        f"/office/shops/{other.merchant_id}",
        f"/office/residents/{other.merchant_id}",
        f"/office/discrepancies/{other.merchant_id}",
        f"/office/statements/{other.merchant_id}",
        f"/office/statements/{other.merchant_id}/pdf",
    ):
        assert client.get(path).status_code == 404, path
    assert "老李粮油店" not in text_of(client.get("/office/shops"))


def test_a_new_colleague_gets_a_sign_in_and_a_role_from_an_administrator(served: Served) -> None:
    post(
        served,
        "admin",
        "/office/staff",
        "/office/staff",
        name="新同事",
        login="new",
        password=PASSWORD,
        shop="",
    )
    html = served.member("admin").get("/office/staff").get_data(as_text=True)
    staff_id = re.findall(r"/office/staff/(\d+)/role", html[html.index("新同事") :])[0]
    post(served, "admin", "/office/staff", f"/office/staff/{staff_id}/role", role="auditor")

    client = served.visitor()
    signed = client.post(
        "/office/sign-in",
        data={"place": "CA01", "login": "new", "password": PASSWORD},
    )
    assert signed.status_code == 303
    assert client.get("/office/audit").status_code == 200


def test_signing_out_ends_it(served: Served) -> None:
    client = served.member("admin")

    client.post("/office/sign-out")

    assert client.get("/office/today").status_code == 303
