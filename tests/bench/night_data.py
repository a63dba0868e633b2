"""A day of many sales on both sides: claim files with faults, and what the book is to hold of them.

Everything goes to files line by line, so that ten million lines need no memory.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ledger.refs import make_reference
from tests.support.night_plant import HOUR, midnight
from tests.support.town import HERE

SHOPS = tuple(range(1, 13))
UNITS_PER_FEN = 20
FIRST_TXN = 9_000_000
_A_TILL = 90_000
"""Sales of one till; a reference has five digits for them."""

FAULTS = ("X1", "X2", "X3", "V1", "V2", "repaired", "nearby")
"""What may be wrong with a line: five verdicts, and two slips of the hand that the later passes put right."""


@dataclass
class Files:
    """For each shop its file twice, as shops write it and for COPY; and the booked lines for COPY.

    `planted`: discrepancies by code; `paired`: claims that a later pass has to place, by how; `bound`: booked fen.
    """

    day: int
    csv: list[Path] = field(default_factory=list)
    tsv: list[Path] = field(default_factory=list)
    booked: list[Path] = field(default_factory=list)
    planted: dict[str, int] = field(default_factory=dict)
    paired: dict[str, int] = field(default_factory=dict)
    bound: dict[int, int] = field(default_factory=dict)
    booked_count: int = 0
    tills_each: int = 1


class _Line(NamedTuple):
    till: int
    ref: str
    fen: int
    at: int
    fault: str
    claimed_ref: str
    claimed_fen: int


def make_files(
    folder: Path, claims: int, faults_percent: int, rng: random.Random, day: int
) -> Files:
    """Write one file a shop, `claims` lines in all, with the FAULTS in equal parts.

    Repeats stand in the shop's own file alone: the floor's key could not take them.
    """
    files = Files(day)
    files.tills_each = max(1, -(-claims // len(SHOPS) // _A_TILL))
    for shop in SHOPS:
        count = claims // len(SHOPS) + (shop <= claims % len(SHOPS))
        files.bound[shop] = 0
        for kind in ("csv", "tsv", "booked"):
            getattr(files, kind).append(folder / f"{claims}-{shop}.{kind}")
        _write_shop(files, shop, _lines(shop, day, count, faults_percent, rng))
    return files


def _lines(
    shop: int, day: int, count: int, faults_percent: int, rng: random.Random
) -> Iterator[_Line]:
    start, odd = midnight(day), 0
    for n in range(count):
        place, within = divmod(n, _A_TILL)
        code = f"M{shop:02d}T{place + 1}"
        ref = make_reference(code, day, within + 1)
        fen, at = rng.randint(1, 40) * 100, start + 7 * HOUR + n * 1_000_000 % (12 * HOUR)
        fault = rng.choice(FAULTS) if rng.randrange(100) < faults_percent else ""
        claimed_ref, claimed_fen = ref, fen
        if fault in {"repaired", "nearby"}:
            # An amount of its own, so that there is one booking alone that the claim can mean.
            odd += 1
            fen = claimed_fen = 5_000 + odd
            claimed_ref = _slipped(ref) if fault == "repaired" else f"{code}-NO-SLIP-{n}"
        elif fault == "V1":
            claimed_fen = fen * 100
        elif fault == "V2":
            claimed_fen = fen - 50
        till = 1_000 + shop * 10 + place
        yield _Line(till, ref, fen, at, fault, claimed_ref, claimed_fen)


def _slipped(ref: str) -> str:
    """The reference with the last digit of its counter wrong."""
    return f"{ref[:-3]}{(int(ref[-3]) + 1) % 10}{ref[-2:]}"


def _write_shop(files: Files, shop: int, lines: Iterator[_Line]) -> None:
    with ExitStack() as stack:
        csv = stack.enter_context(files.csv[-1].open("w", encoding="utf-8-sig", newline=""))
        tsv = stack.enter_context(files.tsv[-1].open("w", encoding="utf-8", newline=""))
        booked = stack.enter_context(files.booked[-1].open("w", encoding="utf-8", newline=""))
        csv.write("申报月份,商户号,抵扣凭证号,抵扣时间,抵扣积分,抵扣金额,小票号,备注\r\n")
        again: list[str] = []
        for n, line in enumerate(lines, start=1):
            _count(files, line)
            if line.fault != "X1":
                txn = FIRST_TXN + files.booked_count
                files.booked_count += 1
                files.bound[shop] += line.fen
                booked.write(
                    f"{HERE}\t{txn}\t{shop}\t{line.till}\t{line.ref}\tsale\t{line.fen * UNITS_PER_FEN}"
                    f"\t{line.fen}\t{UNITS_PER_FEN}\t{files.day}\t{line.at}\n"
                )
            if line.fault == "X2":
                continue
            ref, fen, units = line.claimed_ref, line.claimed_fen, line.claimed_fen * UNITS_PER_FEN
            text = (
                f"202603,M{shop:02d},{ref},{_clock(files.day, line.at)},{units // 100}.{units % 100:02d},"
                f"{fen // 100}.{fen % 100:02d},{ref[-7:-2]},\r\n"
            )
            csv.write(text)
            tsv.write(
                f"{HERE}\t{shop}\t{n}\t{shop}\t{ref}\tsale\t{units}\t{fen}\t{line.at}\t{files.day}\n"
            )
            if line.fault == "X3":
                again.append(text)
        csv.writelines(again)


def _count(files: Files, line: _Line) -> None:
    if line.fault:
        counts = files.paired if line.fault in {"repaired", "nearby"} else files.planted
        counts[line.fault] = counts.get(line.fault, 0) + 1


def _clock(day: int, at: int) -> str:
    seconds = (at - midnight(day)) // 1_000_000
    hours, rest = divmod(seconds, 3_600)
    date = f"{day // 10_000}-{day // 100 % 100:02d}-{day % 100:02d}"
    return f"{date} {hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
