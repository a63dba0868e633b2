"""A few small changes to the rules, drawn afresh, each noticed; and the trial itself, which must be able to say no."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.mutation.mutants import ROOT, Mutant, mutants_of
from tests.mutation.targets import EXPLAINED, TARGETS

PURE = [target.module for target in TARGETS if not target.postgres]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_a_handful_of_changes_to_the_rules_is_noticed() -> None:
    said = run("-m", "tests.mutation", *PURE, "--sample", "1", "--jobs", "1")

    assert said.returncode == 0, said.stdout + said.stderr
    assert all(f"| `{module}` | 1 |" in said.stdout for module in PURE)


@pytest.mark.slow
def test_the_control_with_tests_of_something_else_lets_every_change_live() -> None:
    said = run(
        "-c",
        "from tests.mutation.mutants import mutants_of\n"
        "from tests.mutation.trial import survivors\n"
        "from tests.mutation.targets import EXPLAINED\n"
        "noticed = [one for one in mutants_of('settlement.matching') if one.name not in EXPLAINED]\n"
        "some = noticed[:60:20]\n"
        "right = survivors(some, ['tests/settlement/test_matching.py'], 1)\n"
        "wrong = survivors(some, ['tests/ledger/test_calendar.py'], 1)\n"
        "print('counted', len(some), len(right), len(wrong))",
    )

    assert "counted 3 0 3" in said.stdout, said.stdout + said.stderr


def test_what_is_explained_is_one_change_each() -> None:
    names = [mutant.name for target in TARGETS for mutant in mutants_of(target.module)]

    assert {name: names.count(name) for name in EXPLAINED} == dict.fromkeys(EXPLAINED, 1)


def test_statements_are_changed_as_code_is() -> None:
    found = mutants_of("settlement.pairs")

    assert any(mutant.source for mutant in found)
    assert any(_drops_the_community(mutant) for mutant in found)


def _drops_the_community(mutant: Mutant) -> bool:
    return mutant.statement == "_SQLITE_FILED" and mutant.what.endswith("-> ''")
