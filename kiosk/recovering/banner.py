"""What every page of the office says while the book is not whole."""

from __future__ import annotations

from typing import Final

from kiosk.pages import say
from kiosk.texts import mark
from ledger.recovery import alarms, epochs
from ledger.sql import Tx

_OPEN: Final = mark("The book is being brought back after a loss. No points are spent until then.")
_BEHIND: Final = mark(
    "A till was told of sales that the book does not have: it was put back from an older copy. Stop "
    "the server and bring back what is missing."
)


def banner(tx: Tx, community_id: int) -> str:
    """The sentence; '' where the book is whole."""
    found = epochs.find_open(tx, community_id)
    if found is not None:
        return say(_OPEN) if found.state != "applied" else ""
    return say(_BEHIND) if alarms.count_alarms(tx, community_id) else ""
