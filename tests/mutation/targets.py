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

_INSERT = (
    '"INSERT INTO transfer (community_id, txn_id, line_no, commodity, debit_id, credit_id, amount)"'
)
_CASE = "SQL reads words and names alike in large letters and in small ones"
_NOUGHT = "no offset of 0 fen is booked: a sale takes at least a step, and a refund whose share is 0 fen books none"
_DIFFERENCE = "what came back before and after one refund is subtracted, so what is added to both is in neither"
_OFFSET_SHARE = "units_back=offset_units * offset_back // offset_fen if offset_fen else"
_CASH_SHARE = "earned_reversed_units=earned_units * cash_back // cash_paid if cash_paid else"

EXPLAINED: dict[str, str] = {
    f"ledger.book.posting: {_INSERT} -> {_INSERT.lower()}": _CASE,
    f"ledger.book.posting: {_INSERT} -> {_INSERT.upper()}": _CASE,
    f"ledger.earning.rates: {_OFFSET_SHARE} 0, -> {_OFFSET_SHARE} 1,": _DIFFERENCE,
    f"ledger.earning.rates: {_CASH_SHARE} 0, -> {_CASH_SHARE} 1,": _DIFFERENCE,
} | {
    f"settlement.matching: if booked.fen < 0{rest} -> if booked.fen {changed}{rest}": _NOUGHT
    for rest in (" and original_claimed:", ":")
    for changed in ("< 1", "<= 0")
}
"""Mutants that live on, by name, each with the reason why nothing can tell it from the real thing."""
