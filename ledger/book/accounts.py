"""Accounts are found by what they are for, and opened when first needed, with their balance row."""

from __future__ import annotations

from typing import Final

from ledger.book.chart import BOUNDED, Account
from ledger.ids import new_id
from ledger.sql import Sql, Tx

_FIND: Final = Sql(
    "SELECT account_id FROM account WHERE community_id = :community_id AND kind = :kind"
    " AND commodity = :commodity AND owner_id = :owner_id"
)
_OPEN: Final = Sql(
    "INSERT INTO account (community_id, account_id, commodity, kind, owner_id, bounded, opened_at)"
    " VALUES (:community_id, :account_id, :commodity, :kind, :owner_id, :bounded, :at)"
    " ON CONFLICT (community_id, kind, commodity, owner_id) DO NOTHING"
)
_OPEN_BALANCE: Final = Sql(
    "INSERT INTO balance (community_id, account_id, posted, held) VALUES (:community_id, :account_id, 0, 0)"
)


def find_account(
    tx: Tx, community_id: int, kind: Account, commodity: int, owner_id: int = 0
) -> int | None:
    """The account's id, or None when nobody has opened it yet."""
    row = tx.find(
        _FIND, community_id=community_id, kind=kind.value, commodity=commodity, owner_id=owner_id
    )
    return None if row is None else int(row.account_id)


def account_id(
    tx: Tx, community_id: int, kind: Account | str, commodity: int, owner_id: int = 0, *, at: int
) -> int:
    """The account's id, opened (with its balance row where the kind is bounded) when it is new."""
    kind = Account(kind)
    found = find_account(tx, community_id, kind, commodity, owner_id)
    if found is not None:
        return found
    made = new_id(at)
    opened = tx.run(
        _OPEN,
        community_id=community_id,
        account_id=made,
        commodity=commodity,
        kind=kind.value,
        owner_id=owner_id,
        bounded=int(kind in BOUNDED),
        at=at,
    )
    if opened:
        # The row is born with the account: a bounded account without one could be overdrawn twice at once.
        if kind in BOUNDED:
            tx.run(_OPEN_BALANCE, community_id=community_id, account_id=made)
        return made
    found = find_account(tx, community_id, kind, commodity, owner_id)
    if found is None:
        message = "an account that exists could not be found"
        raise LookupError(message)
    return found
