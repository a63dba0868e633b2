"""Plants known faults into a night's honest claims, and writes down what must be found.

A claim here is a plain dict with `merchant`, `terminal`, `ref`, `kind` (sale | refund),
`original_ref`, `units`, `fen` (a refund's are negative), `occurred_at` (microseconds UTC) and
`business_date` (yyyymmdd); other keys are carried along.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from kiosk.generator.shapes import Truth
from ledger.refs import make_reference, read_reference

Claim = dict[str, Any]

_FIRST_UNKNOWN: Final = 90_000
_YUAN: Final = 100
_TEN_YUAN: Final = 1_000


class Sheet:
    """A night's claims being spoiled: `filed()` is what the shops hand in, `truth` what is wrong with it.

    A reference carries one fault at most, and a sale with goods brought back carries none but
    the fault of its refund, so that every planted fault has exactly one answer.
    """

    def __init__(
        self,
        booked: Iterable[Mapping[str, Any]],
        where: str,
        first_id: int = 1,
        *,
        claimed_before: Mapping[str, int] | None = None,
    ) -> None:
        """Start from the offsets as booked; `where` names the document in the truth.

        `claimed_before`: references filed on earlier days, with their sale's fen.
        """
        self.lines: list[Claim] = [dict(line) for line in booked]
        self.truth: list[Truth] = []
        self.where = where
        self._next_id = first_id
        self._unknown = 0
        self._dropped: set[str] = set()
        self._added: list[Claim] = []
        self._refs = {line["ref"] for line in self.lines}
        self._sold = {line["ref"]: line.get("total_fen") for line in self.lines}
        self._before = claimed_before or {}
        self._touched = {line["original_ref"] for line in self.lines if line.get("original_ref")}

    def filed(self) -> list[Claim]:
        """The claims as handed in: in the order of the book, what was added at the end."""
        kept = [line for line in self.lines if line["ref"] not in self._dropped]
        return kept + self._added

    def is_free(self, line: Claim) -> bool:
        """Whether a line may still be given a fault; a refund only where its sale is filed, here or before."""
        if line["ref"] in self._touched:
            return False
        if line["kind"] == "sale":
            return True
        original = line["original_ref"]
        return original in self._before or (
            original in self._refs and original not in self._dropped
        )

    def is_whole(self, refund: Claim) -> bool:
        """Whether a refund takes back all of its sale."""
        original = refund["original_ref"]
        sold = self._sold.get(original) or self._before.get(original)
        return sold is not None and sold == refund.get("total_fen")

    def note(
        self,
        verdict: str,
        kind: str,
        line: Claim,
        *,
        correct_fen: int,
        amount_fen: int,
        **facts: int | str,
    ) -> None:
        """Write one fault down and keep its reference from getting a second one."""
        self._touched.add(line["ref"])
        self.truth.append(
            Truth(
                id=f"F{self._next_id:06d}",
                kind=kind,
                verdict=verdict,
                where=self.where,
                merchant=line["merchant"],
                ref=line["ref"],
                correct_fen=correct_fen,
                amount_fen=amount_fen,
                facts=facts,
            )
        )
        self._next_id += 1

    def leave_alone(self, line: Claim) -> None:
        """Keep a line from getting a fault of its own."""
        self._touched.add(line["ref"])

    def drop(self, line: Claim) -> None:
        """File without this line."""
        self._dropped.add(line["ref"])

    def add(self, line: Claim) -> None:
        """File a line more."""
        self._added.append(line)

    def is_unused(self, ref: str) -> bool:
        """Whether no line, planted or honest, bears a reference."""
        return ref not in self._touched and ref not in self._refs

    def is_honest(self, line: Claim) -> bool:
        """Whether a line is filed and neither carries a fault nor may get one."""
        return line["ref"] not in self._dropped and line["ref"] not in self._touched

    def honest(self) -> list[Claim]:
        """The lines that are filed and carry no fault."""
        return [line for line in self.lines if self.is_honest(line)]

    def unused_reference(self, line: Claim) -> tuple[str, int]:
        """A reference of the same till and day, well formed, that nobody rang up; and its counter."""
        while True:
            self._unknown += 1
            counter = _FIRST_UNKNOWN + self._unknown
            ref = make_reference(line["terminal"], line["business_date"], counter)
            if ref not in self._refs:
                return ref, counter


def claim_unbooked(sheet: Sheet, line: Claim, _chance: random.Random) -> None:
    """X1: a line more, for a sale that the book has never seen."""
    ref, counter = sheet.unused_reference(line)
    extra = {**line, "ref": ref}
    if "counter" in line:
        extra["counter"] = counter
    sheet.add(extra)
    sheet.note("X1", "unknown", extra, correct_fen=0, amount_fen=extra["fen"])


def leave_out(sheet: Sheet, line: Claim, _chance: random.Random) -> None:
    """X2: a booked offset is not claimed."""
    sheet.drop(line)
    sheet.note("X2", "unclaimed", line, correct_fen=0, amount_fen=line["fen"])


def claim_twice(sheet: Sheet, line: Claim, _chance: random.Random) -> None:
    """X3: the same reference a second time, below the first."""
    sheet.add(dict(line))
    sheet.note("X3", "duplicate", line, correct_fen=line["fen"], amount_fen=line["fen"])


def claim_more(sheet: Sheet, line: Claim, chance: random.Random) -> None:
    """V1: more than was booked: one to nine yuan, or a hundred times as much."""
    booked = line["fen"]
    hundredfold = chance.random() < 0.15  # noqa: PLR2004 - 10 of 65 errors upward
    claimed = booked * 100 if hundredfold else booked + _YUAN * chance.randint(1, 9)
    claim_other(sheet, line, claimed, "hundredfold" if hundredfold else "over")


def claim_less(sheet: Sheet, line: Claim, chance: random.Random) -> None:
    """V2: less than was booked, and more than nothing."""
    claim_other(sheet, line, chance.randint(1, line["fen"] - 1), "under")


def claim_hundredfold(sheet: Sheet, line: Claim, _chance: random.Random) -> None:
    """V1: fen written where yuan belong."""
    claim_other(sheet, line, line["fen"] * 100, "hundredfold")


def claim_swapped(sheet: Sheet, line: Claim, chance: random.Random) -> None:
    """V1 or V2: two neighbouring digits of the amount changed about; nothing where all are the same."""
    digits = str(line["fen"])
    places = [n for n in range(len(digits) - 1) if digits[n] != digits[n + 1]]
    if places:
        at = chance.choice(places)
        swapped = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
        claim_other(sheet, line, int(swapped), "digits swapped")


def claim_rounded(sheet: Sheet, line: Claim, chance: random.Random) -> None:
    """V1 or V2: to the nearest ten yuan, since an offset is whole yuan already; a round amount gets swapped digits."""
    claimed = max((line["fen"] + _TEN_YUAN // 2) // _TEN_YUAN * _TEN_YUAN, _TEN_YUAN)
    if claimed == line["fen"]:
        claim_swapped(sheet, line, chance)
    else:
        claim_other(sheet, line, claimed, "rounded")


def claim_other(sheet: Sheet, line: Claim, claimed: int, kind: str) -> None:
    """Another amount than was booked: V1 where it is more, V2 where it is less (what is claimed is then paid)."""
    booked = line["fen"]
    _set_fen(line, claimed)
    over = claimed > booked
    sheet.note(
        "V1" if over else "V2",
        kind,
        line,
        correct_fen=booked if over else claimed,
        amount_fen=abs(claimed - booked),
        claimed=claimed,
    )


def keep_refund(sheet: Sheet, line: Claim, _chance: random.Random) -> None:
    """S1: goods came back, but only their sale is claimed, not what must be taken off again."""
    sheet.drop(line)
    sheet.note(
        "S1",
        "voided but claimed" if sheet.is_whole(line) else "refund not deducted",
        line,
        correct_fen=line["fen"],
        amount_fen=-line["fen"],
        original_ref=line["original_ref"],
    )


def _set_fen(line: Claim, fen: int) -> None:
    line["units"] = line["units"] // line["fen"] * fen
    line["fen"] = fen


Fault = Callable[[Sheet, Claim, random.Random], None]
LINE_FAULTS: Final[Mapping[str, Fault]] = {
    "S1": keep_refund,
    "X2": leave_out,
    "V1": claim_more,
    "V2": claim_less,
    "X3": claim_twice,
    "X1": claim_unbooked,
}
"""A fault for each verdict of single lines, in the order they are planted."""


def plant(
    booked: Sequence[Mapping[str, Any]],
    chance: random.Random,
    want: Mapping[str, int],
    *,
    where: str = "",
    first_id: int = 1,
) -> tuple[list[Claim], list[Truth]]:
    """Claims for booked offsets with so many faults of each verdict (`{"X1": 10, "S1": 2}`).

    Gives the lines to file, and one row of truth per fault. ValueError where the night has too few
    honest lines left for what is wanted, KeyError for a verdict that is not of single lines.
    """
    unknown = set(want) - set(LINE_FAULTS)
    if unknown:
        raise KeyError(*sorted(unknown))
    sheet = Sheet(booked, where, first_id)
    order = list(sheet.lines)
    chance.shuffle(order)
    for verdict, fault in LINE_FAULTS.items():
        kind = "refund" if verdict == "S1" else "sale"
        free = (line for line in order if line["kind"] == kind and sheet.is_free(line))
        for _ in range(want.get(verdict, 0)):
            line = next(free, None)
            if line is None:
                raise ValueError(f"no honest line is left for another {verdict}")
            fault(sheet, line, chance)
    return sheet.filed(), sheet.truth


def mistype(ref: str, chance: random.Random) -> str:
    """A reference as a tired hand copies it; never again a valid one."""
    draw = chance.random()
    if draw < 0.47:  # noqa: PLR2004 - two digits changed about
        wrong = _swapped(ref, chance)
    elif draw < 0.76:  # noqa: PLR2004 - the till's part left out
        wrong = ref.split("-", 1)[1]
    else:
        wrong = ref[:-2].replace("0", "O", 1).replace("1", "I", 1) + ref[-2:]
    return wrong if wrong != ref and read_reference(wrong) is None else ref.split("-", 1)[1]


def _swapped(ref: str, chance: random.Random) -> str:
    places = [
        place
        for place in range(len(ref) - 1)
        if ref[place].isdigit() and ref[place + 1].isdigit() and ref[place] != ref[place + 1]
    ]
    if not places:
        return ref
    at = chance.choice(places)
    return ref[:at] + ref[at + 1] + ref[at] + ref[at + 2 :]
