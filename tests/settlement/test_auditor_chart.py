"""The auditor's own chart says what the product's says: a new kind of posting is written down twice, or found here."""

from __future__ import annotations

from ledger.book.chart import ALLOWED, BOUNDED, DEBIT_SIDE, Account, Kind
from settlement.auditor import chart


def test_both_charts_allow_the_same_moves() -> None:
    product = {
        kind.value: {(debit.value, credit.value) for debit, credit in pairs}
        for kind, pairs in ALLOWED.items()
    }

    assert {kind: set(pairs) for kind, pairs in chart.MOVES.items()} == product
    assert {*chart.MOVES, "reversal"} == {kind.value for kind in Kind}
    assert {account.value for account in Account} <= set(chart.KINDS)


def test_both_know_which_side_an_account_grows_on_and_which_has_a_balance() -> None:
    assert set(chart.DEBIT_SIDE) == {account.value for account in DEBIT_SIDE}
    assert set(chart.BOUNDED) == {account.value for account in BOUNDED}
