"""A file for the bank goes out once; its answer ends each payment, or stops what the bank did otherwise."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import xlsxwriter

from ledger.audit import By
from ledger.book.offsets import paid_between
from ledger.errors import Refusal
from ledger.members import payout_accounts
from ledger.members.payout_accounts import PayoutAccount
from pos.channel import NotFound, Unknown
from settlement.bank_batches import (
    MadeFile,
    Order,
    make_bank_file,
    say_not_sent,
)
from settlement.bank_findings import Finding, bank_findings
from settlement.bank_form import Payer
from settlement.bank_returns import (
    BankUpload,
    approve_settling,
    propose_settling,
    take_bank_answer,
)
from settlement.finance_setup import set_payer
from settlement.payout_store import Payout, get_payout
from settlement.payouts import (
    approve_payout,
    confirm_payout,
    propose_again,
    propose_payout,
    resolve_payout,
    send_payout,
)
from tests.settlement.test_payouts import AT, CHIEF, ZHOU, Bank, approved, sums
from tests.support.night_plant import HOUR
from tests.support.paper_bank import PaperBank
from tests.support.town import HERE, Town

DAY = 24 * HOUR
ACCOUNT = PayoutAccount("长安超市（个体）", "工商银行西安分行", "6222020200012345678")
OTHER = By("staff", 13)


@pytest.fixture
def engine_url(request: pytest.FixtureRequest, sqlite_url: str) -> str:
    """SQLite; both engines where a test asks for them."""
    asked = getattr(request, "param", "sqlite")
    return sqlite_url if asked == "sqlite" else str(request.getfixturevalue("postgres_url"))


both_engines = pytest.mark.parametrize("engine_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def ready(town: Town) -> Payout:
    """An approved payout of 15.00 to a shop with an account, and an office with its own."""
    give_account(town, ACCOUNT, at=AT - 9 * DAY)
    payer = Payer("1100200000000000001", "长安社区居委会", "工商银行西安分行")
    town.db.write(lambda tx: set_payer(tx, HERE, payer, "icbc", by=ZHOU, at=AT))
    return approved(town)


def give_account(town: Town, account: PayoutAccount, *, at: int) -> None:
    def work(tx: Any) -> None:
        number = payout_accounts.propose(tx, HERE, 1, account, by=ZHOU, at=at)
        payout_accounts.approve(tx, HERE, number, by=CHIEF, at=at)

    town.db.write(work)


def make(town: Town, *payouts: Payout, at: int = AT, day: int | None = None) -> MadeFile:
    order = Order(tuple(one.payout_id for one in payouts), "icbc", day)
    return town.db.write(lambda tx: make_bank_file(tx, HERE, order, forms=None, by=ZHOU, at=at))


def take(town: Town, body: bytes, *, at: int = AT + HOUR) -> dict[str, Any]:
    upload = BankUpload("回单.csv", body, "icbc")
    return take_bank_answer(town.db, HERE, upload, forms=None, by=ZHOU, at=at)


def now(town: Town, payout: Payout) -> Payout:
    with town.db.read() as tx:
        return get_payout(tx, HERE, payout.payout_id)


def found(town: Town, *, at: int = AT + HOUR) -> list[Finding]:
    with town.db.read() as tx:
        return bank_findings(tx, HERE, at=at)


def settle(town: Town, finding: Finding, end: Any, *, by: By = CHIEF) -> None:
    place = (finding.batch_id, finding.line_no)
    number = town.db.write(
        lambda tx: propose_settling(tx, HERE, place, end, by=ZHOU, why="bank told", at=AT + DAY)
    )
    town.db.write(lambda tx: approve_settling(tx, HERE, number, by=by, at=AT + DAY))


def test_a_file_says_what_the_bank_asks_for(town: Town, ready: Payout) -> None:
    made = make(town, ready)

    assert made.file.name == "JF20260407_0001.csv"
    text = made.file.body.decode("gb18030")
    reference = f"JF1-1-{ready.payout_id % 10_000:04d}"
    assert text.split("\r\n")[1].split(",") == [
        "工商银行西安分行", "1100200000000000001", "长安社区居委会", "工商银行西安分行", "", "",
        "6222020200012345678", "长安超市（个体）", "15.00", reference, "积分结算202603 M01-0001",
    ]  # fmt: skip
    assert (now(town, ready).state, now(town, ready).route) == ("sent", "bank_file")
    assert sums(town) == (0, 1500, 0)


def test_the_same_payout_goes_into_no_second_file(town: Town, ready: Payout) -> None:
    bank = PaperBank()
    bank.upload(make(town, ready).file.body)

    with pytest.raises(Refusal, match="bank_file_out"):
        make(town, ready)
    with pytest.raises(Refusal, match="payout_wrong_state"):
        send_payout(town.db, Bank(Unknown("x")), HERE, ready.payout_id, by=CHIEF, at=AT)
    assert bank.paid_fen == {ACCOUNT.account_no: 1500}


def test_a_file_uploaded_twice_pays_nobody_twice(town: Town, ready: Payout) -> None:
    body = make(town, ready).file.body
    bank = PaperBank()

    first, second = bank.upload(body), bank.upload(body)

    assert (len(first), second, bank.paid_fen) == (1, [], {ACCOUNT.account_no: 1500})


def test_a_bank_that_pays_a_reference_twice_is_found_out_and_stopped(
    town: Town, ready: Payout
) -> None:
    body = make(town, ready).file.body
    bank = PaperBank(checks_references=False)
    rows = bank.upload(body) + bank.upload(body)
    assert bank.paid_fen == {ACCOUNT.account_no: 3000}

    answer = take(town, bank.answer(rows))

    assert (answer["amount"], answer["paid"]) == (1, 0)
    [finding] = found(town)
    assert (finding.code, finding.plus_fen, finding.minus_fen) == ("P3", 0, 1500)


@both_engines
def test_a_return_file_ends_the_payment_and_read_twice_says_the_same(
    town: Town, ready: Payout
) -> None:
    bank = PaperBank()
    body = bank.answer(bank.upload(make(town, ready).file.body), 手续费="0.50")

    first, again = take(town, body), take(town, body, at=AT + DAY)

    assert (first["paid"], first["fee_fen"], again) == (1, 50, first)
    assert now(town, ready).state == "confirmed"
    assert sums(town) == (0, 0, -1550)  # 15.00 to the shop, 0.50 to the bank, once each
    assert found(town) == []


def test_what_the_bank_refused_is_owed_again_and_may_be_proposed_anew(
    town: Town, ready: Payout
) -> None:
    bank = PaperBank()
    rows = bank.upload(make(town, ready).file.body)

    take(town, bank.answer(rows, "处理失败", 失败原因="户名不符"))

    assert (now(town, ready).state, sums(town)) == ("failed", (1500, 0, 0))
    assert [(one.code, one.plus_fen, one.why) for one in found(town)] == [("P1", 1500, "户名不符")]
    propose_again(town.db, HERE, ready.payout_id, by=ZHOU, at=AT + DAY)
    approve_payout(town.db, HERE, ready.payout_id, by=CHIEF, at=AT + DAY)
    again = make(town, ready, at=AT + DAY)
    assert again.batch_no == 2
    assert bank.upload(again.file.body) != []


def test_a_workbook_is_read_too_and_a_rounded_account_number_is_no_other_account(
    town: Town, ready: Payout
) -> None:
    bank = PaperBank()
    [row] = bank.upload(make(town, ready).file.body)
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    page.write_row(1, 0, ["汇款用途", "收款账号", "金额", "指令状态", "失败原因", "手续费"])
    page.write_row(2, 0, [row["汇款用途"], float(row["收款账号"]), 15.0, "处理成功", "", 0.5])
    book.close()

    answer = take(town, out.getvalue())

    assert (answer["paid"], answer["fee_fen"]) == (1, 50)
    assert now(town, ready).state == "confirmed"


def test_a_word_nobody_knows_leaves_the_payment_on_its_way(town: Town, ready: Payout) -> None:
    bank = PaperBank()
    rows = bank.upload(make(town, ready).file.body)

    answer = take(town, bank.answer(rows, "人工复核"))

    assert (answer["waiting"], now(town, ready).state) == (1, "sent")
    assert [one.code for one in found(town, at=AT + 2 * DAY)] == []
    assert [one.code for one in found(town, at=AT + 8 * DAY)] == ["P2"]


@both_engines
def test_another_account_shows_both_sides_and_stops_the_shop(town: Town, ready: Payout) -> None:
    bank = PaperBank()
    rows = bank.upload(make(town, ready).file.body)

    take(town, bank.answer(rows, 收款账号="6222020200099999999"))

    [finding] = found(town)
    assert (finding.code, finding.plus_fen, finding.minus_fen) == ("P4", 1500, 1500)
    assert sums(town) == (0, 1500, 0)
    with pytest.raises(Refusal, match="payout_stopped"):
        propose_payout(town.db, HERE, ready.statement_id, by=ZHOU, at=AT + DAY)
    with pytest.raises(Refusal, match="payout_other_route"):
        confirm_payout(town.db, HERE, ready.payout_id, by=ZHOU, at=AT + DAY)
    with pytest.raises(Refusal, match="approval_same_person"):
        settle(town, finding, "failed", by=ZHOU)
    settle(town, finding, "failed")
    assert (now(town, ready).state, sums(town)) == ("failed", (1500, 0, 0))
    assert [one.code for one in found(town)] == ["P1"]


def test_a_short_payment_is_settled_by_two_people(town: Town, ready: Payout) -> None:
    bank = PaperBank()
    rows = bank.upload(make(town, ready).file.body)

    take(town, bank.answer(rows, 金额="14.00"))

    [finding] = found(town)
    assert (finding.code, finding.plus_fen, finding.minus_fen) == ("P3", 100, 0)
    settle(town, finding, "paid")
    # The bank has a yuan still, and the shop is owed it: it stands in its next statement.
    assert (now(town, ready).state, sums(town), found(town)) == ("confirmed", (100, 0, -1400), [])
    with town.db.read() as tx:
        assert paid_between(tx, HERE, ready.claimant_id, 20260301, 20260430) == 1400


def test_a_file_that_was_never_sent_is_said_so_by_a_second_person(
    town: Town, ready: Payout
) -> None:
    made = make(town, ready)

    def said(by: By) -> None:
        town.db.write(
            lambda tx: say_not_sent(tx, HERE, made.batch_id, by=by, why="disk broke", at=AT + HOUR)
        )

    with pytest.raises(Refusal, match="bank_same_person"):
        said(ZHOU)
    said(CHIEF)
    assert (now(town, ready).state, sums(town)) == ("failed", (1500, 0, 0))
    with pytest.raises(Refusal, match="bank_batch_over"):
        said(CHIEF)


@both_engines
def test_money_that_went_after_all_stops_the_shop_until_two_people_settle_it(
    town: Town, ready: Payout
) -> None:
    made = make(town, ready)
    bank = PaperBank()
    rows = bank.upload(made.file.body)
    town.db.write(
        lambda tx: say_not_sent(tx, HERE, made.batch_id, by=CHIEF, why="thought so", at=AT + HOUR)
    )

    answer = take(town, bank.answer(rows), at=AT + 2 * HOUR)

    assert (answer["late"], now(town, ready).state) == (1, "failed")
    [late] = [one for one in found(town) if one.code == "P3"]
    assert late.minus_fen == 1500
    propose_again(town.db, HERE, ready.payout_id, by=ZHOU, at=AT + DAY)
    approve_payout(town.db, HERE, ready.payout_id, by=CHIEF, at=AT + DAY)
    with pytest.raises(Refusal, match="payout_stopped"):
        make(town, ready, at=AT + DAY)
    settle(town, late, "paid")
    assert (now(town, ready).state, sums(town)) == ("confirmed", (0, 0, -1500))


def test_a_channel_is_never_asked_about_what_went_by_file(town: Town, ready: Payout) -> None:
    make(town, ready)

    with pytest.raises(Refusal, match="payout_other_route"):
        resolve_payout(
            town.db,
            Bank(Unknown("x"), NotFound()),
            HERE,
            ready.payout_id,
            by=CHIEF,
            at=AT + 9 * DAY,
        )
    assert sums(town) == (0, 1500, 0)


def test_an_account_statement_closes_the_loop(town: Town, ready: Payout) -> None:
    bank = PaperBank()
    [row] = bank.upload(make(town, ready).file.body)
    words = f"网银 {row['汇款用途']} 积分结算"
    account = ACCOUNT.account_no

    answer = take(
        town,
        bank.statement(
            [("15.00", "", account, words), ("1.20", "", "", "汇划费"), ("", "9.99", "1", "利息")]
        ),
    )

    assert (answer["paid"], answer["fee_fen"], answer["others"]) == (1, 120, 1)
    assert now(town, ready).state == "confirmed"
    back = take(
        town,
        bank.statement([("15.00", "", account, words), ("", "15.00", account, words + " 退汇")]),
        at=AT + DAY,
    )
    assert (back["failed"], now(town, ready).state) == (1, "returned")
    assert sums(town) == (1500, 0, -120)


def test_a_reference_of_nobody_and_a_wrong_amount_book_nothing(town: Town, ready: Payout) -> None:
    bank = PaperBank()
    rows = bank.upload(make(town, ready).file.body)

    assert take(town, bank.answer(rows, 汇款用途="JF999-1-0000"))["unknown"] == 1
    with pytest.raises(Refusal, match="bank_answer_row"):
        take(town, bank.answer(rows, 金额="十五元"))
    with pytest.raises(Refusal) as stranger:
        take(town, b"a,b\r\n1,2\r\n")
    with pytest.raises(Refusal) as moved:
        take(town, "对账单\r\n借方发生额,贷方发生额,摘要\r\n".encode("gb18030"))
    with pytest.raises(Refusal, match="bank_answer_unreadable"):
        take(town, b"\xff\xff\xff")
    assert stranger.value.facts == {"missing": "汇款用途, 收款账号, 金额, 指令状态"}
    assert (moved.value.code, moved.value.facts) == ("bank_answer_columns", {"missing": "对方账号"})
    assert now(town, ready).state == "sent"


def test_an_account_that_changed_since_the_proposal_is_not_paid(town: Town, ready: Payout) -> None:
    give_account(town, PayoutAccount("别人", "别行", "1" * 16), at=AT)

    make_later = AT + 3 * DAY
    with pytest.raises(Refusal, match="payout_account_changed"):
        make(town, ready, at=make_later)


def test_the_day_to_pay_is_one_the_bank_works(town: Town, ready: Payout) -> None:
    with pytest.raises(Refusal, match="value_date_past"):
        make(town, ready, day=20260101)
    assert make(town, ready).value_date == 20260407  # 4 to 6 April are a holiday


def test_a_year_nobody_published_needs_the_day_given(town: Town, ready: Payout) -> None:
    far = AT + 5 * 366 * DAY
    with pytest.raises(Refusal, match="holidays_unknown"):
        make(town, ready, at=far)
    assert make(town, ready, at=far, day=20320101).value_date == 20320101


@both_engines
def test_two_who_make_a_file_at_once_send_each_payout_once(town: Town, ready: Payout) -> None:
    start = threading.Barrier(2)

    def one(_number: int) -> str:
        start.wait()
        try:
            return make(town, ready).file.name
        except Refusal as refusal:
            return refusal.code

    with ThreadPoolExecutor(2) as both:
        said = sorted(both.map(one, range(2)))

    assert said[0] == "JF20260407_0001.csv"
    assert said[1] in {"bank_file_out", "payout_wrong_state"}
    assert sums(town) == (0, 1500, 0)
