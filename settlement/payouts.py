"""Paying a shop: proposed by one, approved by another, sent once, and known to be over or not.

An answer that did not come is a state, not a failure: it is ended by asking the channel, never by
sending again under a new key.
"""

from __future__ import annotations

from ledger.audit import By
from ledger.book.balances import account_sum
from ledger.book.chart import Account, Kind
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.members.leaving import check_heirs_account
from ledger.members.shop_ties import check_not_own_shop
from ledger.recovery.epochs import check_whole
from ledger.sql import Tx
from ledger.units import CNY
from pos.channel import (
    Declined,
    FoundPayout,
    NotFound,
    PaidOut,
    PayoutOnItsWay,
    PayoutOutcome,
    PayoutReturned,
    Unknown,
)
from settlement.bank_difference import difference_key, post_difference, undo_difference
from settlement.bank_findings import check_not_stopped, said_fen
from settlement.month_trail import keep_months
from settlement.payment_rows import move
from settlement.payout_asking import FINALITY_US, PayoutChannel, find_attempt, request_of
from settlement.payout_store import (
    KEEP,
    WAITING,
    Payout,
    get_payout,
    note_step,
    take_turn,
)
from settlement.shop_money import payable_now
from settlement.statements import account_tail, get_statement


def propose_payout(
    db: Database, community_id: int, statement_id: int, *, by: By, at: int
) -> Payout:
    """Propose to pay what an accepted statement says is owed, less its lines in dispute, at most what is owed now.

    Refuses: statement_not_found, statement_not_accepted, payout_waiting, nothing_to_pay, payout_held,
    payout_under_least, recovery_open, payout_stopped, heirs_account_missing, own_shop.
    """

    def work(tx: Tx) -> Payout:
        check_whole(tx, community_id)
        statement = get_statement(tx, community_id, statement_id)
        if statement.state not in {"accepted", "deemed"}:
            raise Refusal("statement_not_accepted", state=statement.state)
        shop = statement.claimant_id
        check_not_own_shop(tx, community_id, by, shop)
        take_turn(tx, community_id, shop)
        check_not_stopped(tx, community_id, shop)
        check_heirs_account(tx, community_id, shop, at=at)
        if int(tx.get(WAITING, community_id=community_id, claimant_id=shop).n):
            raise Refusal("payout_waiting")
        amount = payable_now(tx, community_id, statement, at=at)
        payout_id = new_id(at)
        tx.run(
            KEEP,
            community_id=community_id,
            payout_id=payout_id,
            claimant_id=shop,
            statement_id=statement_id,
            amount_fen=amount,
            account_tail=account_tail(tx, community_id, shop, at=at),
            by_id=by.id,
            at=at,
        )
        made = get_payout(tx, community_id, payout_id)
        note_step(tx, community_id, made, by=by, at=at)
        keep_months(tx, community_id, shop, by=by, at=at, row=f"payout:{payout_id}")
        return made

    return db.write(work)


def approve_payout(db: Database, community_id: int, payout_id: int, *, by: By, at: int) -> Payout:
    """Approve a proposed payout as another person than who proposed it.

    Refuses: payout_not_found, payout_wrong_state, payout_same_person, own_shop.
    """

    def work(tx: Tx) -> Payout:
        payout = _in_state(tx, community_id, payout_id, ("proposed",))
        check_not_own_shop(tx, community_id, by, payout.claimant_id)
        if payout.proposed_by == by.id:
            raise Refusal("payout_same_person")
        changed = payout._replace(state="approved", approved_by=by.id, approved_at=at)
        return _move(tx, community_id, payout, changed, by=by, at=at)

    return db.write(work)


def propose_again(db: Database, community_id: int, payout_id: int, *, by: By, at: int) -> Payout:
    """Propose a payout anew that is known to have failed or come back; it is approved again too.

    Refuses: payout_not_found, payout_wrong_state, heirs_account_missing.
    """

    def work(tx: Tx) -> Payout:
        payout = _in_state(tx, community_id, payout_id, ("failed", "returned"))
        check_heirs_account(tx, community_id, payout.claimant_id, at=at)
        return _move(
            tx, community_id, payout, _anew(tx, community_id, payout, by, at), by=by, at=at
        )

    return db.write(work)


def cancel_payout(
    db: Database, community_id: int, payout_id: int, *, by: By, why: str, at: int
) -> Payout:
    """Give up a payout that is not on its way; the shop stays owed the money.

    Refuses: why_missing, payout_not_found, payout_wrong_state.
    """
    if not why.strip():
        raise Refusal("why_missing")

    def work(tx: Tx) -> Payout:
        payout = _in_state(
            tx, community_id, payout_id, ("proposed", "approved", "failed", "returned")
        )
        changed = payout._replace(state="cancelled")
        return _move(tx, community_id, payout, changed, by=by, at=at, note=why)

    return db.write(work)


