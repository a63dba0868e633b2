"""Every page of the office, gathered: importing this module puts them on the blueprint."""

from __future__ import annotations

from kiosk.office import (
    audit_list,
    cards,
    door,
    imports,
    merchants,
    residents,
    settings,
    today,
)
from kiosk.office.frame import bp

__all__ = [
    "audit_list",
    "bp",
    "cards",
    "door",
    "imports",
    "merchants",
    "residents",
    "settings",
    "today",
]
