"""How much of what a shop is owed can be paid now: the rule, without a database."""

from __future__ import annotations

from typing import NamedTuple


class ShopMoney(NamedTuple):
    """What the community owes a shop, in fen; `total_fen` = unsettled + disputed + recent + in_payout + available.

    `unsettled_fen`: authorised at its till, not settled by a night yet; `disputed_fen`: lines in question;
    `recent_fen`: younger than the risk days; `in_payout_fen`: proposed or approved and not sent. A shop that owes has a
    negative `available_fen`.
    """

    unsettled_fen: int
    disputed_fen: int
    recent_fen: int
    in_payout_fen: int
    available_fen: int
    risk_days: int
    least_fen: int

    @property
    def total_fen(self) -> int:
        """Everything the community owes."""
        return self.unsettled_fen + self.held_fen + self.available_fen

    @property
    def held_fen(self) -> int:
        """Settled and owed, and not to be paid yet."""
        return self.disputed_fen + self.recent_fen + self.in_payout_fen

    @property
    def rolls_over(self) -> bool:
        """Whether what is available is too little to be paid by itself: it waits for the next month."""
        return 0 < self.available_fen < self.least_fen


class Rule(NamedTuple):
    """How long money stays before it is available, and the least that is paid, in fen."""

    risk_days: int
    least_fen: int


def share_out(
    *,
    payable_fen: int,
    unsettled_fen: int,
    disputed_fen: int,
    settled_lately_fen: int,
    in_payout_fen: int,
    rule: Rule,
) -> ShopMoney:
    """Say of each fen that is owed why it waits, or that it is available; each is named once.

    What is in question or on its way is not counted as recent too. What was settled lately and taken off again lately
    (`settled_lately_fen` below zero) holds nothing.
    """
    free = max(payable_fen - disputed_fen - in_payout_fen, 0)
    recent = min(max(settled_lately_fen - disputed_fen, 0), free)
    return ShopMoney(
        unsettled_fen=unsettled_fen,
        disputed_fen=disputed_fen,
        recent_fen=recent,
        in_payout_fen=in_payout_fen,
        available_fen=payable_fen - disputed_fen - recent - in_payout_fen,
        risk_days=rule.risk_days,
        least_fen=rule.least_fen,
    )
