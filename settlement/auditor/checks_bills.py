"""Checks of fee bills: what points pay of each, against entries, ceiling, the month's limit, its versions."""

from __future__ import annotations

from typing import Final

from settlement.auditor.registry import Check, check, look

# What stands of each offset: as long as it is held, what was asked for; once booked, its rows in the book.
_STANDS: Final = (
    "(SELECT f.bill_id, f.offset_id, CASE f.state WHEN 'held' THEN f.fen WHEN 'booked' THEN coalesce(b.fen, 0)"
    "  ELSE 0 END AS fen, CASE f.state WHEN 'held' THEN f.units WHEN 'booked' THEN coalesce(b.units, 0)"
    "  ELSE 0 END AS units FROM fee_offset f LEFT JOIN (SELECT claimant_id, coalesce(original_ref, ref) AS ref,"
    "   sum(fen)::BIGINT AS fen, sum(units)::BIGINT AS units FROM offset_booked WHERE kind = 'bill' GROUP BY ALL) b"
    "  ON b.claimant_id = f.biller_id AND b.ref = f.ref)"
)
_BY_ENTRY: Final = {"entry": "true", "I2": "true", "I21": "true", "scheme": "true"}

BILLS: Final[tuple[Check, ...]] = (
    check(
        "fee_bill",
        look(
            "fee_bill",
            "bill_id",
            "SELECT b.bill_id, b.bill_no, b.offset_fen, coalesce(s.fen, 0) AS worked_out, b.ceiling_fen FROM fee_bill b"
            f" LEFT JOIN (SELECT bill_id, sum(fen)::BIGINT AS fen FROM {_STANDS} GROUP BY ALL) s"
            " ON s.bill_id = b.bill_id WHERE b.offset_fen <> coalesce(s.fen, 0)"
            " OR coalesce(s.fen, 0) > b.ceiling_fen OR b.offset_fen < 0",
        ),
        look(
            "fee_bill",
            "bill_id",
            "SELECT b.bill_id, b.bill_no, b.amount_fen, b.ceiling_fen, b.amount_fen * r.percent // 100 AS worked_out"
            " FROM fee_bill b LEFT JOIN fee_rate r ON r.version = b.scheme_version AND r.kind = b.kind"
            " WHERE b.ceiling_fen IS DISTINCT FROM coalesce(b.amount_fen * r.percent // 100, 0)",
        ),
        look(
            "fee_bill",
            "bill_id",
            "SELECT b.bill_id, b.version, v.versions, v.last FROM fee_bill b LEFT JOIN (SELECT bill_id,"
            "  count(*) AS versions, max(version) AS last FROM fee_bill_version GROUP BY ALL) v"
            " ON v.bill_id = b.bill_id LEFT JOIN fee_bill_version l ON l.bill_id = b.bill_id"
            "  AND l.version = b.version WHERE v.versions IS DISTINCT FROM b.version OR v.last <> b.version"
            " OR (l.amount_fen, l.ceiling_fen, l.due_date, l.period)"
            "  IS DISTINCT FROM (b.amount_fen, b.ceiling_fen, b.due_date, b.period)",
        ),
        needs="fee_bill_version fee_offset offset_booked scheme_version",
        explained_by={**_BY_ENTRY, "offset": "true"},
    ),
    check(
        "fee_offset",
        look(
            "fee_offset",
            "offset_id",
            "SELECT f.offset_id, f.ref, f.state, f.units, f.fen, o.units AS booked_units, o.fen AS booked_fen,"
            " f.back_fen, coalesce(k.fen, 0) AS came_back FROM fee_offset f"
            " LEFT JOIN offset_booked o ON o.claimant_id = f.biller_id AND o.ref = f.ref AND o.kind = 'bill'"
            "  AND o.txn_id = f.txn_id LEFT JOIN (SELECT claimant_id, original_ref AS ref, -sum(fen)::BIGINT AS fen,"
            "   -sum(units)::BIGINT AS units, count(*) AS n FROM offset_booked WHERE kind = 'bill' AND fen < 0"
            "   GROUP BY ALL) k ON k.claimant_id = f.biller_id AND k.ref = f.ref"
            " WHERE f.units <> f.fen * f.units_per_fen"
            " OR (f.state = 'booked') <> (o.ref IS NOT NULL)"
            " OR (f.state = 'booked' AND (o.units, o.fen) IS DISTINCT FROM (f.units, f.fen))"
            " OR (f.back_fen, f.back_units, f.backs)"
            "  IS DISTINCT FROM (coalesce(k.fen, 0), coalesce(k.units, 0), coalesce(k.n, 0))",
        ),
        look(
            "offset_booked",
            "txn_id",
            "SELECT o.txn_id, o.ref, o.fen, x.kind FROM offset_booked o JOIN entry x ON x.txn_id = o.txn_id"
            " LEFT JOIN fee_offset f ON f.biller_id = o.claimant_id AND f.ref = coalesce(o.original_ref, o.ref)"
            " WHERE o.kind = 'bill' AND (f.ref IS NULL OR x.kind::VARCHAR <> CASE WHEN o.fen > 0"
            "  THEN 'bill_offset' ELSE 'bill_back' END OR x.wallet_owner_id IS DISTINCT FROM f.wallet_owner_id)",
        ),
        look(
            "fee_offset",
            "offset_id",
            "SELECT f.offset_id, f.ref, f.units, h.amount AS held FROM fee_offset f"
            " LEFT JOIN (SELECT h.request_id, sum(h.amount)::BIGINT AS amount FROM hold h"
            "  ANTI JOIN hold_end e ON e.hold_id = h.hold_id GROUP BY ALL) h ON h.request_id = f.hold_request"
            " WHERE CASE f.state WHEN 'held' THEN f.units END IS DISTINCT FROM h.amount",
        ),
        look(
            "fee_offset",
            "household_id counted_month",
            "SELECT f.household_id, f.counted_month, sum(s.units)::BIGINT AS units, min(r.month_units) AS most"
            f" FROM fee_offset f JOIN {_STANDS} s ON s.offset_id = f.offset_id JOIN fee_bill b ON b.bill_id = f.bill_id"
            " JOIN fee_rate r ON r.version = f.scheme_version AND r.kind = b.kind"
            " WHERE f.cap_code <> '' GROUP BY f.household_id, f.cap_code, f.counted_month"
            " HAVING sum(s.units) > max(r.month_units)",
        ),
        look(
            "fee_offset",
            "offset_id",
            "SELECT f.offset_id, f.ref, f.units_per_fen, r.units_per_fen AS rate, f.scheme_version FROM fee_offset f"
            " JOIN fee_bill b ON b.bill_id = f.bill_id LEFT JOIN fee_rate r ON r.version = f.scheme_version"
            "  AND r.kind = b.kind WHERE f.units_per_fen IS DISTINCT FROM r.units_per_fen",
        ),
        needs="fee_bill offset_booked hold hold_end scheme_version",
        explained_by={
            **_BY_ENTRY,
            "fee_bill": "EXISTS (SELECT 1 FROM fee_offset t WHERE t.offset_id = f.offset_id AND t.bill_id = o.bill_id)",
            "offset": "true",
        },
    ),
)
"""Of `ledger.bills`, as the export has it."""
