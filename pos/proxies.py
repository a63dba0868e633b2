"""Collecting for somebody else: by relation and name, at most so many persons, on record and told to the holder."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.book.steps import Step
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.members.words import check_text
from ledger.sql import Row, Sql, Tx
from pos.notices import PROXY, tell_step

RELATIONS: Final = ("spouse", "child", "grandchild", "neighbour", "carer", "volunteer", "other")

_OF: Final = Sql(
    "SELECT slot, relation, name FROM proxy WHERE community_id = :community_id AND person_id = :person_id ORDER BY slot"
)
_ADD: Final = Sql(
    "INSERT INTO proxy (community_id, person_id, slot, relation, name, since_at) VALUES (:community_id, :person_id,"
    " :slot, :relation, :name, :at) ON CONFLICT (community_id, person_id, slot) DO NOTHING"
)
_END: Final = Sql(
    "DELETE FROM proxy WHERE community_id = :community_id AND person_id = :person_id AND slot = :slot"
)
_KEEP: Final = Sql(
    "INSERT INTO redemption_proxy (community_id, redemption_id, relation, name) VALUES (:community_id, :redemption_id,"
    " :relation, :name)"
)


class Proxy(NamedTuple):
    """Who collects: the relation to the holder, and the name."""

    relation: str
    name: str


class Collected(NamedTuple):
    """What was collected, for whom: the redemption, its reference, and the holder."""

    community_id: int
    redemption_id: str
    ref: str
    person_id: int


def proxies_of(tx: Tx, community_id: int, person_id: int) -> list[Row]:
    """Who collects for a person: slot, relation, name."""
    return tx.all(_OF, community_id=community_id, person_id=person_id)


def proxy_steps(tx: Tx, terms: Terms, collected: Collected, proxy: Proxy, *, at: int) -> list[Step]:
    """The steps that record a proxy with what they collect, and tell the holder.

    A person seen for the first time takes a free slot; the guard misses where another counter was quicker.
    Refuses: proxy_wrong (no such relation), name_bad, proxy_too_many (the community's setting; two at first).
    """
    if proxy.relation not in RELATIONS:
        raise Refusal("proxy_wrong")
    name = proxy.name.strip()
    check_text(name)
    here, person_id = collected.community_id, collected.person_id
    known = proxies_of(tx, here, person_id)
    steps: list[Step] = []
    if not any((row.relation, row.name) == (proxy.relation, name) for row in known):
        most = terms.settings.most_proxies
        used = {int(row.slot) for row in known}
        free = [slot for slot in range(1, most + 1) if slot not in used]
        if not free:
            raise Refusal("proxy_too_many", most=most)
        added = {"person_id": person_id, "slot": free[0], "relation": proxy.relation, "name": name}
        steps.append(Step(_ADD, {"community_id": here, **added, "at": at}, guard="proxy"))
    kept = {"redemption_id": collected.redemption_id, "relation": proxy.relation, "name": name}
    told = tell_step(here, person_id, PROXY, collected.ref, at=at, relation=proxy.relation)
    return [*steps, Step(_KEEP, {"community_id": here, **kept}), told]


def end_proxy(tx: Tx, community_id: int, person_id: int, slot: int, *, by: By, at: int) -> None:
    """Somebody collects for this person no longer; what they collected stays on record.

    Refuses: proxy_not_found.
    """
    if tx.run(_END, community_id=community_id, person_id=person_id, slot=slot) != 1:
        raise Refusal("proxy_not_found")
    facts: audit.Facts = {"slot": slot}
    audit.record(tx, community_id, by, "proxy.end", f"resident:{person_id}", at=at, after=facts)
