"""A certificate at a till: taken in place of a card, for what was set aside and no more; the rest goes back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ledger.book.steps import Step
from ledger.certificates.desk import standing_of, use_steps
from ledger.certificates.facts import find_by_serial
from ledger.certificates.rules import check_usable
from ledger.errors import Refusal
from ledger.members.terminals import Terminal
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from pos.pricing import Member
from pos.sale_plan import Plan
from pos.sale_rules import SaleRules
from pos.scan import Scan


@dataclass(frozen=True, slots=True)
class Taken:
    """What a sale takes of a certificate: holds used up by account, what else is written, what the slip says of it."""

    captured: dict[int, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)


def shown_certificate(
    tx: Tx, terms: Terms, scan: Scan, terminal: Terminal, day: int, *, owner_id: int | None
) -> Row:
    """The certificate that was shown, if this shop may take it on this day; `owner_id`: whose pool its holder uses now.

    Refuses: certificate_not_found, certificate_used, certificate_cancelled, certificate_expired,
    certificate_other_kind, certificate_moved.
    """
    found = find_by_serial(tx, terms.community.id, scan.believed().serial)
    if found is None:
        raise Refusal("certificate_not_found")
    merchants = terms.scheme_on(day).merchants
    tree = merchants.category_tree if merchants else {}
    category = terms.merchant(terminal.merchant_id).category
    check_usable(standing_of(found), category, tree, day)
    if owner_id != found.wallet_owner_id:
        # The points lie in the old pool: the new one must not pay for them.
        raise Refusal("certificate_moved")
    return found


def member_with(rules: SaleRules, member: Member, paper: Row) -> Member:
    """The holder as the price sees them: with the certificate's points alone.

    Limits on offsets are left out: they were counted when it was printed.
    """
    counted = {cap.code for cap in rules.offset_caps}
    used = {code: units for code, units in member.used.items() if code not in counted}
    return replace(member, available=int(paper.units), owed=0, used=used)


def take(tx: Tx, plan: Plan, paper: Row | None, *, txn_id: int) -> Taken:
    """End the certificate with this sale; while nothing is taken of it, it stays good.

    Raises GuardMissedError where it ended meanwhile.
    """
    if paper is None or not plan.offset_units:
        return Taken()
    captured, steps = use_steps(
        tx,
        plan.community_id,
        paper,
        plan.offset_units,
        merchant_id=plan.merchant_id,
        terminal_id=plan.terminal_id,
        ref=plan.ref,
        business_date=plan.business_date,
        txn_id=txn_id,
        at=plan.at,
    )
    units = int(paper.units)
    said = {"certificate_units": units, "certificate_back_units": units - plan.offset_units}
    return Taken(captured, steps, said)
