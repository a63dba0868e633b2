"""A payment channel's bill of a day, as it comes: CSV, back-quotes, yuan, totals at the end."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from ledger.errors import Refusal
from ledger.units import MOST_FEN
from pos.proof import BillLine

_FORMATS: Final = Path(__file__).with_name("bill_formats.toml")
MOST_BYTES: Final = 50_000_000
MOST_LINES: Final = 1_000_000
_LONGEST_REFERENCE: Final = 64
_YUAN: Final = re.compile(r"(\d{1,10})(?:\.(\d{1,2}))?")
_TIMES: Final = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M")


class Layout(NamedTuple):
    """What a channel calls the columns we read."""

    name: str
    time: str
    reference: str
    amount_yuan: str
    state: str
    paid: str
    timezone: str


@cache
def layouts() -> tuple[Layout, ...]:
    """The layouts the product knows."""
    rows = tomllib.loads(_FORMATS.read_text(encoding="utf-8"))["layout"]
    return tuple(Layout(**row) for row in rows)


def read_bill(body: bytes) -> list[BillLine]:
    """The payments of a bill in the order of the file; refund rows and the closing totals are left out.

    Refuses: bill_too_large, bill_unreadable (no encoding fits), bill_unknown (no layout fits), bill_row_bad (the row's
    number and column; nothing of the file is used then).
    """
    if len(body) > MOST_BYTES:
        raise Refusal("bill_too_large", most_bytes=MOST_BYTES)
    rows = list(csv.reader(io.StringIO(_decode(body))))
    if len(rows) > MOST_LINES:
        raise Refusal("bill_too_large", most_lines=MOST_LINES)
    layout, head, first = _find_layout(rows)
    lines = []
    for number, raw in enumerate(rows[first:], start=first + 1):
        cells = [_clean(cell) for cell in raw]
        if len(cells) <= max(head.values()):
            break  # the closing totals have fewer columns
        if cells[head["state"]] == layout.paid:
            lines.append(_line(layout, head, cells, number))
    return lines


def _decode(body: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refusal("bill_unreadable")


def _clean(cell: str) -> str:
    return cell.strip().strip("`\t ").strip()


def _find_layout(rows: list[list[str]]) -> tuple[Layout, dict[str, int], int]:
    for number, raw in enumerate(rows[:20]):
        cells = [_clean(cell) for cell in raw]
        for layout in layouts():
            wanted = {"time": layout.time, "reference": layout.reference, "amount": layout.amount_yuan,
                      "state": layout.state}  # fmt: skip
            if all(name in cells for name in wanted.values()):
                return layout, {key: cells.index(name) for key, name in wanted.items()}, number + 1
    raise Refusal("bill_unknown", known=", ".join(layout.name for layout in layouts()))


def _line(layout: Layout, head: dict[str, int], cells: list[str], number: int) -> BillLine:
    reference = cells[head["reference"]]
    if not reference or len(reference) > _LONGEST_REFERENCE or not reference.isascii():
        raise Refusal("bill_row_bad", row=number, column="reference")
    return BillLine(
        payment_ref=reference,
        fen=_fen(cells[head["amount"]], number),
        paid_at=_moment(cells[head["time"]], layout.timezone, number),
    )


def _fen(text: str, number: int) -> int:
    match = _YUAN.fullmatch(text.replace(",", "").lstrip("\u00a5"))
    if match is None:
        raise Refusal("bill_row_bad", row=number, column="amount")
    fen = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))
    if fen > MOST_FEN:
        raise Refusal("bill_row_bad", row=number, column="amount")
    return fen


def _moment(text: str, timezone: str, number: int) -> int:
    for form in _TIMES:
        try:
            local = datetime.strptime(text, form).replace(tzinfo=ZoneInfo(timezone))
        except ValueError:
            continue
        return int(local.timestamp()) * 1_000_000
    raise Refusal("bill_row_bad", row=number, column="time")
