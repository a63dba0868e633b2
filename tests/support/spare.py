"""Spare codes of a town: fetched ahead as a resident's phone fetches them."""

from __future__ import annotations

from typing import Any

from ledger import tokens
from ledger.members import keys
from ledger.members.spare_codes import SpareCode, coming_days, spare_codes
from ledger.token_keys import KeyClass
from tests.support.town import Town

ZONE = "Asia/Shanghai"
DAY_US = 86_400_000_000


def renew(town: Town) -> None:
    """The night's work on keys; the first time it gives spare codes a key that signs from the day's beginning."""

    def work(tx: Any) -> None:
        known = keys.public_keys(tx, town.here).keys
        if not any(key.key_class is KeyClass.VCH for key in known):
            began = coming_days(ZONE, 1, at=town.at)[0].starts_at
            keys.make_key(tx, town.vault, town.here, KeyClass.VCH, at=began, by=0)
        keys.renew_keys(tx, town.vault, town.here, at=town.at, by=0)

    town.db.write(work)


def fetched(
    town: Town, person: int = 1, *, days: int = 3, a_day: int = 1, serial: int | None = None
) -> list[SpareCode]:
    """What a phone fetches now; person n has card serial n."""
    coming = coming_days(ZONE, days, at=town.at)
    with town.db.read() as tx:
        return spare_codes(
            tx,
            town.vault,
            town.here,
            person,
            serial=serial or person,
            days=coming,
            a_day=a_day,
        )


def believed(town: Town, digits: str, *, at: int | None = None) -> tokens.Token:
    """The code as a till reads it at a moment (default: now); raises its refusal."""
    with town.db.read() as tx:
        keyset = keys.public_keys(tx, town.here)
    return tokens.verify(
        tokens.read(digits),
        keyset,
        now_s=(town.at if at is None else at) // 1_000_000,
        classes_allowed=frozenset({"vch"}),
        issuer=town.issuer,
    )
