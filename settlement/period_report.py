"""A community's quarter or year from its closed months: points, money, shops and differences, adding up or refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.book.offsets import payables_until
from ledger.book.period import BookPeriod, TrialLine, closed_periods, trial_balance
from ledger.errors import Refusal
from ledger.members.communities import get_community
from ledger.members.merchants import all_merchants
from ledger.members.schemes import versions
from ledger.sql import Row as SqlRow
from ledger.sql import Sql, Tx
from ledger.units import CNY, FIRST_POINT_COMMODITY, points_text
from settlement.account_names import ACCOUNT_NAMES
from settlement.movements import FUNDS, HANDS, Move, flows, moves_between, standing
from settlement.report_span import Span
from settlement.reports import differences_by_code
from settlement.sheet import (
    Block,
    Cell,
    Row,
    Sheet,
    charted,
    count,
    date,
    ident,
    pairs,
    points,
    table,
    text,
    yuan,
)
from settlement.words import Translate, mark

_HUNDREDTHS: Final = 2
_BY_MONTH: Final = mark("Month by month")
_IN_HANDS: Final = mark("In residents' hands")
_SHOPS: Final = Sql(
    "SELECT claimant_id, sum(offset_count) AS offsets, sum(booked_fen_plus) AS booked,"
    " sum(booked_fen_minus) AS refunded, sum(settled_fen_plus - settled_fen_minus) AS settled,"
    " sum(adjusted_fen_plus - adjusted_fen_minus) AS adjusted, sum(cofund_fen) AS share,"
    " sum(paid_fen) AS paid FROM statement WHERE community_id = :community_id"
    " AND month >= :first_month AND month <= :last_month GROUP BY claimant_id"
)


class PointType(NamedTuple):
    """A kind of point: its commodity in the book, its name and its decimals."""

    commodity: int
    name: str
    precision: int

    def cell(self, units: int) -> Cell:
        """An amount as people read it."""
        return points(units) if self.precision == _HUNDREDTHS else text(self.words(units))

    def words(self, units: int) -> str:
        """The same as text."""
        return points_text(units, self.precision)


class _Month(NamedTuple):
    """One closed month: its period, what had stood before it, what stands after it and what moved between."""

    period: BookPeriod
    before: list[TrialLine]
    after: list[TrialLine]
    moves: list[Move]


def period_sheet(tx: Tx, community_id: int, span: Span, *, translate: Translate) -> Sheet:
    """A community's quarter or year, from the closes of its months alone: the same months give the same sheet.

    Refuses: report_months_open (a month of the span is not closed), report_unbalanced (the sums do not add up).
    """
    months = _closed_months(tx, community_id, span)
    first, last = months[0].period, months[-1].period
    _ = translate
    blocks = [
        pairs(
            _(mark("Summary")),
            [
                (_(mark("Community")), text(get_community(tx, community_id).name)),
                (_(mark("Period from")), date(first.first_date)),
                (_(mark("Period to")), date(last.last_date)),
                (_(mark("Months closed")), count(len(months))),
                (_(mark("Entries sealed")), count(last.tree_size)),
                (_(mark("Fingerprint")), ident(last.trial_balance_hash[:16])),
            ],
        )
    ]
    for kind in point_types(tx, community_id):
        blocks += _point_blocks(_, kind, months)
    owed = [payables_until(tx, community_id, month.period.last_date) for month in months]
    blocks += _money_blocks(_, months, owed)
    blocks.append(_shop_block(_, tx, community_id, span))
    blocks.append(differences_by_code(tx, community_id, first.first_date, last.last_date, _))
    title = _(mark("The community's points, {period}")).format(period=span.written)
    return Sheet(title, last.last_date, tuple(block for block in blocks if block.rows))


def point_types(tx: Tx, community_id: int) -> list[PointType]:
    """The kinds of point of the newest rules, in the order of the book."""
    adopted = versions(tx, community_id)
    types = adopted[-1].point_types if adopted else ()
    return [
        PointType(FIRST_POINT_COMMODITY + place, kind.name, kind.precision)
        for place, kind in enumerate(types, start=1)
    ]


def first_month(closed: Sequence[BookPeriod]) -> int:
    """The first closed month (yyyymm) that anything was booked in; 0: none. Older ones may be closed, and are empty."""
    return min((period.period_key for period in closed if period.tree_size), default=0)


def _closed_months(tx: Tx, community_id: int, span: Span) -> list[_Month]:
    closed = {period.period_key: period for period in closed_periods(tx, community_id)}
    earlier = [key for key in closed if key < span.first_month]
    wanted = [key for key in span.months() if key in closed]
    # Before a community's first close there is nothing; a gap after it, or a month not over, is not closed.
    begun = first_month(list(closed.values())) or span.first_month
    missing = [key for key in span.months() if key not in closed and key >= begun]
    if missing or not wanted:
        month = (missing or span.months())[0]
        raise Refusal("report_months_open", period=span.written, month=month_words(month))
    before, leaf = list[TrialLine](), 0
    if earlier:
        before = trial_balance(tx, community_id, max(earlier))
        leaf = closed[max(earlier)].tree_size or 0
    found = list[_Month]()
    for key in wanted:
        period = closed[key]
        size = period.tree_size or 0
        after = trial_balance(tx, community_id, key)
        found.append(_Month(period, before, after, moves_between(tx, community_id, leaf, size)))
        before, leaf = after, size
    return found


def _point_blocks(_: Translate, kind: PointType, months: Sequence[_Month]) -> list[Block]:
    """What came into residents' hands and left them, by the other side; then month by month."""
    opening = standing(months[0].before, kind.commodity, HANDS)
    closing = standing(months[-1].after, kind.commodity, HANDS)
    moves = [move for month in months for move in month.moves]
    found = flows(moves, kind.commodity, HANDS)
    came, went = sum(flow.came for flow in found), sum(flow.went for flow in found)
    if opening + came - went != closing:
        raise Refusal("report_unbalanced", what=kind.name)
    if not found and not opening:
        return []
    rows: list[Row] = [(text(_(mark("At the beginning"))), kind.cell(opening), text(None))]
    rows += [
        (
            text(_(ACCOUNT_NAMES.get(flow.other, flow.other))),
            kind.cell(flow.came),
            kind.cell(flow.went),
        )
        for flow in found
    ]
    rows.append((text(_(mark("Together"))), kind.cell(came), kind.cell(went)))
    rows.append((text(_(mark("At the end"))), kind.cell(closing), text(None)))
    by_side = table(
        f"{_(_IN_HANDS)}: {kind.name}",
        [_(mark("From or to")), _(mark("Came in")), _(mark("Went out"))],
        rows,
    )
    return [by_side, _month_by_month(_, kind, months)]


