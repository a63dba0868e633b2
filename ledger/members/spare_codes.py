"""Spare codes: fetched ahead, one day's use each, so that a phone without network can still show one.

Which codes a resident has on a day follows from the day alone: nothing is written when they are fetched, and fetched
again they are the same, word for word. So the limit needs no counter that a second phone could race.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Final, NamedTuple

from ledger.clock import SECOND_US
from ledger.earning.calendar import business_date, day_bounds, day_key
from ledger.members.key_vault import KeyVault
from ledger.members.keys import key_of_day
from ledger.sql import Sql, Tx
from ledger.token_keys import CLASS_RULES, KeyClass
from ledger.tokens import Claims, sign, to_digits

MOST_HELD: Final = 3
"""A phone never holds more than this, whatever the settings say (`qr.md` 6.1)."""

_LIFE_S: Final = CLASS_RULES[KeyClass.VCH].code_life_s

# Of every card of the resident: a code that hung on a card since replaced was used all the same.
_USED: Final = Sql(
    "SELECT u.issued_at_s, u.sequence FROM card c JOIN token_use u ON u.community_id = c.community_id"
    " AND u.serial = c.serial JOIN token_key k ON k.community_id = u.community_id AND k.kid = u.kid"
    " WHERE c.community_id = :community_id AND c.person_id = :person_id AND k.key_class = :key_class"
    " AND u.issued_at_s * 1000000 BETWEEN k.not_before AND k.not_after"
    " AND u.issued_at_s >= :first_s AND u.issued_at_s < :end_s"
)


class Day(NamedTuple):
    """A day of the community: its date (yyyymmdd), first moment and end (microseconds UTC, the end excluded)."""

    date: int
    starts_at: int
    ends_at: int


class SpareCode(NamedTuple):
    """One code: good on `day` alone, from `starts_at` to `ends_at` (microseconds UTC); `digits` go into its picture."""

    day: int
    number: int
    starts_at: int
    ends_at: int
    digits: str


def coming_days(timezone: str, count: int, *, at: int) -> list[Day]:
    """Today at `at` (microseconds UTC) and the days after it, `count` in all, by the community's own clock."""
    today = business_date(at, timezone)
    days = [today + timedelta(days=step) for step in range(count)]
    return [Day(day_key(day), *day_bounds(day, timezone)) for day in days]


def spare_codes(
    tx: Tx,
    vault: KeyVault,
    community_id: int,
    person_id: int,
    *,
    serial: int,
    days: Iterable[Day],
    a_day: int,
) -> list[SpareCode]:
    """A resident's codes of `days` that were not used yet, the earliest first, at most `MOST_HELD`.

    They hang on card `serial`; whether it is alive is asked when a code is shown. Fetched again they are the same.
    Refusals: keys_master_wrong.
    """
    asked = list(days)
    used = _used(tx, community_id, person_id, asked)
    found: list[SpareCode] = []
    for day in asked:
        last = max(day.ends_at, day.starts_at + _LIFE_S * SECOND_US)
        key = key_of_day(
            tx, vault, community_id, KeyClass.VCH, starts_at=day.starts_at, ends_at=last
        )
        if key is None:
            continue
        starts_s = max(day.starts_at // SECOND_US, key.public.not_before_s)
        for number in range(1, a_day + 1):
            if number in used[day.date]:
                continue
            claims = Claims(
                issuer=key.public.community,
                issued_at_s=starts_s,
                expires_at_s=min(day.ends_at // SECOND_US - 1, starts_s + _LIFE_S),
                serial=serial,
                issue=number,
            )
            code = to_digits(sign(claims, key))
            found.append(SpareCode(day.date, number, starts_s * SECOND_US, day.ends_at, code))
    return found[:MOST_HELD]


def _used(tx: Tx, community_id: int, person_id: int, days: list[Day]) -> dict[int, set[int]]:
    used: dict[int, set[int]] = defaultdict(set)
    for day in days:
        rows = tx.all(
            _USED,
            community_id=community_id,
            person_id=person_id,
            key_class=KeyClass.VCH.value,
            first_s=day.starts_at // SECOND_US,
            end_s=day.ends_at // SECOND_US,
        )
        used[day.date].update(int(row.sequence) for row in rows)
    return used
