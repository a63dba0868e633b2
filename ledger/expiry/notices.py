"""The notices: what would lapse, for whom, told in time by every channel the owner can be reached by."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from ledger import audit
from ledger.audit import SYSTEM, By
from ledger.book.unspent import unspent
from ledger.database import Database
from ledger.earning.calendar import day_from_key, day_key
from ledger.earning.expiry import Cut, cut_to_announce, due_day, kept_day
from ledger.expiry import store
from ledger.expiry.phones import with_phone
from ledger.expiry.plan import Plan, PointKind, plan_of
from ledger.expiry.promised import promised_before
from ledger.expiry.store import PAGE, SLIP
from ledger.ids import new_id
from ledger.recovery.epochs import check_whole
from ledger.sql import Row, Sql, Tx

ACT: Final = "expiry.notice"

_ROWS: Final = Sql(
    "SELECT owner_id, earned_until, channel, units, last_day FROM lapse_notice"
    " WHERE community_id = :community_id AND run_id = :run_id"
    " ORDER BY owner_id, earned_until, channel"
)
_UNSEALED: Final = Sql(
    "SELECT DISTINCT n.run_id, n.commodity, n.notice_days, n.made_on FROM lapse_notice n"
    " LEFT JOIN notice_run r ON r.community_id = n.community_id AND r.run_id = n.run_id"
    " WHERE n.community_id = :community_id AND r.run_id IS NULL ORDER BY n.run_id"
)
_KEEP: Final = Sql(
    "INSERT INTO notice_run (community_id, run_id, commodity, notice_days, made_on, wallets, units,"
    " slips, digest, made_at) VALUES (:community_id, :run_id, :commodity, :notice_days, :made_on,"
    " :wallets, :units, :slips, :digest, :at) ON CONFLICT (community_id, run_id) DO NOTHING"
)

Each = Callable[[int], object]
"""Told how many wallets were written since it was told last."""


def _unheard(_wallets: int) -> None:
    """Nobody shows progress."""


class NoticeRun(NamedTuple):
    """One kind of notice of one night: how many wallets were told, of how many units, how many of them on paper."""

    run_id: int
    commodity: int
    notice_days: int
    made_on: int
    wallets: int
    units: int
    slips: int
    digest: str


class Noticed(NamedTuple):
    """What one run did; `withdrawn`: lapses given up because the rules let nothing lapse any more."""

    runs: list[NoticeRun]
    withdrawn: int


def give_notices(
    db: Database, community_id: int, *, at: int, by: By = SYSTEM, each: Each = _unheard
) -> Noticed:
    """Give every notice that is due today; again, it gives none twice. Cut off half way, it goes on.

    The first notice opens a lapse: so many units of this wallet, usable to a day that keeps the notice's whole time. A
    later one follows when the one before was given by every channel; what was used meanwhile is taken off, and points
    that came back in between wait for the next cut. Each run of notices is kept with its sums and written down as an
    act. Refuses community_not_found, recovery_open.
    """
    with db.read() as tx:
        check_whole(tx, community_id)
        plan = plan_of(tx, community_id, at=at)
    if not plan.cuts:
        return Noticed([], db.write(lambda tx: _withdraw(tx, community_id, by, at)))
    db.write(lambda tx: _keep_longer_days(tx, community_id, plan, at=at))
    own = set[int]()
    for kind in plan.kinds:
        cut = cut_to_announce(plan.cuts, plan.notices, plan.today)
        if cut is not None:
            own.add(_announce(db, community_id, plan, kind, cut, at=at, each=each))
        with db.read() as tx:
            days_due = store.days_due(tx, community_id, kind.commodity, plan.day)
        for days in days_due:
            own.add(_remind(db, community_id, plan, kind, days, at=at, each=each))
    return Noticed(_seal_runs(db, community_id, plan, own, by=by, at=at), 0)


def _announce(
    db: Database, community_id: int, plan: Plan, kind: PointKind, cut: Cut, *, at: int, each: Each
) -> int:
    earned_until, run_id = day_key(cut.earned_until), new_id(at)
    with db.read() as tx:
        told = store.told_of(tx, community_id, kind.commodity, earned_until, None)
        owners = [
            wallet.owner_id
            for wallet in unspent(tx, community_id, kind.commodity, earned_until)
            if wallet.units and wallet.owner_id not in told
        ]
    for some in store.chunks(owners):
        written = db.write(
            partial(
                _announce_some,
                community_id=community_id,
                plan=plan,
                kind=kind,
                cut=cut,
                owners=some,
                run_id=run_id,
                at=at,
            )
        )
        if written:
            each(written)
    return run_id


def _announce_some(
    tx: Tx,
    community_id: int,
    plan: Plan,
    kind: PointKind,
    cut: Cut,
    owners: Sequence[int],
    *,
    run_id: int,
    at: int,
) -> int:
    earned_until = day_key(cut.earned_until)
    told = store.told_of(tx, community_id, kind.commodity, earned_until, owners)
    promised = promised_before(tx, community_id, kind.commodity, earned_until, owners)
    phones = with_phone(tx, community_id, owners, of_households=kind.of_household)
    last_day = kept_day(cut.last_day, plan.today, plan.notices[0])
    lapses, notices = list[dict[str, Any]](), list[dict[str, Any]]()
    for wallet in unspent(tx, community_id, kind.commodity, earned_until, owners):
        # What was announced for an earlier day lapses on that day.
        units = wallet.units - promised[wallet.owner_id]
        if wallet.owner_id in told or units <= 0:
            continue
        key = _key(community_id, kind.commodity, wallet.owner_id, earned_until)
        common = {**key, "units": units, "last_day": day_key(last_day), "today": plan.day}
        following = _following(plan.notices, plan.notices[0])
        lapses.append(
            {
                **common,
                "notice_days": ",".join(map(str, plan.notices)),
                "next_days": following,
                "next_due": _due(day_key(last_day), following),
                "at": at,
            }
        )
        notices += _notices(common, plan.notices[0], run_id, has_phone=wallet.owner_id in phones)
    store.open_lapses(tx, lapses, notices)
    return len(lapses)


def _remind(
    db: Database, community_id: int, plan: Plan, kind: PointKind, days: int, *, at: int, each: Each
) -> int:
    run_id = new_id(at)
    with db.read() as tx:
        due = store.reminders_due(tx, community_id, kind.commodity, days, plan.day)
    by_cut: dict[int, list[int]] = {}
    for row in due:
        by_cut.setdefault(int(row.earned_until), []).append(int(row.owner_id))
    for earned_until, owners in by_cut.items():
        for some in store.chunks(owners):
            written = db.write(
                partial(
                    _remind_some,
                    community_id=community_id,
                    plan=plan,
                    kind=kind,
                    days=days,
                    earned_until=earned_until,
                    owners=some,
                    run_id=run_id,
                    at=at,
                )
            )
            each(written)
    return run_id


def _remind_some(  # noqa: PLR0913 - whom, of what, by which run
    tx: Tx,
    community_id: int,
    plan: Plan,
    kind: PointKind,
    days: int,
    earned_until: int,
    owners: Sequence[int],
    *,
    run_id: int,
    at: int,
) -> int:
    rows = store.reminders_due(
        tx, community_id, kind.commodity, days, plan.day, (earned_until, owners)
    )
    left = {
        wallet.owner_id: wallet.units
        for wallet in unspent(tx, community_id, kind.commodity, earned_until, owners)
    }
    promised = promised_before(tx, community_id, kind.commodity, earned_until, owners)
    phones = with_phone(tx, community_id, owners, of_households=kind.of_household)
    moved, notices, used_up = [], list[dict[str, Any]](), []
    for row in rows:
        owner_id = int(row.owner_id)
        units = min(int(row.units), left.get(owner_id, 0) - promised[owner_id])
        key = _key(community_id, kind.commodity, owner_id, earned_until)
        if units <= 0:
            used_up.append({**key, "at": at})
            continue
        last_day = day_key(kept_day(day_from_key(row.last_day), plan.today, days))
        following = _following(_read_days(row.notice_days), days)
        common = {**key, "units": units, "last_day": last_day, "today": plan.day}
        moved.append(
            {
                **common,
                "next_days": following,
                "next_due": _due(last_day, following),
                "at": at,
            }
        )
        notices += _notices(common, days, run_id, has_phone=owner_id in phones)
    store.remind(tx, moved, notices, used_up)
    return len(rows)


def _key(community_id: int, commodity: int, owner_id: int, earned_until: int) -> dict[str, Any]:
    return {
        "community_id": community_id,
        "commodity": commodity,
        "owner_id": owner_id,
        "earned_until": earned_until,
    }


def _notices(
    common: dict[str, Any], days: int, run_id: int, *, has_phone: bool
) -> list[dict[str, Any]]:
    """The page for everybody, and paper for whoever has no phone to see it on."""
    made = {**common, "days": days, "run_id": run_id}
    page = {**made, "channel": PAGE, "given_on": common["today"]}
    return [page] if has_phone else [page, {**made, "channel": SLIP, "given_on": None}]


def _read_days(text: str) -> tuple[int, ...]:
    return tuple(int(days) for days in text.split(","))


def _following(notices: Sequence[int], days: int) -> int | None:
    """The notice after the one of `days`; None after the last."""
    return max((other for other in notices if other < days), default=None)


def _due(last_day: int, days: int | None) -> int | None:
    return None if days is None else day_key(due_day(day_from_key(last_day), days))


def _keep_longer_days(tx: Tx, community_id: int, plan: Plan, *, at: int) -> int:
    """A rule that gives more time than was announced counts at once; one that gives less changes nothing."""
    moved = 0
    for earned_until, next_days in store.open_cuts(tx, community_id):
        last_day = plan.last_day_of(earned_until)
        if last_day:
            moved += store.move_on(
                tx,
                community_id,
                earned_until,
                next_days,
                last_day=last_day,
                next_due=_due(last_day, next_days),
                at=at,
            )
    return moved


def _withdraw(tx: Tx, community_id: int, by: By, at: int) -> int:
    withdrawn = store.withdraw(tx, community_id, at=at)
    if withdrawn:
        audit.record(
            tx, community_id, by, "expiry.withdraw", "expiry", at=at, after={"wallets": withdrawn}
        )
    return withdrawn


def _seal_runs(
    db: Database, community_id: int, plan: Plan, own: set[int], *, by: By, at: int
) -> list[NoticeRun]:
    """Keep the sums of this command's own runs and of any that was cut off on an earlier day, each with its act.

    A run of today that is not our own may still be going on.
    """
    with db.read() as tx:
        rows = tx.all(_UNSEALED, community_id=community_id)
    sealed = [
        db.write(partial(_seal_run, community_id=community_id, row=row, by=by, at=at))
        for row in rows
        if row.run_id in own or row.made_on < plan.day
    ]
    return [run for run in sealed if run is not None]


def _seal_run(tx: Tx, community_id: int, row: Row, *, by: By, at: int) -> NoticeRun | None:
    notices = tx.all(_ROWS, community_id=community_id, run_id=row.run_id)
    told = [notice for notice in notices if notice.channel == PAGE]
    run = NoticeRun(
        run_id=int(row.run_id),
        commodity=int(row.commodity),
        notice_days=int(row.notice_days),
        made_on=int(row.made_on),
        wallets=len(told),
        units=sum(int(notice.units) for notice in told),
        slips=len(notices) - len(told),
        digest=_digest(notices),
    )
    if not tx.run(_KEEP, community_id=community_id, **run._asdict(), at=at):
        return None
    after: audit.Facts = {
        name: str(value) if name == "run_id" else value for name, value in run._asdict().items()
    }
    audit.record(tx, community_id, by, ACT, f"notices:{run.run_id}", at=at, after=after)
    return run


def _digest(notices: Sequence[Row]) -> str:
    """SHA-256 over every notice of a run, a line each: what was told to whom."""
    lines = "".join(f"{'|'.join(str(value) for value in notice)}\n" for notice in notices)
    return hashlib.sha256(lines.encode()).hexdigest()
