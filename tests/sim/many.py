"""Many seeds, one after the other or in several processes; and one bug, until some seed finds it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from multiprocessing import get_context
from typing import NamedTuple

import pytest

from pos import desk
from tests.sim.bugs import BUGS
from tests.sim.run import Run
from tests.sim.scenario import live
from tests.sim.store import Book
from tests.sim.town import SimTown, build

FIRST = 10**9
"""Fresh seeds are drawn below this."""

_PIECE = 100
"""Seeds a process lives before it is heard of."""


class Figures(NamedTuple):
    """What many seeds came to: those that went wrong, requests done by kind, servers that died."""

    wrong: list[tuple[int, str]]
    said: Counter[str]
    deaths: int
    rate: int = 0


class Found(NamedTuple):
    """After how many seeds a bug was found, in which, and by what."""

    seeds: int
    seed: int
    by: str


@cache
def place() -> tuple[Book, SimTown]:
    """The town of this process, built once."""
    logging.getLogger("pos.gateway").setLevel(logging.ERROR)
    return build()


def command(seed: int, bug: str = "") -> str:
    """How to live a seed once more."""
    return f".venv/bin/python -m tests.sim --seed {seed} --trace" + (f" --bug {bug}" if bug else "")


def live_one(seed: int, bug: str | None = None) -> tuple[BaseException | None, Run | None]:
    """Live a seed: what was wrong, if anything, and the run."""
    book, town = place()
    with pytest.MonkeyPatch.context() as patch:
        try:
            if bug:
                BUGS[bug].plant(patch, book.raw)
            return None, live(seed, book, town)
        except Exception as error:  # noqa: BLE001 - whatever the product raises is a finding
            return error, getattr(error, "run", None)
        finally:
            # What the product keeps for a process, and what a bug switched off, is as it was.
            desk._RULES.clear()
            book.raw.execute("PRAGMA ignore_check_constraints=OFF")


def live_all(seeds: Iterable[int]) -> Figures:
    """Live seeds one after the other."""
    wrong, said, deaths = [], Counter[str](), 0
    for seed in seeds:
        error, run = live_one(seed)
        if error is not None:
            wrong.append((seed, f"{type(error).__name__}: {error}"))
        elif run is not None:
            said.update(ask.kind for ask in run.witness.asks if ask.done)
            deaths += sum(server.deaths for server in run.servers)
    return Figures(wrong, said, deaths)


def live_many(first: int, count: int, jobs: int, *, say: Callable[[int], None]) -> Figures:
    """Live `count` seeds from `first` on in so many processes; `say` is told how many are done."""
    end = first + count
    pieces = [range(start, min(start + _PIECE, end)) for start in range(first, end, _PIECE)]
    total, done = Figures([], Counter(), 0), 0
    with get_context("fork").Pool(jobs) as pool:
        for piece in pool.imap_unordered(live_all, pieces):
            total = Figures(
                total.wrong + piece.wrong, total.said + piece.said, total.deaths + piece.deaths
            )
            done = min(done + _PIECE, count)
            say(done)
    return total


def find_bug(name: str, first: int, most: int) -> Found | None:
    """Live seeds from `first` on, `most` of them, with a bug planted, until one goes wrong."""
    for seed in range(first, first + most):
        error, _ = live_one(seed, name)
        if error is not None:
            return Found(seed - first + 1, seed, f"{type(error).__name__}: {error}")
    return None