def send_payout(
    db: Database,
    channel: PayoutChannel | None,
    community_id: int,
    payout_id: int,
    *,
    by: By,
    at: int,
) -> Payout:
    """Send an approved payout, as a new attempt under a key of its own.

    The money leaves the payable before the channel is asked, so that a crash in between can pay
    nobody twice; `sending` and `unknown` are ended by `resolve_payout`. Without a channel the
    payout is handed to the bank by people and `confirm_payout` or `fail_payout` says how it ended.
    Refuses: payout_not_found, payout_wrong_state, payout_over_owed, recovery_open, payout_stopped.
    """
    route = "hand" if channel is None else "gateway"
    payout = db.write(
        lambda tx: begin_attempt(tx, community_id, payout_id, route=route, by=by, at=at)
    )
    if channel is None:
        return payout
    answer = channel.payout(request_of(community_id, payout))
    return db.write(lambda tx: _end_sent(tx, community_id, payout, answer, by=by, at=at))


def resolve_payout(
    db: Database, channel: PayoutChannel, community_id: int, payout_id: int, *, by: By, at: int
) -> Payout:
    """Ask the channel what became of a payout that was sent; never sends anything.

    Refuses: payout_not_found, payout_wrong_state, payout_other_route (it went by a bank file or by hand:
    a channel that knows nothing of it would have it called failed, and paid once more).
    """
    with db.read() as tx:
        payout = _in_state(tx, community_id, payout_id, ("sending", "sent", "unknown"))
    if payout.route not in {"gateway", ""}:
        raise Refusal("payout_other_route", route=payout.route)
    found: FoundPayout
    if payout.channel_ref:
        found = channel.retrieve_payout(payout.channel_ref)
    else:
        found = find_attempt(channel, community_id, payout, at)
    if isinstance(found, NotFound) and at - (payout.sent_at or at) < FINALITY_US:
        found = Unknown("not_found_yet")
    return _end(db, community_id, payout, found, by=by, at=at)


def confirm_payout(db: Database, community_id: int, payout_id: int, *, by: By, at: int) -> Payout:
    """Say that the bank paid: what was on its way has left the bank.

    Where the channel said that it paid another sum, that sum is what is booked: the rest is owed, or to be taken back.
    Refuses: payout_not_found, payout_wrong_state, payout_other_route.
    """
    seen = _read_for_hand(db, community_id, payout_id)

    def work(tx: Tx) -> Payout:
        # The channel may have said what it paid since it was read.
        payout = get_payout(tx, community_id, payout_id)
        paid_fen = said_fen(tx, community_id, payout)
        done = PaidOut(payout.channel_ref, payout.amount_fen)
        ended = end_attempt(tx, community_id, seen, done, by=by, at=at)
        if paid_fen is not None:
            key = difference_key(community_id, payout)
            short = payout.amount_fen - paid_fen
            post_difference(tx, community_id, payout, short, key=key, by=by, at=at)
        return ended

    return db.write(work)


def fail_payout(
    db: Database, community_id: int, payout_id: int, *, by: By, why: str, at: int
) -> Payout:
    """Say that the bank refused it, or (once confirmed) sent it back; the shop is owed it again.

    Refuses: why_missing, payout_not_found, payout_wrong_state, payout_other_route.
    """
    if not why.strip():
        raise Refusal("why_missing")
    payout = _read_for_hand(db, community_id, payout_id)
    return _end(db, community_id, payout, PayoutReturned(payout.channel_ref, why), by=by, at=at)


def _end_sent(
    tx: Tx, community_id: int, seen: Payout, answer: PayoutOutcome, *, by: By, at: int
) -> Payout:
    """Book the answer to what was just sent, where no notice of the channel was quicker and ended it."""
    payout = get_payout(tx, community_id, seen.payout_id)
    quicker = payout.attempt != seen.attempt or payout.state not in {"sending", "sent", "unknown"}
    if quicker and not isinstance(answer, PayoutReturned):
        return payout
    if payout.state in {"failed", "returned"}:
        return payout
    return end_attempt(tx, community_id, seen, answer, by=by, at=at)


def _end(
    db: Database, community_id: int, seen: Payout, answer: FoundPayout, *, by: By, at: int
) -> Payout:
    """Book what the channel or the bank said about one attempt; said twice, it counts once."""

    def work(tx: Tx) -> Payout:
        return end_attempt(tx, community_id, seen, answer, by=by, at=at)

    return db.write(work)


def begin_attempt(
    tx: Tx, community_id: int, payout_id: int, *, route: str, by: By, at: int
) -> Payout:
    """Let an approved payout go by one route (gateway, bank_file, hand): its money leaves the payable.

    Refuses: payout_not_found, payout_wrong_state, payout_over_owed, recovery_open, payout_stopped,
    heirs_account_missing (its owner died since it was approved).
    """
    check_whole(tx, community_id)
    take_turn(tx, community_id, get_payout(tx, community_id, payout_id).claimant_id)
    # Read behind the turn: whoever had it before may have sent this very payout.
    payout = _in_state(tx, community_id, payout_id, ("approved",))
    check_not_stopped(tx, community_id, payout.claimant_id)
    check_heirs_account(tx, community_id, payout.claimant_id, at=at)
    return start_anew(tx, community_id, payout, route=route, by=by, at=at)


