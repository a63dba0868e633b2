"""Takes in a sale that a till decided without the server: once, in any order, never with a wallet below zero."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from ledger.book import requests
from ledger.book.chart import Account, Kind
from ledger.book.cover import authorise_step
from ledger.book.facts import (
    CapUse,
    Use,
    burn_late_step,
    burn_step,
    caps_step,
    caps_told_step,
    pause_told_step,
)
from ledger.book.posting import Line, Posting, Side, check_open
from ledger.book.posting import steps as posting_steps
from ledger.book.steps import Step, apply
from ledger.clock import SECOND_US
from ledger.errors import Refusal
from ledger.households import limits
from ledger.ids import derived_request_id, new_id
from ledger.members.carers import counter_of
from ledger.members.terms import Terms
from ledger.offline.policy import SPARES_A_DAY, Policy, limits_of, read_policy
from ledger.offline.shops import TERMINAL_CAP, card_cap, spare_cap
from ledger.sql import Row, Sql, Tx
from ledger.tokens import Token
from ledger.units import CNY
from pos import routes
from pos.cover import CoverLowError
from pos.decide import KIND, SaleRequest, accounts_of, asked_of, plan_of
from pos.desk import Desk, check_version, day_of, rules_on
from pos.offline import store
from pos.offline.deciding import BORNE, TWICE, Decided, Late, decide, late_day
from pos.offline.store import Seen
from pos.sale_plan import Plan, answer_for, booking_steps, posting_of, sale_step
from pos.sale_rules import SaleRules
from pos.scan import Scan
from pos.scanning import Late as LateScan
from pos.scanning import run_scanned
from pos.showing import Showing, check_book_whole
from pos.situation import look, stored_answer

KEPT_DAYS: Final = 35
"""Tills keep what they signed for this long."""

_KEPT_US: Final = KEPT_DAYS * 86_400 * SECOND_US
_VISIT: Final = Sql(
    "INSERT INTO visit (community_id, person_id, merchant_id, last_at)"
    " VALUES (:community_id, :person_id, :merchant_id, :at)"
    " ON CONFLICT (community_id, person_id, merchant_id) DO UPDATE SET last_at = excluded.last_at"
    " WHERE visit.last_at < excluded.last_at"
)


def take_in(desk: Desk, request: SaleRequest, *, at: int) -> dict[str, Any]:
    """Book a sale that was decided without network, and answer as the checkout does, with `offline` beside it.

    The same request again is answered from the first time. What the wallet lacks is owed by its owner, what a card
    reported lost lets go is the community's loss; the shop is paid either way. Refuses, for good and kept: the
    refusals of `pos.offline.deciding.decide`, the token's, offline_policy_bad, offline_channel, offline_too_old,
    request_id_reused, payment_already_used, ref_taken. Refuses for now: busy_try_again, recovery_wait,
    offline_fund_empty.
    """
    body_hash = requests.hash_of(request.body())
    late = Late(request, None, min(request.occurred_at, at))
    reserved: routes.Reservation | None = None

    def begin() -> None:
        nonlocal late, reserved
        if request.channel == "gateway":
            raise Refusal("offline_channel")
        late = late._replace(policy=_policy_of(desk, request))
        open_loss_account(desk, request, at=at)
        if request.payment_ref is not None:
            reserved = routes.reserve(
                desk.db,
                payment_ref=f"scan:{request.payment_ref}",
                community_id=request.community_id,
                sale_id=request.request_id,
                at=at,
            )

    def attempt(tx: Tx, terms: Terms, scan: Scan, *, pin_ok: bool) -> dict[str, Any]:
        del pin_ok  # no PIN is asked for without network
        known = _keyed_answer(tx, request, body_hash, at=at)
        if known is not None:
            return known
        answer = book(desk, tx, terms, late, scan, body_hash, at=at)
        if reserved is not None and "offline" in answer:
            routes.mark_posted(tx, reserved, at=at)
        return answer

    late_scan = LateScan(
        scan_at=late.sold_at,
        kept=partial(_keep_refused, desk, lambda: late, at=at),
    )
    try:
        answer = run_scanned(
            desk, request, KIND, body_hash, attempt, at=at, first=begin, late=late_scan
        )
    except Refusal:
        if reserved is not None:
            routes.release(desk.db, reserved, at=at)
        raise
    if reserved is not None:
        routes.confirm(desk.db, reserved)
    return answer


def open_loss_account(desk: Desk, request: SaleRequest, *, at: int) -> None:
    """See to the community's loss account before a transaction begins: inside one it is only looked up."""
    terms = desk.terms_with(request.community_id, request.terminal_id)
    commodity = rules_on(terms, day_of(terms, at)).commodity
    desk.side(request.community_id, Account.LOSS, commodity, at=at)


def _policy_of(desk: Desk, request: SaleRequest) -> Policy | None:
    """What the till was told; None where it sends no policy, as one that never had any may still earn."""
    if not request.offline_policy:
        return None
    return read_policy(
        request.offline_policy,
        desk.offline_key,
        community_id=request.community_id,
        terminal_id=request.terminal_id,
    )


