"""What a channel's bill says: payments, money given back, its own totals, and the minutes it speaks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

MOST_FAULTS: Final = 200
"""Bad cells named in an answer; a bill with more is bad from end to end."""


class Outcome(StrEnum):
    """What became of a file that came, or did not come."""

    OK = "ok"
    EMPTY = "EMPTY"
    UNREADABLE = "UNREADABLE"
    TOTALS_WRONG = "TOTALS_WRONG"


class BillLine(NamedTuple):
    """One line: `kind` is `pay` or `back`, fen without a sign, time in microseconds UTC.

    `refund_ref` is the channel's number of the money given back, '' on a payment. `payer`: who paid, as the channel
    numbers them; '' where it does not say, or says it with stars.
    """

    line_no: int
    kind: str
    payment_ref: str
    refund_ref: str
    fen: int
    at: int
    payer: str = ""


class BillFault(NamedTuple):
    """One cell that cannot be read: its line as a text editor counts, its heading, a word for the fault."""

    line_no: int
    column: str
    fault: str


class WrongTotal(NamedTuple):
    """A closing sum that is not what the lines add up to, both in the bill's own unit (fen, or lines)."""

    name: str
    stated: int
    counted: int


@dataclass(slots=True)
class Bill:
    """A bill as read. `covers_from` to `covers_until` (microseconds UTC, end left out): the time it speaks for.

    `account`: the collecting account or accounts as the channel numbers them.
    `kinds`: `all`, or `pay` or `back` where the channel was asked for one of them alone.
    """

    layout: str = ""
    channel: str = ""
    account: str = ""
    kinds: str = "all"
    encoding: str = ""
    lines: list[BillLine] = field(default_factory=list)
    faults: list[BillFault] = field(default_factory=list)
    wrong: list[WrongTotal] = field(default_factory=list)
    row_count: int = 0
    covers_from: int = 0
    covers_until: int = 0

    @property
    def outcome(self) -> Outcome:
        """What is to become of it: with one bad cell, or one sum that does not hold, none of it counts."""
        if self.faults:
            return Outcome.UNREADABLE
        if self.wrong:
            return Outcome.TOTALS_WRONG
        return Outcome.OK if self.lines else Outcome.EMPTY

    def of_kind(self, kind: str) -> list[BillLine]:
        """The payments (`pay`) or the money given back (`back`)."""
        return [line for line in self.lines if line.kind == kind]

    def add_fault(self, line_no: int, column: str, fault: str) -> None:
        """Name one bad cell."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(BillFault(line_no, column, fault))
