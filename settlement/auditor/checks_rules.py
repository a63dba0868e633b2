"""Checks of rates: each offset and each earning against the text of the rules that decided it."""

from __future__ import annotations

from typing import Final

from settlement.auditor.registry import Check, check, look, look_by
from settlement.auditor.rules import schemes

RULES: Final[tuple[Check, ...]] = (
    check(
        "scheme",
        look_by("scheme_version", "scheme_id version", "wrong stated worked_out", schemes),
        needs="audit",
    ),
    check(
        "I18",
        look(
            "offset_booked",
            "txn_id",
            "SELECT txn_id, ref, units, fen, units_per_fen FROM offset_booked"
            " WHERE units IS DISTINCT FROM fen * units_per_fen AND kind IS DISTINCT FROM 'voucher'",
        ),
        look(
            "txn",
            "txn_id",
            "SELECT x.txn_id, x.ref, x.scheme_version, x.units_per_fen, r.units_per_fen AS rate,"
            " r.effective_from FROM entry x LEFT JOIN rate r ON r.version = x.scheme_version"
            " WHERE x.units_per_fen IS NOT NULL AND x.kind NOT IN ('bill_offset', 'bill_back')"
            " AND NOT coalesce(x.units_per_fen = r.units_per_fen"
            " AND r.effective_from <= x.business_date, false)",
        ),
        look(
            "offset_booked",
            "txn_id",
            "SELECT o.txn_id, o.ref, o.units_per_fen, x.units_per_fen AS of_posting FROM offset_booked o"
            " JOIN entry x ON x.txn_id = o.txn_id WHERE o.units_per_fen IS DISTINCT FROM"
            " CASE WHEN o.kind = 'voucher' THEN coalesce(x.units_per_fen, 0) ELSE x.units_per_fen END",
        ),
        needs="txn scheme_version",
        explained_by={
            "entry": "o.txn_id = f.txn_id",
            "scheme": "o.scheme_id || '/' || o.version = f.scheme_version",
        },
    ),
    check(
        "earning",
        look(
            "sale",
            "sale_id",
            "SELECT s.sale_id, s.ref, s.paid_fen, s.earned_units, x.scheme_version FROM sale s"
            " JOIN entry x ON x.txn_id = s.txn_id JOIN rate r ON r.version = x.scheme_version"
            " WHERE s.state = 'done' AND (s.earned_units > s.paid_fen * r.earn_units // r.earn_fen"
            "  OR s.earned_units > coalesce(r.earn_cap_units, s.earned_units)"
            "  OR s.offset_units > coalesce(r.offset_cap_units, s.offset_units)"
            "  OR s.offset_fen > s.total_fen * r.cap_percent // 100)",
        ),
        needs="txn scheme_version",
        explained_by={
            "sale": "o.sale_id = f.sale_id",
            "scheme": "o.scheme_id || '/' || o.version = f.scheme_version",
        },
    ),
)
"""Of the rules in force."""
