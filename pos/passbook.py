"""The passbook: which line of paper every entry stands on, so that printing goes on where the last print ended.

A line is kept by the entry it shows, not by the last number printed: an entry that was booked late is printed late, and
none twice. Where more is open than a page holds, the older entries share one line (`brought`), as a bank does it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from ledger.book import requests
from ledger.errors import GuardMissedError, Refusal
from ledger.sql import Row, Sql, Tx
from pos.desk import Desk

KIND: Final = "passbook"
PAGE_LINES: Final = 20

# The wallet's row stays as it is; touching it makes two prints of one book wait for each other.
_LOCK: Final = Sql(
    "UPDATE balance SET held = held WHERE community_id = :community_id AND account_id ="
    " (SELECT account_id FROM account WHERE community_id = :community_id AND kind = 'wallet'"
    " AND commodity = :commodity AND owner_id = :owner_id)"
)
_OPEN: Final = Sql(
    "SELECT x.txn_id, x.business_date,"
    " sum(CASE WHEN t.credit_id = a.account_id THEN t.amount ELSE 0 END) AS plus_units,"
    " sum(CASE WHEN t.debit_id = a.account_id THEN t.amount ELSE 0 END) AS minus_units"
    " FROM account a JOIN transfer t ON t.community_id = a.community_id"
    "  AND (t.debit_id = a.account_id OR t.credit_id = a.account_id)"
    " JOIN txn x ON x.community_id = t.community_id AND x.txn_id = t.txn_id"
    " LEFT JOIN passbook_line p ON p.community_id = x.community_id AND p.wallet_owner_id = a.owner_id"
    "  AND p.commodity = a.commodity AND p.txn_id = x.txn_id"
    " WHERE a.community_id = :community_id AND a.owner_id = :owner_id AND a.commodity = :commodity"
    " AND a.kind = 'wallet' AND p.txn_id IS NULL GROUP BY x.txn_id, x.business_date ORDER BY x.txn_id"
)
_KEEP: Final = Sql(
    "INSERT INTO passbook_line (community_id, wallet_owner_id, commodity, txn_id, line_no, print_id, business_date,"
    " plus_units, minus_units, printed_at, terminal_id, clerk_id) VALUES (:community_id, :owner_id, :commodity,"
    " :txn_id, :line_no, :print_id, :business_date, :plus_units, :minus_units, :at, :terminal_id, :clerk_id)"
)
_LAST: Final = Sql(
    "SELECT coalesce(max(line_no), 0) AS line_no FROM passbook_line WHERE community_id = :community_id"
    " AND wallet_owner_id = :owner_id AND commodity = :commodity"
)
_LINES: Final = Sql(
    "SELECT p.line_no, p.txn_id, p.business_date, p.plus_units, p.minus_units, x.kind, x.reason_key, x.merchant_id,"
    " x.ref, x.source, x.staff_id FROM passbook_line p"
    " JOIN txn x ON x.community_id = p.community_id AND x.txn_id = p.txn_id"
    " WHERE p.community_id = :community_id AND p.wallet_owner_id = :owner_id AND p.commodity = :commodity"
    " AND p.line_no <= :last ORDER BY p.line_no, p.txn_id"
)


class Book(NamedTuple):
    """Whose passbook: the wallet's owner (a household or a person) and the point type."""

    community_id: int
    owner_id: int
    commodity: int


class Printing(NamedTuple):
    """Who prints, under the request's own id; `at` in microseconds UTC."""

    request_id: str
    terminal_id: int
    clerk_id: int | None
    at: int


class Printed(NamedTuple):
    """One line of paper; amounts in units, `balance_units` after it.

    `rows` are its entries: one, or all that share the line.
    """

    line_no: int
    business_date: int
    plus_units: int
    minus_units: int
    balance_units: int
    rows: tuple[Row, ...]


def waiting_lines(tx: Tx, book: Book) -> tuple[int, int]:
    """The last line on paper, and how many entries wait to be printed."""
    return _last(tx, book), len(tx.all(_OPEN, **book._asdict()))


def print_open(desk: Desk, book: Book, printing: Printing) -> tuple[int, int]:
    """Give every open entry its line; returns the first and last line of this print, (n + 1, n) where nothing was open.

    The same request again gives the same lines. Refuses: request_id_reused, busy_try_again.
    """

    def work(tx: Tx) -> dict[str, int]:
        tx.run(_LOCK, **book._asdict())
        last = _last(tx, book)
        first, line_no = last + 1, last
        for line_no, row in _placed(tx.all(_OPEN, **book._asdict()), last):
            _keep(tx, book, printing, row, line_no)
        return {"first": first, "last": line_no}

    try:
        told = requests.once(
            desk.db,
            book.community_id,
            printing.request_id,
            kind=KIND,
            body={**book._asdict(), "terminal_id": printing.terminal_id},
            at=printing.at,
            work=work,
        )
    except GuardMissedError as missed:
        raise Refusal("busy_try_again") from missed
    return int(told["first"]), int(told["last"])


def lines_of(tx: Tx, book: Book, first: int, last: int) -> list[Printed]:
    """The lines `first` to `last` as they stand on paper, each with the balance after it: printed again, the same."""
    lines: list[Printed] = []
    balance = 0
    for row in tx.all(_LINES, **book._asdict(), last=last):
        plus, minus = int(row.plus_units), int(row.minus_units)
        balance += plus - minus
        if lines and lines[-1].line_no == row.line_no:
            before = lines.pop()
            plus, minus = before.plus_units + plus, before.minus_units + minus
            shown = (*before.rows, row)
        else:
            shown = (row,)
        number, day = int(row.line_no), int(row.business_date)
        lines.append(Printed(number, day, plus, minus, balance, shown))
    return [line for line in lines if line.line_no >= first]


def _placed(rows: list[Any], last: int) -> Iterator[tuple[int, Any]]:
    """Each open entry with its line: a page's worth singly, all older ones together on the line before."""
    shared = len(rows) - PAGE_LINES + 1 if len(rows) > PAGE_LINES else 1
    for place, row in enumerate(rows):
        yield last + 1 + max(place - shared + 1, 0), row


def _keep(tx: Tx, book: Book, printing: Printing, row: Any, line_no: int) -> None:  # noqa: ANN401 - a row
    tx.run(
        _KEEP,
        **book._asdict(),
        txn_id=int(row.txn_id),
        line_no=line_no,
        print_id=printing.request_id,
        business_date=int(row.business_date),
        plus_units=int(row.plus_units),
        minus_units=int(row.minus_units),
        at=printing.at,
        terminal_id=printing.terminal_id,
        clerk_id=printing.clerk_id,
    )


def _last(tx: Tx, book: Book) -> int:
    return int(tx.get(_LAST, **book._asdict()).line_no)
