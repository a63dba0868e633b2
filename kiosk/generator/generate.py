"""Makes one community's documents for a number of months: the same seed, size and dates give the same bytes."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kiosk.generator.bills import Billing, write_bill
from kiosk.generator.claims import Office
from kiosk.generator.files import Folder, write_truth, write_world
from kiosk.generator.rhythm import days
from kiosk.generator.rings import ring_lines
from kiosk.generator.shapes import Truth, World, date_key
from kiosk.generator.streams import Streams
from kiosk.generator.trade import Rung, Traded, trade
from kiosk.generator.world import imagine

Progress = Callable[[int, int], None]
"""Told after each step how many of how many are done."""

_STEPS_BEFORE_DAYS = 3


@dataclass(frozen=True, slots=True)
class Report:
    """What was written: counts by name and planted faults by verdict."""

    folder: Path
    counts: dict[str, int]
    faults: dict[str, int]


def generate(
    size: str,
    *,
    seed: int,
    months: int,
    until: date,
    out: Path,
    rare: bool = False,
    with_rings: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Write a community of a size (S, C1 or C1Q) and its life in the months ending on `until` into `out`.

    LookupError for an unknown size; FileExistsError where `out` holds anything.
    """
    if out.exists() and any(out.iterdir()):
        raise FileExistsError(out)
    tell = progress or (lambda _done, _of: None)
    world = imagine(size, seed, months=months, until=until, rare=rare, with_rings=with_rings)
    period = list(days(world.since, world.until))
    steps = _STEPS_BEFORE_DAYS + len(period)
    tell(1, steps)
    traded = trade(world)
    tell(2, steps)
    folder = Folder(out)
    write_world(folder, world, traded)
    tell(3, steps)
    truth: list[Truth] = []
    office = Office(world.shops, Streams(seed))
    billing = Billing(world.shops, world.purchases)
    by_day: dict[int, list[Rung]] = defaultdict(list)
    for line in traded.rung:
        by_day[line.business_date].append(line)
    for done, day in enumerate(period, _STEPS_BEFORE_DAYS + 1):
        rung = by_day[date_key(day)]
        filing = office.file_day(day, rung)
        for document in filing.documents:
            folder.write(document.path, document.body, document.body.count(b"\n"))
        folder.jsonl(f"daybooks/{day.isoformat()}.jsonl", filing.daybooks)
        truth += [*filing.truth, *_write_bills(folder, billing, day, rung)]
        tell(done, steps)
    write_truth(folder, truth)
    used = {line.purchase: line.offset_fen for line in traded.rung if line.kind == "sale"}
    folder.jsonl("rings.jsonl", ring_lines(world.rings, used))
    return _finish(folder, world, traded, truth)


def _write_bills(folder: Folder, billing: Billing, day: date, rung: list[Rung]) -> list[Truth]:
    """Each shop's bill of the day, for shops whose agreement names a bill as proof."""
    truth: list[Truth] = []
    for bill in billing.bills_of(day, rung):
        truth += bill.truth
        path = f"bills/{bill.merchant}/{date_key(day)}.csv"
        folder.write(path, write_bill(bill.merchant, bill.payments), len(bill.payments))
    return truth


def _finish(folder: Folder, world: World, traded: Traded, truth: list[Truth]) -> Report:
    counts = {
        "households": len(world.households),
        "residents": len(world.people),
        "members": len(world.members),
        "member households": len({person.household for person in world.members}),
        "purchases": len(world.purchases),
        "refunds": sum(line.kind == "refund" for line in traded.rung),
        "offsets": sum(line.kind == "sale" and line.offset_fen > 0 for line in traded.rung),
        "redemptions": len(traded.handed),
    }
    faults = dict(sorted(Counter(row.verdict for row in truth).items()))
    manifest: dict[str, Any] = {
        "size": world.size,
        "seed": world.seed,
        "since": world.since.isoformat(),
        "until": world.until.isoformat(),
        "counts": counts,
        "faults": faults,
        "files": dict(sorted(folder.files.items())),
    }
    body = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
    (folder.root / "manifest.json").write_bytes(body)
    return Report(folder.root, counts, faults)
