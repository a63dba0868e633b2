"""Unauthorised use at the desk and on the holder's page, on screen and on paper; a PIN changed by its holder."""

from __future__ import annotations

import pypdfium2  # type: ignore[import-untyped]
import pytest

from kiosk.context import pepper_of
from ledger import audit
from ledger.errors import Refusal
from ledger.members import pins
from pos.misuse.facts import newest
from tests.kiosk.test_pages_office import post
from tests.support import misuse
from tests.support.pages_town import NAMES, PIN, Served, form_number, text_of
from tests.support.town import HERE

PLACE = "/office/misuse"
MINE = "/me/misuse"


def listed(served: Served) -> list[str]:
    return [str(int(row.txn_id)) for row in misuse.listed(served.town)]


def taken(served: Served) -> str:
    """A form for one sale, taken in at the desk; its page."""
    misuse.spend(served.town, 6_000)
    page = "/office/residents/1/misuse"
    done = post(served, "wang", page, page, entry=listed(served), told="卡在菜场丢了，陈桂兰")
    with served.town.db.read() as tx:
        form_id = int(newest(tx, HERE)[0].form_id)
    assert done.location.endswith(f"{PLACE}/{form_id}?said=misuse_taken")
    return f"{PLACE}/{form_id}"


def test_a_form_is_taken_in_given_back_and_decided_by_another(served: Served) -> None:
    form = taken(served)
    before = misuse.wallet(served.town).available
    page = text_of(served.member("wang").get(form))
    assert "待暂时退回积分" in page
    assert "2026-03-04" in page

    post(served, "wang", form, f"{form}/give")
    assert misuse.wallet(served.town).available == before + 6_000
    assert "待第二人复核" in text_of(served.member("committee").get(form))
    [row] = misuse.entries(served.town, int(form.split("/")[-1]))
    how = {f"how-{row.txn_id}": "upheld"}
    post(served, "committee", form, f"{form}/decide", **how, why="监控看过，不是本人")

    said = text_of(served.member("wang").get(form))
    assert "非本人使用：积分退回" in said
    assert "监控看过" in said
    assert "6,000" not in said
    assert "60.00 分退回归您" in text_of(served.resident().get("/me"))


def test_it_waits_on_the_first_page_and_is_overdue_after_two_working_days(served: Served) -> None:
    taken(served)
    assert "非本人使用申报待复核 1" in text_of(served.member("committee").get("/office/today"))
    assert "已逾期" not in text_of(served.member("committee").get(PLACE))

    served.town.later(3 * 86_400)

    assert "已逾期" in text_of(served.member("committee").get(PLACE))


def test_who_may_not_hand_out_cards_takes_no_form_and_an_accountant_decides_none(
    served: Served,
) -> None:
    form = taken(served)

    assert served.member("zhou").get("/office/residents/1/misuse").status_code == 403
    assert served.member("zhou").get(f"{form}.pdf").status_code == 403
    for who in ("zhou", "wang"):
        assert "看过" not in text_of(
            served.member(who).post(f"{form}/decide", data={"why": "看过"})
        )
        assert served.member(who).post(f"{form}/decide", data={"why": "x"}).status_code == 403


def test_the_paper_is_one_page_with_the_name_and_who_printed_it_is_written_down(
    served: Served,
) -> None:
    form = taken(served)

    pdf = served.member("wang").get(f"{form}.pdf").data

    document = pypdfium2.PdfDocument(pdf)
    [page] = document
    words = page.get_textpage().get_text_bounded()
    document.close()
    for said in ("陈桂兰", "非本人使用申报表", "60.00", "卡在菜场丢了", "持卡人签字", "2026-03-04"):
        assert said in words
    with served.town.db.read() as tx:
        acts = [one.act for one in audit.acts_on(tx, HERE, f"misuse:{form.split('/')[-1]}")]
    assert acts == ["misuse.report", "misuse.paper"]


