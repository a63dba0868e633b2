"""What a sale is decided on: the code believed, the request checked, limits and price, and the plan that follows."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final, Protocol

from ledger.book.chart import Account
from ledger.book.facts import CapUse
from ledger.book.steps import Step
from ledger.earning.caps import Cap
from ledger.earning.rates import category_allowed
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from ledger.token_keys import KeyClass
from ledger.units import CNY, MOST_FEN
from pos.certificates import member_with, shown_certificate
from pos.cover import CoverLowError
from pos.desk import Desk, check_version, day_of, rules_on
from pos.pricing import Member, Quote, Shop, quote
from pos.sale_plan import Accounts, Plan
from pos.sale_rules import SaleRules
from pos.scan import Scan
from pos.showing import (
    Showing,
    check_book_whole,
    check_showing,
    code_guards,
    spending_counts,
)
from pos.situation import Asked, look, stored_answer

KIND: Final = "sale"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRequest:
    """What a till asks for. `offset_units` is what the clerk confirmed; times in microseconds UTC."""

    community_id: int
    terminal_id: int
    clerk_id: int | None
    request_id: str
    counter: int
    ref: str
    token: str
    total_fen: int
    offset_units: int
    channel: str
    payment_ref: str | None
    pin: str | None
    occurred_at: int
    offline_policy: str | None = None
    """Decided without the server: the limits the till was told ('' for none); None for a sale with network."""

    def body(self) -> dict[str, Any]:
        """What 'the same content' means, whichever clerk sends it; a PIN typed again is not other content."""
        same = {name: getattr(self, name) for name in _SAME_CONTENT}
        if self.offline_policy is not None:
            same["offline_policy"] = self.offline_policy
        return same


_SAME_CONTENT: Final = tuple(
    field.name
    for field in fields(SaleRequest)
    if field.name not in {"pin", "clerk_id", "offline_policy"}
)


def open_shop_accounts(desk: Desk, terms: Terms, terminal_id: int, *, at: int) -> None:
    """See to the shop's accounts before a transaction begins: inside one they are only looked up."""
    here, merchant_id = terms.community.id, terms.terminal(terminal_id).merchant_id
    commodity = rules_now(terms, at).commodity
    desk.side(here, Account.COVER, CNY, merchant_id, at=at)
    desk.side(here, Account.OFFSET, commodity, merchant_id, at=at)
    desk.side(here, Account.ISSUED_CONSUMPTION, commodity, at=at)


def rules_now(terms: Terms, at: int) -> SaleRules:
    """The counter's rules on the business date of `at`."""
    return rules_on(terms, day_of(terms, at))


class LookRules(Protocol):
    """What a look asks of the rules: which points, and the caps whose counters it reads."""

    @property
    def commodity(self) -> int:
        """The point type in the book."""
        ...

    def earn_cap(self, span: str) -> Cap | None:
        """The cap on earning per `day` or `month`."""
        ...

    def offset_cap(self, span: str) -> Cap | None:
        """The cap on offsets per `month`."""
        ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan with the steps that belong to the code and the card."""

    plan: Plan
    guards: list[Step]
    by_carer: bool = False
    certificate: Row | None = None
    """The certificate whose points the sale takes, if one was shown."""


def prepare(
    desk: Desk,
    tx: Tx,
    terms: Terms,
    request: SaleRequest,
    scan: Scan,
    body_hash: bytes,
    *,
    at: int,
    pin_ok: bool,
) -> Prepared | dict[str, Any]:
    """Look once and decide: the stored answer of a request seen before, or a plan to write."""
    day = day_of(terms, at)
    rules = rules_on(terms, day)
    terminal = terms.terminal(request.terminal_id)
    cover = desk.side(request.community_id, Account.COVER, CNY, terminal.merchant_id, at=at)
    asked = asked_of(terms, rules, request, scan, cover_id=cover.account_id, day=day)
    row = look(tx, asked, certificate=scan.is_certificate)
    answer = stored_answer(row, KIND, body_hash)
    if answer is not None:
        return answer
    check_version(terms, int(row.config_version))
    check_book_whole(row, request.occurred_at, debits=request.offset_units > 0)
    if not 0 < request.total_fen <= MOST_FEN:
        raise Refusal("amount_wrong")
    showing = Showing(terms, request, scan.believed(), row, at, day)
    debits = request.offset_units > 0
    paper = (
        shown_certificate(tx, terms, scan, terminal, day, owner_id=row.owner_id)
        if scan.is_certificate
        else None
    )
    check_showing(showing, debits=debits)
    price = _price(showing, rules, request, paper)
    counts = spending_counts(showing, request.offset_units, pin_ok=pin_ok) if debits else []
    if price.offset_fen and (row.cover_free or 0) < price.offset_fen:
        raise CoverLowError(request.community_id, terminal.merchant_id, price.offset_fen, day)
    accounts = accounts_of(desk, showing, rules.commodity)
    caps = _caps(rules, price, counts, counted_before=paper is not None)
    plan = plan_of(showing, rules, request, price, accounts, caps, body_hash)
    guards = code_guards(showing, scan.use, debits=debits)
    return Prepared(plan, guards, row.carer_units is not None, paper)


def asked_of(
    terms: Terms, rules: LookRules, request: Row, scan: Scan, *, cover_id: int, day: int
) -> Asked:
    """What one look asks about: this request, this code, this person's limits on this day."""
    earn_day = rules.earn_cap("day") or _NO_CAP
    earn_month = rules.earn_cap("month") or _NO_CAP
    offset_month = rules.offset_cap("month") or _NO_CAP
    kind = "code" if scan.token is None or scan.token.is_single_use else "card"
    return Asked(
        community_id=request.community_id,
        request_id=request.request_id,
        ref=request.ref,
        terminal_id=request.terminal_id,
        merchant_id=terms.terminal(request.terminal_id).merchant_id,
        commodity=rules.commodity,
        **scan.use._asdict(),
        cover_id=cover_id,
        pool=int(terms.shown.has_pool),
        day=day,
        earn_day_code=earn_day.code,
        earn_month_code=earn_month.code,
        earn_month_key=earn_month.period_key,
        offset_month_code=offset_month.code,
        offset_month_key=offset_month.period_key,
        without_pin_code=f"without_pin_{kind}",
        spent_code=f"spent_{kind}",
        month=day // 100,
    )


