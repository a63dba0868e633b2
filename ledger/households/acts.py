"""Households that part, join, give and inherit: proposed by one, agreed to by another, neither of them concerned."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from ledger.audit import By
from ledger.book.chart import Kind
from ledger.earning.scheme import Scheme
from ledger.errors import Refusal
from ledger.expiry.plan import PointKind, kinds_of
from ledger.households import estates, figures, homes, limits, store
from ledger.households.moving import Carrier, Part, begun_by, fixed_ends
from ledger.households.rules import AGREED, HEADS, OWN, WHOLE
from ledger.ids import new_id
from ledger.members import approvals, households, residents
from ledger.members.approvals import Approval
from ledger.sql import Tx

APPROVAL: Final = "household.act"

LEAVE, SPLIT, MERGE, HEIRS, GIFT = "leave", "split", "merge", "heirs", "gift"
_KINDS: Final = {
    LEAVE: Kind.HOUSEHOLD_MOVE,
    SPLIT: Kind.HOUSEHOLD_MOVE,
    MERGE: Kind.HOUSEHOLD_MOVE,
    HEIRS: Kind.HEIRS,
    GIFT: Kind.GIFT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked for. `units` of the pool's points where a number was agreed on or given.

    `to_code` names the other household: for leaving and splitting it is opened where it is new, at `building` and
    `unit`. `people` go (leave, split) or inherit (heirs: one).
    """

    act: str
    household_id: int
    to_code: str
    people: tuple[int, ...] = ()
    rule: str = ""
    units: int | None = None
    building: str = ""
    unit: str = ""
    reason: str = ""
    evidence: str = ""


class Done(NamedTuple):
    """What came of it: the act's number, the other household, units and debt moved by kind of points."""

    act_id: int
    other_household_id: int
    units: dict[int, int]
    debt_units: dict[int, int]


def propose(tx: Tx, community_id: int, asked: Ask, *, today: int, by: By, at: int) -> int:
    """Propose it; nobody and nothing moves before a second person agrees. Returns the proposal's number.

    Refuses what `check` refuses, and own_household, own_kin for the households on either side.
    """
    check(tx, community_id, asked, today=today)
    preview(tx, community_id, asked, today=today)
    _check_apart(tx, community_id, asked, by)
    body = {**asdict(asked), "people": list(asked.people), "to_code": asked.to_code.upper()}
    subject = f"household:{asked.household_id}"
    return approvals.propose(tx, community_id, APPROVAL, subject, body, by=by, at=at)


def agree(tx: Tx, community_id: int, approval_id: int, *, today: int, by: By, at: int) -> Done:
    """Agree as a second person; everything is carried out in the same transaction, on today's figures.

    Refuses what `check` and `ledger.members.approvals.approve` refuse, household_points_gone,
    household_points_held and period_locked.
    """
    asked = ask_of(approvals.get_approval(tx, community_id, approval_id))
    _check_apart(tx, community_id, asked, by)
    approval = approvals.approve(tx, community_id, approval_id, by=by, at=at)
    check(tx, community_id, asked, today=today)
    versions = begun_by(tx, community_id, today)
    other = _other(tx, community_id, asked, by=by, at=at)
    parts = _parts(tx, community_id, versions[-1], asked, other, today)
    act = store.Act(
        act_id=new_id(at),
        kind=asked.act,
        household_id=asked.household_id,
        other_household_id=other,
        person_id=asked.people[0] if len(asked.people) == 1 else None,
        rule=asked.rule,
        reason=asked.reason,
        evidence=asked.evidence,
        happened_on=today,
        business_date=today,
        approval_id=approval_id,
        proposed_by=approval.proposed_by,
        approved_by=by.id,
    )
    store.keep(tx, community_id, act, by=by, at=at)
    carrier = Carrier(
        tx=tx,
        community_id=community_id,
        act_id=act.act_id,
        kind=_KINDS[asked.act],
        staff_id=by.id,
        at=at,
        business_date=today,
        ends=fixed_ends(versions),
    )
    for part in parts:
        carrier.carry(part)
    _people(tx, community_id, asked, act, other, by=by, at=at)
    return Done(
        act.act_id,
        other,
        _sum(parts, "units"),
        _sum(parts, "debt_units"),
    )


def preview(tx: Tx, community_id: int, asked: Ask, *, today: int) -> list[Part]:
    """What would move if it were agreed to now; `to_owner` 0 stands for a household that is not open yet.

    Refuses household_points_held, household_points_gone, household_owes.
    """
    home = households.find_by_code(tx, community_id, asked.to_code.upper())
    scheme = begun_by(tx, community_id, today)[-1]
    return _parts(tx, community_id, scheme, asked, 0 if home is None else home.household_id, today)


def check(tx: Tx, community_id: int, asked: Ask, *, today: int) -> None:
    """Whether it can be asked for at all.

    Refuses household_act_unknown, household_rule_unknown, reason_missing, household_not_found, household_closed,
    household_waits, household_same, household_nobody_goes, household_not_member, household_nobody_stays, form_gap,
    heirs_none, heirs_too_late, heirs_claimed, heirs_evidence, gift_units.
    """
    if asked.act not in _KINDS:
        raise Refusal("household_act_unknown", act=asked.act[:20])
    if not asked.reason.strip():
        raise Refusal("reason_missing")
    home = households.get_household(tx, community_id, asked.household_id)
    other_id = _check_other(tx, community_id, asked)
    if asked.act == HEIRS:
        estates.check_claim(tx, community_id, asked.household_id, asked.evidence, today=today)
        _check_heir(tx, community_id, asked, other_id)
        return
    if home.closed_at is not None:
        raise Refusal("household_closed")
    # Where nobody is left the points wait for heirs; nobody else decides about them.
    if not homes.active_members(tx, community_id, asked.household_id):
        raise Refusal("household_nobody_goes")
    if asked.act in {LEAVE, SPLIT}:
        _check_going(tx, community_id, asked)
    if asked.act == GIFT and not (asked.units and asked.units > 0):
        raise Refusal("gift_units")


