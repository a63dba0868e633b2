"""What the kinds of account are called on paper: the lines of a trial balance."""

from __future__ import annotations

from typing import Final

from settlement.words import mark

ACCOUNT_NAMES: Final = {
    "issued_consumption": mark("Given out for purchases"),
    "issued_deed": mark("Given out for deeds"),
    "issued_grant": mark("Given out by decision"),
    "issued_deduction": mark("Taken by decision"),
    "wallet": mark("In residents' wallets"),
    "pending": mark("Waiting for proof"),
    "owed": mark("Owed by residents"),
    "offset": mark("Taken by shops, not settled"),
    "disputed": mark("In dispute"),
    "voucher": mark("In service vouchers"),
    "inter": mark("Between communities"),
    "retired": mark("Settled with shops"),
    "redeemed": mark("Given for goods"),
    "expired": mark("Expired"),
    "forfeited": mark("Forfeited"),
    "loss": mark("Borne by the community"),
    "bank": mark("Money at the bank"),
    "fund": mark("Funds"),
    "cover": mark("Set aside for shops"),
    "payable": mark("Payable to shops"),
    "clearing": mark("On its way to shops"),
    "returns": mark("Sent back by the bank"),
    "bank_fee": mark("Bank fees"),
    "inventory": mark("Goods on the shelf"),
    "goods_cost": mark("Cost of goods handed out"),
    "spent": mark("Spent on goods and fees"),
    "till": mark("Yuan at the goods counters"),
    "copaid": mark("Paid in yuan beside points"),
}
"""Kind to name, in English, for the catalogues; in the order of the chart."""
