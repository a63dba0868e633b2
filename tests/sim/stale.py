"""What PostgreSQL allows and one writer on SQLite does not: a decision on figures read before the write began."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from ledger.sql import Row, Tx
from pos import decide, redemption
from pos.desk import StaleTermsError
from pos.situation import Asked, look

_ROUNDS = 2
"""Transactions between the look and the write, so that others have time to come in between."""


def decide_on_old_figures(chance: Random, thousandths: int) -> Callable[[], None]:
    """Let some requests be decided on what was read in an earlier transaction, with others in between; the way back.

    Only a request's first try is stale: a guard that misses decides anew on fresh figures.
    """
    kept: dict[tuple[Any, str], tuple[int, Row | None]] = {}

    def old_look(tx: Tx, asked: Asked, **how: bool) -> Row:
        row = look(tx, asked, **how)
        # A process that died takes what it had read with it: another one reads for itself.
        key = (tx.raw, asked.request_id)
        if key not in kept:
            stale = chance.randrange(1000) < thousandths
            kept[key] = (_ROUNDS, row) if stale else (0, None)
        rounds, old = kept[key]
        if rounds:
            kept[key] = (rounds - 1, old)
            # Ends this transaction; a later one decides on the row kept here.
            raise StaleTermsError
        kept[key] = (0, None)
        return row if old is None else old

    modules: tuple[Any, ...] = (decide, redemption)
    for module in modules:
        module.look = old_look

    def back() -> None:
        for module in modules:
            module.look = look

    return back
