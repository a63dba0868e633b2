"""A shop that leaves, or whose owner died: its last day, until when it may claim, and whose account is paid."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.earning.calendar import business_date, day_from_key, day_key
from ledger.errors import Refusal
from ledger.members import merchants
from ledger.members.communities import get_community
from ledger.sql import Sql, Tx

CAUSES: Final = ("left", "died")
MOST_CLAIM_DAYS: Final = 180

_KEEP: Final = Sql(
    "INSERT INTO merchant_leaving (community_id, merchant_id, left_on, cause, claims_until, why,"
    " recorded_by, recorded_at) VALUES (:community_id, :merchant_id, :left_on, :cause, :claims_until,"
    " :why, :by_id, :at) ON CONFLICT DO NOTHING"
)
_LAST: Final = Sql(
    "SELECT l.merchant_id, l.left_on, l.cause, l.claims_until, l.recorded_at FROM merchant_leaving l"
    " JOIN merchant m ON m.community_id = l.community_id AND m.merchant_id = l.merchant_id"
    " AND m.state = 'left' WHERE l.community_id = :community_id AND l.merchant_id = :merchant_id"
    " ORDER BY l.left_on DESC LIMIT 1"
)
_NEW_ACCOUNT: Final = Sql(
    "SELECT count(*) AS n FROM payout_account WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND effective_at > :recorded_at AND effective_at <= :at"
    " AND approved_by IS NOT NULL"
)


class Leaving(NamedTuple):
    """How a shop left: `left_on` and `claims_until` are business dates (yyyymmdd), `cause` left or died."""

    merchant_id: int
    left_on: int
    cause: str
    claims_until: int
    recorded_at: int


class Leave(NamedTuple):
    """What somebody notes: why it leaves (a cause, and words), its last day (yyyymmdd), days it may still claim."""

    cause: str
    left_on: int
    claim_days: int
    why: str


def leave(tx: Tx, community_id: int, merchant_id: int, said: Leave, *, by: By, at: int) -> Leaving:
    """Note that a shop left, and its last day; it sells no more, and claims for some days from then.

    Refuses: why_missing, merchant_not_found, leaving_bad (an unknown cause, a day to come, more days than there may
    be), merchant_left (already).
    """
    cause, left_on, claim_days, why = said
    if not why.strip():
        raise Refusal("why_missing")
    today = day_key(business_date(at, get_community(tx, community_id).timezone))
    try:
        until = day_key(day_from_key(left_on) + timedelta(days=claim_days))
    except (ValueError, OverflowError):
        raise Refusal("leaving_bad", most_days=MOST_CLAIM_DAYS) from None
    if cause not in CAUSES or left_on > today or not 0 <= claim_days <= MOST_CLAIM_DAYS:
        raise Refusal("leaving_bad", most_days=MOST_CLAIM_DAYS)
    if leaving_of(tx, community_id, merchant_id) is not None:
        raise Refusal("merchant_left")
    merchants.set_state(tx, community_id, merchant_id, "left", by=by, at=at)
    kept = tx.run(
        _KEEP,
        community_id=community_id,
        merchant_id=merchant_id,
        left_on=left_on,
        cause=cause,
        claims_until=until,
        why=why.strip(),
        by_id=by.id,
        at=at,
    )
    if kept != 1:
        raise Refusal("merchant_left")
    facts: audit.Facts = {"cause": cause, "left_on": left_on, "claims_until": until}
    audit.record(
        tx, community_id, by, "merchant.leave", f"merchant:{merchant_id}", at=at, after=facts
    )
    return Leaving(merchant_id, left_on, cause, until, at)


def leaving_of(tx: Tx, community_id: int, merchant_id: int) -> Leaving | None:
    """How a shop left that is away; None of one that is here, or whose leaving nobody dated."""
    row = tx.find(_LAST, community_id=community_id, merchant_id=merchant_id)
    return None if row is None else Leaving(*row)


def check_may_claim(tx: Tx, community_id: int, merchant_id: int, *, at: int) -> None:
    """A shop that left claims for some days more; what it forgot its last statement claims.

    Refuses: claims_over.
    """
    gone = leaving_of(tx, community_id, merchant_id)
    if gone is None:
        return
    today = day_key(business_date(at, get_community(tx, community_id).timezone))
    if today > gone.claims_until:
        raise Refusal("claims_over", until_date=gone.claims_until)


def has_account(tx: Tx, community_id: int, merchant_id: int, *, at: int) -> bool:
    """Whether there is an account to pay a shop that is not an owner's who died."""
    gone = leaving_of(tx, community_id, merchant_id)
    if gone is None or gone.cause != "died":
        return True
    here = {"community_id": community_id, "merchant_id": merchant_id, "at": at}
    return bool(int(tx.get(_NEW_ACCOUNT, **here, recorded_at=gone.recorded_at).n))


def check_heirs_account(tx: Tx, community_id: int, merchant_id: int, *, at: int) -> None:
    """What an owner who died is owed goes to the account two people agreed to since then, and to no other.

    Refuses: heirs_account_missing.
    """
    if not has_account(tx, community_id, merchant_id, at=at):
        raise Refusal("heirs_account_missing")