_NO_CAP: Final = Cap("none", 0, 2**62)


def member_of(rules: SaleRules, row: Row) -> Member:
    """What the price needs to know of the holder."""
    counters = (
        (rules.earn_cap("day"), row.earned_day),
        (rules.earn_cap("month"), row.earned_month),
        (rules.offset_cap("month"), row.offset_month),
    )
    return Member(
        available=int(row.posted - row.held),
        owed=int(row.owed),
        used={cap.code: int(used or 0) for cap, used in counters if cap is not None},
        last_visit_at=int(row.last_visit_at or 0),
    )


def shop_on(terms: Terms, rules: SaleRules, merchant_id: int, day: int) -> Shop:
    """What the shop may do on a day: its agreement, and for earning its kind of trade and the year's budget."""
    agreement = terms.agreement_on(merchant_id, day)
    if agreement is None or terms.merchant(merchant_id).state != "active":
        return Shop(earns=False, offsets=False)
    category = terms.merchant(merchant_id).category
    earns = "earn" in agreement.roles and category_allowed(rules.scheme, rules.spend, category)
    offsets = "offset" in agreement.roles
    if earns and terms.earning_stopped_on(day):
        return Shop(earns=False, offsets=offsets, why_not="budget_used_up")
    if earns and terms.earning_paused_on(merchant_id, day):
        return Shop(earns=False, offsets=offsets, why_not="no_bills")
    return Shop(earns=earns, offsets=offsets)


def _price(showing: Showing, rules: SaleRules, request: SaleRequest, paper: Row | None) -> Quote:
    terms = showing.terms
    member = member_of(rules, showing.row)
    merchant_id = terms.terminal(request.terminal_id).merchant_id
    return quote(
        rules,
        member if paper is None else member_with(rules, member, paper),
        shop_on(terms, rules, merchant_id, showing.day),
        total_fen=request.total_fen,
        offset_units=request.offset_units,
        channel="scan" if request.channel == "gateway" else request.channel,
        at=showing.at,
    )


def accounts_of(desk: Desk, showing: Showing, commodity: int) -> Accounts:
    """The accounts a sale of this showing may touch."""
    here, row, at = showing.terms.community.id, showing.row, showing.at
    merchant_id = showing.terms.terminal(showing.request.terminal_id).merchant_id
    return Accounts(
        issued=desk.side(here, Account.ISSUED_CONSUMPTION, commodity, at=at).account_id,
        offset=desk.side(here, Account.OFFSET, commodity, merchant_id, at=at).account_id,
        cover=desk.side(here, Account.COVER, CNY, merchant_id, at=at).account_id,
        wallet=int(row.wallet_id),
        pending=int(row.pending_id),
        owed=int(row.owed_id),
    )


def plan_of(
    showing: Showing,
    rules: SaleRules,
    request: SaleRequest,
    price: Quote,
    accounts: Accounts,
    caps: tuple[CapUse, ...],
    body_hash: bytes,
) -> Plan:
    """Everything that was decided, as it will be written."""
    row = showing.row
    terminal = showing.terms.terminal(request.terminal_id)
    spendable = request.channel == "gateway"
    return Plan(
        community_id=request.community_id,
        sale_id=request.request_id,
        ref=request.ref,
        counter=request.counter,
        merchant_id=terminal.merchant_id,
        branch_id=terminal.branch_id,
        terminal_id=terminal.terminal_id,
        clerk_id=request.clerk_id,
        person_id=int(row.person_id),
        wallet_owner_id=int(row.owner_id),
        card_serial=None if showing.token.key_class is KeyClass.CRT else showing.token.serial,
        card_issue=int(row.card_issue),
        business_date=showing.day,
        occurred_at=request.occurred_at,
        at=showing.at,
        asked_at=showing.at,
        commodity=rules.commodity,
        scheme_version=rules.version,
        units_per_fen=rules.units_per_fen,
        total_fen=request.total_fen,
        offset_units=price.offset_units,
        offset_fen=price.offset_fen,
        paid_fen=price.paid_fen,
        earned_units=price.earned.units,
        cut_by=price.earned.cut_by,
        repay_units=min(int(row.owed), price.earned.units) if spendable else 0,
        route="gateway" if spendable else "reference" if request.payment_ref else "till",
        channel=request.channel,
        payment_ref=request.payment_ref,
        spendable=spendable,
        gap_us=rules.gap_us,
        body_hash=body_hash.hex(),
        caps=caps,
        accounts=accounts,
    )


def _caps(
    rules: SaleRules, price: Quote, counts: list[CapUse], *, counted_before: bool = False
) -> tuple[CapUse, ...]:
    earned, used = price.earned.units, 0 if counted_before else price.offset_units
    earning = (
        CapUse(c.code, c.period_key, earned, c.units) for c in rules.earn_caps if c.period_key
    )
    offsetting = (
        CapUse(c.code, c.period_key, used, c.units) for c in rules.offset_caps if c.period_key
    )
    return (*(earning if earned else ()), *(offsetting if used else ()), *counts)
