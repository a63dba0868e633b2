"""Proof of payment: pending points become spendable by the channel's own file, or by time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from ledger.audit import By
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.facts import pending_end_step
from ledger.book.posting import Line, Posting, Side
from ledger.book.posting import steps as posting_steps
from ledger.book.steps import Step, apply
from ledger.clock import SECOND_US
from ledger.earning.calendar import day_from_key
from ledger.earning.working_days import WorkingDays
from ledger.errors import Refusal
from ledger.households.owners import owner_now
from ledger.ids import derived_request_id, new_id
from ledger.members import approvals
from ledger.recovery.epochs import check_whole
from ledger.sql import Row, Sql, Tx
from pos import routes
from pos.desk import Desk, day_of
from pos.unproven import FLAGGED, waiting_sale

_WAITING: Final = (
    "SELECT p.txn_id, p.wallet_owner_id, p.commodity, p.merchant_id, p.left_units, p.business_date,"
    " e.sale_id, e.paid_fen, e.paid_at, e.terminal_id, e.payment_ref"
    " FROM pending p JOIN evidence e ON e.community_id = p.community_id AND e.txn_id = p.txn_id"
    " WHERE p.community_id = :community_id AND p.state = 'open' AND p.merchant_id = :merchant_id"
    f" AND p.business_date <= :until AND NOT {FLAGGED}{{more}} ORDER BY e.paid_at, p.txn_id"
)
_OPEN: Final = Sql(_WAITING.format(more=""))
# What every bill of the shop has left out waits for a decision, not for time.
_WITHOUT_FILE: Final = Sql(_WAITING.format(more=" AND e.state = 'claimed'"))
_PROVE: Final = Sql(
    "UPDATE evidence SET state = :state, payment_ref = coalesce(:payment_ref, payment_ref), proven_by = :proven_by,"
    " proven_at = :at WHERE community_id = :community_id AND txn_id = :txn_id AND state IN ('claimed', 'missing')"
)
_SHOPS: Final = Sql(
    "SELECT DISTINCT merchant_id FROM pending WHERE community_id = :community_id AND state = 'open'"
    " ORDER BY merchant_id"
)
_OWED: Final = Sql(
    "SELECT b.posted FROM account a JOIN balance b ON b.community_id = a.community_id AND b.account_id = a.account_id"
    " WHERE a.community_id = :community_id AND a.kind = 'owed' AND a.commodity = :commodity AND a.owner_id = :owner_id"
)
_MINUTE_US: Final = 60 * SECOND_US


class BillLine(NamedTuple):
    """One payment of the shop's channel bill: its reference, fen, and when it was made (microseconds UTC)."""

    payment_ref: str
    fen: int
    paid_at: int


class Proved(NamedTuple):
    """What a bill settled: sales proven, units that became spendable, lines that prove no sale.

    A line proves nothing also where its payment earned before, here or in another community.
    """

    sales: int
    units: int
    lines_left: int


def prove_by_bill(
    desk: Desk,
    community_id: int,
    merchant_id: int,
    lines: Sequence[BillLine],
    *,
    until: int,
    by: str,
    at: int,
) -> Proved:
    """Match a shop's bill with its sales up to `until` and make proven points spendable.

    A sale that names a payment of the bill is proven by that one alone; the others by the same fen, nearest first
    within the community's `match_minutes`, each used once. Again, it changes nothing.
    """
    within_us = desk.terms_of(community_id).settings.match_minutes * _MINUTE_US
    with desk.db.read() as tx:
        check_whole(tx, community_id)
        waiting = tx.all(_OPEN, community_id=community_id, merchant_id=merchant_id, until=until)
    left, proven = list(lines), list[int]()
    while True:
        pairs = match_lines(waiting, left, within_us=within_us)
        tried = [
            (row, line, _vest_once(desk, community_id, row, line, by=by, at=at))
            for row, line in pairs
        ]
        proven += [units for _, _, units in tried if units is not None]
        gone = {row.txn_id for row, _, units in tried if units is not None}
        waiting = [row for row in waiting if row.txn_id not in gone]
        used = {line.payment_ref for _, line, _ in tried}
        left = [line for line in left if line.payment_ref not in used]
        # A payment that had earned before was in the way of a sale: another line may prove that one.
        if all(units is not None for _, _, units in tried):
            return Proved(len(proven), sum(proven), len(lines) - len(proven))


