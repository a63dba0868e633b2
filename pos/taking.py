"""Where earned points are taken back from when goods come back: pending, the wallet, and what is then owed."""

from __future__ import annotations

from typing import NamedTuple

from ledger.earning.rates import RefundSplit


class Owner(NamedTuple):
    """The member's accounts and what stands in them, in units, at the moment of the refund."""

    wallet_id: int
    pending_id: int
    owed_id: int
    available: int
    owed: int
    pending_left: int


class Taking(NamedTuple):
    """Where the earned points are taken back from, in units, and what repays an old debt."""

    from_pending: int
    from_wallet: int
    to_owed: int
    repaid: int
    borne: int = 0
    """Of the points that come back: what was the community's loss, and so is not the holder's again."""


def take_back(split: RefundSplit, owner: Owner, earner: Owner | None = None) -> Taking:
    """Earned points go back from pending first, then from the wallet; what is spent already becomes debt.

    `earner`: the wallet that answers for earned points where it is not the one the sale was paid from. Points used
    come back to the pool they were taken from, in any case.
    """
    if earner is not None:
        pending = min(split.earned_reversed_units, owner.pending_left)
        taken = min(split.earned_reversed_units - pending, earner.available)
        debt = split.earned_reversed_units - pending - taken
        back = min(owner.owed, owner.available + split.units_back)
        return Taking(pending, taken, debt, back)
    from_pending = min(split.earned_reversed_units, owner.pending_left)
    rest = split.earned_reversed_units - from_pending
    in_wallet = owner.available + split.units_back
    from_wallet = min(rest, in_wallet)
    to_owed = rest - from_wallet
    # A refund never leaves a member with points in hand and a debt beside them.
    repaid = min(owner.owed, in_wallet - from_wallet)
    return Taking(from_pending, from_wallet, to_owed, repaid)
