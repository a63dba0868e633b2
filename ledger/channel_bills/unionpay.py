"""UnionPay's merchant file of a day (ZM): lines of fixed width without headings, amounts in fen, no totals.

Widths and meanings: UnionPay's file interface for merchants, part 6.1. The day's cut is at 23:00 of China's clock, and
the file says the day in its name alone (INN, six digits of the day, 88ZM).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from ledger.channel_bills.bill import Bill, BillLine
from ledger.channel_bills.cells import CHINA, micros
from ledger.channel_bills.layouts import words

_WIDTHS: Final = (
    3,
    11,
    11,
    6,
    10,
    19,
    12,
    4,
    2,
    21,
    2,
    32,
    2,
    6,
    10,
    13,
    13,
    4,
    15,
    2,
    2,
    6,
    2,
    4,
    32,
    1,
    21,
    15,
)
"""The fields up to the merchant's number, each closed by a blank; what follows is not read."""
_CODE, _SENT_AT, _AMOUNT, _QUERY, _MERCHANT = 0, 4, 6, 9, 27
_LINE: Final = re.compile(" ".join(f"(.{{{width}}})" for width in _WIDTHS) + " .*", re.DOTALL)
_NAME: Final = re.compile(r"INN(\d{2})(\d{2})(\d{2})88ZM", re.ASCII)
_KINDS: Final = {"S22": "pay", "S30": "back", "S31": "back", "S34": "back"}
"""Purchase; refund, cancelled purchase, refund without network."""
_CUT_HOURS: Final = 23
_HALF_YEAR: Final = timedelta(days=183)


def is_unionpay(text: str) -> bool:
    """Whether the first line looks like one of this file."""
    first = text.split("\n", 1)[0].rstrip("\r")
    return first[:1] == "S" and first[1:3].isdigit() and _LINE.fullmatch(first) is not None


def read_unionpay(text: str, bill: Bill, name: str) -> Bill:
    """Read the file; its name must still be the one UnionPay gave it, since nothing else says the year."""
    bill.layout, bill.channel = "unionpay", "acquirer"
    named = _NAME.search(name)
    day = None if named is None else _day(f"20{named[1]}{named[2]}{named[3]}000000")
    if day is None:
        bill.add_fault(0, "", "file_name")
        return bill
    ends = day + timedelta(hours=_CUT_HOURS)
    bill.covers_from, bill.covers_until = micros(ends - timedelta(days=1)), micros(ends)
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            bill.row_count += 1
            _read_line(line.rstrip("\r"), number, bill, day)
    return bill


def _read_line(line: str, number: int, bill: Bill, day: datetime) -> None:
    match = _LINE.fullmatch(line)
    if match is None:
        bill.add_fault(number, "", "columns")
        return
    cells = [cell.strip() for cell in match.groups()]
    kind, at, query = _KINDS.get(cells[_CODE]), _sent_at(cells[_SENT_AT], day), cells[_QUERY]
    if kind is None:
        bill.add_fault(number, words()["code"], "state")
    elif at is None:
        bill.add_fault(number, words()["sent_at"], "time")
    elif not (cells[_AMOUNT].isascii() and cells[_AMOUNT].isdigit()):
        bill.add_fault(number, words()["amount"], "amount")
    elif not (query.isascii() and query.isdigit()):
        bill.add_fault(number, words()["query"], "reference")
    elif int(cells[_AMOUNT]):
        bill.account = cells[_MERCHANT]
        refund = query if kind == "back" else ""
        bill.lines.append(BillLine(number, kind, query, refund, int(cells[_AMOUNT]), at))


def _sent_at(cell: str, day: datetime) -> int | None:
    """MMDDhhmmss: the year is the one that brings it nearest to the file's day."""
    for year in (day.year, day.year - 1, day.year + 1):
        moment = _day(f"{year}{cell}")
        if moment is not None and abs(moment - day) < _HALF_YEAR:
            return micros(moment)
    return None


def _day(digits: str) -> datetime | None:
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
    except ValueError:
        return None
