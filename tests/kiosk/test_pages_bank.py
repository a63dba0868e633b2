"""The money's way to the bank in the office: holidays nobody published yet, bank files, their answers."""

from __future__ import annotations

import io
import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger.audit import By
from ledger.members import payout_accounts
from ledger.members.payout_accounts import PayoutAccount
from ledger.sql import Tx
from settlement.bank_batches import bank_batches
from settlement.bank_findings import bank_findings
from settlement.closing import accept_statement
from settlement.payout_store import Payout, get_payout
from settlement.payouts import approve_payout, propose_payout
from settlement.vouchers import YUAN_ACCOUNTS
from tests.support.pages_nights import close_march
from tests.support.pages_town import Served, form_number, text_of
from tests.support.paper_bank import PaperBank
from tests.support.town import HERE, moment

ZHOU = By("staff", 11)
LIU = By("staff", 12)


def test_the_first_page_says_when_next_years_holidays_are_unknown(served: Served) -> None:
    served.town.at = moment("2031-11-03 10:00")
    assert "2031 年的放假" in text_of(served.member("zhou").get("/office/today"))


def test_the_first_page_is_quiet_while_the_holidays_are_known(served: Served) -> None:
    assert "放假和调休" not in text_of(served.member("zhou").get("/office/today"))


def approved_payout(served: Served) -> Payout:
    """One approved payout of March to a shop with an account."""
    statement = close_march(served)[1]
    town, at = served.town, served.town.at
    account = PayoutAccount("长安超市", "工商银行西安分行", "6222020200012345678")

    def known(tx: Tx) -> None:
        number = payout_accounts.propose(tx, HERE, 1, account, by=ZHOU, at=at)
        payout_accounts.approve(tx, HERE, number, by=LIU, at=at)

    town.db.write(known)
    accept_statement(town.db, HERE, statement, by=By("merchant", 1), at=at)
    payout = propose_payout(town.db, HERE, statement, by=ZHOU, at=at)
    return approve_payout(town.db, HERE, payout.payout_id, by=LIU, at=at)


def send(client: FlaskClient, action: str, **fields: object) -> TestResponse:
    """Fill in a form of the bank's page."""
    number = form_number(client.get("/office/bank"), action)
    return client.post(action, data={"request_id": number, **fields})


def taken(client: FlaskClient, made: TestResponse) -> TestResponse:
    """The file that was just made, by the link on the page it led to."""
    page = client.get(made.location)
    link = re.search(r'href="(/office/bank/files/\d+)"', page.text)
    assert link is not None, text_of(page)
    return client.get(link[1])


def own_account(client: FlaskClient, account: str = "1100200000000000001") -> None:
    own = {"account": account, "name": "长安社区居委会", "payer_bank": "工行"}
    assert send(client, "/office/bank/payer", bank="icbc", **own).status_code == 303


def test_a_file_is_made_once_answered_and_closed_on_the_page(served: Served) -> None:
    payout = approved_payout(served)
    zhou = served.member("zhou")
    own_account(zhou)
    number = form_number(zhou.get("/office/bank"), "/office/bank/files")
    form = {"request_id": number, "payout": str(payout.payout_id), "bank": "icbc"}
    first, again = (zhou.post("/office/bank/files", data=form) for _ in range(2))
    other = zhou.post(
        "/office/bank/files",
        data={
            **form,
            "request_id": form_number(zhou.get("/office/bank"), "/office/bank/answers"),
        },
    )
    bank = PaperBank()
    file = taken(zhou, first)
    answer = bank.answer(bank.upload(file.data))
    took = [
        send(zhou, "/office/bank/answers", bank="icbc", file=(io.BytesIO(answer), "回单.csv"))
        for _ in range(2)
    ]

    assert file.headers["Content-Disposition"].endswith('_0001.csv"')
    assert (again.location, other.status_code) == (first.location, 409)
    assert "已在第 1 号银行文件中" in text_of(other)
    assert ["已付 1" in text_of(page) for page in took] == [True] * 2
    with served.town.db.read() as tx:
        assert get_payout(tx, HERE, payout.payout_id).state == "confirmed"
    assert "已答复" in text_of(zhou.get("/office/bank"))


def test_a_second_person_says_that_a_file_was_never_sent(served: Served) -> None:
    payout = approved_payout(served)
    zhou, liu = served.member("zhou"), served.member("liu")
    data = {"payout": str(payout.payout_id), "bank": "plain-pipe", "value_date": "2026-04-07"}
    assert send(zhou, "/office/bank/files", **data).status_code == 303
    with served.town.db.read() as tx:
        [batch] = bank_batches(tx, HERE)
    action = f"/office/bank/files/{batch.batch_id}/not-sent"

    assert action not in zhou.get("/office/bank").text
    assert send(liu, action, why="disk broke").status_code == 303

    with served.town.db.read() as tx:
        assert get_payout(tx, HERE, payout.payout_id).state == "failed"
    page, history = text_of(liu.get("/office/bank")), text_of(liu.get("/office/payouts"))
    english = text_of(liu.get("/office/bank?lang=en"))
    owed = f"{payout.amount_fen / 100:.2f}"
    assert "P1 所在文件未曾交给银行：款仍应付，请重新提出" in page
    assert f"仍应付商户：{owed} 元" in page
    assert "拒绝或退回" not in page
    assert f"owed to the shop again: {owed} yuan" in english
    assert "失败（文件未曾交给银行）" in history
    assert "not_sent" not in history


