"""What a bank says twice, in part, or about a payment that was given up: no fen is booked twice or lost."""

from __future__ import annotations

import pytest

from ledger.errors import Refusal
from settlement import bank_returns
from settlement.bank_batches import rewrite_bank_file, say_not_sent
from settlement.bank_form import Payer
from settlement.finance_setup import set_payer
from settlement.payout_store import Payout
from settlement.payouts import cancel_payout, propose_payout
from tests.settlement.test_bank_files import (
    ACCOUNT,
    DAY,
    engine_url,
    found,
    make,
    now,
    ready,
    settle,
    take,
)
from tests.settlement.test_payouts import AT, CHIEF, ZHOU, sums
from tests.support.night_plant import HOUR
from tests.support.paper_bank import PaperBank
from tests.support.town import HERE, Town

__all__ = ["engine_url", "ready"]
FEE = ("1.20", "", "", "汇划费")


def sent(town: Town, payout: Payout) -> tuple[PaperBank, str]:
    """The payout in a file that the bank took, and the words of its line in an account statement."""
    bank = PaperBank()
    [row] = bank.upload(make(town, payout).file.body)
    return bank, f"网银 {row['汇款用途']} 积分结算"


def test_a_file_is_written_again_byte_for_byte_until_it_is_known_not_to_be_sent(
    town: Town, ready: Payout
) -> None:
    made = make(town, ready)
    payer = Payer("1100200000000000099", "别的户名", "别行")
    town.db.write(lambda tx: set_payer(tx, HERE, payer, "icbc", by=ZHOU, at=AT + HOUR))
    bank = PaperBank()

    with town.db.read() as tx:
        again = rewrite_bank_file(tx, HERE, made.batch_id, forms=None)

    assert again == made.file
    bank.upload(made.file.body)
    assert (bank.upload(again.body), now(town, ready).attempt) == ([], 1)
    with pytest.raises(Refusal, match="bank_file_out"):
        make(town, ready)
    town.db.write(
        lambda tx: say_not_sent(tx, HERE, made.batch_id, by=CHIEF, why="lost", at=AT + HOUR)
    )
    with town.db.read() as tx, pytest.raises(Refusal, match="bank_batch_over"):
        rewrite_bank_file(tx, HERE, made.batch_id, forms=None)


def test_a_fee_that_two_statements_print_is_booked_once(town: Town, ready: Payout) -> None:
    bank, words = sent(town, ready)
    paid = ("15.00", "", ACCOUNT.account_no, words)

    take(town, bank.statement([paid, FEE]))
    take(town, bank.statement([paid, FEE, ("", "9.99", "1", "利息")]), at=AT + DAY)

    assert sums(town) == (0, 0, -1620)


def test_a_fee_the_fund_could_not_bear_is_booked_once_there_is_money(
    town: Town, ready: Payout
) -> None:
    bank, _ = sent(town, ready)
    body = bank.statement([FEE])
    with town.db.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE balance SET posted = 0 WHERE account_id ="
            " (SELECT account_id FROM account WHERE kind = 'fund')"
        )
    with pytest.raises(Refusal, match="fund_empty"):
        take(town, body)
    town.at = AT + HOUR
    town.fund(100_000)
    before = sums(town)[2]

    for hours in (2, 3):
        take(town, body, at=AT + hours * HOUR)

    assert sums(town)[2] == before - 120


def test_two_fees_alike_in_one_statement_are_two(town: Town, ready: Payout) -> None:
    bank, _ = sent(town, ready)

    take(town, bank.statement([FEE, FEE]))

    assert sums(town) == (0, 1500, -240)


def test_a_payments_fee_in_the_return_file_and_in_the_statement_is_one(
    town: Town, ready: Payout
) -> None:
    bank = PaperBank()
    rows = bank.upload(make(town, ready).file.body)
    words = f"网银 {rows[0]['汇款用途']} 手续费"

    take(town, bank.answer(rows, 手续费="0.50"))
    take(town, bank.answer(rows, 手续费="0.50", 失败原因=" "), at=AT + 2 * HOUR)
    take(town, bank.statement([("0.50", "", "", words)]), at=AT + DAY)

    assert sums(town) == (0, 0, -1550)


