"""A forgotten card at the desk: found by three things that fit, on record with a reason, told, and not without end."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from pos.forgotten import TIMES_A_MONTH, TRIES_A_DAY, Said, find_forgotten
from pos.notices import told_to
from tests.support.pages_town import NAMES, Served, form_number, text_of
from tests.support.town import HERE

PAGE = "/office/forgotten"
DESK = By("staff", 7)
NAME, PHONE = NAMES[1]
BUILDING = "3"
DAY_S = 86_400


def said(**changes: str) -> Said:
    return Said(NAME, BUILDING, PHONE[-4:], "忘在家里")._replace(**changes)


def found(served: Served, asked: Said | None = None) -> int:
    town = served.town
    return find_forgotten(town.db, HERE, asked or said(), by=DESK, at=town.later(60))


def acts(served: Served) -> list[tuple[str, str]]:
    with served.town.db.read() as tx:
        rows = audit.newest(tx, HERE)
    return [(row.act, row.after) for row in rows if row.act.startswith("holder.")]


def test_the_desk_finds_them_and_they_read_of_it(served: Served) -> None:
    fields: dict[str, Any] = {
        "name": NAME,
        "building": BUILDING,
        "last_four": PHONE[-4:],
        "reason": "忘在家里",
    }

    client = served.member("wang")
    fields["request_id"] = form_number(client.get(PAGE), PAGE)
    went = client.post(PAGE, data=fields)
    # The form sent again looks nobody up a second time.
    assert client.post(PAGE, data=fields).status_code == 303

    assert went.location.startswith("/office/residents/1")
    assert [act for act, _ in acts(served)] == ["holder.found", "holder.search"]
    assert all("忘在家里" in after for _, after in acts(served))
    assert not any(NAME in repr(one) or PHONE in repr(one) for one in acts(served))
    assert "社区工作人员凭姓名、楼栋和电话后四位查到了您" in text_of(served.resident(1).get("/me"))


@pytest.mark.parametrize(
    "changes", [{"name": "陈桂"}, {"building": "99"}, {"last_four": "9999"}], ids=lambda c: next(iter(c))
)  # fmt: skip
def test_what_does_not_fit_finds_nobody_and_stays_on_record(
    served: Served, changes: dict[str, str]
) -> None:
    with pytest.raises(Refusal, match="forgotten_unknown"):
        found(served, said(**changes))

    assert [act for act, _ in acts(served)] == ["holder.search"]
    with served.town.db.read() as tx:
        assert told_to(tx, HERE, 1) == []


def test_without_a_reason_or_four_digits_nothing_is_asked(served: Served) -> None:
    with pytest.raises(Refusal, match="why_missing"):
        found(served, said(reason=" "))
    for digits in ("123", "12345", "12a4", "%%%%"):
        with pytest.raises(Refusal, match="forgotten_shape"):
            found(served, said(last_four=digits))
    assert acts(served) == []


def test_one_resident_is_found_so_three_times_a_month(served: Served) -> None:
    for _ in range(TIMES_A_MONTH):
        assert found(served) == 1
    with pytest.raises(Refusal, match="forgotten_often"):
        found(served)

    served.town.later(31 * DAY_S)

    assert found(served) == 1


def test_one_member_of_staff_tries_ten_times_a_day(served: Served) -> None:
    for _ in range(TRIES_A_DAY):
        with pytest.raises(Refusal, match="forgotten_unknown"):
            found(served, said(last_four="9999"))
    with pytest.raises(Refusal, match="forgotten_tries"):
        found(served)

    served.town.later(DAY_S)

    assert found(served) == 1


def test_who_hands_out_no_cards_does_not_look(served: Served) -> None:
    assert served.member("zhou").get(PAGE).status_code == 403
