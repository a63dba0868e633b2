"""Where a difference without buttons of its own is seen to: a pick, a payment, a purchase of others."""

from __future__ import annotations

from typing import Final

from flask import url_for

from ledger.sql import Row
from settlement.discrepancies import UNSETTLED
from settlement.verdicts import Code

_PAYMENTS: Final = {Code.P1: "office.payouts"} | dict.fromkeys(
    (Code.P2, Code.P3, Code.P4), "office.bank"
)


def door_of(row: Row) -> str:
    """The page on which this difference is seen to; '' where its own buttons do."""
    code = Code(row.code)
    if code is Code.T2:
        return url_for("office.not_ours_one", number=int(row.discrepancy_no))
    if code is Code.X5 and row.state in {"pooled", "open", "asked"}:
        return url_for("office.pick", number=int(row.discrepancy_no))
    if code is Code.T1 and row.state in UNSETTLED:
        return url_for("office.move", number=int(row.discrepancy_no))
    if code in {Code.K1, Code.K2, Code.K3}:
        return url_for("office.slips")
    return url_for(_PAYMENTS[code]) if code in _PAYMENTS else ""
