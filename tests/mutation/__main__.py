"""Change the rules a little, one change at a time, and count the changes that no test notices.

python -m tests.mutation [MODULE …]      prints killed and living per file; --write: also into the docs
python -m tests.mutation --sample 3      so many of each module, drawn afresh; --seed draws the same again
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from random import Random, SystemRandom

from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.targets import EXPLAINED, TARGETS, Target
from tests.mutation.trial import shared_server, survivors
from tests.support.reliability import write_section

LEAST = 0.95
"""What must be noticed of each module's changes."""


def main() -> int:
    """Try the mutants; 1 where too many live on, or one lives on that nobody has explained."""
    asked = _asked()
    draw = Random(asked.seed)
    rows, bad = [], False
    if asked.sample:
        print(f"drawn with --seed {asked.seed}")
    for target in TARGETS:
        if asked.modules and target.module not in asked.modules:
            continue
        tried = mutants_of(target.module)
        if asked.sample:
            tried = draw.sample(tried, min(asked.sample, len(tried)))
        living = _living(target, tried, asked.jobs)
        share = 1 - len(living) / len(tried)
        unexplained = [mutant for mutant in living if mutant.name not in EXPLAINED]
        rows.append(
            f"| `{target.module}` | {len(tried)} | {len(tried) - len(living)} | {len(living)} | {share:.1%} |"
        )
        print(f"\r{rows[-1]}          ")
        for mutant in living:
            print(f"    lives on: {mutant.name}{'' if mutant in unexplained else ' (explained)'}")
        bad |= bool(unexplained) or (share < LEAST and not asked.sample)
    if asked.write and not bad:
        write_section("mutation", _text(rows))
    return int(bad)


def _asked() -> argparse.Namespace:
    reader = argparse.ArgumentParser(
        prog="python -m tests.mutation", description=__doc__.splitlines()[0]
    )
    reader.add_argument("modules", nargs="*", help="only these")
    reader.add_argument("--jobs", type=int, default=os.cpu_count(), help="at once")
    reader.add_argument("--sample", type=int, default=0, help="only so many of each")
    reader.add_argument(
        "--seed", type=int, default=SystemRandom().randrange(10**6), help="draws the sample"
    )
    reader.add_argument("--write", action="store_true", help="into docs/reliability.md too")
    asked = reader.parse_args()
    if asked.write and (asked.sample or asked.modules):
        reader.error("the page tells of all mutants of all modules")
    return asked


def _living(target: Target, tried: Sequence[Mutant], jobs: int) -> list[Mutant]:
    say = partial(_progress, target.module, count=len(tried), began=time.monotonic())
    with shared_server() if target.postgres else nullcontext():
        return survivors(tried, target.tests, jobs, say=say)


def _progress(module: str, number: int, count: int, began: float) -> None:
    if sys.stderr.isatty() or number % 50 == 0:
        took = time.monotonic() - began
        print(f"\r{module}: {number} of {count}, {took:.0f} s", end="", file=sys.stderr, flush=True)


def _text(rows: Sequence[str]) -> str:
    head = (
        "| module | mutants | killed | live on | killed, share |\n| --- | --- | --- | --- | --- |\n"
    )
    why = "\n".join(
        f"| `{name.replace('|', chr(92) + '|')}` | {reason} |" for name, reason in EXPLAINED.items()
    )
    return (
        f"{head}{chr(10).join(rows)}\n\n| lives on | why no test can tell |\n| --- | --- |\n{why}\n"
    )


if __name__ == "__main__":
    raise SystemExit(main())
