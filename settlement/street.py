"""The street's report: its communities beside each other, as numbers of people and sums, nobody to be pointed at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Final, NamedTuple

from ledger.book.period import closed_periods
from ledger.errors import Refusal
from ledger.members.communities import all_communities
from ledger.sql import Sql, Tx
from settlement.period_report import PointType, first_month, month_words, point_types
from settlement.report_span import Span
from settlement.sheet import Block, Cell, Row, Sheet, charted, count, pairs, table, text
from settlement.suppression import LEAST, shown, sum_shown, withheld
from settlement.words import Translate, mark

_GROUPS: Final = ((0, 17), (18, 39), (40, 59), (60, 69), (70, 79), (80, 150))
_AGES: Final = Sql(
    "SELECT birth_year, count(*) AS people FROM resident WHERE community_id = :community_id"
    " AND state = 'active' GROUP BY birth_year"
)
_ACTIVE: Final = Sql(
    "SELECT x.kind, count(DISTINCT x.person_id) AS people FROM leaf l JOIN txn x"
    " ON x.community_id = l.community_id AND x.txn_id = l.entry_id"
    " WHERE l.community_id = :community_id AND l.leaf_index >= :first_leaf AND l.leaf_index < :end_leaf"
    " AND x.person_id IS NOT NULL GROUP BY x.kind"
)
_EARNED: Final = Sql(
    "SELECT count(DISTINCT x.wallet_owner_id) AS people, sum(t.amount) AS units FROM leaf l JOIN txn x"
    " ON x.community_id = l.community_id AND x.txn_id = l.entry_id"
    " JOIN transfer t ON t.community_id = x.community_id AND t.txn_id = x.txn_id"
    " JOIN account d ON d.community_id = t.community_id AND d.account_id = t.debit_id"
    " JOIN account c ON c.community_id = t.community_id AND c.account_id = t.credit_id"
    " WHERE l.community_id = :community_id AND l.leaf_index >= :first_leaf AND l.leaf_index < :end_leaf"
    " AND t.commodity = :commodity AND c.kind IN ('wallet', 'pending')"
    " AND d.kind IN ('issued_consumption', 'issued_deed', 'issued_grant')"
)
_SPENT: Final = Sql(
    "SELECT count(DISTINCT x.wallet_owner_id) AS people, sum(t.amount) AS units FROM leaf l JOIN txn x"
    " ON x.community_id = l.community_id AND x.txn_id = l.entry_id"
    " JOIN transfer t ON t.community_id = x.community_id AND t.txn_id = x.txn_id"
    " JOIN account d ON d.community_id = t.community_id AND d.account_id = t.debit_id"
    " JOIN account c ON c.community_id = t.community_id AND c.account_id = t.credit_id"
    " WHERE l.community_id = :community_id AND l.leaf_index >= :first_leaf AND l.leaf_index < :end_leaf"
    " AND t.commodity = :commodity AND d.kind = 'wallet'"
    " AND c.kind IN ('offset', 'redeemed', 'voucher')"
)
_WAYS: Final = (
    (mark("Bought at shops"), ("sale", "earn_spending")),
    (mark("Rewarded for deeds"), ("earn_deed",)),
    (mark("Took goods for points"), ("redeem",)),
    (mark("Fees lowered"), ("bill_offset",)),
    (mark("Services"), ("voucher_buy",)),
)
"""What people did, and the kinds of entry that say so; the first of several kinds counts those who did most."""


class _Here(NamedTuple):
    """One community of the street: its name, and the places of the order where its months begin and end."""

    community_id: int
    name: str
    ends: tuple[int, ...]


def street_sheet(tx: Tx, span: Span, *, translate: Translate) -> Sheet:
    """Every community of this server that has closed the period's months; cells of one to four people withheld.

    Refuses: report_months_open (no community has closed all of them).
    """
    _ = translate
    found, waiting = _closed(tx, span)
    if not found:
        raise Refusal("report_months_open", period=span.written, month=month_words(span.last_month))
    blocks = [
        pairs(
            _(mark("Summary")),
            [
                (_(mark("Period")), text(span.written)),
                (_(mark("Communities")), count(len(found))),
                (_(mark("Not closed yet")), count(waiting)),
                (_(mark("Withheld where fewer people than")), count(LEAST)),
            ],
        ),
        _people_block(
            _, mark("Members by age"), _age_names(_), found, lambda h: _ages(tx, h, span)
        ),
        _people_block(
            _,
            mark("People by what they did"),
            [_(name) for name, _kinds in _WAYS],
            found,
            lambda here: _active(tx, here),
        ),
        *_sums(_, tx, found),
    ]
    title = _(mark("The street's report, {period}")).format(period=span.written)
    return Sheet(title, span.last_month * 100 + 28, tuple(block for block in blocks if block.rows))


def _closed(tx: Tx, span: Span) -> tuple[list[_Here], int]:
    found, waiting = list[_Here](), 0
    for community in all_communities(tx):
        number = int(community.community_id)
        periods = closed_periods(tx, number)
        sizes = {p.period_key: p.tree_size or 0 for p in periods}
        begun = first_month(periods) or span.last_month + 1
        if any(month not in sizes for month in span.months() if month >= begun) or (
            begun > span.last_month
        ):
            waiting += 1
            continue
        before = max((size for key, size in sizes.items() if key < span.first_month), default=0)
        ends = [sizes[month] for month in span.months() if month in sizes]
        found.append(_Here(number, community.name, (before, *ends)))
    return found, waiting


def _people_block(
    _: Translate,
    heading: str,
    names: list[str],
    found: Iterable[_Here],
    counted: Callable[[_Here], list[int]],
) -> Block:
    rows, cells = list[Row](), list[list[int | None]]()
    for here in found:
        row = withheld(counted(here))
        cells.append(row)
        rows.append((text(here.name), *(_people(_, cell) for cell in row)))
    sums = [sum_shown(column) for column in zip(*cells, strict=True)]
    rows.append((text(_(mark("Together, of the cells shown"))), *(count(n) for n in sums)))
    return table(_(heading), [_(mark("Community")), *names], rows)


def _people(_: Translate, cell: int | None) -> Cell:
    return text(_(mark("Fewer than five"))) if cell is None else count(cell)


def _age_names(_: Translate) -> list[str]:
    names = [f"{first}–{last}" for first, last in _GROUPS[:-1]]  # noqa: RUF001
    return [*names, f"{_GROUPS[-1][0]}+", _(mark("Not known"))]


def _ages(tx: Tx, here: _Here, span: Span) -> list[int]:
    sums = [0] * (len(_GROUPS) + 1)
    for row in tx.all(_AGES, community_id=here.community_id):
        years = None if row.birth_year is None else span.last_month // 100 - int(row.birth_year)
        places = (
            n
            for n, (first, last) in enumerate(_GROUPS)
            if years is not None and first <= years <= last
        )
        sums[next(places, len(_GROUPS))] += int(row.people)
    return sums


def _active(tx: Tx, here: _Here) -> list[int]:
    leaves = {"first_leaf": here.ends[0], "end_leaf": here.ends[-1]}
    people = {
        row.kind: int(row.people)
        for row in tx.all(_ACTIVE, community_id=here.community_id, **leaves)
    }
    return [max(people.get(kind, 0) for kind in kinds) for _name, kinds in _WAYS]


def _sums(_: Translate, tx: Tx, found: list[_Here]) -> list[Block]:
    """Points earned and used, by kind of point: communities may have different kinds under one name."""
    by_name = dict[str, list[Row]]()
    precise = dict[str, bool]()
    for here in found:
        for kind in point_types(tx, here.community_id):
            row = (text(here.name), *(_sum(_, tx, here, kind, one) for one in (_EARNED, _SPENT)))
            by_name.setdefault(kind.name, []).append(row)
            precise[kind.name] = precise.get(kind.name, True) and all(
                cell.kind == "points" for cell in row[1:]
            )
    header = [_(mark("Community")), _(mark("Points given out")), _(mark("Points used"))]
    blocks = list[Block]()
    for name, rows in by_name.items():
        block = table(name, header, rows)
        blocks.append(charted(block, [1, 2]) if precise[name] else block)
    return blocks


def _sum(_: Translate, tx: Tx, here: _Here, kind: PointType, statement: Sql) -> Cell:
    """The units of a period; withheld where one of its months is, which the others would give away by subtraction."""
    units = 0
    for first_leaf, end_leaf in pairwise(here.ends):
        row = tx.get(
            statement,
            community_id=here.community_id,
            first_leaf=first_leaf,
            end_leaf=end_leaf,
            commodity=kind.commodity,
        )
        if not shown(int(row.people)):
            return text(_(mark("Fewer than five in a month")))
        units += int(row.units or 0)
    return kind.cell(units)
