"""A community with keys, for tests that issue codes."""

from __future__ import annotations

from typing import Final

from ledger.members.key_vault import KeyVault
from ledger.sql import Sql, Tx

COMMUNITY: Final = 7
NEIGHBOUR: Final = 8
STAFF: Final = 1
DAY_US: Final = 86_400_000_000
MORNING: Final = 1_772_413_200_000_000
"""2026-03-02 09:00 in Chang'an."""
VAULT: Final = KeyVault(bytes(range(32)))

_OPEN = Sql(
    "INSERT INTO community (community_id, issuer, name, timezone, hotline, config_version, "
    "opened_at) VALUES (:community_id, :issuer, :issuer, 'Asia/Shanghai', '', 1, :at)"
)


def open_communities(tx: Tx) -> None:
    """Two communities without keys."""
    tx.run(_OPEN, community_id=COMMUNITY, issuer="CHAN", at=MORNING)
    tx.run(_OPEN, community_id=NEIGHBOUR, issuer="ARCA", at=MORNING)
