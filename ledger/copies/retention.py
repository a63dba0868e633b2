"""Which backups are kept: all of two days, one a day for a fortnight, one a week until tills could not fill the gap."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_DAY_US: Final = 86_400_000_000

ALL_DAYS: Final = 2
DAILY_DAYS: Final = 14
LONGEST_DAYS: Final = 35
"""Tills keep their signed daybooks as long; what came after an older backup could not be brought back from them."""


def kept(made: Iterable[int], *, at: int) -> set[int]:
    """Those of the moments `made` (microseconds UTC) whose backups stay at `at`; the newest always does."""
    newest_first = sorted(made, reverse=True)
    keep = set(newest_first[:1])
    taken: set[tuple[str, int]] = set()
    for moment in newest_first:
        age_days = (at - moment) // _DAY_US
        if age_days < ALL_DAYS:
            keep.add(moment)
            continue
        if age_days > LONGEST_DAYS:
            break
        day = moment // _DAY_US
        span = ("day", day) if age_days <= DAILY_DAYS else ("week", day // 7)
        if span not in taken:
            taken.add(span)
            keep.add(moment)
    return keep
