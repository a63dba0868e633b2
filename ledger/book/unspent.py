"""What of a wallet's points was earned up to a day and is not spent, the oldest spent first, without lots.

Lots spent in the order they were earned leave `max(0, C - D)` of what was earned up to a day: C is all that was earned
up to it, D all that has gone since the beginning. Earning that a refund undoes was never earned: it comes off C at the
day it was earned on. Points that come back (a refund of an offset, an expiry reversed) undo the latest spending: they
come off D.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from ledger.sql import Sql, Tx

_SOURCES: Final = "'issued_consumption', 'issued_deed', 'issued_grant', 'pending', 'wallet'"
"""Credits from these are earned; debits to these but another wallet undo earning."""

_TEXT: Final = (
    "WITH moved AS ("
    " SELECT w.owner_id, w.account_id, t.txn_id, t.amount AS units,"
    f"  CASE WHEN o.kind IN ({_SOURCES}) THEN 1 ELSE 0 END AS is_earning"
    "  FROM account w JOIN transfer t ON t.community_id = w.community_id AND t.credit_id = w.account_id"
    "  JOIN account o ON o.community_id = t.community_id AND o.account_id = t.debit_id"
    "  WHERE w.community_id = :community_id AND w.kind = 'wallet' AND w.commodity = :commodity{only}"
    " UNION ALL"
    " SELECT w.owner_id, w.account_id, t.txn_id, -t.amount,"
    f"  CASE WHEN o.kind IN ({_SOURCES}) AND o.kind <> 'wallet' THEN 1 ELSE 0 END"
    "  FROM account w JOIN transfer t ON t.community_id = w.community_id AND t.debit_id = w.account_id"
    "  JOIN account o ON o.community_id = t.community_id AND o.account_id = t.credit_id"
    "  WHERE w.community_id = :community_id AND w.kind = 'wallet' AND w.commodity = :commodity{only}"
    "), sums AS ("
    " SELECT m.owner_id, m.account_id,"
    "  sum(CASE WHEN m.is_earning = 1 AND"
    "   coalesce(r.corrects_date, r.business_date, x.corrects_date, x.business_date) <= :earned_until"
    "   THEN m.units ELSE 0 END) AS earned,"
    "  sum(CASE WHEN m.is_earning = 1 THEN 0 ELSE -m.units END) AS used"
    "  FROM moved m JOIN txn x ON x.community_id = :community_id AND x.txn_id = m.txn_id"
    "  LEFT JOIN txn r ON r.community_id = x.community_id AND r.txn_id = x.reverses_txn"
    "  GROUP BY m.owner_id, m.account_id"
    ") SELECT s.owner_id, s.account_id, s.earned, s.used, b.held FROM sums s"
    " JOIN balance b ON b.community_id = :community_id AND b.account_id = s.account_id"
    " ORDER BY s.owner_id"
)
_ALL: Final = Sql(_TEXT.format(only=""))
_SOME: Final = {
    "sqlite": Sql(_TEXT.format(only=" AND w.owner_id IN (SELECT value FROM json_each(:owners))")),
    "postgresql": Sql(_TEXT.format(only=" AND w.owner_id = ANY(:owners)")),
}


class Unspent(NamedTuple):
    """One wallet, in units: `earned` up to the day asked for, `used` in all, `held` at this moment."""

    owner_id: int
    wallet_id: int
    earned: int
    used: int
    held: int

    @property
    def units(self) -> int:
        """What is left of the points earned up to the day; points set aside are still the owner's."""
        return max(0, self.earned - self.used)

    @property
    def free_units(self) -> int:
        """The same where points set aside for an unfinished purchase count as spent."""
        return max(0, self.earned - self.used - self.held)


def unspent(
    tx: Tx,
    community_id: int,
    commodity: int,
    earned_until: int,
    owners: Sequence[int] | None = None,
) -> list[Unspent]:
    """Every wallet of a kind of points (or those of `owners`) that ever moved, by owner.

    `earned_until` is a business date (yyyymmdd), counted in. A sale's points count as earned on the day of the sale,
    whenever they were proven; an entry reversed counts on the day of the entry it undoes.
    """
    asked: dict[str, Any] = {
        "community_id": community_id,
        "commodity": commodity,
        "earned_until": earned_until,
    }
    if owners is None:
        rows = tx.all(_ALL, **asked)
    else:
        given = json.dumps(list(owners)) if tx.dialect == "sqlite" else list(owners)
        rows = tx.all(_SOME[tx.dialect], **asked, owners=given)
    return [Unspent(*(int(value) for value in row)) for row in rows]
