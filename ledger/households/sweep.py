"""What still reaches the wallet of a household that was merged goes on to the other one."""

from __future__ import annotations

from typing import Final

from ledger.book.balances import wallet_of
from ledger.book.chart import Kind
from ledger.expiry.plan import kinds_of
from ledger.households.moving import Carrier, Part, begun_by, fixed_ends
from ledger.households.owners import successor_of
from ledger.sql import Sql, Tx

_LEFT: Final = Sql(
    "SELECT e.household_id, e.act_id, a.approved_by FROM household_end e"
    " JOIN household_act a ON a.community_id = e.community_id AND a.act_id = e.act_id"
    " WHERE e.community_id = :community_id AND EXISTS (SELECT 1 FROM account w JOIN balance b"
    "  ON b.community_id = w.community_id AND b.account_id = w.account_id"
    "  WHERE w.community_id = e.community_id AND w.owner_id = e.household_id"
    "  AND w.kind IN ('wallet', 'owed') AND b.posted > b.held) ORDER BY e.household_id"
)


def carry_on(tx: Tx, community_id: int, *, today: int, at: int) -> int:
    """Move it, as part of the act that merged them; returns for how many households. Again, it moves nothing.

    A refund, or a purchase that was under way, may reach the old wallet after the merger. Refuses period_locked.
    """
    versions = begun_by(tx, community_id, today)
    rows = tx.all(_LEFT, community_id=community_id)
    for row in rows:
        carrier = Carrier(
            tx=tx,
            community_id=community_id,
            act_id=int(row.act_id),
            kind=Kind.HOUSEHOLD_MOVE,
            staff_id=int(row.approved_by),
            at=at,
            business_date=today,
            ends=fixed_ends(versions),
        )
        home = int(row.household_id)
        for kind in kinds_of(versions[-1]):
            wallet = wallet_of(tx, community_id, home, kind.commodity)
            if kind.of_household and (wallet.available or wallet.owed):
                carrier.carry(
                    Part(
                        commodity=kind.commodity,
                        from_owner=home,
                        to_owner=successor_of(tx, community_id, home),
                        units=wallet.available,
                        debt_units=wallet.owed,
                    )
                )
    return len(rows)
