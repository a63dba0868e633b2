"""What makes this machine's browser a cheap tablet on a weak line: DevTools' brakes for network and processor.

`FAST_3G` is the preset DevTools calls "Fast 3G" (since 2024 "Slow 4G"): 1.6 Mbit/s down and 750 kbit/s up at nine
tenths, and 150 ms a round trip counted 3.75 times for each request. `LINE_3G` is the same line as WebPageTest and
Lighthouse name it, 150 ms for each request.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from playwright.sync_api import Page

SLOWER: Final = 4
"""How many times slower than this machine a tablet's processor is taken to be."""


class Line(NamedTuple):
    """A line as DevTools brakes it; `latency_ms` is added to each request."""

    name: str
    down_bytes: float
    up_bytes: float
    latency_ms: float


FAST_3G: Final = Line("Fast 3G (DevTools)", 1_600_000 / 8 * 0.9, 750_000 / 8 * 0.9, 562.5)
LINE_3G: Final = Line("3G line, 150 ms", 1_600_000 / 8, 750_000 / 8, 150)


def brake(page: Page, *, line: Line | None = None, slower: int = 1) -> Any:
    """Brake the page from now on; gives its DevTools session."""
    devtools = page.context.new_cdp_session(page)
    if line:
        devtools.send("Network.enable")
        devtools.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": line.latency_ms,
                "downloadThroughput": line.down_bytes,
                "uploadThroughput": line.up_bytes,
            },
        )
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    return devtools


def high(times: Sequence[float], hundredth: int = 95) -> float:
    """The time that so many of a hundred do not exceed (nearest rank)."""
    return sorted(times)[math.ceil(len(times) * hundredth / 100) - 1]
