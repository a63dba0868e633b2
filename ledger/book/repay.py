"""A debt is made up first: whatever brings points into a wallet repays what its owner owes."""

from __future__ import annotations

from ledger.book.accounts import account_id
from ledger.book.balances import wallet_of
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.sql import Tx


def repay_lines(
    tx: Tx, community_id: int, owner_id: int, commodity: int, units: int, wallet: Side, *, at: int
) -> list[Line]:
    """The line by which `units` that come into a wallet repay a debt; none where nothing is owed."""
    owed = wallet_of(tx, community_id, owner_id, commodity).owed
    if not owed:
        return []
    debt = account_id(tx, community_id, Account.OWED, commodity, owner_id, at=at)
    return [Line(wallet, Side(debt, Account.OWED), commodity, min(owed, units))]


def repay_from_wallet(
    tx: Tx,
    community_id: int,
    owner_id: int,
    commodity: int,
    *,
    request_id: str,
    at: int,
    business_date: int,
) -> int:
    """Repay a debt from points that became free without an entry, such as a hold let go; returns the units.

    A member never has points in hand and a debt beside them. Refuses period_locked.
    """
    standing = wallet_of(tx, community_id, owner_id, commodity)
    units = min(standing.owed, standing.available)
    if units <= 0:
        return 0
    wallet = account_id(tx, community_id, Account.WALLET, commodity, owner_id, at=at)
    debt = account_id(tx, community_id, Account.OWED, commodity, owner_id, at=at)
    post(
        tx,
        Posting(
            community_id=community_id,
            kind=Kind.REPAY,
            request_id=request_id,
            occurred_at=at,
            at=at,
            business_date=business_date,
            lines=[Line(Side(wallet, Account.WALLET), Side(debt, Account.OWED), commodity, units)],
            wallet_owner_id=owner_id,
            reason_key="repay",
            source="job",
        ),
    )
    return units