def book(
    desk: Desk, tx: Tx, terms: Terms, late: Late, scan: Scan, body_hash: bytes, *, at: int
) -> dict[str, Any]:
    """Look, decide and write one offline sale; the stored answer where the request was seen before."""
    request = late.request
    here, merchant_id = request.community_id, terms.terminal(request.terminal_id).merchant_id
    sold_on, day = late_day(terms, late), day_of(terms, at)
    rules = rules_on(terms, sold_on)
    cover = desk.side(here, Account.COVER, CNY, merchant_id, at=at)
    row = look(tx, asked_of(terms, rules, request, scan, cover_id=cover.account_id, day=sold_on))
    answer = stored_answer(row, KIND, body_hash)
    if answer is not None:
        return answer
    check_version(terms, int(row.config_version))
    check_book_whole(row, late.sold_at, debits=request.offset_units > 0)
    if row.ref_taken:
        raise Refusal("ref_taken")
    _check_age(late, at=at)
    token = scan.believed()
    decided = decide(tx, terms, rules, late, token, row)
    if decided.price.offset_fen and (row.cover_free or 0) < decided.price.offset_fen:
        raise CoverLowError(here, merchant_id, decided.price.offset_fen, day)
    check_open(tx, here, day)
    showing = Showing(terms, request, token, row, at, day)
    accounts = accounts_of(desk, showing, rules.commodity)
    plan = plan_of(showing, rules, request, decided.price, accounts, (), body_hash)
    loss_id = _loss_account(desk, plan, decided, at=at)
    return _write(tx, plan, late, decided, scan, showing, rules, loss_id)


def _check_age(late: Late, *, at: int) -> None:
    """A sale without points has no signed limits to date it: its till is believed while it keeps its daybook."""
    if not late.request.offset_units and not late.keyed_by and late.sold_at < at - _KEPT_US:
        raise Refusal("offline_too_old", days=KEPT_DAYS)


def _loss_account(desk: Desk, plan: Plan, decided: Decided, *, at: int) -> int:
    if decided.state not in BORNE:
        return 0
    return desk.side(plan.community_id, Account.LOSS, plan.commodity, at=at).account_id


def _write(
    tx: Tx,
    plan: Plan,
    late: Late,
    decided: Decided,
    scan: Scan,
    showing: Showing,
    rules: SaleRules,
    loss_id: int,
) -> dict[str, Any]:
    here, day = plan.community_id, plan.business_date
    # What is lent bears the smaller number: it stands before the sale it was lent for.
    lent = lend_steps(plan, decided, loss_id)
    posting = posting_of(plan, txn_id=new_id(plan.at), at=plan.at, business_date=day, captured={})
    answer = {
        **answer_for(plan, business_date=day),
        "offline": {"state": decided.state, "lacked_units": decided.lacked_units},
    }
    kept = requests.keep_step(
        here, plan.sale_id, KIND, bytes.fromhex(plan.body_hash), at=plan.at, response=answer
    )
    row_step = store.keep_step(
        late,
        plan.merchant_id,
        seen_of(plan, showing.token),
        decided,
        person_id=plan.person_id,
        business_date=day,
        code="",
        at=plan.at,
    )
    returned = apply(
        tx,
        [
            *_code_steps(showing.token, scan.use, late, plan, decided),
            *lent,
            *booking_steps(plan, posting),
            sale_step(plan, state="done", business_date=day, txn_id=posting.txn_id),
            row_step,
            requests.keep_with_balance_step(kept, plan.accounts.wallet, txn_id=posting.txn_id),
            *_counting(plan, late, showing, rules),
        ],
    )
    return {**answer, "balance_units": int(returned["request"].balance_after)}


def lend_steps(plan: Plan, decided: Decided, loss_id: int) -> list[Step]:
    """What the wallet lacks comes into it first: owed by its owner, or as the community's loss."""
    if not decided.lacked_units:
        return []
    source = (
        Side(loss_id, Account.LOSS)
        if decided.state in BORNE
        else Side(plan.accounts.owed, Account.OWED)
    )
    wallet = Side(plan.accounts.wallet, Account.WALLET)
    return posting_steps(
        Posting(
            community_id=plan.community_id,
            kind=Kind.OVERSPEND,
            request_id=derived_request_id("overspend", plan.sale_id),
            txn_id=new_id(plan.at),
            occurred_at=plan.occurred_at,
            at=plan.at,
            business_date=plan.business_date,
            lines=[Line(source, wallet, plan.commodity, decided.lacked_units)],
            scheme_version=plan.scheme_version,
            person_id=plan.person_id,
            wallet_owner_id=plan.wallet_owner_id,
            card_serial=plan.card_serial,
            card_issue=plan.card_issue,
            merchant_id=plan.merchant_id,
            branch_id=plan.branch_id,
            terminal_id=plan.terminal_id,
            reason_key="overspend",
            source="till",
            provisional=1,
        )
    )


