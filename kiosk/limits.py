"""How many calls one caller may make: a bucket that fills up again, kept in memory."""

from __future__ import annotations

import threading
from typing import Final

from ledger.clock import SECOND_US
from ledger.errors import Refusal

_MOST_CALLERS: Final = 10_000
_MINUTE_S: Final = 60


class Limits:
    """Buckets by caller. What must survive a restart (wrong PINs, wrong passwords) is in the database."""

    def __init__(self, calls_a_minute: int) -> None:
        """Let each caller make so many calls a minute, at most half of them at once; 0: no limit."""
        self._a_minute = calls_a_minute
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[int, int]] = {}

    def check(self, caller: str, *, at: int, cost: int = 1) -> None:
        """Count a call of `caller` at `at` (microseconds UTC); a dear call counts as several.

        Refusals: too_many_requests.
        """
        if not self._a_minute:
            return
        # Levels are counted in calls times microseconds-a-minute, so that nothing is rounded.
        full = max(self._a_minute // 2, 1) * _MINUTE_S * SECOND_US
        asked = cost * _MINUTE_S * SECOND_US
        with self._lock:
            level, seen = self._buckets.get(caller, (full, at))
            level = min(full, level + max(0, at - seen) * self._a_minute)
            is_allowed = level >= asked
            self._keep(caller, level - asked if is_allowed else level, at)
        if not is_allowed:
            missing = asked - level
            wait_s = -(-missing // (self._a_minute * SECOND_US))
            raise Refusal("too_many_requests", wait_s=wait_s)

    def _keep(self, caller: str, level: int, at: int) -> None:
        if caller not in self._buckets and len(self._buckets) >= _MOST_CALLERS:
            # Whoever called longest ago has the fullest bucket, so forgetting them changes least.
            oldest = min(self._buckets, key=lambda name: self._buckets[name][1])
            del self._buckets[oldest]
        self._buckets[caller] = (level, at)
