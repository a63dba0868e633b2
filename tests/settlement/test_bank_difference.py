"""What the bank paid beyond what was asked, or less, as two people settle it: booked as it was paid, and no more."""

from __future__ import annotations

from settlement.payout_store import Payout
from tests.settlement.test_bank_files import found, make, now, ready, settle, take
from tests.settlement.test_payouts import sums
from tests.support.paper_bank import PaperBank
from tests.support.town import Town

__all__ = ["ready"]


def test_too_much_is_taken_off_what_comes_next_and_the_rest_that_follows_is_settled_again(
    town: Town, ready: Payout
) -> None:
    bank = PaperBank()
    rows = bank.upload(make(town, ready).file.body)

    take(town, bank.answer(rows, 金额="16.00"))
    [over] = found(town)
    assert (over.code, over.plus_fen, over.minus_fen) == ("P3", 0, 100)
    settle(town, over, "paid")
    assert (now(town, ready).state, sums(town)) == ("confirmed", (-100, 0, -1600))

    # The bank mends it: of the sixteen it says fifteen now. Two people say so again.
    take(town, bank.answer(rows))
    [mended] = found(town)
    assert (mended.code, mended.plus_fen, mended.minus_fen) == ("P3", 100, 0)
    settle(town, mended, "paid")
    assert (sums(town), found(town)) == ((0, 0, -1500), [])


def test_a_short_payment_that_comes_back_whole_is_owed_once(town: Town, ready: Payout) -> None:
    bank = PaperBank()
    rows = bank.upload(make(town, ready).file.body)
    take(town, bank.answer(rows, 金额="14.00"))
    settle(town, found(town)[0], "paid")

    take(town, bank.answer(rows, 指令状态="已退汇", 金额="15.00"))

    assert (now(town, ready).state, sums(town)) == ("returned", (1500, 0, 0))


def test_two_people_who_say_that_all_of_it_came_back_have_it_owed_once(
    town: Town, ready: Payout
) -> None:
    bank = PaperBank()
    rows = bank.upload(make(town, ready).file.body)
    take(town, bank.answer(rows, 金额="16.00"))
    settle(town, found(town)[0], "paid")
    take(town, bank.answer(rows))

    settle(town, found(town)[0], "failed")

    assert (now(town, ready).state, sums(town)) == ("returned", (1500, 0, 0))


def test_a_late_payment_that_two_people_agreed_to_and_that_comes_back_is_owed_again(
    town: Town, ready: Payout
) -> None:
    bank = PaperBank()
    rows = bank.upload(make(town, ready).file.body)
    take(town, bank.answer(rows, 指令状态="已退汇"))
    take(town, bank.answer(rows))
    [late] = [one for one in found(town) if one.code == "P3"]
    settle(town, late, "paid")
    assert (now(town, ready).state, sums(town)) == ("confirmed", (0, 0, -1500))

    take(town, bank.answer(rows, 指令状态="已退汇", 失败原因="户名不符"))

    assert (now(town, ready).state, sums(town)) == ("returned", (1500, 0, 0))
