"""The book as a beancount journal: an outside program adds it up and finds the product's balances.

Every posting is a transaction with its lines, dated with its business date; at the end each account's balance is
asserted as the product has it, so that `bean-check` accepts the journal only where both agree.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from ledger.book.chart import DEBIT_SIDE, Account
from ledger.database import Database
from ledger.earning.calendar import day_from_key
from ledger.errors import Refusal
from ledger.sql import Sql, Tx
from ledger.units import CNY, FIRST_POINT_COMMODITY, points_text

Progress = Callable[[int, int], None]
"""Told how many lines are written, and of how many."""

_AT_ONCE: Final = 5_000
_ACCOUNTS: Final = Sql(
    "SELECT a.account_id, a.commodity, a.kind, a.owner_id, coalesce(b.posted, 0) AS posted,"
    " a.bounded FROM account a LEFT JOIN balance b ON b.community_id = a.community_id"
    "  AND b.account_id = a.account_id WHERE a.community_id = :community_id ORDER BY a.account_id"
)
_SUMS: Final = Sql(
    "SELECT account_id, sum(amount) AS debits_less_credits FROM ("
    " SELECT debit_id AS account_id, amount FROM transfer WHERE community_id = :community_id"
    " UNION ALL SELECT credit_id, -amount FROM transfer WHERE community_id = :community_id) t"
    " GROUP BY account_id"
)
_LINES: Final = Sql(
    "SELECT x.txn_id, x.business_date, x.kind, coalesce(x.ref, '') AS ref, t.commodity, t.debit_id,"
    " t.credit_id, t.amount FROM txn x JOIN transfer t ON t.community_id = x.community_id"
    "  AND t.txn_id = x.txn_id WHERE x.community_id = :community_id ORDER BY x.txn_id, t.line_no"
)
_SPAN: Final = Sql(
    "SELECT min(business_date) AS first_date, max(business_date) AS last_date,"
    " (SELECT count(*) FROM transfer WHERE community_id = :community_id) AS lines"
    " FROM txn WHERE community_id = :community_id"
)
_SCHEMES: Final = Sql(
    "SELECT body FROM scheme_version WHERE community_id = :community_id ORDER BY adopted_at"
)

_ASSETS: Final = frozenset({Account.BANK, Account.RETURNS, Account.INVENTORY, Account.OWED})


class _Units:
    """What a commodity is called in the journal, and its decimals."""

    def __init__(self, tx: Tx, community_id: int) -> None:
        self._known = {CNY: ("CNY", 2)}
        for row in tx.all(_SCHEMES, community_id=community_id):
            types = tomllib.loads(row.body.removeprefix("\ufeff")).get("point_type", [])
            for place, point_type in enumerate(types, start=FIRST_POINT_COMMODITY + 1):
                name = "".join(c for c in str(point_type["code"]).upper() if c.isalnum())
                self._known[place] = (f"P-{name}", int(point_type["precision"]))

    def name(self, commodity: int) -> str:
        """`CNY`, or `P-CIVIC` for a point type."""
        return self._known.get(commodity, (f"P-{commodity}", 0))[0]

    def amount(self, commodity: int, units: int) -> str:
        """An amount in whole points or yuan, exactly."""
        name, decimals = self._known.get(commodity, (f"P-{commodity}", 0))
        return f"{points_text(units, decimals)} {name}"


def write_beancount(
    db: Database,
    community_id: int,
    file: Path,
    *,
    progress: Progress = lambda _done, _of: None,
) -> int:
    """Write the journal of one community into the new `file`; gives the number of lines posted.

    Refuses: export_folder_taken, report_empty (nothing was posted yet).
    """
    if file.exists():
        raise Refusal("export_folder_taken", folder=file.name)
    with db.read() as tx, file.open("x", encoding="utf-8") as out:
        span = tx.get(_SPAN, community_id=community_id)
        if span.first_date is None:
            raise Refusal("report_empty", month=0)
        units = _Units(tx, community_id)
        accounts = {row.account_id: row for row in tx.all(_ACCOUNTS, community_id=community_id)}
        names = {number: _name(row, units) for number, row in accounts.items()}
        out.write('option "title" "jifen"\noption "operating_currency" "CNY"\n')
        for number, row in accounts.items():
            day = _date(int(span.first_date))
            out.write(f"{day} open {names[number]} {units.name(row.commodity)}\n")
        count = 0
        for text, lines in _transactions(tx, community_id, names, units):
            out.write(text)
            count += lines
            progress(count, int(span.lines))
        out.writelines(_assertions(tx, community_id, accounts, names, units, int(span.last_date)))
    return count


def _name(row: Any, units: _Units) -> str:  # noqa: ANN401 - a row of accounts
    kind = Account(row.kind)
    if kind in _ASSETS:
        root = "Assets"
    elif kind in DEBIT_SIDE:
        root = "Expenses"
    else:
        root = "Liabilities"
    words = "".join(part.capitalize() for part in row.kind.split("_"))
    owner = f":O{row.owner_id}" if row.owner_id else ""
    return f"{root}:{words}:{units.name(row.commodity)}{owner}"


def _transactions(
    tx: Tx, community_id: int, names: dict[int, str], units: _Units
) -> Iterator[tuple[str, int]]:
    """Each posting with its lines as text; amounts debited are plus, credited minus."""
    before, parts, lines = None, list[str](), 0
    for row in _rows(tx, community_id):
        txn_id, day, kind, ref, commodity, debit_id, credit_id, amount = row
        if txn_id != before:
            if parts:
                yield "".join(parts), lines
            before, lines = txn_id, 0
            parts = [f'\n{_date(day)} * "{kind}" "{ref}" ^t{txn_id}\n']
        lines += 1
        parts.append(f"  {names[debit_id]}  {units.amount(commodity, amount)}\n")
        parts.append(f"  {names[credit_id]}  {units.amount(commodity, -amount)}\n")
    if parts:
        yield "".join(parts), lines


def _rows(tx: Tx, community_id: int) -> Iterator[Any]:
    here = {"community_id": community_id}
    if tx.dialect == "sqlite":
        yield from tx.execute(_LINES, here)
        return
    # A cursor of the server's: a year of lines would not fit here at once.
    with tx.raw.cursor(name="journal") as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(_LINES.for_dialect(tx.dialect), here)
        yield from cursor


def _assertions(
    tx: Tx,
    community_id: int,
    accounts: dict[int, Any],
    names: dict[int, str],
    units: _Units,
    last_date: int,
) -> Iterator[str]:
    """Every account's balance the day after the last entry: its row where it has one, else the sum of its lines."""
    sums = {
        int(row.account_id): int(row.debits_less_credits)
        for row in tx.all(_SUMS, community_id=community_id)
    }
    day = (day_from_key(last_date) + timedelta(days=1)).isoformat()
    yield "\n"
    for number, row in accounts.items():
        sign = 1 if Account(row.kind) in DEBIT_SIDE else -1
        balance = sign * int(row.posted) if row.bounded else sums.get(number, 0)
        number_text, name = units.amount(row.commodity, balance).split()
        # To the last digit: without it beancount lets a hundredth pass.
        yield f"{day} balance {names[number]}  {number_text} ~ 0 {name}\n"


def _date(day: int) -> str:
    return f"{day // 10_000:04}-{day // 100 % 100:02}-{day % 100:02}"
