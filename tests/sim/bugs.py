"""Bugs planted one at a time, each as people make them; the simulator must find every one.

A plant changes the product where it stands (a condition taken away, a name given anew, a sum cut at the wrong place)
and touches nothing of the simulator, which knows of none of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.sim import bugs_counter, bugs_money, bugs_night

Plant = Callable[[pytest.MonkeyPatch, sqlite3.Connection], None]


class Bug(NamedTuple):
    """What is wrong, in one sentence, and how it is put in."""

    sentence: str
    plant: Plant


BUGS: dict[str, Bug] = {
    name: Bug(" ".join((plant.__doc__ or "").split()), plant)
    for module in (bugs_counter, bugs_money, bugs_night)
    for name, plant in vars(module).items()
    if getattr(plant, "__module__", "") == module.__name__
    and callable(plant)
    and not name.startswith("_")
}
"""By name, in the order they stand in their files."""
