"""Fixtures of the browser tests: a served town, and Playwright with Debian's Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from ledger.database import Database
from tests.browser.served import Served, serve

_APP = Path(__file__).parents[2] / "kiosk" / "static" / "app" / "index.html"


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver; the browser is the machine's own."""
    assert _APP.is_file(), "the web app is not built: make web"
    with sync_playwright() as driver:
        yield driver


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Iterator[Served]:
    """A town with its own server and clock, on SQLite."""
    database = Database(sqlite_url)
    with serve(database, tmp_path) as found:
        yield found
    database.close()
