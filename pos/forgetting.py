"""A person who takes part no longer is forgotten: everything that names them goes, the book keeps its numbers."""

from __future__ import annotations

import json
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.members import approvals, residents
from ledger.sql import Sql, Tx

_WAITS: Final = Sql(
    "SELECT count(*) AS n FROM estate WHERE community_id = :community_id AND person_id = :person_id"
    " AND claimed_act IS NULL AND claim_until >= :today"
)
_OWN: Final = " WHERE community_id = :community_id AND person_id = :person_id"
_GONE: Final = (
    Sql(f"DELETE FROM pin{_OWN}"),
    Sql(
        "DELETE FROM session WHERE community_id = :community_id AND actor_kind = 'resident'"
        " AND actor_id = :person_id"
    ),
    # Who collected for them, and for whom they did: the places on a list, and the names.
    Sql(
        "DELETE FROM proxy WHERE community_id = :community_id AND (person_id = :person_id"
        " OR EXISTS (SELECT 1 FROM proxy_mandate m WHERE m.community_id = proxy.community_id"
        "  AND m.person_id = proxy.person_id AND m.slot = proxy.slot"
        "  AND m.acts_person_id = :person_id))"
    ),
    Sql(
        "DELETE FROM proxy_mandate WHERE community_id = :community_id"
        " AND (person_id = :person_id OR acts_person_id = :person_id)"
    ),
    Sql(f"DELETE FROM proxy_ended{_OWN}"),
    Sql(
        "UPDATE redemption_proxy SET name = '' WHERE community_id = :community_id"
        " AND redemption_id IN (SELECT r.redemption_id FROM redemption r"
        "  WHERE r.community_id = :community_id AND r.person_id = :person_id)"
    ),
    # What somebody typed about them, and the papers they showed.
    Sql(f"UPDATE household_act SET reason = '', evidence = ''{_OWN}"),
)
_ASKED: Final = Sql(
    "SELECT p.approval_id, p.body FROM approval p JOIN household_act a"
    " ON a.community_id = p.community_id AND a.approval_id = p.approval_id"
    " WHERE p.community_id = :community_id AND a.person_id = :person_id"
)
_REWORD: Final = Sql(
    "UPDATE approval SET body = :body WHERE community_id = :community_id"
    " AND approval_id = :approval_id"
)


def forget_person(
    tx: Tx, community_id: int, person_id: int, *, why: str, today: int, by: By, at: int
) -> None:
    """Delete name, phone, PIN, sign-ins, mandates and typed words of somebody who takes part no longer.

    Postings, cards' numbers and the record of acts stay: they know the person by number. It cannot be undone.
    Refuses why_missing, resident_not_found, person_active, person_forgotten, person_estate (heirs may still claim),
    own_household, own_kin.
    """
    if not why.strip():
        raise Refusal("why_missing")
    who = residents.get_resident(tx, community_id, person_id)
    approvals.check_not_own_household(tx, community_id, by, person_id=person_id)
    if who.state == "active":
        raise Refusal("person_active")
    if residents.identity_of(tx, community_id, person_id) == residents.NOBODY:
        raise Refusal("person_forgotten")
    if tx.get(_WAITS, community_id=community_id, person_id=person_id, today=today).n:
        raise Refusal("person_estate")
    residents.forget(tx, community_id, person_id, by=by, at=at)
    for row in tx.all(_ASKED, community_id=community_id, person_id=person_id):
        body = {**json.loads(row.body), "reason": "", "evidence": ""}
        told = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        tx.run(_REWORD, community_id=community_id, approval_id=int(row.approval_id), body=told)
    for sql in _GONE:
        tx.run(sql, community_id=community_id, person_id=person_id)
    after: audit.Facts = {"why": why.strip()}
    audit.record(tx, community_id, by, "person.forget", f"person:{person_id}", at=at, after=after)
