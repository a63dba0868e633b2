"""What a sale is decided on: the code believed, the request checked, limits and price, and the plan that follows."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

from ledger import tokens
from ledger.book.chart import Account
from ledger.book.facts import Use, burn_step, pause_step
from ledger.book.steps import Step
from ledger.clock import SECOND_US
from ledger.earning.caps import Cap
from ledger.earning.rates import category_allowed
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.refs import read_reference
from ledger.sql import Row, Tx
from ledger.tokens import Token
from ledger.units import CNY, MOST_FEN
from pos.cover import CoverLowError
from pos.desk import Desk, check_version, day_of, rules_on
from pos.pricing import Member, Quote, Shop, quote
from pos.sale_plan import Accounts, Plan
from pos.sale_rules import SaleRules
from pos.situation import Asked, look, stored_answer

KIND: Final = "sale"
CLASSES: Final = frozenset({"card", "dyn", "earn", "vch"})


class NoAccountsError(Exception):
    """The member's accounts have not been opened yet."""

    def __init__(self, owner_id: int) -> None:
        """Name the wallet's owner."""
        super().__init__(owner_id)
        self.owner_id = owner_id


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

    def body(self) -> dict[str, Any]:
        """What 'the same content' means, whichever clerk sends it; a PIN typed again is not other content."""
        return {name: getattr(self, name) for name in _SAME_CONTENT}


_SAME_CONTENT: Final = tuple(
    field.name for field in fields(SaleRequest) if field.name not in {"pin", "clerk_id"}
)


@dataclass(frozen=True, slots=True)
class Scan:
    """A code as the checkout sees it: believed, or refused with the reason kept for later."""

    use: Use
    token: Token | None
    refusal: Refusal | None

    def believed(self) -> Token:
        """The token, or its refusal raised."""
        if self.token is None:
            raise self.refusal or Refusal("token_malformed")
        return self.token


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


def scan_code(terms: Terms, text: str, *, at: int) -> Scan:
    """Take a code apart and check its signature; the outcome waits until the request is known to be new."""
    unverified = tokens.read(text)
    claims = unverified.claims
    use = Use(unverified.kid, claims.serial, claims.issued_at_s, claims.issue)
    try:
        token = tokens.verify(
            unverified,
            terms.keyset,
            now_s=at // SECOND_US,
            classes_allowed=CLASSES,
            issuer=terms.community.issuer,
        )
    except Refusal as refusal:
        return Scan(use, None, refusal)
    return Scan(use, token, None)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan with the steps that belong to the code and the card."""

    plan: Plan
    guards: list[Step]


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
    row = look(tx, asked_of(terms, rules, request, scan, cover_id=cover.account_id, day=day))
    answer = stored_answer(row, KIND, body_hash)
    if answer is not None:
        return answer
    check_version(terms, int(row.config_version))
    token = scan.believed()
    _check_request(request, terms, row, token, at=at, day=day)
    price = _price(terms, rules, request, row, at=at, day=day)
    counts = _check_limits(terms, request, token, row, pin_ok=pin_ok)
    if price.offset_fen and (row.cover_free or 0) < price.offset_fen:
        raise CoverLowError(request.community_id, terminal.merchant_id, price.offset_fen, day)
    plan = _plan(
        desk,
        terms,
        rules,
        request,
        row,
        price,
        day=day,
        at=at,
        counts=counts,
        token=token,
        body_hash=body_hash,
    )
    return Prepared(plan, _code_guards(terms, request, token, scan.use, at=at))


def asked_of(
    terms: Terms, rules: SaleRules, request: Row, scan: Scan, *, cover_id: int, day: int
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
        pool=int(terms.civic.has_pool),
        day=day,
        earn_day_code=earn_day.code,
        earn_month_code=earn_month.code,
        earn_month_key=earn_month.period_key,
        offset_month_code=offset_month.code,
        offset_month_key=offset_month.period_key,
        without_pin_code=f"without_pin_{kind}",
        spent_code=f"spent_{kind}",
    )


_NO_CAP: Final = Cap("none", 0, 2**62)


def _check_request(
    request: SaleRequest, terms: Terms, row: Row, token: Token, *, at: int, day: int
) -> None:
    if row.terminal_state != "active":
        raise Refusal("terminal_revoked")
    if not 0 < request.total_fen <= MOST_FEN:
        raise Refusal("amount_wrong")
    ref = read_reference(request.ref)
    if (
        ref is None
        or ref.terminal_code != terms.terminal(request.terminal_id).code
        or ref.counter != request.counter
    ):
        raise Refusal("ref_bad")
    if row.ref_taken:
        raise Refusal("ref_taken")
    if row.token_used_at is not None and token.is_single_use:
        raise Refusal("token_used", used_at=int(row.token_used_at))
    check_card(row, token)
    if not token.is_single_use and request.offset_units:
        pause = terms.settings.card_pause_s * SECOND_US
        if at - row.last_debit_at < pause:
            ago = (at - row.last_debit_at) // SECOND_US
            raise Refusal("card_too_soon", wait_s=terms.settings.card_pause_s, ago_s=ago)
    if request.offset_units and token.key_class == "earn":
        raise Refusal("token_earn_only")
    if row.day_state == "locked":
        raise Refusal("period_locked", business_date=day)


def check_card(row: Row, token: Token) -> None:
    """Refuse a card nobody holds, one that is lost or suspended, an older issue, or a member who left."""
    if row.card_state != "active" or row.person_state != "active":
        raise Refusal("card_not_active", state=row.card_state or "unknown")
    if not token.is_single_use and token.issue != row.card_issue:
        raise Refusal("card_replaced")
    if row.wallet_id is None or row.owed_id is None or row.pending_id is None:
        raise NoAccountsError(int(row.owner_id))


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
    """What the shop may do on a day: its agreement, and for earning its kind of trade."""
    agreement = terms.agreement_on(merchant_id, day)
    if agreement is None or terms.merchant(merchant_id).state != "active":
        return Shop(earns=False, offsets=False)
    category = terms.merchant(merchant_id).category
    earns = "earn" in agreement.roles and category_allowed(rules.scheme, rules.spend, category)
    return Shop(earns=earns, offsets="offset" in agreement.roles)


def _price(
    terms: Terms, rules: SaleRules, request: SaleRequest, row: Row, *, at: int, day: int
) -> Quote:
    merchant_id = terms.terminal(request.terminal_id).merchant_id
    return quote(
        rules,
        member_of(rules, row),
        shop_on(terms, rules, merchant_id, day),
        total_fen=request.total_fen,
        offset_units=request.offset_units,
        channel="scan" if request.channel == "gateway" else request.channel,
        at=at,
    )


def _check_limits(
    terms: Terms, request: SaleRequest, token: Token, row: Row, *, pin_ok: bool
) -> list[tuple[str, int, int]]:
    """The day's sums this sale counts against: (counter, units, limit); refuses pin_needed and spent_day_cap."""
    if not request.offset_units:
        return []
    settings, code = terms.settings, token.is_single_use
    spent_limit = settings.day_units_dyn if code else settings.day_units_card
    if int(row.spent_day or 0) + request.offset_units > spent_limit:
        raise Refusal("spent_day_cap", limit_units=spent_limit)
    kind = "code" if code else "card"
    counts = [(f"spent_{kind}", request.offset_units, spent_limit)]
    if not pin_ok:
        limit = settings.pin_above_units_dyn if code else settings.pin_above_units_card
        if int(row.without_pin_day or 0) + request.offset_units > limit:
            raise Refusal("pin_needed", limit_units=limit)
        counts.append((f"without_pin_{kind}", request.offset_units, limit))
    return counts


