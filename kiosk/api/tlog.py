"""The log as anybody may read it (C2SP tlog-tiles): checkpoint, tiles, keys, proofs. Nothing personal is in it.

Tiles hold hashes only. The entries themselves, which tlog-tiles would serve as well, are not public.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from flask import Response, jsonify
from flask_openapi import APIBlueprint
from pydantic import Field, StringConstraints

from kiosk.api.types import Id, LogSize, Strict
from kiosk.auth import allow
from kiosk.context import service
from ledger.errors import Refusal
from ledger.members import communities
from ledger.members.roles import ANYONE
from ledger.seal import checkpoints, keys
from ledger.seal.checkpoints import Checkpoint
from ledger.seal.proofs import (
    Inclusion,
    find_leaf,
    hashes_text,
    proof_text,
    prove_consistency,
    prove_inclusion,
)
from ledger.seal.recovery import recoveries
from ledger.seal.tiles import WIDTH, TileKey, read_tiles
from ledger.seal.tree import HASH_BYTES
from ledger.sql import Tx

bp: Final = APIBlueprint("tlog", __name__, url_prefix="/api/v1/log")

_TEXT: Final = "text/plain; charset=utf-8"
_SECONDS: Final = "public, max-age=5"
_MINUTES: Final = "public, max-age=300"
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_TILE: Final = re.compile(r"((?:x\d{3}/){0,4}\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII)


class Log(Strict):
    """Whose log: the community's four characters."""

    issuer: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{4}$")]


class Entry(Strict):
    """The entry asked about, by its number, and the size of the tree it is to be proven in."""

    entry: Id
    size: LogSize | None = None


class Growth(Strict):
    """From which size to which; the newer one is the newest checkpoint's where it is left out."""

    old: LogSize
    new: LogSize | None = None


class TilePath(Log):
    """Which tile: level and number as the specification writes it (`x001/x234/067`, `000.p/17`)."""

    level: Annotated[int, Field(ge=0, le=7, strict=False)]
    number: Annotated[str, StringConstraints(max_length=40)]


@bp.get("/<string:issuer>/checkpoint")
@allow(ANYONE)
def checkpoint(path: Log) -> Response:
    """The newest checkpoint, as a signed note."""
    with service().db.read() as tx:
        note = _signed(tx, _community(tx, path)).note
    return _answer(note, _TEXT, _SECONDS)


@bp.get("/<string:issuer>/keys")
@allow(ANYONE)
def log_keys(path: Log) -> Response:
    """The log's name, its keys from the first to the one that signs, and the notes by which each names the next."""
    with service().db.read() as tx:
        here = _community(tx, path)
        found = {
            "origin": keys.origin_of(tx, here),
            "keys": [key.text for key in keys.verifiers(tx, here)],
            "handovers": keys.handovers(tx, here),
            "recoveries": recoveries(tx, here),
        }
    response = jsonify(found)
    response.headers["Cache-Control"] = _MINUTES
    return response


@bp.get("/<string:issuer>/inclusion")
@allow(ANYONE)
def inclusion(path: Log, query: Entry) -> dict[str, Any]:
    """Proof that an entry is in the log, with the checkpoint it leads to."""
    with service().db.read() as tx:
        here = _community(tx, path)
        proof, signed = _proof(tx, here, query)
        leaf = find_leaf(tx, here, query.entry)
    return {
        "index": str(proof.index),
        "size": str(proof.size),
        "leaf_hash": hashes_text([leaf.hash] if leaf else [])[0],
        "path": hashes_text(proof.path),
        "checkpoint": signed.note if signed.size == proof.size else None,
    }


@bp.get("/<string:issuer>/proof")
@allow(ANYONE)
def proof(path: Log, query: Entry) -> Response:
    """The same as a text that needs no server (C2SP tlog-proof), up to the newest checkpoint."""
    with service().db.read() as tx:
        found, signed = _proof(tx, _community(tx, path), query)
        if found.size != signed.size:
            raise Refusal("proof_out_of_log", size=signed.size)
    return _answer(proof_text(found, signed.note), _TEXT, _SECONDS)


@bp.get("/<string:issuer>/consistency")
@allow(ANYONE)
def consistency(path: Log, query: Growth) -> dict[str, Any]:
    """Proof that the newer tree grew out of the older one."""
    with service().db.read() as tx:
        here = _community(tx, path)
        signed = _signed(tx, here)
        new = _within(query.new, signed)
        steps = prove_consistency(tx, here, query.old, new)
    return {"old_size": str(query.old), "new_size": str(new), "path": hashes_text(steps)}


@bp.get("/<string:issuer>/tile/<int:level>/<path:number>")
@allow(ANYONE)
def tile(path: TilePath) -> Response:
    """A tile of hashes; one that is full, or cut to a width, never changes."""
    parts = _TILE.fullmatch(path.number)
    if parts is None:
        raise Refusal("log_tile_not_found")
    key = TileKey(path.level, int(parts[1].replace("x", "").replace("/", "")))
    wanted = WIDTH if parts[2] is None else int(parts[2])
    with service().db.read() as tx:
        hashes = read_tiles(tx, _community(tx, path), [key]).get(key, b"")
    if wanted > WIDTH or len(hashes) < wanted * HASH_BYTES:
        raise Refusal("log_tile_not_found")
    return _answer(hashes[: wanted * HASH_BYTES], "application/octet-stream", _FOR_EVER)


def _community(tx: Tx, path: Log) -> int:
    return int(communities.get_by_issuer(tx, path.issuer).community_id)


def _signed(tx: Tx, community_id: int) -> Checkpoint:
    found = checkpoints.newest(tx, community_id)
    if found is None:
        raise Refusal("log_nothing_signed")
    return found


def _within(size: int | None, signed: Checkpoint) -> int:
    """A size nobody signed is nobody's business: what is proven stays within the newest checkpoint."""
    if size is not None and size > signed.size:
        raise Refusal("proof_out_of_log", size=signed.size)
    return signed.size if size is None else size


def _proof(tx: Tx, community_id: int, query: Entry) -> tuple[Inclusion, Checkpoint]:
    signed = _signed(tx, community_id)
    size = _within(query.size, signed)
    return prove_inclusion(tx, community_id, query.entry, size), signed


def _answer(body: str | bytes, media_type: str, caching: str) -> Response:
    response = Response(body, content_type=media_type)
    response.headers["Cache-Control"] = caching
    return response