def test_no_page_of_the_office_shows_a_name_unasked(served: Served) -> None:
    form = taken(served)
    pages = (form, PLACE, "/office/residents/1/misuse")

    html = "".join(served.member("wang").get(path).get_data(as_text=True) for path in pages)

    # The holder's own words are shown as they were said; what the office adds is masked.
    assert not any(
        secret in html.replace("卡在菜场丢了，陈桂兰", "")
        for pair in NAMES.values()
        for secret in pair
    )


def test_the_holder_names_a_purchase_and_the_card_is_dead_at_once(served: Served) -> None:
    misuse.spend(served.town, 6_000)
    client = served.resident()
    page = client.get(MINE)
    assert "60.00 分" in text_of(page)

    fields = {"request_id": form_number(page, MINE), "entry": listed(served), "told": ""}
    first, again = client.post(MINE, data=fields), client.post(MINE, data=fields)

    assert first.location == again.location == f"{MINE}?said=misuse_sent"
    said = text_of(client.get(first.location))
    assert "卡已停用" in said
    assert "待暂时退回积分" in said
    assert "您申报 60.00 分不是本人使用" in text_of(client.get("/me"))
    with served.town.db.read() as tx:
        [form] = newest(tx, HERE)
    assert (form.source, int(form.taken_by), int(form.entries)) == ("resident", 0, 1)


# --- the PIN


def change(served: Served, old: str, new: str, again: str | None = None) -> str:
    client = served.resident()
    fields = {
        "request_id": form_number(client.get("/me/pin"), "/me/pin"),
        "old": old,
        "pin": new,
        "again": new if again is None else again,
    }
    answer = client.post("/me/pin", data=fields, follow_redirects=True)
    return text_of(answer)


def try_pin(served: Served, digits: str) -> str:
    try:
        pins.check_pin(
            served.town.db, HERE, 1, digits, pepper=pepper_of(served.town.vault), at=served.town.at
        )
    except Refusal as refusal:
        return refusal.code
    return "right"


def test_a_pin_is_changed_with_the_old_one_and_its_holder_is_told(served: Served) -> None:
    assert "新密码即刻生效" in change(served, PIN, "839204")

    assert (try_pin(served, PIN), try_pin(served, "839204")) == ("pin_wrong", "right")
    with served.town.db.read() as tx:
        assert "839204" not in repr(audit.acts_on(tx, HERE, "person:1"))


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("000000", "839204", None, "密码不对"),
        (PIN, "123456", None, "太容易猜到"),
        (PIN, PIN, None, "新密码与原密码相同"),
        (PIN, "839204", "839205", "两次密码不一样"),
    ],
)
def test_a_pin_stays_where_something_is_wrong(
    served: Served, old: str, new: str, again: str | None, said: str
) -> None:
    page = change(served, old, new, again)

    assert said in page, page
    assert try_pin(served, PIN) == "right"


def test_a_form_sent_twice_says_what_became_of_it_and_never_that_a_wrong_one_counts(
    served: Served,
) -> None:
    client = served.resident()
    number = form_number(client.get("/me/pin"), "/me/pin")
    fields = {"request_id": number, "old": "000111", "pin": "839204", "again": "839204"}
    for _ in range(2):
        page = text_of(client.post("/me/pin", data=fields, follow_redirects=True))
        assert "密码不对" in page
        assert "新密码即刻生效" not in page

    fields |= {"request_id": form_number(client.get("/me/pin"), "/me/pin"), "old": PIN}
    for _ in range(2):
        assert "新密码即刻生效" in text_of(
            client.post("/me/pin", data=fields, follow_redirects=True)
        )
    assert try_pin(served, "839204") == "right"


def test_wrong_old_pins_lock_it_like_wrong_ones_at_a_till(served: Served) -> None:
    client = served.resident()
    for _ in range(5):
        number = form_number(client.get("/me/pin"), "/me/pin")
        fields = {"request_id": number, "old": "000111", "pin": "839204", "again": "839204"}
        client.post("/me/pin", data=fields)

    assert try_pin(served, PIN) == "pin_locked"
