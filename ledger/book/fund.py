"""Money into the community's fund, and points granted by hand: both asked for once, both with a reason."""

from __future__ import annotations

from typing import Any, Final

from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.book.repay import repay_lines
from ledger.book.requests import once
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Tx
from ledger.units import CNY, MOST_FEN

_FUND_KIND: Final = "fund_in"
_GRANT_KIND: Final = "grant"


def add_to_fund(
    db: Database,
    community_id: int,
    fen: int,
    *,
    request_id: str,
    by: int,
    at: int,
    business_date: int,
    reason: str,
) -> dict[str, Any]:
    """Book `fen` that arrived at the bank into the fund; the same request again changes nothing.

    Refuses amount_wrong, reason_missing, period_locked, request_id_reused.
    """
    _check(fen, reason)

    def work(tx: Tx) -> dict[str, Any]:
        bank = Side(account_id(tx, community_id, Account.BANK, CNY, at=at), Account.BANK)
        fund = Side(account_id(tx, community_id, Account.FUND, CNY, at=at), Account.FUND)
        txn_id = post(
            tx,
            Posting(
                community_id=community_id,
                kind=Kind.FUND_IN,
                request_id=request_id,
                occurred_at=at,
                at=at,
                business_date=business_date,
                lines=[Line(bank, fund, CNY, fen)],
                staff_id=by,
                reason_key="fund_in",
                source="office",
            ),
        )
        return {"txn_id": str(txn_id), "fen": fen}

    body = {"fen": fen, "reason": reason}
    return once(db, community_id, request_id, kind=_FUND_KIND, body=body, at=at, work=work)


def grant(  # noqa: PLR0913 - whom, how much, and everything the record of it needs
    db: Database,
    community_id: int,
    owner_id: int,
    commodity: int,
    units: int,
    *,
    request_id: str,
    by: int,
    at: int,
    business_date: int,
    reason: str,
) -> dict[str, Any]:
    """Give a wallet's owner points by hand (an opening balance, a decided award); what is owed is repaid first.

    Who may, and the second person, are the caller's matter (`ledger.members.approvals`). Refuses amount_wrong,
    reason_missing, period_locked, request_id_reused.
    """
    _check(units, reason)

    def work(tx: Tx) -> dict[str, Any]:
        def side(kind: Account, owner: int = 0) -> Side:
            return Side(account_id(tx, community_id, kind, commodity, owner, at=at), kind)

        wallet = side(Account.WALLET, owner_id)
        side(Account.PENDING, owner_id)
        side(Account.OWED, owner_id)
        lines = [
            Line(side(Account.ISSUED_GRANT), wallet, commodity, units),
            *repay_lines(tx, community_id, owner_id, commodity, units, wallet, at=at),
        ]
        txn_id = post(
            tx,
            Posting(
                community_id=community_id,
                kind=Kind.GRANT,
                request_id=request_id,
                occurred_at=at,
                at=at,
                business_date=business_date,
                lines=lines,
                wallet_owner_id=owner_id,
                staff_id=by,
                reason_key="grant",
                source="office",
            ),
        )
        return {"txn_id": str(txn_id), "units": units}

    body = {"owner_id": str(owner_id), "commodity": commodity, "units": units, "reason": reason}
    return once(db, community_id, request_id, kind=_GRANT_KIND, body=body, at=at, work=work)


def _check(amount: int, reason: str) -> None:
    if not 0 < amount <= MOST_FEN:
        raise Refusal("amount_wrong")
    if not reason.strip():
        raise Refusal("reason_missing")
