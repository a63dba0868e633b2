"""Every page of the office, gathered: importing this module puts them on the blueprint."""

from __future__ import annotations

from kiosk.office import (
    approvals,
    audit_list,
    cards,
    claims,
    deductions,
    discrepancies,
    door,
    expiry,
    imports,
    kin,
    merchants,
    money,
    payouts,
    people,
    residents,
    scheme,
    seal,
    settings,
    statements,
    today,
    unproven,
)
from kiosk.office.frame import bp

__all__ = [
    "approvals",
    "audit_list",
    "bp",
    "cards",
    "claims",
    "deductions",
    "discrepancies",
    "door",
    "expiry",
    "imports",
    "kin",
    "merchants",
    "money",
    "payouts",
    "people",
    "residents",
    "scheme",
    "seal",
    "settings",
    "statements",
    "today",
    "unproven",
]
