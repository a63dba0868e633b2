"""Chance from one seed, in streams named by table, so that a new table never changes an old one."""

from __future__ import annotations

import hashlib
import math
import random
from bisect import bisect
from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Streams:
    """All the chance of one community: `stream("purchases", day)` is the same for the same seed."""

    def __init__(self, seed: int) -> None:
        """Start from the community's one integer."""
        self.seed = seed

    def stream(self, *name: str | int) -> random.Random:
        """An independent source of chance under a name."""
        text = "\x1f".join(map(str, (self.seed, *name)))
        return random.Random(hashlib.sha256(text.encode()).digest())  # noqa: S311 - a made-up town, no secret


class Wheel(Generic[T]):
    """Picks values by weight, quickly and many times."""

    def __init__(self, weights: Sequence[tuple[T, float]]) -> None:
        """Take (value, weight) pairs; the weights need not sum to one."""
        self._values = [value for value, _ in weights]
        self._marks: list[float] = []
        mark = 0.0
        for _, weight in weights:
            mark += weight
            self._marks.append(mark)

    def pick(self, chance: random.Random) -> T:
        """One value."""
        place = bisect(self._marks, chance.random() * self._marks[-1])
        return self._values[min(place, len(self._values) - 1)]


def poisson(chance: random.Random, mean: float) -> int:
    """How many of something that happens `mean` times on average (small means)."""
    left = chance.random()
    step = math.exp(-mean)
    count = 0
    while left > step > 0:
        left -= step
        count += 1
        step *= mean / count
    return count


def lognormal(chance: random.Random, median: float, log_sd: float) -> float:
    """A value around `median` with a long right tail."""
    return math.exp(chance.gauss(math.log(median), log_sd))
