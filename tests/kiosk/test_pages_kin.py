"""Relatives at the office: found, declared, ended; and which resident a member of staff is."""

from __future__ import annotations

from ledger import audit
from ledger.members import staff
from tests.kiosk.test_pages_office import post
from tests.support.pages_town import NAMES, Served, form_number, text_of
from tests.support.town import HERE


def test_a_relative_is_found_declared_and_ended_and_no_name_is_written_down(
    served: Served,
) -> None:
    page = "/office/residents/1/kin"
    client = served.member("wang")
    found = client.post(page, data={"q": "李航"})
    assert "李* · H00002" in text_of(found)
    number = form_number(found, f"{page}/declare")

    said = client.post(
        f"{page}/declare", data={"request_id": number, "other": "2", "kind": "in_law"}
    )

    assert said.status_code == 303
    assert "李* 近姻亲" in text_of(client.get("/office/residents/1/kin"))
    assert "陈*兰 近姻亲" in text_of(client.get("/office/residents/2/kin"))
    post(served, "liu", "/office/residents/2/kin", "/office/residents/2/kin/end", other="1")
    assert "终止" in text_of(client.get(page))
    with served.town.db.read() as tx:
        acts = [row for row in audit.acts_on(tx, HERE, "person:1") if row.act.startswith("kin.")]
    assert [row.act for row in acts] == ["kin.declare", "kin.end"]
    assert not any(name in repr(acts) for pair in NAMES.values() for name in pair)


def test_an_administrator_says_which_resident_a_member_of_staff_is(served: Served) -> None:
    page = "/office/residents/3/kin"
    with served.town.db.read() as tx:
        zhou = next(row.staff_id for row in staff.all_staff(tx, HERE) if row.login == "zhou")

    post(served, "admin", page, "/office/residents/3/staff", staff=str(zhou))

    with served.town.db.read() as tx:
        assert staff.get_staff(tx, HERE, zhou).person_id == 3
    assert "名zhou" in text_of(served.member("wang").get(page))
    assert "这位居民就是" not in text_of(served.member("wang").get(page))
