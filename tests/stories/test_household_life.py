"""Households live at random: they buy, return, part, join, give, die and inherit; book and hand-kept pools agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from ledger.households import moving
from ledger.households.rules import Aged
from tests.stories.household_life import Life
from tests.support.engines import SqliteFiles


def _on(files: SqliteFiles) -> type[RuleBasedStateMachine]:
    """The machine over fresh copies of an empty database."""
    return type("LifeHere", (Life,), {"files": files})


def _settings(examples: int, steps: int, *, derandomize: bool) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=derandomize,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.slow
def test_households_live_and_every_pool_is_what_it_should_be(sqlite_files: SqliteFiles) -> None:
    run_state_machine_as_test(_on(sqlite_files), settings=_settings(6, 15, derandomize=True))


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_households_live_long(sqlite_files: SqliteFiles) -> None:
    run_state_machine_as_test(_on(sqlite_files), settings=_settings(200, 50, derandomize=False))


def _made_young(lots: Any, _ends: Any = ()) -> list[Aged]:
    """The fault: whatever moves counts as earned on the day of the move."""
    return [Aged(20_260_302, sum(lot.units for lot in lots))] if lots else []


def _oldest_first(lots: Any, units: int) -> list[Aged]:
    """The fault: who goes takes the oldest points, and leaves the young ones."""
    taken = []
    for lot in lots:
        taken.append(Aged(lot.earned_on, min(units, lot.units)))
        units -= taken[-1].units
    return [lot for lot in taken if lot.units]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "fault"), [("by_period", _made_young), ("of_every_age", _oldest_first)]
)
def test_the_control_with_a_planted_fault_is_found(
    sqlite_files: SqliteFiles,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    fault: Callable[..., list[Aged]],
) -> None:
    monkeypatch.setattr(moving, name, fault)

    with pytest.raises(AssertionError):
        run_state_machine_as_test(_on(sqlite_files), settings=_settings(10, 15, derandomize=True))
