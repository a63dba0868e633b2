"""Partner shops and their branches, as the programme knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.members.communities import raise_config_version
from ledger.members.words import check_code, check_text
from ledger.sql import Sql, Tx

STATES: Final = ("active", "suspended", "left")

_OPEN: Final = Sql(
    "INSERT INTO merchant (community_id, merchant_id, code, name, category, state, opened_at)"
    " VALUES (:community_id, :merchant_id, :code, :name, :category, 'active', :opened_at)"
)
_ALL: Final = Sql(
    "SELECT merchant_id, code, name, category, state FROM merchant"
    " WHERE community_id = :community_id ORDER BY code"
)
_ONE: Final = Sql(
    "SELECT merchant_id, code, name, category, state FROM merchant"
    " WHERE community_id = :community_id AND merchant_id = :merchant_id"
)
_BY_CODE: Final = Sql(
    "SELECT merchant_id, code, name, category, state FROM merchant"
    " WHERE community_id = :community_id AND code = :code"
)
_SET_STATE: Final = Sql(
    "UPDATE merchant SET state = :state"
    " WHERE community_id = :community_id AND merchant_id = :merchant_id"
)
_OPEN_BRANCH: Final = Sql(
    "INSERT INTO branch (community_id, branch_id, merchant_id, code, name)"
    " VALUES (:community_id, :branch_id, :merchant_id, :code, :name)"
)
_BRANCHES: Final = Sql(
    "SELECT branch_id, merchant_id, code, name FROM branch WHERE community_id = :community_id"
    " ORDER BY merchant_id, code"
)


@dataclass(frozen=True, slots=True)
class Merchant:
    """A shop as the programme knows it."""

    merchant_id: int
    code: str
    name: str
    category: str
    state: str


@dataclass(frozen=True, slots=True)
class Branch:
    """One place of a shop."""

    branch_id: int
    merchant_id: int
    code: str
    name: str


def open_merchant(
    tx: Tx, community_id: int, *, code: str, name: str, category: str, by: By, at: int
) -> int:
    """Take a shop in under a code such as `M01`; returns its id.

    Refusals: code_bad, name_bad, merchant_code_taken.
    """
    check_code(code, least=2, most=6)
    check_text(name)
    check_text(category)
    if find_by_code(tx, community_id, code) is not None:
        raise Refusal("merchant_code_taken", taken=code)
    merchant_id = new_id(at)
    tx.run(
        _OPEN,
        community_id=community_id,
        merchant_id=merchant_id,
        code=code,
        name=name,
        category=category,
        opened_at=at,
    )
    raise_config_version(tx, community_id)
    subject = f"merchant:{merchant_id}"
    audit.record(
        tx, community_id, by, "merchant.open", subject, at=at, after={"code": code, "name": name}
    )
    return merchant_id


def all_merchants(tx: Tx, community_id: int) -> list[Merchant]:
    """Every shop, by code."""
    return [Merchant(*row) for row in tx.all(_ALL, community_id=community_id)]


def get_merchant(tx: Tx, community_id: int, merchant_id: int) -> Merchant:
    """One shop.

    Refusals: merchant_not_found.
    """
    row = tx.find(_ONE, community_id=community_id, merchant_id=merchant_id)
    if row is None:
        raise Refusal("merchant_not_found")
    return Merchant(*row)


def find_by_code(tx: Tx, community_id: int, code: str) -> Merchant | None:
    """The shop of that code, or None."""
    row = tx.find(_BY_CODE, community_id=community_id, code=code)
    return None if row is None else Merchant(*row)


def set_state(tx: Tx, community_id: int, merchant_id: int, state: str, *, by: By, at: int) -> None:
    """Make a shop `active`, `suspended` or `left`; what was authorised before stays payable.

    Refusals: merchant_not_found, merchant_state_bad.
    """
    if state not in STATES:
        raise Refusal("merchant_state_bad", allowed=", ".join(STATES))
    before = get_merchant(tx, community_id, merchant_id)
    tx.run(_SET_STATE, community_id=community_id, merchant_id=merchant_id, state=state)
    raise_config_version(tx, community_id)
    audit.record(
        tx,
        community_id,
        by,
        "merchant.state",
        f"merchant:{merchant_id}",
        at=at,
        before={"state": before.state},
        after={"state": state},
    )


def open_branch(
    tx: Tx, community_id: int, merchant_id: int, *, code: str, name: str, by: By, at: int
) -> int:
    """Open one place of a shop; returns its id.

    Refusals: merchant_not_found, code_bad, name_bad, branch_code_taken.
    """
    get_merchant(tx, community_id, merchant_id)
    check_code(code, least=1, most=6)
    check_text(name)
    if any((b.merchant_id, b.code) == (merchant_id, code) for b in all_branches(tx, community_id)):
        raise Refusal("branch_code_taken", taken=code)
    branch_id = new_id(at)
    tx.run(
        _OPEN_BRANCH,
        community_id=community_id,
        branch_id=branch_id,
        merchant_id=merchant_id,
        code=code,
        name=name,
    )
    raise_config_version(tx, community_id)
    audit.record(
        tx, community_id, by, "branch.open", f"branch:{branch_id}", at=at, after={"code": code}
    )
    return branch_id


def all_branches(tx: Tx, community_id: int) -> list[Branch]:
    """Every branch of every shop."""
    return [Branch(*row) for row in tx.all(_BRANCHES, community_id=community_id)]
