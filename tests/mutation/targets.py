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
_ADDED = "claimed[row.shop] = tuple(a + int(b or 0) for a, b in zip(before, row.claimed,"
_SAME_LENGTH = "both are as long as the statement's list, by the line above"
_SPAN = "only for speed: the range of places, asked beside it, lets nothing else through"
_IN_SPAN = {
    "_POSTGRESQL: …l.leaf_index < :end_leaf AND o.txn_id >= :first_txn AND o.txn_id <=… 'AND o.txn_id >= :first_txn'",
    "_POSTGRESQL: …D o.txn_id >= :first_txn AND o.txn_id <= :last_txn), filed AS (SEL… 'AND o.txn_id <= :last_txn'",
}
_CLAIM = "return Booked(*row[:_OFFSET_FIELDS]), None if claim[{}] is None else Claimed(*claim)"

_PART = "settle_units = booked.units * settle_fen // max(booked.fen, {})"

EXPLAINED: dict[str, str] = (
    {
        f"ledger.book.posting: {_INSERT} -> {_INSERT.lower()}": _CASE,
        f"ledger.book.posting: {_INSERT} -> {_INSERT.upper()}": _CASE,
        f"ledger.earning.rates: {_OFFSET_SHARE} 0, -> {_OFFSET_SHARE} 1,": _DIFFERENCE,
        f"ledger.earning.rates: {_CASH_SHARE} 0, -> {_CASH_SHARE} 1,": _DIFFERENCE,
        'settlement.pairs: for what in ("units", "fen") -> for what in ("UNITS", "fen")': _CASE,
        'settlement.pairs: for what in ("units", "fen") -> for what in ("units", "FEN")': _CASE,
        f"settlement.matching: {_PART.format(1)} -> {_PART.format(2)}": "of one fen the part is nothing",
        f"settlement.pairs: {_CLAIM.format(0)} -> {_CLAIM.format(1)}": "a claim has both numbers, and no claim neither",
    }
    | {
        f"settlement.pairs: {_ADDED} strict=True)) -> {_ADDED} {instead}))": _SAME_LENGTH
        for instead in ("", "strict=False", "strict=None")
    }
    | {f"settlement.pairs: {part} -> ''": _SPAN for part in _IN_SPAN}
    | {
        f"settlement.matching: if booked.fen < 0{rest} -> if booked.fen {changed}{rest}": _NOUGHT
        for rest in (" and original_claimed:", ":")
        for changed in ("< 1", "<= 0")
    }
)
"""Mutants that live on, by name, each with the reason why nothing can tell it from the real thing."""
