"""A day on paper: slips with numbers of their own, and the sheet on which the shop added them up.

A pad is a terminal of kind paper. A slip's number is the pad's code, a running number and a check character, the same
on both halves; its day stands on the sheet, so that pads are printed ahead.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from ledger.errors import Refusal
from ledger.refs import check_character
from ledger.sql import Sql, Tx

MOST_SLIPS: Final = 99_999
_DIGITS: Final = 5
_MOST_NAMED: Final = 20

_KEYED: Final = Sql(
    "SELECT ref, total_fen, offset_units, offset_fen, paid_fen, earned_units, occurred_at FROM sale"
    " WHERE community_id = :community_id AND terminal_id = :terminal_id AND ref LIKE :like AND state = 'done'"
    " ORDER BY ref"
)
_LAST: Final = Sql(
    "SELECT max(counter) AS counter FROM offline_sale"
    " WHERE community_id = :community_id AND terminal_id = :terminal_id"
)


class Keyed(NamedTuple):
    """A slip that was typed in: its running number, amounts in fen and units, when (microseconds UTC)."""

    counter: int
    ref: str
    total_fen: int
    offset_units: int
    offset_fen: int
    paid_fen: int
    earned_units: int
    occurred_at: int


class Sheet(NamedTuple):
    """What the shop wrote on the day's sheet: first and last slip used, spoilt ones, and its own sums."""

    first: int
    last: int
    spoilt: frozenset[int]
    slips: int
    total_fen: int
    units: int


def slip_number(terminal_code: str, counter: int) -> str:
    """`M01P1`, 17 -> `M01P1-00017-` and its check character; printed on both halves."""
    body = f"{terminal_code}-{counter:0{_DIGITS}d}-"
    return body + check_character(body)


def short_code(terminal_code: str, counter: int) -> str:
    """What is read aloud and typed: the running number without leading zeros and the check character."""
    return f"{counter}{slip_number(terminal_code, counter)[-1]}"


def read_slip_number(terminal_code: str, typed: str) -> int:
    """The running number behind `17K`, `00017-K` or the whole number; refuses slip_number_bad."""
    plain = typed.upper().replace(" ", "").replace("-", "")
    plain = plain.removeprefix(terminal_code) if len(plain) > len(terminal_code) else plain
    digits, check = plain[:-1], plain[-1:]
    if not digits.isascii() or not digits.isdigit() or len(digits) > _DIGITS or not int(digits):
        raise Refusal("slip_number_bad")
    if slip_number(terminal_code, int(digits))[-1] != check:
        raise Refusal("slip_number_bad")
    return int(digits)


def missing_slips(sheet: Sheet, keyed: Iterable[int]) -> list[int]:
    """Numbers of the day's sheet that nobody typed in and that are not spoilt."""
    known = set(keyed) | sheet.spoilt
    return [number for number in range(sheet.first, sheet.last + 1) if number not in known]


def check_sheet(sheet: Sheet, keyed: list[Keyed]) -> None:
    """Hold the sheet against what was typed in.

    Refuses paper_slips_missing with the numbers, paper_totals_wrong where number, yuan or points differ (a slip
    outside of the sheet's numbers is one too many).
    """
    missing = missing_slips(sheet, (slip.counter for slip in keyed))
    if missing:
        named = ", ".join(str(number) for number in missing[:_MOST_NAMED])
        raise Refusal("paper_slips_missing", numbers=named)
    typed = len(keyed), sum(one.total_fen for one in keyed), sum(one.offset_units for one in keyed)
    inside = all(
        sheet.first <= one.counter <= sheet.last and one.counter not in sheet.spoilt
        for one in keyed
    )
    if not inside or typed != (sheet.slips, sheet.total_fen, sheet.units):
        raise Refusal("paper_totals_wrong", slips=typed[0], total_fen=typed[1], used_units=typed[2])


def slips_of(
    tx: Tx, community_id: int, terminal_id: int, terminal_code: str, day: int
) -> list[Keyed]:
    """The slips of one day (yyyymmdd) that were typed in, by number."""
    like = f"{terminal_code}-{day % 1_000_000:06d}-%"
    rows = tx.all(_KEYED, community_id=community_id, terminal_id=terminal_id, like=like)
    return [
        Keyed(int(row.ref.split("-")[2]), row.ref, *(int(value) for value in row[1:]))
        for row in rows
    ]


def last_slip(tx: Tx, community_id: int, terminal_id: int) -> int:
    """The highest number of a pad that was typed in; 0 before the first."""
    row = tx.get(_LAST, community_id=community_id, terminal_id=terminal_id)
    return int(row.counter or 0)
