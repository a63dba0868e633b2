"""Reads a channel's bill as it comes, with every bad cell named and its totals reckoned again."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from ledger.channel_bills.bill import Bill, BillLine, WrongTotal
from ledger.channel_bills.cells import BadCellError, day_of, days_span, fen_of, moment_of, plain
from ledger.channel_bills.layouts import Layout, layouts, words
from ledger.channel_bills.unionpay import is_unionpay, read_unionpay

MOST_LINES: Final = 1_000_000
LONGEST_REFERENCE: Final = 64

_HEAD_ROWS: Final = 20
_LONGEST_ACCOUNT: Final = 200
_COUNT: Final = re.compile(r"(\d{1,9})(?:\.0+)?", re.ASCII)
_FILE_DAY: Final = re.compile(
    r"(?<!\d)(20\d\d)-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)", re.ASCII
)


class _Rows(Protocol):
    """A CSV reader: rows, and the line of the file the last one ended on."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...
    def __next__(self) -> list[str]: ...


def read_channel_bill(
    body: bytes, *, name: str = "", days: tuple[int, int] | None = None
) -> Bill | None:
    """Read a bill; None where no layout fits it.

    `name`: what the file is called (some channels say the day there alone); `days` (yyyymmdd, both included): what
    whoever sends it says it speaks for, where the file does not. What a channel says finer than a fen is a fault.
    """
    bill = Bill()
    text = _decode(body, bill)
    if text is None:
        bill.add_fault(0, "", "encoding")
        return bill
    if is_unionpay(text):
        return read_unionpay(text, bill, name)
    rows = csv.reader(io.StringIO(text))
    try:
        reader = _find_table(rows, bill)
        if reader is None:
            return None
        reader.read(rows)
    except csv.Error:
        bill.add_fault(rows.line_num, "", "csv")
        return bill
    if not bill.faults:
        reader.check_totals()
        _find_period(bill, text, name, days)
    return bill


def _decode(body: bytes, bill: Bill) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        bill.encoding = encoding
        return text
    return None


def _find_table(rows: _Rows, bill: Bill) -> _Reader | None:
    for _, raw in zip(range(_HEAD_ROWS), rows, strict=False):
        cells = [plain(cell) for cell in raw]
        for layout in layouts():
            if all(name in cells for name in layout.needed):
                columns = {cell: n for n, cell in reversed(list(enumerate(cells)))}
                bill.layout, bill.channel = layout.name, layout.channel
                bill.kinds = _kinds(layout, columns)
                return _Reader(layout, columns, bill)
    return None


def _kinds(layout: Layout, columns: dict[str, int]) -> str:
    """A channel asked for payments alone, or for refunds alone, leaves the other's columns out."""
    if layout.only_refunds and layout.only_refunds in columns:
        return "back"
    if layout.refund_amount and layout.refund_amount not in columns:
        return "pay"
    return "all"


