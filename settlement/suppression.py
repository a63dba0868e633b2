"""Numbers of people small enough to point at somebody are not printed, nor can they be worked out from the rest.

A cell is withheld where one to four people stand behind it. A total is the sum of the cells shown and says so: with
the true total a single withheld cell would be one subtraction away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

LEAST: Final = 5
"""So many people must stand behind a cell that is printed."""


def shown(people: int) -> bool:
    """Whether a number may be printed that so many people stand behind; nobody is no secret."""
    return people == 0 or people >= LEAST


def withheld(row: Sequence[int]) -> list[int | None]:
    """Numbers of people as they may be printed; None is withheld."""
    return [people if shown(people) else None for people in row]


def sum_shown(cells: Sequence[int | None]) -> int:
    """The total of the cells that are printed."""
    return sum(cell for cell in cells if cell is not None)
