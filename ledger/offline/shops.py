"""Which shops may let points go without network, and the limits each of their tills is told at a sync."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.members import settings
from ledger.members.communities import raise_config_version
from ledger.members.merchants import get_merchant
from ledger.members.terms import Terms
from ledger.offline.policy import Policy
from ledger.sql import Row, Sql, Tx

TERMINAL_CAP: Final = "offline_terminal"
"""The counter of a till's escrow: its subject is the terminal, its period the policy's day."""

_HOUR_US: Final = 3_600 * 1_000_000
_DECIDE: Final = Sql(
    "INSERT INTO offline_shop (community_id, merchant_id, decided_at, terminal_units, why, decided_by)"
    " VALUES (:community_id, :merchant_id, :at, :terminal_units, :why, :by)"
)
_NEWEST: Final = Sql(
    "SELECT terminal_units, why, decided_by, decided_at FROM offline_shop WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id ORDER BY decided_at DESC LIMIT 1"
)
_ALL: Final = Sql(
    "SELECT merchant_id, terminal_units, why, decided_by, decided_at FROM offline_shop"
    " WHERE community_id = :community_id ORDER BY merchant_id, decided_at DESC"
)
_USED: Final = Sql(
    "SELECT used FROM cap_counter WHERE community_id = :community_id AND subject_id = :terminal_id"
    " AND cap_code = :cap_code AND period_key = :day"
)


class Told(NamedTuple):
    """What a till is told: its policy, what is left of the escrow by the book, why it may not spend ('' if it may)."""

    policy: Policy
    left_units: int
    why_not: str


def decide_shop(
    tx: Tx, community_id: int, merchant_id: int, terminal_units: int, *, why: str, by: By, at: int
) -> None:
    """Let each till of a shop spend up to `terminal_units` a day without network; 0 takes it back.

    Refusals: merchant_not_found, why_missing, offline_units_bad (below 0, or above the community's setting).
    """
    get_merchant(tx, community_id, merchant_id)
    if not why.strip():
        raise Refusal("why_missing")
    most = settings.current(tx, community_id).offline_terminal_day_units
    if not 0 <= terminal_units <= most:
        raise Refusal("offline_units_bad", limit_units=most)
    before = decision_on(tx, community_id, merchant_id)
    tx.run(
        _DECIDE,
        community_id=community_id,
        merchant_id=merchant_id,
        terminal_units=terminal_units,
        why=why.strip(),
        by=by.id,
        at=at,
    )
    raise_config_version(tx, community_id)
    audit.record(
        tx,
        community_id,
        by,
        "offline.decide",
        f"merchant:{merchant_id}",
        at=at,
        before={"terminal_units": 0 if before is None else int(before.terminal_units)},
        after={"terminal_units": terminal_units},
    )


def decision_on(tx: Tx, community_id: int, merchant_id: int) -> Row | None:
    """The newest decision on a shop (terminal_units, why, decided_by, decided_at); None while nobody decided."""
    return tx.find(_NEWEST, community_id=community_id, merchant_id=merchant_id)


def decisions(tx: Tx, community_id: int) -> list[Row]:
    """Every decision, by shop, newest first: merchant_id, terminal_units, why, decided_by, decided_at."""
    return tx.all(_ALL, community_id=community_id)


def used_units(tx: Tx, community_id: int, terminal_id: int, cap_code: str, day: int) -> int:
    """Units counted against one offline limit of a till under the policies of a day (yyyymmdd)."""
    row = tx.find(
        _USED, community_id=community_id, terminal_id=terminal_id, cap_code=cap_code, day=day
    )
    return 0 if row is None else int(row.used)


def card_cap(serial: int) -> str:
    """The counter of one card at one till."""
    return f"offline_card_{serial}"


def spare_cap(serial: int) -> str:
    """The counter of one holder's spare codes at one till."""
    return f"offline_spare_{serial}"


def policy_for(
    tx: Tx, terms: Terms, terminal_id: int, *, day: int, at: int, recovering: bool
) -> Told:
    """What a till may do without network from `at` on; points are let go only where the office decided so.

    `recovering`: acknowledged entries are missing from the book, so nobody may spend (`ledger.recovery`).
    """
    here, chosen = terms.community.id, terms.settings
    terminal = terms.terminal(terminal_id)
    decided = decision_on(tx, here, terminal.merchant_id)
    most = 0 if decided is None else int(decided.terminal_units)
    why_not = _why_not(terms, terminal.kind, terminal.merchant_id, most, day, recovering=recovering)
    units = 0 if why_not else min(most, chosen.offline_terminal_day_units)
    policy = Policy(
        community_id=here,
        terminal_id=terminal_id,
        day=day,
        issued_at=at,
        valid_until=at + chosen.offline_hours * _HOUR_US,
        terminal_units=units,
        card_units=min(units, chosen.offline_card_day_units),
        sale_units=min(units, chosen.offline_sale_units),
        spare_units=min(units, chosen.offline_spare_units),
    )
    used = used_units(tx, here, terminal_id, TERMINAL_CAP, day)
    return Told(policy, max(0, units - used), why_not)


def _why_not(
    terms: Terms, kind: str, merchant_id: int, most: int, day: int, *, recovering: bool
) -> str:
    if kind != "till":
        return "offline_counter"
    if most == 0:
        return "offline_off"
    if recovering:
        return "recovery_no_spending"
    agreement = terms.agreement_on(merchant_id, day)
    if agreement is None or "offset" not in agreement.roles:
        return "merchant_not_offsetting"
    return ""
