"""The tree as stored: tiles of 256 hashes (C2SP tlog-tiles), of which only the right edge is ever written again.

A tile at level L holds hashes over 256**L leaves each; the steps between are hashed when they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final, NamedTuple

from ledger.errors import Refusal
from ledger.seal.tree import HASH_BYTES, Place, Span, places_in, root_of, span_root
from ledger.sql import Batch, Result, Sql, Tx

WIDTH: Final = 256
TILE_BYTES: Final = WIDTH * HASH_BYTES
LEVELS: Final = 7
"""Seven levels of tiles hold 2**56 leaves."""
_HEIGHT: Final = 8

_TILE: Final = Sql(
    "SELECT hashes FROM tile WHERE community_id = :community_id AND level = :level"
    " AND tile_index = :tile_index"
)
_KEEP: Final = Sql(
    "INSERT INTO tile (community_id, level, tile_index, hashes)"
    " VALUES (:community_id, :level, :tile_index, :hashes)"
    " ON CONFLICT (community_id, level, tile_index) DO UPDATE SET hashes = excluded.hashes"
    " WHERE length(tile.hashes) < length(excluded.hashes)"
)


_EDGE: Final = Sql(
    "SELECT t.level, t.tile_index, t.hashes FROM log_head h"
    f" JOIN ({' UNION ALL '.join(f'SELECT {n} AS level, {WIDTH ** (n + 1)} AS leaves' for n in range(LEVELS))}) v"
    " ON h.community_id = :community_id"
    " JOIN tile t ON t.community_id = h.community_id AND t.level = v.level"
    "  AND t.tile_index = h.size / v.leaves"
)


class TileKey(NamedTuple):
    """Names one tile."""

    level: int
    number: int


Tiles = dict[TileKey, bytes]


def edge_of(size: int) -> list[TileKey]:
    """The tiles at the right edge of a tree of `size` leaves that have room left, from the leaves up."""
    keys = []
    level = 0
    while size:
        if size % WIDTH:
            keys.append(TileKey(level, size // WIDTH))
        level, size = level + 1, size // WIDTH
    return keys


def grown(edge: Tiles, size: int, leaves: Sequence[bytes]) -> Tiles:
    """The tiles that `leaves` fill or begin, after the `size` leaves whose right edge is `edge`.

    Refuses log_damaged where the edge is not as wide as the size says.
    """
    changed: Tiles = {}
    level, first, fresh = 0, size, leaves
    while fresh:
        index, width = divmod(first, WIDTH)
        before = edge.get(TileKey(level, index), b"") if width else b""
        if len(before) != width * HASH_BYTES:
            raise Refusal("log_damaged", size=size)
        row = before + b"".join(fresh)
        fresh = []
        for n, start in enumerate(range(0, len(row), TILE_BYTES)):
            tile = row[start : start + TILE_BYTES]
            changed[TileKey(level, index + n)] = tile
            if len(tile) == TILE_BYTES:
                fresh.append(root_of(hashes_in(tile)))
        level, first = level + 1, index
    return changed


def hashes_in(tile: bytes) -> list[bytes]:
    """The hashes of a tile, one after another."""
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def read_tiles(tx: Tx, community_id: int, keys: Iterable[TileKey]) -> Tiles:
    """Those of the tiles that are stored."""
    with tx.batch() as batch:
        asked = [
            (
                key,
                batch.add(
                    _TILE,
                    {"community_id": community_id, "level": key.level, "tile_index": key.number},
                ),
            )
            for key in keys
        ]
    rows = [(key, result.all()) for key, result in asked]
    return {key: bytes(found[0].hashes) for key, found in rows if found}


def add_edge(batch: Batch, community_id: int) -> Result:
    """Ask in a batch for the tiles at the right edge of the log; `edge_in` takes what comes."""
    return batch.add(_EDGE, {"community_id": community_id})


def edge_in(result: Result) -> Tiles:
    """The tiles that came."""
    return {TileKey(row.level, row.tile_index): bytes(row.hashes) for row in result.all()}


def keep_tiles(tx: Tx, community_id: int, tiles: Tiles) -> None:
    """Store tiles; one that is there already only ever grows."""
    with tx.batch() as batch:
        for key, hashes in tiles.items():
            row = {
                "community_id": community_id,
                "level": key.level,
                "tile_index": key.number,
                "hashes": hashes,
            }
            batch.add(_KEEP, row)


def read_roots(tx: Tx, community_id: int, spans: Sequence[Span]) -> list[bytes]:
    """The hash over each span of leaves, from as few tiles as hold them.

    Refuses log_damaged where a tile is not there or too narrow.
    """
    node = partial(_node_in, read_tiles(tx, community_id, tiles_for(spans)))
    return [span_root(span, node) for span in spans]


def tiles_for(spans: Sequence[Span]) -> list[TileKey]:
    """The tiles that hold what some spans are made of, each once."""
    places = [place for span in spans for place in places_in(span)]
    return list(dict.fromkeys(map(_tile_of, places)))


def read_root(tx: Tx, community_id: int, size: int) -> bytes:
    """The root over the first `size` leaves. Refuses log_damaged."""
    return read_roots(tx, community_id, [Span(0, size)])[0]


def _tile_of(place: Place) -> TileKey:
    level, inside = divmod(place.height, _HEIGHT)
    return TileKey(level, (place.place << inside) // WIDTH)


def _node_in(tiles: Tiles, height: int, place: int) -> bytes:
    """The hash of a full subtree, out of the tile that holds its hashes."""
    level, inside = divmod(height, _HEIGHT)
    number, first = divmod(place << inside, WIDTH)
    end = first + (1 << inside)
    tile = tiles.get(TileKey(level, number), b"")
    if len(tile) < end * HASH_BYTES:
        raise Refusal("log_damaged", level=level, tile=number)
    return root_of(hashes_in(tile[first * HASH_BYTES : end * HASH_BYTES]))
