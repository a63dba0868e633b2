"""What of a book is written where the rest was audited a moment ago: entries from a place of the order on.

Such a part is no export of its own: it names the place it begins at, and the second engine reads it only after the
whole up to there, whose balances it carries on.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

_FRESH: Final = (
    "IN (SELECT entry_id FROM leaf WHERE community_id = :community_id AND leaf_index >= :since"
    " UNION ALL SELECT entry_id FROM outbox WHERE community_id = :community_id)"
)
_OPEN: Final = (
    "t.run_no IN (SELECT run_no FROM night_run WHERE community_id = :community_id"
    " AND state <> 'locked')"
)

PART: Final = MappingProxyType(
    {
        "account": "",
        "balance": "",
        "txn": f"t.txn_id {_FRESH}",
        "transfer": f"t.txn_id {_FRESH}",
        "offset_booked": f"t.txn_id {_FRESH}",
        "audit": f"t.audit_id {_FRESH}",
        "leaf": "t.leaf_index >= :since",
        "outbox": "",
        "book_day": "",
        "night_run": _OPEN,
        "night_total": _OPEN,
    }
)
"""The tables of a part, each with which of its rows (`t`); '' for all."""
