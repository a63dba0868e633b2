"""The passes over what the join left: pairs that are the only ones on both sides, and work that grows with the rows."""

from __future__ import annotations

import random

import pytest

from ledger.refs import make_reference, read_reference
from settlement import passes
from settlement.matching import Booked, Claimed
from settlement.passes import Lone, Passed, is_one_slip, repairs, run_passes

DAY = 20260302
AT = 1_772_413_800_000_000
MINUTE = 60_000_000
MANY = 50_000


def booked(n: int, *, fen: int = 500, at: int = AT, till: str = "M02T1") -> Booked:
    ref = make_reference(till, DAY, n)
    return Booked(2, ref, 10_000 + n, 20, "sale", None, fen * 20, fen, 20, DAY, at)


def claim(ref: str, *, fen: int = 500, at: int = AT, line: int = 1) -> Lone:
    return Lone(2, ref, Claimed(1, line, "sale", fen * 20, fen, at), DAY)


def passed(lone: list[Lone], free: list[Booked]) -> Passed:
    return run_passes(lone, free, lambda _shop: ("M02T1", "M02T2"))


def test_the_entrys_own_number_names_it() -> None:
    offset = booked(7)._replace(txn_id=448_181_022_171_334_608)

    [pair] = passed([claim(str(offset.txn_id))], [offset]).paired

    assert (pair.booked.ref, pair.how) == (offset.ref, "entry")


def test_two_slips_of_the_hand_are_one_too_many() -> None:
    offset = booked(7)
    broken = offset.ref.replace("260302", "260230")[:-1] + "?"

    found = passed([claim(broken, at=AT + 40 * MINUTE)], [offset])

    assert not found.paired
    assert [one.candidates for one in found.ambiguous] == [(offset,)]  # the same day: a person says


def test_two_claims_for_one_booking_are_both_ambiguous() -> None:
    offset = booked(7)
    found = passed([claim("M02T1-SMEAR"), claim("M02T1-SMUDGE", line=2)], [offset])

    assert not found.paired
    assert len(found.ambiguous) == 2


def test_one_claim_for_two_bookings_is_ambiguous_and_takes_neither() -> None:
    found = passed([claim("M02T1-SMEAR")], [booked(7), booked(8, at=AT + 5 * MINUTE)])

    assert not found.paired
    assert len(found.ambiguous[0].candidates) == 2


@pytest.mark.parametrize("minutes", [14, 16])
def test_a_quarter_of_an_hour_is_the_most_by_which_likeness_joins(minutes: int) -> None:
    found = passed([claim("M02T1-SMEAR", at=AT + minutes * MINUTE)], [booked(7)])

    assert [pair.how for pair in found.paired] == (["nearby"] if minutes == 14 else [])


def test_another_shops_booking_is_never_taken_by_likeness() -> None:
    assert passed([claim("M02T1-SMEAR")], [booked(7)._replace(claimant_id=3)]) == Passed([], [])


def test_the_order_of_the_rows_makes_no_difference() -> None:
    chance = random.Random(3)
    free = [booked(n, fen=100 * (n % 9 + 1), at=AT + n * 3 * MINUTE) for n in range(1, 200)]
    lone = [
        claim(
            o.ref.split("-", 1)[1] if n % 2 else f"M02T1-SMEAR{n}",
            fen=o.fen,
            at=o.occurred_at,
            line=n,
        )
        for n, o in enumerate(free)
    ]
    first = passed(lone, free)
    chance.shuffle(lone)
    chance.shuffle(free)

    assert passed(lone, free) == first
    assert len({pair.booked.ref for pair in first.paired}) == len(first.paired)


def test_a_repaired_number_is_whole_and_hardly_ever_one_of_two() -> None:
    for n in range(1, 60):
        ref = make_reference("M02T1", DAY, n)
        wrong = ref[:13] + ref[14] + ref[13] + ref[15:]
        whole = {r for r in repairs(wrong, ("M02T1",)) if read_reference(r) is not None}
        assert ref in whole or wrong == ref


def test_fifty_thousand_claims_against_fifty_thousand_bookings_are_no_rows_times_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = 0
    right = passes._same_amounts

    def counted(one: Lone, offset: Booked) -> bool:
        nonlocal compared
        compared += 1
        return right(one, offset)

    monkeypatch.setattr(passes, "_same_amounts", counted)
    monkeypatch.setattr(
        passes, "_replaced", lambda _text: iter(())
    )  # 700 look-ups a claim, the same for each
    free = [booked(n, at=AT + n * 10 * MINUTE) for n in range(1, MANY + 1)]
    lone = [
        claim(o.ref.split("-", 1)[1], at=o.occurred_at, line=n) for n, o in enumerate(free, start=1)
    ]

    found = passed(lone, free)

    assert len(found.paired) == MANY
    assert compared <= 2 * MANY


def test_a_crowd_of_the_same_amounts_at_one_till_is_looked_at_no_more_than_a_crowd() -> None:
    free = [booked(n) for n in range(1, 2_001)]
    lone = [claim(f"M02T1-SMEAR{n}", line=n) for n in range(500)]

    found = passed(lone, free)

    assert not found.paired
    assert len(found.ambiguous) == 500
    assert all(len(one.candidates) <= 5 for one in found.ambiguous)


def test_a_slip_told_from_two_references_is_one_of_the_repairs() -> None:
    rng, tills, signs = random.Random(5), ("M02T1", "M02TO", "M02T2"), "0123456789AOILMTZ-"
    told = [0, 0]
    for _ in range(400):
        whole = make_reference(rng.choice(tills), DAY, rng.randrange(100_000))
        wrong = list(whole)
        for _slip in range(rng.randrange(3)):
            at = rng.randrange(len(wrong) - 1)
            wrong[at : at + 2] = rng.choice(
                (wrong[at : at + 2][::-1], [rng.choice(signs), wrong[at + 1]], wrong[at : at + 1])
            )
        text = rng.choice(("", " ")) + "".join(wrong[rng.choice((0, 0, 6)) :])
        text = text.translate(str.maketrans("01", "OI")) if rng.random() < 0.2 else text
        among = set(repairs(text, tills))
        meant = [whole, *rng.sample(sorted(among), 3), make_reference("M02T1", DAY, 9)]
        for ref in meant:
            assert is_one_slip(text, ref, tills) == (ref in among), (text, ref)
            told[ref in among] += 1
    assert min(told) > 100


def test_a_slip_is_put_right_in_a_crowd_of_bookings_alike() -> None:
    offsets = [booked(n) for n in range(1, 200)]
    wrong = f"{offsets[56].ref[:-5]}9{offsets[56].ref[-4:]}"

    pairs = passed([claim(wrong)], offsets).paired

    assert [(pair.booked.ref, pair.how) for pair in pairs] == [(offsets[56].ref, "repaired")]