def _month_by_month(_: Translate, kind: PointType, months: Sequence[_Month]) -> Block:
    rows = list[Row]()
    for month in months:
        found = flows(month.moves, kind.commodity, HANDS)
        rows.append(
            (
                ident(month_words(month.period.period_key)),
                kind.cell(sum(flow.came for flow in found)),
                kind.cell(sum(flow.went for flow in found)),
                kind.cell(standing(month.after, kind.commodity, HANDS)),
            )
        )
    header = [
        _(mark("Month")),
        _(mark("Came in")),
        _(mark("Went out")),
        _(mark("In hand at the end")),
    ]
    block = table(f"{_(_BY_MONTH)}: {kind.name}", header, rows)
    return charted(block, [1, 2]) if kind.precision == _HUNDREDTHS else block


def _money_blocks(_: Translate, months: Sequence[_Month], owed: Sequence[int]) -> list[Block]:
    """The funds between the closes; beside them what shops were owed at each month's end, not when it was closed."""
    opening = standing(months[0].before, CNY, FUNDS)
    closing = standing(months[-1].after, CNY, FUNDS)
    found = flows([move for month in months for move in month.moves], CNY, FUNDS)
    came, went = sum(flow.came for flow in found), sum(flow.went for flow in found)
    if opening + came - went != closing:
        raise Refusal("report_unbalanced", what=_(mark("yuan")))
    rows: list[Row] = [(text(_(mark("At the beginning"))), yuan(opening), text(None))]
    rows += [
        (text(_(ACCOUNT_NAMES.get(flow.other, flow.other))), yuan(flow.came), yuan(flow.went))
        for flow in found
    ]
    rows.append((text(_(mark("Together"))), yuan(came), yuan(went)))
    rows.append((text(_(mark("At the end"))), yuan(closing), text(None)))
    header = [_(mark("From or to")), _(mark("Came in")), _(mark("Went out"))]
    ends = [
        (
            ident(month_words(month.period.period_key)),
            yuan(standing(month.after, CNY, FUNDS)),
            yuan(owed_fen),
        )
        for month, owed_fen in zip(months, owed, strict=True)
    ]
    return [
        table(_(mark("The community's funds, yuan")), header, rows),
        charted(
            table(
                _(mark("At the end of each month, yuan")),
                [
                    _(mark("Month")),
                    _(mark("Funds at the close")),
                    _(mark("Payable to shops at the month's end")),
                ],
                ends,
            ),
            [1],
        ),
    ]


def _shop_block(_: Translate, tx: Tx, community_id: int, span: Span) -> Block:
    """Each shop's months added up as their statements say them."""
    shops = {shop.merchant_id: shop for shop in all_merchants(tx, community_id)}
    found = tx.all(
        _SHOPS,
        community_id=community_id,
        first_month=span.first_month,
        last_month=span.last_month,
    )
    ordered = sorted(found, key=lambda row: shops[int(row.claimant_id)].code)
    header = [
        _(mark("Shop")),
        _(mark("Offsets")),
        _(mark("Booked for sales")),
        _(mark("Booked for refunds")),
        _(mark("Settled")),
        _(mark("Adjustments")),
        _(mark("Own share")),
        _(mark("Paid")),
    ]
    rows: list[Row] = []
    for row in ordered:
        shop = shops[int(row.claimant_id)]
        rows.append((text(f"{shop.code} {shop.name}"), *_shop_cells(_numbers(row))))
    if rows:
        sums = [sum(column) for column in zip(*map(_numbers, ordered), strict=True)]
        rows.append((text(_(mark("Together"))), *_shop_cells(sums)))
    return table(_(mark("Shop by shop")), header, rows)


def _numbers(row: SqlRow) -> list[int]:
    return [
        int(row.offsets),
        int(row.booked),
        -int(row.refunded),
        int(row.settled),
        int(row.adjusted),
        -int(row.share),
        -int(row.paid),
    ]


def _shop_cells(numbers: Sequence[int]) -> Row:
    return (count(numbers[0]), *(yuan(fen) for fen in numbers[1:]))


def month_words(month: int) -> str:
    """202603 -> 2026-03."""
    return f"{month // 100:04d}-{month % 100:02d}"
