"""The most that selling without network can cost: the sum of what the tills were told they may let go.

Cards and spare codes count against the same escrow of a till, so the sum holds for both together.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.members.settings import most_in_force
from ledger.members.terms import Terms
from ledger.offline.shops import decisions
from ledger.sql import Sql, Tx

DAYS_AT_ONCE: Final = 2
"""Limits are good for at most 24 hours, so what has not come in yet was let go under two days' limits at most."""

_HOUR_US: Final = 3_600 * 1_000_000
_TILLS: Final = Sql(
    "SELECT terminal_id, code, merchant_id, state, revoked_at FROM terminal WHERE community_id = :community_id"
    " AND kind IN ('till', 'paper') AND state <> 'waiting' ORDER BY code"
)


class TillShare(NamedTuple):
    """One till's part of the bound: units of points a day."""

    terminal_id: int
    terminal_code: str
    merchant_id: int
    units: int


class Bound(NamedTuple):
    """The bound in force: under the limits told on one day no more is let go, whatever cards, clocks and tills do."""

    shares: tuple[TillShare, ...]
    units_per_fen: int
    spare_units: int = 0
    """The most of one sale with a spare code."""

    @property
    def day_units(self) -> int:
        """Units all tills together may let go under one day's limits."""
        return sum(share.units for share in self.shares)

    @property
    def day_fen(self) -> int:
        """The same in fen, a part of one counted whole."""
        return -(-self.day_units // self.units_per_fen)

    @property
    def one_code_units(self) -> int:
        """Units one spare code may let go where it is copied and shown at every till on its day, once at each."""
        return sum(min(share.units, self.spare_units) for share in self.shares)

    @property
    def one_code_fen(self) -> int:
        """The same in fen, a part of one counted whole."""
        return -(-self.one_code_units // self.units_per_fen)

    @property
    def moment_units(self) -> int:
        """Units that may have been let go and not come in yet, at any one moment."""
        return DAYS_AT_ONCE * self.day_units

    @property
    def moment_fen(self) -> int:
        """The same in fen."""
        return DAYS_AT_ONCE * self.day_fen


def bound(tx: Tx, terms: Terms, *, units_per_fen: int, at: int) -> Bound:
    """What can be lost at most under the limits tills hold at `at` (microseconds UTC).

    A till counts with the most it may have been told while limits told then can still be good: a decision taken back,
    or a till taken out of service, counts until its limits have ended.
    """
    since = at - terms.settings.offline_hours * _HOUR_US
    most: dict[int, int] = {}
    before: set[int] = set()
    for row in decisions(tx, terms.community.id):
        shop, units = int(row.merchant_id), int(row.terminal_units)
        if shop in before:
            continue
        most[shop] = max(most.get(shop, 0), units)
        if int(row.decided_at) <= since:
            # Newest first: what is older than the one in force at `since` was told to nobody whose limits still hold.
            before.add(shop)
    shares = tuple(
        TillShare(int(row.terminal_id), row.code, int(row.merchant_id), most[int(row.merchant_id)])
        for row in tx.all(_TILLS, community_id=terms.community.id)
        if most.get(int(row.merchant_id), 0)
        and (row.revoked_at is None or int(row.revoked_at) > since)
    )
    spare = most_in_force(tx, terms.community.id, "offline_spare_units", since=since)
    return Bound(shares, units_per_fen, spare)
