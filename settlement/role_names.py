"""Whoever acted as a file calls them: the role they acted in and their number, never a name."""

from __future__ import annotations

from typing import Final

from ledger.audit import By
from ledger.sql import Tx
from settlement.act_log import role_at
from settlement.words import Translate, mark

_ROLES: Final = {
    "counter_volunteer": mark("volunteer at the counter"),
    "grid_worker": mark("grid worker"),
    "accountant": mark("accountant"),
    "secretary": mark("secretary"),
    "committee": mark("committee member"),
    "auditor": mark("auditor"),
    "admin": mark("administrator"),
}


def staff_words(
    tx: Tx, community_id: int, staff_id: int | None, *, at: int | None, translate: Translate
) -> str | None:
    """`accountant 3`: the role held at a moment and the number; None where nobody acted yet."""
    if staff_id is None or at is None:
        return None
    role = role_at(tx, community_id, By("staff", staff_id), at=at)
    return f"{translate(_ROLES[role])} {staff_id}" if role in _ROLES else str(staff_id)
