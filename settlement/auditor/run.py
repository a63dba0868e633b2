"""One audit: open the export, build the tables, ask every check, say what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, Final

import duckdb

from settlement.auditor.book import Book
from settlement.auditor.checks_bills import BILLS
from settlement.auditor.checks_book import BOOK
from settlement.auditor.checks_certificates import CERTIFICATES
from settlement.auditor.checks_counter import COUNTER
from settlement.auditor.checks_files import FILES
from settlement.auditor.checks_households import HOUSEHOLDS
from settlement.auditor.checks_misuse import MISUSE
from settlement.auditor.checks_money import MONEY
from settlement.auditor.checks_more import MORE
from settlement.auditor.checks_night import NIGHT
from settlement.auditor.checks_rebooked import REBOOKED
from settlement.auditor.checks_rules import RULES
from settlement.auditor.checks_services import SERVICES
from settlement.auditor.checks_stock import STOCK
from settlement.auditor.entry import carry_on, is_sealed, prepare
from settlement.auditor.nights import work_out
from settlement.auditor.registry import Check, Look, ordered
from settlement.auditor.report import MOST_SHOWN, Carried, Finding, Report
from settlement.auditor.rules import read_rules
from settlement.auditor.source import NotAnExportError, Source, names, opened

CHECKS: Final[tuple[Check, ...]] = tuple(
    ordered(
        (
            *FILES,
            *BOOK,
            *COUNTER,
            *STOCK,
            *SERVICES,
            *CERTIFICATES,
            *MISUSE,
            *REBOOKED,
            *RULES,
            *NIGHT,
            *MONEY,
            *MORE,
            *BILLS,
            *HOUSEHOLDS,
        )
    )
)
"""Every check there is, each after those that may explain what it finds."""

_MOST_KEPT: Final = 10_000
_NEEDED: Final = names(
    "account txn transfer leaf offset_booked outbox audit scheme_version night_run night_total claim"
    " claim_batch open_item discrepancy"
)

_OF_PART: Final = frozenset(names("file format row I1 I2 chart entry I4 I6 I20 night_settled"))
"""Checks that a part can answer, with the balances carried to it."""

_NEEDED_OF_PART: Final = names(
    "account balance txn transfer leaf offset_booked outbox audit book_day night_run night_total"
)
Progress = Callable[[int, int], None]
"""Told how many checks are done, and of how many."""


def audit(
    path: Path,
    *,
    progress: Progress = lambda _done, _of: None,
    memory: str = "",
    carry: bool = False,
) -> Report:
    """Audit the export at `path` (a folder or a ZIP).

    `memory`: what DuckDB may use, as `2GB`. With `carry` the report brings what `audit_part` begins with. Raises
    NotAnExportError, also for a part of a book.
    """
    with opened(path) as source:
        if source.since is not None:
            raise NotAnExportError("this is a part of a book, not an export of it")
        book = Book(source, memory=memory)
        try:
            report = _audit(book, source, progress)
            return replace(report, carried=_carried(book, source)) if carry else report
        finally:
            book.close()


def audit_part(path: Path, carried: Carried, *, memory: str = "") -> Report:
    """Audit what came into a book after the whole of it was audited, beginning with the balances carried from there.

    What stood in the book then is not looked at again. Raises NotAnExportError where the part begins elsewhere.
    """
    with opened(path) as source:
        if source.since != carried.size:
            raise NotAnExportError(f"a part from place {carried.size} is wanted")
        book = Book(source, memory=memory)
        try:
            return _audit(book, source, lambda _done, _of: None, carried)
        finally:
            book.close()


def _carried(book: Book, source: Source) -> Carried | None:
    if "line" not in book.made():
        return None
    balances = dict(book.rows("SELECT account_id, credits_less_debits FROM reckoned"))
    waiting = book.rows("SELECT waiting FROM waiting WHERE waiting IN (SELECT txn_id FROM line)")
    return Carried(source.size, balances, frozenset(txn_id for (txn_id,) in waiting))


def _audit(
    book: Book, source: Source, progress: Progress, carried: Carried | None = None
) -> Report:
    checks = CHECKS if carried is None else [one for one in CHECKS if one.id in _OF_PART]
    needed = _NEEDED if carried is None else _NEEDED_OF_PART
    book.constant("community", source.community)
    book.constant("size", source.size)
    book.load()
    missing = [table for table in needed if table not in book.has]
    book.constant("sealed", int(is_sealed(book)))
    if not missing:
        _prepare(book, carried)
    found: list[Finding] = []
    counts: dict[str, int] = {}
    asked, not_asked = [], []
    for number, one in enumerate(checks):
        progress(number, len(checks))
        if one.tables - book.has - _ALWAYS or (missing and one not in FILES):
            not_asked.append(one.id)
            continue
        some, count = _ask(book, one)
        asked.append(one.id)
        found += some
        if count:
            counts[one.id] = count
    progress(len(checks), len(checks))
    manifest = source.manifest
    return Report(
        community=str(manifest["community"]),
        issuer=str(manifest.get("issuer", "")),
        size=source.size,
        root=str(manifest.get("root") or ""),
        manifest_digest=source.manifest_digest(),
        transfers=0 if missing else int(book.value("SELECT count(*) FROM line")),
        asked=tuple(asked),
        not_asked=tuple(not_asked),
        findings=tuple(found),
        counts=counts,
    )


_ALWAYS: Final = frozenset({"manifest"})


def _prepare(book: Book, carried: Carried | None) -> None:
    column = "entry_id" if "entry_id" in book.columns("outbox") else "txn_id"
    book.run(f"CREATE TABLE waiting AS SELECT {column} AS waiting FROM outbox")
    prepare(book)
    if carried is not None:
        carry_on(book, carried.balances, carried.without_place)
        return
    read_rules(book)
    work_out(book)


def _ask(book: Book, one: Check) -> tuple[list[Finding], int]:
    found: list[Finding] = []
    count = 0
    for number, look in enumerate(one.looks, start=1):
        columns, rows = _look(book, look)
        if rows:
            count += len(rows)
            table = _table_of(one.id, number)
            _keep(book, table, columns, rows)
            found += _findings(book, one, look, table, columns)
    return found[:MOST_SHOWN], count


def _table_of(check: str, look: int) -> str:
    return f'"found_{check}#{look}"'


def _look(book: Book, look: Look) -> tuple[list[str], list[list[Any]]]:
    if look.rows is not None:
        return [*look.key, *look.facts], [list(row) for row in look.rows(book)][:_MOST_KEPT]
    cursor = book.database.execute(f"SELECT * FROM ({look.sql}) LIMIT {_MOST_KEPT}")
    columns = [column[0] for column in cursor.description or ()]
    return columns, [list(row) for row in cursor.fetchall()]


def _keep(book: Book, table: str, columns: list[str], rows: list[list[Any]]) -> None:
    """Keep what a look found, so that later checks can be explained by it."""
    kinds = ["BIGINT" if _whole(rows, n) else "VARCHAR" for n in range(len(columns))]
    described = ", ".join(f'"{name}" {kind}' for name, kind in zip(columns, kinds, strict=True))
    book.run(f"CREATE TABLE {table} ({described})")
    marks = ", ".join("?" * len(columns))
    book.database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def _whole(rows: list[list[Any]], column: int) -> bool:
    return all(row[column] is None or isinstance(row[column], int) for row in rows)


def _findings(
    book: Book, one: Check, look: Look, table: str, columns: list[str]
) -> Iterator[Finding]:
    key = len(look.key)
    for why, values in _explained(book, one, table, columns):
        named = {
            name: "-" if value is None else str(value)
            for name, value in zip(columns, values, strict=True)
        }
        row = dict(list(named.items())[:key])
        facts = dict(list(named.items())[key:])
        file = facts.pop("file", "") or book.source.file_of(look.table) or "manifest.json"
        yield Finding(one.id, file, row, facts, why)


def _explained(
    book: Book, one: Check, table: str, columns: list[str]
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Each row found, with the check that explains it ('' for none)."""
    cases = [
        f"WHEN true THEN '{name}'"
        for name in sorted(_UNREADABLE)
        if one not in FILES and _tables_of(book, name)
    ]
    for other, conditions in one.explained_by.items():
        for there, condition in product(_tables_of(book, other), conditions):
            case = f"WHEN EXISTS (SELECT 1 FROM {there} o WHERE {condition}) THEN '{other}'"
            # The looks of a check differ in their columns: not every condition can be asked of each.
            if _can_ask(book, f"SELECT CASE {case} END FROM {table} f LIMIT 0"):
                cases.append(case)
    why = f"CASE {' '.join(cases)} ELSE '' END" if cases else "''"
    chosen = ", ".join(f'f."{name}"' for name in columns)
    order = ", ".join(str(n + 2) for n in range(len(columns)))
    for row in book.rows(
        f"SELECT {why}, {chosen} FROM {table} f ORDER BY 1, {order} LIMIT {MOST_SHOWN}"
    ):
        yield str(row[0]), row[1:]


_UNREADABLE: Final = frozenset({"format", "row"})
"""Where something could not be read, whatever else is found may follow from it."""


def _found(book: Book) -> set[str]:
    return {name.removeprefix("found_") for name in book.made() if name.startswith("found_")}


def _tables_of(book: Book, check: str) -> list[str]:
    return [f'"found_{name}"' for name in sorted(_found(book)) if name.partition("#")[0] == check]


def _can_ask(book: Book, sql: str) -> bool:
    """Whether both sides have the columns a condition speaks of: a check's looks differ in theirs."""
    try:
        book.run(sql)
    except (duckdb.BinderException, duckdb.CatalogException):
        return False
    return True