def _code_steps(token: Token, use: Use, late: Late, plan: Plan, decided: Decided) -> list[Step]:
    """Burn what works once, unless it is burned; a printed card's pause counts from when it was shown."""
    if decided.state == TWICE:
        return []
    if token.is_single_use:
        burn = burn_late_step if token.is_spare and plan.offset_units else burn_step
        return [
            burn(
                plan.community_id,
                use,
                at=late.sold_at,
                terminal_id=plan.terminal_id,
                request_id=plan.sale_id,
            )
        ]
    if plan.offset_units:
        return [pause_told_step(plan.community_id, use.serial, at=late.sold_at)]
    return []


def _counting(plan: Plan, late: Late, showing: Showing, rules: SaleRules) -> list[Step]:
    """The escrow, guarded; the caps on earning, guarded; what was spent by the person, counted as it happened."""
    here, person, sold_on = plan.community_id, plan.person_id, late_day(showing.terms, late)
    steps = []
    if plan.earned_units:
        earning = [
            CapUse(cap.code, cap.period_key, plan.earned_units, cap.units)
            for cap in rules.earn_caps
            if cap.period_key
        ]
        steps += [caps_step(here, person, earning)] if earning else []
        visit = {
            "community_id": here,
            "person_id": person,
            "merchant_id": plan.merchant_id,
            "at": late.sold_at,
        }
        steps.append(Step(_VISIT, visit))
    units, policy = plan.offset_units, late.policy
    if not units or policy is None:
        return steps
    escrow = escrow_of(policy, showing.token, units)
    spent = [
        CapUse(f"spent_{showing.kind}", sold_on, units, 0),
        CapUse(f"without_pin_{showing.kind}", sold_on, units, 0),
        *(
            CapUse(cap.code, cap.period_key, units, cap.units)
            for cap in rules.offset_caps
            if cap.period_key
        ),
    ]
    if showing.row.carer_units is not None:
        counter = counter_of(showing.token.serial)
        spent.append(CapUse(counter, sold_on, units, int(showing.row.carer_units)))
    if showing.row.member_limit is not None:
        spent.append(CapUse(limits.CAP, sold_on // 100, units, int(showing.row.member_limit)))
    return [
        *steps,
        caps_step(here, plan.terminal_id, escrow),
        *(caps_told_step(here, person, use) for use in spent),
        authorise_step(here, plan.accounts.cover, plan.offset_fen),
    ]


def seen_of(plan: Plan, token: Token) -> Seen:
    """The numbers of the code as it was shown: the card's issue, or a spare code's own number on its day."""
    return Seen(plan.card_serial or 0, token.issue if token.is_spare else plan.card_issue or 0)


def escrow_of(policy: Policy, token: Token, units: int) -> list[CapUse]:
    """What a spend uses up of what its till was told: of the till's own, of the holder's, and of spare codes."""
    serial, day = token.serial, policy.day
    _, holder_units = limits_of(policy, token.key_class.value)
    escrow = [
        CapUse(TERMINAL_CAP, day, units, policy.terminal_units),
        CapUse(card_cap(serial), day, units, holder_units),
    ]
    if token.is_spare:
        escrow.append(CapUse(spare_cap(serial), day, 1, SPARES_A_DAY))
    return escrow


def _keyed_answer(
    tx: Tx, request: SaleRequest, body_hash: bytes, *, at: int
) -> dict[str, Any] | None:
    """The answer of the slip that was typed in from paper under this number, kept for this request too; None else."""
    here = request.community_id
    keyed = store.find_keyed(tx, here, request.terminal_id, request.ref)
    if keyed is None or keyed.request_id == request.request_id:
        return None
    before = requests.find_answer(tx, here, request.request_id, KIND, body_hash)
    if before is not None:
        return before
    kept: Row | None = requests.find_kept(tx, here, keyed.request_id)
    answer = None if kept is None else requests.answer_of(kept, KIND, bytes(kept.body_hash))
    if answer is None:
        return None
    told = {**answer, "offline": {**answer["offline"], "state": "keyed"}}
    balance = told.pop("balance_units", None)
    step = requests.keep_step(here, request.request_id, KIND, body_hash, at=at, response=told)
    apply(tx, [requests.keep_told_step(step, balance, txn_id=None)])
    return {**told, "balance_units": balance}


def _keep_refused(
    desk: Desk,
    late_of: Callable[[], Late],
    tx: Tx,
    scan: Scan | None,
    refusal: Refusal,
    *,
    at: int,
) -> None:
    """The refused sale stands on the lists of its shop and of the office, and its holder is told."""
    late = late_of()
    request = late.request
    terms = desk.terms_with(request.community_id, request.terminal_id)
    seen, person_id = Seen(), None
    if scan is not None and scan.token is not None:
        seen = Seen(scan.token.serial, scan.token.issue)
        person_id = store.holder_of(tx, request.community_id, scan.token.serial)
    step = store.keep_step(
        late,
        terms.terminal(request.terminal_id).merchant_id,
        seen,
        None,
        person_id=person_id,
        business_date=0,
        code=refusal.code,
        at=at,
    )
    tx.run(step.sql, **step.params)
