"""A served town for page tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.database import Database
from tests.support.pages_town import Served, serve


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Iterator[Served]:
    """A small town with its app; pages are the same on both engines, so one is enough."""
    db = Database(sqlite_url)
    yield serve(db, tmp_path)
    db.close()
