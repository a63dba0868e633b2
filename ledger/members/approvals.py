"""Proposed by one, approved by another, and by nobody about their own household or relatives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger import audit
from ledger.audit import By
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import new_id
from ledger.members import kin
from ledger.sql import Row, Sql, Tx

_COLUMNS: Final = (
    "approval_id, kind, subject, body, state, proposed_by, proposed_at, decided_by, decided_at"
)
_ONE: Final = Sql(
    f"SELECT {_COLUMNS} FROM approval"
    " WHERE community_id = :community_id AND approval_id = :approval_id"
)
_ABOUT: Final = Sql(
    f"SELECT {_COLUMNS} FROM approval WHERE community_id = :community_id AND kind = :kind"
    " AND subject = :subject ORDER BY approval_id DESC LIMIT 1"
)
_WAITING: Final = Sql(
    f"SELECT {_COLUMNS} FROM approval WHERE community_id = :community_id AND state = 'proposed'"
    " ORDER BY proposed_at, approval_id"
)
_PROPOSE: Final = Sql(
    "INSERT INTO approval (community_id, approval_id, kind, subject, body, state, proposed_by,"
    " proposed_at) VALUES (:community_id, :approval_id, :kind, :subject, :body, 'proposed',"
    " :proposed_by, :at)"
)
_DECIDE: Final = Sql(
    "UPDATE approval SET state = :state, decided_by = :decided_by, decided_at = :at"
    " WHERE community_id = :community_id AND approval_id = :approval_id AND state = 'proposed'"
)


@dataclass(frozen=True, slots=True)
class Approval:
    """One proposal; `body` is everything that was proposed, `subject` what it is about."""

    approval_id: int
    kind: str
    subject: str
    body: Mapping[str, Any]
    state: str
    proposed_by: int
    proposed_at: int
    decided_by: int | None
    decided_at: int | None


def propose(
    tx: Tx, community_id: int, kind: str, subject: str, body: Mapping[str, Any], *, by: By, at: int
) -> int:
    """Propose something for a second person to decide; returns the proposal's number.

    Where `body` has a `person_id` or `household_id`, it must not be the proposer's own household,
    nor one with a declared relative in it.
    Refusals: own_household, own_kin.
    """
    _check_not_own(tx, community_id, by, body)
    approval_id = new_id(at)
    tx.run(
        _PROPOSE,
        community_id=community_id,
        approval_id=approval_id,
        kind=kind,
        subject=subject,
        body=_text(body),
        proposed_by=by.id,
        at=at,
    )
    _note(tx, community_id, by, f"{kind}.propose", subject, at, approval_id)
    return approval_id


def approve(tx: Tx, community_id: int, approval_id: int, *, by: By, at: int) -> Approval:
    """Agree to what somebody else proposed; the caller then carries it out in the same transaction.

    Refusals: approval_not_found, approval_decided, approval_same_person, own_household,
    own_kin.
    """
    return _decide(tx, community_id, approval_id, "approved", by, at)


def deny(tx: Tx, community_id: int, approval_id: int, *, by: By, at: int) -> Approval:
    """Turn a proposal down.

    Refusals: approval_not_found, approval_decided, approval_same_person, own_household,
    own_kin.
    """
    return _decide(tx, community_id, approval_id, "denied", by, at)


def check_approved(
    tx: Tx, community_id: int, kind: str, subject: str, body: Mapping[str, Any]
) -> Approval:
    """The latest approval of this very thing.

    Refusals: approval_missing, approval_changed (approved was something else).
    """
    found = find_latest(tx, community_id, kind, subject)
    if found is None or found.state != "approved":
        raise Refusal("approval_missing")
    if _text(found.body) != _text(body):
        raise Refusal("approval_changed")
    return found


def get_approval(tx: Tx, community_id: int, approval_id: int) -> Approval:
    """One proposal.

    Refusals: approval_not_found.
    """
    row = tx.find(_ONE, community_id=community_id, approval_id=approval_id)
    if row is None:
        raise Refusal("approval_not_found")
    return _approval(row)


def find_latest(tx: Tx, community_id: int, kind: str, subject: str) -> Approval | None:
    """The latest proposal of a kind about a subject, or None."""
    row = tx.find(_ABOUT, community_id=community_id, kind=kind, subject=subject)
    return None if row is None else _approval(row)


def waiting(tx: Tx, community_id: int) -> list[Approval]:
    """Every proposal nobody has decided, the oldest first."""
    return [_approval(row) for row in tx.all(_WAITING, community_id=community_id)]


def check_not_own_household(
    tx: Tx,
    community_id: int,
    by: By,
    *,
    person_id: int | None = None,
    household_id: int | None = None,
) -> None:
    """Refuse a member of staff who is about to decide on their own household or a relative's.

    Refusals: own_household, own_kin.
    """
    if by.kind != "staff":
        return
    touched = {household_id}
    if person_id is not None:
        touched.add(kin.household_of(tx, community_id, person_id))
    for household in sorted(h for h in touched if h is not None):
        kin.check_stands_apart(tx, community_id, by.id, household)


def _decide(tx: Tx, community_id: int, approval_id: int, state: str, by: By, at: int) -> Approval:
    proposal = get_approval(tx, community_id, approval_id)
    if proposal.state != "proposed":
        raise Refusal("approval_decided")
    if by.kind != "staff" or by.id == proposal.proposed_by:
        raise Refusal("approval_same_person")
    _check_not_own(tx, community_id, by, proposal.body)
    decided = tx.run(
        _DECIDE,
        community_id=community_id,
        approval_id=approval_id,
        state=state,
        decided_by=by.id,
        at=at,
    )
    if not decided:
        raise GuardMissedError("approval")
    _note(tx, community_id, by, f"{proposal.kind}.{state}", proposal.subject, at, approval_id)
    return get_approval(tx, community_id, approval_id)


def _check_not_own(tx: Tx, community_id: int, by: By, body: Mapping[str, Any]) -> None:
    person, household = body.get("person_id"), body.get("household_id")
    check_not_own_household(
        tx,
        community_id,
        by,
        person_id=None if person is None else int(person),
        household_id=None if household is None else int(household),
    )


def _approval(row: Row) -> Approval:
    return Approval(**(row._asdict() | {"body": json.loads(row.body)}))


def _text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _note(
    tx: Tx, community_id: int, by: By, act: str, subject: str, at: int, approval_id: int
) -> None:
    after: audit.Facts = {"approval_id": approval_id}
    audit.record(tx, community_id, by, act, subject, at=at, after=after)
