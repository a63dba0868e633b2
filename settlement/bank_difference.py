"""What the bank paid beyond what was asked, or less, booked once two people have said that the shop has the money.

What is missing is owed to the shop again, and paid with its next statement; what is too much is taken off its next
payments. The payout itself stays what was asked and approved.
"""

from __future__ import annotations

from typing import Final

from ledger.audit import By
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.errors import GuardMissedError
from ledger.ids import derived_request_id
from ledger.sql import Row, Sql, Tx
from ledger.units import CNY
from settlement.effects import today_of
from settlement.payout_store import Payout

_BOOKED: Final = Sql(
    "UPDATE bank_line SET booked_fen = :booked_fen WHERE community_id = :community_id"
    " AND batch_id = :batch_id AND line_no = :line_no AND coalesce(booked_fen, amount_fen) = :before_fen"
)
_OF_ATTEMPT: Final = Sql(
    "SELECT batch_id, line_no, reference, amount_fen, booked_fen FROM bank_line WHERE community_id = :community_id"
    " AND payout_id = :payout_id AND attempt = :attempt AND booked_fen IS NOT NULL"
)
_TOLD: Final = Sql(
    "SELECT x.txn_id, t.amount AS fen, a.kind FROM txn x JOIN transfer t ON t.community_id = x.community_id"
    " AND t.txn_id = x.txn_id JOIN account a ON a.community_id = t.community_id AND a.account_id = t.debit_id"
    " WHERE x.community_id = :community_id AND x.request_id = :request_id AND x.kind = 'payment_difference'"
)


def book_paid(
    tx: Tx, community_id: int, line: Row, payout: Payout, paid_fen: int, *, by: By, at: int
) -> int:
    """Book that `paid_fen` in all went to the shop for a line of a bank file; the change of its payable, signed fen.

    Said again it books nothing. Raises GuardMissedError where another transaction booked meanwhile.
    """
    before = int(line.amount_fen if line.booked_fen is None else line.booked_fen)
    if paid_fen == before:
        return 0
    here = {"community_id": community_id, "batch_id": line.batch_id, "line_no": line.line_no}
    if tx.run(_BOOKED, **here, booked_fen=paid_fen, before_fen=before) != 1:
        raise GuardMissedError("bank_line")
    key = derived_request_id(
        "payment_difference", community_id, line.reference, before, paid_fen, at
    )
    return post_difference(tx, community_id, payout, before - paid_fen, key=key, by=by, at=at)


def difference_key(community_id: int, payout: Payout) -> str:
    """The name of the entry by which one attempt's difference is booked that a channel told of."""
    return derived_request_id("payment_difference", community_id, payout.payout_id, payout.attempt)


def undo_difference(tx: Tx, community_id: int, payout: Payout, *, by: By, at: int) -> None:
    """Undo what was booked of a difference before all that was asked comes back; nothing where nothing was."""
    line = tx.find(
        _OF_ATTEMPT,
        community_id=community_id,
        payout_id=payout.payout_id,
        attempt=payout.attempt,
    )
    if line is not None:
        book_paid(tx, community_id, line, payout, int(line.amount_fen), by=by, at=at)
    told = tx.find(
        _TOLD, community_id=community_id, request_id=difference_key(community_id, payout)
    )
    if told is not None:
        key = derived_request_id("payment_difference_back", community_id, told.txn_id)
        short = int(told.fen) if told.kind == "bank" else -int(told.fen)
        post_difference(tx, community_id, payout, -short, key=key, by=by, at=at)


def post_difference(
    tx: Tx, community_id: int, payout: Payout, short_fen: int, *, key: str, by: By, at: int
) -> int:
    """Post that a confirmed payout went `short_fen` short of what is booked (below 0: over it); gives the same fen."""
    shop = payout.claimant_id

    def side(account: Account, owner: int) -> Side:
        return Side(account_id(tx, community_id, account, CNY, owner, at=at), account)

    bank, payable = side(Account.BANK, 0), side(Account.PAYABLE, shop)
    ends = (bank, payable) if short_fen > 0 else (payable, bank)
    post(
        tx,
        Posting(
            community_id=community_id,
            kind=Kind.PAYMENT_DIFFERENCE,
            request_id=key,
            occurred_at=at,
            at=at,
            business_date=today_of(tx, community_id, at=at),
            lines=[Line(*ends, CNY, abs(short_fen))],
            merchant_id=shop,
            staff_id=by.id if by.kind == "staff" else None,
            reason_key="payment_short" if short_fen > 0 else "payment_over",
            source="office" if by.kind == "staff" else "job",
        ),
    )
    return short_fen
