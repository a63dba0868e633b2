"""What the book owes a shop, for the first line of its till."""

from __future__ import annotations

from typing import Final

from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.sql import Sql, Tx
from ledger.units import CNY

_COVER: Final = Sql(
    "SELECT b.held, b.posted - b.held AS free FROM account a JOIN balance b ON b.community_id = a.community_id"
    " AND b.account_id = a.account_id WHERE a.community_id = :community_id AND a.kind = 'cover'"
    " AND a.commodity = :commodity AND a.owner_id = :merchant_id"
)


def owed_to(tx: Tx, community_id: int, merchant_id: int) -> int:
    """Fen the community owes a shop: settled and not yet paid, and authorised at the till and not yet settled."""
    row = tx.find(_COVER, community_id=community_id, commodity=CNY, merchant_id=merchant_id)
    authorised = 0 if row is None else int(row.held)
    return authorised + account_sum(tx, community_id, Account.PAYABLE, CNY, merchant_id)


def cover_left(tx: Tx, community_id: int, merchant_id: int) -> int:
    """Fen of offsets the shop can still honour before more is reserved."""
    row = tx.find(_COVER, community_id=community_id, commodity=CNY, merchant_id=merchant_id)
    return 0 if row is None else int(row.free)
