"""Who forgot their card: found at the desk by name, building and the last four digits of the telephone, on record."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.book.steps import apply
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql, Tx
from pos.notices import FOUND, tell_step

TRIES_A_DAY: Final = 10
"""Searches of one member of staff within 24 hours: more would be looking through the list of residents."""
TIMES_A_MONTH: Final = 3
"""How often one resident is found so within 30 days; who forgets the card more often is given another one."""

_DAY_US: Final = 86_400 * SECOND_US
_LAST: Final = 4
_LEAST_REASON: Final = 2
_TRY: Final = "holder.search"
_FOUND: Final = "holder.found"

_TRIES: Final = Sql(
    "SELECT count(*) AS n FROM audit WHERE community_id = :community_id AND act = :act"
    " AND actor_kind = :actor_kind AND actor_id = :actor_id AND at > :since"
)
_TIMES: Final = Sql(
    "SELECT count(*) AS n FROM audit WHERE community_id = :community_id AND act = :act"
    " AND subject = :subject AND at > :since"
)
_WHO: Final = Sql(
    "SELECT r.person_id FROM resident r JOIN person_identity i ON i.community_id = r.community_id"
    " AND i.person_id = r.person_id JOIN household h ON h.community_id = r.community_id"
    " AND h.household_id = r.household_id WHERE r.community_id = :community_id AND r.state = 'active'"
    " AND i.name = :name AND h.building = :building AND i.phone LIKE :ends ORDER BY r.person_id LIMIT 2"
)


class Said(NamedTuple):
    """What the resident says of themselves, all three exactly, and why the card is not there."""

    name: str
    building: str
    last_four: str
    reason: str


def find_forgotten(db: Database, community_id: int, said: Said, *, by: By, at: int) -> int:
    """The resident to whom all of it fits; each try is sealed with its reason, and the resident is told.

    Nobody and several answer alike, so that the desk learns nothing by trying. Refuses: why_missing, forgotten_shape,
    forgotten_tries, forgotten_unknown, forgotten_often.
    """
    if len(said.reason.strip()) < _LEAST_REASON:
        raise Refusal("why_missing")
    if len(said.last_four) != _LAST or not (said.last_four.isascii() and said.last_four.isdigit()):
        raise Refusal("forgotten_shape")
    # The try stays on record whatever comes of it.
    db.write(lambda tx: _count_try(tx, community_id, said.reason, by, at))
    return db.write(lambda tx: _find(tx, community_id, said, by, at))


def _count_try(tx: Tx, community_id: int, reason: str, by: By, at: int) -> None:
    who = {"actor_kind": by.kind, "actor_id": by.id}
    row = tx.get(_TRIES, community_id=community_id, act=_TRY, since=at - _DAY_US, **who)
    if int(row.n) >= TRIES_A_DAY:
        raise Refusal("forgotten_tries", most=TRIES_A_DAY)
    audit.record(tx, community_id, by, _TRY, "desk:forgotten", at=at, after={"why": reason.strip()})


def _find(tx: Tx, community_id: int, said: Said, by: By, at: int) -> int:
    found = tx.all(
        _WHO,
        community_id=community_id,
        name=said.name,
        building=said.building,
        ends=f"%{said.last_four}",
    )
    if len(found) != 1:
        raise Refusal("forgotten_unknown")
    person_id = int(found[0].person_id)
    subject = f"person:{person_id}"
    times = tx.get(
        _TIMES, community_id=community_id, act=_FOUND, subject=subject, since=at - 30 * _DAY_US
    )
    if int(times.n) >= TIMES_A_MONTH:
        raise Refusal("forgotten_often", most=TIMES_A_MONTH)
    audit.record(tx, community_id, by, _FOUND, subject, at=at, after={"why": said.reason.strip()})
    apply(tx, [tell_step(community_id, person_id, FOUND, "", at=at)])
    return person_id