class _Reader:
    """Reads the lines of one bill, keeps its closing lines, and adds up what they speak of."""

    def __init__(self, layout: Layout, columns: dict[str, int], bill: Bill) -> None:
        self.layout = layout
        self.columns = columns
        self.bill = bill
        self.closing: list[list[str]] = []
        self._least = max(columns[name] for name in layout.needed)
        self._sums: Counter[tuple[str, str]] = Counter()
        self._counts: Counter[str] = Counter()
        self._accounts: set[str] = set()

    def read(self, rows: _Rows) -> None:
        """Every line below the headings."""
        for raw in rows:
            if not any(raw):
                continue
            first = plain(raw[0])
            if self.closing or first.startswith("#") or first == self.layout.count != "":
                self.closing.append(raw)
                continue
            self.bill.row_count += 1
            if self.bill.row_count > MOST_LINES:
                self.bill.add_fault(rows.line_num, "", "too_many")
                return
            if len(raw) <= self._least:
                self.bill.add_fault(rows.line_num, "", "columns")
                continue
            self._line(raw, rows.line_num)
        self.bill.account = ",".join(sorted(self._accounts))[:_LONGEST_ACCOUNT]

    def check_totals(self) -> None:
        """Hold the bill's closing against its lines; one that is cut off has none, and is wrong."""
        if self.layout.trailer == "row":
            self._check_row()
        elif self.layout.trailer == "comment":
            self._check_comments()

    def _line(self, raw: Sequence[str], number: int) -> None:
        layout = self.layout
        state = self._cell(raw, layout.state)
        kind = "pay" if state in layout.paid else "back" if state in layout.back else ""
        if not kind:
            self.bill.add_fault(number, layout.state, "state")
            return
        column = layout.amount
        if kind == "back" and layout.refund_amount in self.columns:
            column = layout.refund_amount
        try:
            fen = fen_of(self._cell(raw, column))
        except BadCellError:
            self.bill.add_fault(number, column, "amount")
            return
        if kind == "pay" and fen < 0:
            self.bill.add_fault(number, column, "amount")
            return
        try:
            at = self._moment(raw)
        except BadCellError:
            self.bill.add_fault(number, layout.time, "time")
            return
        reference = self._cell(raw, layout.reference)
        refund = self._cell(raw, layout.refund_reference) if kind == "back" else ""
        if kind == "back" and (original := self._cell(raw, layout.original)):
            reference, refund = original, reference
        if not reference or not all(map(_is_reference, (reference, refund))):
            self.bill.add_fault(number, layout.reference, "reference")
            return
        self._add(raw, number, kind)
        if fen:
            payer = self._cell(raw, layout.payer) if kind == "pay" else ""
            line = BillLine(number, kind, reference, refund, abs(fen), at, payer)
            self.bill.lines.append(line)

    def _cell(self, raw: Sequence[str], column: str) -> str:
        position = self.columns.get(column, len(raw))
        return plain(raw[position]) if position < len(raw) else ""

    def _account(self, raw: Sequence[str]) -> str:
        """The most exact number of the account; a channel writes 0 where there is none below its own."""
        said = (self._cell(raw, column) for column in self.layout.accounts)
        return next((one for one in said if one.strip("0")), "")

    def _moment(self, raw: Sequence[str]) -> int:
        time = self._cell(raw, self.layout.time)
        if self.layout.date:
            time = f"{self._cell(raw, self.layout.date)} {time}"
        return moment_of(time)

    def _add(self, raw: Sequence[str], number: int, kind: str) -> None:
        self._counts[kind] += 1
        self._accounts.add(self._account(raw))
        for column in set(self.layout.sums.values()) & self.columns.keys():
            try:
                self._sums[kind, column] += fen_of(self._cell(raw, column))
            except BadCellError:
                self.bill.add_fault(number, column, "amount")

    def _check_row(self) -> None:
        if len(self.closing) < 2:  # noqa: PLR2004 - names and sums
            self.bill.wrong.append(WrongTotal("", 0, self.bill.row_count))
            return
        names = [plain(cell) for cell in self.closing[0]]
        stated = dict(zip(names, (plain(cell) for cell in self.closing[1]), strict=False))
        self._compare_count(self.layout.count, stated.get(self.layout.count, ""))
        for name, column in self.layout.sums.items():
            if name in stated and column in self.columns:
                counted = self._sums["pay", column] + self._sums["back", column]
                self._compare(name, stated[name], counted)

    def _check_comments(self) -> None:
        text = "\n".join(map(",".join, self.closing))
        found = {match[1]: match for match in re.finditer(words()["closing"], text)}
        column = next(iter(self.layout.sums.values()))
        for name, kind in ((words()["closing_pay"], "pay"), (words()["closing_back"], "back")):
            if name not in found:
                self.bill.wrong.append(WrongTotal(name, 0, self._counts[kind]))
                continue
            if int(found[name][2]) != self._counts[kind]:
                self.bill.wrong.append(WrongTotal(name, int(found[name][2]), self._counts[kind]))
            if column in self.columns:
                self._compare(name, found[name][3], self._sums[kind, column])

    def _compare_count(self, name: str, stated: str) -> None:
        match = _COUNT.fullmatch(stated)
        if match is None or int(match[1]) != self.bill.row_count:
            said = int(match[1]) if match else 0
            self.bill.wrong.append(WrongTotal(name, said, self.bill.row_count))

    def _compare(self, name: str, stated: str, counted: int) -> None:
        try:
            fen = fen_of(stated)
        except BadCellError:
            self.bill.wrong.append(WrongTotal(name, 0, counted))
            return
        if fen != counted:
            self.bill.wrong.append(WrongTotal(name, fen, counted))


def _is_reference(text: str) -> bool:
    return len(text) <= LONGEST_REFERENCE and text.isascii() and text.isprintable()


def _find_period(bill: Bill, text: str, name: str, days: tuple[int, int] | None) -> None:
    """Which time the bill speaks for: as it says itself, as the sender or its name says, or the days of its lines.

    The days of the lines are never more than what it speaks for, so nothing is held missing that was not looked for.
    """
    stated, account = (re.search(words()[what], text[:4_000]) for what in ("period", "account"))
    if account is not None:
        bill.account = account[1]
    try:
        if stated is not None:
            bill.covers_from, bill.covers_until = moment_of(stated[1]), moment_of(stated[2])
            return
        named = [int("".join(match.groups())) for match in _FILE_DAY.finditer(name)]
        lines = sorted(day_of(line.at) for line in bill.lines)
        if days is None and named:
            days = (min(named), max(named))
        if days is None and lines:
            days = (lines[0], lines[-1])
        if days is not None:
            bill.covers_from, bill.covers_until = days_span(*days)
    except BadCellError:
        bill.add_fault(1, "", "period")
        return
    for line in bill.of_kind("pay"):
        if not bill.covers_from <= line.at < bill.covers_until:
            bill.add_fault(line.line_no, "", "outside")
