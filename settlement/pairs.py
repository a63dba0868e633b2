"""The join of a night: the range's offsets against the run's claims, all at once.

The two engines are quick in different ways: PostgreSQL by one FULL JOIN of two bounded scans
(told not to loop, since its statistics know nothing of what came this evening), SQLite by keyed
look-ups, the FULL JOIN written as its two halves. Both give the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from ledger.book.offsets import BOOKED, IN_RANGE, IN_SPAN, OFF_RATE, OFFSET_COLUMNS, span_of
from ledger.sql import Sql, Tx
from settlement.matching import CLOCK_US, Booked, Claimed
from settlement.sides import Run


class Filed(NamedTuple):
    """A claim of this run whose offset is not in the range."""

    claimant_id: int
    ref: str
    claimed: Claimed
    business_date: int


class Pairs(NamedTuple):
    """What the join gives: sums of everything, and only the lines that do not simply agree.

    `sums`: for each till and day the fields of TillSum, then those of Sum for its matched lines.
    `claimed`: a shop and the fields of Sum for all it claimed in this run.
    """

    sums: list[tuple[int, ...]]
    claimed: list[tuple[int, ...]]
    odd: list[tuple[Booked, Claimed | None]]
    filed: list[Filed]


_SAME_TIME: Final = (
    f"(o.terminal_id = 0 OR abs(c.occurred_at - o.occurred_at) <= {CLOCK_US}"
    # A date alone was read as its midnight.
    " OR ((c.occurred_at + :zone_us) % 86400000000 = 0 AND (c.occurred_at + :zone_us) / 86400000000"
    "  = (o.occurred_at + :zone_us) / 86400000000))"
)
_EQUAL: Final = f"o.business_date <= :day AND c.fen = o.fen AND c.units = o.units AND {_SAME_TIME}"
"""Of an offset with a claim; without one it is null, which counts as nothing."""


def _by_sign(larger: str, row: str, rest: str = "") -> str:
    """Sums of units and fen, plus and minus apart; `larger` is the engine's word for the larger."""
    return ", ".join(
        f"sum({larger}({sign}{row}.{what}, 0)){rest}"
        for what in ("units", "fen")
        for sign in ("", "-")
    )


_GROUPS: Final = " GROUP BY o.claimant_id, o.terminal_id, o.business_date"
_OFFSET_FIELDS: Final = len(Booked._fields)

# --- SQLite

_MATCHED: Final = f" FILTER (WHERE {_EQUAL})"
_WITH_CLAIM: Final = (
    f" FROM {BOOKED}"
    " LEFT JOIN claim c ON c.community_id = o.community_id AND c.claimant_id = o.claimant_id"
    " AND c.ref = o.ref AND EXISTS (SELECT 1 FROM claim_batch f"
    "  WHERE f.community_id = c.community_id AND f.batch_id = c.batch_id AND f.run_no = :run_no)"
)
_SQLITE_SUMS: Final = Sql(
    f"SELECT o.claimant_id, o.terminal_id, o.business_date, count(*), {_by_sign('max', 'o')},"
    f" count(*) FILTER (WHERE {OFF_RATE}), count(*){_MATCHED},"
    f" {_by_sign('max', 'o', _MATCHED)}, count(*){_MATCHED}{_WITH_CLAIM}{IN_RANGE}{_GROUPS}"
)
_SQLITE_ODD: Final = Sql(
    f"SELECT {OFFSET_COLUMNS}, c.batch_id, c.line_no, c.kind, c.units, c.fen, c.occurred_at"
    f"{_WITH_CLAIM}{IN_RANGE} AND (c.ref IS NULL OR NOT ({_EQUAL}))"
)
_SQLITE_FILED: Final = Sql(
    "SELECT c.claimant_id, c.ref, c.batch_id, c.line_no, c.kind, c.units, c.fen, c.occurred_at,"
    " c.business_date FROM claim_batch f"
    " JOIN claim c ON c.community_id = f.community_id AND c.batch_id = f.batch_id"
    " LEFT JOIN offset_booked o ON o.community_id = c.community_id"
    "  AND o.claimant_id = c.claimant_id AND o.ref = c.ref"
    " LEFT JOIN leaf l ON l.community_id = o.community_id AND l.entry_id = o.txn_id"
    "  AND l.leaf_index >= :first_leaf AND l.leaf_index < :end_leaf"
    " WHERE f.community_id = :community_id AND f.run_no = :run_no AND l.entry_id IS NULL"
)
_SQLITE_CLAIMED: Final = Sql(
    f"SELECT c.claimant_id, count(*), {_by_sign('max', 'c')}, count(*) FROM claim_batch f"
    " JOIN claim c ON c.community_id = f.community_id AND c.batch_id = f.batch_id"
    " WHERE f.community_id = :community_id AND f.run_no = :run_no GROUP BY c.claimant_id"
)

# --- PostgreSQL

