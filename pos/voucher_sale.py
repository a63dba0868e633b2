"""Selling vouchers: at a counter to whoever shows a code, or on a resident's own page with the PIN."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from ledger.book import requests
from ledger.book.facts import caps_step
from ledger.book.steps import Step, apply
from ledger.earning.scheme import Scheme
from ledger.errors import GuardMissedError, Refusal
from ledger.households.limits import member_counts
from ledger.members import pins
from ledger.members.residents import get_resident
from ledger.members.terms import Terms
from ledger.services.items import service_on
from ledger.services.vouchers import Purchase, sell
from ledger.sql import Sql, Tx
from ledger.units import FIRST_POINT_COMMODITY
from pos.decide import asked_of
from pos.desk import Desk, check_version, day_of, rules_on
from pos.scan import Scan
from pos.scanning import run_scanned
from pos.showing import Showing, check_book_whole, check_showing, code_guards, spending_counts
from pos.situation import look, stored_answer

KIND: Final = "voucher_buy"

_RECOVERING: Final = Sql("SELECT recovery_id FROM community WHERE community_id = :community_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterSale:
    """What a counter asks for: one voucher of a service, paid by the code shown. Times in microseconds UTC."""

    community_id: int
    terminal_id: int
    clerk_id: int | None
    request_id: str
    counter: int
    ref: str
    token: str
    service_id: int
    pin: str | None
    occurred_at: int

    def body(self) -> dict[str, Any]:
        """What 'the same content' means; a PIN typed again is not other content."""
        return {
            name: value for name, value in asdict(self).items() if name not in {"pin", "clerk_id"}
        }


class PageSale(NamedTuple):
    """What a resident asks for on the own page; `pin` is always needed there."""

    community_id: int
    request_id: str
    person_id: int
    service_id: int
    pin: str


def sell_at_counter(desk: Desk, request: CounterSale, *, at: int) -> dict[str, Any]:
    """Sell one voucher to whoever shows a code at a counter; the same request again gives the first answer.

    Refuses: the token's refusals, token_used, token_earn_only, card_not_active, card_replaced, card_too_soon,
    merchant_not_redeeming, good_other_points, pin_needed and the PIN's refusals, spent_day_cap, ref_bad,
    terminal_revoked, recovery_no_spending, request_id_reused, and what `ledger.services.vouchers.sell` refuses.
    """
    body_hash = requests.hash_of(request.body())

    def attempt(tx: Tx, terms: Terms, scan: Scan, *, pin_ok: bool) -> dict[str, Any]:
        return _at_counter(tx, terms, request, scan, body_hash, at=at, pin_ok=pin_ok)

    return run_scanned(desk, request, KIND, body_hash, attempt, at=at)


def sell_on_page(desk: Desk, request: PageSale, *, at: int) -> dict[str, Any]:
    """Sell one voucher to a resident on the own page.

    Refuses: pin_wrong, pin_locked, pin_not_set, recovery_no_spending, member_limit, busy_try_again, request_id_reused,
    and what `ledger.services.vouchers.sell` refuses.
    """
    terms = desk.refresh(request.community_id)
    # Hashing is slow on purpose and holds no lock; a wrong PIN is never the request's outcome.
    pins.check_pin(
        desk.db, request.community_id, request.person_id, request.pin, pepper=desk.pepper, at=at
    )
    try:
        return requests.once(
            desk.db,
            request.community_id,
            request.request_id,
            kind=KIND,
            body={"person_id": request.person_id, "service_id": request.service_id},
            at=at,
            work=partial(_on_page, terms, request, at),
        )
    except GuardMissedError as missed:
        raise Refusal("busy_try_again") from missed


def owner_in(scheme: Scheme, commodity: int, person_id: int, household_id: int) -> int:
    """Whose wallet of that kind of points a person spends from: the household's where it shares one."""
    kind = scheme.point_types[commodity - FIRST_POINT_COMMODITY - 1]
    shared = kind.household_pool or kind.subject == "household"
    return household_id if shared else person_id


def _on_page(terms: Terms, request: PageSale, at: int, tx: Tx) -> dict[str, Any]:
    here, day = request.community_id, day_of(terms, at)
    if tx.get(_RECOVERING, community_id=here).recovery_id is not None:
        raise Refusal("recovery_no_spending")
    resident = get_resident(tx, here, request.person_id)
    service = service_on(tx, here, request.service_id, day)
    scheme = terms.scheme_on(day)
    owner = owner_in(scheme, int(service.commodity), request.person_id, resident.household_id)
    counts = []
    if terms.shown.has_pool and int(service.commodity) == terms.shown.commodity:
        who, units = request.person_id, int(service.price_units)
        counts = member_counts(tx, here, owner, who, units, month=day // 100)
    return sell(
        tx,
        Purchase(
            community_id=here,
            request_id=request.request_id,
            service_id=request.service_id,
            person_id=request.person_id,
            wallet_owner_id=owner,
            business_date=day,
            occurred_at=at,
            scheme_version=f"{scheme.id}/{scheme.version}",
            extra=[caps_step(here, request.person_id, counts)] if counts else [],
        ),
        at=at,
    )


def _at_counter(
    tx: Tx,
    terms: Terms,
    request: CounterSale,
    scan: Scan,
    body_hash: bytes,
    *,
    at: int,
    pin_ok: bool,
) -> dict[str, Any]:
    day = day_of(terms, at)
    rules = rules_on(terms, day)
    row = look(tx, asked_of(terms, rules, request, scan, cover_id=0, day=day))
    known = stored_answer(row, KIND, body_hash)
    if known is not None:
        return known
    check_version(terms, int(row.config_version))
    check_book_whole(row, request.occurred_at, debits=True)
    showing = Showing(terms, request, scan.believed(), row, at, day)
    terminal = terms.terminal(request.terminal_id)
    agreement = terms.agreement_on(terminal.merchant_id, day)
    if agreement is None or "redeem" not in agreement.roles:
        raise Refusal("merchant_not_redeeming")
    check_showing(showing, debits=True)
    service = service_on(tx, request.community_id, request.service_id, day)
    if int(service.commodity) != terms.civic.commodity:
        raise Refusal("good_other_points")
    counts = spending_counts(showing, int(service.price_units), pin_ok=pin_ok)
    extra = [
        *code_guards(showing, scan.use, debits=True),
        caps_step(request.community_id, int(row.person_id), counts),
    ]
    answer = sell(tx, _purchase(showing, request, extra), at=at)
    answer["ref"] = request.ref
    kept = requests.keep_step(
        request.community_id, request.request_id, KIND, body_hash, at=at, response=answer
    )
    step = requests.keep_with_balance_step(kept, int(row.wallet_id), txn_id=int(answer["txn_id"]))
    returned = apply(tx, [step])
    return {**answer, "balance_units": int(returned["request"].balance_after)}


def _purchase(showing: Showing, request: CounterSale, extra: list[Step]) -> Purchase:
    terminal, row = showing.terms.terminal(request.terminal_id), showing.row
    return Purchase(
        community_id=request.community_id,
        request_id=request.request_id,
        service_id=request.service_id,
        person_id=int(row.person_id),
        wallet_owner_id=int(row.owner_id),
        business_date=showing.day,
        occurred_at=request.occurred_at,
        scheme_version=rules_on(showing.terms, showing.day).version,
        sold_by="counter",
        merchant_id=terminal.merchant_id,
        branch_id=terminal.branch_id,
        terminal_id=terminal.terminal_id,
        clerk_id=request.clerk_id,
        card_serial=showing.token.serial,
        card_issue=int(row.card_issue),
        ref=request.ref,
        extra=extra,
    )
