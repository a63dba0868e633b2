"""Points a wallet spent although what brought them is lost: lent now, paid back by what brings them again."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.book.posting import steps as posting_steps
from ledger.book.steps import Step
from ledger.ids import derived_request_id, new_id
from ledger.sql import Sql, Tx

_LENT: Final = Sql(
    "SELECT DISTINCT x.wallet_owner_id AS owner_id, w.commodity, w.account_id AS wallet_id,"
    " o.account_id AS owed_id, wb.posted - wb.held AS available, ob.posted AS owed FROM txn x"
    " JOIN account w ON w.community_id = x.community_id AND w.kind = 'wallet'"
    "  AND w.owner_id = x.wallet_owner_id"
    " JOIN balance wb ON wb.community_id = w.community_id AND wb.account_id = w.account_id"
    " JOIN account o ON o.community_id = x.community_id AND o.kind = 'owed'"
    "  AND o.owner_id = x.wallet_owner_id AND o.commodity = w.commodity"
    " JOIN balance ob ON ob.community_id = o.community_id AND ob.account_id = o.account_id"
    " WHERE x.community_id = :community_id AND x.kind = 'advance' AND x.recorded_at >= :since_at"
    " AND ob.posted > 0 AND wb.posted > wb.held ORDER BY w.commodity, w.account_id"
)


class Lack(NamedTuple):
    """What a wallet lacks: its accounts, its owner, and how many units of which commodity."""

    wallet_id: int
    owed_id: int
    owner_id: int
    person_id: int
    commodity: int
    units: int


def lend_steps(
    community_id: int, request_id: str, lack: Lack, *, at: int, business_date: int
) -> list[Step]:
    """Lend the wallet what it lacks for the act `request_id`: the member owes it."""
    wallet, owed = Side(lack.wallet_id, Account.WALLET), Side(lack.owed_id, Account.OWED)
    return posting_steps(
        Posting(
            community_id=community_id,
            kind=Kind.ADVANCE,
            request_id=derived_request_id("advance", request_id),
            txn_id=new_id(at),
            occurred_at=at,
            at=at,
            business_date=business_date,
            lines=[Line(owed, wallet, lack.commodity, lack.units)],
            person_id=lack.person_id,
            wallet_owner_id=lack.owner_id,
            reason_key="advance",
        )
    )


def pay_back(tx: Tx, community_id: int, *, since_at: int, at: int, business_date: int) -> int:
    """Pay back what was lent since `since_at`, as far as the wallets hold points by now; gives the units.

    A member never has points in hand and a debt beside them.
    """
    paid = 0
    for row in tx.all(_LENT, community_id=community_id, since_at=since_at):
        units = min(int(row.available), int(row.owed))
        wallet, owed = Side(row.wallet_id, Account.WALLET), Side(row.owed_id, Account.OWED)
        post(
            tx,
            Posting(
                community_id=community_id,
                kind=Kind.REPAY,
                request_id=derived_request_id("repay", row.owner_id, row.commodity, at),
                occurred_at=at,
                at=at,
                business_date=business_date,
                lines=[Line(wallet, owed, row.commodity, units)],
                wallet_owner_id=row.owner_id,
                reason_key="repay",
            ),
        )
        paid += units
    return paid
