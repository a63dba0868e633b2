"""What the community owes at this moment: points by age, their price, shops, and the money behind it."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from math import ceil
from typing import Final

from ledger.book.chart import DEBIT_SIDE
from ledger.book.unspent import unspent
from ledger.earning.calendar import day_from_key, day_key, quarter_period
from ledger.errors import Refusal
from ledger.members import schemes
from ledger.members.communities import get_community
from ledger.members.fund_watch import coverage_days, look_now
from ledger.members.solvency import fen_per_point
from ledger.sql import Sql, Tx
from ledger.units import CNY, FIRST_POINT_COMMODITY
from settlement.account_names import ACCOUNT_NAMES
from settlement.period_report import PointType, point_types
from settlement.sheet import Block, Row, Sheet, charted, count, date, pairs, table, text, yuan
from settlement.words import Translate, mark

_OWED_POINTS: Final = ("wallet", "pending", "voucher", "offset", "disputed", "owed")
_IN_HAND: Final = frozenset({"wallet", "pending"})
"""What coverage reckons with: points residents have. The rest is on its way out, or owed by them."""
_MONEY: Final = ("bank", "fund", "cover", "payable", "clearing", "inventory", "till")
_QUARTERS: Final = 4
_BY_AGE: Final = mark("Not spent, by age")
_MONTHS: Final = 12
_DAYS_KEPT: Final = 400

_STANDS: Final = Sql(
    "SELECT a.commodity, a.kind, sum(m.debits) AS debits, sum(m.credits) AS credits FROM account a"
    " JOIN (SELECT t.community_id, t.debit_id AS account_id, sum(t.amount) AS debits, 0 AS credits"
    "  FROM transfer t WHERE t.community_id = :community_id GROUP BY t.community_id, t.debit_id"
    " UNION ALL SELECT t.community_id, t.credit_id, 0, sum(t.amount) FROM transfer t"
    "  WHERE t.community_id = :community_id GROUP BY t.community_id, t.credit_id) m"
    " ON m.community_id = a.community_id AND m.account_id = a.account_id"
    " WHERE a.community_id = :community_id GROUP BY a.commodity, a.kind"
)


def liability_sheet(tx: Tx, community_id: int, today: int, *, translate: Translate) -> Sheet:
    """What is owed and what stands behind it, read from the book now; `today` is a business date (yyyymmdd).

    Refuses: scheme_missing, report_unbalanced (the points by age are not the points in wallets).
    """
    _ = translate
    scheme = schemes.scheme_on(tx, community_id, today)
    seen = look_now(tx, community_id, today)
    stands = _stands(tx, community_id)
    kinds = point_types(tx, community_id)
    owed: list[Row] = []
    cost = {True: Fraction(0), False: Fraction(0)}
    aged: list[Block] = []
    for kind in kinds:
        place = kind.commodity - FIRST_POINT_COMMODITY - 1
        fen = fen_per_point(scheme, place) if place < len(scheme.point_types) else 0
        for account in _OWED_POINTS:
            units = stands.get((kind.commodity, account), 0)
            if units:
                before, in_hand = cost[account in _IN_HAND], account in _IN_HAND
                cost[in_hand] += Fraction(units * fen, 10**kind.precision)
                # The sum is what is rounded up, once: the lines add up to it to the fen.
                price = ceil(cost[in_hand]) - ceil(before)
                words = text(f"{_(ACCOUNT_NAMES[account])} · {kind.name}")
                owed.append((words, kind.cell(units), yuan(price)))
        aged += _ages(_, tx, community_id, kind, today, stands.get((kind.commodity, "wallet"), 0))
    if owed:
        owed += _owed_sums(_, ceil(cost[True]), ceil(cost[False]))
    coverage = seen.coverage
    blocks = [
        pairs(
            _(mark("Summary")),
            [
                (_(mark("Community")), text(get_community(tx, community_id).name)),
                (_(mark("As it stands on")), date(today)),
                (_(mark("Points would cost, yuan")), yuan(coverage.value_fen)),
                (_(mark("Expected to be used, yuan")), yuan(coverage.expected_fen)),
                (_(mark("Money behind them, yuan")), yuan(coverage.fund_fen)),
                (_(mark("Covered")), text(_percent(coverage.permille))),
                (_(mark("Covered at least")), text(_percent(coverage.limit_permille))),
                (_(mark("Budget used this year, yuan")), yuan(seen.budget.used_fen)),
            ],
        ),
        table(
            _(mark("Points owed")),
            [_(mark("Where")), _(mark("Points")), _(mark("Would cost, yuan"))],
            owed,
        ),
        *aged,
        _money(_, stands),
        _months_covered(_, tx, community_id, today),
    ]
    title = _(mark("What the points are worth and what stands behind them"))
    return Sheet(title, today, tuple(block for block in blocks if block.rows))


def _owed_sums(_: Translate, in_hand_fen: int, left_out_fen: int) -> list[Row]:
    return [
        (
            text(_(mark("Together in wallets and pending: what points would cost above"))),
            text(None),
            yuan(in_hand_fen),
        ),
        (
            text(_(mark("Together of the other lines, left out above"))),
            text(None),
            yuan(left_out_fen),
        ),
        (
            text(_(mark("Together, each sum rounded up to a whole fen"))),
            text(None),
            yuan(in_hand_fen + left_out_fen),
        ),
    ]


def _money(_: Translate, stands: dict[tuple[int, str], int]) -> Block:
    rows: list[Row] = [
        (text(_(ACCOUNT_NAMES[account])), yuan(stands.get((CNY, account), 0))) for account in _MONEY
    ]
    return table(_(mark("Money")), [_(mark("Where")), _(mark("Yuan"))], rows)


def _stands(tx: Tx, community_id: int) -> dict[tuple[int, str], int]:
    return {
        (int(row.commodity), str(row.kind)): (int(row.debits) - int(row.credits))
        * (1 if row.kind in DEBIT_SIDE else -1)
        for row in tx.all(_STANDS, community_id=community_id)
    }


def _ages(
    _: Translate, tx: Tx, community_id: int, kind: PointType, today: int, wallets: int
) -> list[Block]:
    """Points in wallets by the quarter they were earned in, the oldest spent first."""
    ends = _quarter_ends(day_from_key(today))
    sums = list[tuple[int, int]]()
    for end in ends:
        found = unspent(tx, community_id, kind.commodity, day_key(end))
        sums.append((sum(wallet.units for wallet in found), sum(w.units > 0 for w in found)))
    if sums[-1][0] != wallets:
        raise Refusal("report_unbalanced", what=kind.name)
    if not wallets:
        return []
    rows = list[Row]()
    for n, (units, holders) in enumerate(sums):
        first = date(None) if n == 0 else date(day_key(ends[n - 1] + dt.timedelta(days=1)))
        own = units - (sums[n - 1][0] if n else 0)
        rows.append((first, date(day_key(ends[n])), kind.cell(own), count(holders)))
    rows.append((text(_(mark("Together"))), text(None), kind.cell(wallets), text(None)))
    header = [
        _(mark("Earned from")),
        _(mark("Earned to")),
        _(mark("Not spent")),
        _(mark("Wallets that have points so old or older")),
    ]
    return [table(f"{_(_BY_AGE)}: {kind.name}", header, rows)]


def _quarter_ends(today: dt.date) -> list[dt.date]:
    """The ends of the last four quarters, and today: the first line holds all that is older."""
    ends, day = [today], quarter_period(today).first - dt.timedelta(days=1)
    for _n in range(_QUARTERS):
        ends.append(day)
        day = quarter_period(day).first - dt.timedelta(days=1)
    return sorted(ends)


def _months_covered(_: Translate, tx: Tx, community_id: int, today: int) -> Block:
    """The last day kept of each of the latest months."""
    last = dict[int, Row]()
    for day in coverage_days(tx, community_id, today, most=_DAYS_KEPT):
        last.setdefault(
            day.business_date // 100,
            (
                date(day.business_date),
                yuan(day.fund_fen),
                yuan(day.expected_fen),
                text(_percent(day.permille)),
            ),
        )
    rows = [last[month] for month in sorted(last)[-_MONTHS:]]
    header = [
        _(mark("Day")),
        _(mark("Money behind them, yuan")),
        _(mark("Expected to be used, yuan")),
        _(mark("Covered")),
    ]
    return charted(table(_(mark("Month by month")), header, rows), [1, 2])


def _percent(permille: int | None) -> str:
    return "–" if permille is None else f"{permille // 10} %"  # noqa: RUF001
