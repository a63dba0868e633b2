"""Which posting may move what between which kinds of account, written down a second time for the audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_EARN: Final = "issued_consumption>pending issued_consumption>wallet wallet>owed"
_SETTLE: Final = "offset>retired retired>offset cover>payable payable>cover"

_TEXT: Final = {
    "earn_spending": _EARN,
    "earn_deed": "issued_deed>wallet wallet>issued_deed wallet>owed",
    "grant": "issued_grant>wallet wallet>owed",
    "vest": "pending>wallet wallet>owed",
    "unproven": "pending>issued_consumption",
    "sale": f"wallet>offset {_EARN}",
    "refund": "offset>wallet wallet>issued_consumption pending>issued_consumption"
    " owed>issued_consumption wallet>owed",
    "redeem": "wallet>redeemed",
    "return_goods": "redeemed>wallet",
    "settle": _SETTLE,
    "adjust": f"{_SETTLE} offset>disputed disputed>retired disputed>wallet disputed>forfeited"
    " loss>offset fund>payable payable>fund",
    "fund_in": "bank>fund",
    "cover": "fund>cover",
    "uncover": "cover>fund",
    "payout": "payable>clearing",
    "paid": "clearing>bank",
    "payout_failed": "clearing>payable bank>returns returns>payable",
    "repay": "wallet>owed",
    "expire": "wallet>expired",
}

MOVES: Final[Mapping[str, frozenset[tuple[str, str]]]] = {
    kind: frozenset((move.partition(">")[0], move.partition(">")[2]) for move in text.split())
    for kind, text in _TEXT.items()
}
"""Kind of posting to the pairs (account debited, account credited) it may have. A reversal swaps another's pairs."""
