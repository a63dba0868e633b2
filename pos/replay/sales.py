"""A sale written again: the price that was told, the code burned again, limits and cover counted without asking."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from ledger.book import requests
from ledger.book.chart import Account
from ledger.book.cover import authorise_step
from ledger.book.facts import CapUse, burn_step, caps_told_step, pause_told_step
from ledger.book.posting import check_open
from ledger.book.steps import Step, apply
from ledger.clock import SECOND_US
from ledger.earning.caps import Cap
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import new_id
from ledger.members.terms import Terms
from ledger.sql import Row, Sql, Tx
from ledger.units import CNY
from pos import channel as pay
from pos import routes
from pos.charging import book_open, find_open
from pos.cover import CoverLowError, fill_cover
from pos.decide import KIND, SaleRequest, accounts_of, asked_of, open_shop_accounts, plan_of
from pos.desk import TRIES, Desk, open_member_accounts, rules_on
from pos.offline.intake import open_loss_account
from pos.offline.retelling import borne_steps, told_steps
from pos.pricing import Earned, Quote
from pos.replay.lending import Lack, lend_steps
from pos.replay.telling import (
    APPLIED,
    AsideError,
    Difference,
    Ended,
    Outcome,
    ShortError,
    Told,
    as_aside,
    differences_of,
    known_outcome,
    scan_of,
)
from pos.sale_plan import Plan, answer_for, booking_steps, posting_of, sale_step
from pos.sale_rules import SaleRules
from pos.scan import Scan
from pos.showing import NoAccountsError, Showing
from pos.situation import look

NAMES: Final = (
    "ref",
    "business_date",
    "total_fen",
    "offset_units",
    "offset_fen",
    "paid_fen",
    "earned_units",
    "earned_state",
    "repaid_units",
)
"""What is compared with what the till was told."""

_SKEW_US: Final = 3_600 * SECOND_US
_DAY_US: Final = 86_400 * SECOND_US
_VISIT: Final = Sql(
    "INSERT INTO visit (community_id, person_id, merchant_id, last_at)"
    " VALUES (:community_id, :person_id, :merchant_id, :at)"
    " ON CONFLICT (community_id, person_id, merchant_id) DO UPDATE SET last_at = excluded.last_at"
    " WHERE visit.last_at < excluded.last_at"
)


def replay_sale(
    desk: Desk, terms: Terms, request: SaleRequest, told: Told, *, lend: bool, ended: Ended, at: int
) -> Outcome:
    """Write a sale as its till was told it. `lend`: where the wallet lacks points, they are lent to it.

    Raises ShortError (without `lend`) and AsideError, with nothing written. Safe to run again.
    """
    scan, doubt = scan_of(terms, request.token, occurred_at=request.occurred_at, told=told)
    open_shop_accounts(desk, terms, request.terminal_id, at=at)
    if request.offline_policy is not None:
        open_loss_account(desk, request, at=at)
    payment = _payment_of(desk, request, told)
    reserved = _reserve(desk, request, payment, at=at)
    notes = [*payment[1], *([Difference("code", "believed", doubt)] if doubt else [])]

    def work(tx: Tx) -> Outcome:
        outcome = _write(
            desk, tx, terms, request, scan, told, payment[0], reserved, lend=lend, at=at
        )
        outcome = outcome._replace(differences=(*outcome.differences, *notes))
        ended(tx, outcome)
        return outcome

    try:
        outcome = _run(desk, terms, request, work, at=at)
    except (AsideError, ShortError):
        if reserved is not None:
            routes.release(desk.db, reserved, at=at)
        raise
    if reserved is not None:
        routes.confirm(desk.db, reserved)
    return outcome


def _run(desk: Desk, terms: Terms, request: SaleRequest, work: Any, *, at: int) -> Outcome:  # noqa: ANN401 - a closure
    for _ in range(TRIES):
        try:
            outcome: Outcome = desk.db.write(work)
        except NoAccountsError as missing:
            commodity = terms.civic.commodity
            open_member_accounts(desk.db, request.community_id, missing.owner_id, commodity, at=at)
        except CoverLowError as low:
            try:
                fill_cover(desk, terms, low, at=at, promised=True)
            except Refusal as refusal:
                raise as_aside(refusal) from refusal
        except Refusal as refusal:
            raise as_aside(refusal) from refusal
        except GuardMissedError:
            continue
        else:
            return outcome
    raise AsideError("busy_try_again")


def _payment_of(desk: Desk, request: SaleRequest, told: Told) -> tuple[str, tuple[Difference, ...]]:
    """The channel's payment behind the sale ('' where there is none), and what is odd about it.

    The channel is only asked, never told anything: it has long been paid.
    """
    if request.channel != "gateway" or not told.facts["paid_fen"]:
        return "", ()
    if desk.channel is None:
        raise AsideError("payment_channel_missing")
    window = pay.Window(since_us=request.occurred_at - _SKEW_US, until_us=told.at + _DAY_US)
    found = desk.channel.find_charge(request.request_id, request.community_id, window)
    match found:
        case pay.Charged(intent_id=intent_id):
            return intent_id, ()
        case pay.Pending() | pay.Unknown():
            raise AsideError("payment_unknown")
        case _:
            # The till was told that it was paid, so it is sold; where the money is, people must find out.
            return "", (Difference("payment", "charged", type(found).__name__),)


def _reserve(
    desk: Desk, request: SaleRequest, payment: tuple[str, object], *, at: int
) -> routes.Reservation | None:
    if request.channel == "gateway":
        ref = f"gateway:{payment[0] or request.request_id}"
    elif request.payment_ref is not None:
        ref = f"scan:{request.payment_ref}"
    else:
        return None
    try:
        return routes.reserve(
            desk.db,
            payment_ref=ref,
            community_id=request.community_id,
            sale_id=request.request_id,
            at=at,
        )
    except Refusal as refusal:
        raise as_aside(refusal) from refusal


def _write(  # noqa: PLR0913 - what was told, what is there, and how to go on
    desk: Desk,
    tx: Tx,
    terms: Terms,
    request: SaleRequest,
    scan: Scan,
    told: Told,
    intent_id: str,
    reserved: routes.Reservation | None,
    *,
    lend: bool,
    at: int,
) -> Outcome:
    here, day = request.community_id, int(told.facts["business_date"])
    body_hash = requests.hash_of(request.body())
    kept = requests.find_kept(tx, here, request.request_id)
    known = known_outcome(kept, KIND, body_hash, told, NAMES)
    if known is not None:
        return known
    check_open(tx, here, day)
    if reserved is not None:
        routes.mark_posted(tx, reserved, at=at)
    waiting = find_open(tx, here, request.request_id)
    if waiting is not None:
        answer = book_open(tx, waiting, intent_id, at=at, day=day, told_balance=told.balance_units)
        return Outcome(APPLIED, differences_of(told.facts, answer, NAMES))
    rules = rules_on(terms, day)
    merchant_id = terms.terminal(request.terminal_id).merchant_id
    cover = desk.side(here, Account.COVER, CNY, merchant_id, at=at)
    row = look(tx, asked_of(terms, rules, request, scan, cover_id=cover.account_id, day=day))
    check_row(row)
    showing = Showing(terms, request, scan.believed(), row, told.at, day)
    plan = _plan(desk, showing, rules, request, told, intent_id, body_hash)
    borne = borne_steps(desk, plan, told.facts, at=at)
    lack = 0 if borne else plan.offset_units - int(row.posted - row.held)
    if lack > 0 and not lend:
        raise ShortError
    if plan.offset_fen and (row.cover_free or 0) < plan.offset_fen:
        raise CoverLowError(here, merchant_id, plan.offset_fen, day)
    beside = told_steps(desk, request, showing.token, plan, told.facts, at=at)
    return _book(
        tx, plan, scan, showing, rules, told, max(lack, 0), borne=borne, beside=beside, at=at
    )


def check_row(row: Row) -> None:
    """Refuse what cannot be written for this holder; raises NoAccountsError before the first entry."""
    if row.ref_taken:
        raise AsideError("ref_taken")
    if row.person_id is None:
        # The card was made after the backup: the office's paper knows whose it is.
        raise AsideError("card_not_active")
    if row.wallet_id is None or row.owed_id is None or row.pending_id is None:
        raise NoAccountsError(int(row.owner_id))


def _plan(
    desk: Desk,
    showing: Showing,
    rules: SaleRules,
    request: SaleRequest,
    told: Told,
    intent_id: str,
    body_hash: bytes,
) -> Plan:
    """The sale as it was decided then; `answer_for` of it gives what was told."""
    facts = told.facts
    earned = Earned(int(facts["earned_units"]), str(facts["earned_cut_by"]))
    offset_units, offset_fen = int(facts["offset_units"]), int(facts["offset_fen"])
    price = Quote(offset_units, offset_fen, int(facts["paid_fen"]), earned)
    accounts = accounts_of(desk, showing, rules.commodity)
    plan = plan_of(showing, rules, request, price, accounts, (), body_hash)
    adds_up = (
        price.offset_fen + price.paid_fen == request.total_fen
        and offset_units == request.offset_units
    )
    if not adds_up or (offset_fen and offset_units % offset_fen):
        raise AsideError("amount_wrong")
    return replace(
        plan,
        units_per_fen=offset_units // offset_fen if offset_fen else plan.units_per_fen,
        repay_units=min(int(facts["repaid_units"]), int(showing.row.owed)),
        payment_ref=intent_id or plan.payment_ref,
    )


def _book(  # noqa: PLR0913 - what was decided then, and what stands beside it
    tx: Tx,
    plan: Plan,
    scan: Scan,
    showing: Showing,
    rules: SaleRules,
    told: Told,
    lack: int,
    *,
    borne: list[Step],
    beside: list[Step],
    at: int,
) -> Outcome:
    here, day = plan.community_id, plan.business_date
    posting = posting_of(plan, txn_id=new_id(at), at=at, business_date=day, captured={})
    answer = answer_for(plan, business_date=day)
    if beside:
        answer["offline"] = told.facts["offline"]
    kept = requests.keep_step(
        here, plan.sale_id, KIND, bytes.fromhex(plan.body_hash), at=at, response=answer
    )
    lent = borne
    if lack:
        accounts = plan.accounts
        missing = Lack(
            accounts.wallet,
            accounts.owed,
            plan.wallet_owner_id,
            plan.person_id,
            plan.commodity,
            lack,
        )
        lent = lend_steps(here, plan.sale_id, missing, at=at, business_date=day)
    apply(
        tx,
        [
            *used_steps(showing, scan, debits=plan.offset_units > 0),
            *lent,
            *booking_steps(plan, posting),
            sale_step(plan, state="done", business_date=day, txn_id=posting.txn_id),
            requests.keep_told_step(kept, told.balance_units, txn_id=posting.txn_id),
            *_counting(plan, showing, rules),
            *beside,
        ],
    )
    differences = differences_of(told.facts, answer, NAMES)
    if lack:
        differences = (*differences, Difference("wallet_lacked_units", "0", str(lack)))
    return Outcome(APPLIED, differences)


def used_steps(showing: Showing, scan: Scan, *, debits: bool) -> list[Step]:
    """Burn the code again, or count a printed card's pause from then."""
    request = showing.request
    if showing.token.is_single_use:
        burn = burn_step(
            request.community_id,
            scan.use,
            at=showing.at,
            terminal_id=request.terminal_id,
            request_id=request.request_id,
        )
        return [burn._replace(guard="")]
    if debits:
        return [pause_told_step(request.community_id, scan.use.serial, at=showing.at)]
    return []


