"""What must be true of a book that was put back, asked of the copy before anybody sells on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.sql import Sql, Tx

_COMMUNITIES: Final = Sql("SELECT community_id FROM community ORDER BY community_id")

_UNEQUAL: Final = Sql("""
    SELECT count(*) AS n FROM transfer t
    JOIN account d ON d.community_id = t.community_id AND d.account_id = t.debit_id
    JOIN account c ON c.community_id = t.community_id AND c.account_id = t.credit_id
    WHERE t.community_id = :community_id AND (t.amount <= 0 OR d.commodity <> c.commodity)
""")
_BALANCES: Final = Sql("""
    SELECT count(*) AS n FROM balance b
    JOIN account a ON a.community_id = b.community_id AND a.account_id = b.account_id
    WHERE b.community_id = :community_id AND b.posted <> CASE WHEN a.kind = 'owed' THEN -1 ELSE 1 END * (
      coalesce((SELECT sum(i.amount) FROM transfer i
        WHERE i.community_id = b.community_id AND i.credit_id = b.account_id), 0)
      - coalesce((SELECT sum(o.amount) FROM transfer o
        WHERE o.community_id = b.community_id AND o.debit_id = b.account_id), 0))
""")
_HELD: Final = Sql("""
    SELECT count(*) AS n FROM balance b WHERE b.community_id = :community_id
    AND (b.held < 0 OR b.posted < b.held)
""")
_PLACES: Final = Sql("""
    SELECT count(*) AS n FROM log_head h WHERE h.community_id = :community_id AND h.size <>
    (SELECT count(*) FROM leaf l WHERE l.community_id = :community_id AND l.leaf_index < h.size)
""")


def _alone(kind: str, table: str, key: str) -> Sql:
    """Entries that neither wait nor have a place, or do both."""
    return Sql(f"""
        SELECT count(*) AS n FROM {table} x
        LEFT JOIN outbox o ON o.community_id = x.community_id AND o.entry_id = x.{key}
          AND o.kind = '{kind}'
        LEFT JOIN leaf l ON l.community_id = x.community_id AND l.entry_id = x.{key}
          AND l.kind = '{kind}'
        WHERE x.community_id = :community_id AND (o.entry_id IS NULL) = (l.entry_id IS NULL)
    """)


CHECKS: Final[Mapping[str, Sql]] = {
    "transfers_balanced": _UNEQUAL,
    "balances_are_sums": _BALANCES,
    "nothing_overdrawn": _HELD,
    "order_without_gap": _PLACES,
    "every_entry_has_its_place": _alone("txn", "txn", "txn_id"),
    "every_act_has_its_place": _alone("act", "audit", "audit_id"),
}
"""Each counts the rows that should not be; 0 is well."""


def failures(tx: Tx) -> dict[str, int]:
    """The checks that fail, over all communities, with how many rows; {} where the book is sound."""
    found: dict[str, int] = {}
    for community in tx.all(_COMMUNITIES):
        for name, query in CHECKS.items():
            count = int(tx.get(query, community_id=community.community_id).n)
            if count:
                found[name] = found.get(name, 0) + count
    return found
