"""A closed month's yuan entries as vouchers for the bookkeeping program: a voucher a day, lines by kind of posting."""

from __future__ import annotations

from collections import defaultdict
from typing import Final, NamedTuple

from ledger.book.period import find_period
from ledger.errors import Refusal
from ledger.sql import Sql, Tx
from ledger.units import CNY
from settlement.account_names import ACCOUNT_NAMES
from settlement.finance_setup import finance_setup
from settlement.voucher_sheet import EntryLine, Program, Voucher, programs, voucher_workbook
from settlement.words import Translate, mark

YUAN_ACCOUNTS: Final = (
    "bank", "fund", "cover", "payable", "clearing", "returns", "bank_fee", "inventory", "goods_cost",
    "spent", "till", "copaid",
)  # fmt: skip
"""Kinds of account that yuan move between, in the order of the chart; each is mapped to a code of the program."""

KIND_NAMES: Final = {
    "settle": mark("Settled with shops for points used"),
    "adjust": mark("Differences decided"),
    "fund_in": mark("Money into the fund"),
    "fund_out": mark("Paid for a work"),
    "fund_move": mark("Between funds"),
    "cover": mark("Set aside for shops"),
    "uncover": mark("Let go of what was set aside"),
    "payout": mark("Payout to shops sent"),
    "paid": mark("Payout to shops confirmed by the bank"),
    "payout_failed": mark("Payout refused or sent back"),
    "payment_difference": mark("Paid otherwise than asked"),
    "bank_fee": mark("Bank fees"),
    "cofund": mark("Shops' own share of points"),
    "shop_paid_in": mark("Paid in by a shop"),
    "stock_in": mark("Goods bought for the shelf"),
    "stock_out": mark("Goods given away or written off"),
    "stock_count": mark("Found by a count of the shelf"),
    "redeem": mark("Goods handed out for points"),
    "return_goods": mark("Goods taken back"),
    "till_count": mark("Found by a count of the yuan"),
    "till_banked": mark("Yuan of the counter brought to the bank"),
    "inter_paid": mark("Between communities"),
    "inter_received": mark("Between communities"),
}
"""What a line of a voucher says of the kind of posting it sums up; another kind is called by its own word."""

_MOVED: Final = Sql(
    "SELECT x.business_date, x.kind, d.kind AS debit_kind, c.kind AS credit_kind, sum(t.amount) AS fen"
    " FROM txn x JOIN transfer t ON t.community_id = x.community_id AND t.txn_id = x.txn_id"
    " JOIN account d ON d.community_id = t.community_id AND d.account_id = t.debit_id"
    " JOIN account c ON c.community_id = t.community_id AND c.account_id = t.credit_id"
    " WHERE x.community_id = :community_id AND x.business_date BETWEEN :first_date AND :last_date"
    " AND t.commodity = :commodity GROUP BY x.business_date, x.kind, d.kind, c.kind"
    " ORDER BY x.business_date, x.kind, d.kind, c.kind"
)


_CLOSED: Final = Sql(
    "SELECT period_key FROM period WHERE community_id = :community_id AND state = 'closed'"
    " ORDER BY period_key DESC LIMIT 24"
)


class VoucherFile(NamedTuple):
    """A workbook for the program, how many vouchers are in it, and the fen on each side."""

    name: str
    body: bytes
    vouchers: int
    debit_fen: int
    credit_fen: int


def month_vouchers(
    tx: Tx, community_id: int, month: int, program_code: str, *, translate: Translate, preparer: str
) -> VoucherFile:
    """A closed month (yyyymm) as vouchers for one program.

    Refuses: voucher_program_unknown, voucher_month_open, voucher_none (no yuan moved),
    voucher_code_missing (an account that moved has no code yet).
    """
    program = programs().get(program_code)
    if program is None:
        raise Refusal("voucher_program_unknown", program=program_code)
    made = vouchers_of(tx, community_id, month, translate=translate)
    body = voucher_workbook(program, made, word=translate(mark("voucher word")), preparer=preparer)
    lines = [line for voucher in made for line in voucher.lines]
    return VoucherFile(
        _name(program, month),
        body,
        len(made),
        sum(line.debit_fen for line in lines),
        sum(line.credit_fen for line in lines),
    )


def closed_months(tx: Tx, community_id: int) -> list[int]:
    """The closed months (yyyymm) of the last two years, newest first."""
    return [int(row.period_key) for row in tx.all(_CLOSED, community_id=community_id)]


def vouchers_of(tx: Tx, community_id: int, month: int, *, translate: Translate) -> list[Voucher]:
    """A closed month's vouchers, numbered from 1; what moves between accounts of one code is left out.

    Refuses: voucher_month_open, voucher_none, voucher_code_missing.
    """
    period = find_period(tx, community_id, month)
    if period is None or period.state != "closed":
        raise Refusal("voucher_month_open", month=month)
    dates = {"first_date": period.first_date, "last_date": period.last_date}
    codes = finance_setup(tx, community_id).codes
    days: defaultdict[int, dict[tuple[str, str, str], int]] = defaultdict(dict)
    for row in tx.all(_MOVED, community_id=community_id, commodity=CNY, **dates):
        debit, credit = (
            _code(codes, kind, translate) for kind in (row.debit_kind, row.credit_kind)
        )
        if debit == credit:
            continue
        sums = days[int(row.business_date)]
        for side, account in (("debit", row.debit_kind), ("credit", row.credit_kind)):
            key = (str(row.kind), side, str(account))
            sums[key] = sums.get(key, 0) + int(row.fen)
    if not days:
        raise Refusal("voucher_none", month=month)
    return [
        Voucher(day, number, 0, _lines(sums, codes, translate))
        for number, (day, sums) in enumerate(sorted(days.items()), 1)
    ]


def _code(codes: dict[str, str], kind: str, translate: Translate) -> str:
    if kind not in codes:
        raise Refusal("voucher_code_missing", account=translate(ACCOUNT_NAMES.get(kind, kind)))
    return codes[kind]


def _lines(
    sums: dict[tuple[str, str, str], int], codes: dict[str, str], translate: Translate
) -> tuple[EntryLine, ...]:
    """By kind of posting, debits first, as a voucher is read."""
    order = sorted(sums, key=lambda key: (key[0], key[1] != "debit", key[2]))
    return tuple(
        EntryLine(
            codes[account],
            translate(ACCOUNT_NAMES.get(account, account)),
            translate(KIND_NAMES.get(kind, kind)),
            sums[kind, side, account] if side == "debit" else 0,
            sums[kind, side, account] if side == "credit" else 0,
        )
        for kind, side, account in order
    )


def _name(program: Program, month: int) -> str:
    return f"vouchers-{program.code}-{month}.xlsx"
