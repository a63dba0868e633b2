"""Proofs out of the stored tree: they hold for what is there, and nothing forged gets through."""

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.database import Database
from ledger.errors import Refusal
from ledger.seal.checkpoints import covering
from ledger.seal.note import NoteError, new_signer, sign_head
from ledger.seal.proofs import (
    Inclusion,
    check_proof,
    find_leaf,
    parse_proof,
    path_to,
    proof_text,
    prove_consistency,
    prove_inclusion,
)
from ledger.seal.tiles import keep_tiles, read_root
from ledger.seal.tree import leaf_hash, root_of, verify_consistency, verify_inclusion
from tests.support.log import SealedLog
from tests.support.tiles import tiles_of
from tests.support.town import HERE

# What the tests of github.com/transparency-dev/formats expect of a proof's text.
HASHES = [leaf_hash(b"hash1"), leaf_hash(b"hash2")]
TEXTS = [
    (
        Inclusion(5, 8, tuple(HASHES)),
        b"",
        "c2sp.org/tlog-proof@v1\nindex 5\n{0}\n{1}\n\ntest checkpoint\n",
    ),
    (
        Inclusion(10, 16, tuple(HASHES[:1])),
        b"extra information",
        "c2sp.org/tlog-proof@v1\nextra ZXh0cmEgaW5mb3JtYXRpb24=\nindex 10\n{0}\n\ntest checkpoint\n",
    ),
    (Inclusion(0, 1, ()), b"", "c2sp.org/tlog-proof@v1\nindex 0\n\ntest checkpoint\n"),
]


@pytest.mark.parametrize(("inclusion", "extra", "text"), TEXTS)
def test_a_proof_is_written_as_published(inclusion: Inclusion, extra: bytes, text: str) -> None:
    wanted = text.format(*(b64encode(step).decode() for step in HASHES))

    assert proof_text(inclusion, "test checkpoint\n", extra) == wanted
    read = parse_proof(wanted)
    assert (read.index, read.path, read.extra) == (inclusion.index, inclusion.path, extra)
    assert read.note == "test checkpoint\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\n",
        "c2sp.org/tlog-proof@v2\nindex 0\n\nnote\n",
        "c2sp.org/tlog-proof@v1\n\nnote\n",
        "c2sp.org/tlog-proof@v1\nindex 01\n\nnote\n",
        "c2sp.org/tlog-proof@v1\nindex -1\n\nnote\n",
        "c2sp.org/tlog-proof@v1\nindex x\n\nnote\n",
        "c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nnote\n",
        "c2sp.org/tlog-proof@v1\nindex 1\nindex 2\n\nnote\n",
        "c2sp.org/tlog-proof@v1\nextra ?\nindex 1\n\nnote\n",
        "c2sp.org/tlog-proof@v1\nindex " + "9" * 30 + "\n\nnote\n",
    ],
)
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        parse_proof(text)


def test_every_entry_of_a_published_log_is_proven(log: SealedLog) -> None:
    entries = log.grow(300)
    made = log.publish()

    with log.db.read() as tx:
        for entry_id in entries[::23]:
            proof = prove_inclusion(tx, log.here, entry_id, made.size)
            leaf = find_leaf(tx, log.here, entry_id)
            assert leaf is not None
            text = proof_text(proof, made.note)
            assert check_proof(text, leaf.hash, log.trusted, origin=log.origin).root == made.root


def test_a_forged_receipt_is_refused(log: SealedLog, alg: str) -> None:
    entries = log.grow(20)
    made = log.publish()
    with log.db.read() as tx:
        proof = prove_inclusion(tx, log.here, entries[4], made.size)
        leaf = find_leaf(tx, log.here, entries[4])
        other = find_leaf(tx, log.here, entries[5])
    assert leaf is not None
    assert other is not None
    text = proof_text(proof, made.note)
    thief = new_signer(log.origin, alg)
    head = check_proof(text, leaf.hash, log.trusted, origin=log.origin)
    forged_head = head._replace(root=root_of([leaf_hash(b"forged")]))

    for forged_text, forged_leaf in (
        (text, leaf_hash(b"forged")),
        (text, other.hash),
        (text.replace(f"index {proof.index}", f"index {proof.index + 1}"), leaf.hash),
        (proof_text(Inclusion(0, 1, ()), sign_head(forged_head, [thief])), leaf_hash(b"forged")),
        (text.replace(f"\n{made.size}\n", f"\n{made.size + 1}\n"), leaf.hash),
    ):
        with pytest.raises(NoteError):
            check_proof(forged_text, forged_leaf, log.trusted, origin=log.origin)


def test_what_is_not_sealed_has_no_proof_yet(log: SealedLog) -> None:
    first = log.grow(1)[0]
    made = log.publish()
    later = log.grow(1)[0]

    with log.db.read() as tx:
        with pytest.raises(Refusal, match="proof_not_yet"):
            prove_inclusion(tx, log.here, later, made.size)
        with pytest.raises(Refusal, match="proof_not_yet"):
            prove_inclusion(tx, log.here, first, made.size - 1)
        assert find_leaf(tx, log.here, later) is None
        assert covering(tx, log.here, made.size) is None


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3), (-1, 3)])
def test_no_path_leads_outside_the_log(log: SealedLog, old: int, new: int) -> None:
    log.grow(5)
    log.publish()
    with log.db.read() as tx:
        with pytest.raises(Refusal, match="proof_out_of_log"):
            prove_consistency(tx, log.here, old, new)
        with pytest.raises(Refusal, match="proof_out_of_log"):
            path_to(tx, log.here, new, new)


@pytest.fixture(scope="module")
def forest(
    tmp_path_factory: pytest.TempPathFactory, sqlite_files: object
) -> tuple[Database, list[bytes]]:
    """A stored tree of 70,000 leaves: three levels of tiles, as the specification's example."""
    file = tmp_path_factory.mktemp("forest") / "forest.db"
    db = Database(sqlite_files.copy_to(file))  # type: ignore[attr-defined]
    leaves = [leaf_hash(b"%d" % n) for n in range(70_000)]
    db.write(lambda tx: keep_tiles(tx, HERE, tiles_of(leaves)))
    return db, leaves


@settings(deadline=None)
@given(data=st.data())
def test_paths_through_all_levels_of_tiles_hold(
    forest: tuple[Database, list[bytes]], data: st.DataObject
) -> None:
    db, leaves = forest
    size = data.draw(
        st.one_of(st.integers(1, 70_000), st.sampled_from([255, 256, 257, 65_536, 65_537]))
    )
    old = data.draw(st.integers(1, size))
    index = data.draw(st.integers(0, size - 1))
    with db.read() as tx:
        root, old_root = read_root(tx, HERE, size), read_root(tx, HERE, old)
        path = path_to(tx, HERE, index, size)
        growth = prove_consistency(tx, HERE, old, size)

    assert verify_inclusion(leaves[index], index, size, path, root)
    assert verify_consistency(old, old_root, size, root, growth)
    if size < 2_000:
        assert root == root_of(leaves[:size])


def test_the_published_example_of_tiles(forest: tuple[Database, list[bytes]]) -> None:
    """A tree of 70,000: 273 full tiles and one of 112, one full and one of 17 above, one of 1 on top."""
    _, leaves = forest
    widths: dict[int, list[int]] = {}
    for key, hashes in tiles_of(leaves).items():
        widths.setdefault(key.level, []).append(len(hashes) // 32)

    assert widths == {0: [256] * 273 + [112], 1: [256, 17], 2: [1]}
