"""The trial balance of a closed month as a block of the community's monthly report."""

from __future__ import annotations

from typing import Final

from ledger.book.period import TrialLine, find_period, trial_balance
from ledger.members.schemes import versions
from ledger.sql import Tx
from ledger.units import CNY, FIRST_POINT_COMMODITY, points_text
from settlement.account_names import ACCOUNT_NAMES
from settlement.sheet import Block, Cell, Row, ident, points, table, text, yuan
from settlement.words import Translate, mark

_HUNDREDTHS: Final = 2
_PLACES: Final = tuple(ACCOUNT_NAMES)


def trial_block(tx: Tx, community_id: int, month: int, *, translate: Translate) -> Block:
    """Every kind of account with all it was ever debited and credited; without rows while the month is open."""
    _ = translate
    closed = find_period(tx, community_id, month)
    lines = trial_balance(tx, community_id, month)
    kinds = _point_types(tx, community_id)
    header = [_(mark("Account")), _(mark("In")), _(mark("Debits")), _(mark("Credits"))]
    rows: list[Row] = []
    for commodity in sorted({line.commodity for line in lines}):
        name, precision = kinds.get(commodity, (_(mark("yuan")), _HUNDREDTHS))
        own = sorted((line for line in lines if line.commodity == commodity), key=_place)
        rows += [
            (
                text(_(ACCOUNT_NAMES.get(line.kind, line.kind))),
                text(name),
                _amount(commodity, line.debits, precision),
                _amount(commodity, line.credits, precision),
            )
            for line in own
        ]
        rows.append(
            (
                text(_(mark("Together"))),
                text(name),
                _amount(commodity, sum(line.debits for line in own), precision),
                _amount(commodity, sum(line.credits for line in own), precision),
            )
        )
    if closed is not None and rows:
        hashed = ident(closed.trial_balance_hash[:16])
        rows.append((text(_(mark("Fingerprint"))), hashed, text(None), text(None)))
    return table(_(mark("Trial balance at the close")), header, rows)


def _place(line: TrialLine) -> int:
    return _PLACES.index(line.kind) if line.kind in _PLACES else len(_PLACES)


def _point_types(tx: Tx, community_id: int) -> dict[int, tuple[str, int]]:
    """Name and decimals of each point type, by its number in the book."""
    adopted = versions(tx, community_id)
    types = adopted[-1].point_types if adopted else ()
    return {
        FIRST_POINT_COMMODITY + place: (kind.name, kind.precision)
        for place, kind in enumerate(types, start=1)
    }


def _amount(commodity: int, amount: int, precision: int) -> Cell:
    if commodity == CNY:
        return yuan(amount)
    return points(amount) if precision == _HUNDREDTHS else text(points_text(amount, precision))
