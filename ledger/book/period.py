"""A month in the book: closed over a prefix of the order, with the trial balance as it then stands.

Closing writes, for each account without a balance row, what moved on it since the month closed before (`rollup`), and
for each kind of account its debits and credits so far (`trial_balance`). Sums then read the rollups and the tail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from ledger.book import day as book_day
from ledger.earning.calendar import day_key, month_by_key
from ledger.errors import Refusal
from ledger.sql import Row, Sql, Tx

_FIND: Final = Sql(
    "SELECT period_key, state, first_date, last_date, tree_size, root, trial_balance_hash, closed_at"
    " FROM period WHERE community_id = :community_id AND period_key = :period_key"
)
_CLOSED: Final = Sql(
    "SELECT period_key, state, first_date, last_date, tree_size, root, trial_balance_hash, closed_at"
    " FROM period WHERE community_id = :community_id AND state = 'closed' ORDER BY period_key"
)
_LAST_CLOSED: Final = Sql(
    "SELECT coalesce(max(tree_size), 0) AS tree_size FROM period"
    " WHERE community_id = :community_id AND state = 'closed'"
)
_EARLIER_OPEN: Final = Sql(
    "SELECT min(d.business_date) AS business_date FROM book_day d"
    " WHERE d.community_id = :community_id AND d.state = 'locked' AND d.business_date < :first_date"
    " AND NOT EXISTS (SELECT 1 FROM period p WHERE p.community_id = d.community_id"
    "  AND p.state = 'closed' AND p.first_date <= d.business_date AND p.last_date >= d.business_date)"
)
# A month is closed over what came in since the close before it, so one that lies before another's close has nothing.
_PASSED: Final = Sql(
    "SELECT (SELECT max(period_key) FROM period WHERE community_id = :community_id AND state = 'closed')"
    " AS closed, (SELECT min(business_date) FROM book_day WHERE community_id = :community_id"
    "  AND state = 'locked') AS first_date"
    " FROM community WHERE community_id = :community_id"
)
_BEGIN: Final = Sql(
    "INSERT INTO period (community_id, period_key, state, first_date, last_date, tree_size, root,"
    " trial_balance_hash, closed_at) VALUES (:community_id, :period_key, 'closing', :first_date,"
    " :last_date, NULL, '', '', NULL) ON CONFLICT (community_id, period_key) DO NOTHING"
)
# Taken first: a second worker waits here and then finds that the month is closed.
_TAKE: Final = Sql(
    "UPDATE period SET state = 'closing' WHERE community_id = :community_id"
    " AND period_key = :period_key AND state = 'closing'"
)
_CLOSE: Final = Sql(
    "UPDATE period SET state = 'closed', tree_size = :tree_size, root = :root,"
    " trial_balance_hash = :trial_balance_hash, closed_at = :at WHERE community_id = :community_id"
    " AND period_key = :period_key AND state = 'closing'"
)
_MOVES: Final = (
    "SELECT t.community_id, t.debit_id AS account_id, t.amount AS debits, 0 AS credits FROM leaf l"
    " JOIN transfer t ON t.community_id = l.community_id AND t.txn_id = l.entry_id"
    " WHERE l.community_id = :community_id AND l.leaf_index >= :first_leaf AND l.leaf_index < :end_leaf"
    " UNION ALL SELECT t.community_id, t.credit_id, 0, t.amount FROM leaf l"
    " JOIN transfer t ON t.community_id = l.community_id AND t.txn_id = l.entry_id"
    " WHERE l.community_id = :community_id AND l.leaf_index >= :first_leaf AND l.leaf_index < :end_leaf"
)
_ROLL_UP: Final = Sql(
    "INSERT INTO rollup (community_id, account_id, period_key, debits, credits)"
    " SELECT a.community_id, a.account_id, :period_key, sum(m.debits), sum(m.credits)"
    f" FROM ({_MOVES}) m JOIN account a ON a.community_id = m.community_id"
    "  AND a.account_id = m.account_id WHERE a.community_id = :community_id AND a.bounded = 0"
    " GROUP BY a.community_id, a.account_id"
)
_MOVED: Final = Sql(
    "SELECT a.commodity, a.kind, sum(m.debits) AS debits, sum(m.credits) AS credits"
    f" FROM ({_MOVES}) m JOIN account a ON a.community_id = m.community_id"
    "  AND a.account_id = m.account_id GROUP BY a.commodity, a.kind ORDER BY a.commodity, a.kind"
)
_LINES: Final = Sql(
    "SELECT commodity, kind, debits, credits FROM trial_balance"
    " WHERE community_id = :community_id AND period_key = :period_key ORDER BY commodity, kind"
)
_KEEP_LINE: Final = Sql(
    "INSERT INTO trial_balance (community_id, period_key, commodity, kind, debits, credits)"
    " VALUES (:community_id, :period_key, :commodity, :kind, :debits, :credits)"
)
_NEWEST: Final = Sql(
    "SELECT max(period_key) AS period_key FROM period WHERE community_id = :community_id AND state = 'closed'"
)
_BEFORE: Final = Sql(
    "SELECT max(period_key) AS period_key FROM period WHERE community_id = :community_id"
    " AND state = 'closed' AND period_key < :period_key"
)


class BookPeriod(NamedTuple):
    """A month (yyyymm): `open`, `closing` or `closed`; the rest is empty until it is closed."""

    period_key: int
    state: str
    first_date: int
    last_date: int
    tree_size: int | None
    root: str
    trial_balance_hash: str
    closed_at: int | None


class TrialLine(NamedTuple):
    """One kind of account of one commodity: everything ever debited and credited, up to the close."""

    commodity: int
    kind: str
    debits: int
    credits: int


def find_period(tx: Tx, community_id: int, period_key: int) -> BookPeriod | None:
    """A month that is closing or closed; None while it is open."""
    row = tx.find(_FIND, community_id=community_id, period_key=period_key)
    return None if row is None else BookPeriod(*row)


def last_closed(tx: Tx, community_id: int) -> int:
    """The newest closed month (yyyymm), 0 where none is."""
    return int(tx.get(_NEWEST, community_id=community_id).period_key or 0)


def begin_close(tx: Tx, community_id: int, period_key: int, *, at: int) -> BookPeriod:
    """Begin to close a month (yyyymm), or go on with one begun before; every day of it is locked from now on.

    Refuses: month_bad, month_not_closed (its last day is not locked), month_earlier_open, month_passed (it lies before
    the first day of the book, or before a month that is closed).
    """
    try:
        days = month_by_key(period_key)
    except ValueError:
        raise Refusal("month_bad") from None
    first, last = day_key(days.first), day_key(days.last)
    if book_day.last_locked(tx, community_id) < last:
        raise Refusal("month_not_closed", month=period_key)
    earlier = tx.get(_EARLIER_OPEN, community_id=community_id, first_date=first).business_date
    if earlier is not None:
        raise Refusal("month_earlier_open", month=int(earlier) // 100)
    if find_period(tx, community_id, period_key) is None:
        passed = tx.get(_PASSED, community_id=community_id)
        if period_key < int(passed.closed or 0) or int(passed.first_date) > last:
            raise Refusal("month_passed", month=period_key)
    here = {"community_id": community_id, "period_key": period_key}
    if tx.run(_BEGIN, **here, first_date=first, last_date=last):
        # Days before the first night, and days without one, take no entry any more either.
        day = days.first
        while day <= days.last:
            book_day.lock(tx, community_id, day_key(day), at=at)
            day += timedelta(days=1)
    return get_period(tx, community_id, period_key)


def close(
    tx: Tx, community_id: int, period_key: int, tree_size: int, *, root: str, at: int
) -> bool:
    """Close a month that is closing over the places [0, tree_size) of the order; False where it is closed already.

    `root`: the seal's root over that prefix, in hex.
    """
    here = {"community_id": community_id, "period_key": period_key}
    if tx.run(_TAKE, **here) != 1:
        return False
    lines = _balance(tx, community_id, period_key, tree_size)
    hashed = trial_hash(community_id, period_key, tree_size, lines)
    tx.run(_CLOSE, **here, tree_size=tree_size, root=root, trial_balance_hash=hashed, at=at)
    tx.many(_KEEP_LINE, [{**here, **line._asdict()} for line in lines])
    return True


def get_period(tx: Tx, community_id: int, period_key: int) -> BookPeriod:
    """A month that is closing or closed; LookupError while it is open."""
    return BookPeriod(*tx.get(_FIND, community_id=community_id, period_key=period_key))


def closed_periods(tx: Tx, community_id: int) -> list[BookPeriod]:
    """Every month that is closed, in order."""
    return [BookPeriod(*row) for row in tx.all(_CLOSED, community_id=community_id)]


def trial_balance(tx: Tx, community_id: int, period_key: int) -> list[TrialLine]:
    """The trial balance of a closed month, by commodity and kind."""
    rows = tx.all(_LINES, community_id=community_id, period_key=period_key)
    return [_line(row) for row in rows]


def trial_hash(
    community_id: int, period_key: int, tree_size: int, lines: Sequence[TrialLine]
) -> str:
    """SHA-256 in hex over the trial balance as text: a head, then a line for each kind, in order."""
    head = f"jifen-trial-balance/1\n{community_id} {period_key} {tree_size}\n"
    body = "".join(f"{commodity} {kind} {d} {c}\n" for commodity, kind, d, c in sorted(lines))
    return hashlib.sha256((head + body).encode()).hexdigest()


def _balance(tx: Tx, community_id: int, period_key: int, tree_size: int) -> list[TrialLine]:
    """Write the rollups of the range since the close before; gives the trial balance so far."""
    here = {"community_id": community_id, "period_key": period_key}
    first_leaf = int(tx.get(_LAST_CLOSED, community_id=community_id).tree_size)
    span = {"community_id": community_id, "first_leaf": first_leaf, "end_leaf": tree_size}
    tx.run(_ROLL_UP, **span, period_key=period_key)
    before = tx.get(_BEFORE, **here).period_key
    sums = {
        (line.commodity, line.kind): line
        for line in (trial_balance(tx, community_id, int(before)) if before else ())
    }
    for row in tx.all(_MOVED, **span):
        line = _line(row)
        known = sums.get((line.commodity, line.kind), line._replace(debits=0, credits=0))
        sums[line.commodity, line.kind] = known._replace(
            debits=known.debits + line.debits, credits=known.credits + line.credits
        )
    return [sums[key] for key in sorted(sums)]


def _line(row: Row) -> TrialLine:
    return TrialLine(int(row.commodity), str(row.kind), int(row.debits), int(row.credits))
