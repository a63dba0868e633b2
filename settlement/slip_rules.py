"""The shop's halves of its slips as a third key: a typed or scanned stack, held against claims and book."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from ledger.refs import check_character, make_reference, read_reference
from settlement.verdicts import RULES, Code

MOST_LINES: Final = 50_000
MOST_FAULTS: Final = 200

_HEAD: Final = re.compile(r"([0-9A-Z]{2,8})[ \t,]+(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})", re.ASCII)
_LINE: Final = re.compile(r"([0-9A-Z-]{2,40})(?:[ \t,;]+(-?)(\d{1,8})(?:\.(\d{1,2}))?)?", re.ASCII)
_SHORT: Final = re.compile(r"0*(\d{1,5})-?([0-9A-Z])", re.ASCII)


class SlipFault(StrEnum):
    """What the third key shows, each a discrepancy of its own."""

    NO_SLIP = "K1"
    NO_CLAIM = "K2"
    OTHER_AMOUNT = "K3"


FAULT_NAMES: Final[dict[SlipFault, str]] = {
    fault: RULES[Code(fault.value)].name for fault in SlipFault
}
FIRST_ACTIONS: Final[dict[SlipFault, str]] = {
    fault: RULES[Code(fault.value)].first_action for fault in SlipFault
}


class Half(NamedTuple):
    """One half of a slip: its line in the stack, its number, and the yuan taken off in fen (None: not typed)."""

    line_no: int
    ref: str
    fen: int | None


class LineFault(NamedTuple):
    """A line of the stack that cannot be taken: `number`, `head`, `amount`, `twice`, `too_many`."""

    line_no: int
    fault: str
    text: str


class Stack(NamedTuple):
    """A stack as typed or scanned; with one fault none of it counts."""

    halves: list[Half]
    faults: list[LineFault]
    repeated: int


class Finding(NamedTuple):
    """Where the third key does not agree; fen as each side has them, None where it has nothing."""

    code: SlipFault
    ref: str
    claim_fen: int | None
    slip_fen: int | None


def read_stack(text: str, pads: frozenset[str] = frozenset()) -> Stack:
    """Read a stack, a line a slip: `M01T1-260302-00457-C 10.00`, or under a line `M01T1 2026-03-02` just `457C 10.00`.

    The amount may be left out. `pads`: codes of paper pads, whose halves carry a check character without the day. A
    slip scanned twice counts once; with another amount it is a fault.
    """
    found: dict[str, Half] = {}
    stack = Stack([], [], 0)
    head: tuple[str, int] | None = None
    repeated = 0
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip().upper()
        if not line or line.startswith("#"):
            continue
        if len(found) >= MOST_LINES or len(stack.faults) >= MOST_FAULTS:
            stack.faults.append(LineFault(number, "too_many", ""))
            break
        started = _HEAD.fullmatch(line)
        if started is not None:
            head = (started[1], int(started[2] + started[3] + started[4]))
            continue
        half = _half(number, line, head, pads)
        if isinstance(half, LineFault):
            stack.faults.append(half)
            continue
        before = found.setdefault(half.ref, half)
        if before is not half:
            repeated += 1
            if None not in {before.fen, half.fen} and before.fen != half.fen:
                stack.faults.append(LineFault(number, "twice", half.ref))
    stack.halves.extend(found.values())
    return stack._replace(repeated=repeated)


def compare(
    claims: Mapping[str, int], slips: Mapping[str, int | None], *, is_whole: bool
) -> list[Finding]:
    """Hold a shop's claims (reference to fen) against its slips.

    `is_whole`: whether every slip of the time is in the stack; else no claim is said to lack one.
    """
    found = []
    for ref, slip_fen in slips.items():
        claim_fen = claims.get(ref)
        if claim_fen is None:
            found.append(Finding(SlipFault.NO_CLAIM, ref, None, slip_fen))
        elif slip_fen is not None and slip_fen != claim_fen:
            found.append(Finding(SlipFault.OTHER_AMOUNT, ref, claim_fen, slip_fen))
    if is_whole:
        found += [
            Finding(SlipFault.NO_SLIP, ref, fen, None)
            for ref, fen in claims.items()
            if ref not in slips
        ]
    return sorted(found, key=lambda one: (one.code, one.ref))


def day_of(ref: str) -> int:
    """The day (yyyymmdd) in a slip's number; 0 where it is none."""
    read = read_reference(ref)
    return 0 if read is None else 20_000_000 + int(read.yymmdd)


def _half(
    number: int, line: str, head: tuple[str, int] | None, pads: frozenset[str]
) -> Half | LineFault:
    match = _LINE.fullmatch(line)
    if match is None:
        return LineFault(number, "amount" if _LINE.match(line) else "number", line[:40])
    ref = match[1] if read_reference(match[1]) is not None else _from_short(match[1], head, pads)
    if ref is None:
        fault = "head" if head is None and _SHORT.fullmatch(match[1]) else "number"
        return LineFault(number, fault, match[1])
    if match[3] is None:
        return Half(number, ref, None)
    fen = int(match[3]) * 100 + int((match[4] or "0").ljust(2, "0"))
    return Half(number, ref, -fen if match[2] else fen)


def _from_short(typed: str, head: tuple[str, int] | None, pads: frozenset[str]) -> str | None:
    """The whole number of a slip typed short, if its check character fits."""
    short = _SHORT.fullmatch(typed)
    if short is None or head is None:
        return None
    terminal, day = head
    ref = make_reference(terminal, day, int(short[1]))
    wanted = check_character(f"{terminal}-{int(short[1]):05d}-") if terminal in pads else ref[-1]
    return ref if wanted == short[2] else None


def total_fen(halves: Sequence[Half]) -> int:
    """The amounts typed, signed."""
    return sum(half.fen or 0 for half in halves)
