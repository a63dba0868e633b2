"""Certificates at the service desk: printed with the points set aside, cancelled, ended after their last day."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Final

from ledger import audit
from ledger.audit import By
from ledger.book import requests
from ledger.book.accounts import account_id
from ledger.book.balances import lock_wallet, wallet_of
from ledger.book.chart import Account
from ledger.book.facts import CapUse, cap_back_step, caps_step
from ledger.book.holds import end_hold, open_hold
from ledger.book.repay import repay_from_wallet
from ledger.book.steps import Step, apply
from ledger.certificates.facts import get_certificate, open_of
from ledger.certificates.rules import (
    MOST_OPEN,
    MOST_SERIAL,
    Standing,
    check_open,
    last_day_of,
    number_text,
)
from ledger.database import Database
from ledger.errors import Refusal
from ledger.households import limits
from ledger.ids import derived_request_id, new_id
from ledger.sql import Row, Sql, Tx

PURPOSE: Final = "certificate"
"""What a certificate's hold is called."""
KIND: Final = "certificate"
_DAY_US: Final = 86_400_000_000

_KEEP: Final = Sql(
    "INSERT INTO certificate (community_id, certificate_id, serial, person_id, wallet_owner_id, commodity,"
    " units, shop_kind, hold_id, cap_code, counted_month, business_date, last_day, printed_by, printed_at,"
    " request_id) VALUES (:community_id, :certificate_id, :serial, :person_id, :wallet_owner_id, :commodity,"
    " :units, :shop_kind, :hold_id, :cap_code, :counted_month, :business_date, :last_day, :printed_by, :at,"
    " :request_id) ON CONFLICT (community_id, serial) DO NOTHING"
)
_END: Final = Sql(
    "INSERT INTO certificate_end (community_id, certificate_id, how, used_units, merchant_id, terminal_id, ref,"
    " business_date, ended_by, ended_at, txn_id) VALUES (:community_id, :certificate_id, :how, :used_units,"
    " :merchant_id, :terminal_id, :ref, :business_date, :ended_by, :at, :txn_id)"
    " ON CONFLICT (community_id, certificate_id) DO NOTHING"
)
_HOLD: Final = Sql(
    "SELECT account_id, amount FROM hold WHERE community_id = :community_id AND hold_id = :hold_id"
)
_USED: Final = Sql(
    "SELECT used FROM cap_counter WHERE community_id = :community_id AND subject_id = :subject_id"
    " AND cap_code = :cap_code AND period_key = :period_key"
)
_OVER: Final = Sql(
    "SELECT c.certificate_id FROM certificate c"
    " LEFT JOIN certificate_end e ON e.community_id = c.community_id AND e.certificate_id = c.certificate_id"
    " WHERE c.community_id = :community_id AND c.last_day < :today AND e.certificate_id IS NULL"
    " ORDER BY c.certificate_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the desk prints: `units` for a named resident at one kind of shop; days yyyymmdd.

    `household_id`: whose pool it is taken from, 0 where nobody shares; `cap_code`, `cap_units`, `month`: the scheme's
    limit on offsets a month that it counts against, '' without one.
    """

    community_id: int
    request_id: str
    person_id: int
    wallet_owner_id: int
    household_id: int
    commodity: int
    units: int
    shop_kind: str
    cap_code: str
    cap_units: int
    month: int
    business_date: int
    valid_days: int


def print_certificate(tx: Tx, wish: Wish, *, by: By, at: int) -> dict[str, Any]:
    """Set the points aside and keep the certificate, in the caller's transaction; gives what the paper says.

    The points count against this month's limits now, so that no later purchase can spoil what was promised; what is
    not used is given back to them. Refuses: certificate_too_many, points_owed, insufficient_points,
    offset_over_month_cap, member_limit. Raises GuardMissedError where somebody was quicker.
    """
    here, owner = wish.community_id, wish.wallet_owner_id
    wallet = account_id(tx, here, Account.WALLET, wish.commodity, owner, at=at)
    lock_wallet(tx, here, wallet)
    if len(open_of(tx, here, wish.person_id)) >= MOST_OPEN:
        raise Refusal("certificate_too_many", most=MOST_OPEN)
    standing = wallet_of(tx, here, owner, wish.commodity)
    if standing.owed > 0:
        raise Refusal("points_owed", owed_units=standing.owed)
    if wish.units > standing.available:
        raise Refusal(
            "insufficient_points", available_units=standing.available, asked_units=wish.units
        )
    counts = _counts(tx, wish)
    row = _row(wish, by, at)
    row["hold_id"] = open_hold(
        tx,
        here,
        wallet,
        commodity=wish.commodity,
        amount=wish.units,
        purpose=PURPOSE,
        request_id=wish.request_id,
        at=at,
        expires_at=at + wish.valid_days * _DAY_US,
    )
    counted = [caps_step(here, wish.person_id, counts)] if counts else []
    apply(tx, [Step(_KEEP, row, guard="certificate"), *counted])
    subject = f"certificate:{row['certificate_id']}"
    facts: audit.Facts = {"person_id": wish.person_id, "units": wish.units}
    audit.record(tx, here, by, "certificate.print", subject, at=at, after=facts)
    return {
        "certificate_id": str(row["certificate_id"]),
        "number": number_text(row["serial"]),
        "units": wish.units,
        "shop_kind": wish.shop_kind,
        "last_day": row["last_day"],
    }


def _row(wish: Wish, by: By, at: int) -> dict[str, Any]:
    return {
        "community_id": wish.community_id,
        "certificate_id": new_id(at),
        "serial": secrets.randbelow(MOST_SERIAL + 1),
        "person_id": wish.person_id,
        "wallet_owner_id": wish.wallet_owner_id,
        "commodity": wish.commodity,
        "units": wish.units,
        "shop_kind": wish.shop_kind,
        "cap_code": wish.cap_code,
        "counted_month": wish.month,
        "business_date": wish.business_date,
        "last_day": last_day_of(wish.business_date, wish.valid_days),
        "printed_by": by.id,
        "at": at,
        "request_id": wish.request_id,
    }


def _counts(tx: Tx, wish: Wish) -> list[CapUse]:
    """The limits a certificate counts against in the month it is printed: the scheme's, and the head's."""
    here, counts = wish.community_id, []
    if wish.cap_code:
        asked = {"subject_id": wish.person_id, "cap_code": wish.cap_code, "period_key": wish.month}
        row = tx.find(_USED, community_id=here, **asked)
        left = wish.cap_units - (0 if row is None else int(row.used))
        if wish.units > left:
            raise Refusal(
                "offset_over_month_cap", left_units=max(0, left), allowed_units=max(0, left)
            )
        counts.append(CapUse(wish.cap_code, wish.month, wish.units, wish.cap_units))
    if not wish.household_id:
        return counts
    month = wish.business_date // 100
    member = limits.member_counts(
        tx, here, wish.household_id, wish.person_id, wish.units, month=month
    )
    return [*counts, *member]


def use_steps(  # noqa: PLR0913 - the columns of one row
    tx: Tx,
    community_id: int,
    certificate: Row,
    units: int,
    *,
    merchant_id: int,
    terminal_id: int,
    ref: str,
    business_date: int,
    txn_id: int,
    at: int,
) -> tuple[dict[int, int], list[Step]]:
    """End a certificate with a sale that takes `units` of it: the hold it uses up by account, and what else is written.

    The hold ends whole, so that what the sale does not take is free again. Raises GuardMissedError where it ended
    meanwhile.
    """
    held = tx.get(_HOLD, community_id=community_id, hold_id=int(certificate.hold_id))
    end_hold(
        tx,
        community_id,
        int(certificate.hold_id),
        account_id=int(held.account_id),
        amount=units,
        captured=True,
        txn_id=txn_id,
        at=at,
    )
    ended = {
        "community_id": community_id,
        "certificate_id": int(certificate.certificate_id),
        "how": "used",
        "used_units": units,
        "merchant_id": merchant_id,
        "terminal_id": terminal_id,
        "ref": ref,
        "business_date": business_date,
        "ended_by": 0,
        "at": at,
        "txn_id": txn_id,
    }
    back = _limits_back(community_id, certificate, int(certificate.units) - units)
    return {int(held.account_id): int(held.amount)}, [
        Step(_END, ended, guard="certificate"),
        *back,
    ]


def cancel(
    tx: Tx, community_id: int, certificate_id: int, *, business_date: int, by: By, at: int
) -> None:
    """End a certificate at the desk: all its points are free again, also where the paper was lost.

    Refuses: certificate_not_found, certificate_used, certificate_cancelled, certificate_expired, period_locked.
    """
    found = get_certificate(tx, community_id, certificate_id)
    # Past its last day the night has not come by yet; the desk may be quicker.
    check_open(standing_of(found), min(business_date, int(found.last_day)))
    _let_go(tx, community_id, found, "cancelled", business_date=business_date, by=by.id, at=at)
    subject = f"certificate:{certificate_id}"
    audit.record(tx, community_id, by, "certificate.cancel", subject, at=at)


def expire(db: Database, community_id: int, today: int, *, at: int) -> int:
    """Give the points of every certificate past its last day back; safe to run again. Returns how many."""
    with db.read() as tx:
        over = [
            int(row.certificate_id) for row in tx.all(_OVER, community_id=community_id, today=today)
        ]

    def end(certificate_id: int) -> bool:
        def work(tx: Tx) -> dict[str, Any]:
            found = get_certificate(tx, community_id, certificate_id)
            if found.how is None:
                _let_go(tx, community_id, found, "expired", business_date=today, by=0, at=at)
            return {"expired": found.how is None}

        request_id = derived_request_id("certificate_expire", community_id, certificate_id)
        body = {"certificate_id": str(certificate_id)}
        answer = requests.once(
            db, community_id, request_id, kind="certificate_expire", body=body, at=at, work=work
        )
        return bool(answer["expired"])

    return sum(end(one) for one in over)


def standing_of(certificate: Row) -> Standing:
    """What the rules ask of a certificate's row."""
    ended_on = None if certificate.ended_on is None else int(certificate.ended_on)
    return Standing(certificate.shop_kind, int(certificate.last_day), certificate.how, ended_on)


def _let_go(
    tx: Tx, community_id: int, found: Row, how: str, *, business_date: int, by: int, at: int
) -> None:
    held = tx.get(_HOLD, community_id=community_id, hold_id=int(found.hold_id))
    end_hold(
        tx,
        community_id,
        int(found.hold_id),
        account_id=int(held.account_id),
        amount=int(held.amount),
        captured=False,
        txn_id=None,
        at=at,
    )
    ended = {
        "community_id": community_id,
        "certificate_id": int(found.certificate_id),
        "how": how,
        "used_units": 0,
        "merchant_id": None,
        "terminal_id": None,
        "ref": None,
        "business_date": business_date,
        "ended_by": by,
        "at": at,
        "txn_id": None,
    }
    apply(
        tx,
        [
            Step(_END, ended, guard="certificate"),
            *_limits_back(community_id, found, int(found.units)),
        ],
    )
    repay_from_wallet(
        tx,
        community_id,
        int(found.wallet_owner_id),
        int(found.commodity),
        request_id=derived_request_id("certificate_repay", community_id, int(found.certificate_id)),
        at=at,
        business_date=business_date,
    )


def _limits_back(community_id: int, found: Row, units: int) -> list[Step]:
    """What was not used no longer counts against the month it was printed in."""
    if units <= 0:
        return []
    person, owner = int(found.person_id), int(found.wallet_owner_id)
    month = int(found.business_date) // 100
    member = limits.member_back_step(community_id, person, owner, month, units)
    if not found.cap_code:
        return [member]
    counted = int(found.counted_month)
    return [cap_back_step(community_id, person, found.cap_code, counted, units), member]
