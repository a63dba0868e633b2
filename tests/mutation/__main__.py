"""Change the rules a little, one change at a time, and count the changes that no test notices.

python -m tests.mutation [MODULE …]      prints a table; with --write it goes into docs/reliability.md too
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial

from tests.mutation.mutants import mutants_of
from tests.mutation.targets import EXPLAINED, TARGETS
from tests.mutation.trial import shared_server, survivors
from tests.support.reliability import write_section

LEAST = 0.95
"""What must be noticed of each module's changes."""


def main() -> int:
    """Try every mutant; 1 where too many live on, or one lives on that nobody has explained."""
    reader = argparse.ArgumentParser(
        prog="python -m tests.mutation", description=__doc__.splitlines()[0]
    )
    reader.add_argument("modules", nargs="*", help="only these")
    reader.add_argument("--jobs", type=int, default=os.cpu_count(), help="at once")
    reader.add_argument(
        "--write", action="store_true", help="put the table into docs/reliability.md"
    )
    asked = reader.parse_args()
    chosen = [target for target in TARGETS if not asked.modules or target.module in asked.modules]
    rows, bad = [], False
    for target in chosen:
        tried = mutants_of(target.module)
        say = partial(_progress, target.module, count=len(tried), began=time.monotonic())
        with shared_server() if target.postgres else nullcontext():
            living = survivors(tried, target.tests, asked.jobs, say=say)
        share = 1 - len(living) / len(tried)
        unexplained = [mutant.name for mutant in living if mutant.name not in EXPLAINED]
        rows.append(
            f"| `{target.module}` | {len(tried)} | {len(tried) - len(living)} | {share:.1%} |"
        )
        print(f"\r{rows[-1]}          ")
        for mutant in living:
            print(
                f"    lives on: {mutant.name}{'' if mutant.name in unexplained else ' (explained)'}"
            )
        bad |= share < LEAST or bool(unexplained)
    if asked.write and not bad:
        write_section("mutation", _text(rows))
    return int(bad)


def _progress(module: str, number: int, count: int, began: float) -> None:
    if sys.stderr.isatty() or number % 50 == 0:
        took = time.monotonic() - began
        print(f"\r{module}: {number} of {count}, {took:.0f} s", end="", file=sys.stderr, flush=True)


def _text(rows: Sequence[str]) -> str:
    head = "| module | changes | noticed | share |\n| --- | --- | --- | --- |\n"
    why = "\n".join(
        f"| `{name.replace('|', chr(92) + '|')}` | {reason} |" for name, reason in EXPLAINED.items()
    )
    return (
        f"{head}{chr(10).join(rows)}\n\n| lives on | why no test can tell |\n| --- | --- |\n{why}\n"
    )


if __name__ == "__main__":
    raise SystemExit(main())
