"""Differences, statements and payouts in the office, and the shop's own view of them."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest

from ledger.members.settings import change
from ledger.sql import Sql
from settlement.capitals import capital_yuan
from settlement.closing import accept_statement
from settlement.payout_store import payouts
from settlement.payouts import cancel_payout, propose_payout
from settlement.statements import get_statement
from tests.settlement.test_payouts import ZHOU
from tests.support.night_plant import into
from tests.support.pages_nights import Planted, close_march, one_night
from tests.support.pages_town import Served, form_number, text_of
from tests.support.town import HERE

FIND = Sql(
    "SELECT discrepancy_no, code, claimant_id, state, decision, reason, decided_by, approved_by,"
    " posted_fen, claimed_fen, minus_fen, plus_fen FROM discrepancy"
    " WHERE community_id = :community_id AND ref = :ref"
)
ADJUSTMENTS = Sql(
    "SELECT count(*) AS n FROM txn WHERE community_id = :community_id AND kind = 'adjust'"
)


def row_of(served: Served, ref: str) -> Any:
    with served.town.db.read() as tx:
        return tx.get(FIND, community_id=HERE, ref=ref)


def adjustments(served: Served) -> int:
    with served.town.db.read() as tx:
        return int(tx.get(ADJUSTMENTS, community_id=HERE).n)


def press(served: Served, login: str, number: int, decision: str, **fields: str) -> Any:
    """Open the question behind a button, answer it, and send the answer twice."""
    client = served.member(login)
    path = f"/office/discrepancies/{number}"
    asked = client.get(f"{path}?decision={decision}")
    data = {"request_id": form_number(asked, path), "decision": decision, **fields}
    first = client.post(path, data=data)
    again = client.post(path, data=data)
    assert (again.status_code, again.location) == (first.status_code, first.location)
    return first


@pytest.fixture
def planted(served: Served) -> Planted:
    return one_night(served)


# --- differences


def test_both_sides_stand_next_to_each_other_with_three_buttons(
    served: Served, planted: Planted
) -> None:
    number = row_of(served, planted.refs["V1"]).discrepancy_no

    page = served.member("zhou").get(f"/office/discrepancies/{number}")

    shown = text_of(page)
    assert "社区账" in shown
    assert "商户申报" in shown
    decisions = re.findall(rf"/office/discrepancies/{number}\?decision=(\w+)", page.text)
    assert list(dict.fromkeys(decisions)) == ["pay_booked", "pay_claimed", "ask_shop"]


def test_a_button_asks_for_a_reason_and_says_what_it_would_do(
    served: Served, planted: Planted
) -> None:
    row = row_of(served, planted.refs["V2"])
    client = served.member("zhou")

    asked = client.get(f"/office/discrepancies/{row.discrepancy_no}?decision=pay_booked")
    refused = press(served, "zhou", row.discrepancy_no, "pay_booked", reason="", more=" ")

    assert f"应付商户增加 {row.plus_fen / 100:.2f} 元" in text_of(asked)
    assert refused.status_code == 422
    assert row_of(served, planted.refs["V2"]).state == "open"


@pytest.mark.parametrize(
    ("code", "decision", "state"),
    [("V2", "pay_booked", "decided"), ("X2", "pay_booked", "decided"), ("X1", "ask_shop", "asked")],
)
def test_a_button_posts_its_own_decision_once(
    served: Served, planted: Planted, code: str, decision: str, state: str
) -> None:
    before = adjustments(served)
    number = row_of(served, planted.refs[code]).discrepancy_no

    done = press(served, "zhou", number, decision, reason="小票已核对", more="王姐")

    row = row_of(served, planted.refs[code])
    assert done.status_code == 303
    assert (row.state, row.decision, row.reason) == (state, decision, "小票已核对 王姐")
    assert adjustments(served) - before == (1 if state == "decided" else 0)
    assert text_of(served.member("zhou").get(done.location))


def test_the_shop_answers_a_question_on_its_own_page_once(served: Served, planted: Planted) -> None:
    row = row_of(served, planted.refs["X1"])
    press(served, "zhou", row.discrepancy_no, "ask_shop", reason="请拿小票。")
    login = "sun" if row.claimant_id == 1 else "qian"
    owner, path = served.owner(login), f"/merchant/questions/{row.discrepancy_no}"
    data = {"request_id": form_number(owner.get("/merchant"), path), "why": "小票已送到"}
    stranger = {**data, "request_id": "0190b3c0-0000-7000-8000-000000000009"}
    other = served.owner("qian" if login == "sun" else "sun").post(path, data=stranger)

    answers = [owner.post(path, data=data) for _ in range(2)]

    assert [one.status_code for one in answers] == [303, 303]
    assert other.status_code != 303
    row = row_of(served, planted.refs["X1"])
    assert (row.state, row.reason) == ("open", "请拿小票。 → 小票已送到")
    shown = text_of(served.member("zhou").get(f"/office/discrepancies/{row.discrepancy_no}"))
    assert "小票已送到" in shown


def test_more_than_the_book_takes_a_second_person(served: Served, planted: Planted) -> None:
    number = row_of(served, planted.refs["X1"]).discrepancy_no
    path = f"/office/discrepancies/{number}"
    zhou, second = served.member("zhou"), served.member("second")

    asked = zhou.get(f"{path}?decision=pay_claimed")
    press(served, "zhou", number, "pay_claimed", reason="当天收款机连不上网络。")
    own = zhou.get(path)
    alone = zhou.post(
        f"{path}/approve",
        data={"decision": "pay_claimed", "request_id": "0190b3c0-0000-7000-8000-000000000001"},
    )
    fields = {
        "decision": "pay_claimed",
        "request_id": form_number(second.get(path), f"{path}/approve"),
    }
    agreed = [second.post(f"{path}/approve", data=fields) for _ in range(2)]

    row = row_of(served, planted.refs["X1"])
    assert "须由另一人同意" in text_of(asked)
    assert "由同事来定" in text_of(own)
    assert alone.status_code == 403
    assert [one.status_code for one in agreed] == [303, 303]
    assert (row.state, row.posted_fen) == ("decided", row.claimed_fen)
    assert row.approved_by not in {None, row.decided_by}
    assert adjustments(served) == 1


def test_a_proposal_that_is_refused_is_open_again(served: Served, planted: Planted) -> None:
    number = row_of(served, planted.refs["X1"]).discrepancy_no
    path = f"/office/discrepancies/{number}"
    press(served, "zhou", number, "pay_claimed", reason="说明")
    second = served.member("second")

    number_of_form = form_number(second.get(path), f"{path}/deny")
    second.post(f"{path}/deny", data={"decision": "pay_claimed", "request_id": number_of_form})

    assert row_of(served, planted.refs["X1"]).state == "open"


def test_pressed_within_the_list_only_the_card_is_answered(
    served: Served, planted: Planted
) -> None:
    number = row_of(served, planted.refs["V2"]).discrepancy_no
    part = {"HX-Request": "true"}

    answer = served.member("zhou").get(
        f"/office/discrepancies/{number}?decision=pay_booked", headers=part
    )

    assert answer.text.lstrip().startswith("<article")
    assert "<html" not in answer.text


def test_an_auditor_sees_differences_and_no_buttons(served: Served, planted: Planted) -> None:
    number = row_of(served, planted.refs["V1"]).discrepancy_no
    client = served.member("he")

    page = client.get(f"/office/discrepancies/{number}?decision=pay_booked")
    posted = client.post(f"/office/discrepancies/{number}", data={"decision": "pay_booked"})

    assert page.status_code == 200
    assert 'name="decision"' not in page.text
    assert 'role="button"' not in page.text
    assert posted.status_code == 403


def test_the_first_page_counts_what_waits(served: Served, planted: Planted) -> None:
    assert planted.refs

    page = text_of(served.member("zhou").get("/office/today"))

    assert re.search(r"待处理差错 \d+", page)


# --- statements and payouts


def test_the_quarter_is_offered_once_its_months_are_closed_and_worth_is_read_now(
    served: Served,
) -> None:
    close_march(served)
    client = served.member("zhou")
    page = text_of(client.get("/office/reports"))
    assert "2026-Q1" in page
    quarter = client.get("/office/reports/2026-Q1/csv")
    worth = client.get("/office/reports/worth/json")
    assert "社区积分收支表（2026-Q1）" in quarter.data.decode("utf-8-sig")
    assert json.loads(worth.data)["title"] == "积分负债与资金保障表"
    open_year = client.get("/office/reports/2026/pdf")
    assert (open_year.status_code, "2026-04" in text_of(open_year)) == (409, True)
    assert client.get("/office/reports/2026-Q9/pdf").status_code == 400


def test_four_files_of_a_statement_say_what_the_page_says(served: Served) -> None:
    statement = close_march(served)[1]
    client = served.member("zhou")
    page = text_of(client.get(f"/office/statements/{statement}"))
    files = {
        kind: client.get(f"/office/statements/{statement}/{kind}")
        for kind in ("csv", "xlsx", "pdf", "json")
    }

    rows = list(csv.reader(io.StringIO(files["csv"].data.decode("utf-8-sig"))))
    # Each receipt stands in the files alone. A name without a value is a line to sign on paper; the page leaves it out.
    end = next(n for n, row in enumerate(rows) if row[:1] == ["逐笔明细"])
    cells = [cell for row in rows[:end] if "" not in row[1:2] for cell in row if cell]
    document = json.loads(files["json"].data)

    assert [one.status_code for one in files.values()] == [200] * 4
    assert files["pdf"].data.startswith(b"%PDF")
    assert files["xlsx"].data.startswith(b"PK")
    assert len(cells) > 50
    assert [cell for cell in cells[1:] if cell not in page] == []
    texts = [cell["text"] for b in document["blocks"] for row in b["rows"] for cell in row]
    assert [text for text in texts if text and all(text not in row for row in rows)] == []
    assert client.get(f"/office/statements/{statement}/exe").status_code == 404
    assert client.get("/office/statements/months/202603/csv").status_code == 200


def test_a_payout_takes_two_people_and_is_sent_once(served: Served) -> None:
    statement = close_march(served)[1]
    accountant, secretary = served.member("zhou"), served.member("liu")
    page = f"/office/statements/{statement}"

    def send(client: Any, where: str, action: str, **fields: str) -> Any:
        number = form_number(client.get(where), action)
        answers = [client.post(action, data={"request_id": number, **fields}) for _ in range(2)]
        assert answers[0].location == answers[1].location
        return answers[0]

    early = accountant.get(page)
    send(accountant, page, f"{page}/accept")
    send(accountant, page, "/office/payouts", statement_id=str(statement))
    with served.town.db.read() as tx:
        [payout] = payouts(tx, HERE)
        owed = get_statement(tx, HERE, statement).payable_fen
    own = accountant.get("/office/payouts")
    path = f"/office/payouts/{payout.payout_id}"
    send(secretary, "/office/payouts", f"{path}/approve")
    send(accountant, "/office/payouts", f"{path}/send")
    send(accountant, "/office/payouts", f"{path}/end", end="paid")

    with served.town.db.read() as tx:
        [paid] = payouts(tx, HERE)
    assert "提出付款" not in text_of(early)
    assert f"{path}/approve" not in own.text
    assert payout.amount_fen == owed
    assert (paid.state, paid.attempt) == ("confirmed", 1)
    assert paid.approved_by not in {None, paid.proposed_by}


def test_the_treasurer_pays_by_a_request_in_figures_and_capitals(served: Served) -> None:
    statement = close_march(served)[1]
    db, at = served.town.db, served.town.at
    accept_statement(db, HERE, statement, by=ZHOU, at=at)
    payout = propose_payout(db, HERE, statement, by=ZHOU, at=at)
    client = served.member("zhou")

    page = client.get("/office/payouts").text
    request = client.get(f"/office/payouts/{payout.payout_id}/request/csv")
    month = client.get("/office/payouts/months/202603/csv")
    db.write(lambda tx: change(tx, HERE, {"payment_signers": 6}, by=ZHOU, why="street", at=at))
    six = client.get(f"/office/payouts/{payout.payout_id}/request/csv")
    cancel_payout(db, HERE, payout.payout_id, by=ZHOU, why="wrong account", at=at)

    words = capital_yuan(payout.amount_fen)
    assert f"/office/payouts/{payout.payout_id}/request/pdf" in page
    assert "/office/payouts/months/202603/pdf" in page
    assert f"金额（大写）,{words}" in request.data.decode("utf-8-sig")
    assert f"金额（大写）,{words}" in month.data.decode("utf-8-sig")
    assert signers(request) == ["经办", "复核", "批准"]
    assert signers(six) == ["经办", "复核", "批准", "会计", "出纳", "监督"]
    gone = client.get(f"/office/payouts/{payout.payout_id}/request/csv")
    assert gone.status_code == 409
    assert client.get("/office/payouts/months/202603/csv").status_code == 404


def signers(answer: Any) -> list[str]:
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    start = rows.index(["签字、日期"])
    return [row[0] for row in rows[start + 1 :]]


# --- the shop's own pages


def test_a_shop_sees_what_it_is_owed_and_when(served: Served) -> None:
    close_march(served)

    page = text_of(served.owner().get("/merchant"))

    assert "shop 1：社区应付您" in page
    assert re.search(r"2026-\d\d-\d\d 前到账", page)
    assert "2026-03" in page


def test_a_shop_never_sees_another_shops_statement(served: Served) -> None:
    statements = close_march(served)
    sun, qian = served.owner("sun"), served.owner("qian")

    for kind in ("", "/pdf", "/csv"):
        own, other = f"/merchant/statements/{statements[1]}{kind}", statements[2]
        assert sun.get(own).status_code == 200
        assert qian.get(own).status_code == 404
        assert sun.get(f"/merchant/statements/{other}{kind}").status_code == 404
    posted = sun.post(
        f"/merchant/statements/{statements[2]}/accept",
        data={"request_id": "0190b3c0-0000-7000-8000-000000000002"},
    )
    with served.town.db.read() as tx:
        assert get_statement(tx, HERE, statements[2]).state == "issued"
    assert posted.status_code == 404


@pytest.mark.parametrize(
    ("act", "state", "fields"),
    [("accept", "accepted", {}), ("object", "objected", {"why": "3月2日少一笔"})],
)
def test_a_shop_answers_its_statement_once(
    served: Served, act: str, state: str, fields: dict[str, str]
) -> None:
    statement = close_march(served)[1]
    client = served.owner()
    path = f"/merchant/statements/{statement}"
    number = form_number(client.get(path), f"{path}/{act}")

    answers = [
        client.post(f"{path}/{act}", data={"request_id": number, **fields}) for _ in range(2)
    ]

    assert [one.status_code for one in answers] == [303, 303]
    with served.town.db.read() as tx:
        assert get_statement(tx, HERE, statement).state == state
    assert f"{path}/accept" not in client.get(path).text


def test_a_shops_sign_in_opens_no_office_and_the_office_no_shop(served: Served) -> None:
    assert served.owner().get("/office/today").status_code == 303
    assert served.member("admin").get("/merchant").status_code == 303


# --- the second engine


def test_the_first_page_names_the_row_that_keeps_a_day_open(
    served: Served, planted: Planted
) -> None:
    del planted
    into(
        served.town.db,
        "INSERT INTO audit_finding (community_id, run_no, finding_no, check_name, file, row_key, facts,"
        " follows, found_at, cleared_at) VALUES (1, 1, 1, 'entry', 'transfer.csv', 'txn_id=12',"
        ' \'{"line_no":"0","column":"amount","now":"10001","was":"10000"}\', \'\', 5, NULL)',
    )

    page = text_of(served.member("zhou").get("/office/today"))

    assert "transfer.csv txn_id=12" in page
    assert "column=amount now=10001 was=10000" in page
    into(served.town.db, "UPDATE audit_finding SET cleared_at = 6")
    assert "transfer.csv" not in text_of(served.member("zhou").get("/office/today"))
