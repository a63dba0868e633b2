"""Certificates at the desk: printed by the scheme's rules, and taken where a shop reads one to the hotline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ledger import audit
from ledger.audit import By
from ledger.book.steps import apply
from ledger.certificates.desk import Wish, print_certificate
from ledger.certificates.facts import find_by_serial
from ledger.certificates.rules import check_points, kinds_for, read_number
from ledger.errors import Refusal
from ledger.ids import derived_request_id
from ledger.members import residents, terminals
from ledger.members.kin import check_stands_apart
from ledger.members.terminals import Terminal
from ledger.members.terms import Terms
from ledger.refs import make_reference
from ledger.sql import Sql, Tx
from pos.checkout import check_out
from pos.decide import SaleRequest
from pos.desk import Desk, day_of, rules_on
from pos.notices import CERTIFICATE, tell_step

_TRIES: Final = 3
_NEXT: Final = Sql(
    "SELECT count(*) + 1 AS counter FROM sale WHERE community_id = :community_id"
    " AND terminal_id = :terminal_id"
)


def kinds_offered(terms: Terms, day: int) -> list[str]:
    """The kinds of shops a certificate can be printed for: of those that take points off bills, and the wider ones."""
    merchants = terms.scheme_on(day).merchants
    takes = [
        shop.category
        for shop in terms.merchants.values()
        if shop.state == "active"
        and (agreement := terms.agreement_on(shop.merchant_id, day)) is not None
        and "offset" in agreement.roles
    ]
    return kinds_for(merchants.category_tree if merchants else {}, takes)


def print_at_desk(
    tx: Tx,
    terms: Terms,
    *,
    request_id: str,
    person_id: int,
    units: int,
    shop_kind: str,
    by: By,
    at: int,
) -> dict[str, Any]:
    """Print a certificate for a resident who stands at the desk; `units` in the smallest unit of the points.

    The resident is told on their own page. Refuses: certificate_not_offered, certificate_points, certificate_kind,
    resident_not_found, resident_left, consent_missing, own_household, own_kin, and those of
    `ledger.certificates.desk.print_certificate`.
    """
    day = day_of(terms, at)
    rules = rules_on(terms, day)
    if not rules.offset.paper_certificate_fallback:
        raise Refusal("certificate_not_offered")
    a_point = 10**terms.civic.precision
    check_points(units, a_point=a_point, step_units=rules.offset.units(rules.offset.step_points))
    if shop_kind not in kinds_offered(terms, day):
        raise Refusal("certificate_kind")
    who = residents.get_resident(tx, terms.community.id, person_id)
    if who.state != "active":
        raise Refusal("resident_left")
    if who.consent_at is None:
        raise Refusal("consent_missing")
    check_stands_apart(tx, terms.community.id, by.id, who.household_id)
    cap = rules.offset_cap("month")
    has_pool = terms.civic.has_pool
    wish = Wish(
        community_id=terms.community.id,
        request_id=request_id,
        person_id=person_id,
        wallet_owner_id=who.household_id if has_pool else person_id,
        household_id=who.household_id if has_pool else 0,
        commodity=rules.commodity,
        units=units,
        shop_kind=shop_kind,
        cap_code="" if cap is None else cap.code,
        cap_units=0 if cap is None else cap.units,
        month=day // 100 if cap is None else cap.period_key,
        business_date=day,
        valid_days=terms.settings.certificate_days,
    )
    made = print_certificate(tx, wish, by=by, at=at)
    said = {"units": units, "until": int(made["last_day"])}
    apply(tx, [tell_step(terms.community.id, person_id, CERTIFICATE, "", at=at, **said)])
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a shop reads to the hotline: the number, its bill in fen, the units to take, how the rest was paid."""

    community_id: int
    request_id: str
    merchant_id: int
    number: str
    total_fen: int
    offset_units: int
    channel: str


def take_by_hotline(desk: Desk, call: Call, *, by: By, at: int) -> dict[str, Any]:
    """Book a sale that a shop read to the hotline; gives what the hotline reads back, the reference above all.

    The shop claims it like any offset, under that reference. Who took the call is kept beside the certificate.
    Refuses: certificate_number_wrong, certificate_not_found, certificate_own_print, own_household, own_kin, and those
    of `pos.checkout.check_out`.
    """
    serial = read_number(call.number)
    if serial is None:
        raise Refusal("certificate_number_wrong")
    terminal = desk.db.write(lambda tx: _answer(tx, call, serial, by=by, at=at))
    day = day_of(desk.refresh(call.community_id), at)
    for attempt in range(_TRIES):
        with desk.db.read() as tx:
            counter = int(
                tx.get(
                    _NEXT, community_id=call.community_id, terminal_id=terminal.terminal_id
                ).counter
            )
        request = SaleRequest(
            community_id=call.community_id,
            terminal_id=terminal.terminal_id,
            clerk_id=None,
            request_id=derived_request_id("hotline", call.request_id, attempt),
            counter=counter,
            ref=make_reference(terminal.code, day, counter),
            token=call.number,
            total_fen=call.total_fen,
            offset_units=call.offset_units,
            channel=call.channel,
            payment_ref=None,
            pin=None,
            occurred_at=at,
        )
        try:
            return check_out(desk, request, at=at)
        except Refusal as refusal:
            # Another call took this running number a moment ago; the next one is free.
            if refusal.code != "ref_taken":
                raise
    raise Refusal("busy_try_again")


def _answer(tx: Tx, call: Call, serial: int, *, by: By, at: int) -> Terminal:
    """Note who took the call, neither whoever printed the paper nor the holder's own; gives the terminal."""
    here = call.community_id
    found = find_by_serial(tx, here, serial)
    if found is None:
        raise Refusal("certificate_not_found")
    if by.kind == "staff" and found.printed_by == by.id:
        raise Refusal("certificate_own_print")
    home = residents.get_resident(tx, here, int(found.person_id)).household_id
    check_stands_apart(tx, here, by.id, home)
    facts: audit.Facts = {
        "merchant_id": call.merchant_id,
        "fen": call.total_fen,
        "units": call.offset_units,
    }
    subject = f"certificate:{found.certificate_id}"
    audit.record(tx, here, by, "certificate.hotline", subject, at=at, after=facts)
    return terminals.hotline_of(tx, here, call.merchant_id, by=by, at=at)