def _check_other(tx: Tx, community_id: int, asked: Ask) -> int:
    """The household on the other side, 0 where it is opened first."""
    other = households.find_by_code(tx, community_id, asked.to_code.upper())
    if other is not None:
        households.get_lived_in(tx, community_id, other.household_id)
        # An heir may live where the person lived: then only that person's own points pass.
        if other.household_id == asked.household_id and asked.act != HEIRS:
            raise Refusal("household_same")
        return other.household_id
    if asked.act not in {LEAVE, SPLIT}:
        raise Refusal("household_not_found")
    if not (asked.to_code and asked.building and asked.unit):
        raise Refusal("form_gap")
    return 0


def ask_of(approval: Approval) -> Ask:
    """The request a proposal stands for."""
    body: dict[str, Any] = dict(approval.body)
    return Ask(**{**body, "people": tuple(int(person) for person in body["people"])})


def _check_going(tx: Tx, community_id: int, asked: Ask) -> None:
    allowed = {OWN, AGREED} if asked.act == LEAVE else {OWN, HEADS, AGREED}
    if asked.rule not in allowed or (asked.rule == AGREED and asked.units is None):
        raise Refusal("household_rule_unknown")
    members = homes.active_members(tx, community_id, asked.household_id)
    going = set(asked.people)
    if not going or (asked.act == LEAVE and len(going) != 1):
        raise Refusal("household_nobody_goes")
    if not going <= members:
        raise Refusal("household_not_member")
    if going == members:
        raise Refusal("household_nobody_stays")


def _check_heir(tx: Tx, community_id: int, asked: Ask, household_id: int) -> None:
    if len(asked.people) != 1:
        raise Refusal("heirs_none")
    heir = residents.get_resident(tx, community_id, asked.people[0])
    if heir.state != "active" or heir.household_id != household_id:
        raise Refusal("heirs_none")


def _check_apart(tx: Tx, community_id: int, asked: Ask, by: By) -> None:
    other = households.find_by_code(tx, community_id, asked.to_code.upper())
    for household_id in (asked.household_id, None if other is None else other.household_id):
        approvals.check_not_own_household(tx, community_id, by, household_id=household_id)
    for person_id in asked.people:
        approvals.check_not_own_household(tx, community_id, by, person_id=person_id)


def _other(tx: Tx, community_id: int, asked: Ask, *, by: By, at: int) -> int:
    found = households.find_by_code(tx, community_id, asked.to_code.upper())
    if found is not None:
        return found.household_id
    return households.open_household(
        tx,
        community_id,
        code=asked.to_code.upper(),
        building=asked.building,
        unit=asked.unit,
        by=by,
        at=at,
    )


def _parts(
    tx: Tx, community_id: int, scheme: Scheme, asked: Ask, other: int, today: int
) -> list[Part]:
    parts = list[Part]()
    for kind in kinds_of(scheme):
        parts += _parts_of(tx, community_id, kind, asked, other, today)
    if asked.units is not None and asked.act in {LEAVE, SPLIT, GIFT}:
        moved = sum(part.units for part in parts)
        if moved != asked.units:
            raise Refusal("household_points_gone")
    return parts


def _parts_of(
    tx: Tx, community_id: int, kind: PointKind, asked: Ask, other: int, today: int
) -> list[Part]:
    if asked.act == HEIRS:
        return estates.parts(
            tx, community_id, kind, asked.household_id, asked.people[0], other, today=today
        )
    if not kind.of_household:
        return []
    pool = figures.Pool(tx, community_id, kind.commodity, asked.household_id, other)
    if asked.act == GIFT:
        return pool.given(asked.units or 0)
    if asked.act == MERGE:
        return pool.whole()
    return pool.parting(asked.rule, asked.people, asked.units or 0)


def _people(
    tx: Tx, community_id: int, asked: Ask, act: store.Act, other: int, *, by: By, at: int
) -> None:
    """Who lives where afterwards."""
    if asked.act in {LEAVE, SPLIT}:
        for person_id in asked.people:
            residents.move(tx, community_id, person_id, other, by=by, at=at)
            limits.start_anew(tx, community_id, person_id)
        homes.keep_a_head(tx, community_id, asked.household_id, by=by, at=at)
        homes.keep_a_head(tx, community_id, other, by=by, at=at)
    if asked.act == MERGE:
        for person_id in homes.active_members(tx, community_id, asked.household_id):
            limits.start_anew(tx, community_id, person_id)
        homes.merge(tx, community_id, asked.household_id, other, act.act_id, by=by, at=at)
        estates.moved(tx, community_id, asked.household_id, other)
    if asked.act == HEIRS:
        estates.claimed(tx, community_id, asked.household_id, act.act_id)


def _sum(parts: list[Part], name: str) -> dict[int, int]:
    sums: dict[int, int] = {}
    for part in parts:
        sums[part.commodity] = sums.get(part.commodity, 0) + getattr(part, name)
    return {commodity: units for commodity, units in sums.items() if units}


__all__ = [
    "AGREED", "APPROVAL", "GIFT", "HEADS", "HEIRS", "LEAVE", "MERGE", "OWN", "SPLIT", "WHOLE",
    "Ask", "Done", "agree", "ask_of", "check", "preview", "propose",
]  # fmt: skip
