"""A community's month in sums over a prefix of the order: what came, what went, what members hold together."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.sql import Sql, Tx

# What a member's account holds changes by the transfers between it and an account that is nobody's.
_FLOWS: Final = Sql(
    "SELECT flow, sum(gained) AS units, count(DISTINCT owner_id) AS people FROM ("
    " SELECT m.owner_id, CASE WHEN o.kind LIKE 'issued%' THEN 'earned' WHEN o.kind = 'offset' THEN 'offset'"
    "   WHEN o.kind = 'redeemed' THEN 'goods' ELSE 'other' END AS flow,"
    "  CASE WHEN t.credit_id = m.account_id THEN t.amount ELSE -t.amount END AS gained"
    "  FROM txn x JOIN leaf l ON l.community_id = x.community_id AND l.entry_id = x.txn_id"
    "  JOIN transfer t ON t.community_id = x.community_id AND t.txn_id = x.txn_id"
    "  JOIN account m ON m.community_id = t.community_id AND m.kind IN ('wallet', 'pending')"
    "   AND (m.account_id = t.credit_id OR m.account_id = t.debit_id)"
    "  JOIN account o ON o.community_id = t.community_id AND o.kind NOT IN ('wallet', 'pending')"
    "   AND o.account_id = CASE WHEN m.account_id = t.credit_id THEN t.debit_id ELSE t.credit_id END"
    "  WHERE x.community_id = :community_id AND x.business_date >= :first_date AND x.business_date <= :last_date"
    "  AND l.leaf_index < :size AND t.commodity = :commodity) flows GROUP BY flow"
)
_YUAN: Final = Sql(
    "SELECT coalesce(sum(o.fen), 0) AS fen, count(DISTINCT o.claimant_id) AS shops FROM offset_booked o"
    " JOIN leaf l ON l.community_id = o.community_id AND l.entry_id = o.txn_id"
    " WHERE o.community_id = :community_id AND o.business_date >= :first_date AND o.business_date <= :last_date"
    " AND l.leaf_index < :size"
)
_HELD: Final = Sql(
    "SELECT coalesce(sum(CASE WHEN t.credit_id = a.account_id THEN t.amount ELSE -t.amount END), 0) AS units"
    " FROM account a JOIN transfer t ON t.community_id = a.community_id"
    "  AND (t.credit_id = a.account_id OR t.debit_id = a.account_id)"
    " JOIN leaf l ON l.community_id = t.community_id AND l.entry_id = t.txn_id"
    " WHERE a.community_id = :community_id AND a.commodity = :commodity AND a.kind IN ('wallet', 'pending')"
    " AND l.leaf_index < :size"
)


class Flow(NamedTuple):
    """Units that moved one way less what came back, and how many members had a part in it."""

    units: int = 0
    people: int = 0


class MonthTotals(NamedTuple):
    """The sums of a month; `other` is what members gained otherwise, by lapsing and correction mostly below zero.

    `held_units` is what they hold at the prefix's end, whatever the month.
    """

    earned: Flow
    offset: Flow
    goods: Flow
    other: Flow
    offset_fen: int
    offset_shops: int
    held_units: int


def month_totals(
    tx: Tx, community_id: int, commodity: int, *, first_date: int, last_date: int, size: int
) -> MonthTotals:
    """The sums of the business dates from `first_date` to `last_date` over the first `size` entries of the order."""
    span = {
        "community_id": community_id,
        "first_date": first_date,
        "last_date": last_date,
        "size": size,
    }
    flows = {
        row.flow: Flow(int(row.units), int(row.people))
        for row in tx.all(_FLOWS, **span, commodity=commodity)
    }
    yuan = tx.get(_YUAN, **span)
    held = tx.get(_HELD, community_id=community_id, commodity=commodity, size=size)
    return MonthTotals(
        earned=flows.get("earned", Flow()),
        offset=_spent(flows.get("offset", Flow())),
        goods=_spent(flows.get("goods", Flow())),
        other=flows.get("other", Flow()),
        offset_fen=int(yuan.fen),
        offset_shops=int(yuan.shops),
        held_units=int(held.units),
    )


def _spent(flow: Flow) -> Flow:
    return Flow(-flow.units, flow.people)
