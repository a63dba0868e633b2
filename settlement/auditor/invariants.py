"""Which checks stand for which invariant of the design, and which invariants no row can show."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CHECKED_BY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "I1": ("I1",),
        "I2": ("I2",),
        "I3": ("I3",),
        "I4": ("I4",),
        "I5": ("I5",),
        "I6": ("I6",),
        "I7": ("I7",),
        "I8": ("I8",),
        "I9": ("I9",),
        "I10": ("I10",),
        "I11": ("I11",),
        "I12": ("waiting",),
        "I13": ("night_input",),
        "I14": ("I14",),
        "I15": ("I15",),
        "I16": ("I16",),
        "I17": ("I17",),
        "I18": ("I18",),
        "I19": ("I19",),
        "I20": ("I20", "I20b"),
        "I21": ("I21",),
        "I22": ("I22",),
        "I24": ("night_digest",),
        "I25": ("verdict",),
        "I26": ("I26",),
        "I27": ("I27",),
        "I28": ("I28",),
        "I29": ("I29",),
        "I30": ("I30",),
        "I31": ("I31",),
        "I32": ("I32",),
        "I34": ("root",),
    }
)
"""Invariant of the design to the checks that name it."""

SHOWN_BY_TRIALS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "I23": "an acknowledged request survives a crash: no row can tell, processes are killed to see it"
    }
)
"""Invariants that speak of what happened, not of what stands in the book."""

STILL_TO_COME: Final[Mapping[str, str]] = MappingProxyType(
    {
        "I33": "tills do not spend offline yet",
    }
)
"""Invariants whose tables are not there yet."""
