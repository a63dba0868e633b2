"""What must be true of fee bills at any moment, asked in raw SQL that shares nothing with the product's own code."""

from __future__ import annotations

from typing import Final

_BOOKED: Final = (
    "coalesce((SELECT sum(o.{what}) FROM offset_booked o WHERE o.community_id = f.community_id"
    " AND o.claimant_id = f.biller_id AND o.kind = 'bill' AND coalesce(o.original_ref, o.ref) = f.ref), 0)"
)
_STANDS: Final = (
    "coalesce((SELECT sum(CASE f.state WHEN 'held' THEN f.fen ELSE "
    + _BOOKED.format(what="fen")
    + " END) FROM fee_offset f WHERE f.community_id = b.community_id AND f.bill_id = b.bill_id), 0)"
)

CHECKS: Final[dict[str, str]] = {
    "a_fee_bill_is_paid_by_its_entries_within_its_ceiling": (
        f"SELECT b.* FROM fee_bill b WHERE b.offset_fen <> {_STANDS} OR b.offset_fen > b.ceiling_fen"
    ),
    "a_fee_offset_is_held_or_booked": (
        "SELECT f.* FROM fee_offset f WHERE CASE f.state WHEN 'held' THEN f.units ELSE 0 END <>"
        " coalesce((SELECT sum(h.amount) FROM hold h WHERE h.community_id = f.community_id"
        "  AND h.request_id = f.hold_request AND NOT EXISTS (SELECT 1 FROM hold_end e"
        "   WHERE e.community_id = h.community_id AND e.hold_id = h.hold_id)), 0)"
        " OR CASE f.state WHEN 'booked' THEN f.units - f.back_units ELSE 0 END <> "
        + _BOOKED.format(what="units")
    ),
}
"""Each names what holds; its query finds the rows where it does not. Written for both engines."""

MUTATIONS: Final[dict[str, str]] = {
    "a_fee_bill_is_paid_by_its_entries_within_its_ceiling": (
        "UPDATE fee_bill SET ceiling_fen = offset_fen - 1 WHERE offset_fen > 0"
    ),
    "a_fee_offset_is_held_or_booked": (
        "UPDATE fee_offset SET back_units = back_units + 20 WHERE state = 'booked'"
    ),
}
"""For each the statement that breaks it and no other, in a town with a bill that points pay in part."""
