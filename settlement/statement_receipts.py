"""The receipts behind a statement, one a line, with their control totals: what its files hold and its page leaves out.

They are read from the book and from the month's nights, which never change, so the same statement always has the same.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from ledger.clock import SECOND_US
from ledger.members.communities import get_community
from ledger.sql import Row as SqlRow
from ledger.sql import Sql, Tx
from settlement.sheet import Block, Row, count, date, ident, pairs, points, table, text, yuan
from settlement.state_names import state_name
from settlement.statements import Statement
from settlement.words import Translate, mark

MOST: Final = 1_000
"""Receipts a statement lists; of a busier month each day's own file has them, and the totals here are of all."""

_FEN_OF_YUAN: Final = 100
# The shop's own offsets first, each with its place: a planner that starts with the nights reads every other shop's too.
_RECEIPTS: Final = Sql(
    "WITH o AS MATERIALIZED (SELECT o.*, (SELECT l.leaf_index FROM leaf l WHERE l.community_id = o.community_id"
    "  AND l.entry_id = o.txn_id AND l.kind = 'txn') AS leaf_index FROM offset_booked o"
    "  WHERE o.community_id = :community_id AND o.claimant_id = :claimant_id)"
    " SELECT r.business_date AS night, o.business_date, o.occurred_at, b.name AS branch, t.code AS terminal,"
    " o.kind, o.ref, o.original_ref, o.txn_id, o.units, o.units_per_fen, o.fen, i.reason,"
    " (SELECT min(d.code) FROM discrepancy d WHERE d.community_id = o.community_id"
    "  AND d.claimant_id = o.claimant_id AND d.ref = o.ref AND d.run_no = r.run_no) AS code"
    " FROM o JOIN night_run r ON r.community_id = o.community_id AND o.leaf_index >= r.first_leaf"
    "  AND o.leaf_index < r.end_leaf"
    " LEFT JOIN terminal t ON t.community_id = o.community_id AND t.terminal_id = o.terminal_id"
    " LEFT JOIN branch b ON b.community_id = t.community_id AND b.branch_id = t.branch_id"
    " LEFT JOIN open_item i ON i.community_id = o.community_id AND i.claimant_id = o.claimant_id"
    "  AND i.ref = o.ref AND i.opened_run = r.run_no"
    " WHERE r.business_date >= :first_date AND r.business_date <= :last_date"
    " ORDER BY r.business_date, o.occurred_at, o.ref"
)
_KINDS: Final = {
    "sale": mark("Sale"),
    "refund": mark("Refund"),
    "voucher": mark("Voucher"),
    "bill": mark("Bill"),
}


def receipt_blocks(
    tx: Tx, community_id: int, statement: Statement, *, translate: Translate
) -> list[Block]:
    """The receipts of a statement's nights, and what they come to with the SHA-256 over them."""
    _, zone = translate, ZoneInfo(get_community(tx, community_id).timezone)
    found = tx.all(
        _RECEIPTS,
        community_id=community_id,
        claimant_id=statement.claimant_id,
        first_date=statement.first_date,
        last_date=statement.last_date,
    )
    header = [
        _(mark("Date")),
        _(mark("Time")),
        _(mark("Shop's place")),
        _(mark("Till")),
        _(mark("Kind")),
        _(mark("Reference")),
        _(mark("Entry")),
        _(mark("Points")),
        _(mark("Points for a yuan")),
        _(mark("Amount")),
        _(mark("State")),
        _(mark("Code")),
    ]
    lines = [_line(_, row, zone) for row in found[:MOST]] if len(found) <= MOST else []
    return [table(_(mark("Receipt by receipt")), header, lines), _totals(_, found)]


def _line(_: Translate, row: SqlRow, zone: ZoneInfo) -> Row:
    at = datetime.fromtimestamp(row.occurred_at // SECOND_US, UTC).astimezone(zone)
    return (
        date(int(row.business_date)),
        text(at.strftime("%m-%d %H:%M:%S")),
        text(row.branch),
        ident(row.terminal),
        text(_(_KINDS[row.kind])),
        ident(row.ref),
        ident(row.txn_id),
        points(int(row.units)),
        # A voucher's yuan are its contract's, not the rate's.
        points(int(row.units_per_fen) * _FEN_OF_YUAN or None),
        yuan(int(row.fen)),
        text(state_name(_, row.reason or "settled")),
        ident(row.code),
    )


def _totals(_: Translate, found: list[SqlRow]) -> Block:
    return pairs(
        _(mark("Control totals of the receipts")),
        [
            (_(mark("Lines")), count(len(found))),
            (_(mark("Points plus")), points(sum(row.units for row in found if row.units > 0))),
            (_(mark("Points minus")), points(sum(row.units for row in found if row.units < 0))),
            (_(mark("Yuan plus")), yuan(sum(row.fen for row in found if row.fen > 0))),
            (_(mark("Yuan minus")), yuan(sum(row.fen for row in found if row.fen < 0))),
            ("SHA-256", ident(receipts_hash(found))),
        ],
    )


def receipts_hash(found: list[SqlRow]) -> str:
    """SHA-256 over the receipts as a JSON list: date, time (microseconds), kind, reference, entry, units, fen."""
    lines: list[list[Any]] = [
        [r.business_date, r.occurred_at, r.kind, r.ref, str(r.txn_id), r.units, r.fen]
        for r in found
    ]
    return hashlib.sha256(json.dumps(lines, separators=(",", ":")).encode()).hexdigest()
