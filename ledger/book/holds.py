"""Holds: points or cover set aside while the outside world decides; each ends once, for at most its amount."""

from __future__ import annotations

from typing import Any, Final

from ledger.errors import GuardMissedError
from ledger.ids import new_id
from ledger.sql import Sql, Tx

_TAKE: Final = Sql(
    "UPDATE balance SET held = held + :amount WHERE community_id = :community_id AND account_id = :account_id"
    " AND posted - held >= :amount"
)
_KEEP: Final = Sql(
    "INSERT INTO hold (community_id, hold_id, account_id, commodity, amount, purpose, request_id,"
    " opened_at, expires_at)"
    " VALUES (:community_id, :hold_id, :account_id, :commodity, :amount, :purpose, :request_id, :at, :expires_at)"
)
_END: Final = Sql(
    "INSERT INTO hold_end (community_id, hold_id, how, captured, txn_id, ended_at)"
    " VALUES (:community_id, :hold_id, :how, :captured, :txn_id, :at)"
    " ON CONFLICT (community_id, hold_id) DO NOTHING"
)
_GIVE_BACK: Final = Sql(
    "UPDATE balance SET held = held - :amount WHERE community_id = :community_id AND account_id = :account_id"
    " AND held >= :amount"
)
_OPEN_OF: Final = Sql(
    "SELECT h.hold_id, h.account_id, h.amount, h.purpose FROM hold h"
    " LEFT JOIN hold_end e ON e.community_id = h.community_id AND e.hold_id = h.hold_id"
    " WHERE h.community_id = :community_id AND h.request_id = :request_id AND e.hold_id IS NULL"
    " ORDER BY h.account_id"
)


def open_hold(  # noqa: PLR0913 - the columns of one row
    tx: Tx,
    community_id: int,
    account_id: int,
    *,
    commodity: int,
    amount: int,
    purpose: str,
    request_id: str,
    at: int,
    expires_at: int,
) -> int:
    """Set `amount` aside; raises GuardMissedError where less is available. Returns the hold's id."""
    if tx.run(_TAKE, community_id=community_id, account_id=account_id, amount=amount) != 1:
        raise GuardMissedError(purpose)
    hold_id = new_id(at)
    tx.run(
        _KEEP,
        community_id=community_id,
        hold_id=hold_id,
        account_id=account_id,
        commodity=commodity,
        amount=amount,
        purpose=purpose,
        request_id=request_id,
        at=at,
        expires_at=expires_at,
    )
    return hold_id


def open_holds_of(tx: Tx, community_id: int, request_id: str) -> list[Any]:
    """The holds of one request that have not ended: hold_id, account_id, amount, purpose."""
    return tx.all(_OPEN_OF, community_id=community_id, request_id=request_id)


def end_hold(
    tx: Tx,
    community_id: int,
    hold_id: int,
    *,
    account_id: int,
    amount: int,
    captured: bool,
    txn_id: int | None,
    at: int,
) -> None:
    """End a hold: released now, or marked captured (the posting that uses it takes it out of `held` itself).

    Raises GuardMissedError where it has ended already.
    """
    ended = tx.run(
        _END,
        community_id=community_id,
        hold_id=hold_id,
        how="captured" if captured else "released",
        captured=amount if captured else 0,
        txn_id=txn_id,
        at=at,
    )
    if ended != 1:
        raise GuardMissedError("hold_end")
    if (
        not captured
        and tx.run(_GIVE_BACK, community_id=community_id, account_id=account_id, amount=amount) != 1
    ):
        raise GuardMissedError("hold")
