"""The passes after the exact one: which claim without a booking means which booking without a claim.

Only what the join left over comes here, so no pass looks at every row. Each pass takes pairs that are the only ones
for both sides; where a claim or a booking has two, nobody guesses: the claim is ambiguous and a person picks. A claim
whose own reference is whole is never paired by likeness, since it names another slip.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

from ledger.refs import is_valid, read_reference
from settlement.matching import Booked, Claimed

How = Literal["entry", "repaired", "nearby"]
"""By the entry's own number; by the reference with one slip of the hand undone; by till, amounts and minutes."""

NEARBY_US: Final = 15 * 60 * 1_000_000
"""How far apart in time two sides may be that nothing but their amounts and their till join."""

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOOKALIKE: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
_PARTS: Final = 4
_MOST_CANDIDATES: Final = 5
_CROWD: Final = 50
"""More bookings alike than this are not told apart one by one: a claim among them is ambiguous."""
_Key = tuple[int, int, str, int]
"""Units, fen, till and quarter of an hour of a booking; or units, fen, '' and its day."""
_ENTRY_DIGITS: Final = 12


class Lone(NamedTuple):
    """A claim without a booking of its own reference; `number`: of the discrepancy that names it already, else 0."""

    claimant_id: int
    ref: str
    claimed: Claimed
    business_date: int
    number: int = 0


class Paired(NamedTuple):
    """A claim and the one booking it means, and how that is known."""

    lone: Lone
    booked: Booked
    how: How


class Ambiguous(NamedTuple):
    """A claim that may mean several bookings, or one that only a person may say it means."""

    lone: Lone
    candidates: tuple[Booked, ...]


class Passed(NamedTuple):
    """What the passes came to; a claim in neither list means no booking."""

    paired: list[Paired]
    ambiguous: list[Ambiguous]


def run_passes(
    lone: Iterable[Lone], free: Sequence[Booked], tills: Callable[[int], Sequence[str]]
) -> Passed:
    """Pair what can be paired. `free`: bookings nobody claimed; `tills`: the codes of a shop's tills."""
    left = sorted(lone)
    shops: dict[int, list[Booked]] = defaultdict(list)
    for offset in free:
        shops[offset.claimant_id].append(offset)
    asked: dict[int, list[Lone]] = defaultdict(list)
    for claim in left:
        asked[claim.claimant_id].append(claim)
    passed = Passed([], [])
    for claimant_id, claims in asked.items():
        if offsets := shops.get(claimant_id):
            _Shop(claims, offsets, tills(claimant_id), passed).run()
    passed.paired.sort()
    passed.ambiguous.sort()
    return passed


