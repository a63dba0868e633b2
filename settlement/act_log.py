"""Acts on differences as they are kept: the verb, the role it was done in, what it moved, and its entry."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.audit import By
from ledger.sql import Row, Sql, Tx
from settlement.dispute_life import Verb

_NOTE: Final = Sql(
    "INSERT INTO discrepancy_act (community_id, discrepancy_no, act_no, verb, choice, state,"
    " by_kind, by_id, role, fen, units, txn_id, due_date, note, at)"
    " SELECT :community_id, :discrepancy_no, coalesce(max(act_no), 0) + 1, :verb, :choice, :state,"
    " :by_kind, :by_id, :role, :fen, :units, :txn_id, :due_date, :note, :at FROM discrepancy_act"
    " WHERE community_id = :community_id AND discrepancy_no = :discrepancy_no"
)
_ACTS: Final = Sql(
    "SELECT discrepancy_no, act_no, verb, choice, state, by_kind, by_id, role, fen, units, txn_id,"
    " due_date, note, at FROM discrepancy_act WHERE community_id = :community_id"
    " AND discrepancy_no = :discrepancy_no ORDER BY act_no"
)
_ROLES: Final = Sql(
    "SELECT role FROM staff_role WHERE community_id = :community_id AND staff_id = :staff_id"
    " AND granted_at <= :at AND (revoked_at IS NULL OR revoked_at > :at) ORDER BY role"
)
_DONE_TODAY: Final = Sql(
    "SELECT count(DISTINCT a.discrepancy_no) AS n FROM discrepancy_act a JOIN discrepancy d"
    " ON d.community_id = a.community_id AND d.discrepancy_no = a.discrepancy_no"
    " WHERE a.community_id = :community_id AND a.at >= :since AND a.by_kind = 'staff'"
    " AND d.state <> 'open'"
)
_OF_SHOP: Final = Sql(
    "SELECT a.discrepancy_no, a.act_no, a.verb, a.choice, a.state, a.fen, a.at, d.code, d.sub_code,"
    " d.business_date, d.ref FROM discrepancy_act a JOIN discrepancy d"
    " ON d.community_id = a.community_id AND d.discrepancy_no = a.discrepancy_no"
    " WHERE a.community_id = :community_id AND d.claimant_id = :claimant_id AND a.by_kind = 'staff'"
    " AND a.state IN ('decided', 'asked') ORDER BY a.at DESC, a.discrepancy_no DESC LIMIT :most"
)
RANK: Final = ("committee", "secretary", "accountant")
"""Whose act it is where somebody holds several roles: the first of these."""


class Did(NamedTuple):
    """One act: what was pressed as which verb, what it adds to the payable (signed fen), and points it retires."""

    verb: Verb
    state: str
    by: By
    at: int
    choice: str = ""
    fen: int = 0
    units: int = 0
    txn_id: int | None = None
    due_date: int = 0
    note: str = ""


def note_act(tx: Tx, community_id: int, discrepancy_no: int, did: Did) -> None:
    """Keep an act on a difference, with the role its doer holds at that moment."""
    tx.run(
        _NOTE,
        community_id=community_id,
        discrepancy_no=discrepancy_no,
        verb=did.verb.value,
        choice=did.choice,
        state=did.state,
        by_kind=did.by.kind,
        by_id=did.by.id,
        role=role_at(tx, community_id, did.by, at=did.at),
        fen=did.fen,
        units=did.units,
        txn_id=did.txn_id,
        due_date=did.due_date,
        note=did.note,
        at=did.at,
    )


def acts_on(tx: Tx, community_id: int, discrepancy_no: int) -> list[Row]:
    """Every act on a difference, in order."""
    return tx.all(_ACTS, community_id=community_id, discrepancy_no=discrepancy_no)


def told_to_shop(tx: Tx, community_id: int, claimant_id: int, *, most: int = 10) -> list[Row]:
    """What was asked or decided about a shop's claims, the newest first: a notice each."""
    return tx.all(_OF_SHOP, community_id=community_id, claimant_id=claimant_id, most=most)


def role_at(tx: Tx, community_id: int, by: By, *, at: int) -> str:
    """The role somebody acts in at a moment; '' for whoever holds none (a shop's own people, the clockwork)."""
    if by.kind != "staff":
        return ""
    rows = tx.all(_ROLES, community_id=community_id, staff_id=by.id, at=at)
    held = [str(row.role) for row in rows]
    return next((role for role in RANK if role in held), held[0] if held else "")


def done_since(tx: Tx, community_id: int, *, since: int) -> int:
    """How many differences people have seen to since a moment (microseconds UTC), and are not open again."""
    return int(tx.get(_DONE_TODAY, community_id=community_id, since=since).n)
