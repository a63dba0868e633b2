"""Faults only a hand makes on paper: references copied wrongly, a neighbour's, another shop's, two on one line."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Final

from kiosk.generator.faults import Claim, Sheet, mistype

_NEIGHBOUR: Final = 0.15


class OtherShops:
    """What other shops filed honestly on the same day: whose reference a hand may take for its own."""

    def __init__(self) -> None:
        """Nobody has filed yet."""
        self._filed: dict[str, list[Claim]] = {}

    def add(self, merchant: str, lines: Iterable[Claim]) -> None:
        """Keep what a shop claimed without a fault."""
        self._filed[merchant] = list(lines)

    def take(self, merchant: str, chance: random.Random) -> Claim | None:
        """A line of a shop other than this one, each once."""
        others = [(code, lines) for code, lines in sorted(self._filed.items()) if code != merchant]
        full = [lines for _, lines in others if lines]
        if not full:
            return None
        lines = chance.choice(full)
        return lines.pop(chance.randrange(len(lines)))


def claim_others(
    sheet: Sheet, line: Claim, chance: random.Random, merchant: str, others: OtherShops
) -> None:
    """T1: a line more, for a sale of another shop that the other shop claims too."""
    other = others.take(merchant, chance)
    if other is None:
        return
    extra = {**other, "merchant": merchant}
    sheet.add(extra)
    sheet.note("T1", "another shop's", extra, correct_fen=0, amount_fen=extra["fen"])
    sheet.leave_alone(line)


def claim_misnumbered(
    sheet: Sheet, line: Claim, chance: random.Random, plain: Sequence[str]
) -> None:
    """A wrong reference: mostly a slip of the hand, now and then a neighbour's whole number."""
    if chance.random() < _NEIGHBOUR:
        _claim_neighbours(sheet, line, plain)
    else:
        _claim_mistyped(sheet, line, chance)


def _claim_mistyped(sheet: Sheet, line: Claim, chance: random.Random) -> None:
    """The reference copied wrongly: a night joins it with its sale and pays it, and nobody is asked."""
    right = line["ref"]
    wrong = {**line, "ref": mistype(right, chance)}
    sheet.drop(line)
    sheet.add(wrong)
    sheet.note("PAIRED", "mistyped", wrong, correct_fen=line["fen"], amount_fen=0, meant=right)
    sheet.leave_alone(line)


def _claim_neighbours(sheet: Sheet, line: Claim, plain: Sequence[str]) -> None:
    """Under the number of a sale without points: nothing is booked there (X1), and its own is unclaimed (X2)."""
    neighbour = next((ref for ref in plain if sheet.is_unused(ref)), None)
    if neighbour is None:
        return
    extra = {**line, "ref": neighbour}
    sheet.drop(line)
    sheet.add(extra)
    sheet.note("X1", "neighbour's number", extra, correct_fen=0, amount_fen=line["fen"])
    sheet.note("X2", "neighbour's number", line, correct_fen=0, amount_fen=line["fen"])


def claim_together(sheet: Sheet, line: Claim) -> None:
    """Two vouchers on one line: too much under the first reference (V1), nothing under the second (X2)."""
    second = next(
        (
            other
            for other in sheet.lines
            if other is not line and other["kind"] == "sale" and sheet.is_free(other)
        ),
        None,
    )
    if second is None:
        return
    fen = line["fen"]
    line["fen"] += second["fen"]
    line["units"] += second["units"]
    sheet.drop(second)
    sheet.note(
        "V1", "two in one", line, correct_fen=fen, amount_fen=second["fen"], claimed=line["fen"]
    )
    sheet.note("X2", "two in one", second, correct_fen=0, amount_fen=second["fen"])
