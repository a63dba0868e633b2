"""The Merkle tree against published vectors, against an independent library, and against forgery."""

import json
from base64 import b64decode
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from ledger.seal.tree import (
    EMPTY_ROOT,
    Span,
    consistency_spans,
    inclusion_spans,
    leaf_hash,
    node_hash,
    root_of,
    span_root,
    verify_consistency,
    verify_inclusion,
)

# From the tests of github.com/transparency-dev/merkle: leaves and the root over the first n of them.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
HASHES = (
    (leaf_hash(b""), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    (leaf_hash(b"L123456"), "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"),
    (
        node_hash(b"N123", b"N456"),
        "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb",
    ),
    (EMPTY_ROOT, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
)
# The published probes of the same repository, good ones and forged ones.
PROBES = json.loads((Path(__file__).parent / "proof_vectors.json").read_text(encoding="utf-8"))


def leaves(count: int) -> list[bytes]:
    """Hashes of `count` different leaves."""
    return [leaf_hash(b"leaf %d" % n) for n in range(count)]


def node_of(hashes: list[bytes], height: int, place: int) -> bytes:
    """A full subtree's hash, worked out from the leaves."""
    return root_of(hashes[place << height : (place + 1) << height])


def inclusion_path(hashes: list[bytes], index: int, size: int) -> list[bytes]:
    node = partial(node_of, hashes)
    return [span_root(span, node) for span in inclusion_spans(index, size)]


def consistency_path(hashes: list[bytes], old: int, new: int) -> list[bytes]:
    node = partial(node_of, hashes)
    return [span_root(span, node) for span in consistency_spans(old, new)]


@pytest.mark.parametrize(("found", "published"), HASHES)
def test_hashes_are_the_published_ones(found: bytes, published: str) -> None:
    assert found.hex() == published


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_roots_are_the_published_ones(size: int) -> None:
    assert root_of([leaf_hash(leaf) for leaf in LEAVES[:size]]).hex() == ROOTS[size]


def test_published_inclusion_proofs_pass_and_published_forgeries_do_not() -> None:
    wrong = [
        (index, size)
        for index, size, leaf, root, path, good in PROBES["inclusion"]
        if verify_inclusion(
            b64decode(leaf), index, size, [b64decode(step) for step in path], b64decode(root)
        )
        is not good
    ]

    assert wrong == []
    assert sum(probe[-1] for probe in PROBES["inclusion"]) == 6
    assert len(PROBES["inclusion"]) == 96


def test_published_consistency_proofs_pass_and_published_forgeries_do_not() -> None:
    wrong = [
        (old, new)
        for old, new, old_root, new_root, path, good in PROBES["consistency"]
        if verify_consistency(
            old, b64decode(old_root), new, b64decode(new_root), [b64decode(step) for step in path]
        )
        is not good
    ]

    assert wrong == []
    assert len(PROBES["consistency"]) == 98


def test_roots_and_paths_are_those_of_an_independent_library() -> None:
    other = InmemoryTree(algorithm="sha256")
    hashes = []
    for n in range(130):
        entry = b"entry %d" % n
        other.append_entry(entry)
        hashes.append(leaf_hash(entry))
        assert root_of(hashes) == other.get_root(n + 1)


@given(st.integers(1, 600), st.data())
def test_every_leaf_is_proven_and_no_other(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1))
    hashes = leaves(size)
    path = inclusion_path(hashes, index, size)
    root = root_of(hashes)

    assert verify_inclusion(hashes[index], index, size, path, root)
    assert len(path) <= (size - 1).bit_length()
    assert verify_inclusion(hashes[other], other, size, path, root) is (other == index)
    assert not verify_inclusion(leaf_hash(b"forged"), index, size, path, root)
    assert not verify_inclusion(hashes[index], index, size, path[:-1], root) or not path
    assert not verify_inclusion(hashes[index], index, size, [*path, root], root)


@given(st.integers(1, 600), st.integers(1, 600))
def test_every_prefix_is_proven(one: int, two: int) -> None:
    old, new = sorted((one, two))
    hashes = leaves(new)
    path = consistency_path(hashes, old, new)

    assert verify_consistency(old, root_of(hashes[:old]), new, root_of(hashes), path)


@given(st.integers(2, 400), st.data())
def test_a_tree_with_one_leaf_changed_is_no_continuation(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    changed = data.draw(st.integers(0, old - 1))
    hashes = leaves(size)
    before = root_of(hashes[:old])
    hashes[changed] = leaf_hash(b"altered")
    path = consistency_path(hashes, old, size)

    assert not verify_consistency(old, before, size, root_of(hashes), path)


@given(st.integers(1, 300), st.data())
def test_a_flipped_bit_in_a_path_is_found(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    hashes = leaves(size)
    path = inclusion_path(hashes, index, size)
    if not path:
        return
    step, bit = (
        data.draw(st.integers(0, len(path) - 1)),
        data.draw(st.integers(0, 255)),
    )
    flipped = bytearray(path[step])
    flipped[bit // 8] ^= 1 << bit % 8
    path[step] = bytes(flipped)

    assert not verify_inclusion(hashes[index], index, size, path, root_of(hashes))


@pytest.mark.parametrize("index", [-1, 5, 6])
def test_a_leaf_outside_the_tree_has_no_path(index: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_spans(index, 5)


@pytest.mark.parametrize("old", [-1, 0, 6])
def test_neither_a_longer_tree_nor_nothing_is_a_prefix(old: int) -> None:
    with pytest.raises(ValueError, match="no prefix"):
        consistency_spans(old, 5)


def test_an_empty_span_has_the_empty_root() -> None:
    assert span_root(Span(0, 0), lambda _height, _place: b"") == EMPTY_ROOT
