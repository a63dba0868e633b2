"""What happens to households, in words, and points as they are typed."""

from __future__ import annotations

from typing import Final

from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.households import acts
from ledger.units import units_from

ACTS: Final = {
    acts.LEAVE: mark("A member leaves"),
    acts.SPLIT: mark("The household splits"),
    acts.MERGE: mark("It joins another household"),
    acts.GIFT: mark("Gift to a household in need"),
    acts.HEIRS: mark("Heirs claim points of who has died"),
    "move": mark("Moved to another home"),
    "out": mark("Left the community"),
    "death": mark("Death"),
}
RULES: Final = {
    acts.OWN: mark("each takes what they brought and did not use"),
    acts.HEADS: mark("by the number of people, debts too"),
    acts.AGREED: mark("a number both sides signed for"),
}

_SHOWN: Final = 20


def typed_points(typed: str, precision: int) -> int:
    """Points as somebody typed them, in units of a kind with that many decimals.

    Refuses form_amount.
    """
    units = units_from(typed, precision)
    if units is None:
        raise Refusal("form_amount", text=typed[:_SHOWN])
    return units
