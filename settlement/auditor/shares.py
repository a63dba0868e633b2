"""Shops' shares of the points they gave out, reckoned anew: from the entries, the agreements, and plain fractions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

from settlement.auditor.book import Book

_WHOLE: Final = 10_000
_GIVEN: Final = (
    "SELECT x.merchant_id, x.business_date // 100 AS month,"
    " coalesce(x.corrects_date, x.business_date) // 100 AS given_month, x.units_per_fen,"
    " coalesce(sum(t.amount) FILTER (t.debit_kind = 'issued_consumption'), 0)::BIGINT AS plus,"
    " coalesce(sum(t.amount) FILTER (t.credit_kind = 'issued_consumption'), 0)::BIGINT AS minus"
    " FROM line t JOIN entry x ON x.txn_id = t.txn_id"
    " WHERE 'issued_consumption' IN (t.debit_kind::VARCHAR, t.credit_kind::VARCHAR)"
    " AND x.merchant_id IN (SELECT merchant_id FROM agreement WHERE cofund_bp > 0) AND x.units_per_fen > 0"
    " GROUP BY ALL ORDER BY ALL"
)
_KEPT: Final = (
    "SELECT claimant_id, month, given_month, units_per_fen, share_bp, units_plus, units_minus, fen, rest_num,"
    " rest_den FROM cofund_line ORDER BY claimant_id, month, given_month, units_per_fen"
)
# A statement is made after its month's shares were taken; before that a month may wait for them.
_DONE: Final = (
    "SELECT claimant_id, month FROM statement UNION SELECT claimant_id, month FROM cofund_line"
    " ORDER BY claimant_id, month"
)
_POSTED: Final = (
    "SELECT coalesce(c.claimant_id, p.merchant_id), coalesce(c.month, p.month), c.fen, p.fen FROM"
    " (SELECT claimant_id, month, sum(fen)::BIGINT AS fen FROM cofund_line GROUP BY ALL) c FULL JOIN"
    " (SELECT x.merchant_id, x.corrects_date // 100 AS month,"
    "  sum(CASE WHEN t.debit_kind = 'payable' THEN t.amount ELSE -t.amount END)::BIGINT AS fen"
    "  FROM entry x JOIN line t ON t.txn_id = x.txn_id WHERE x.kind = 'cofund' GROUP BY ALL) p"
    " ON p.merchant_id = c.claimant_id AND p.month = c.month"
    " WHERE coalesce(c.fen, 0) <> coalesce(p.fen, 0) ORDER BY ALL"
)

_Line = tuple[int, int]
"""A month in which points were given out, and their rate."""


def lines(book: Book) -> Iterator[tuple[int, int, int, int, str, str]]:
    """Lines that are not what entries and agreements come to, missing ones and ones too many among them."""
    kept: dict[tuple[int, int], dict[_Line, list[int]]] = defaultdict(dict)
    for claimant, month, given_month, rate, *figures in book.rows(_KEPT):
        kept[claimant, month][given_month, rate] = [int(value) for value in figures]
    given: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for merchant, *row in book.rows(_GIVEN):
        given[merchant].append(tuple(row))
    for claimant, months in _months(book).items():
        rest, counted = Fraction(0), 0
        for month in months:
            due, rest = _due(book, claimant, _sums(given[claimant], counted, month), rest)
            stated = kept.get((claimant, month), {})
            for place in sorted(due.keys() | stated.keys()):
                said, found = stated.get(place), due.get(place)
                if said != found:
                    yield (claimant, month, *place, _text(said), _text(found))
            if stated:
                # One wrong line is one fault: the next begins with what this one left, as it says.
                *_, num, den = stated[max(stated)]
                rest = Fraction(num, den or 1)
            counted = month


def posted(book: Book) -> Iterator[tuple[int, int, Any, Any]]:
    """Shops' months whose lines are not what was booked for them."""
    yield from book.rows(_POSTED)


def _months(book: Book) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for claimant, month in book.rows(_DONE):
        found[claimant].append(month)
    return found


def _sums(rows: list[tuple[int, ...]], after: int, until: int) -> dict[_Line, list[int]]:
    sums: dict[_Line, list[int]] = defaultdict(lambda: [0, 0])
    for month, given_month, rate, plus, minus in rows:
        if after < month <= until:
            sums[given_month, rate][0] += plus
            sums[given_month, rate][1] += minus
    return sums


def _due(
    book: Book, claimant: int, sums: dict[_Line, list[int]], rest: Fraction
) -> tuple[dict[_Line, list[int]], Fraction]:
    found = {}
    for (given_month, rate), (plus, minus) in sorted(sums.items()):
        share = _share(book, claimant, given_month)
        if not share or not (plus or minus):
            continue
        exact = rest + Fraction((plus - minus) * share, rate * _WHOLE)
        fen = exact.numerator // exact.denominator
        rest = exact - fen
        found[given_month, rate] = [share, plus, minus, fen, rest.numerator, rest.denominator]
    return found, rest


def _share(book: Book, claimant: int, month: int) -> int:
    rows = book.rows(
        "SELECT cofund_bp FROM agreement WHERE merchant_id = "
        f"{int(claimant)} AND effective_from <= {int(month) * 100 + 31}"
        f" AND (effective_to IS NULL OR effective_to >= {int(month) * 100 + 1})"
        " ORDER BY effective_from DESC LIMIT 1"
    )
    return int(rows[0][0]) if rows else 0


def _text(figures: list[int] | None) -> str:
    return "none" if figures is None else " ".join(map(str, figures))
