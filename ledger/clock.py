"""The only place that asks the time; everything else is told."""

from __future__ import annotations

import time
from typing import Final

SECOND_US: Final = 1_000_000
"""Microseconds in a second: times are kept as whole microseconds since 1970 in UTC."""


def now_us() -> int:
    """Microseconds since 1970-01-01 UTC, from the machine's clock."""
    return time.time_ns() // 1_000
