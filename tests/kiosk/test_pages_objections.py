"""Objecting to one line on the shop's page, and the office's answer to it."""

from __future__ import annotations

import hashlib
import io
import json
import re
from typing import Any
from zipfile import ZipFile

from settlement.dispute_store import disputes_of_statement, get_dispute
from settlement.disputed_line import receipts_of_day
from settlement.statements import rows_of
from tests.kiosk.test_pages_desk import words_of
from tests.support.pages_nights import close_march
from tests.support.pages_town import Served, form_number, text_of
from tests.support.town import HERE


def a_day_of(served: Served, statement_id: int) -> tuple[int, Any]:
    """The first day's line with something in it, and one of its receipts."""
    with served.town.db.read() as tx:
        for number, row in enumerate(rows_of(tx, HERE, statement_id), 1):
            found = [r for r in receipts_of_day(tx, HERE, 1, row.business_date) if r.kind == "sale"]
            if row.section == "day" and found:
                return number, found[0]
    raise AssertionError


def objected(served: Served) -> tuple[int, int]:
    """The owner objects to one receipt, twice with the same form; the statement and the line."""
    statement = close_march(served)[1]
    row_no, receipt = a_day_of(served, statement)
    owner, path = served.owner(), f"/merchant/statements/{statement}/lines"
    asked = owner.get(f"{path}?row={row_no}")
    assert receipt.ref in text_of(asked)
    data = {
        "request_id": form_number(asked, path),
        "row_no": str(row_no),
        "ref": receipt.ref,
        "asked": f"{(receipt.fen + 250) / 100:.2f}",
        "why": "小票多二元五角",
    }
    first, again = (owner.post(path, data=data) for _ in range(2))
    assert (first.status_code, again.status_code) == (303, 303)
    with served.town.db.read() as tx:
        (line,) = disputes_of_statement(tx, HERE, statement)
    assert (line.asked_fen or 0) - line.booked_fen == 250
    return statement, line.dispute_id


def state_of(served: Served, dispute_id: int) -> tuple[str, str, int]:
    with served.town.db.read() as tx:
        found = get_dispute(tx, HERE, dispute_id)
    return found.state, found.outcome, found.outcome_fen


def act(served: Served, login: str, dispute_id: int, what: str, **data: str) -> Any:
    client = served.member(login)
    page = client.get("/office/objections")
    path = f"/office/objections/{dispute_id}/{what}"
    # Asking goes from the same form as ruling: it has two doors.
    form = path if what != "ask" else f"/office/objections/{dispute_id}/rule"
    return client.post(path, data={"request_id": form_number(page, form), **data})


def test_a_line_is_named_asked_about_answered_and_upheld_by_two(served: Served) -> None:
    statement, line = objected(served)
    lines = f"/merchant/statements/{statement}/lines"
    assert "已提异议，待处理" in text_of(served.owner().get(lines))

    assert act(served, "zhou", line, "ask", why="请拍小票").status_code == 303
    owner = served.owner()
    asked = owner.get(lines)
    assert "请拍小票" in text_of(asked)
    answer = f"/merchant/objections/{line}/answer"
    said = owner.post(answer, data={"request_id": form_number(asked, answer), "why": "小票在此"})
    assert said.status_code == 303
    ruled = act(served, "zhou", line, "rule", why="小票属实", outcome="upheld")
    assert (ruled.status_code, state_of(served, line)[0]) == (303, "ruling_proposed")
    assert "同事" in text_of(served.member("zhou").get("/office/objections"))
    agreed = act(served, "second", line, "approve", fen="250")

    assert (agreed.status_code, state_of(served, line)) == (303, ("final", "upheld", 250))
    over = text_of(served.member("zhou").get("/office/objections?view=over"))
    for word in ("请款", "确认查询", "商户答复", "裁定", "第二人同意", "2.50"):
        assert word in over


def test_a_ruling_and_its_appeal_are_told_on_paper_with_the_last_day(served: Served) -> None:
    _, line = objected(served)
    act(served, "zhou", line, "rule", why="账上属实", outcome="rejected")
    office, paper = (
        f"/office/objections/{line}/steps/2.pdf",
        f"/merchant/objections/{line}/steps/2.pdf",
    )

    words = words_of(served.owner().get(paper).data)

    assert office in served.member("zhou").get("/office/objections").text
    for said in (
        "异议处理通知书",
        "不予支持",
        "退单",
        "会计",
        "账上属实",
        "再提一次",
        "2026-04-09",
    ):
        assert said in words, said
    assert "名zhou" not in words
    assert served.owner("qian").get(paper).status_code == 404
    assert served.owner().get(paper.replace("/2.pdf", "/1.pdf")).status_code == 404


