"""A town with ten shops, ready for nights."""

from __future__ import annotations

import pytest

from ledger.database import Database
from tests.support.night_plant import reserve_cover
from tests.support.town import Town, build_town


@pytest.fixture
def town(db: Database) -> Town:
    """Ten shops with a till each, one resident with points enough, cover for every sale."""
    made = build_town(db, people=1, shops=10, fund_fen=1_000_000_000)
    made.grant(1, 10**12)
    reserve_cover(made, 50_000_000)
    return made
