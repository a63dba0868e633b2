"""Points taken by a decision: proposed by one, agreed to by another, by nobody about their own household."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ledger.audit import By
from ledger.awards.post import Award, Awarded, post_award
from ledger.awards.rules import deductions_of
from ledger.earning.scheme import Scheme
from ledger.errors import Refusal
from ledger.ids import derived_request_id
from ledger.members import approvals, households, residents
from ledger.members.approvals import Approval
from ledger.sql import Tx

APPROVAL: Final = "award.deduct"


class Deduction(NamedTuple):
    """What is proposed: an item that takes points, the day it happened (yyyymmdd), and why.

    `household_id` or `person_id`, as the item's points are a household's or a person's.
    """

    item_code: str
    household_id: int | None
    person_id: int | None
    happened_on: int
    reason: str


def propose_deduction(
    tx: Tx, community_id: int, scheme: Scheme, asked: Deduction, *, today: int, by: By, at: int
) -> int:
    """Propose it; nothing moves before a second person agrees. Returns the proposal's number.

    `scheme` is the one in force on the day it happened, `today` the business date (yyyymmdd). Refuses
    award_item_unknown, award_day_wrong, reason_missing, household_not_found, household_closed, resident_not_found,
    own_household, own_kin.
    """
    units = {item.code: units for item, units in deductions_of(scheme)}.get(asked.item_code)
    if units is None:
        raise Refusal("award_item_unknown", item=asked.item_code[:20])
    if not asked.reason.strip():
        raise Refusal("reason_missing")
    if asked.happened_on > today:
        raise Refusal("award_day_wrong")
    if asked.household_id is not None:
        households.get_open(tx, community_id, asked.household_id)
        subject = f"household:{asked.household_id}"
    else:
        residents.get_resident(tx, community_id, int(asked.person_id or 0))
        subject = f"person:{asked.person_id}"
    body = {**asked._asdict(), "reason": asked.reason.strip(), "units": units}
    return approvals.propose(tx, community_id, APPROVAL, subject, body, by=by, at=at)


def agree_to_deduction(
    tx: Tx, community_id: int, scheme: Scheme, approval_id: int, *, today: int, by: By, at: int
) -> Awarded:
    """Agree as a second person; it is posted in the same transaction, for exactly what was proposed.

    Refuses what `ledger.members.approvals.approve` and `ledger.awards.post.post_award` refuse.
    """
    approved = approvals.approve(tx, community_id, approval_id, by=by, at=at)
    return post_award(tx, community_id, scheme, award_of(approved, by), at=at, business_date=today)


def award_of(approval: Approval, by: By) -> Award:
    """The award a proposal stands for, agreed to by `by`."""
    body: dict[str, Any] = dict(approval.body)
    household, person = body["household_id"], body["person_id"]
    return Award(
        request_id=derived_request_id("award", approval.approval_id),
        item_code=body["item_code"],
        owner_id=int(person if household is None else household),
        person_id=person,
        units=int(body["units"]),
        happened_on=int(body["happened_on"]),
        reason=body["reason"],
        proposed_by=approval.proposed_by,
        approved_by=by.id,
        approval_id=approval.approval_id,
    )
