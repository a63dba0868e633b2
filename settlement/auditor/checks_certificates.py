"""Checks of certificates on paper: what waits for each, and how it ended."""

from __future__ import annotations

from typing import Final

from settlement.auditor.registry import Check, check, look

CERTIFICATES: Final[tuple[Check, ...]] = (
    check(
        "certificate",
        look(
            "certificate_end",
            "certificate_id",
            "SELECT certificate_id, count(*) AS ends FROM certificate_end GROUP BY certificate_id HAVING count(*) > 1",
        ),
        look(
            "certificate",
            "certificate_id",
            # Its points wait in the wallet of whoever it was printed for, as long as it is good and no longer.
            "SELECT c.certificate_id, c.units, h.amount AS held, c.last_day, c.business_date, e.how, x.how AS hold_how"
            " FROM certificate c LEFT JOIN hold h ON h.hold_id = c.hold_id"
            " LEFT JOIN account a ON a.account_id = h.account_id"
            " LEFT JOIN hold_end x ON x.hold_id = c.hold_id"
            " LEFT JOIN certificate_end e ON e.certificate_id = c.certificate_id"
            " WHERE NOT coalesce(h.amount = c.units AND h.purpose = 'certificate' AND h.request_id = c.request_id"
            "  AND h.commodity = c.commodity AND a.kind = 'wallet' AND a.owner_id = c.wallet_owner_id"
            "  AND c.last_day >= c.business_date"
            "  AND CASE WHEN e.how IS NULL THEN x.how IS NULL"
            "   WHEN e.how = 'used' THEN coalesce(x.how = 'captured', false)"
            "   ELSE coalesce(x.how = 'released', false) END, false)",
        ),
        look(
            "certificate_end",
            "certificate_id",
            "SELECT e.certificate_id, e.how, e.used_units, c.units, x.captured, e.txn_id, o.units AS booked_units"
            " FROM certificate_end e LEFT JOIN certificate c ON c.certificate_id = e.certificate_id"
            " LEFT JOIN hold_end x ON x.hold_id = c.hold_id LEFT JOIN entry n ON n.txn_id = e.txn_id"
            " LEFT JOIN offset_booked o ON o.txn_id = e.txn_id"
            " WHERE NOT coalesce(CASE WHEN e.how = 'used' THEN e.used_units > 0 AND e.used_units <= c.units"
            "   AND x.captured = e.used_units AND x.txn_id = e.txn_id AND n.kind = 'sale'"
            "   AND n.wallet_owner_id = c.wallet_owner_id"
            "   AND n.business_date = e.business_date AND o.claimant_id = e.merchant_id"
            "   AND o.terminal_id = e.terminal_id AND o.ref = e.ref AND o.units = e.used_units"
            "   AND e.business_date BETWEEN c.business_date AND c.last_day"
            "  WHEN e.how IN ('cancelled', 'expired') THEN e.used_units = 0 AND e.txn_id IS NULL AND e.ref IS NULL"
            "   AND (e.how = 'cancelled' OR e.business_date > c.last_day) ELSE false END, false)",
        ),
        needs="hold hold_end account offset_booked",
        explained_by={
            "I5": "o.hold_id = f.hold_id",
            "I7": "o.hold_id = f.hold_id",
            "entry": "o.txn_id = f.txn_id",
            "I2": "o.txn_id = f.txn_id",
        },
    ),
)
