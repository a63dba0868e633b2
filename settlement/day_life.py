"""The life of one business date: from open to published, and where it failed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class DayState(StrEnum):
    """Where a business date stands.

    REVIEWED: what is open was looked at or is carried on with its age; AUDITED: the second engine passed the book.
    """

    OPEN = "open"
    CUT_OFF = "cut_off"
    INTAKE = "intake"
    MATCHED = "matched"
    REVIEWED = "reviewed"
    BALANCED = "balanced"
    AUDITED = "audited"
    LOCKED = "locked"
    PUBLISHED = "published"
    FAILED = "failed"


_OF_RUN: Final[Mapping[str, DayState]] = MappingProxyType(
    {
        "begun": DayState.INTAKE,
        "matched": DayState.MATCHED,
        "settled": DayState.BALANCED,
        "locked": DayState.LOCKED,
    }
)
FAILED_AT: Final[Mapping[str, DayState]] = MappingProxyType(
    {
        "stopped": DayState.MATCHED,
        "blocked": DayState.BALANCED,
        "audit_failed": DayState.AUDITED,
    }
)
"""A night's state to the step at which it failed."""


def day_state(book: str, run: str | None, *, published: bool) -> DayState:
    """Where a day stands by its state in the book (`open`, `cut_off`, `locked`), its night's, and its month's notice.

    A day no night was run for is locked with the next one's.
    """
    if run in FAILED_AT:
        return DayState.FAILED
    if run is not None:
        state = _OF_RUN[run]
    else:
        state = {"cut_off": DayState.CUT_OFF, "locked": DayState.LOCKED}.get(book, DayState.OPEN)
    return DayState.PUBLISHED if published and state is DayState.LOCKED else state
