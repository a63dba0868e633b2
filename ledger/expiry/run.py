"""Expiry: what was announced by every notice and not used in time leaves the wallet, one entry a wallet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import SYSTEM, By
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, check_open
from ledger.book.posting import steps as posting_steps
from ledger.book.steps import Step, apply
from ledger.book.unspent import Unspent, unspent
from ledger.database import Database
from ledger.expiry import store
from ledger.expiry.plan import Plan, PointKind, plan_of
from ledger.expiry.promised import promised_before
from ledger.ids import derived_request_id, new_id
from ledger.recovery.epochs import check_whole
from ledger.sql import Row, Tx

NOTICE_MISSING: Final = "notice_missing"
SLIP_NOT_HANDED_OUT: Final = "slip_not_handed_out"
EARLIER_WAITS: Final = "earlier_waits"
MORE_TIME: Final = "more_time"
"""Why points whose day is over stay: a notice was not given, its slip not handed out, older points still wait, or the
rules of today give more time than was announced.
"""

_LOCK: Final = store.among(
    "UPDATE balance SET held = held WHERE community_id = :community_id AND account_id IN"
    " (SELECT l.account_id FROM account l WHERE l.community_id = :community_id"
    " AND l.kind = 'wallet' AND l.commodity = :commodity{only})"
)

Each = Callable[[int], object]


def _unheard(_wallets: int) -> None:
    """Nobody shows progress."""


class Expired(NamedTuple):
    """What one run did: wallets and units by commodity, and how many wallets were passed over for which reason."""

    wallets: dict[int, int]
    units: dict[int, int]
    skipped: dict[str, int]


def run_expiry(
    db: Database, community_id: int, *, at: int, by: By = SYSTEM, each: Each = _unheard
) -> Expired:
    """Let lapse what is over today, wallet by wallet; again, it takes nothing twice. Cut off half way, it goes on.

    A wallet is passed over, and counted with its reason, unless every notice was given by every channel. What lapses
    is the smaller of what was announced last and what is left of the points earned up to the cut; points set aside for
    an unfinished purchase count as spent. Refuses community_not_found, period_locked, recovery_open.
    """
    with db.read() as tx:
        check_whole(tx, community_id)
        plan = plan_of(tx, community_id, at=at)
    wallets, units, skipped = Counter[int](), Counter[int](), Counter[str]()
    for kind in plan.kinds if plan.cuts else ():
        with db.read() as tx:
            due = store.lapses_due(tx, community_id, kind.commodity, plan.day)
        for earned_until, owners in _by_cut(due).items():
            for some in store.chunks(owners):
                done = db.write(
                    partial(
                        _expire_some,
                        community_id=community_id,
                        plan=plan,
                        kind=kind,
                        earned_until=earned_until,
                        owners=some,
                        at=at,
                    )
                )
                wallets[kind.commodity] += sum(1 for outcome in done if outcome.units)
                units[kind.commodity] += sum(outcome.units for outcome in done)
                skipped.update(outcome.skipped for outcome in done if outcome.skipped)
                each(len(done))
    if wallets.total():
        after: audit.Facts = {"wallets": wallets.total(), "date": plan.day}
        db.write(
            lambda tx: audit.record(
                tx, community_id, by, "expiry.run", "expiry", at=at, after=after
            )
        )
    return Expired(dict(+wallets), dict(+units), dict(skipped))


def reason_of(row: Row, plan: Plan, promised: int) -> str:
    """Why a lapse whose day is over must wait; '' where it need not. `promised`: units of earlier cuts that wait."""
    if row.next_days is not None:
        return NOTICE_MISSING
    if row.not_handed:
        return SLIP_NOT_HANDED_OUT
    if plan.last_day_of(int(row.earned_until)) >= plan.day:
        return MORE_TIME
    return EARLIER_WAITS if promised else ""


class _Outcome(NamedTuple):
    units: int
    skipped: str


def _by_cut(due: Sequence[Row]) -> dict[int, list[int]]:
    """Whose turn it may be, by cut, the oldest points first."""
    by_cut: dict[int, list[int]] = {}
    for row in due:
        by_cut.setdefault(int(row.earned_until), []).append(int(row.owner_id))
    return by_cut


def _expire_some(
    tx: Tx,
    community_id: int,
    plan: Plan,
    kind: PointKind,
    earned_until: int,
    owners: Sequence[int],
    *,
    at: int,
) -> list[_Outcome]:
    """One transaction: the wallets are taken first, then reckoned, so that no sale falls in between."""
    check_open(tx, community_id, plan.day)
    _lock_wallets(tx, community_id, kind.commodity, owners)
    rows = store.lapses_due(tx, community_id, kind.commodity, plan.day, (earned_until, owners))
    left = {
        wallet.owner_id: wallet
        for wallet in unspent(tx, community_id, kind.commodity, earned_until, owners)
    }
    promised = promised_before(tx, community_id, kind.commodity, earned_until, owners)
    steps, done = list[Step](), list[_Outcome]()
    for row in rows:
        wallet, waits = left[int(row.owner_id)], promised[int(row.owner_id)]
        reason = reason_of(row, plan, waits)
        if wallet.units > waits and reason:
            done.append(_Outcome(0, reason))
            continue
        amount = 0 if reason else min(int(row.units), wallet.free_units)
        txn_id = None
        if amount:
            posting = _posting(tx, community_id, plan, kind, wallet, earned_until, amount, at=at)
            steps += posting_steps(posting)
            txn_id = posting.txn_id
        steps.append(_ended(community_id, row, amount, txn_id, at))
        done.append(_Outcome(amount, ""))
    apply(tx, steps)
    return done


def _lock_wallets(tx: Tx, community_id: int, commodity: int, owners: Sequence[int]) -> None:
    """Take the wallets' balance rows: every entry of theirs waits, and what is reckoned afterwards stays true."""
    tx.run(
        _LOCK[tx.dialect],
        community_id=community_id,
        commodity=commodity,
        owners=store.given(tx, owners),
    )


def _posting(
    tx: Tx,
    community_id: int,
    plan: Plan,
    kind: PointKind,
    wallet: Unspent,
    earned_until: int,
    amount: int,
    *,
    at: int,
) -> Posting:
    expired = account_id(tx, community_id, Account.EXPIRED, kind.commodity, at=at)
    scheme = plan.scheme
    version = "" if scheme is None else f"{scheme.id}/{scheme.version}"
    name = "" if scheme is None else scheme.id
    return Posting(
        community_id=community_id,
        kind=Kind.EXPIRE,
        request_id=derived_request_id(
            "expire", name, kind.commodity, earned_until, wallet.owner_id
        ),
        txn_id=new_id(at),
        occurred_at=at,
        at=at,
        business_date=plan.day,
        lines=[
            Line(
                Side(wallet.wallet_id, Account.WALLET),
                Side(expired, Account.EXPIRED),
                kind.commodity,
                amount,
            )
        ],
        scheme_period=str(earned_until),
        scheme_version=version,
        wallet_owner_id=wallet.owner_id,
        reason_key="expire",
        source="job",
    )


def _ended(community_id: int, row: Row, amount: int, txn_id: int | None, at: int) -> Step:
    return Step(
        store.ENDED,
        {
            "community_id": community_id,
            "commodity": int(row.commodity),
            "owner_id": int(row.owner_id),
            "earned_until": int(row.earned_until),
            "state": "expired" if amount else "used",
            "expired_units": amount,
            "txn_id": txn_id,
            "at": at,
        },
        guard="lapse",
    )
