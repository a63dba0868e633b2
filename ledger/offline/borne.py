"""What the community bore of a sale without network: the part its holder never had, whose debt was let go by two."""

from __future__ import annotations

from typing import Final

from ledger.households.owners import owner_now
from ledger.sql import Sql, Tx

_FORGIVEN: Final = Sql(
    "SELECT coalesce(sum(t.amount), 0) AS units FROM txn x JOIN transfer t ON t.community_id = x.community_id"
    " AND t.txn_id = x.txn_id WHERE x.community_id = :community_id AND x.kind = 'forgive'"
    " AND x.wallet_owner_id = :owner_id"
)
# What refunds of such sales, or their booking to another household, have given back to the community already; of one
# sale, and of all by one wallet. One that counts as another household's is theirs in full.
_BACK: Final = Sql(
    "SELECT o.lacked_units, coalesce((SELECT sum(t.amount) FROM refund r JOIN transfer t"
    "  ON t.community_id = r.community_id AND t.txn_id = r.txn_id JOIN account a ON a.community_id = t.community_id"
    "  AND a.account_id = t.credit_id AND a.kind = 'loss' WHERE r.community_id = o.community_id"
    "  AND r.sale_id = o.request_id), 0) AS of_sale,"
    " coalesce((SELECT sum(t.amount) FROM sale s JOIN offline_sale f ON f.community_id = s.community_id"
    "  AND f.request_id = s.sale_id AND f.state = 'short' JOIN refund r ON r.community_id = s.community_id"
    "  AND r.sale_id = s.sale_id JOIN transfer t ON t.community_id = r.community_id AND t.txn_id = r.txn_id"
    "  JOIN account a ON a.community_id = t.community_id AND a.account_id = t.credit_id AND a.kind = 'loss'"
    "  WHERE s.community_id = o.community_id AND s.wallet_owner_id = :owner_id), 0)"
    " + coalesce((SELECT sum(q.borne_units) FROM rebooked q WHERE q.community_id = o.community_id"
    "  AND q.from_owner = :owner_id), 0) AS of_owner"
    " FROM offline_sale o WHERE o.community_id = :community_id AND o.request_id = :sale_id AND o.state = 'short'"
    " AND NOT EXISTS (SELECT 1 FROM sale s JOIN rebooked q ON q.community_id = s.community_id AND q.txn_id = s.txn_id"
    "  WHERE s.community_id = o.community_id AND s.sale_id = o.request_id)"
)


def forgiven_units(tx: Tx, community_id: int, owner_id: int) -> int:
    """The units of debts that were let go for one wallet owner, in all."""
    return int(tx.get(_FORGIVEN, community_id=community_id, owner_id=owner_id).units)


def borne_units(tx: Tx, community_id: int, sale_id: str, owner_id: int, person_id: int) -> int:
    """The units of a sale that its holder never paid and need not make up: what comes back of it is not theirs.

    Where several sales lacked points, what was let go counts for the first that comes back. Who lets go at the same
    moment as a refund pays the debt finds less of it, or the refund finds none to pay and is tried again.
    """
    row = tx.find(_BACK, community_id=community_id, sale_id=sale_id, owner_id=owner_id)
    if row is None:
        return 0
    owners = {owner_id, owner_now(tx, community_id, owner_id, person_id)}
    forgiven = sum(forgiven_units(tx, community_id, owner) for owner in owners)
    lacked, of_sale, of_owner = (int(value) for value in row)
    return max(0, min(lacked - of_sale, forgiven - of_owner))
