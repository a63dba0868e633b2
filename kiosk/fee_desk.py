"""Taking points off a fee bill, as the resident's page and the office's desk do it: quote, hold, confirm, let go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ledger.bills.facts import Bill, get_bill
from ledger.bills.imports import is_biller
from ledger.bills.offsets import (
    Asked,
    CoverShortError,
    hold_points,
    month_used,
    owner_of,
)
from ledger.bills.rules import KINDS, FeeKind, FeeRules, Room, fee_rules, room
from ledger.book import requests
from ledger.book.balances import wallet_of
from ledger.book.facts import CapUse, burn_step, caps_step, pause_step
from ledger.book.steps import Step, apply
from ledger.clock import SECOND_US
from ledger.earning.calendar import day_from_key
from ledger.earning.rates import Limit
from ledger.errors import GuardMissedError, Refusal
from ledger.households import limits
from ledger.members.carers import counter_of
from ledger.members.kin import check_stands_apart
from ledger.members.terms import Terms
from ledger.sql import Row, Sql, Tx
from pos.cover import CoverLowError, fill_cover
from pos.desk import TRIES, Desk, day_of
from pos.pin_check import PinAsked, check_pin
from pos.scan import Scan, scan_code

KIND: Final = "fee_offset"
_DAY_US: Final = 86_400 * SECOND_US

_HOLDER: Final = Sql(
    "SELECT k.issue, k.state AS card_state, k.last_debit_at, r.person_id, r.household_id,"
    " r.state AS person_state, u.used_at,"
    " cc.day_units AS carer_units FROM card k"
    " LEFT JOIN carer_card cc ON cc.community_id = k.community_id AND cc.serial = k.serial"
    " JOIN resident r ON r.community_id = k.community_id AND r.person_id = k.person_id"
    " LEFT JOIN token_use u ON u.community_id = k.community_id AND u.kid = :kid"
    "  AND u.serial = k.serial AND u.issued_at_s = :issued_at_s AND u.sequence = :sequence"
    " WHERE k.community_id = :community_id AND k.serial = :serial"
)
_SPENT: Final = Sql(
    "SELECT cap_code, used FROM cap_counter WHERE community_id = :community_id"
    " AND subject_id = :person_id AND period_key = :day"
)


class FeeQuote(NamedTuple):
    """What a bill, the month and the balance leave; `reason` is the word for what keeps it from being more."""

    room: Room
    reason: str
    rules: FeeRules | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeRequest:
    """What a household wants taken off a bill; `at_office`: the staff member who scanned the card, 0 on the own page.

    `token`, `pin`: the code as scanned and the six digits, at the office alone.
    """

    community_id: int
    request_id: str
    bill_id: int
    units: int
    person_id: int = 0
    household_id: int = 0
    at_office: int = 0
    token: str = ""
    pin: str | None = None

    def body(self) -> dict[str, Any]:
        """What 'the same content' means; a PIN typed again is not other content."""
        return {
            "bill_id": str(self.bill_id),
            "units": self.units,
            "person_id": str(self.person_id),
            "token": self.token,
        }


def rules_for(terms: Terms, bill: Bill, day: int) -> FeeRules | None:
    """The rule for a bill's kind of fee on a day, None where points do not pay it or the biller has no agreement."""
    kind: FeeKind = KINDS[KINDS.index(bill.kind)]
    if not is_biller(terms, bill.biller_id, day):
        return None
    return fee_rules(terms.scheme_on(day), kind, day_from_key(day))


def quote(tx: Tx, terms: Terms, bill: Bill, *, person_id: int, day: int) -> FeeQuote:
    """How many points this person may use for a bill now, and why not more."""
    rules = rules_for(terms, bill, day)
    if rules is None or bill.is_cancelled:
        nothing = Room(0, 0, Limit.BILL_SHARE)
        return FeeQuote(nothing, "cancelled" if bill.is_cancelled else "not_offered", rules)
    here = terms.community.id
    owner = owner_of(rules, person_id, bill.household_id)
    wallet = wallet_of(tx, here, owner, rules.commodity)
    found = room(
        rules,
        ceiling=bill.ceiling_fen,
        offset_so_far=bill.offset_fen,
        available=0 if wallet.owed else wallet.available,
        month_used=month_used(tx, here, rules, bill.household_id),
    )
    return FeeQuote(found, "points_owed" if wallet.owed else found.limited_by.value, rules)


def ask(desk: Desk, request: FeeRequest, *, at: int) -> dict[str, Any]:
    """Hold points for a bill; the same request again is answered from the first time.

    Refuses: what `ledger.bills.offsets.hold_points` refuses, fee_not_offered, cover_empty, the refusals of a scanned
    code (token_used, token_earn_only, card_not_active, card_replaced, card_too_soon) and of a PIN, spent_day_cap,
    carer_day_cap, pin_needed, own_household, own_kin, request_id_reused, busy_try_again.
    """
    terms = desk.refresh(request.community_id)
    scan = scan_code(terms, request.token, at=at) if request.at_office else None
    pin_ok = scan is None or _is_pin_right(desk, request, scan, at=at)
    for _ in range(TRIES):
        try:
            return _once(desk, terms, request, scan, pin_ok=pin_ok, at=at)
        except CoverShortError as short:
            low = CoverLowError(
                request.community_id, short.biller_id, short.need_fen, day_of(terms, at)
            )
            fill_cover(desk, terms, low, at=at)
        except GuardMissedError:
            # Others were quicker at every try: nothing was written, the next figures decide.
            continue
    raise Refusal("busy_try_again")


