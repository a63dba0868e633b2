"""What is still promised to lapse on earlier days: those points are not announced, and do not lapse, a second time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from ledger.book.unspent import unspent
from ledger.expiry.store import among, given
from ledger.sql import Tx

_OPEN_BEFORE: Final = among(
    "SELECT l.owner_id, l.earned_until, l.units FROM lapse l WHERE l.community_id = :community_id"
    " AND l.commodity = :commodity AND l.earned_until < :earned_until AND l.state = 'open'{only}"
    " ORDER BY l.earned_until, l.owner_id"
)


def promised_before(
    tx: Tx, community_id: int, commodity: int, earned_until: int, owners: Sequence[int]
) -> Counter[int]:
    """By owner, the units announced for cuts before `earned_until` that are not used and not lapsed."""
    rows = tx.all(
        _OPEN_BEFORE[tx.dialect],
        community_id=community_id,
        commodity=commodity,
        earned_until=earned_until,
        owners=given(tx, owners),
    )
    by_cut: dict[int, dict[int, int]] = {}
    for row in rows:
        by_cut.setdefault(int(row.earned_until), {})[int(row.owner_id)] = int(row.units)
    promised = Counter[int]()
    for cut, announced in by_cut.items():
        for wallet in unspent(tx, community_id, commodity, cut, list(announced)):
            left = wallet.units - promised[wallet.owner_id]
            promised[wallet.owner_id] += max(0, min(announced[wallet.owner_id], left))
    return promised
