"""How many pieces of a good a person and a household may have in a period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ledger.book.facts import CapUse, cap_back_step, caps_step
from ledger.book.steps import Step
from ledger.errors import Refusal
from ledger.sql import Row, Sql, Tx
from ledger.stock.rules import period_key

_USED: Final = Sql(
    "SELECT used FROM cap_counter WHERE community_id = :community_id AND subject_id = :subject_id"
    " AND cap_code = :cap_code AND period_key = :period_key"
)
_HOUSEHOLD: Final = Sql(
    "SELECT household_id FROM resident WHERE community_id = :community_id AND person_id = :person_id"
)


class _Count(NamedTuple):
    subject_id: int
    code: str
    limit: int
    whose: str


def limit_steps(
    tx: Tx, community_id: int, person_id: int, taken: Sequence[tuple[Row, int]], *, day: int
) -> list[Step]:
    """Count pieces against what a person and their household may have; `taken`: goods as `goods_of` gives, pieces.

    The steps' guard `caps` misses where somebody of the household takes the last ones at this moment.
    Refuses: good_limit_person, good_limit_household (with what is left of it).
    """
    steps: list[Step] = []
    # One order for everybody, so that two of a household never wait for each other.
    for good, pieces in sorted(taken, key=lambda one: int(one[0].good_id)):
        key = period_key(good.limit_period, day)
        for count in _counts(tx, community_id, person_id, good):
            here = {"community_id": community_id, "subject_id": count.subject_id}
            used = tx.find(_USED, **here, cap_code=count.code, period_key=key)
            left = count.limit - (0 if used is None else int(used.used))
            if pieces > left:
                raise Refusal(
                    f"good_limit_{count.whose}",
                    good=good.code,
                    limit=count.limit,
                    left=max(left, 0),
                )
            use = CapUse(count.code, key, pieces, count.limit)
            steps.append(caps_step(community_id, count.subject_id, [use]))
    return steps


def limit_back_steps(
    tx: Tx, community_id: int, person_id: int, good: Row, pieces: int, *, day: int
) -> list[Step]:
    """Give pieces that came back to the limits they were counted against on the business date `day`."""
    key = period_key(good.limit_period, day)
    return [
        cap_back_step(community_id, count.subject_id, count.code, key, pieces)
        for count in _counts(tx, community_id, person_id, good)
    ]


def _counts(tx: Tx, community_id: int, person_id: int, good: Row) -> Iterator[_Count]:
    if good.limit_person:
        code = f"good_{good.good_id}"
        yield _Count(person_id, code, int(good.limit_person), "person")
    if good.limit_household:
        home = tx.get(_HOUSEHOLD, community_id=community_id, person_id=person_id).household_id
        code = f"good_{good.good_id}_home"
        yield _Count(int(home), code, int(good.limit_household), "household")