def test_a_part_that_comes_back_owes_the_shop_nothing_before_two_people_say_so(
    town: Town, ready: Payout
) -> None:
    bank, words = sent(town, ready)
    take(town, bank.statement([("15.00", "", ACCOUNT.account_no, words)]))

    answer = take(town, bank.statement([("", "5.00", ACCOUNT.account_no, words)]), at=AT + DAY)

    assert (answer["amount"], answer["failed"], now(town, ready).state) == (1, 0, "confirmed")
    [finding] = found(town, at=AT + DAY)
    assert (finding.code, finding.plus_fen, sums(town)) == ("P3", 500, (0, 0, -1500))


def test_a_line_that_moves_nothing_leaves_the_payment_on_its_way(town: Town, ready: Payout) -> None:
    bank, words = sent(town, ready)

    answer = take(town, bank.statement([("0.00", "0.00", ACCOUNT.account_no, words)]))

    assert (answer["others"], answer["failed"]) == (1, 0)
    assert (now(town, ready).state, sums(town)) == ("sent", (0, 1500, 0))


def test_money_that_went_for_a_payout_given_up_since_leaves_what_is_owed(
    town: Town, ready: Payout
) -> None:
    made = make(town, ready)
    bank = PaperBank()
    rows = bank.upload(made.file.body)
    here = (HERE, ready.payout_id)
    town.db.write(
        lambda tx: say_not_sent(tx, HERE, made.batch_id, by=CHIEF, why="thought so", at=AT + HOUR)
    )
    cancel_payout(town.db, *here, by=ZHOU, why="anew next month", at=AT + HOUR)
    instead = propose_payout(town.db, HERE, ready.statement_id, by=ZHOU, at=AT + HOUR)
    take(town, bank.answer(rows), at=AT + 2 * HOUR)
    [late] = [one for one in found(town) if one.code == "P3"]

    with pytest.raises(Refusal, match="payout_over_owed"):
        settle(town, late, "paid")
    cancel_payout(town.db, HERE, instead.payout_id, by=ZHOU, why="it went", at=AT + DAY)
    settle(town, late, "paid")

    paid = now(town, ready)
    assert (paid.state, paid.approved_by, sums(town)) == ("confirmed", CHIEF.id, (0, 0, -1500))
    assert found(town) == []
    with pytest.raises(Refusal, match="nothing_to_pay"):
        propose_payout(town.db, HERE, ready.statement_id, by=ZHOU, at=AT + 2 * DAY)


def both_forms(bank: PaperBank, *more: tuple[str, str, str, str]) -> tuple[bytes, bytes]:
    """The fees of all payments beside each, and in one line of the account statement."""
    return bank.answer(bank.took, 手续费="1.20"), bank.statement([FEE, *more])


@pytest.mark.parametrize("first", [0, 1])
def test_a_batchs_fees_in_one_line_of_the_statement_are_the_same_money(
    town: Town, ready: Payout, first: int
) -> None:
    bank, _ = sent(town, ready)
    files = both_forms(bank, ("2.00", "", "", "汇划费 年费"))

    one = take(town, files[first])
    two = take(town, files[1 - first], at=AT + DAY)

    assert (one["fees_same_fen"], two["fees_same_fen"]) == (0, 120)
    assert sums(town) == (0, 0, -1500 - 120 - 200)
    for body in (*files, bank.statement([FEE])):
        take(town, body, at=AT + 2 * DAY)
    assert sums(town) == (0, 0, -1500 - 120 - 200)


def test_without_pairing_them_the_same_fees_are_booked_twice(
    town: Town, ready: Payout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(bank_returns, "pair_fees", lambda *_: 0)
    bank, _ = sent(town, ready)
    for body in both_forms(bank):
        take(town, body)
    assert sums(town) == (0, 0, -1500 - 240)
