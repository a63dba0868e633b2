"""Points as people type them, in whole units of their kind."""

from __future__ import annotations

import pytest

from ledger.units import points_text, units_from


@pytest.mark.parametrize(
    ("typed", "precision", "units"),
    [
        ("12.5", 2, 1_250),
        (" 1,234.05 ", 2, 123_405),
        ("５０", 2, 5_000),
        ("3。25", 2, 325),
        ("12", 0, 12),
        ("12.5", 0, None),
        ("1.25", 1, None),
        ("1.5", 1, 15),
        ("0", 2, 0),
        ("-1", 2, None),
        ("", 2, None),
        ("1.234", 2, None),
        ("many", 2, None),
    ],
)
def test_typed_points_are_read_with_their_kinds_decimals(
    typed: str, precision: int, units: int | None
) -> None:
    assert units_from(typed, precision) == units


def test_what_is_printed_is_read_back() -> None:
    for precision in (0, 1, 2):
        for units in (0, 1, 7, 10, 99, 100, 12_345):
            assert units_from(points_text(units, precision), precision) == units
