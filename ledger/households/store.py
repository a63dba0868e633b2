"""The record of what happened to households."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.ids import new_id
from ledger.sql import Row, Sql, Tx

_COLUMNS: Final = (
    "act_id, kind, household_id, other_household_id, person_id, rule, reason, evidence, happened_on,"
    " business_date, approval_id, proposed_by, approved_by"
)
_KEEP: Final = Sql(
    f"INSERT INTO household_act (community_id, {_COLUMNS}, made_at) VALUES (:community_id, "
    + ", ".join(f":{name.strip()}" for name in _COLUMNS.split(","))
    + ", :at)"
)
_OF: Final = Sql(
    f"SELECT {_COLUMNS}, made_at, (SELECT coalesce(sum(l.units), 0) FROM household_line l"
    "  WHERE l.community_id = a.community_id AND l.act_id = a.act_id AND l.what = 'points') AS units,"
    " (SELECT coalesce(sum(l.units), 0) FROM household_line l"
    "  WHERE l.community_id = a.community_id AND l.act_id = a.act_id AND l.what = 'debt') AS debt_units"
    " FROM household_act a WHERE a.community_id = :community_id"
    " AND (a.household_id = :household_id OR a.other_household_id = :household_id)"
    " ORDER BY a.act_id DESC LIMIT :most"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act; days as yyyymmdd."""

    act_id: int
    kind: str
    household_id: int
    other_household_id: int | None = None
    person_id: int | None = None
    rule: str = ""
    reason: str = ""
    evidence: str = ""
    happened_on: int = 0
    business_date: int = 0
    approval_id: int | None = None
    proposed_by: int = 0
    approved_by: int | None = None


def keep(tx: Tx, community_id: int, act: Act, *, by: By, at: int) -> None:
    """Keep an act and its entry in the record; no words that somebody typed go into the record."""
    tx.run(_KEEP, community_id=community_id, **asdict(act), at=at)
    after: audit.Facts = {
        "act_id": str(act.act_id),
        "other_household_id": str(act.other_household_id or ""),
        "rule": act.rule,
    }
    subject = f"household:{act.household_id}"
    audit.record(tx, community_id, by, f"household.{act.kind}", subject, at=at, after=after)


def keep_simple(  # noqa: PLR0913 - the columns of one row
    tx: Tx,
    community_id: int,
    kind: str,
    household_id: int,
    *,
    reason: str,
    today: int,
    by: By,
    at: int,
    person_id: int | None = None,
    evidence: str = "",
    happened_on: int | None = None,
) -> int:
    """Keep an act that moves no points: one person writes it down. Returns its number."""
    act = Act(
        act_id=new_id(at),
        kind=kind,
        household_id=household_id,
        person_id=person_id,
        reason=reason,
        evidence=evidence,
        happened_on=happened_on or today,
        business_date=today,
        proposed_by=by.id,
    )
    keep(tx, community_id, act, by=by, at=at)
    return act.act_id


def acts_of(tx: Tx, community_id: int, household_id: int, *, most: int = 20) -> list[Row]:
    """What happened to a household, on either side of it, newest first, with the units that moved."""
    return tx.all(_OF, community_id=community_id, household_id=household_id, most=most)
