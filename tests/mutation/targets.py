"""What is mutated, and the tests that must notice."""

from __future__ import annotations

from typing import NamedTuple


class Target(NamedTuple):
    """A module and the test files that stand for it."""

    module: str
    tests: tuple[str, ...]
    postgres: bool = False
    """Whether the tests need a PostgreSQL server."""


TARGETS = (
    Target("ledger.book.posting", ("tests/ledger/test_posting.py",)),
    Target("pos.pricing", ("tests/pos/test_pricing.py",)),
    Target(
        "ledger.earning.rates", ("tests/ledger/test_rates.py", "tests/ledger/test_refund_split.py")
    ),
    Target("settlement.matching", ("tests/settlement/test_matching.py",)),
    Target("settlement.pairs", ("tests/settlement/test_pairs.py",), postgres=True),
)

EXPLAINED: dict[str, str] = {}
"""Mutants that live on, by name, each with the reason why nothing can tell it from the real thing."""
