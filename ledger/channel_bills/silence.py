"""Shops of which no bill has come for too long: their earning pauses, and goes on once a bill speaks for that time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from ledger.channel_bills.coverage import cover_of
from ledger.earning.calendar import business_date, day_key
from ledger.members import pauses
from ledger.sql import Sql, Tx

BY_BILL: Final = frozenset({"bill", "acquirer"})
"""The proofs of an agreement that need a bill."""

# A sale that a bill proved shows that bills came, also those read before bills were kept.
_LAST_PROVEN: Final = Sql(
    "SELECT coalesce(max(paid_at), 0) AS at FROM evidence WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND state = 'proven' AND route <> 'gateway' AND payment_ref IS NOT NULL"
)
_FIRST_UNSEEN: Final = Sql(
    "SELECT min(paid_at) AS at FROM evidence WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND state IN ('claimed', 'missing') AND route <> 'gateway'"
    " AND channel <> 'cash' AND paid_at >= :since"
)


def silent_since(tx: Tx, community_id: int, merchant_id: int) -> int | None:
    """The first sale for whose time no bill has come (microseconds UTC); None where there is none."""
    here = {"community_id": community_id, "merchant_id": merchant_id}
    seen = cover_of(tx, community_id, merchant_id).last_until
    since = max(seen, int(tx.get(_LAST_PROVEN, **here).at) + 1)
    first = tx.get(_FIRST_UNSEEN, **here, since=since).at
    return None if first is None else int(first)


def review(
    tx: Tx,
    community_id: int,
    shops: Iterable[int],
    *,
    today: date,
    days: int,
    timezone: str,
    at: int,
) -> dict[int, bool]:
    """Pause the earning of shops whose first unseen sale lies more than `days` days back; let the others go on.

    `shops`: those whose agreement says that bills prove their sales. Returns the shops that changed: whether they are
    paused now. Ruling C13: residents keep what they earned; points stay usable.
    """
    changed: dict[int, bool] = {}
    for merchant_id in shops:
        since = silent_since(tx, community_id, merchant_id)
        if since is not None and (today - business_date(since, timezone)).days > days:
            if pauses.pause(
                tx, community_id, merchant_id, today=day_key(today), silent_since=since, at=at
            ):
                changed[merchant_id] = True
        elif pauses.resume(tx, community_id, merchant_id, at=at):
            changed[merchant_id] = False
    return changed
