"""Run the simulator: one seed again, many seeds clean, or every planted bug until it is found.

python -m tests.sim --seed 123 [--bug NAME] [--trace]    one seed, and what happened in it
python -m tests.sim --seeds 20000 [--jobs 2]             so many fresh seeds; nothing may be wrong
python -m tests.sim --bugs [--most 300]                  fresh seeds for each bug until it is found
python -m tests.sim --proof                              both, and the figures into docs/reliability.md
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from pathlib import Path
from random import SystemRandom

from tests.sim.bugs import BUGS
from tests.sim.many import FIRST, Figures, command, find_bug, live_many, live_one
from tests.support.reliability import write_section

CLEAN_SEEDS, MOST_FOR_A_BUG, ROUNDS = 20_000, 300, 3


def main() -> int:
    """Read the options and do as they say; 1 where something was wrong."""
    reader = argparse.ArgumentParser(
        prog="python -m tests.sim", description=__doc__.splitlines()[0]
    )
    reader.add_argument("--seed", type=int, help="live this seed once more")
    reader.add_argument("--bug", choices=BUGS, help="with this bug planted")
    reader.add_argument("--trace", action="store_true", help="say what happened")
    reader.add_argument("--seeds", type=int, help="live so many seeds")
    reader.add_argument("--first", type=int, help="beginning with this one, not a fresh one")
    reader.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    reader.add_argument("--bugs", action="store_true", help="look for every planted bug")
    reader.add_argument("--most", type=int, default=MOST_FOR_A_BUG, help="seeds for one bug")
    reader.add_argument("--proof", action="store_true", help="everything, written down")
    asked = reader.parse_args()
    first = asked.first if asked.first is not None else SystemRandom().randrange(FIRST)
    if asked.seed is not None:
        return _one(asked.seed, asked.bug, trace=asked.trace)
    if asked.proof:
        return _proof(first, asked.jobs)
    if asked.bugs:
        return _report(*_look_for_all(first, asked.most, rounds=1))
    return _clean(first, asked.seeds or 300, asked.jobs)[1]


def _one(seed: int, bug: str | None, *, trace: bool) -> int:
    error, run = live_one(seed, bug)
    if trace and run is not None:
        print("\n".join(run.machine.trace))
    if error is None:
        print(f"seed {seed}: nothing wrong")
        return 0
    traceback.print_exception(error)
    print(f"seed {seed}: {type(error).__name__}: {error}")
    return 1


def _clean(first: int, count: int, jobs: int) -> tuple[Figures, int]:
    began = time.monotonic()
    figures = live_many(
        first, count, jobs, say=lambda done: _progress("clean seeds", done, count, began)
    )
    rate = count / (time.monotonic() - began)
    print(
        f"\n{count} seeds from {first} on, {rate:.0f} a second on {jobs} processes: {len(figures.wrong)} wrong"
    )
    for seed, what in figures.wrong[:20]:
        print(f"  {what}\n  {command(seed)}")
    return figures._replace(rate=round(rate)), int(bool(figures.wrong))


def _look_for_all(first: int, most: int, *, rounds: int) -> tuple[dict[str, list[int]], list[str]]:
    """For each bug the seeds it took, once for each round; and the bugs that stayed hidden."""
    needed: dict[str, list[int]] = {}
    hidden = []
    for number, name in enumerate(BUGS):
        found = [find_bug(name, first + most * turn, most) for turn in range(rounds)]
        needed[name] = [took.seeds for took in found if took is not None]
        if len(needed[name]) < rounds:
            hidden.append(name)
        print(f"{number + 1:>3} {name:<42} {needed[name] or 'NOT FOUND'}", flush=True)
    return needed, hidden


def _report(needed: dict[str, list[int]], hidden: list[str]) -> int:
    most = max((max(seeds) for seeds in needed.values() if seeds), default=0)
    print(
        f"{len(needed) - len(hidden)} of {len(needed)} bugs found, the most hidden one after {most} seeds"
    )
    return int(bool(hidden))


def _proof(first: int, jobs: int) -> int:
    needed, hidden = _look_for_all(first, MOST_FOR_A_BUG, rounds=ROUNDS)
    hidden_bugs = _report(needed, hidden)
    figures, wrong = _clean(first, CLEAN_SEEDS, jobs)
    if not wrong and not hidden_bugs:
        write_section("simulator", _text(figures, needed))
    return wrong or hidden_bugs


def _text(figures: Figures, needed: dict[str, list[int]]) -> str:
    rows = "\n".join(
        f"| {name} | {BUGS[name].sentence} | {', '.join(map(str, seeds))} |"
        for name, seeds in needed.items()
    )
    said = figures.said
    return (
        f"{CLEAN_SEEDS:,} seeds lived without a fault, {figures.rate} a second on {os.cpu_count()} cores that others"
        f" were using: {said['sale']:,} sales and {said['refund']:,} refunds booked, {said['night']:,} nights locked,"
        f" {figures.deaths:,} servers died. Each of {len(needed)} planted bugs was found in each of {ROUNDS} rounds of"
        f" fresh seeds, {MOST_FOR_A_BUG} at most:\n\n"
        f"| bug | what is wrong | seeds until found |\n| --- | --- | --- |\n{rows}\n"
    )


def _progress(what: str, done: int, count: int, began: float) -> None:
    if sys.stderr.isatty() or done == count or done % 2_000 == 0:
        print(
            f"\r{what}: {done} of {count}, {time.monotonic() - began:.0f} s",
            end="",
            file=sys.stderr,
            flush=True,
        )


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    raise SystemExit(main())
