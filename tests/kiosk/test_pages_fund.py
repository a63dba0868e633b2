"""The money behind the points in the office: coverage, budget, funds, rules that need a vote; what residents see."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from ledger.book.balances import account_sum
from ledger.book.funds import fund_figures, work_funds
from ledger.database import Database
from ledger.members import schemes
from ledger.members.budget import check_budget
from ledger.seal.sealer import seal
from ledger.units import CNY
from tests.ledger.members.test_gate import dearer
from tests.support.pages_town import Served, form_number, serve, text_of
from tests.support.tampering import as_insider
from tests.support.town import HERE, SCHEME

WORK = """
[[fund]]
code = "F01"
name = "下水道盖板修缮"
target_fen = 2000000
raised_by = "resident_contribution"
publish_each_income_and_expense = true
remainder = "next_work"

[[fund]]
code = "F02"
name = "楼道灯"
target_fen = 50000
raised_by = "donation"
publish_each_income_and_expense = true
remainder = "kept_for_spares"

[[provenance]]"""


@pytest.fixture
def poor(db: Database, tmp_path: Any) -> Served:
    """A town whose fund just covers its points, and two funds for works of the neighbours."""
    text = SCHEME.read_text(encoding="utf-8").replace("\n[[provenance]]", WORK, 1)
    served = serve(db, tmp_path, scheme_text=text)
    with as_insider(db) as connection:
        # 2,400 points cost 120.00 yuan; 150.00 are in the fund.
        connection.exec_driver_sql(
            "UPDATE balance SET posted = 15000 WHERE account_id ="
            " (SELECT account_id FROM account WHERE kind = 'fund' AND owner_id = 0)"
        )
        connection.exec_driver_sql("UPDATE transfer SET amount = 15000 WHERE amount = 10000000")
    return served


def look_at(served: Served, text: str, login: str = "admin") -> Any:
    client = served.member(login)
    number = form_number(client.get("/office/scheme"), "/office/scheme/look")
    return client.post(
        "/office/scheme/look",
        data={"request_id": number, "file": (io.BytesIO(text.encode()), "new.toml")},
        follow_redirects=True,
    )


def file_of(page: Any) -> str:
    found = re.search(r"/office/scheme/([0-9a-f]{64})", page.request.path + page.text)
    assert found is not None
    return found[1]


def enter(served: Served, page: str, **fields: str) -> Any:
    client = served.member("liu")
    counts = {"members": "9", "present": "7", "ayes": "5", "noes": "1", "abstentions": "1"}
    return client.post(
        "/office/scheme/votes",
        data={
            "request_id": form_number(client.get(page), "/office/scheme/votes"),
            "held_on": "2026-03-01",
            "minutes": (io.BytesIO(b"signed"), "minutes.jpg"),
            **counts,
            **fields,
        },
        follow_redirects=True,
    )


def agree(served: Served, login: str) -> Any:
    client = served.member(login)
    waiting = client.get("/office/approvals")
    action = next(part for part in waiting.text.split('"') if part.endswith("/agree"))
    return waiting, client.post(action, data={"request_id": form_number(waiting, action)})


def test_today_and_the_rules_page_show_coverage_and_budget(poor: Served) -> None:
    for path in ("/office/today", "/office/scheme"):
        shown = text_of(poor.member("he").get(path))
        assert "保障率 125.0% 至少要 100%" in shown
        assert "全部积分需要 120.00 元，预计使用 100%" in shown
        assert "2026 年预算 0% 共 30,000.00 元：在预算之内" in shown


def test_rules_that_break_the_limit_go_through_the_committee(poor: Served) -> None:
    seen = look_at(poor, dearer())
    shown = text_of(seen)
    assert "现行规则下的保障率 125.0%" in shown
    assert "新规则下的保障率 62.5% 至少要 100%" in shown
    assert "只有委员会对这份文本表决通过后，才能采用" in shown
    assert f'action="/office/scheme/{file_of(seen)}"' not in seen.text
    file = file_of(seen)

    entered = enter(poor, f"/office/scheme/{file}", file=file)
    waiting, agreed = agree(poor, "committee")

    assert "已提出，须由另一人同意" in text_of(entered)
    assert "应到 9 人，实到 7 人；赞成 5，反对 1，弃权 1" in text_of(waiting)
    assert agreed.status_code == 303
    admin = poor.member("admin")
    ready = admin.get(f"/office/scheme/{file}")
    assert "可以采用，记录中会注明这次表决" in text_of(ready)
    number = form_number(ready, f"/office/scheme/{file}")
    done = admin.post(f"/office/scheme/{file}", data={"request_id": number}, follow_redirects=True)
    assert "已采用，从生效日起执行" in text_of(done)
    assert "已使用" in text_of(done)
    with poor.town.db.read() as tx:
        assert [one.version for one in schemes.versions(tx, HERE)] == ["2026.1", "2026.2"]
    assert "采用新规则版本 changan/2026.2" in text_of(poor.member("he").get("/office/audit"))


def test_without_the_vote_the_button_is_not_there_and_the_post_is_refused(poor: Served) -> None:
    file = file_of(look_at(poor, dearer()))
    admin = poor.member("admin")

    refused = admin.post(
        f"/office/scheme/{file}",
        data={"request_id": form_number(admin.get("/office/scheme"), "/office/scheme/look")},
    )

    assert refused.status_code == 409
    assert "资金只够付 62.5% 的积分（现在 125.0%，至少要 100%）" in text_of(refused)


def test_a_file_that_is_no_scheme_is_refused_with_its_problem(poor: Served) -> None:
    refused = look_at(poor, "nothing = true\n")

    assert refused.status_code == 422
    assert "规则文件" in text_of(refused)


def test_a_looser_limit_is_a_setting_only_after_a_vote(poor: Served) -> None:
    admin = poor.member("admin")

    def change(value: str) -> Any:
        page = admin.get("/office/settings")
        fields = dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', page.text))
        fields |= {
            "request_id": form_number(page, "/office/settings"),
            "coverage_limit_percent": value,
            "why": "less",
        }
        return admin.post("/office/settings", data=fields)

    refused = change("80")
    enter(poor, "/office/scheme", setting="coverage_limit_percent", value="80")
    agree(poor, "committee")

    assert refused.status_code == 409
    assert "需要委员会就" in text_of(refused)
    assert change("80").status_code == 303
    assert "保障率下限，%：80" in text_of(admin.get("/office/scheme"))


def fund_form(served: Served, path: str, **fields: str) -> Any:
    client = served.member("zhou")
    number = form_number(client.get("/office/fund"), path)
    return client.post(path, data={"request_id": number, **fields}, follow_redirects=True)


def test_a_works_fund_is_raised_spent_by_two_people_and_its_rest_moved(poor: Served) -> None:
    raised = {
        "amount": "300.00",
        "source": "resident_contribution",
        "fund": "F01",
        "reason": "集资",
    }
    fund_form(poor, "/office/fund", **raised)
    spend = {"from": "F01", "spend": "200.00", "to": "", "why": "瓦工"}
    proposed = fund_form(poor, "/office/fund/spend", **spend)
    _, agreed = agree(poor, "liu")
    fund_form(poor, "/office/fund/spend", **{**spend, "spend": "100.00", "to": "F02"})
    agree(poor, "committee")

    assert "已提出，须由另一人同意" in text_of(proposed)
    assert agreed.status_code == 303
    with poor.town.db.read() as tx:
        first, second = (fund_figures(tx, HERE, one.fund_id) for one in work_funds(tx, HERE))
        points = account_sum(tx, HERE, "fund", CNY)
    assert first == (0, {"resident_contribution": 30_000}, 20_000, 10_000)
    assert (second.balance_fen, points) == (10_000, 15_000)
    shown = text_of(poor.member("zhou").get("/office/fund"))
    assert "余额 0.00 元 累计入款 300.00 目标 20,000.00 元 工程已付 200.00 元" in shown


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"from": "F01", "spend": "0.01", "to": "", "why": "x"}, "这项资金不够"),
        ({"from": "", "spend": "1.00", "to": "", "why": "x"}, "有内容没填"),
        ({"from": "F09", "spend": "1.00", "to": "", "why": "x"}, "规则里没有资金 F09"),
        ({"from": "F01", "spend": "1.00", "to": "F01", "why": "x"}, "积分资金只用于积分"),
    ],
)
def test_spending_that_cannot_be_is_refused(
    poor: Served, fields: dict[str, str], says: str
) -> None:
    assert says in text_of(fund_form(poor, "/office/fund/spend", **fields))


def test_residents_and_the_office_are_told_when_the_budget_is_used_up(poor: Served) -> None:
    town = poor.town
    before = text_of(poor.resident(1).get("/me"))
    for _ in range(40):
        town.grant(1, 1_500_000)
    seal(town.db, HERE)
    check_budget(town.db, HERE, at=town.at)

    after, office = (
        text_of(poor.resident(1).get("/me")),
        text_of(poor.member("he").get("/office/today")),
    )

    assert "今年内不再发新积分" not in before
    assert "今年内不再发新积分" in after
    assert "已有的积分仍然有效" in after
    assert "已用完：不再发新积分，已有积分照常使用" in office
    assert "资金不够支付预计会使用的全部积分" in office