def _plan(
    desk: Desk,
    terms: Terms,
    rules: SaleRules,
    request: SaleRequest,
    row: Row,
    price: Quote,
    *,
    day: int,
    at: int,
    counts: list[tuple[str, int, int]],
    token: Token,
    body_hash: bytes,
) -> Plan:
    here = request.community_id
    terminal = terms.terminal(request.terminal_id)
    spendable = request.channel == "gateway"
    earned = price.earned.units
    return Plan(
        community_id=here,
        sale_id=request.request_id,
        ref=request.ref,
        counter=request.counter,
        merchant_id=terminal.merchant_id,
        branch_id=terminal.branch_id,
        terminal_id=terminal.terminal_id,
        clerk_id=request.clerk_id,
        person_id=int(row.person_id),
        wallet_owner_id=int(row.owner_id),
        card_serial=token.serial,
        card_issue=int(row.card_issue),
        business_date=day,
        occurred_at=request.occurred_at,
        at=at,
        asked_at=at,
        commodity=rules.commodity,
        scheme_version=rules.version,
        units_per_fen=rules.units_per_fen,
        total_fen=request.total_fen,
        offset_units=price.offset_units,
        offset_fen=price.offset_fen,
        paid_fen=price.paid_fen,
        earned_units=earned,
        cut_by=price.earned.cut_by,
        repay_units=min(int(row.owed), earned) if spendable else 0,
        route="gateway" if spendable else "reference" if request.payment_ref else "till",
        channel=request.channel,
        payment_ref=request.payment_ref,
        spendable=spendable,
        gap_us=rules.gap_us,
        body_hash=body_hash.hex(),
        caps=_caps(rules, price, day, counts),
        accounts=Accounts(
            issued=desk.side(here, Account.ISSUED_CONSUMPTION, rules.commodity, at=at).account_id,
            offset=desk.side(
                here, Account.OFFSET, rules.commodity, terminal.merchant_id, at=at
            ).account_id,
            cover=desk.side(here, Account.COVER, CNY, terminal.merchant_id, at=at).account_id,
            wallet=int(row.wallet_id),
            pending=int(row.pending_id),
            owed=int(row.owed_id),
        ),
    )


def _caps(
    rules: SaleRules, price: Quote, day: int, counts: list[tuple[str, int, int]]
) -> tuple[tuple[str, int, int, int], ...]:
    earning = [cap for cap in rules.earn_caps if cap.period_key and price.earned.units]
    offsetting = [cap for cap in rules.offset_caps if cap.period_key and price.offset_units]
    return (
        *((cap.code, cap.period_key, price.earned.units, cap.units) for cap in earning),
        *((cap.code, cap.period_key, price.offset_units, cap.units) for cap in offsetting),
        *((name, day, units, limit) for name, units, limit in counts),
    )


def _code_guards(
    terms: Terms, request: SaleRequest, token: Token, use: Use, *, at: int
) -> list[Step]:
    if token.is_single_use:
        return [
            burn_step(
                request.community_id,
                use,
                at=at,
                terminal_id=request.terminal_id,
                request_id=request.request_id,
            )
        ]
    if request.offset_units:
        pause = terms.settings.card_pause_s * SECOND_US
        return [pause_step(request.community_id, use.serial, at=at, pause_us=pause)]
    return []
