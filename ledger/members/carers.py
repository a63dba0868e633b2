"""A second card of the same resident for whoever cares for them, with a lower limit of its own."""

from __future__ import annotations

from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.members import cards
from ledger.members.cards import Card
from ledger.sql import Sql, Tx

_KEEP: Final = Sql(
    "INSERT INTO carer_card (community_id, serial, day_units, set_at)"
    " VALUES (:community_id, :serial, :day_units, :at)"
)
_OF: Final = Sql(
    "SELECT serial, day_units FROM carer_card WHERE community_id = :community_id"
    " AND serial IN (SELECT serial FROM card WHERE community_id = :community_id"
    " AND person_id = :person_id)"
)


def counter_of(serial: int) -> str:
    """The code of the counter that a carer's card is counted under, day by day."""
    return f"carer_{serial}"


def open_carer_card(
    tx: Tx, community_id: int, person_id: int, day_units: int, *, most: int, by: By, at: int
) -> Card:
    """Hand out a printed card for a carer that spends at most `day_units` a day; `most`: what the resident's own may.

    Refuses: carer_limit, and those of `ledger.members.cards.assign`.
    """
    if not 0 <= day_units < most:
        raise Refusal("carer_limit", most_units=most)
    card = cards.open_card(tx, community_id, person_id, by=by, at=at)
    tx.run(_KEEP, community_id=community_id, serial=card.serial, day_units=day_units, at=at)
    facts: audit.Facts = {"units": day_units}
    audit.record(tx, community_id, by, "card.carer", f"card:{card.serial}", at=at, after=facts)
    return card


def limits_of(tx: Tx, community_id: int, person_id: int) -> dict[int, int]:
    """Which of a resident's cards are a carer's: serial to units a day."""
    rows = tx.all(_OF, community_id=community_id, person_id=person_id)
    return {int(row.serial): int(row.day_units) for row in rows}
