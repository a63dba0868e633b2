"""Mandates on paper: who acts for a resident, in what and until when; ended by the resident, and told to both.

The paper is the form for acting for somebody (domain 2.3).

What somebody without a mandate may do at the counter is `pos.proxies`' matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.members import approvals, residents
from ledger.members.terms import Terms
from ledger.members.words import check_text
from ledger.sql import Row, Sql, Tx
from pos.desk import day_of
from pos.notices import ACTS_FOR, MANDATE, MANDATE_ENDED, tell_step
from pos.proxies import RELATIONS, free_slot, put_proxy

LONGEST_YEARS: Final = 3
_YEAR: Final = 10_000

_OF: Final = Sql(
    "SELECT p.slot, p.relation, p.name, p.since_at, m.until_date, m.paper, m.acts_person_id, m.may_see"
    " FROM proxy p LEFT JOIN proxy_mandate m ON m.community_id = p.community_id"
    " AND m.person_id = p.person_id AND m.slot = p.slot"
    " WHERE p.community_id = :community_id AND p.person_id = :person_id ORDER BY p.slot"
)
_KEEP: Final = Sql(
    "INSERT INTO proxy_mandate (community_id, person_id, slot, until_date, paper, acts_person_id, may_see,"
    " set_by, set_at) VALUES (:community_id, :person_id, :slot, :until_date, :paper, :acts_person_id,"
    " :may_see, :set_by, :at)"
)
_GONE: Final = (
    Sql(
        "DELETE FROM proxy_mandate WHERE community_id = :community_id AND person_id = :person_id"
        " AND slot = :slot"
    ),
    Sql(
        "DELETE FROM proxy WHERE community_id = :community_id AND person_id = :person_id AND slot = :slot"
    ),
)
_BAR: Final = Sql(
    "INSERT INTO proxy_ended (community_id, person_id, name, ended_at, by_kind, by_id)"
    " VALUES (:community_id, :person_id, :name, :at, :by_kind, :by_id)"
    " ON CONFLICT (community_id, person_id, name) DO NOTHING"
)
_ALLOW: Final = Sql(
    "DELETE FROM proxy_ended WHERE community_id = :community_id AND person_id = :person_id"
    " AND name = :name"
)
_FOR: Final = Sql(
    "SELECT m.person_id, m.slot, m.until_date, m.may_see, p.relation FROM proxy_mandate m"
    " JOIN proxy p ON p.community_id = m.community_id AND p.person_id = m.person_id AND p.slot = m.slot"
    " WHERE m.community_id = :community_id AND m.acts_person_id = :acts_person_id"
    " AND m.until_date >= :day ORDER BY m.person_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """What stands on the paper; `until_date` yyyymmdd, `acts_person_id` where the proxy is a resident here."""

    relation: str
    name: str
    until_date: int
    paper: str
    acts_person_id: int | None = None
    may_see: bool = False


class Held(NamedTuple):
    """Somebody on a resident's list; without a mandate `until_date` is 0 and `paper` empty."""

    slot: int
    relation: str
    name: str
    since_at: int
    until_date: int
    paper: str
    acts_person_id: int | None
    may_see: bool


def mandates_of(tx: Tx, community_id: int, person_id: int) -> list[Held]:
    """Everybody on a resident's list, with their mandate where there is one."""
    return [_held(row) for row in tx.all(_OF, community_id=community_id, person_id=person_id)]


def acts_for(tx: Tx, community_id: int, acts_person_id: int, *, day: int) -> list[Row]:
    """For whom a resident holds a mandate on a business date: person_id, slot, until_date, may_see, relation."""
    return tx.all(_FOR, community_id=community_id, acts_person_id=acts_person_id, day=day)