def spending_told(showing: Showing, units: int) -> list[Step]:
    """Count what was spent against the day's sums; whether a PIN was typed nobody kept, so it counts as without."""
    here, row, kind = showing.request.community_id, showing.row, showing.kind
    return [
        caps_told_step(here, int(row.person_id), CapUse(f"{code}_{kind}", showing.day, units, 0))
        for code in ("spent", "without_pin")
    ]


def _counting(plan: Plan, showing: Showing, rules: SaleRules) -> list[Step]:
    """Limits, the pause between visits, and the cover that stands behind the offset."""
    here, person = plan.community_id, plan.person_id

    def counted(caps: tuple[Cap, ...], units: int) -> list[Step]:
        return [
            caps_told_step(here, person, CapUse(cap.code, cap.period_key, units, cap.units))
            for cap in caps
            if cap.period_key and units
        ]

    steps = [
        *counted(rules.earn_caps, plan.earned_units),
        *counted(rules.offset_caps, plan.offset_units),
    ]
    if plan.offset_units:
        steps += spending_told(showing, plan.offset_units)
    if plan.earned_units:
        visit = {
            "community_id": here,
            "person_id": person,
            "merchant_id": plan.merchant_id,
            "at": plan.at,
        }
        steps.append(Step(_VISIT, visit))
    if plan.offset_fen:
        steps.append(authorise_step(here, plan.accounts.cover, plan.offset_fen))
    return steps