def _vest_once(
    desk: Desk, community_id: int, row: Row, line: BillLine, *, by: str, at: int
) -> int | None:
    """Vest behind the payment's one route: None where the payment, or the sale, earned points before."""
    try:
        reserved = routes.reserve(
            desk.db,
            payment_ref=f"scan:{line.payment_ref}",
            community_id=community_id,
            sale_id=row.sale_id,
            at=at,
        )
    except Refusal as refusal:
        if refusal.code != "payment_already_used":
            raise
        return None
    units = _vest(
        desk, community_id, row, payment_ref=line.payment_ref, by=by, at=at, reserved=reserved
    )
    if units is not None:
        routes.confirm(desk.db, reserved)
        return units
    # Somebody else vested this sale meanwhile; by another payment, this one is free for its own sale.
    return 0 if routes.release(desk.db, reserved, at=at) == "confirmed" else None


def match_lines(
    waiting: Sequence[Any], lines: Sequence[BillLine], *, within_us: int
) -> list[tuple[Any, BillLine]]:
    """Pairs of sale and bill line with the same fen, one to one: named payments first, then the closest in time."""
    by_fen: dict[int, list[BillLine]] = {}
    for line in lines:
        by_fen.setdefault(line.fen, []).append(line)
    named = {line.payment_ref: line for line in lines}
    pairs = [
        (row, named[row.payment_ref])
        for row in waiting
        if row.payment_ref in named and named[row.payment_ref].fen == row.paid_fen
    ]
    used_rows = {index for index, row in enumerate(waiting) if row.payment_ref in named}
    used_lines = {waiting[index].payment_ref for index in used_rows}
    candidates = sorted(
        (abs(line.paid_at - row.paid_at), row.txn_id, line.payment_ref, index, line)
        for index, row in enumerate(waiting)
        for line in by_fen.get(row.paid_fen, ())
        if abs(line.paid_at - row.paid_at) <= within_us
    )
    for _, _, payment_ref, index, line in candidates:
        if index not in used_rows and payment_ref not in used_lines:
            used_rows.add(index)
            used_lines.add(payment_ref)
            pairs.append((waiting[index], line))
    return pairs


def vest_overdue(desk: Desk, community_id: int, calendar: WorkingDays, *, at: int) -> int:
    """Points whose shop's agreed days of waiting have passed without a file become spendable, counted against the shop.

    Residents keep what they earned in good faith (ruling C13). Returns the units that became spendable.
    """
    terms = desk.terms_of(community_id)
    today = day_from_key(day_of(terms, at))
    with desk.db.read() as tx:
        check_whole(tx, community_id)
        shops = [row.merchant_id for row in tx.all(_SHOPS, community_id=community_id)]
    units = 0
    for merchant_id in shops:
        agreement = terms.agreement_on(merchant_id, day_of(terms, at))
        days = terms.settings.proof_days if agreement is None else agreement.proof_days
        with desk.db.read() as tx:
            rows = tx.all(
                _WITHOUT_FILE,
                community_id=community_id,
                merchant_id=merchant_id,
                until=day_of(terms, at),
            )
        overdue = [
            row
            for row in rows
            if is_overdue(calendar, day_from_key(row.business_date), days, today)
        ]
        units += sum(
            _vest(desk, community_id, row, payment_ref=None, by="no_file", at=at) or 0
            for row in overdue
        )
    return units


def let_be(
    tx: Tx, community_id: int, approval_id: int, *, today: int, by: By, at: int
) -> int | None:
    """Answer no to a flag: points no bill shows are spendable now, others go on waiting for their proof.

    Returns the units that became spendable. Refuses what `ledger.members.approvals.deny` refuses.
    """
    denied = approvals.deny(tx, community_id, approval_id, by=by, at=at)
    row = waiting_sale(tx, community_id, str(denied.body["sale_id"]))
    if row is None or row.evidence_state != "missing":
        return None
    return vest_sale(
        tx, community_id, int(row.txn_id), payment_ref=None, by=f"staff:{by.id}", day=today, at=at
    )