def give_mandate(tx: Tx, terms: Terms, person_id: int, asked: Mandate, *, by: By, at: int) -> int:
    """Put a mandate on a resident's list and tell both; returns its place. Mandates that are over make room.

    Refuses resident_not_found, resident_left, proxy_wrong, name_bad, mandate_paper, mandate_until (over already, or
    longer than three years), mandate_oneself, proxy_too_many, own_household, own_kin.
    """
    here, day = terms.community.id, day_of(terms, at)
    name = _check(tx, here, person_id, asked, day=day, by=by)
    for held in mandates_of(tx, here, person_id):
        is_same = (held.relation, held.name) == (asked.relation, name)
        if is_same or (held.until_date and held.until_date < day):
            _take_off(tx, here, person_id, held.slot)
    slot = free_slot(tx, terms, person_id)
    tx.run(_ALLOW, community_id=here, person_id=person_id, name=name)
    put_proxy(tx, here, person_id, slot, asked.relation, name, at=at)
    tx.run(
        _KEEP,
        community_id=here,
        person_id=person_id,
        slot=slot,
        until_date=asked.until_date,
        paper=asked.paper.strip(),
        acts_person_id=asked.acts_person_id,
        may_see=int(asked.may_see),
        set_by=by.id,
        at=at,
    )
    _tell(tx, here, person_id, MANDATE, at, relation=asked.relation, until=asked.until_date)
    if asked.acts_person_id is not None:
        _tell(tx, here, asked.acts_person_id, ACTS_FOR, at, until=asked.until_date)
    after: audit.Facts = {"slot": slot, "until_date": asked.until_date, "may_see": asked.may_see}
    audit.record(tx, here, by, "mandate.give", f"resident:{person_id}", at=at, after=after)
    return slot


def end_mandate(tx: Tx, community_id: int, person_id: int, slot: int, *, by: By, at: int) -> None:
    """The resident wants this person no longer, said on their page or at the office; the counter refuses them from now.

    What was collected stays on record. Refuses proxy_not_found.
    """
    found = next(
        (one for one in mandates_of(tx, community_id, person_id) if one.slot == slot), None
    )
    if found is None:
        raise Refusal("proxy_not_found")
    _take_off(tx, community_id, person_id, slot)
    tx.run(
        _BAR,
        community_id=community_id,
        person_id=person_id,
        name=found.name,
        by_kind=by.kind,
        by_id=by.id,
        at=at,
    )
    _tell(tx, community_id, person_id, MANDATE_ENDED, at, relation=found.relation)
    if found.acts_person_id is not None:
        _tell(tx, community_id, found.acts_person_id, MANDATE_ENDED, at, relation=found.relation)
    after: audit.Facts = {"slot": slot}
    audit.record(tx, community_id, by, "mandate.end", f"resident:{person_id}", at=at, after=after)


def _check(tx: Tx, here: int, person_id: int, asked: Mandate, *, day: int, by: By) -> str:
    """The name as it is kept."""
    if residents.get_resident(tx, here, person_id).state != "active":
        raise Refusal("resident_left")
    if asked.relation not in RELATIONS:
        raise Refusal("proxy_wrong")
    name = check_text(asked.name.strip())
    if not asked.paper.strip():
        raise Refusal("mandate_paper")
    if not day <= asked.until_date <= day + LONGEST_YEARS * _YEAR:
        raise Refusal("mandate_until")
    if asked.acts_person_id is not None:
        if asked.acts_person_id == person_id:
            raise Refusal("mandate_oneself")
        if residents.get_resident(tx, here, asked.acts_person_id).state != "active":
            raise Refusal("resident_left")
    # Nobody of the office gives a mandate to themselves or to their own family.
    approvals.check_not_own_household(tx, here, by, person_id=asked.acts_person_id)
    return name


def _take_off(tx: Tx, community_id: int, person_id: int, slot: int) -> None:
    for sql in _GONE:
        tx.run(sql, community_id=community_id, person_id=person_id, slot=slot)


def _tell(tx: Tx, here: int, person_id: int, kind: str, at: int, **facts: int | str) -> None:
    step = tell_step(here, person_id, kind, "", at=at, **facts)
    tx.run(step.sql, **step.params)


def _held(row: Row) -> Held:
    return Held(
        int(row.slot),
        row.relation,
        row.name,
        int(row.since_at),
        int(row.until_date or 0),
        row.paper or "",
        None if row.acts_person_id is None else int(row.acts_person_id),
        bool(row.may_see),
    )
