"""A decided sale, and what booking it writes: complete enough to finish after a crash."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from ledger.book.chart import Account, Kind
from ledger.book.cover import authorise_step, release_step
from ledger.book.facts import (
    CapUse,
    cap_back_step,
    caps_step,
    evidence_step,
    offset_step,
    pending_step,
)
from ledger.book.posting import Line, Posting, Side
from ledger.book.posting import steps as posting_steps
from ledger.book.steps import Step
from ledger.sql import Sql

_SALE: Final = Sql(
    "INSERT INTO sale (community_id, sale_id, ref, state, merchant_id, terminal_id, clerk_id, person_id,"
    " wallet_owner_id, business_date, occurred_at, total_fen, offset_fen, offset_units, paid_fen, earned_units,"
    " refunded_fen, route, payment_ref, txn_id, plan) VALUES (:community_id, :sale_id, :ref, :state, :merchant_id,"
    " :terminal_id, :clerk_id, :person_id, :wallet_owner_id, :business_date, :occurred_at, :total_fen, :offset_fen,"
    " :offset_units, :paid_fen, :earned_units, 0, :route, :payment_ref, :txn_id, :plan)"
)
_VISIT: Final = Sql(
    "INSERT INTO visit (community_id, person_id, merchant_id, last_at)"
    " VALUES (:community_id, :person_id, :merchant_id, :at)"
    " ON CONFLICT (community_id, person_id, merchant_id) DO UPDATE SET last_at = excluded.last_at"
    " WHERE visit.last_at <= excluded.last_at - :gap_us"
)
_VISIT_BACK: Final = Sql(
    "DELETE FROM visit WHERE community_id = :community_id AND person_id = :person_id"
    " AND merchant_id = :merchant_id AND last_at = :at"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """The accounts one sale may touch, by number; `points` ones in the sale's commodity, `cover` in fen."""

    issued: int
    offset: int
    cover: int
    wallet: int
    pending: int
    owed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that was decided. Amounts in fen and units, times in microseconds, dates as yyyymmdd.

    `asked_at` is when the payment channel was last about to be asked.
    """

    community_id: int
    sale_id: str
    ref: str
    counter: int
    merchant_id: int
    branch_id: int
    terminal_id: int
    clerk_id: int | None
    person_id: int
    wallet_owner_id: int
    card_serial: int | None
    card_issue: int
    business_date: int
    occurred_at: int
    at: int
    asked_at: int
    commodity: int
    scheme_version: str
    units_per_fen: int
    total_fen: int
    offset_units: int
    offset_fen: int
    paid_fen: int
    earned_units: int
    cut_by: str
    repay_units: int
    route: str
    channel: str
    payment_ref: str | None
    spendable: bool
    gap_us: int
    body_hash: str
    caps: tuple[tuple[str, int, int, int], ...]
    accounts: Accounts

    def to_json(self) -> str:
        """The plan as text, for the sale's row."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Read a plan back."""
        fields: dict[str, Any] = json.loads(text)
        fields["accounts"] = Accounts(**fields["accounts"])
        fields["caps"] = tuple(tuple(cap) for cap in fields["caps"])
        return cls(**fields)