def is_overdue(calendar: WorkingDays, sold_on: date, days: int, today: date) -> bool:
    """Whether `days` working days have passed after the day of the sale."""
    return calendar.add_working_days(sold_on, days).day < today


def _vest(
    desk: Desk,
    community_id: int,
    row: Row,
    *,
    payment_ref: str | None,
    by: str,
    at: int,
    reserved: routes.Reservation | None = None,
) -> int | None:
    """Move what is left of one sale's pending points into the wallet, in a transaction of its own.

    None where they have vested meanwhile, or somebody flagged them.
    """
    day = day_of(desk.terms_of(community_id), at)

    def work(tx: Tx) -> int | None:
        if tx.find(_STILL_OPEN, community_id=community_id, txn_id=row.txn_id) is None:
            return None
        if reserved is not None:
            routes.mark_posted(tx, reserved, at=at)
        return vest_sale(
            tx, community_id, int(row.txn_id), payment_ref=payment_ref, by=by, day=day, at=at
        )

    return desk.db.write(work)


def vest_sale(
    tx: Tx, community_id: int, txn_id: int, *, payment_ref: str | None, by: str, day: int, at: int
) -> int | None:
    """Make what is left of a sale's pending points spendable, repaying a debt first; None where nothing waits."""
    row = tx.find(_LEFT, community_id=community_id, txn_id=txn_id)
    if row is None:
        return None
    left = int(row.left_units)
    proven = Step(
        _PROVE,
        {
            "community_id": community_id,
            "txn_id": txn_id,
            "payment_ref": payment_ref,
            "state": "proven" if payment_ref else "missing",
            "proven_by": by,
            "at": at,
        },
    )
    steps = [proven, pending_end_step(community_id, txn_id, left, state="vested", at=at)]
    if left:
        why = "vest" if payment_ref else "vest_unproven"
        steps += posting_steps(_vesting(tx, community_id, row, left, why, at=at, day=day))
    apply(tx, steps)
    return left


_LEFT: Final = Sql(
    "SELECT p.txn_id, p.wallet_owner_id, p.commodity, p.merchant_id, p.left_units, p.business_date, x.person_id"
    " FROM pending p JOIN txn x ON x.community_id = p.community_id AND x.txn_id = p.txn_id"
    " WHERE p.community_id = :community_id AND p.txn_id = :txn_id AND p.state = 'open'"
)
_STILL_OPEN: Final = Sql(
    "SELECT p.txn_id FROM pending p JOIN evidence e ON e.community_id = p.community_id AND e.txn_id = p.txn_id"
    f" WHERE p.community_id = :community_id AND p.txn_id = :txn_id AND p.state = 'open' AND NOT {FLAGGED}"
)


def _vesting(
    tx: Tx, community_id: int, row: Row, left: int, why: str, *, at: int, day: int
) -> Posting:
    waited, commodity = int(row.wallet_owner_id), row.commodity
    # Whoever bought may live in another household by now: the points go to the one they belong to.
    owner = owner_now(tx, community_id, waited, row.person_id)

    def side(kind: Account) -> Side:
        whose = waited if kind is Account.PENDING else owner
        return Side(account_id(tx, community_id, kind, commodity, whose, at=at), kind)

    debt = tx.find(_OWED, community_id=community_id, commodity=commodity, owner_id=owner)
    repaid = min(left, 0 if debt is None else int(debt.posted))
    lines = [Line(side(Account.PENDING), side(Account.WALLET), commodity, left)]
    if repaid:
        lines.append(Line(side(Account.WALLET), side(Account.OWED), commodity, repaid))
    return Posting(
        community_id=community_id,
        kind=Kind.VEST,
        request_id=derived_request_id("vest", row.txn_id),
        txn_id=new_id(at),
        occurred_at=at,
        at=at,
        business_date=day,
        lines=lines,
        person_id=row.person_id,
        wallet_owner_id=owner,
        merchant_id=row.merchant_id,
        reason_key=why,
        source="job",
        # They count as earned on the day of the sale, not on the day they were proven.
        corrects_date=row.business_date,
    )
