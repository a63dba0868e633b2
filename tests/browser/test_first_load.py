"""What a tablet fetches before it shows the till: little, and without the code reader."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Playwright

from tests.browser.served import Served
from tests.browser.tablet import PHONE, chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_APP: Final = Path(__file__).parents[2] / "kiosk" / "static" / "app"
_MOST_BYTES: Final = 100_000


def test_the_built_files_of_the_first_load_pack_to_less_than_a_hundred_thousand_bytes() -> None:
    page = (_APP / "index.html").read_text(encoding="utf-8")
    named = re.findall(r'(?:src|href)="/static/app/([^"]+)"', page)

    packed = {
        name: len(gzip.compress((_APP / name).read_bytes())) for name in ["index.html", *named]
    }

    assert any(name.endswith(".js") for name in packed)
    assert not any(name.endswith(".wasm") for name in packed)
    assert sum(packed.values()) < _MOST_BYTES, packed


def test_the_browser_fetches_no_more_than_that_before_the_first_screen(
    playwright: Playwright, served: Served
) -> None:
    with chromium(playwright) as browser:
        # The worker fetches the rest for later, behind the first screen.
        context = browser.new_context(viewport=PHONE, service_workers="block")
        page = context.new_page()
        fetched = _watch(context.new_cdp_session(page))
        page.goto(f"{served.url}/till")
        page.locator("form").wait_for()
        before_decoder = {url: size for url, size in fetched.items() if not url.endswith(".wasm")}
        page.close()

    assert len(before_decoder) > 3
    assert sum(before_decoder.values()) < _MOST_BYTES, before_decoder


def _watch(devtools: Any) -> dict[str, float]:
    """The bytes on the line by address, heads and all, filled as they come."""
    urls: dict[str, str] = {}
    fetched: dict[str, float] = {}
    devtools.on(
        "Network.responseReceived",
        lambda event: urls.__setitem__(event["requestId"], event["response"]["url"]),
    )
    devtools.on(
        "Network.loadingFinished",
        lambda event: fetched.__setitem__(
            urls.get(event["requestId"], event["requestId"]), event["encodedDataLength"]
        ),
    )
    devtools.send("Network.enable")
    return fetched
