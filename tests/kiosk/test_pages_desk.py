"""The small month's desk: open differences on one screen, what each button would do, done in order, told on paper."""

from __future__ import annotations

import re
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest

from ledger.sql import Sql
from settlement.act_log import acts_on
from tests.kiosk.test_pages_settlement import adjustments, press, row_of
from tests.support.pages_nights import Planted, one_night
from tests.support.pages_town import Served, form_number, text_of
from tests.support.town import HERE

DESK = "/office/desk"
_OPEN = Sql("SELECT count(*) AS n FROM discrepancy WHERE community_id = :here AND state = 'open'")


@pytest.fixture
def planted(served: Served) -> Planted:
    return one_night(served)


def count_open(served: Served) -> int:
    with served.town.db.read() as tx:
        return int(tx.get(_OPEN, here=HERE).n)


def acts(served: Served, number: int) -> list[Any]:
    with served.town.db.read() as tx:
        return acts_on(tx, HERE, number)


def at_desk(served: Served, login: str, number: int, decision: str) -> Any:
    """Open the question behind a button of the desk and answer it twice."""
    client, path = served.member(login), f"{DESK}/{number}"
    asked = client.get(f"{path}?decision={decision}")
    data = {"request_id": form_number(asked, path), "decision": decision, "reason": "小票已核对"}
    first, again = (client.post(path, data=data) for _ in range(2))
    assert (first.status_code, again.location) == (303, first.location)
    return first


def words_of(body: bytes) -> str:
    document = pypdfium2.PdfDocument(body)
    assert len(document) == 1, "one page"
    words: str = document[0].get_textpage().get_text_bounded()
    document.close()
    return words


def test_every_open_difference_stands_there_with_at_most_three_buttons_and_what_each_would_do(
    served: Served, planted: Planted
) -> None:
    assert planted.refs
    page = served.member("zhou").get(DESK)

    cards = re.findall(r'<article class="difference".*?</article>', page.text, re.DOTALL)
    assert len(cards) == count_open(served) >= 5
    for card in cards:
        buttons = re.findall(r'role="button"', card)
        assert 1 <= len(buttons) <= 3
        assert len(re.findall(r'class="verb"', card)) == len(buttons)
        assert "<button" not in card, "nothing is done before the question"
    assert f"今天已处理 0/{len(cards)}" in text_of(page)


def test_what_is_done_counts_and_stands_no_longer_there(served: Served, planted: Planted) -> None:
    row = row_of(served, planted.refs["V2"])
    total, before = count_open(served), adjustments(served)

    done = at_desk(served, "zhou", row.discrepancy_no, "pay_booked")

    page = served.member("zhou").get(done.location)
    assert f"今天已处理 1/{total}" in text_of(page)
    assert f'id="d{row.discrepancy_no}"' not in page.text
    assert adjustments(served) == before + 1
    [act] = acts(served, row.discrepancy_no)
    assert (act.verb, act.role, act.fen, act.state) == (
        "claim_more",
        "accountant",
        row.plus_fen,
        "decided",
    )


def test_within_the_page_the_card_and_the_progress_are_answered(
    served: Served, planted: Planted
) -> None:
    number = row_of(served, planted.refs["V2"]).discrepancy_no
    client, path, part = served.member("zhou"), f"{DESK}/{number}", {"HX-Request": "true"}
    asked = client.get(f"{path}?decision=pay_booked", headers=part)
    data = {"request_id": form_number(asked, path), "decision": "pay_booked", "reason": "对"}

    answer = client.post(path, data=data, headers=part)

    assert "<html" not in answer.text
    assert 'id="progress" hx-swap-oob="true"' in answer.text
    assert "已处理 1/" in text_of(answer)


def test_each_verb_is_kept_with_its_act(served: Served, planted: Planted) -> None:
    asked = row_of(served, planted.refs["X1"]).discrepancy_no
    press(served, "zhou", asked, "ask_shop", reason="请拿小票。")
    refused = row_of(served, planted.refs["X3"]).discrepancy_no
    press(served, "zhou", refused, "pay_booked", reason="重复了")
    proposed = row_of(served, planted.refs["V1"]).discrepancy_no
    press(served, "zhou", proposed, "pay_claimed", reason="小票是对的")
    second = served.member("second")
    path = f"/office/discrepancies/{proposed}"
    number = form_number(second.get(path), f"{path}/approve")
    second.post(f"{path}/approve", data={"decision": "pay_claimed", "request_id": number})

    said = [
        [(act.verb, act.state) for act in acts(served, one)] for one in (asked, refused, proposed)
    ]
    assert said == [
        [("inquire", "asked")],
        [("refuse", "decided")],
        [("claim_more", "proposed"), ("approve", "decided")],
    ]
    page = text_of(served.member("zhou").get(path))
    assert "请款" in page
    assert "第二人同意" in page


def test_the_notice_says_what_was_found_decided_and_how_to_object_and_names_nobody(
    served: Served, planted: Planted
) -> None:
    row = row_of(served, planted.refs["V2"])
    at_desk(served, "zhou", row.discrepancy_no, "pay_booked")
    path = f"/office/discrepancies/{row.discrepancy_no}/acts/1.pdf"

    paper = served.member("zhou").get(path)

    words = words_of(paper.data)
    for said in (
        "差错处理通知书", "V2", planted.refs["V2"], "请款", "会计", "小票已核对",
        f"+{row.plus_fen / 100:.2f}", "2026-03 对账单", "个工作日内",
    ):  # fmt: skip
        assert said in words, said
    assert "名zhou" not in words
    assert served.member("zhou").get(path).data == paper.data
    assert served.member("zhou").get(path.replace("1.pdf", "2.pdf")).status_code == 404


def test_the_shop_finds_its_own_notice_and_no_other_shop_does(
    served: Served, planted: Planted
) -> None:
    row = row_of(served, planted.refs["V2"])
    at_desk(served, "zhou", row.discrepancy_no, "pay_booked")
    own, other = ("sun", "qian") if row.claimant_id == 1 else ("qian", "sun")
    path = f"/merchant/questions/{row.discrepancy_no}/acts/1.pdf"

    assert path in served.owner(own).get("/merchant").text
    assert "差错处理通知书" in words_of(served.owner(own).get(path).data)
    assert path not in served.owner(other).get("/merchant").text
    assert served.owner(other).get(path).status_code == 404


def test_a_notice_that_waits_for_a_second_person_says_so_at_its_top(
    served: Served, planted: Planted
) -> None:
    row = row_of(served, planted.refs["X3"])
    at_desk(served, "zhou", row.discrepancy_no, "pay_claimed")
    [act] = acts(served, row.discrepancy_no)
    assert act.state == "proposed"

    paper = served.member("zhou").get(f"/office/discrepancies/{row.discrepancy_no}/acts/1.pdf")

    words = words_of(paper.data)
    assert words.count("尚未生效") == 2  # the title, and the result's first line


def test_no_shop_that_filed_nothing_is_said_to_have_claimed_wrongly(
    served: Served, planted: Planted
) -> None:
    row = row_of(served, planted.refs["X2"])

    asked = text_of(served.member("zhou").get(f"{DESK}/{row.discrepancy_no}?decision=pay_booked"))

    assert "商户漏报。" in asked
    assert "商户申报有误" not in asked