def start_anew(tx: Tx, community_id: int, payout: Payout, *, route: str, by: By, at: int) -> Payout:
    """Take a payout's money out of the payable as a new attempt; the caller knows that it may go.

    Refuses: payout_over_owed.
    """
    owed = account_sum(tx, community_id, Account.PAYABLE, CNY, payout.claimant_id)
    if owed < payout.amount_fen:
        raise Refusal("payout_over_owed")
    changed = payout._replace(
        state="sending" if route == "gateway" else "sent",
        attempt=payout.attempt + 1,
        channel_ref="",
        sent_at=at,
        route=route,
    )
    return _move(tx, community_id, payout, changed, by=by, at=at, kind=Kind.PAYOUT)


def end_attempt(
    tx: Tx, community_id: int, seen: Payout, answer: FoundPayout, *, by: By, at: int
) -> Payout:
    """Book what was said about the attempt that was `seen`.

    Refuses: payout_not_found, payout_wrong_state (it is another attempt by now, or over).
    """
    payout = get_payout(tx, community_id, seen.payout_id)
    if payout.attempt != seen.attempt:
        raise Refusal("payout_wrong_state", state=payout.state)
    return _book(tx, community_id, payout, answer, by=by, at=at)


def _book(
    tx: Tx, community_id: int, payout: Payout, answer: FoundPayout, *, by: By, at: int
) -> Payout:
    going = payout.state in {"sending", "sent", "unknown"}
    came_back = payout.state == "confirmed" and isinstance(answer, PayoutReturned)
    if not (going or came_back):
        raise Refusal("payout_wrong_state", state=payout.state)
    says_nothing = isinstance(answer, Unknown | PayoutOnItsWay)
    if says_nothing and said_fen(tx, community_id, payout) is not None:
        return payout  # what it said it paid stands, though it does not say so again
    if came_back:
        undo_difference(tx, community_id, payout, by=by, at=at)
    state, kind, ref, note = _outcome(payout, answer)
    changed = payout._replace(
        state="returned" if came_back else state, channel_ref=ref or payout.channel_ref
    )
    return _move(tx, community_id, payout, changed, by=by, at=at, kind=kind, note=note)


def _outcome(payout: Payout, answer: FoundPayout) -> tuple[str, Kind | None, str, str]:
    """The state an answer leads to, the entry that goes with it, the channel's id, a note."""
    match answer:
        case PaidOut(payout_id=ref, amount_fen=fen) if fen != payout.amount_fen:
            return "unknown", None, ref, f"paid_fen={fen}"
        case PaidOut(payout_id=ref):
            return "confirmed", Kind.PAID, ref, ""
        case PayoutOnItsWay(payout_id=ref):
            return "sent", None, ref, ""
        case Unknown(reason=reason):
            return "unknown", None, "", reason
        case PayoutReturned(code=code) | Declined(code=code):
            return "failed", Kind.PAYOUT_FAILED, "", code
        case NotFound():
            return "failed", Kind.PAYOUT_FAILED, "", "not_found"


def _anew(tx: Tx, community_id: int, payout: Payout, by: By, at: int) -> Payout:
    return payout._replace(
        state="proposed",
        approved_by=None,
        approved_at=None,
        channel_ref="",
        route="",
        proposed_by=by.id,
        proposed_at=at,
        account_tail=account_tail(tx, community_id, payout.claimant_id, at=at),
    )


def _move(
    tx: Tx,
    community_id: int,
    before: Payout,
    after: Payout,
    *,
    by: By,
    at: int,
    kind: Kind | None = None,
    note: str = "",
) -> Payout:
    """Take a payout on, and with it the months it pays."""
    moved = move(tx, community_id, before, after, by=by, at=at, kind=kind, note=note)
    row = f"payout:{after.payout_id}"
    keep_months(tx, community_id, after.claimant_id, by=by, at=at, row=row)
    return moved


def _in_state(tx: Tx, community_id: int, payout_id: int, states: tuple[str, ...]) -> Payout:
    payout = get_payout(tx, community_id, payout_id)
    if payout.state not in states:
        raise Refusal("payout_wrong_state", state=payout.state)
    return payout


def _read_for_hand(db: Database, community_id: int, payout_id: int) -> Payout:
    """A payout people may end; while the channel is being asked, its own answer alone may (`resolve_payout` gets it).

    One in a bank file is ended by the bank's return file, or by two people where it differs. Called failed
    meanwhile, a payout that arrives would be owed, and paid, once more.
    """
    with db.read() as tx:
        payout = get_payout(tx, community_id, payout_id)
    if payout.state == "sending":
        raise Refusal("payout_wrong_state", state=payout.state)
    if payout.route == "bank_file" and payout.state in {"sent", "unknown"}:
        raise Refusal("payout_other_route", route=payout.route)
    return payout
