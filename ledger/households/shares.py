"""Who brought how much into a household's pool, from the book's own lines."""

from __future__ import annotations

from typing import Final

from ledger.households.rules import own_shares
from ledger.sql import Sql, Tx

_NETS: Final = Sql(
    "WITH mine AS (SELECT a.account_id FROM account a WHERE a.community_id = :community_id"
    "  AND a.owner_id = :household_id AND a.commodity = :commodity"
    "  AND a.kind IN ('wallet', 'pending', 'owed')),"
    " lines AS (SELECT t.txn_id, t.line_no, t.amount AS units FROM mine"
    "  JOIN transfer t ON t.community_id = :community_id AND t.credit_id = mine.account_id"
    "  WHERE t.debit_id NOT IN (SELECT account_id FROM mine)"
    "  UNION ALL SELECT t.txn_id, t.line_no, -t.amount FROM mine"
    "  JOIN transfer t ON t.community_id = :community_id AND t.debit_id = mine.account_id"
    "  WHERE t.credit_id NOT IN (SELECT account_id FROM mine))"
    " SELECT x.person_id, sum(l.units) - coalesce((SELECT sum(p.left_units) FROM pending p"
    "  JOIN txn y ON y.community_id = p.community_id AND y.txn_id = p.txn_id"
    "  WHERE p.community_id = :community_id AND p.wallet_owner_id = :household_id"
    "  AND p.commodity = :commodity AND p.state = 'open' AND y.person_id = x.person_id), 0) AS units"
    " FROM lines l JOIN txn x ON x.community_id = :community_id AND x.txn_id = l.txn_id"
    " WHERE x.person_id IS NOT NULL GROUP BY x.person_id"
)


def nets_of(tx: Tx, community_id: int, household_id: int, commodity: int) -> dict[int, int]:
    """By person, the units they brought into the pool less what they used of it; what still waits does not count."""
    rows = tx.all(_NETS, community_id=community_id, household_id=household_id, commodity=commodity)
    return {int(row.person_id): int(row.units) for row in rows}


def shares_of(
    tx: Tx, community_id: int, household_id: int, commodity: int, *, free: int, members: set[int]
) -> dict[int, int]:
    """By member, their own part of the `free` units (see `ledger.households.rules.own_shares`)."""
    nets = nets_of(tx, community_id, household_id, commodity)
    return own_shares(free, {person: nets.get(person, 0) for person in members})
