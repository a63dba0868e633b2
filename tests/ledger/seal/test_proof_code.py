"""Codes of receipts and boards: what the product writes is, to the byte, what an independent writer makes."""

from __future__ import annotations

import pytest

from ledger.seal.note import Signer, Verifier
from ledger.seal.proof_code import SealedAt, board_code, facts_text, sign_slip
from ledger.seal.tree import leaf_hash
from tests.support import tlog_reference as log

ORIGIN = "jifen.example/CHAN"
FACTS: dict[str, str | int] = {"kind": "sale", "ref": "M01T1-260302-00001-X", "total_fen": 5000}
TEXT = "kind=sale|ref=M01T1-260302-00001-X|total_fen=5000"
LEAVES = [leaf_hash(b"entry %d" % number) for number in range(300)]


def signer(alg: str = "Ed25519") -> Signer:
    """A key of the reference in the product's hands."""
    key = log.ed25519_key(1) if alg == "Ed25519" else log.es256_key(1)
    return Signer(Verifier.from_text(log.vkey(ORIGIN, key)), key)


def sealed(index: int, size: int) -> SealedAt:
    """A place in the reference's tree."""
    leaves = LEAVES[:size]
    return SealedAt(index, size, log.inclusion(index, leaves), log.root(leaves))


@pytest.mark.parametrize(("index", "size"), [(0, 1), (5, 9), (127, 128), (128, 300), (299, 300)])
def test_a_receipts_code_is_the_reference_code(index: int, size: int) -> None:
    code = sign_slip("CHAN", signer(), FACTS, LEAVES[index], sealed(index, size))
    assert code == log.slip_code("CHAN", ORIGIN, log.ed25519_key(1), TEXT, index, LEAVES[:size])


def test_a_promise_and_a_board_are_the_reference_codes() -> None:
    key = log.ed25519_key(1)
    assert sign_slip("CHAN", signer(), FACTS, LEAVES[5]) == log.promise_code(
        "CHAN", ORIGIN, key, TEXT, LEAVES[5]
    )
    note = log.checkpoint(ORIGIN, LEAVES, key)
    assert board_code("CHAN", note) == log.board_code("CHAN", note)


def test_a_second_algorithm_signs_codes_too() -> None:
    code = sign_slip("CHAN", signer("ES256"), FACTS, LEAVES[5], sealed(5, 9))
    assert code.startswith("JP1.")


def test_a_code_of_a_million_entries_fits_a_printable_picture() -> None:
    path = [bytes([step]) * 32 for step in range(20)]
    amounts = ("total_fen", "offset_fen", "offset_units", "paid_fen", "earned_units")
    facts: dict[str, str | int] = {"kind": "sale", "ref": "M01T1-260302-00001-X", "day": 20260302}
    facts |= dict.fromkeys(amounts, 99_999_999)
    code = sign_slip(
        "CHAN", signer(), facts, LEAVES[0], SealedAt(999_999, 1_000_000, path, LEAVES[1])
    )
    address = "HTTPS://POINTS.COMMUNITY.EXAMPLE:8443/CHECK/"
    # A code of version 23 and correction L holds 1,588 signs of the short alphabet; with its quiet zone it has 117
    # modules a side, which a 58 mm printer draws with three dots each.
    assert len(address + code) <= 1_588


@pytest.mark.parametrize(
    "facts",
    [{"ref": "a|b"}, {"ref": "a=b"}, {"ref": "张三"}, {"ref": "a\nb"}, {"r|f": "a"}],
)
def test_a_fact_that_could_be_read_as_two_is_a_bug(facts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="plain and short"):
        facts_text(facts)
