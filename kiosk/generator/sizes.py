"""How large a made-up community is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Size:
    """A community's size; enrolment grows from `first_share` to `last_share` within a year.

    With `members` households are added until that many people have an account, all from the first
    day.
    """

    name: str
    members: int | None
    households: int
    residents: int
    buildings: int
    goods: int
    visits_a_week: float
    first_share: float = 1.0
    last_share: float = 1.0


SIZES: Final = {
    "S": Size("S", 300, 0, 0, buildings=4, goods=36, visits_a_week=6.0),
    "C1": Size(
        "C1",
        None,
        7_482,
        30_000,
        buildings=79,
        goods=120,
        visits_a_week=38.0,
        first_share=0.12,
        last_share=0.42,
    ),
    "C1Q": Size(
        "C1Q",
        None,
        1_870,
        7_500,
        buildings=20,
        goods=120,
        visits_a_week=9.5,
        first_share=0.12,
        last_share=0.42,
    ),
}
"""S: a small community; C1: the large one of the model; C1Q: a quarter of C1, every rate the same."""

FEN_A_MEMBER_A_YEAR: Final = 4_400
"""What the model costs a community a year for each member: 44 yuan of face value."""
