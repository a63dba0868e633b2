"""Claims without a booking of their own reference: what the later passes make of them, and what they are called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

from ledger.refs import read_reference
from settlement.matching import Booked, Claimed
from settlement.passes import Ambiguous, Lone, Paired, run_passes
from settlement.sides import Elsewhere, Pair, Run, Sides
from settlement.verdicts import Code

WAITS: Final = "waits"
"""A till says that it still holds this sale and has not sent it."""

_BAD_CODE: Final = (
    "token_bad_signature token_malformed token_unknown_key token_wrong_algorithm token_wrong_class token_wrong_length"
    " token_not_a_code token_other_community token_foreign_wallet offline_code_class"
)
_DEAD_CARD: Final = "card_not_active card_replaced token_expired token_from_future token_key_not_yet token_key_retired"
_OVER: Final = (
    "offline_over_card offline_over_sale offline_over_terminal offline_no_spending offline_policy_bad"
    " offline_too_long"
)
REFUSED_AS: Final[dict[str, Code]] = {
    **dict.fromkeys(_BAD_CODE.split(), Code.A1),
    **dict.fromkeys(_DEAD_CARD.split(), Code.A2),
    **dict.fromkeys(_OVER.split(), Code.A5),
    "token_used": Code.A3,
    "terminal_revoked": Code.A4,
    WAITS: Code.S3,
}
"""What a claim is called whose sale without network the server refused, by the refusal it was kept under."""

Named = tuple[Code, str, int, int, str, int, Booked | None, Claimed | None, int, int, int, int, int]
"""A discrepancy's fields in the order of `settlement.reckoning.Found`."""


class Leftover(NamedTuple):
    """Where the claims of `lone` went: to a booking, to a person's choice, to another shop, or nowhere."""

    lone: list[tuple[Lone, str]]
    paired: list[Paired]
    ambiguous: dict[tuple[int, str], Ambiguous]
    given: dict[tuple[int, str], Lone]
    unsure: set[tuple[int, str]]
    ended: list[int]

    def completed(self, pair: Pair) -> Pair:
        """The pair with the claim that a later pass found for its booking."""
        lone = self.given.get((pair.booked.claimant_id, pair.booked.ref))
        return pair if lone is None else pair._replace(claimed=lone.claimed, new=False)

    def is_unsure(self, booked: Booked) -> bool:
        """Whether somebody's claim may mean this booking: it is not called unclaimed before that is known."""
        return (booked.claimant_id, booked.ref) in self.unsure


def place(sides: Sides, run: Run) -> Leftover:
    """Run the passes over what the join left of this run, and over what earlier nights left."""
    now = [
        Lone(o.claimant_id, o.ref, o.claimed, o.business_date)
        for o in sides.orphans
        if not o.earlier
    ]
    lone = [(claim, "") for claim in now] + [(p.lone, p.code) for p in sides.pool]
    of_shop: dict[int, list[str]] = defaultdict(list)
    for code, merchant_id in sides.tills.items():
        of_shop[merchant_id].append(code)
    passed = run_passes(
        [c for c, _ in lone if (c.claimant_id, c.ref) not in sides.elsewhere],
        _free(sides, run),
        lambda claimant_id: of_shop.get(claimant_id, ()),
    )
    unsure = {
        (offset.claimant_id, offset.ref) for one in passed.ambiguous for offset in one.candidates
    }
    unsure |= {
        (other.booked.claimant_id, other.booked.ref)
        for other in sides.elsewhere.values()
        if not other.is_claimed
    }
    return Leftover(
        lone,
        passed.paired,
        {(one.lone.claimant_id, one.lone.ref): one for one in passed.ambiguous},
        {(p.booked.claimant_id, p.booked.ref): p.lone for p in passed.paired},
        unsure,
        [p.lone.number for p in passed.paired if p.lone.number],
    )


def _free(sides: Sides, run: Run) -> list[Booked]:
    """Bookings without a claim whose day is over."""
    new = [
        pair.booked
        for pair in sides.differing
        if pair.claimed is None and pair.booked.business_date <= run.day
    ]
    return new + [item.pair.booked for item in sides.waiting if item.pair.claimed is None]


def name_lone(sides: Sides, left: Leftover) -> Iterator[Named]:
    """A verdict for every claim that met no booking; one that has it already is not named again.

    A claim named otherwise by an earlier night is ended there (`left.ended`) and named anew.
    """
    paired = {(p.lone.claimant_id, p.lone.ref) for p in left.paired}
    for lone, before in left.lone:
        key = (lone.claimant_id, lone.ref)
        if key in paired:
            continue
        named = _named(sides, left, lone)
        if before and named[0] == before:
            continue
        if before:
            left.ended.append(lone.number)
        yield named


def _named(sides: Sides, left: Leftover, lone: Lone) -> Named:
    key = (lone.claimant_id, lone.ref)
    if other := sides.elsewhere.get(key):
        return _other_shops(lone, other)
    if told := sides.told.get(lone.ref):
        return _claim_alone(REFUSED_AS.get(told, Code.X1), lone, told)
    if _is_foreign(sides, lone):
        return _claim_alone(Code.A4, lone)
    if one := left.ambiguous.get(key):
        return _claim_alone(Code.X5, lone, "|".join(offset.ref for offset in one.candidates))
    return _claim_alone(Code.S2 if lone.claimed.fen < 0 else Code.X1, lone)


def _is_foreign(sides: Sides, lone: Lone) -> bool:
    """Whether a whole reference names a till that is not this shop's: of another shop, or of nobody."""
    reference = read_reference(lone.ref)
    return (
        reference is not None
        and bool(sides.tills)
        and sides.tills.get(reference.terminal_code) != lone.claimant_id
    )


def _claim_alone(code: Code, lone: Lone, sub_code: str = "") -> Named:
    """Nothing of it is booked: what is claimed is held; what the shop takes off itself would be owed back."""
    fen = lone.claimed.fen
    plus, minus = (0, -fen) if code is Code.S2 else (max(-fen, 0), max(fen, 0))
    return (
        code,
        sub_code,
        lone.claimant_id,
        0,
        lone.ref,
        lone.business_date,
        None,
        lone.claimed,
        plus,
        minus,
        minus,
        0,
        0,
    )


def _other_shops(lone: Lone, other: Elsewhere) -> Named:
    """It counts on both sides: the shop that claims may owe it back, the shop whose it is may be owed it."""
    booked, fen = other.booked, max(lone.claimed.fen, 0)
    return (
        Code.T1,
        str(booked.claimant_id),
        lone.claimant_id,
        booked.terminal_id,
        lone.ref,
        lone.business_date,
        booked,
        lone.claimed,
        0 if other.is_claimed else max(booked.fen, 0),
        fen,
        fen,
        0,
        0,
    )
