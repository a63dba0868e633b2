"""Money into and out of the community's funds, and points granted by hand: asked for once, with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from ledger.audit import SYSTEM, By, Facts, record
from ledger.book.accounts import account_id
from ledger.book.balances import account_sum
from ledger.book.chart import Account, Kind
from ledger.book.funds import POINTS, fund_balance, keep_entry
from ledger.book.posting import Line, Posting, Side, post
from ledger.book.repay import repay_lines
from ledger.book.requests import once
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Tx
from ledger.units import CNY, MOST_FEN

_FUND_KIND: Final = "fund_in"
_FEE_KIND: Final = "bank_fee"
_PAID_KIND: Final = "shop_paid_in"
_GRANT_KIND: Final = "grant"


def add_to_fund(  # noqa: PLR0913 - how much, from whom, into which fund, and the record of it
    db: Database,
    community_id: int,
    fen: int,
    *,
    request_id: str,
    by: int,
    at: int,
    business_date: int,
    reason: str,
    source: str = "",
    fund_id: int = POINTS,
) -> dict[str, Any]:
    """Book `fen` that arrived at the bank into a fund; the same request again changes nothing.

    `source`: who funds, by the scheme's word (`social_donation`), '' where nobody said. Refuses amount_wrong,
    reason_missing, period_locked, request_id_reused.
    """
    _check(fen, reason)
    move = (Account.BANK, 0, Account.FUND, fund_id)

    def work(tx: Tx) -> dict[str, Any]:
        entry = _Entry(community_id, Kind.FUND_IN, request_id, by, at, business_date)
        txn_id = _post(tx, entry, [(*move, fen)])
        keep_entry(
            tx, community_id, txn_id, fund_id, kind="in", fen=fen, source=source, reason=reason
        )
        _record(tx, entry, fund_id, fen, reason, source)
        return {"txn_id": str(txn_id), "fen": fen}

    body = {"fen": fen, "reason": reason, "source": source, "fund": fund_id}
    return once(db, community_id, request_id, kind=_FUND_KIND, body=body, at=at, work=work)


def spend_from_fund(  # noqa: PLR0913 - how much, what for, from which fund to which, and the record of it
    tx: Tx,
    community_id: int,
    fund_id: int,
    fen: int,
    *,
    to_fund: int | None,
    request_id: str,
    by: int,
    at: int,
    business_date: int,
    reason: str,
) -> int:
    """Pay for a work from its fund, or give its rest to another fund; who may, and the second person, are the caller's.

    Refuses amount_wrong, reason_missing, fund_of_points (it pays for points alone), fund_empty, period_locked.
    """
    _check(fen, reason)
    if fund_id == POINTS:
        raise Refusal("fund_of_points")
    if fen > fund_balance(tx, community_id, fund_id):
        raise Refusal("fund_empty")
    kind = Kind.FUND_OUT if to_fund is None else Kind.FUND_MOVE
    target = (Account.BANK, 0) if to_fund is None else (Account.FUND, to_fund)
    entry = _Entry(community_id, kind, request_id, by, at, business_date)
    txn_id = _post(tx, entry, [(Account.FUND, fund_id, *target, fen)])
    word = "out" if to_fund is None else "move"
    keep_entry(tx, community_id, txn_id, fund_id, kind=word, fen=-fen, reason=reason)
    if to_fund is not None:
        keep_entry(tx, community_id, txn_id, to_fund, kind=word, fen=fen, reason=reason)
    _record(tx, entry, fund_id, -fen, reason)
    return txn_id


def take_bank_fee(
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
    """Book what the bank took for a payment; the fund behind the points bears it.

    Refuses amount_wrong, reason_missing, fund_empty, period_locked, request_id_reused.
    """
    _check(fen, reason)

    def work(tx: Tx) -> dict[str, Any]:
        if fen > fund_balance(tx, community_id, POINTS):
            raise Refusal("fund_empty")
        entry = _Entry(community_id, Kind.BANK_FEE, request_id, by, at, business_date)
        moves = [
            (Account.BANK_FEE, 0, Account.BANK, 0, fen),
            (Account.FUND, POINTS, Account.SPENT, 0, fen),
        ]
        txn_id = _post(tx, entry, moves)
        keep_entry(tx, community_id, txn_id, POINTS, kind="fee", fen=-fen, reason=reason)
        _record(tx, entry, POINTS, -fen, reason)
        return {"txn_id": str(txn_id), "fen": fen}

    body = {"fen": fen, "reason": reason}
    return once(db, community_id, request_id, kind=_FEE_KIND, body=body, at=at, work=work)


def shop_pays_in(  # noqa: PLR0913 - who, how much, and the record of it
    db: Database,
    community_id: int,
    merchant_id: int,
    fen: int,
    *,
    request_id: str,
    by: int,
    at: int,
    business_date: int,
    reason: str,
) -> dict[str, Any]:
    """Book what a shop paid that owed more than it was owed (its own share of points).

    Refuses amount_wrong, reason_missing, shop_owes_less, period_locked, request_id_reused.
    """
    _check(fen, reason)

    def work(tx: Tx) -> dict[str, Any]:
        owes = -account_sum(tx, community_id, Account.PAYABLE, CNY, merchant_id)
        if fen > owes:
            raise Refusal("shop_owes_less", owes_fen=max(owes, 0))
        entry = _Entry(
            community_id, Kind.SHOP_PAID_IN, request_id, by, at, business_date, merchant_id
        )
        txn_id = _post(tx, entry, [(Account.BANK, 0, Account.PAYABLE, merchant_id, fen)])
        _record(tx, entry, POINTS, fen, reason)
        return {"txn_id": str(txn_id), "fen": fen}

    body = {"merchant_id": str(merchant_id), "fen": fen, "reason": reason}
    return once(db, community_id, request_id, kind=_PAID_KIND, body=body, at=at, work=work)


class _Entry(NamedTuple):
    """What every entry of this file says beside its lines."""

    community_id: int
    kind: Kind
    request_id: str
    by: int
    at: int
    business_date: int
    merchant_id: int | None = None


def _post(tx: Tx, entry: _Entry, moves: Sequence[tuple[Account, int, Account, int, int]]) -> int:
    def side(kind: Account, owner_id: int) -> Side:
        return Side(account_id(tx, entry.community_id, kind, CNY, owner_id, at=entry.at), kind)

    return post(
        tx,
        Posting(
            community_id=entry.community_id,
            kind=entry.kind,
            request_id=entry.request_id,
            occurred_at=entry.at,
            at=entry.at,
            business_date=entry.business_date,
            lines=[
                Line(side(debit, debit_owner), side(credit, credit_owner), CNY, fen)
                for debit, debit_owner, credit, credit_owner, fen in moves
            ],
            merchant_id=entry.merchant_id,
            staff_id=entry.by or None,
            reason_key=entry.kind.value,
            source="office",
        ),
    )


def _record(tx: Tx, entry: _Entry, fund_id: int, fen: int, reason: str, source: str = "") -> None:
    """Keep who did it and why as an act: sealed, kept out of exports like all that people type, and erasable."""
    by = By("staff", entry.by) if entry.by else SYSTEM
    facts: Facts = {"fund_fen": fen, "reason": reason.strip(), "source": source}
    act = f"fund.{entry.kind.value}"
    record(tx, entry.community_id, by, act, f"fund:{fund_id}", at=entry.at, after=facts)


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
                staff_id=by or None,
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
