"""The public log over HTTP: what anybody may read of it, and that anybody can check it with that alone."""

from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from ledger.database import Database
from ledger.seal.note import Verifier, open_head
from ledger.seal.proofs import check_proof
from ledger.seal.tiles import TileKey
from ledger.seal.tree import root_of, verify_consistency, verify_inclusion
from tests.support.http import VAULT, Server, code_of
from tests.support.log import SealedLog


class World:
    """A server whose community's log has grown to 600 entries, with two checkpoints."""

    def __init__(self, db: Database, folder: Path) -> None:
        """Let it grow."""
        self.server = Server(db, settings={"data_dir": str(folder)})
        self.log = SealedLog.begin(db, folder, "Ed25519", vault=VAULT)
        self.log.grow(90)
        self.first = self.log.publish()
        self.entries = self.log.grow(507)
        self.second = self.log.publish()

    def get(self, target: str) -> Any:
        """What the log answers anybody."""
        return self.server.call("GET", f"/api/v1/log/CA01/{target}")

    def json(self, target: str) -> dict[str, Any]:
        """A good answer's content."""
        response = self.get(target)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.get_json()
        return found


@pytest.fixture
def world(db: Database, tmp_path: Path) -> World:
    return World(db, tmp_path)


def hashes(texts: list[str]) -> list[bytes]:
    return [b64decode(text) for text in texts]


def test_the_checkpoint_is_a_signed_note_that_may_be_kept_for_seconds(world: World) -> None:
    response = world.get("checkpoint")

    assert response.text == world.second.note
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=5"


def test_a_stranger_checks_an_entry_with_what_is_published(world: World) -> None:
    keys = world.json("keys")
    trusted = [Verifier.from_text(text) for text in keys["keys"]]
    found = world.json(f"inclusion?entry={world.entries[17]}")
    head = open_head(world.get("checkpoint").text, trusted, origin=keys["origin"])

    leaf, path = b64decode(found["leaf_hash"]), hashes(found["path"])
    assert (found["size"], found["checkpoint"]) == (str(head.size), world.second.note)
    assert verify_inclusion(leaf, int(found["index"]), head.size, path, head.root)
    text = world.get(f"proof?entry={world.entries[17]}").text
    assert check_proof(text, leaf, trusted, origin=keys["origin"]) == head


def test_a_stranger_checks_that_the_log_only_grew(world: World) -> None:
    old, new = world.first, world.second
    found = world.json(f"consistency?old={old.size}")

    assert found["new_size"] == str(new.size)
    assert verify_consistency(old.size, old.root, new.size, new.root, hashes(found["path"]))
    same = world.json(f"consistency?old=3&new={old.size}")
    assert same["path"]


def test_a_stranger_rebuilds_the_root_from_tiles(world: World) -> None:
    size = world.second.size
    leaves: list[bytes] = []
    for number in range(-(-size // 256)):
        width = min(256, size - number * 256)
        part = "" if width == 256 else f".p/{width}"
        response = world.get(f"tile/0/{number:03}{part}")
        assert response.content_type == "application/octet-stream"
        assert "immutable" in response.headers["Cache-Control"]
        leaves += [response.data[at : at + 32] for at in range(0, len(response.data), 32)]

    assert len(leaves) == size
    assert root_of(leaves) == world.second.root
    above = world.get("tile/1/000.p/2").data
    assert above == root_of(leaves[:256]) + root_of(leaves[256:512])


@pytest.mark.parametrize(
    "tile",
    ["0/000.p/257", "0/000.p/0", "0/002", "0/003", "1/000", "2/000", "0/0", "0/x000", "0/x000/000.p/",
     "0/000.p/12/3", "9/000", "0/-01", "7/000"],
)  # fmt: skip
def test_a_tile_that_is_not_there_is_not_found(world: World, tile: str) -> None:
    response = world.get(f"tile/{tile}")

    assert response.status_code in {404, 422}
    assert code_of(response) in {"log_tile_not_found", "bad_input", "route_not_found"}


def test_a_partial_tile_stays_what_it_was(world: World) -> None:
    before = world.get("tile/0/000.p/90").data
    world.log.grow(300)
    world.log.publish()

    assert world.get("tile/0/000.p/90").data == before
    assert len(world.get("tile/0/x000/000").data) == 256 * 32
    assert TileKey(0, 0) == (0, 0)


def test_what_is_not_signed_yet_is_not_proven(world: World) -> None:
    (later,) = world.log.grow(1)
    beyond = world.second.size + 1

    assert code_of(world.get(f"inclusion?entry={later}")) == "proof_not_yet"
    assert code_of(world.get(f"inclusion?entry={later}&size={beyond}")) == "proof_out_of_log"
    assert code_of(world.get(f"consistency?old=1&new={beyond}")) == "proof_out_of_log"
    assert code_of(world.get("consistency?old=0")) == "proof_out_of_log"
    old = f"proof?entry={world.entries[0]}&size={world.second.size - 1}"
    assert code_of(world.get(old)) == "proof_out_of_log"


@pytest.mark.parametrize(
    "target", ["inclusion?entry=x", "inclusion", "inclusion?entry=5&size=-1", "consistency?old=1e3",
               "consistency?old=01", "inclusion?entry=5&more=1"],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(world: World, target: str) -> None:
    assert code_of(world.get(target)) == "bad_input"


def test_a_community_that_signed_nothing_says_so(db: Database, tmp_path: Path) -> None:
    SealedLog.begin(db, tmp_path, "Ed25519")
    server = Server(db, settings={"data_dir": str(tmp_path)})

    for target in ("checkpoint", "inclusion?entry=5", "consistency?old=1"):
        response = server.call("GET", f"/api/v1/log/CA01/{target}")
        assert code_of(response) == "log_nothing_signed"
    assert code_of(server.call("GET", "/api/v1/log/CA02/checkpoint")) == "community_not_found"
