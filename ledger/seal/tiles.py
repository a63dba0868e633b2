"""The tree as stored: tiles of 256 hashes (C2SP tlog-tiles), of which only the right edge is ever written again.

A tile at level L holds hashes over 256**L leaves each; the steps between are hashed when they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ledger.errors import Refusal
from ledger.seal.tree import HASH_BYTES, Place, Span, node_hash, places_in, root_of, span_root
from ledger.sql import Sql, Tx

WIDTH: Final = 256
TILE_BYTES: Final = WIDTH * HASH_BYTES
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
            for key in dict.fromkeys(keys)
        ]
    rows = [(key, result.all()) for key, result in asked]
    return {key: bytes(found[0].hashes) for key, found in rows if found}


def keep_tiles(tx: Tx, community_id: int, tiles: Tiles) -> None:
    """Store tiles; one that is there already only ever grows."""
    tx.many(
        _KEEP,
        [
            {
                "community_id": community_id,
                "level": key.level,
                "tile_index": key.number,
                "hashes": hashes,
            }
            for key, hashes in tiles.items()
        ],
    )


def read_roots(tx: Tx, community_id: int, spans: Sequence[Span]) -> list[bytes]:
    """The hash over each span of leaves, from as few tiles as hold them.

    Refuses log_damaged where a tile is not there or too narrow.
    """
    places = [place for span in spans for place in places_in(span)]
    tiles = read_tiles(tx, community_id, [_tile_of(place) for place in places])
    nodes = _Nodes(tiles)
    return [span_root(span, nodes.at) for span in spans]


def read_root(tx: Tx, community_id: int, size: int) -> bytes:
    """The root over the first `size` leaves. Refuses log_damaged."""
    return read_roots(tx, community_id, [Span(0, size)])[0]


def _tile_of(place: Place) -> TileKey:
    level, inside = divmod(place.height, _HEIGHT)
    return TileKey(level, (place.place << inside) // WIDTH)


class _Nodes:
    """Hashes of full subtrees out of tiles, each worked out once."""

    def __init__(self, tiles: Tiles) -> None:
        self._tiles = tiles
        self._known: dict[tuple[int, int, int], bytes] = {}

    def at(self, height: int, place: int) -> bytes:
        level, inside = divmod(height, _HEIGHT)
        return self._inside(level, inside, place)

    def _inside(self, level: int, inside: int, place: int) -> bytes:
        if inside == 0:
            return self._stored(level, place)
        known = self._known.get((level, inside, place))
        if known is None:
            known = node_hash(
                self._inside(level, inside - 1, 2 * place),
                self._inside(level, inside - 1, 2 * place + 1),
            )
            self._known[level, inside, place] = known
        return known

    def _stored(self, level: int, place: int) -> bytes:
        index, at = divmod(place, WIDTH)
        tile = self._tiles.get(TileKey(level, index), b"")
        found = tile[at * HASH_BYTES : (at + 1) * HASH_BYTES]
        if len(found) != HASH_BYTES:
            raise Refusal("log_damaged", level=level, tile=index)
        return found
