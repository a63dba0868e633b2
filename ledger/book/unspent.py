"""What of a wallet's points was earned up to a day and is not spent, the oldest spent first, without lots.

Lots spent in the order they were earned leave `max(0, C - D)` of what was earned up to a day: C is all that was earned
up to it, D all that has gone since the beginning. Earning that a refund undoes was never earned: it comes off C at the
day it was earned on. Points that come back (a refund of an offset, an expiry reversed) undo the latest spending: they
come off D.

Points that pass to another wallet keep their day: there they count as earned on it, here as never earned. What is
earned on one day may then fall below nothing (goods come back whose points have moved away); what stands before it
pays for that, so a wallet that ever took part in a move is reckoned day by day.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from ledger.sql import Sql, Tx

_SOURCES: Final = "'issued_consumption', 'issued_deed', 'issued_grant', 'pending', 'wallet'"
"""Credits from these are earned; debits to these undo earning."""

_MOVED: Final = (
    "WITH moved AS ("
    " SELECT w.owner_id, w.account_id, t.txn_id, t.amount AS units,"
    f"  CASE WHEN o.kind IN ({_SOURCES}) THEN 1 ELSE 0 END AS is_earning,"
    "  CASE WHEN o.kind = 'wallet' THEN 1 ELSE 0 END AS is_move"
    "  FROM account w JOIN transfer t ON t.community_id = w.community_id AND t.credit_id = w.account_id"
    "  JOIN account o ON o.community_id = t.community_id AND o.account_id = t.debit_id"
    "  WHERE w.community_id = :community_id AND w.kind = 'wallet' AND w.commodity = :commodity{only}"
    " UNION ALL"
    " SELECT w.owner_id, w.account_id, t.txn_id, -t.amount,"
    f"  CASE WHEN o.kind IN ({_SOURCES}) THEN 1 ELSE 0 END,"
    "  CASE WHEN o.kind = 'wallet' THEN 1 ELSE 0 END"
    "  FROM account w JOIN transfer t ON t.community_id = w.community_id AND t.debit_id = w.account_id"
    "  JOIN account o ON o.community_id = t.community_id AND o.account_id = t.credit_id"
    "  WHERE w.community_id = :community_id AND w.kind = 'wallet' AND w.commodity = :commodity{only}"
    ")"
)
_DAY: Final = "coalesce(r.corrects_date, r.business_date, x.corrects_date, x.business_date)"
_ENTRIES: Final = (
    " FROM moved m JOIN txn x ON x.community_id = :community_id AND x.txn_id = m.txn_id"
    " LEFT JOIN txn r ON r.community_id = x.community_id AND r.txn_id = x.reverses_txn"
)
_TEXT: Final = (
    f"{_MOVED}, sums AS ("
    " SELECT m.owner_id, m.account_id,"
    f"  sum(CASE WHEN m.is_earning = 1 AND {_DAY} <= :earned_until THEN m.units ELSE 0 END) AS earned,"
    "  sum(CASE WHEN m.is_earning = 1 THEN 0 ELSE -m.units END) AS used,"
    "  max(m.is_move) AS took_part"
    f" {_ENTRIES} GROUP BY m.owner_id, m.account_id"
    ") SELECT s.owner_id, s.account_id, s.earned, s.used, b.held, s.took_part FROM sums s"
    " JOIN balance b ON b.community_id = :community_id AND b.account_id = s.account_id"
    " ORDER BY s.owner_id"
)
_DAYS_TEXT: Final = (
    f"{_MOVED} SELECT m.owner_id, CASE WHEN m.is_earning = 1 THEN {_DAY} ELSE 0 END AS day,"
    f" sum(m.units) AS units {_ENTRIES}"
    f" GROUP BY m.owner_id, CASE WHEN m.is_earning = 1 THEN {_DAY} ELSE 0 END"
)
_ONLY: Final = {
    "sqlite": " AND w.owner_id IN (SELECT value FROM json_each(:owners))",
    "postgresql": " AND w.owner_id = ANY(:owners)",
}
_ALL: Final = Sql(_TEXT.format(only=""))
_SOME: Final = {dialect: Sql(_TEXT.format(only=only)) for dialect, only in _ONLY.items()}
_DAYS: Final = {dialect: Sql(_DAYS_TEXT.format(only=only)) for dialect, only in _ONLY.items()}


class Unspent(NamedTuple):
    """One wallet, in units: `earned` up to the day asked for, `used` in all, `held` at this moment."""

    owner_id: int
    wallet_id: int
    earned: int
    used: int
    held: int

    @property
    def units(self) -> int:
        """What is left of the points earned up to the day; points set aside are still the owner's."""
        return max(0, self.earned - self.used)

    @property
    def free_units(self) -> int:
        """The same where points set aside for an unfinished purchase count as spent."""
        return max(0, self.earned - self.used - self.held)