def test_a_refused_line_is_presented_again_on_the_shops_page(served: Served) -> None:
    statement, line = objected(served)
    act(served, "zhou", line, "rule", why="账上属实", outcome="rejected")
    owner, lines = served.owner(), f"/merchant/statements/{statement}/lines"
    page, again = owner.get(lines), f"/merchant/objections/{line}/again"

    done = owner.post(again, data={"request_id": form_number(page, again), "why": "另有收据"})
    assert (done.status_code, state_of(served, line)[0]) == (303, "appealed")
    act(served, "liu", line, "rule", why="复核无误", outcome="rejected")
    assert state_of(served, line) == ("final", "rejected", 0)
    assert "二次退单" in text_of(owner.get(lines))


def test_nobody_answers_for_another_shop_and_who_only_reads_rules_nothing(served: Served) -> None:
    statement, line = objected(served)
    number = "0190b3c0-0000-7000-8000-000000000003"
    other = served.owner("qian")

    assert other.get(f"/merchant/statements/{statement}/lines").status_code == 404
    for path in (
        f"/merchant/statements/{statement}/lines",
        f"/merchant/objections/{line}/answer",
        f"/merchant/objections/{line}/again",
    ):
        data = {"request_id": number, "row_no": "1", "ref": "", "why": "x"}
        assert other.post(path, data=data).status_code == 404
    ruled = served.member("wang").post(
        f"/office/objections/{line}/rule",
        data={"request_id": number, "why": "x", "outcome": "rejected"},
    )
    assert ruled.status_code == 403
    assert state_of(served, line)[0] == "raised"


def test_the_evidence_is_one_file_whose_hashes_hold_and_which_names_nobody(
    served: Served,
) -> None:
    _, line = objected(served)
    client = served.member("zhou")

    first, again = (client.get(f"/office/objections/{line}/pack") for _ in range(2))

    assert first.data == again.data
    with ZipFile(io.BytesIO(first.data)) as pack:
        files = {name: pack.read(name) for name in pack.namelist()}
    lines = [one.split("  ") for one in files["SHA256SUMS"].decode().splitlines()]
    listed = {name: digest for digest, name in lines}
    assert listed == {
        name: hashlib.sha256(body).hexdigest()
        for name, body in files.items()
        if name != "SHA256SUMS"
    }
    booked = json.loads(files["booked.json"])
    claims = json.loads(files["claims.json"])
    assert booked["ref"] == claims[0]["ref"] == json.loads(files["dispute.json"])["ref"]
    assert {t["credit"] for t in booked["transfers"]} == {"offset"}
    assert not re.search(rb"person|wallet_owner|serial|phone", b"".join(files.values()))


def test_a_shop_fetches_its_own_day_and_no_other(served: Served) -> None:
    close_march(served)
    owner = served.owner()
    assert "每日账单文件" in text_of(owner.get("/merchant/days"))

    found = owner.get("/merchant/days/20260302.json")

    assert (found.status_code, json.loads(found.data)["shop"]) == (200, "M01")
    assert (
        json.loads(served.owner("qian").get("/merchant/days/20260302.json").data)["shop"] == "M02"
    )
    assert owner.get("/merchant/days/20260302.csv").data.startswith(b"\xef\xbb\xbfH,")
    assert owner.get("/merchant/days/20260402.csv").status_code == 404
    assert owner.get("/merchant/days/20260302.exe").status_code == 404


def test_no_cell_of_a_statement_is_a_heading_without_words(served: Served) -> None:
    statement = close_march(served)[1]
    for page in (
        served.member("zhou").get(f"/office/statements/{statement}"),
        served.owner().get(f"/merchant/statements/{statement}"),
    ):
        assert page.status_code == 200
        assert "<th" in page.text
        assert not re.search(r"<th[^>]*>\s*</th>", page.text)


def test_the_shops_pages_say_what_an_open_objection_holds_before_and_after_accepting(
    served: Served,
) -> None:
    statement, _ = objected(served)
    owner, path = served.owner(), f"/merchant/statements/{statement}"
    with served.town.db.read() as tx:
        (line,) = disputes_of_statement(tx, HERE, statement)
    held = f"{line.held_fen / 100:.2f}"
    assert line.held_fen > 0

    home, page = owner.get("/merchant"), owner.get(path)
    assert f"您有 1 行异议在处理，暂留 {held} 元" in text_of(home)
    assert "您的申报与社区账一致" not in text_of(home)
    assert f"您对 1 行有异议：{held} 元暂留" in text_of(page)
    assert "其余的对吗？" in text_of(page)
    assert "对账单对吗？" not in text_of(page)

    accept = f"{path}/accept"
    done = owner.post(accept, data={"request_id": form_number(page, accept)})
    said = text_of(owner.get(done.location))
    assert "其余部分已确认，将安排付款；您有异议的行仍在处理" in said
    assert f"您对 1 行有异议：{held} 元暂留" in said
    assert held in text_of(owner.get("/merchant"))
