"""Every refusal of the product in one table, kept in one file for each part that refuses."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from kiosk.refusals import (
    access,
    bank,
    certificates,
    counter,
    desk,
    expiry,
    exports,
    fees,
    funds,
    goods,
    households,
    keeping,
    leaving,
    members,
    misuse,
    offline,
    pages,
    payments,
    persons,
    recovery,
    requests,
    sales,
    schemes,
    seal,
    services,
    settlement,
    shifts,
    stock,
    tokens,
    wrong_household,
)
from kiosk.refusals.known import Known

_PARTS: Final = (
    access,
    bank,
    certificates,
    counter,
    desk,
    funds,
    expiry,
    exports,
    fees,
    goods,
    households,
    keeping,
    leaving,
    members,
    misuse,
    offline,
    pages,
    payments,
    persons,
    recovery,
    requests,
    sales,
    schemes,
    seal,
    services,
    settlement,
    shifts,
    stock,
    tokens,
    wrong_household,
)


def _join() -> Mapping[str, Known]:
    joined: dict[str, Known] = {}
    for part in _PARTS:
        twice = joined.keys() & part.TABLE.keys()
        if twice:
            raise ValueError(f"refusals described twice: {sorted(twice)}")
        joined |= part.TABLE
    return MappingProxyType(joined)


REFUSALS: Final = _join()
"""Code to status and sentence."""