class _Shop:
    """One shop's leftovers on both sides."""

    def __init__(
        self, claims: list[Lone], offsets: list[Booked], tills: Sequence[str], passed: Passed
    ) -> None:
        self._claims = [claim for claim in claims if read_reference(claim.ref) is None]
        self._by_ref = {offset.ref: offset for offset in offsets}
        self._by_entry = {str(offset.txn_id): offset for offset in offsets}
        self._by_amounts: dict[tuple[int, int], list[Booked]] = defaultdict(list)
        self._alike: dict[_Key, list[Booked]] = defaultdict(list)
        for offset in offsets:
            self._by_amounts[offset.units, offset.fen].append(offset)
            till = offset.ref.split("-", 1)[0]
            self._alike[offset.units, offset.fen, till, offset.occurred_at // NEARBY_US].append(
                offset
            )
            self._alike[offset.units, offset.fen, "", offset.business_date].append(offset)
        self._tills = tills
        self._taken: set[str] = set()
        self._passed = passed

    def run(self) -> None:
        self._pass("entry", self._by_number)
        self._pass("repaired", self._repaired)
        self._pass("nearby", self._nearby)
        for claim in self._claims:
            # The same day and the same amounts: likely, and no more than that.
            if likely := self._free(self._same_day(claim)):
                self._passed.ambiguous.append(Ambiguous(claim, likely[:_MOST_CANDIDATES]))

    def _pass(self, how: How, look: Callable[[Lone], Iterable[Booked]]) -> None:
        """Take what is the only candidate on both sides; more than one on either side is ambiguous."""
        found = {claim: self._free(look(claim)) for claim in self._claims}
        wanted: dict[str, int] = defaultdict(int)
        for candidates in found.values():
            for offset in candidates:
                wanted[offset.ref] += 1
        left = []
        for claim, candidates in found.items():
            if not candidates:
                left.append(claim)
            elif len(candidates) == 1 and wanted[candidates[0].ref] == 1:
                self._passed.paired.append(Paired(claim, candidates[0], how))
            else:
                self._passed.ambiguous.append(Ambiguous(claim, candidates[:_MOST_CANDIDATES]))
        self._taken |= {offset.ref for candidates in found.values() for offset in candidates}
        self._claims = left

    def _free(self, candidates: Iterable[Booked]) -> tuple[Booked, ...]:
        return tuple(sorted({o for o in candidates if o.ref not in self._taken}))

    def _by_number(self, claim: Lone) -> Iterator[Booked]:
        offset = self._by_entry.get(claim.ref) if len(claim.ref) >= _ENTRY_DIGITS else None
        if offset is not None and _same_amounts(claim, offset):
            yield offset

    def _repaired(self, claim: Lone) -> Iterator[Booked]:
        alike = self._by_amounts.get((claim.claimed.units, claim.claimed.fen), ())
        if len(alike) <= _CROWD:
            named = [o for o in alike if is_one_slip(claim.ref, o.ref, self._tills)]
        else:
            named = [self._by_ref[r] for r in repairs(claim.ref, self._tills) if r in self._by_ref]
        for offset in named:
            if _same_amounts(claim, offset) and is_valid(offset.ref):
                yield offset

    def _nearby(self, claim: Lone) -> Iterator[Booked]:
        till = _till_of(claim.ref, self._tills)
        at = claim.claimed.occurred_at
        for quarter in range(at // NEARBY_US - 1, at // NEARBY_US + 2) if till else ():
            alike = self._alike.get((claim.claimed.units, claim.claimed.fen, till, quarter), ())
            if len(alike) > _CROWD:
                yield from alike[:_MOST_CANDIDATES]
                continue
            yield from (o for o in alike if abs(o.occurred_at - at) <= NEARBY_US)

    def _same_day(self, claim: Lone) -> Iterator[Booked]:
        key = (claim.claimed.units, claim.claimed.fen, "", claim.business_date)
        yield from self._alike.get(key, ())[:_CROWD]


def _same_amounts(claim: Lone, offset: Booked) -> bool:
    """A hand that wrote the reference wrongly is believed only where the amounts are right."""
    return (claim.claimed.units, claim.claimed.fen) == (offset.units, offset.fen)


def _till_of(ref: str, tills: Sequence[str]) -> str:
    """The till a broken reference still names."""
    front = ref.upper().split("-", 1)[0]
    return front if front in tills else ""


def repairs(ref: str, tills: Sequence[str]) -> Iterator[str]:
    """Whatever is one slip of the hand away: letters for digits, a till left out, two signs swapped, one wrong.

    Few of them are whole references: the check character finds any single wrong sign and any swap of neighbours.
    """
    text = ref.upper().strip()
    yield from sorted(_without_signs(text, tills))
    yield from _swapped(text)
    yield from _replaced(text)


def is_one_slip(ref: str, meant: str, tills: Sequence[str]) -> bool:
    """Whether `meant` is among the `repairs` of `ref`, told from the two alone."""
    text = ref.upper().strip()
    if len(text) == len(meant):
        wrong = [n for n, (a, b) in enumerate(zip(text, meant, strict=True)) if a != b]
        if len(wrong) == 1:
            at = wrong[0]
            if text[at] != "-" and meant[at] in _ALPHABET:
                return True
        elif len(wrong) == 2 and wrong[1] == wrong[0] + 1:  # noqa: PLR2004 - two neighbours
            at = wrong[0]
            if text[at : at + 2] == meant[at + 1] + meant[at]:
                return True
    return meant in _without_signs(text, tills)


def _without_signs(text: str, tills: Sequence[str]) -> set[str]:
    """As it stands, with digits for letters that look like them, and with the shop's tills before it."""
    starts = {text, _without_lookalikes(text, tills)}
    return starts | {f"{till}-{text}" for till in tills if text.count("-") == _PARTS - 2}


def _without_lookalikes(text: str, tills: Sequence[str]) -> str:
    """Day and counter hold digits alone: an O there is a zero, an I or L a one; a till is one of the shop's own."""
    parts = text.split("-")
    if len(parts) != _PARTS:
        return text
    till, day, counter, check = parts
    known = [code for code in tills if code.translate(_LOOKALIKE) == till.translate(_LOOKALIKE)]
    till = known[0] if len(known) == 1 else till
    return "-".join((till, day.translate(_LOOKALIKE), counter.translate(_LOOKALIKE), check))


def _swapped(text: str) -> Iterator[str]:
    for at in range(len(text) - 1):
        if text[at] != text[at + 1]:
            yield text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _replaced(text: str) -> Iterator[str]:
    for at, old in enumerate(text):
        if old == "-":
            continue
        for new in _ALPHABET:
            if new != old:
                yield text[:at] + new + text[at + 1 :]
