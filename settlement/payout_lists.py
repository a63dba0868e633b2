"""Which payouts and statements wait for somebody."""

from __future__ import annotations

from typing import Final

from ledger.members.leaving import has_account
from ledger.sql import Sql, Tx
from settlement.bank_findings import is_stopped
from settlement.payout_store import WAITING
from settlement.shop_money import Unpaid, unpaid_of
from settlement.statements import Statement, get_statement

# What failed is proposed again as the same payout, so only a cancelled one counts no longer.
_UNPAID: Final = Sql(
    "SELECT s.statement_id FROM statement s"
    " WHERE s.community_id = :community_id AND s.state IN ('accepted', 'deemed')"
    " AND s.payable_fen > coalesce((SELECT sum(p.amount_fen) FROM payout p"
    " WHERE p.community_id = s.community_id AND p.statement_id = s.statement_id"
    " AND p.state <> 'cancelled'), 0)"
    " ORDER BY s.month, s.claimant_id"
)
_ARRIVED: Final = Sql(
    "SELECT p.statement_id, sum(p.amount_fen) AS fen FROM payout p JOIN statement s"
    " ON s.community_id = p.community_id AND s.statement_id = p.statement_id AND s.month = :month"
    " WHERE p.community_id = :community_id AND p.state = 'confirmed' GROUP BY p.statement_id"
)
_COUNTS: Final = Sql(
    "SELECT state, count(*) AS n FROM payout WHERE community_id = :community_id"
    " AND state NOT IN ('confirmed', 'cancelled') GROUP BY state"
)


def unpaid(tx: Tx, community_id: int, statement: Statement, *, at: int) -> Unpaid:
    """What is not paid yet of an accepted statement, with everything that keeps it from being proposed."""
    shop = statement.claimant_id
    stop = ""
    if not has_account(tx, community_id, shop, at=at):
        stop = "heirs_account_missing"
    elif is_stopped(tx, community_id, shop):
        stop = "payout_stopped"
    elif int(tx.get(WAITING, community_id=community_id, claimant_id=shop).n):
        stop = "payout_waiting"
    return unpaid_of(tx, community_id, statement, at=at)._replace(stop=stop)


def unpaid_statements(tx: Tx, community_id: int, *, at: int) -> list[Unpaid]:
    """Accepted statements with something not paid yet: what can be proposed, and what is held and why."""
    found = [
        unpaid(tx, community_id, get_statement(tx, community_id, row.statement_id), at=at)
        for row in tx.all(_UNPAID, community_id=community_id)
    ]
    return [one for one in found if one.rest_fen > 0]


def statements_to_pay(tx: Tx, community_id: int, *, at: int) -> list[Unpaid]:
    """Accepted statements of which something can be proposed now."""
    return [one for one in unpaid_statements(tx, community_id, at=at) if one.is_open]


def paid_of_statements(tx: Tx, community_id: int, month: int) -> dict[int, int]:
    """Fen that arrived of each statement of a month (yyyymm), whenever it was paid."""
    rows = tx.all(_ARRIVED, community_id=community_id, month=month)
    return {int(row.statement_id): int(row.fen) for row in rows}


def counts_by_state(tx: Tx, community_id: int) -> dict[str, int]:
    """How many payouts are not over, by state."""
    return {row.state: int(row.n) for row in tx.all(_COUNTS, community_id=community_id)}
