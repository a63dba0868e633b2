"""Clerks of a shop: a label on the till and four digits, good only at the shop's own tills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.members.communities import raise_config_version
from ledger.members.hashing import STANDARD, Cost, hash_secret, is_right
from ledger.members.merchants import get_merchant
from ledger.members.words import check_text
from ledger.sql import Row, Sql, Tx

DIGITS: Final = 4
TRIES: Final = 5
STATES: Final = ("active", "left")

_LONGEST_LABEL: Final = 12
_ALL: Final = Sql(
    "SELECT clerk_id, merchant_id, label, state FROM clerk WHERE community_id = :community_id"
    " ORDER BY clerk_id"
)
_SECRET: Final = Sql(
    "SELECT phc, state, wrong_tries FROM clerk WHERE community_id = :community_id"
    " AND clerk_id = :clerk_id AND merchant_id = :merchant_id"
)
_ADD: Final = Sql(
    "INSERT INTO clerk (community_id, clerk_id, merchant_id, label, phc, state, wrong_tries)"
    " VALUES (:community_id, :clerk_id, :merchant_id, :label, :phc, 'active', 0)"
)
_SET_CODE: Final = Sql(
    "UPDATE clerk SET phc = :phc, wrong_tries = 0"
    " WHERE community_id = :community_id AND clerk_id = :clerk_id"
)
_SET_STATE: Final = Sql(
    "UPDATE clerk SET state = :state WHERE community_id = :community_id AND clerk_id = :clerk_id"
)
_TRY: Final = Sql(
    "UPDATE clerk SET wrong_tries = wrong_tries + 1 WHERE community_id = :community_id"
    " AND clerk_id = :clerk_id AND phc = :phc AND wrong_tries < :tries RETURNING wrong_tries"
)
_RIGHT: Final = Sql(
    "UPDATE clerk SET wrong_tries = 0"
    " WHERE community_id = :community_id AND clerk_id = :clerk_id AND phc = :phc"
)


@dataclass(frozen=True, slots=True)
class Clerk:
    """One clerk; the label is what the shop calls them, seldom a full name."""

    clerk_id: int
    merchant_id: int
    label: str
    state: str


def add_clerk(  # noqa: PLR0913 - what a clerk is, and how the code is hashed
    tx: Tx,
    community_id: int,
    merchant_id: int,
    *,
    label: str,
    code: str,
    pepper: bytes,
    by: By,
    at: int,
    cost: Cost = STANDARD,
) -> int:
    """Give a shop one more clerk with a four-digit code; returns the clerk's id.

    Refusals: merchant_not_found, name_bad, clerk_code_shape.
    """
    get_merchant(tx, community_id, merchant_id)
    check_text(label, most=_LONGEST_LABEL)
    _check_choice(code)
    clerk_id = new_id(at)
    tx.run(
        _ADD,
        community_id=community_id,
        clerk_id=clerk_id,
        merchant_id=merchant_id,
        label=label,
        phc=_hash(community_id, clerk_id, code, pepper, cost),
    )
    raise_config_version(tx, community_id)
    after: audit.Facts = {"merchant_id": merchant_id}
    audit.record(tx, community_id, by, "clerk.add", f"clerk:{clerk_id}", at=at, after=after)
    return clerk_id


def all_clerks(tx: Tx, community_id: int) -> list[Clerk]:
    """Every clerk of every shop, also those who left."""
    return [Clerk(*row) for row in tx.all(_ALL, community_id=community_id)]


def set_code(
    tx: Tx,
    community_id: int,
    clerk_id: int,
    code: str,
    *,
    pepper: bytes,
    by: By,
    at: int,
    cost: Cost = STANDARD,
) -> None:
    """Give a clerk a new code, which also ends a lock.

    Refusals: clerk_not_found, clerk_code_shape.
    """
    _check_choice(code)
    phc = _hash(community_id, clerk_id, code, pepper, cost)
    if not tx.run(_SET_CODE, community_id=community_id, clerk_id=clerk_id, phc=phc):
        raise Refusal("clerk_not_found")
    audit.record(tx, community_id, by, "clerk.code", f"clerk:{clerk_id}", at=at)


def set_state(tx: Tx, community_id: int, clerk_id: int, state: str, *, by: By, at: int) -> None:
    """Let a clerk go (`left`) or take them back (`active`); a sign-in in use ends with it.

    Refusals: clerk_not_found.
    """
    if state not in STATES:
        raise ValueError(state)
    if not tx.run(_SET_STATE, community_id=community_id, clerk_id=clerk_id, state=state):
        raise Refusal("clerk_not_found")
    raise_config_version(tx, community_id)
    audit.record(tx, community_id, by, f"clerk.{state}", f"clerk:{clerk_id}", at=at)


def check_clerk(
    db: Database, community_id: int, merchant_id: int, clerk_id: int, code: str, *, pepper: bytes
) -> None:
    """Pass where this clerk of this shop typed the right code; every wrong try is counted.

    Refusals: clerk_not_found, clerk_locked, clerk_code_wrong.
    """
    row, left = db.write(lambda tx: _count_try(tx, community_id, merchant_id, clerk_id))
    if not is_right(_bound(community_id, clerk_id, code), row.phc, pepper=pepper):
        raise Refusal("clerk_code_wrong", tries_left=left) if left else Refusal("clerk_locked")
    db.write(lambda tx: tx.run(_RIGHT, community_id=community_id, clerk_id=clerk_id, phc=row.phc))


def _count_try(tx: Tx, community_id: int, merchant_id: int, clerk_id: int) -> tuple[Row, int]:
    row = tx.find(_SECRET, community_id=community_id, clerk_id=clerk_id, merchant_id=merchant_id)
    if row is None or row.state != "active":
        raise Refusal("clerk_not_found")
    counted = tx.find(_TRY, community_id=community_id, clerk_id=clerk_id, phc=row.phc, tries=TRIES)
    if counted is None:
        raise Refusal("clerk_locked")
    return row, TRIES - counted.wrong_tries


def _check_choice(code: str) -> None:
    is_code = len(code) == DIGITS and code.isascii() and code.isdigit()
    if not is_code or len(set(code)) == 1 or code in {"1234", "4321", "0123"}:
        raise Refusal("clerk_code_shape")


def _hash(community_id: int, clerk_id: int, code: str, pepper: bytes, cost: Cost) -> str:
    return hash_secret(_bound(community_id, clerk_id, code), pepper=pepper, cost=cost)


def _bound(community_id: int, clerk_id: int, code: str) -> str:
    return f"clerk:{community_id}:{clerk_id}:{code}"
