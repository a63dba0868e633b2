"""A city's queues on the office's pages: shown, given to a person, decided together, each row listed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ledger.members import staff
from ledger.sql import Sql
from tests.kiosk.test_pages_settlement import adjustments
from tests.support.pages_nights import Planted, one_night
from tests.support.pages_town import Served, text_of
from tests.support.town import HERE

QUEUE = "/office/queue"
_COPY = Sql(
    "INSERT INTO discrepancy SELECT community_id, discrepancy_no + :n, run_no, business_date, code, sub_code,"
    " claimant_id, terminal_id, ref || '-' || :n, booked_kind, booked_units, booked_fen, booked_at, booked_txn,"
    " claimed_batch, claimed_line, claimed_kind, claimed_units, claimed_fen, claimed_at, plus_fen, minus_fen,"
    " held_fen, rest_units, rest_fen, 'open', owner_id, due_date, opened_at, decision, reason, decided_by,"
    " decided_at, approved_by, posted_txn, posted_fen, closed_run, closed_date FROM discrepancy"
    " WHERE community_id = :here AND code = :code AND discrepancy_no < :below"
)
_STATES = Sql(
    "SELECT discrepancy_no, state, owner_id FROM discrepancy WHERE community_id = :here AND code = :code"
    " ORDER BY discrepancy_no"
)


@pytest.fixture
def planted(served: Served) -> Planted:
    return one_night(served)


def more_of(served: Served, code: str, count: int) -> None:
    """So many more open differences like the planted one."""

    def work(tx: Any) -> None:
        for n in range(1, count + 1):
            tx.run(_COPY, here=HERE, code=code, n=n * 1_000, below=20260302_000999)

    served.town.db.write(work)


def rows_of(served: Served, code: str) -> list[Any]:
    with served.town.db.read() as tx:
        return tx.all(_STATES, here=HERE, code=code)


def bulk(served: Served, login: str, numbers: list[int], what: str, **changed: str) -> Any:
    """Tick rows, answer the question that follows, and send the answer twice."""
    client = served.member(login)
    asked = client.get(f"{QUEUE}/bulk", query_string={"row": numbers, "what": what})
    html = asked.get_data(as_text=True)
    data: dict[str, Any] = {"what": what, "row": [str(n) for n in numbers], "reason": "小票已核对"}
    data |= dict(re.findall(r'name="((?:id|choice)_\d+)" value="([^"]+)"', html))
    data |= changed
    first, again = (client.post(f"{QUEUE}/bulk", data=data) for _ in range(2))
    assert text_of(first) == text_of(again)
    return first


def test_filters_lead_through_pages_in_the_order_things_are_due(
    served: Served, planted: Planted
) -> None:
    assert planted.refs
    more_of(served, "X3", 60)
    client = served.member("zhou")

    first = client.get(f"{QUEUE}?code=X3")
    onward = re.search(r'href="(/office/queue\?[^"]*after=[^"]*)"', first.text)
    assert onward is not None
    second = client.get(onward[1].replace("&amp;", "&"))
    shown = [re.findall(r'name="row" value="(\d+)"', page.text) for page in (first, second)]

    assert "共 61 笔" in text_of(first)
    assert [len(numbers) for numbers in shown] == [50, 11]
    assert sorted(shown[0] + shown[1], key=int) == shown[0] + shown[1]
    assert "这一笔不付…" in text_of(first)
    assert "先在上面选一种类型" in text_of(client.get(QUEUE))
    assert "共 0 笔" in text_of(client.get(f"{QUEUE}?code=X3&age=15"))
    assert "共 61 笔" in text_of(client.get(f"{QUEUE}?code=X3&role=accountant&state=open"))
    assert client.get(f"{QUEUE}?code=%27&role=x&age=99&shop=z").status_code == 200


def test_ticked_ones_are_given_to_a_person_once(served: Served, planted: Planted) -> None:
    assert planted.refs
    more_of(served, "X3", 2)
    with served.town.db.read() as tx:
        by_login = {row.login: int(row.staff_id) for row in staff.all_staff(tx, HERE)}
    client = served.member("zhou")
    page = client.get(f"{QUEUE}?code=X3")
    numbers = re.findall(r'name="row" value="(\d+)"', page.text)
    number = re.search(r'name="request_id" value="([^"]+)"', page.text)
    assert number is not None
    data = {"request_id": number[1], "row": numbers[:2], "owner": str(by_login["liu"])}

    given = [client.post(f"{QUEUE}/assign", data=data) for _ in range(2)]
    nobody = client.post(
        f"{QUEUE}/assign",
        data={**data, "request_id": form_id(client), "owner": str(by_login["he"])},
    )

    assert [one.status_code for one in given] == [303, 303]
    assert nobody.status_code == 404
    assert [row.owner_id for row in rows_of(served, "X3")] == [by_login["liu"]] * 2 + [None]
    listed = text_of(client.get(f"{QUEUE}?owner={by_login['liu']}"))
    assert "共 2 笔" in listed


def form_id(client: Any) -> str:
    found = re.search(r'name="request_id" value="([^"]+)"', client.get(QUEUE).text)
    assert found is not None
    return found[1]


def test_many_of_one_kind_are_decided_each_with_its_own_entry_and_each_is_listed(
    served: Served, planted: Planted
) -> None:
    assert planted.refs
    more_of(served, "X3", 3)
    numbers = [row.discrepancy_no for row in rows_of(served, "X3")]
    served.town.db.write(
        lambda tx: tx.run(
            Sql(
                "UPDATE discrepancy SET state = 'decided' WHERE community_id = :h AND discrepancy_no = :n"
            ),
            h=HERE,
            n=numbers[1],
        )
    )

    page = text_of(bulk(served, "zhou", numbers, "pay_claimed"))

    assert "处理了 3 笔，1 笔未通过" in page
    states = [row.state for row in rows_of(served, "X3")]
    assert states == ["proposed", "decided", "proposed", "proposed"]
    assert adjustments(served) == 0
    again = text_of(bulk(served, "zhou", [numbers[0]], "agree"))
    assert "处理了 0 笔，1 笔未通过" in again
    agreed = text_of(bulk(served, "second", [numbers[0], numbers[2], numbers[3]], "agree"))
    assert "处理了 3 笔，0 笔未通过" in agreed
    assert adjustments(served) == 3
    assert {row.state for row in rows_of(served, "X3")} == {"decided"}


def test_other_content_under_a_rows_number_is_refused_and_kinds_are_not_mixed(
    served: Served, planted: Planted
) -> None:
    assert planted.refs
    more_of(served, "X3", 1)
    [one, two] = [row.discrepancy_no for row in rows_of(served, "X3")]
    used = "0190b3c0-0000-7000-8000-000000000077"
    first = bulk(served, "zhou", [one], "pay_booked", **{f"id_{one}": used})
    other = bulk(served, "zhou", [two], "pay_booked", **{f"id_{two}": used})
    client = served.member("zhou")
    [v1] = [row.discrepancy_no for row in rows_of(served, "V1")]

    mixed = client.get(f"{QUEUE}/bulk", query_string={"row": [two, v1], "what": "pay_booked"})
    none = client.get(f"{QUEUE}/bulk", query_string={"what": "pay_booked"})

    assert "处理了 1 笔" in text_of(first)
    assert "处理了 0 笔，1 笔未通过" in text_of(other)
    assert (mixed.status_code, none.status_code) == (422, 422)
    assert "不是同一种" in text_of(mixed)
    # The person the ticked ones could be given to is no filter of the list that stays below.
    kept = client.get(
        f"{QUEUE}/bulk", query_string={"what": "pay_booked", "f_code": "X3", "owner": "2"}
    )
    assert kept.status_code == 422
    assert "共 1 笔" in text_of(kept)
    assert rows_of(served, "X3")[1].state == "open"


def test_who_only_reads_sees_the_queue_and_decides_nothing(
    served: Served, planted: Planted
) -> None:
    assert planted.refs
    client = served.member("he")
    page = client.get(f"{QUEUE}?code=X3")
    assert page.status_code == 200
    assert 'type="checkbox"' not in page.text
    assert client.post(f"{QUEUE}/bulk", data={"what": "pay_booked"}).status_code == 403
