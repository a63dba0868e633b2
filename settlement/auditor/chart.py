"""Which posting may move what between which kinds of account, written down a second time for the audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from settlement.auditor.source import names

_EARN: Final = "issued_consumption>pending issued_consumption>wallet wallet>owed"
_SETTLE: Final = "offset>retired retired>offset cover>payable payable>cover"

KINDS: Final = names(
    "issued_consumption issued_deed issued_grant issued_deduction wallet pending owed offset disputed"
    " retired redeemed expired forfeited voucher inter loss bank fund cover payable clearing returns"
    " bank_fee inventory goods_cost spent till copaid"
)
"""Kinds of account this auditor knows; any other is a fault."""

DEBIT_SIDE: Final = names(
    "issued_consumption issued_deed issued_grant owed loss bank bank_fee returns inventory goods_cost"
    " till"
)
"""Kinds that grow by debits; the others grow by credits."""

BOUNDED: Final = names("wallet owed fund cover")
"""Kinds that have a balance row and can refuse."""

_TEXT: Final = {
    "earn_spending": _EARN,
    "earn_deed": "issued_deed>wallet wallet>owed",
    "deduct": "wallet>issued_deduction owed>issued_deduction",
    "grant": "issued_grant>wallet wallet>owed",
    "vest": "pending>wallet wallet>owed",
    "unproven": "pending>issued_consumption",
    "sale": f"wallet>offset {_EARN}",
    "refund": "offset>wallet wallet>issued_consumption pending>issued_consumption"
    " owed>issued_consumption wallet>owed offset>loss",
    "redeem": "wallet>redeemed goods_cost>inventory till>copaid",
    "return_goods": "redeemed>wallet inventory>goods_cost copaid>till",
    "expire": "wallet>expired",
    "voucher_buy": "wallet>voucher",
    "voucher_use": "voucher>offset voucher>redeemed",
    "voucher_end": "voucher>wallet voucher>expired",
    "benefit": "wallet>redeemed",
    "bill_offset": "wallet>offset",
    "bill_back": "offset>wallet wallet>owed",
    "overspend": "owed>wallet loss>wallet",
    "forgive": "loss>owed",
    "rebook": "loss>wallet wallet>loss wallet>issued_consumption owed>issued_consumption issued_consumption>wallet"
    " owed>wallet wallet>owed",
    "misuse_back": "loss>wallet wallet>owed",
    "misuse_undone": "wallet>loss owed>loss",
    "stock_in": "inventory>bank goods_cost>bank inventory>goods_cost fund>spent",
    "stock_out": "goods_cost>inventory",
    "stock_count": "goods_cost>inventory inventory>goods_cost",
    "till_count": "till>copaid copaid>till",
    "till_banked": "bank>till copaid>fund",
    "bank_fee": "bank_fee>bank fund>spent",
    "fund_out": "fund>bank",
    "fund_move": "fund>fund",
    "cofund": "payable>fund fund>payable",
    "shop_paid_in": "bank>payable",
    "inter_out": "wallet>inter fund>inter",
    "inter_in": "inter>offset",
    "inter_paid": "inter>retired inter>bank",
    "inter_received": "retired>inter bank>fund",
    "settle": _SETTLE,
    "adjust": f"{_SETTLE} offset>disputed disputed>retired disputed>wallet disputed>forfeited"
    " wallet>offset loss>offset loss>owed fund>payable payable>fund",
    "fund_in": "bank>fund",
    "cover": "fund>cover",
    "uncover": "cover>fund",
    "payout": "payable>clearing",
    "paid": "clearing>bank",
    "payout_failed": "clearing>payable bank>returns returns>payable",
    "payment_difference": "bank>payable payable>bank",
    "repay": "wallet>owed",
    "household_move": "wallet>wallet owed>owed",
    "heirs": "wallet>wallet",
    "gift": "wallet>wallet",
    "advance": "owed>wallet",
}

MOVES: Final[Mapping[str, frozenset[tuple[str, str]]]] = {
    kind: frozenset((move.partition(">")[0], move.partition(">")[2]) for move in text.split())
    for kind, text in _TEXT.items()
}
"""Kind of posting to the pairs (account debited, account credited) it may have. A reversal swaps another's pairs."""
