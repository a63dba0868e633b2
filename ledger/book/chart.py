"""The chart: which accounts exist, which side they grow on, and which posting may move what between which of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Account(StrEnum):
    """Kinds of account. One account of a kind exists for each commodity and owner."""

    # points
    ISSUED_CONSUMPTION = "issued_consumption"
    ISSUED_DEED = "issued_deed"
    ISSUED_GRANT = "issued_grant"
    ISSUED_DEDUCTION = "issued_deduction"  # taken by a deduction: issue undone
    WALLET = "wallet"  # what a household or person may spend
    PENDING = "pending"  # earned, not yet proven
    OWED = "owed"  # what a member owes after spending points that a refund took back
    OFFSET = "offset"  # honoured by a merchant, not yet settled
    DISPUTED = "disputed"
    VOUCHER = "voucher"  # paid in points for a service that was not given yet
    INTER = "inter"  # what passed between this community and the one named as owner
    RETIRED = "retired"  # settled with the merchant: gone
    REDEEMED = "redeemed"  # goods of the points supermarket
    EXPIRED = "expired"
    FORFEITED = "forfeited"
    LOSS = "loss"
    # yuan
    BANK = "bank"
    FUND = "fund"
    COVER = "cover"  # the part of the fund that stands behind one merchant's offsets
    PAYABLE = "payable"
    CLEARING = "clearing"  # sent to the bank, not yet confirmed
    RETURNS = "returns"
    BANK_FEE = "bank_fee"
    INVENTORY = "inventory"  # goods on the supermarket's shelf, at what they cost
    GOODS_COST = "goods_cost"  # what the goods handed out had cost
    SPENT = "spent"  # what left the fund for goods and fees: inventory, goods_cost and bank_fee together
    TILL = "till"  # yuan that residents paid beside points at one supermarket, not yet at the bank
    COPAID = "copaid"  # the same yuan, until it is the fund's


BOUNDED: Final = frozenset({Account.WALLET, Account.OWED, Account.FUND, Account.COVER})
"""Kinds with a balance row: an entry that would take more than is there is refused. All others are append-only sums."""

DEBIT_SIDE: Final = frozenset(
    {
        Account.ISSUED_CONSUMPTION,
        Account.ISSUED_DEED,
        Account.ISSUED_GRANT,
        Account.OWED,
        Account.LOSS,
        Account.BANK,
        Account.BANK_FEE,
        Account.RETURNS,
        Account.INVENTORY,
        Account.GOODS_COST,
        Account.TILL,
    }
)
"""Kinds whose balance grows by debits; the others grow by credits (a wallet is the community's liability)."""


class Kind(StrEnum):
    """Kinds of posting."""

    EARN_SPENDING = "earn_spending"
    EARN_DEED = "earn_deed"
    DEDUCT = "deduct"
    GRANT = "grant"
    VEST = "vest"
    UNPROVEN = "unproven"
    SALE = "sale"  # offset and earning of one checkout
    REFUND = "refund"
    REDEEM = "redeem"
    RETURN_GOODS = "return_goods"
    EXPIRE = "expire"
    SETTLE = "settle"
    ADJUST = "adjust"  # a decided discrepancy
    FUND_IN = "fund_in"
    COVER = "cover"
    UNCOVER = "uncover"
    PAYOUT = "payout"
    PAID = "paid"
    PAYOUT_FAILED = "payout_failed"
    PAYMENT_DIFFERENCE = "payment_difference"  # the bank paid a shop more or less than asked
    REPAY = "repay"
    ADVANCE = "advance"  # lent to a wallet that spent points whose entry was lost with the book
    VOUCHER_BUY = "voucher_buy"
    VOUCHER_USE = "voucher_use"
    VOUCHER_END = "voucher_end"  # unused: back to the holder, or lapsed
    BENEFIT = "benefit"  # points that a discount by right uses up
    BILL_OFFSET = "bill_offset"  # points taken off a property or refuse fee
    BILL_BACK = "bill_back"  # a fee was lowered or cancelled: the points come back
    OVERSPEND = (
        "overspend"  # sold offline for more points than were there: owed, or lost with a lost card
    )
    FORGIVE = "forgive"  # what a member owes is let go by two: the community bears it
    REBOOK = "rebook"  # a purchase of the wrong household: reversed there, booked to the right one
    MISUSE_BACK = "misuse_back"  # what a holder says somebody else spent, back to the wallet
    MISUSE_UNDONE = "misuse_undone"  # the same taken again: it was their own purchase
    STOCK_IN = "stock_in"  # goods bought for the shelf, or given to it
    STOCK_OUT = "stock_out"  # goods given away without points, or written off
    STOCK_COUNT = "stock_count"  # what a count found more or less, and a new standard cost
    TILL_COUNT = "till_count"  # what a count of the yuan found more or less
    TILL_BANKED = "till_banked"  # the yuan of a counter brought to the bank: the fund's again
    BANK_FEE = "bank_fee"
    FUND_OUT = "fund_out"
    FUND_MOVE = "fund_move"
    COFUND = "cofund"  # a shop's agreed share of the points it gave out
    SHOP_PAID_IN = "shop_paid_in"  # a shop that owes more than it is owed pays
    INTER_OUT = "inter_out"  # our resident's points, taken in another community
    INTER_IN = "inter_in"  # another community's resident buys here
    INTER_PAID = "inter_paid"
    INTER_RECEIVED = "inter_received"
    HOUSEHOLD_MOVE = "household_move"  # people who share a wallet part, join or move
    HEIRS = "heirs"  # of a last member, claimed at the counter
    GIFT = "gift"  # to a household in need, agreed to by two
    REVERSAL = "reversal"


_A = Account
_EARN: Final = {
    (_A.ISSUED_CONSUMPTION, _A.PENDING),
    (_A.ISSUED_CONSUMPTION, _A.WALLET),
    (_A.WALLET, _A.OWED),
}
_TAKE_BACK: Final = {
    (_A.OFFSET, _A.WALLET),
    (_A.WALLET, _A.ISSUED_CONSUMPTION),
    (_A.PENDING, _A.ISSUED_CONSUMPTION),
    (_A.OWED, _A.ISSUED_CONSUMPTION),
    (_A.WALLET, _A.OWED),
}
_SETTLE: Final = {
    (_A.OFFSET, _A.RETIRED),
    (_A.RETIRED, _A.OFFSET),
    (_A.COVER, _A.PAYABLE),
    (_A.PAYABLE, _A.COVER),
}

ALLOWED: Final[dict[Kind, frozenset[tuple[Account, Account]]]] = {
    Kind.EARN_SPENDING: frozenset(_EARN),
    Kind.EARN_DEED: frozenset({(_A.ISSUED_DEED, _A.WALLET), (_A.WALLET, _A.OWED)}),
    Kind.DEDUCT: frozenset({(_A.WALLET, _A.ISSUED_DEDUCTION), (_A.OWED, _A.ISSUED_DEDUCTION)}),
    Kind.GRANT: frozenset({(_A.ISSUED_GRANT, _A.WALLET), (_A.WALLET, _A.OWED)}),
    Kind.VEST: frozenset({(_A.PENDING, _A.WALLET), (_A.WALLET, _A.OWED)}),
    Kind.UNPROVEN: frozenset({(_A.PENDING, _A.ISSUED_CONSUMPTION)}),
    Kind.SALE: frozenset({(_A.WALLET, _A.OFFSET), *_EARN}),
    # Points that the community lent to a card reported lost go back to its loss.
    Kind.REFUND: frozenset({*_TAKE_BACK, (_A.OFFSET, _A.LOSS)}),
    Kind.REDEEM: frozenset(
        {(_A.WALLET, _A.REDEEMED), (_A.GOODS_COST, _A.INVENTORY), (_A.TILL, _A.COPAID)}
    ),
    Kind.RETURN_GOODS: frozenset(
        {(_A.REDEEMED, _A.WALLET), (_A.INVENTORY, _A.GOODS_COST), (_A.COPAID, _A.TILL)}
    ),
    Kind.EXPIRE: frozenset({(_A.WALLET, _A.EXPIRED)}),
    Kind.SETTLE: frozenset(_SETTLE),
    Kind.ADJUST: frozenset(
        {
            *_SETTLE,
            (_A.OFFSET, _A.DISPUTED),
            (_A.DISPUTED, _A.RETIRED),
            (_A.DISPUTED, _A.WALLET),
            (_A.DISPUTED, _A.FORFEITED),
            (_A.LOSS, _A.OFFSET),
            (_A.LOSS, _A.OWED),
            (_A.WALLET, _A.OFFSET),
            (_A.FUND, _A.PAYABLE),
            (_A.PAYABLE, _A.FUND),
        }
    ),
    Kind.FUND_IN: frozenset({(_A.BANK, _A.FUND)}),
    Kind.COVER: frozenset({(_A.FUND, _A.COVER)}),
    Kind.UNCOVER: frozenset({(_A.COVER, _A.FUND)}),
    Kind.PAYOUT: frozenset({(_A.PAYABLE, _A.CLEARING)}),
    Kind.PAID: frozenset({(_A.CLEARING, _A.BANK)}),
    Kind.PAYOUT_FAILED: frozenset(
        {(_A.CLEARING, _A.PAYABLE), (_A.BANK, _A.RETURNS), (_A.RETURNS, _A.PAYABLE)}
    ),
    # Less: it is in our bank still, and the shop is owed it. More: the shop gives it back with its next payments.
    Kind.PAYMENT_DIFFERENCE: frozenset({(_A.BANK, _A.PAYABLE), (_A.PAYABLE, _A.BANK)}),
    Kind.REPAY: frozenset({(_A.WALLET, _A.OWED)}),
    Kind.ADVANCE: frozenset({(_A.OWED, _A.WALLET)}),
    Kind.VOUCHER_BUY: frozenset({(_A.WALLET, _A.VOUCHER)}),
    # A provider claims what it did; what the community does itself is simply gone.
    Kind.VOUCHER_USE: frozenset({(_A.VOUCHER, _A.OFFSET), (_A.VOUCHER, _A.REDEEMED)}),
    Kind.VOUCHER_END: frozenset({(_A.VOUCHER, _A.WALLET), (_A.VOUCHER, _A.EXPIRED)}),
    Kind.BENEFIT: frozenset({(_A.WALLET, _A.REDEEMED)}),
    Kind.BILL_OFFSET: frozenset({(_A.WALLET, _A.OFFSET)}),
    Kind.BILL_BACK: frozenset({(_A.OFFSET, _A.WALLET), (_A.WALLET, _A.OWED)}),
    Kind.OVERSPEND: frozenset({(_A.OWED, _A.WALLET), (_A.LOSS, _A.WALLET)}),
    # The shop is paid as before: the fund stood behind the offset, and the points are the community's loss.
    Kind.FORGIVE: frozenset({(_A.LOSS, _A.OWED)}),
    # Reversed at one household and booked to another, through the community's loss and the
    # issue, which both stay as they were: never from wallet to wallet, and the shop's side is not touched.
    Kind.REBOOK: frozenset(
        {
            (_A.LOSS, _A.WALLET),
            (_A.WALLET, _A.LOSS),
            (_A.WALLET, _A.ISSUED_CONSUMPTION),
            (_A.OWED, _A.ISSUED_CONSUMPTION),
            (_A.ISSUED_CONSUMPTION, _A.WALLET),
            (_A.OWED, _A.WALLET),
            (_A.WALLET, _A.OWED),
        }
    ),
    Kind.MISUSE_BACK: frozenset({(_A.LOSS, _A.WALLET), (_A.WALLET, _A.OWED)}),
    Kind.MISUSE_UNDONE: frozenset({(_A.WALLET, _A.LOSS), (_A.OWED, _A.LOSS)}),
    # At standard cost: what was paid beyond it, or less, is a cost at once (less than nothing for a gift).
    Kind.STOCK_IN: frozenset(
        {
            (_A.INVENTORY, _A.BANK),
            (_A.GOODS_COST, _A.BANK),
            (_A.INVENTORY, _A.GOODS_COST),
            (_A.FUND, _A.SPENT),
        }
    ),
    Kind.STOCK_OUT: frozenset({(_A.GOODS_COST, _A.INVENTORY)}),
    Kind.STOCK_COUNT: frozenset({(_A.GOODS_COST, _A.INVENTORY), (_A.INVENTORY, _A.GOODS_COST)}),
    Kind.TILL_COUNT: frozenset({(_A.TILL, _A.COPAID), (_A.COPAID, _A.TILL)}),
    Kind.TILL_BANKED: frozenset({(_A.BANK, _A.TILL), (_A.COPAID, _A.FUND)}),
    Kind.BANK_FEE: frozenset({(_A.BANK_FEE, _A.BANK), (_A.FUND, _A.SPENT)}),
    Kind.FUND_OUT: frozenset({(_A.FUND, _A.BANK)}),
    Kind.FUND_MOVE: frozenset({(_A.FUND, _A.FUND)}),
    Kind.COFUND: frozenset({(_A.PAYABLE, _A.FUND), (_A.FUND, _A.PAYABLE)}),
    Kind.SHOP_PAID_IN: frozenset({(_A.BANK, _A.PAYABLE)}),
    Kind.INTER_OUT: frozenset({(_A.WALLET, _A.INTER), (_A.FUND, _A.INTER)}),
    Kind.INTER_IN: frozenset({(_A.INTER, _A.OFFSET)}),
    Kind.INTER_PAID: frozenset({(_A.INTER, _A.RETIRED), (_A.INTER, _A.BANK)}),
    # Nothing but these ever leads from one wallet to another (ruling C23); a debt goes with a household, never alone.
    Kind.HOUSEHOLD_MOVE: frozenset({(_A.WALLET, _A.WALLET), (_A.OWED, _A.OWED)}),
    Kind.HEIRS: frozenset({(_A.WALLET, _A.WALLET)}),
    Kind.GIFT: frozenset({(_A.WALLET, _A.WALLET)}),
    Kind.INTER_RECEIVED: frozenset({(_A.RETIRED, _A.INTER), (_A.BANK, _A.FUND)}),
}
"""Every move there is: (account debited, account credited). A posting with any other pair is a bug and raises."""
