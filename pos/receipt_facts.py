"""What a receipt says, by its reference: the figures printed on it, and the entry of the book behind it."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.errors import Refusal
from ledger.seal.proof_code import Facts
from ledger.sql import Sql, Tx

_SALE: Final = Sql(
    "SELECT txn_id, merchant_id, business_date AS day, total_fen, offset_units, offset_fen, paid_fen, earned_units"
    " FROM sale WHERE community_id = :community_id AND ref = :ref AND state = 'done'"
)
_REFUND: Final = Sql(
    "SELECT r.txn_id, s.merchant_id, r.business_date AS day, s.ref AS original_ref, r.goods_fen, r.cash_fen,"
    " r.units_back FROM refund r JOIN sale s ON s.community_id = r.community_id AND s.sale_id = r.sale_id"
    " WHERE r.community_id = :community_id AND r.ref = :ref AND r.state = 'done'"
)
_REDEMPTION: Final = Sql(
    "SELECT txn_id, merchant_id, business_date AS day, units FROM redemption"
    " WHERE community_id = :community_id AND ref = :ref"
)
_KINDS: Final = (("sale", _SALE), ("refund", _REFUND), ("redeem", _REDEMPTION))


class ReceiptFacts(NamedTuple):
    """A receipt's facts (amounts in fen and units), the shop it is of, and its transaction in the book."""

    facts: Facts
    merchant_id: int
    txn_id: int


def receipt_facts(tx: Tx, community_id: int, ref: str) -> ReceiptFacts:
    """The facts of a booked sale, refund or redemption; never who bought.

    Refuses receipt_not_found.
    """
    for kind, statement in _KINDS:
        row = tx.find(statement, community_id=community_id, ref=ref)
        if row is None or row.txn_id is None:
            continue
        said = row._asdict()
        merchant_id, txn_id = said.pop("merchant_id"), said.pop("txn_id")
        shown = {name: value for name, value in said.items() if value or name == "day"}
        return ReceiptFacts({"kind": kind, "ref": ref, **shown}, int(merchant_id), int(txn_id))
    raise Refusal("receipt_not_found")
