"""A purchase of the wrong household put right: proposed by one, agreed by another, reversed and booked in one entry.

The points it used come back to the household that had them taken and are taken from the one that bought; the points it
brought go the same way. In between they pass through the community's loss, which stays as it was, but for a debt that
was let go: nobody had paid that, so it comes back to the community. The shop's side is not touched: it is paid once.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.book.accounts import account_id
from ledger.book.balances import lock_wallet, wallet_of
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, check_open
from ledger.book.posting import steps as posting_steps
from ledger.book.repay import repay_lines
from ledger.book.steps import Step, apply
from ledger.errors import GuardMissedError, Refusal
from ledger.households.owners import owner_now
from ledger.ids import derived_request_id, new_id
from ledger.members import approvals, residents
from ledger.offline.borne import borne_units
from ledger.sql import Row, Sql, Tx
from settlement.discrepancies import UNSETTLED, get_discrepancy
from settlement.effects import today_of
from settlement.night import last_run_no, night_running
from settlement.wrong_household import ONE, get_said

APPROVAL: Final = "wrong_household"
End = Literal["rebook", "stays"]

# A refund of the same purchase waits, so that its points cannot go two ways.
_LOCK_SALE: Final = Sql(
    "UPDATE sale SET refunded_fen = refunded_fen WHERE community_id = :community_id AND sale_id = :sale_id"
)
_IS_HOUSEHOLD: Final = Sql(
    "SELECT household_id FROM household WHERE community_id = :community_id AND household_id = :owner_id"
)
_KEEP: Final = Sql(
    "INSERT INTO rebooked (community_id, txn_id, from_owner, to_owner, to_person, commodity, units, earned_units,"
    " owed_units, lacked_units, borne_units, made_txn, proposed_by, approved_by, business_date, made_at) VALUES"
    " (:community_id, :txn_id, :from_owner, :to_owner, :to_person, :commodity, :units, :earned_units, :owed_units,"
    " :lacked_units, :borne_units, :made_txn, :proposed_by, :approved_by, :today, :at)"
)
_CLOSE: Final = Sql(
    "UPDATE discrepancy SET state = 'decided', decision = :decision, reason = :reason, decided_by = :decided_by,"
    " decided_at = :at, approved_by = :approved_by, posted_txn = :txn_id, closed_run = :run_no, closed_date = :today"
    " WHERE community_id = :community_id AND discrepancy_no = :discrepancy_no"
    " AND state IN ('open', 'asked', 'proposed')"
)


class Moved(NamedTuple):
    """What an entry moves, in units: the points a purchase had used and brought, and what of each is owed now.

    `borne_units`: of the points used, a debt that was let go; they come back to the community.
    """

    units: int
    earned_units: int
    owed_units: int
    lacked_units: int
    borne_units: int


def propose_end(
    tx: Tx,
    community_id: int,
    discrepancy_no: int,
    end: End,
    *,
    to_person: int = 0,
    why: str,
    by: By,
    at: int,
) -> int:
    """Propose how a T2 ends: booked to the household of `to_person`, or it stays; returns the proposal's number.

    Refuses: why_missing, discrepancy_not_found, discrepancy_settled, resident_not_found, rebook_same_household,
    own_household and own_kin (of either household).
    """
    if not why.strip():
        raise Refusal("why_missing")
    said = _open(tx, community_id, discrepancy_no)
    body: dict[str, str | int] = {
        "discrepancy_no": str(discrepancy_no),
        "end": end,
        "person_id": int(said.person_id),
        "why": why.strip(),
    }
    if end == "rebook":
        other = residents.get_resident(tx, community_id, to_person)
        if other.household_id == said.household_id:
            raise Refusal("rebook_same_household")
        body |= {"household_id": int(other.household_id), "to_person": to_person}
    _check_apart(tx, community_id, said, by)
    subject = f"discrepancy:{discrepancy_no}"
    return approvals.propose(tx, community_id, APPROVAL, subject, body, by=by, at=at)


def approve_end(tx: Tx, community_id: int, approval_id: int, *, by: By, at: int) -> None:
    """Agree, as a second person of neither household, to how a T2 ends, and book it.

    What the right household lacks is owed by it, as is what the wrong one has spent of points that were not its own:
    the next points make it up, never yuan. Refuses: approval_not_found, approval_decided, approval_same_person,
    own_household, own_kin, discrepancy_settled, night_unfinished, purchase_other (nothing of it stands any more),
    rebook_pending (its points are not proven yet), rebook_same_household (they live together by now), busy_try_again
    (a refund of it is under way), period_locked.
    """
    approved = approvals.approve(tx, community_id, approval_id, by=by, at=at)
    if approved.kind != APPROVAL:
        raise Refusal("approval_not_found")
    number, end = int(approved.body["discrepancy_no"]), str(approved.body["end"])
    said = _open(tx, community_id, number)
    _check_apart(tx, community_id, said, by)
    if night_running(tx, community_id):
        raise Refusal("night_unfinished", business_date=None)
    today = today_of(tx, community_id, at=at)
    txn_id = None
    if end == "rebook":
        to_person = int(approved.body["to_person"])
        # Whoever it is for may have moved since it was proposed.
        approvals.check_not_own_household(tx, community_id, by, person_id=to_person)
        people = (approved.proposed_by, by.id)
        txn_id = _rebook(tx, community_id, int(said.txn_id), to_person, people, today, at=at)
    closed = tx.run(
        _CLOSE,
        community_id=community_id,
        discrepancy_no=number,
        decision=f"household_{end}",
        # Why stands with the proposal alone, where it is erased with the holder's name.
        reason="",
        decided_by=approved.proposed_by,
        approved_by=by.id,
        txn_id=txn_id,
        run_no=last_run_no(tx, community_id),
        today=today,
        at=at,
    )
    if closed != 1:
        raise GuardMissedError("discrepancy")
    facts: audit.Facts = {"end": end}
    audit.record(
        tx, community_id, by, "household.rebook", f"discrepancy:{number}", at=at, after=facts
    )


def _open(tx: Tx, community_id: int, discrepancy_no: int) -> Row:
    row = get_discrepancy(tx, community_id, discrepancy_no)
    if row.state not in UNSETTLED:
        raise Refusal("discrepancy_settled", state=row.state)
    return get_said(tx, community_id, discrepancy_no)


def _check_apart(tx: Tx, community_id: int, said: Row, by: By) -> None:
    """Of the household that says it; the proposal names the other one, and nobody of either may touch it."""
    approvals.check_not_own_household(
        tx,
        community_id,
        by,
        person_id=int(said.person_id),
        household_id=int(said.household_id),
    )


def _rebook(
    tx: Tx,
    community_id: int,
    txn_id: int,
    to_person: int,
    people: tuple[int, int],
    today: int,
    *,
    at: int,
) -> int:
    sale = _standing(tx, community_id, txn_id)
    check_open(tx, community_id, today)
    owners = _owners(tx, community_id, sale, to_person)
    if owners[0] == owners[1]:
        raise Refusal("rebook_same_household")
    lines, moved = _lines(tx, community_id, sale, owners, at=at)
    posting = Posting(
        community_id=community_id,
        kind=Kind.REBOOK,
        request_id=derived_request_id(Kind.REBOOK.value, community_id, txn_id),
        txn_id=new_id(at),
        occurred_at=at,
        at=at,
        business_date=today,
        lines=lines,
        scheme_period=str(today // 100),
        scheme_version=sale.scheme_version,
        units_per_fen=sale.units_per_fen,
        # Of nobody alone: both households see it on their pages.
        person_id=None,
        wallet_owner_id=owners[1],
        merchant_id=sale.merchant_id,
        staff_id=people[1],
        reason_key=Kind.REBOOK.value,
        source="office",
        corrects_date=sale.business_date,
    )
    kept = {
        "community_id": community_id,
        "txn_id": txn_id,
        "from_owner": owners[0],
        "to_owner": owners[1],
        "to_person": to_person,
        "commodity": sale.commodity,
        **moved._asdict(),
        "made_txn": posting.txn_id,
        "proposed_by": people[0],
        "approved_by": people[1],
        "today": today,
        "at": at,
    }
    apply(tx, [*posting_steps(posting), Step(_KEEP, kept)])
    return posting.txn_id


def _standing(tx: Tx, community_id: int, txn_id: int) -> Row:
    """What of the purchase stands, held still until this is booked."""
    first = tx.find(ONE, community_id=community_id, txn_id=txn_id)
    if first is None:
        raise Refusal("purchase_other", days=0)
    tx.run(_LOCK_SALE, community_id=community_id, sale_id=first.sale_id)
    sale = tx.get(ONE, community_id=community_id, txn_id=txn_id)
    if sale.refunds_open:
        raise Refusal("busy_try_again")
    if sale.pending_units:
        raise Refusal("rebook_pending")
    if not (sale.units_out > 0 or sale.earned_out > 0):
        raise Refusal("purchase_other", days=0)
    return sale


def _owners(tx: Tx, community_id: int, sale: Row, to_person: int) -> tuple[int, int]:
    """Whose wallet it was (or whoever stands for that household now), and whose it is."""
    was = int(sale.wallet_owner_id)
    other = residents.get_resident(tx, community_id, to_person)
    is_pool = tx.find(_IS_HOUSEHOLD, community_id=community_id, owner_id=was) is not None
    return owner_now(tx, community_id, was, None), other.household_id if is_pool else to_person


def _lines(
    tx: Tx, community_id: int, sale: Row, owners: tuple[int, int], *, at: int
) -> tuple[list[Line], Moved]:
    commodity = int(sale.commodity)

    def side(kind: Account, owner: int = 0) -> Side:
        return Side(account_id(tx, community_id, kind, commodity, owner, at=at), kind)

    was, now = owners
    # A refund of the purchase later asks for all of them.
    side(Account.PENDING, now)
    wallets = {owner: side(Account.WALLET, owner) for owner in owners}
    for owner in sorted(owners):
        lock_wallet(tx, community_id, wallets[owner].account_id)
    used, brought = max(int(sale.units_out), 0), max(int(sale.earned_out), 0)
    loss = side(Account.LOSS)
    issued = side(Account.ISSUED_CONSUMPTION)

    borne = min(used, _borne(tx, community_id, sale))
    back = used - borne
    repaid = repay_lines(tx, community_id, was, commodity, back, wallets[was], at=at)
    in_hand = wallet_of(tx, community_id, was, commodity).available + back
    in_hand -= sum(line.amount for line in repaid)
    taken = min(brought, max(in_hand, 0))

    repays = repay_lines(tx, community_id, now, commodity, brought, wallets[now], at=at)
    can_use = wallet_of(tx, community_id, now, commodity).available + brought
    can_use -= sum(line.amount for line in repays)
    lacked = used - min(used, max(can_use, 0))
    moves = [
        Line(loss, wallets[was], commodity, back),
        *repaid,
        Line(wallets[was], issued, commodity, taken),
        Line(side(Account.OWED, was), issued, commodity, brought - taken),
        Line(issued, wallets[now], commodity, brought),
        *repays,
        Line(side(Account.OWED, now), wallets[now], commodity, lacked),
        Line(wallets[now], loss, commodity, used),
    ]
    lines = [line for line in moves if line.amount]
    return lines, Moved(used, brought, brought - taken, lacked, borne)


def _borne(tx: Tx, community_id: int, sale: Row) -> int:
    owner, person = int(sale.wallet_owner_id), int(sale.person_id or 0)
    return borne_units(tx, community_id, str(sale.sale_id), owner, person)
