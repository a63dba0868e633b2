"""The caps on one bill that somebody may want to stay just below, from the scheme of a day."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ledger.errors import Refusal
from ledger.members.schemes import scheme_on
from ledger.sql import Tx

_FEN_A_YUAN: Final = 100


def limits_on(tx: Tx, community_id: int, day: int) -> tuple[int, ...]:
    """Bills in fen above which a sale earns no more on a business date (yyyymmdd): whoever has larger ones splits them.

    The floor up to which no PIN is asked for is one of a day's sum, and three sales cannot each lie just below it.
    Nothing where the community has no scheme on that day.
    """
    try:
        rules = scheme_on(tx, community_id, day).spend_rules
    except Refusal:
        return ()
    caps = {
        int(Decimal(rule.cap_txn_points) / Decimal(rule.points_per_yuan) * _FEN_A_YUAN)
        for rule in rules
        if rule.cap_txn_points is not None
    }
    return tuple(sorted(caps))