def test_a_lost_file_is_taken_again_byte_for_byte_while_it_waits(served: Served) -> None:
    payout = approved_payout(served)
    zhou, liu = served.member("zhou"), served.member("liu")
    own_account(zhou)
    made = send(zhou, "/office/bank/files", payout=str(payout.payout_id), bank="icbc")
    assert made.status_code == 303
    shown = text_of(zhou.get(made.location))
    first = taken(zhou, made)
    served.town.at += 1_000_000
    own_account(zhou, "1100200000000000099")
    with served.town.db.read() as tx:
        before = get_payout(tx, HERE, payout.payout_id)
        [batch] = bank_batches(tx, HERE)
    link = f"/office/bank/files/{batch.batch_id}"

    assert f'href="{link}"' in zhou.get("/office/bank").text
    again = zhou.get(link)

    with served.town.db.read() as tx:
        assert (get_payout(tx, HERE, payout.payout_id), len(bank_batches(tx, HERE))) == (before, 1)
    assert "付款文件已制作：1 笔" in shown
    assert (again.status_code, again.data) == (200, first.data)
    assert f'href="{link}"' not in liu.get("/office/bank").text
    assert liu.get(link).status_code == 403
    send(liu, f"{link}/not-sent", why="disk broke")
    late = zhou.get(link)
    assert (late.status_code, f'href="{link}"' in late.text) == (409, False)


def test_the_banks_own_reason_and_the_amount_owed_are_shown(served: Served) -> None:
    payout = approved_payout(served)
    zhou = served.member("zhou")
    own_account(zhou)
    made = send(zhou, "/office/bank/files", payout=str(payout.payout_id), bank="icbc")
    bank = PaperBank()
    answer = bank.answer(bank.upload(taken(zhou, made).data), "处理失败", 失败原因="户名不符")

    page = send(zhou, "/office/bank/answers", bank="icbc", file=(io.BytesIO(answer), "r.csv"))

    assert "原因：户名不符" in text_of(page)
    assert f"仍应付商户：{payout.amount_fen / 100:.2f} 元" in text_of(page)


def test_the_page_says_which_columns_the_banks_file_needs_and_a_wrong_one_what_it_lacks(
    served: Served,
) -> None:
    zhou = served.member("zhou")
    page = text_of(zhou.get("/office/bank"))
    body = "汇款用途,收款账号,金额\r\nJF1-1-0001,6222,15.00\r\n".encode("gb18030")

    refused = send(zhou, "/office/bank/answers", bank="icbc", file=(io.BytesIO(body), "r.csv"))

    assert "“汇款用途” “收款账号” “金额” “指令状态”" in page
    assert "“处理成功” “交易成功”" in page
    assert "“借方发生额” “贷方发生额” “对方账号” “摘要”" in page
    assert refused.status_code == 422
    assert "表头缺少：指令状态。" in text_of(refused)


def test_what_the_bank_did_otherwise_is_settled_by_two(served: Served) -> None:
    payout = approved_payout(served)
    zhou, liu = served.member("zhou"), served.member("liu")
    own_account(zhou)
    made = send(zhou, "/office/bank/files", payout=str(payout.payout_id), bank="icbc")
    bank = PaperBank()
    wrong = bank.answer(bank.upload(taken(zhou, made).data), 收款账号="6222020200099999999")
    page = send(zhou, "/office/bank/answers", bank="icbc", file=(io.BytesIO(wrong), "r.csv"))
    with served.town.db.read() as tx:
        [found] = bank_findings(tx, HERE, at=served.town.at)

    place = {"batch_id": str(found.batch_id), "line_no": str(found.line_no)}
    settled = send(zhou, "/office/bank/differences", end="failed", why="bank's letter", **place)
    seen = liu.get("/office/approvals")
    agree = re.search(r"/office/approvals/\d+/agree", seen.text)
    assert agree is not None
    number = form_number(seen, agree[0])
    assert liu.post(agree[0], data={"request_id": number}).status_code == 303

    assert "P4" in text_of(page)
    assert settled.status_code == 303
    assert "款已退回" in text_of(seen)
    with served.town.db.read() as tx:
        assert [one.code for one in bank_findings(tx, HERE, at=served.town.at)] == ["P1"]


def test_a_closed_month_is_taken_along_as_vouchers_once_codes_are_mapped(served: Served) -> None:
    close_march(served)
    zhou = served.member("zhou")
    asked = "/office/bank/vouchers?month=202603&program="
    early = zhou.get(asked + "u8")
    codes = {f"code_{kind}": f"{2000 + place}" for place, kind in enumerate(YUAN_ACCOUNTS)}

    assert send(zhou, "/office/bank/codes", **codes).status_code == 303
    files = [zhou.get(asked + program) for program in ("u8", "k3")]

    assert early.status_code == 409
    assert "还没有财务软件的科目代码" in text_of(early)
    assert [one.data[:2] for one in files] == [b"PK", b"PK"]
    assert 'value="2003"' in zhou.get("/office/bank").text
