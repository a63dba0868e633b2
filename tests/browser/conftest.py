"""Fixtures of the browser tests: a served town, and Playwright with Debian's Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from ledger.database import Database
from tests.browser.auditor import Auditor, auditor
from tests.browser.kits import Kits, lived
from tests.browser.served import Served, serve
from tests.support.engines import SqliteFiles

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


@pytest.fixture(scope="session")
def kits(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kits]:
    """One lived community for every test of the auditor's page."""
    folder = tmp_path_factory.mktemp("kit")
    with lived(sqlite_files.copy_to(folder / "jifen.db"), folder) as found:
        yield found


@pytest.fixture(scope="module")
def page(playwright: Playwright) -> Iterator[Auditor]:
    """The auditor's empty page, open; every test gives it packages of its own."""
    with auditor(playwright) as opened:
        opened.open()
        yield opened
        assert opened.errors == []
        assert [url for url in opened.asked if not url.startswith(("file:", "blob:"))] == []
