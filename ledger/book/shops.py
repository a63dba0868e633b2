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


_RESERVED: Final = Sql(
    "SELECT used FROM cap_counter WHERE community_id = :community_id AND subject_id = :merchant_id"
    " AND cap_code = 'cover_day' AND period_key = :day"
)


def owed_to(tx: Tx, community_id: int, merchant_id: int) -> int:
    """Fen the community owes a shop: settled and not yet paid, and authorised at the till and not yet settled."""
    return authorised_for(tx, community_id, merchant_id) + account_sum(
        tx, community_id, Account.PAYABLE, CNY, merchant_id
    )


def authorised_for(tx: Tx, community_id: int, merchant_id: int) -> int:
    """Fen authorised at a shop's tills that no night has settled yet."""
    row = tx.find(_COVER, community_id=community_id, commodity=CNY, merchant_id=merchant_id)
    return 0 if row is None else int(row.held)


def offsets_left_on(
    tx: Tx, community_id: int, merchant_id: int, day: int, *, allowance_fen: int, fund_fen: int
) -> int:
    """Fen of offsets a shop can still honour on a business date.

    What it has reserved and not used, and what it may still reserve: the rest of its day's allowance, as far as the
    fund goes. All amounts in fen, `day` as yyyymmdd.
    """
    row = tx.find(_RESERVED, community_id=community_id, merchant_id=merchant_id, day=day)
    reserved = 0 if row is None else int(row.used)
    more = max(0, min(allowance_fen - reserved, fund_fen))
    return cover_left(tx, community_id, merchant_id) + more


def cover_left(tx: Tx, community_id: int, merchant_id: int) -> int:
    """Fen of offsets the shop can still honour before more is reserved."""
    row = tx.find(_COVER, community_id=community_id, commodity=CNY, merchant_id=merchant_id)
    return 0 if row is None else int(row.free)
