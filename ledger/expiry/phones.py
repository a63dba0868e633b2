"""Which owners of wallets see their page on a phone, and who must be told on paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ledger.expiry.store import among, given
from ledger.sql import Tx

_TEXT: Final = (
    "SELECT DISTINCT l.owner_id FROM (SELECT r.community_id, r.person_id, r.{column} AS owner_id"
    " FROM resident r WHERE r.community_id = :community_id AND r.state = 'active') l JOIN card c"
    " ON c.community_id = l.community_id AND c.person_id = l.person_id"
    " WHERE c.kind = 'phone' AND c.state = 'active'{{only}}"
)
_PERSONS: Final = among(_TEXT.format(column="person_id"))
_HOUSEHOLDS: Final = among(_TEXT.format(column="household_id"))


def with_phone(
    tx: Tx, community_id: int, owners: Sequence[int], *, of_households: bool
) -> set[int]:
    """Those of `owners` (households or persons) of whom somebody carries their code on a phone."""
    text = (_HOUSEHOLDS if of_households else _PERSONS)[tx.dialect]
    rows = tx.all(text, community_id=community_id, owners=given(tx, owners))
    return {int(row.owner_id) for row in rows}
