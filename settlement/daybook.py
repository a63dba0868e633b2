"""A till's day as it filed it, and the control totals anybody can recompute from its lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from ledger.errors import Refusal
from ledger.refs import read_reference
from ledger.units import MOST_FEN

HASH_MODULUS: Final = 10**10
"""The hash total is the sum of all counters, cut to ten digits."""

MOST_LINES: Final = 20_000
"""No till rings up more in a day."""


class ClaimLine(NamedTuple):
    """One claim: a refund's units and fen are negative; time in microseconds, date as yyyymmdd."""

    line_no: int
    ref: str
    kind: str
    units: int
    fen: int
    occurred_at: int
    business_date: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DaybookLine:
    """One sale, refund or used voucher as the till wrote it down; fen and units as counted, without a sign."""

    counter: int
    ref: str
    kind: Literal["sale", "refund", "voucher"]
    original_ref: str | None
    total_fen: int
    offset_units: int
    offset_fen: int
    paid_fen: int
    occurred_at: int

    @property
    def sign(self) -> int:
        """1 for a sale or a used voucher, -1 for a refund."""
        return -1 if self.kind == "refund" else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Control totals. Plus: sales and used vouchers; minus: refunds; both as amounts without a sign."""

    sales: int
    refunds: int
    offset_units_plus: int
    offset_units_minus: int
    offset_fen_plus: int
    offset_fen_minus: int
    first_counter: int
    last_counter: int
    hash_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Daybook:
    """One upload: the till's number for it, its day (yyyymmdd), its lines and its own totals."""

    business_date: int
    batch_no: int
    opened_at: int
    closed_at: int
    lines: tuple[DaybookLine, ...]
    totals: Totals
    seal: str = ""
    """What the tablet signed over it (`settlement.batch_seal`); empty from a till that does not seal yet."""


def totals_of(lines: Iterable[DaybookLine]) -> Totals:
    """The control totals of some lines; counters 0 where there are none."""
    lines = list(lines)
    sales = [line for line in lines if line.kind != "refund"]
    refunds = [line for line in lines if line.kind == "refund"]
    counters = [line.counter for line in lines]
    return Totals(
        sales=len(sales),
        refunds=len(refunds),
        offset_units_plus=sum(abs(line.offset_units) for line in sales),
        offset_units_minus=sum(abs(line.offset_units) for line in refunds),
        offset_fen_plus=sum(abs(line.offset_fen) for line in sales),
        offset_fen_minus=sum(abs(line.offset_fen) for line in refunds),
        first_counter=min(counters, default=0),
        last_counter=max(counters, default=0),
        hash_total=sum(counters) % HASH_MODULUS,
    )


def missing_counters(lines: Iterable[DaybookLine], *, most: int = 50) -> list[int]:
    """Counters between the first and the last that no line carries: sales lost or held back."""
    counters = {line.counter for line in lines}
    if not counters:
        return []
    return [n for n in range(min(counters), max(counters)) if n not in counters][:most]


def check_lines(book: Daybook, terminal_code: str) -> None:
    """Refuse an upload that no till of ours writes.

    Refusals: claim_batch_too_long, claim_line_bad (with the line's counter and what is wrong).
    """
    if len(book.lines) > MOST_LINES:
        raise Refusal("claim_batch_too_long", most=MOST_LINES)
    for line in book.lines:
        fault = _fault(line, terminal_code)
        if fault:
            raise Refusal("claim_line_bad", counter=line.counter, fault=fault)


def _fault(line: DaybookLine, terminal_code: str) -> str:
    reference = read_reference(line.ref)
    if reference is None or reference.terminal_code != terminal_code:
        return "ref"
    if reference.counter != line.counter:
        return "counter"
    if line.kind == "refund" and line.original_ref is None:
        return "original_ref"
    amounts = (line.total_fen, line.offset_fen, line.offset_units, line.paid_fen)
    if any(abs(amount) > MOST_FEN * 100 for amount in amounts):
        return "amount"
    return ""


def read_daybook(body: Mapping[str, Any]) -> Daybook:
    """The upload from plain values of the documented shape; KeyError or TypeError where it differs."""
    return Daybook(
        business_date=body["business_date"],
        batch_no=body["batch_no"],
        opened_at=body["opened_at"],
        closed_at=body["closed_at"],
        lines=tuple(DaybookLine(**line) for line in body["lines"]),
        totals=Totals(**body["totals"]),
        seal=body.get("seal", ""),
    )