def _once(
    desk: Desk,
    terms: Terms,
    request: FeeRequest,
    scan: Scan | None,
    *,
    pin_ok: bool,
    at: int,
) -> dict[str, Any]:
    def work(tx: Tx) -> dict[str, Any]:
        return _work(tx, terms, request, scan, pin_ok=pin_ok, at=at)

    return requests.once(
        desk.db,
        request.community_id,
        request.request_id,
        kind=KIND,
        body=request.body(),
        at=at,
        work=work,
    )


def _work(
    tx: Tx, terms: Terms, request: FeeRequest, scan: Scan | None, *, pin_ok: bool, at: int
) -> dict[str, Any]:
    here, day = request.community_id, day_of(terms, at)
    person_id, household_id = request.person_id, request.household_id
    guards: list[Step] = []
    carer_units: int | None = None
    if scan is not None:
        holder = _holder(tx, here, scan, terms, at=at)
        person_id, household_id = int(holder.person_id), int(holder.household_id)
        carer_units = holder.carer_units
        guards = _code_guards(terms, request, scan, at=at)
        check_stands_apart(tx, here, request.at_office, household_id)
    bill = get_bill(tx, here, request.bill_id)
    rules = rules_for(terms, bill, day)
    if rules is None:
        raise Refusal("fee_not_offered")
    counts = _spending_counts(
        tx, terms, person_id, request.units, day, is_card=_is_card(scan), pin_ok=pin_ok
    )
    if scan is not None and carer_units is not None:
        counts.append(
            _carer_count(
                tx, terms, person_id, scan.use.serial, int(carer_units), request.units, day
            )
        )
    asked = Asked(
        here,
        request.request_id,
        request.bill_id,
        person_id,
        household_id,
        request.units,
        "office" if request.at_office else "resident",
        day,
        at,
        at + terms.settings.fee_confirm_days * _DAY_US,
    )
    counts += limits.member_counts(
        tx, here, household_id, person_id, request.units, month=day // 100
    )
    answer = hold_points(tx, rules, asked)
    apply(tx, [*guards, caps_step(here, person_id, counts)])
    return answer


def _is_card(scan: Scan | None) -> bool:
    return scan is not None and not scan.believed().is_single_use


def _is_pin_right(desk: Desk, request: FeeRequest, scan: Scan, *, at: int) -> bool:
    # Only a believed code may try a PIN: otherwise anybody could lock anybody's.
    if request.pin is None or scan.token is None:
        return False
    return check_pin(desk, PinAsked(request.community_id, scan.use.serial, request.pin, 0), at=at)


def _holder(tx: Tx, community_id: int, scan: Scan, terms: Terms, *, at: int) -> Row:
    """Whose code was scanned; refuses one nobody may spend with now."""
    token = scan.believed()
    if token.key_class == "earn":
        raise Refusal("token_earn_only")
    use = scan.use._asdict()
    row = tx.find(_HOLDER, community_id=community_id, **use)
    if row is None or row.card_state != "active" or row.person_state != "active":
        raise Refusal("card_not_active", state=row.card_state if row else "unknown")
    if token.is_single_use:
        if row.used_at is not None:
            raise Refusal("token_used", used_at=int(row.used_at))
        return row
    if token.issue != row.issue:
        raise Refusal("card_replaced")
    pause_s, since_us = terms.settings.card_pause_s, at - int(row.last_debit_at)
    if since_us < pause_s * SECOND_US:
        raise Refusal("card_too_soon", wait_s=pause_s, ago_s=since_us // SECOND_US)
    return row


def _code_guards(terms: Terms, request: FeeRequest, scan: Scan, *, at: int) -> list[Step]:
    if scan.believed().is_single_use:
        return [
            burn_step(
                request.community_id, scan.use, at=at, terminal_id=0, request_id=request.request_id
            )
        ]
    pause_us = terms.settings.card_pause_s * SECOND_US
    return [pause_step(request.community_id, scan.use.serial, at=at, pause_us=pause_us)]


def _spending_counts(
    tx: Tx,
    terms: Terms,
    person_id: int,
    units: int,
    day: int,
    *,
    is_card: bool,
    pin_ok: bool,
) -> list[CapUse]:
    """The day's sums that `units` count against, as at a shop; refuses spent_day_cap and pin_needed."""
    (most, free), kind = terms.limits(is_code=not is_card), "card" if is_card else "code"
    rows = tx.all(_SPENT, community_id=terms.community.id, person_id=person_id, day=day)
    used = {row.cap_code: int(row.used) for row in rows}
    if used.get(f"spent_{kind}", 0) + units > most:
        raise Refusal("spent_day_cap", limit_units=terms.said(most))
    counts = [CapUse(f"spent_{kind}", day, units, most)]
    if not pin_ok:
        if used.get(f"without_pin_{kind}", 0) + units > free:
            raise Refusal("pin_needed", limit_units=terms.said(free))
        counts.append(CapUse(f"without_pin_{kind}", day, units, free))
    return counts


def _carer_count(
    tx: Tx, terms: Terms, person_id: int, serial: int, limit: int, units: int, day: int
) -> CapUse:
    """What a carer's card may spend in a day, PIN or not, as at a shop; refuses carer_day_cap."""
    code = counter_of(serial)
    rows = tx.all(_SPENT, community_id=terms.community.id, person_id=person_id, day=day)
    used = sum(int(row.used) for row in rows if row.cap_code == code)
    if used + units > limit:
        raise Refusal("carer_day_cap", left_units=terms.said(max(0, limit - used)))
    return CapUse(code, day, units, limit)