class Lot(NamedTuple):
    """Points of one wallet that were earned on one day (yyyymmdd) and are not spent, in units."""

    earned_on: int
    units: int


def unspent(
    tx: Tx,
    community_id: int,
    commodity: int,
    earned_until: int,
    owners: Sequence[int] | None = None,
) -> list[Unspent]:
    """Every wallet of a kind of points (or those of `owners`) that ever moved, by owner.

    `earned_until` is a business date (yyyymmdd), counted in. A sale's points count as earned on the day of the sale,
    whenever they were proven; an entry reversed counts on the day of the entry it undoes; points that came from another
    wallet on the day they were earned there.
    """
    asked: dict[str, Any] = {
        "community_id": community_id,
        "commodity": commodity,
        "earned_until": earned_until,
    }
    statement = _ALL if owners is None else _SOME[tx.dialect]
    rows = tx.all(statement, **asked, **({} if owners is None else {"owners": _given(tx, owners)}))
    found = [Unspent(*(int(value) for value in row[:5])) for row in rows]
    took_part = [int(row.owner_id) for row in rows if row.took_part]
    if not took_part:
        return found
    days = _days_of(tx, community_id, commodity, took_part)
    return [
        wallet._replace(earned=_earned_until(days[wallet.owner_id].earned, earned_until))
        if wallet.owner_id in days
        else wallet
        for wallet in found
    ]


def lots_of(
    tx: Tx, community_id: int, commodity: int, owner_id: int, *, held: int = 0
) -> list[Lot]:
    """What is left of a wallet's points by the day they were earned, the oldest first; the sum is what is in it.

    `held` units count as spent: what is left are the points that are free.
    """
    days = _days_of(tx, community_id, commodity, [owner_id]).get(owner_id)
    if days is None:
        return []
    lots, before = list[Lot](), 0
    for day in sorted(days.earned):
        left = max(0, _earned_until(days.earned, day) - days.used - held)
        if left > before:
            lots.append(Lot(day, left - before))
            before = left
    return lots


class _Days(NamedTuple):
    earned: dict[int, int]
    used: int


def _days_of(tx: Tx, community_id: int, commodity: int, owners: Sequence[int]) -> dict[int, _Days]:
    rows = tx.all(
        _DAYS[tx.dialect],
        community_id=community_id,
        commodity=commodity,
        owners=_given(tx, owners),
    )
    found: dict[int, dict[int, int]] = {}
    for row in rows:
        found.setdefault(int(row.owner_id), {})[int(row.day)] = int(row.units)
    return {owner: _Days(days, -days.pop(0, 0)) for owner, days in found.items()}


def _earned_until(earned: dict[int, int], until: int) -> int:
    """What was earned up to a day, less what later days lack: points that were taken back come off older ones."""
    total = sum(units for day, units in earned.items() if day <= until)
    return min(_running(total, sorted(item for item in earned.items() if item[0] > until)))


def _running(total: int, later: Iterable[tuple[int, int]]) -> Iterable[int]:
    yield total
    for _, units in later:
        total += units
        yield total


def _given(tx: Tx, owners: Sequence[int]) -> Any:  # noqa: ANN401 - each driver's own form of a list
    return json.dumps(list(owners)) if tx.dialect == "sqlite" else list(owners)
