"""Collecting for somebody else: by relation and name, at most so many persons, on record and told to the holder."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.book.steps import Step
from ledger.errors import GuardMissedError, Refusal
from ledger.members.terms import Terms
from ledger.members.words import check_text
from ledger.sql import Row, Sql, Tx
from pos.desk import day_of
from pos.notices import PROXY, tell_step

RELATIONS: Final = ("spouse", "child", "grandchild", "neighbour", "carer", "volunteer", "other")

_IN_FORCE: Final = Sql(
    "SELECT p.slot, p.relation, p.name, m.until_date FROM proxy p LEFT JOIN proxy_mandate m"
    " ON m.community_id = p.community_id AND m.person_id = p.person_id AND m.slot = p.slot"
    " WHERE p.community_id = :community_id AND p.person_id = :person_id ORDER BY p.slot"
)
_ENDED: Final = Sql(
    "SELECT ended_at FROM proxy_ended WHERE community_id = :community_id AND person_id = :person_id"
    " AND name = :name"
)
_ADD: Final = Sql(
    "INSERT INTO proxy (community_id, person_id, slot, relation, name, since_at) VALUES (:community_id, :person_id,"
    " :slot, :relation, :name, :at) ON CONFLICT (community_id, person_id, slot) DO NOTHING"
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
    """Who collects for a person: slot, relation, name, until_date (None without a mandate)."""
    return tx.all(_IN_FORCE, community_id=community_id, person_id=person_id)


def proxies_on(tx: Tx, community_id: int, person_id: int, *, day: int) -> list[Row]:
    """Who may collect for a person on a business date (yyyymmdd)."""
    rows = proxies_of(tx, community_id, person_id)
    return [row for row in rows if row.until_date is None or row.until_date >= day]


def proxy_steps(tx: Tx, terms: Terms, collected: Collected, proxy: Proxy, *, at: int) -> list[Step]:
    """The steps that record a proxy with what they collect, and tell the holder.

    A person seen for the first time takes a free slot; the guard misses where another counter was quicker.
    Refuses: proxy_wrong (no such relation), name_bad, proxy_ended (the resident wants them no longer), proxy_over (the
    mandate has run out), proxy_needs_mandate (a setting), proxy_too_many (the community's setting; two at first).
    """
    if proxy.relation not in RELATIONS:
        raise Refusal("proxy_wrong")
    name = proxy.name.strip()
    check_text(name)
    here, person_id = collected.community_id, collected.person_id
    if tx.find(_ENDED, community_id=here, person_id=person_id, name=name) is not None:
        raise Refusal("proxy_ended")
    known = _known(tx, here, person_id, Proxy(proxy.relation, name))
    if known is not None and known.until_date is not None:
        if known.until_date < day_of(terms, at):
            raise Refusal("proxy_over", until_date=int(known.until_date))
    elif terms.settings.proxy_needs_mandate:
        raise Refusal("proxy_needs_mandate")
    steps: list[Step] = []
    if known is None:
        added = {
            "person_id": person_id,
            "slot": free_slot(tx, terms, person_id),
            "relation": proxy.relation,
            "name": name,
        }
        steps.append(Step(_ADD, {"community_id": here, **added, "at": at}, guard="proxy"))
    kept = {"redemption_id": collected.redemption_id, "relation": proxy.relation, "name": name}
    told = tell_step(here, person_id, PROXY, collected.ref, at=at, relation=proxy.relation)
    return [*steps, Step(_KEEP, {"community_id": here, **kept}), told]


def proxy_facts(tx: Tx, community_id: int, person_id: int, proxy: Proxy) -> dict[str, str | int]:
    """What a slip says of who collects: the relation, and until when the mandate runs; never a name."""
    known = _known(tx, community_id, person_id, Proxy(proxy.relation, proxy.name.strip()))
    until = {} if known is None or known.until_date is None else {"proxy_until": known.until_date}
    return {"proxy_relation": proxy.relation, **until}


def _known(tx: Tx, community_id: int, person_id: int, proxy: Proxy) -> Row | None:
    rows = proxies_of(tx, community_id, person_id)
    return next((row for row in rows if (row.relation, row.name) == proxy), None)


def free_slot(tx: Tx, terms: Terms, person_id: int) -> int:
    """A place that nobody takes on a person's list.

    Refuses: proxy_too_many.
    """
    most = terms.settings.most_proxies
    used = {int(row.slot) for row in proxies_of(tx, terms.community.id, person_id)}
    free = [slot for slot in range(1, most + 1) if slot not in used]
    if not free:
        raise Refusal("proxy_too_many", most=most)
    return free[0]


def put_proxy(
    tx: Tx, community_id: int, person_id: int, slot: int, relation: str, name: str, *, at: int
) -> None:
    """Put somebody on a free place of a person's list."""
    added = {"person_id": person_id, "slot": slot, "relation": relation, "name": name}
    if tx.run(_ADD, community_id=community_id, **added, at=at) != 1:
        raise GuardMissedError("proxy")