def posting_of(
    plan: Plan, *, txn_id: int, at: int, business_date: int, captured: dict[int, int]
) -> Posting:
    """The sale's one posting: points offset to the shop, points earned to the wallet or to pending."""
    return Posting(
        community_id=plan.community_id,
        kind=Kind.SALE,
        request_id=plan.sale_id,
        txn_id=txn_id,
        occurred_at=plan.occurred_at,
        at=at,
        business_date=business_date,
        lines=_lines(plan),
        ref=plan.ref,
        scheme_period=str(business_date // 100),
        scheme_version=plan.scheme_version,
        units_per_fen=plan.units_per_fen,
        person_id=plan.person_id,
        wallet_owner_id=plan.wallet_owner_id,
        card_serial=plan.card_serial,
        card_issue=None if plan.card_serial is None else plan.card_issue,
        merchant_id=plan.merchant_id,
        branch_id=plan.branch_id,
        terminal_id=plan.terminal_id,
        staff_id=plan.clerk_id,
        reason_key="sale_offset" if plan.offset_units else "sale",
        source="till",
        captured=captured,
    )


def _lines(plan: Plan) -> list[Line]:
    wallet = Side(plan.accounts.wallet, Account.WALLET)
    lines = []
    if plan.offset_units:
        lines.append(
            Line(
                wallet,
                Side(plan.accounts.offset, Account.OFFSET),
                plan.commodity,
                plan.offset_units,
            )
        )
    if plan.earned_units:
        to = wallet if plan.spendable else Side(plan.accounts.pending, Account.PENDING)
        issued = Side(plan.accounts.issued, Account.ISSUED_CONSUMPTION)
        lines.append(Line(issued, to, plan.commodity, plan.earned_units))
    if plan.repay_units:
        lines.append(
            Line(wallet, Side(plan.accounts.owed, Account.OWED), plan.commodity, plan.repay_units)
        )
    return lines


def booking_steps(plan: Plan, posting: Posting) -> list[Step]:
    """The posting and the facts beside it (offset, pending points, evidence), without the sale's own row."""
    here, txn_id = plan.community_id, posting.txn_id
    steps = posting_steps(posting)
    if plan.offset_units:
        steps.append(
            offset_step(
                here,
                txn_id,
                claimant_id=plan.merchant_id,
                terminal_id=plan.terminal_id,
                ref=plan.ref,
                kind="sale",
                original_ref=None,
                units=plan.offset_units,
                fen=plan.offset_fen,
                units_per_fen=plan.units_per_fen,
                business_date=posting.business_date,
                occurred_at=plan.occurred_at,
            )
        )
    if plan.earned_units and not plan.spendable:
        steps.append(
            pending_step(
                here,
                txn_id,
                wallet_owner_id=plan.wallet_owner_id,
                commodity=plan.commodity,
                merchant_id=plan.merchant_id,
                units=plan.earned_units,
                business_date=posting.business_date,
            )
        )
    steps.append(
        evidence_step(
            here,
            txn_id,
            sale_id=plan.sale_id,
            route=plan.route,
            channel=plan.channel,
            payment_ref=plan.payment_ref,
            merchant_id=plan.merchant_id,
            terminal_id=plan.terminal_id,
            counter=plan.counter,
            paid_fen=plan.paid_fen,
            paid_at=plan.occurred_at,
            proven_by="gateway" if plan.spendable else None,
        )
    )
    return steps


def limit_steps(plan: Plan) -> list[Step]:
    """Limits of the person, the pause between earning visits, and (last: it is shared) the cover."""
    here = plan.community_id
    steps = []
    if plan.caps:
        steps.append(caps_step(here, plan.person_id, [CapUse(*cap) for cap in plan.caps]))
    if plan.earned_units:
        params = {
            "community_id": here,
            "person_id": plan.person_id,
            "merchant_id": plan.merchant_id,
            "at": plan.at,
            "gap_us": plan.gap_us,
        }
        steps.append(Step(_VISIT, params, guard="visit"))
    if plan.offset_fen:
        steps.append(authorise_step(here, plan.accounts.cover, plan.offset_fen))
    return steps


def limits_back_steps(plan: Plan) -> list[Step]:
    """Everything `limit_steps` counted is given back: the sale never happened.

    The pause between earning visits starts anew too; any visit before this one was a whole pause earlier.
    """
    here = plan.community_id
    steps = [
        cap_back_step(here, plan.person_id, code, key, units) for code, key, units, _ in plan.caps
    ]
    if plan.earned_units:
        params = {
            "community_id": here,
            "person_id": plan.person_id,
            "merchant_id": plan.merchant_id,
            "at": plan.at,
        }
        steps.append(Step(_VISIT_BACK, params))
    if plan.offset_fen:
        steps.append(release_step(here, plan.accounts.cover, plan.offset_fen))
    return steps


def sale_step(plan: Plan, *, state: str, business_date: int, txn_id: int | None) -> Step:
    """The sale's own row: what the receipt, the refund and the list of today read."""
    return Step(
        _SALE,
        {
            "community_id": plan.community_id,
            "sale_id": plan.sale_id,
            "ref": plan.ref,
            "state": state,
            "merchant_id": plan.merchant_id,
            "terminal_id": plan.terminal_id,
            "clerk_id": plan.clerk_id,
            "person_id": plan.person_id,
            "wallet_owner_id": plan.wallet_owner_id,
            "business_date": business_date,
            "occurred_at": plan.occurred_at,
            "total_fen": plan.total_fen,
            "offset_fen": plan.offset_fen,
            "offset_units": plan.offset_units,
            "paid_fen": plan.paid_fen,
            "earned_units": plan.earned_units,
            "route": plan.route,
            "payment_ref": plan.payment_ref,
            "txn_id": txn_id,
            "plan": plan.to_json() if state == "open" else "{}",
        },
    )


def answer_for(plan: Plan, *, business_date: int) -> dict[str, Any]:
    """What the till is told and the request keeps; ids as text, amounts in fen and units."""
    earned_state = "none" if not plan.earned_units else "spendable" if plan.spendable else "pending"
    return {
        "sale_id": plan.sale_id,
        "ref": plan.ref,
        "merchant_id": str(plan.merchant_id),
        "terminal_id": str(plan.terminal_id),
        "business_date": business_date,
        "occurred_at": plan.occurred_at,
        "total_fen": plan.total_fen,
        "offset_units": plan.offset_units,
        "offset_fen": plan.offset_fen,
        "paid_fen": plan.paid_fen,
        "earned_units": plan.earned_units,
        "earned_state": earned_state,
        "earned_cut_by": plan.cut_by,
        "repaid_units": plan.repay_units,
        "channel": plan.channel,
    }
