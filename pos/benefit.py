"""Benefits by agreement at a till: shown to whoever may have them, recorded when given, never claimed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from ledger.book import requests
from ledger.book.accounts import account_id
from ledger.book.balances import lock_wallet
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, check_open
from ledger.book.posting import steps as posting_steps
from ledger.book.steps import apply
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.members.residents import get_resident
from ledger.members.terms import Terms
from ledger.services.benefits import Offered, benefits_for, given_step, off_fen, offered_to
from ledger.sql import Tx
from ledger.units import FIRST_POINT_COMMODITY, MOST_FEN
from pos.decide import asked_of
from pos.desk import Desk, check_version, day_of, rules_on
from pos.scan import Scan, scan_code
from pos.scanning import run_scanned
from pos.showing import Showing, check_book_whole, check_card, check_showing, code_guards
from pos.situation import look, stored_answer

KIND: Final = "benefit"


@dataclass(frozen=True, slots=True, kw_only=True)
class BenefitRequest:
    """What a till asks for: one benefit of the scheme on a bill of `total_fen`. Times in microseconds UTC."""

    community_id: int
    terminal_id: int
    clerk_id: int | None
    request_id: str
    counter: int
    ref: str
    token: str
    code: str
    total_fen: int
    occurred_at: int
    pin: str | None = None

    def body(self) -> dict[str, Any]:
        """What 'the same content' means."""
        return {
            name: value for name, value in asdict(self).items() if name not in {"pin", "clerk_id"}
        }


@dataclass(frozen=True, slots=True)
class _Look:
    """Whose code it is, for a glance that writes nothing."""

    community_id: int
    terminal_id: int
    request_id: str = ""
    ref: str = ""


def benefits_at(
    desk: Desk, community_id: int, terminal_id: int, token: str, *, at: int
) -> list[Offered]:
    """What the holder of a code may have at this till today; nothing is written and the code is not burned.

    Refuses: the token's refusals, token_used, card_not_active, card_replaced.
    """
    terms = desk.terms_with(community_id, terminal_id)
    scan = scan_code(terms, token, at=at)
    day = day_of(terms, at)
    with desk.db.read() as tx:
        asked = _Look(community_id, terminal_id)
        row = look(tx, asked_of(terms, rules_on(terms, day), asked, scan, cover_id=0, day=day))
        believed = scan.believed()
        if row.token_used_at is not None and believed.is_single_use:
            raise Refusal("token_used", used_at=int(row.token_used_at))
        check_card(row, believed)
        return _offers(tx, terms, terminal_id, int(row.person_id), day)


def give_benefit(desk: Desk, request: BenefitRequest, *, at: int) -> dict[str, Any]:
    """Give a benefit and write it down; the same request again gives the first answer.

    The merchant bears what comes off: no offset is booked, and a claim for it finds nothing in the book (X1).
    Refuses: the token's refusals, token_used, token_earn_only, card_not_active, card_replaced, card_too_soon,
    benefit_not_found, benefit_not_eligible, amount_wrong, ref_bad, ref_taken, terminal_revoked, period_locked,
    recovery_no_spending, request_id_reused.
    """
    body_hash = requests.hash_of(request.body())

    def attempt(tx: Tx, terms: Terms, scan: Scan, *, pin_ok: bool) -> dict[str, Any]:  # noqa: ARG001 - as run_scanned calls it
        return _give(tx, terms, request, scan, body_hash, at=at)

    return run_scanned(desk, request, KIND, body_hash, attempt, at=at)


def _give(
    tx: Tx, terms: Terms, request: BenefitRequest, scan: Scan, body_hash: bytes, *, at: int
) -> dict[str, Any]:
    day = day_of(terms, at)
    row = look(tx, asked_of(terms, rules_on(terms, day), request, scan, cover_id=0, day=day))
    known = stored_answer(row, KIND, body_hash)
    if known is not None:
        return known
    check_version(terms, int(row.config_version))
    check_book_whole(row, request.occurred_at, debits=True)
    if not 0 < request.total_fen <= MOST_FEN:
        raise Refusal("amount_wrong")
    showing = Showing(terms, request, scan.believed(), row, at, day)
    check_showing(showing, debits=True)
    check_open(tx, request.community_id, day)
    person_id = int(row.person_id)
    # Two tills at once would each find that nothing was given yet.
    lock_wallet(tx, request.community_id, int(row.wallet_id))
    offers = _offers(tx, terms, request.terminal_id, person_id, day)
    offer = next((one for one in offers if one.code == request.code), None)
    if offer is None:
        raise Refusal("benefit_not_found")
    if offer.why_not:
        raise Refusal("benefit_not_eligible", why=offer.why_not)
    posting = _posting(tx, showing, request, offer) if offer.burn_units else None
    off = off_fen(request.total_fen, offer.percent_off)
    answer: dict[str, Any] = {
        "ref": request.ref,
        "name": offer.name,
        "code": offer.code,
        "total_fen": request.total_fen,
        "off_fen": off,
        "paid_fen": request.total_fen - off,
        "burned_units": offer.burn_units,
        "business_date": day,
        "occurred_at": request.occurred_at,
    }
    txn_id = None if posting is None else posting.txn_id
    apply(
        tx,
        [
            *code_guards(showing, scan.use, debits=True),
            *([] if posting is None else posting_steps(posting)),
            given_step(_row(showing, request, offer, answer, txn_id)),
            requests.keep_step(
                request.community_id,
                request.request_id,
                KIND,
                body_hash,
                at=at,
                response=answer,
                txn_id=txn_id,
            ),
        ],
    )
    return answer


def _offers(tx: Tx, terms: Terms, terminal_id: int, person_id: int, day: int) -> list[Offered]:
    merchant = terms.merchant(terms.terminal(terminal_id).merchant_id)
    if terms.agreement_on(merchant.merchant_id, day) is None:
        return []
    scheme, here = terms.scheme_on(day), terms.community.id
    home = get_resident(tx, here, person_id).household_id
    return [
        offered_to(tx, here, scheme, one, person_id=person_id, household_id=home, day=day)
        for one in benefits_for(scheme, merchant.category)
    ]


def _posting(tx: Tx, showing: Showing, request: BenefitRequest, offer: Offered) -> Posting:
    here, at, commodity = request.community_id, showing.at, offer.commodity
    terminal, person_id = showing.terms.terminal(request.terminal_id), int(showing.row.person_id)
    scheme = showing.terms.scheme_on(showing.day)
    kind = scheme.point_types[commodity - FIRST_POINT_COMMODITY - 1]
    shared = kind.household_pool or kind.subject == "household"
    owner = get_resident(tx, here, person_id).household_id if shared else person_id
    wallet = Side(account_id(tx, here, Account.WALLET, commodity, owner, at=at), Account.WALLET)
    gone = Side(account_id(tx, here, Account.REDEEMED, commodity, at=at), Account.REDEEMED)
    return Posting(
        community_id=here,
        kind=Kind.BENEFIT,
        request_id=request.request_id,
        txn_id=new_id(at),
        occurred_at=request.occurred_at,
        at=at,
        business_date=showing.day,
        lines=[Line(wallet, gone, commodity, offer.burn_units)],
        ref=request.ref,
        scheme_period=str(showing.day // 100),
        scheme_version=rules_on(showing.terms, showing.day).version,
        person_id=person_id,
        wallet_owner_id=owner,
        card_serial=showing.token.serial,
        card_issue=int(showing.row.card_issue),
        merchant_id=terminal.merchant_id,
        branch_id=terminal.branch_id,
        terminal_id=terminal.terminal_id,
        staff_id=request.clerk_id,
        reason_key=Kind.BENEFIT.value,
        source="till",
    )


def _row(
    showing: Showing,
    request: BenefitRequest,
    offer: Offered,
    answer: dict[str, Any],
    txn_id: int | None,
) -> dict[str, Any]:
    return {
        "community_id": request.community_id,
        "benefit_id": request.request_id,
        "code": offer.code,
        "merchant_id": showing.terms.terminal(request.terminal_id).merchant_id,
        "terminal_id": request.terminal_id,
        "clerk_id": request.clerk_id,
        "person_id": int(showing.row.person_id),
        "ref": request.ref,
        "business_date": showing.day,
        "occurred_at": request.occurred_at,
        "total_fen": request.total_fen,
        "off_fen": answer["off_fen"],
        "commodity": offer.commodity,
        "burned_units": offer.burn_units,
        "scheme_version": rules_on(showing.terms, showing.day).version,
        "txn_id": txn_id,
    }
