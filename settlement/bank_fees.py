"""The bank's fees, booked once: beside each payment in a return file, or all of a batch in one line of a statement.

A fee of one payment has the same name in both kinds of file. A line of a statement that names no payment is the fees of
a batch where it is their sum to the fen; then whichever came first is booked, and the other is the same money.
"""

from __future__ import annotations

import hashlib
import json
from itertools import count
from typing import Any, Final

from ledger.audit import By
from ledger.book.fund import take_bank_fee
from ledger.book.funds import POINTS, fund_balance
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import derived_request_id
from ledger.sql import Sql, Tx
from settlement.bank_answer import Fee, Said
from settlement.bank_form import REFERENCE
from settlement.effects import today_of

_KEEP_FEE: Final = Sql(
    "UPDATE bank_line SET fee_fen = :fen WHERE community_id = :community_id AND reference = :reference"
)
_BATCHES: Final = Sql(
    "SELECT b.batch_id, sum(l.fee_fen) AS fen FROM bank_batch b JOIN bank_line l"
    " ON l.community_id = b.community_id AND l.batch_id = b.batch_id"
    " WHERE b.community_id = :community_id AND b.bank = :bank AND b.fees_by IS NULL"
    " GROUP BY b.batch_id HAVING sum(l.fee_fen) > 0 ORDER BY b.batch_id"
)
_LOOSE: Final = Sql(
    "SELECT answer FROM bank_answer WHERE community_id = :community_id AND bank = :bank"
    " ORDER BY taken_at"
)
_USED: Final = Sql(
    "SELECT bulk_fee FROM bank_batch WHERE community_id = :community_id AND bulk_fee IS NOT NULL"
)
_PAIR: Final = Sql(
    "UPDATE bank_batch SET bulk_fee = :bulk_fee, fees_by = :fees_by WHERE community_id = :community_id"
    " AND batch_id = :batch_id AND fees_by IS NULL"
)
_OF_LINES: Final = Sql(
    "SELECT l.reference, l.fee_fen, b.fees_by, b.bulk_fee FROM bank_batch b JOIN bank_line l"
    " ON l.community_id = b.community_id AND l.batch_id = b.batch_id"
    " WHERE b.community_id = :community_id AND b.fees_by IS NOT NULL"
)


def pair_fees(tx: Tx, community_id: int, bank: str, said: Said) -> int:
    """Find what this file says once more in another form; gives those fees in fen, which are not booked again."""
    loose = [fee for fee in said.fees if not _reference(fee)]
    for fee in said.fees:
        if reference := _reference(fee):
            tx.run(_KEEP_FEE, community_id=community_id, reference=reference, fen=fee.fen)
    used = {str(row.bulk_fee) for row in tx.all(_USED, community_id=community_id)}
    batches = [
        (int(row.batch_id), int(row.fen))
        for row in tx.all(_BATCHES, community_id=community_id, bank=bank)
    ]
    same = 0
    here = {_key(fee): fee.fen for fee in loose}
    earlier = _loose_before(tx, community_id, bank)
    for batch_id, fen in batches:
        key, by = _match(fen, here, used), "lines"
        if key is None:
            key, by = _match(fen, earlier, used), "bulk"
        if key is None:
            continue
        used.add(key)
        same += fen
        tx.run(_PAIR, community_id=community_id, batch_id=batch_id, bulk_fee=key, fees_by=by)
    return same


def loose_fees(said: Said) -> dict[str, int]:
    """A file's fees that name no payment, by their keys, as its answer keeps them."""
    return {_key(fee): fee.fen for fee in said.fees if not _reference(fee)}


def _match(fen: int, loose: dict[str, int], used: set[str]) -> str | None:
    return next((key for key, amount in loose.items() if amount == fen and key not in used), None)


def _loose_before(tx: Tx, community_id: int, bank: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in tx.all(_LOOSE, community_id=community_id, bank=bank):
        found |= json.loads(row.answer).get("loose_fees", {})
    return found


def _booked_elsewhere(tx: Tx, community_id: int, said: Said) -> set[str]:
    """Names of this file's fees that another form of them has booked."""
    lines, bulks = set[str](), set[str]()
    for row in tx.all(_OF_LINES, community_id=community_id):
        if row.fees_by == "bulk":
            lines.add(str(row.reference))
        else:
            bulks.add(str(row.bulk_fee))
    return {fee.name for fee in said.fees if _reference(fee) in lines or _key(fee) in bulks}


def _reference(fee: Fee) -> str:
    """The payment a fee is of, '' for one that names none."""
    name, _, _ = fee.name.partition("|")
    return name if REFERENCE.fullmatch(name) else ""


def _key(fee: Fee) -> str:
    return hashlib.sha256(fee.name.encode()).hexdigest()


def book_fees(
    db: Database, community_id: int, answer: dict[str, Any], said: Said, *, by: By, at: int
) -> None:
    """Book each fee once, whichever file prints it and whoever takes it in again."""
    if not answer["fee_fen"]:
        return
    with db.read() as tx:
        today = today_of(tx, community_id, at=at)
    with db.read() as tx:
        booked = {fee.name for fee in said.fees} - _booked_elsewhere(tx, community_id, said)
    # Files answered before fees were told apart booked theirs in one sum, under the file's own name.
    named = [(fee.name, fee.fen) for fee in said.fees if fee.name in booked]
    for name, fen in named if "fees" in answer else [(str(answer["file"]), int(answer["fee_fen"]))]:
        whence = hashlib.sha256(name.encode()).hexdigest() if "fees" in answer else name
        _book_fee(db, community_id, name, fen, whence, by=by, at=at, today=today)


def _book_fee(
    db: Database,
    community_id: int,
    name: str,
    fen: int,
    whence: str,
    *,
    by: By,
    at: int,
    today: int,
) -> None:
    """Book one fee; what a fund that was empty then was told does not stand in the way of the money that came since.

    A refused try keeps its refusal for good, so the next number cannot book what the one before it booked.
    """
    for tries in count():
        parts: list[str | int] = ["bank_fee", community_id, name]
        parts += [tries] if tries else []
        try:
            take_bank_fee(
                db,
                community_id,
                fen,
                request_id=derived_request_id(*parts),
                by=by.id,
                at=at,
                business_date=today,
                reason=f"bank file {whence[:12]}",
            )
        except Refusal as refusal:
            with db.read() as tx:
                is_empty = fen > fund_balance(tx, community_id, POINTS)
            if refusal.code != "fund_empty" or is_empty:
                raise
        else:
            return
