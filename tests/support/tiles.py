"""A whole tree's tiles at once, for tests and benchmarks of stored trees."""

from collections.abc import Sequence

from ledger.seal.tiles import Tiles, grown


def tiles_of(leaves: Sequence[bytes]) -> Tiles:
    """Every tile of the tree over these leaves."""
    return grown({}, 0, leaves)