_BATCHES: Final = Sql(
    "SELECT batch_id FROM claim_batch WHERE community_id = :community_id AND run_no = :run_no"
)
_POSTGRESQL: Final = Sql(
    f"WITH booked AS (SELECT {OFFSET_COLUMNS} FROM {BOOKED}{IN_RANGE}{IN_SPAN}),"
    " filed AS (SELECT claimant_id, ref, batch_id, line_no, kind, units, fen, occurred_at,"
    "  business_date FROM claim"
    "  WHERE community_id = :community_id AND batch_id = ANY(:batches)),"
    # OFFSET 0 keeps the comparison from being worked out again for each sum.
    " joined AS ("
    f"  SELECT {OFFSET_COLUMNS}, c.claimant_id AS c_claimant, c.ref AS c_ref, c.batch_id,"
    "   c.line_no, c.kind AS c_kind, c.units AS c_units, c.fen AS c_fen, c.occurred_at AS c_at,"
    f"   c.business_date AS c_date, coalesce({_EQUAL}, false) AS equal"
    "  FROM booked o FULL JOIN filed c ON c.claimant_id = o.claimant_id AND c.ref = o.ref OFFSET 0)"
    " SELECT coalesce(o.claimant_id, o.c_claimant) AS shop, o.terminal_id, o.business_date,"
    f" ARRAY[count(o.ref), {_by_sign('greatest', 'o')},"
    f"  count(*) FILTER (WHERE {OFF_RATE}), count(*) FILTER (WHERE equal),"
    f"  {_by_sign('greatest', 'o', ' FILTER (WHERE equal)')},"
    "  count(*) FILTER (WHERE equal)] AS sums,"
    " ARRAY[count(o.c_ref), sum(greatest(o.c_units, 0)), sum(greatest(-o.c_units, 0)),"
    "  sum(greatest(o.c_fen, 0)), sum(greatest(-o.c_fen, 0)), count(o.c_ref)] AS claimed,"
    f" json_agg(json_build_array({OFFSET_COLUMNS}, o.batch_id, o.line_no, o.c_kind, o.c_units,"
    "  o.c_fen, o.c_at)) FILTER (WHERE o.ref IS NOT NULL AND NOT equal) AS odd,"
    " json_agg(json_build_array(o.c_claimant, o.c_ref, o.batch_id, o.line_no, o.c_kind, o.c_units,"
    "  o.c_fen, o.c_at, o.c_date)) FILTER (WHERE o.ref IS NULL) AS filed"
    " FROM joined o GROUP BY coalesce(o.claimant_id, o.c_claimant), o.terminal_id, o.business_date"
)
_PLAN: Final = (
    "SET LOCAL enable_nestloop = off",
    "SET LOCAL enable_mergejoin = off",
    # There are as many groups as tills and days: to sort a million joined lines for them takes half of all the time.
    "SET LOCAL enable_sort = off",
    "SET LOCAL work_mem = '64MB'",
)
_PLAN_BACK: Final = (
    "SET LOCAL enable_nestloop TO DEFAULT",
    "SET LOCAL enable_mergejoin TO DEFAULT",
    "SET LOCAL enable_sort TO DEFAULT",
    "SET LOCAL work_mem TO DEFAULT",
)


def join(tx: Tx, run: Run) -> Pairs:
    """Join the range's offsets with the run's claims; reading only."""
    return _join_sqlite(tx, run) if tx.dialect == "sqlite" else _join_postgresql(tx, run)


def _join_sqlite(tx: Tx, run: Run) -> Pairs:
    span = {
        "community_id": run.community_id,
        "run_no": run.run_no,
        "first_leaf": run.first_leaf,
        "end_leaf": run.end_leaf,
    }
    run_no = {"community_id": run.community_id, "run_no": run.run_no}
    day = {**span, "day": run.day, "zone_us": run.zone_us}
    return Pairs(
        sums=_ordered(tx.execute(_SQLITE_SUMS, day).fetchall()),
        claimed=_ordered(tx.execute(_SQLITE_CLAIMED, run_no).fetchall()),
        odd=[_odd(row) for row in tx.execute(_SQLITE_ODD, day).fetchall()],
        filed=[_filed(row) for row in tx.execute(_SQLITE_FILED, span).fetchall()],
    )


def _join_postgresql(tx: Tx, run: Run) -> Pairs:
    here = {"community_id": run.community_id}
    first_txn, last_txn = span_of(tx, run.community_id, run.first_leaf, run.end_leaf)
    batches = [row.batch_id for row in tx.all(_BATCHES, **here, run_no=run.run_no)]
    for setting in _PLAN:
        tx.raw.execute(setting)
    rows = tx.all(
        _POSTGRESQL,
        **here,
        first_leaf=run.first_leaf,
        end_leaf=run.end_leaf,
        first_txn=first_txn,
        last_txn=last_txn,
        batches=batches,
        day=run.day,
        zone_us=run.zone_us,
    )
    for setting in _PLAN_BACK:
        tx.raw.execute(setting)
    claimed: dict[int, tuple[int, ...]] = {}
    for row in rows:
        before = claimed.get(row.shop, (0,) * len(row.claimed))
        claimed[row.shop] = tuple(a + int(b or 0) for a, b in zip(before, row.claimed, strict=True))
    return Pairs(
        sums=_ordered(
            [row.shop, row.terminal_id, row.business_date, *row.sums]
            for row in rows
            if row.terminal_id is not None
        ),
        claimed=_ordered((shop, *sums) for shop, sums in claimed.items() if sums[0]),
        odd=[_odd(line) for row in rows for line in row.odd or ()],
        filed=[_filed(line) for row in rows for line in row.filed or ()],
    )


def _ordered(rows: Iterable[Sequence[Any]]) -> list[tuple[int, ...]]:
    # A sum over no line is null.
    return sorted(tuple(int(value or 0) for value in row) for row in rows)


def _odd(row: Sequence[Any]) -> tuple[Booked, Claimed | None]:
    claim = row[_OFFSET_FIELDS:]
    return Booked(*row[:_OFFSET_FIELDS]), None if claim[0] is None else Claimed(*claim)


def _filed(row: Sequence[Any]) -> Filed:
    claimant_id, ref, *claim, business_date = row
    return Filed(claimant_id, ref, Claimed(*claim), business_date)
