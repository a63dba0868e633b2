"""Which line of a statement a shop objects to, what it says there, and how much of it is not paid meanwhile."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.book.offsets import places_of
from ledger.errors import Refusal
from ledger.sql import Sql, Tx
from settlement.statements import Statement, rows_of

_RECEIPT: Final = Sql(
    "SELECT fen, business_date FROM offset_booked WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND ref = :ref"
)
_NIGHT: Final = Sql(
    "SELECT first_leaf, end_leaf FROM night_run WHERE community_id = :community_id"
    " AND business_date = :day"
)
_UNSETTLED: Final = Sql(
    "SELECT (SELECT count(*) FROM open_item WHERE community_id = :community_id"
    "  AND claimant_id = :claimant_id AND ref = :ref AND closed_run IS NULL) AS waits,"
    " (SELECT coalesce(sum(rest_fen), 0) FROM discrepancy WHERE community_id = :community_id"
    "  AND claimant_id = :claimant_id AND ref = :ref AND state IN ('open', 'asked', 'proposed'))"
    " AS rest_fen"
)
_RECEIPTS: Final = Sql(
    "SELECT o.ref, o.kind, o.units, o.fen, o.occurred_at, o.terminal_id FROM night_run r"
    " JOIN leaf l ON l.community_id = r.community_id AND l.leaf_index >= r.first_leaf"
    "  AND l.leaf_index < r.end_leaf AND l.kind = 'txn'"
    " JOIN offset_booked o ON o.community_id = l.community_id AND o.txn_id = l.entry_id"
    "  AND o.claimant_id = :claimant_id"
    " WHERE r.community_id = :community_id AND r.business_date = :day ORDER BY o.occurred_at, o.ref"
)


class DisputedLine(NamedTuple):
    """A line in question: the day it is about, what it says (signed fen), what of it would be paid, and its receipt.

    `ref`: '' where the line is a whole day's.
    """

    business_date: int
    booked_fen: int
    held_fen: int
    ref: str = ""


class Receipt(NamedTuple):
    """One receipt behind a day's line; units and fen signed."""

    ref: str
    kind: str
    units: int
    fen: int
    occurred_at: int
    terminal_id: int


def receipts_of_day(tx: Tx, community_id: int, claimant_id: int, day: int) -> list[Receipt]:
    """Every receipt that stands behind a shop's line of a business date."""
    rows = tx.all(_RECEIPTS, community_id=community_id, claimant_id=claimant_id, day=day)
    return [Receipt(*row) for row in rows]


def find_line(
    tx: Tx, community_id: int, statement: Statement, row_no: int, ref: str
) -> DisputedLine:
    """The line `row_no` of a statement, or one receipt of a day's line; 0 is what is missing from it.

    Refuses: dispute_line_unknown.
    """
    if row_no == 0:
        if not ref or _receipt(tx, community_id, statement, ref) is not None:
            raise Refusal("dispute_line_unknown")
        return DisputedLine(statement.last_date, 0, 0, ref)
    rows = rows_of(tx, community_id, statement.statement_id)
    if not 0 < row_no <= len(rows):
        raise Refusal("dispute_line_unknown")
    row = rows[row_no - 1]
    if row.section == "day" and ref:
        return _of_receipt(tx, community_id, statement, row.business_date, ref)
    if ref and ref != row.ref:
        raise Refusal("dispute_line_unknown")
    # What waits (carried) is not paid in any case, and a line that takes off stays taken off until it is ruled on.
    fen = row.settled_fen if row.section != "carried" else (row.booked_fen or 0)
    held = max(row.settled_fen, 0)
    # A line about one receipt names it, whether the shop typed it or not: by it the receipt waits (`REFS_IN_DISPUTE`).
    return DisputedLine(row.business_date, fen, held, "" if row.section == "day" else row.ref)


def _of_receipt(
    tx: Tx, community_id: int, statement: Statement, day: int, ref: str
) -> DisputedLine:
    found = _receipt(tx, community_id, statement, ref)
    night = tx.find(_NIGHT, community_id=community_id, day=day)
    if found is None or night is None:
        raise Refusal("dispute_line_unknown")
    shop = statement.claimant_id
    place = places_of(tx, community_id, shop, [ref], end_leaf=int(night.end_leaf)).get(ref)
    if place is None or place < night.first_leaf:
        raise Refusal("dispute_line_unknown")
    left = tx.get(_UNSETTLED, community_id=community_id, claimant_id=shop, ref=ref)
    settled = 0 if left.waits else found.held_fen - int(left.rest_fen)
    return found._replace(held_fen=max(settled, 0))


def _receipt(tx: Tx, community_id: int, statement: Statement, ref: str) -> DisputedLine | None:
    row = tx.find(_RECEIPT, community_id=community_id, claimant_id=statement.claimant_id, ref=ref)
    if row is None:
        return None
    return DisputedLine(int(row.business_date), int(row.fen), int(row.fen), ref)
