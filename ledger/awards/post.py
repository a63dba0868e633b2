"""The one way in which a decided award moves points: plus or minus, within its item's caps, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.awards.rules import check_units, find_item, once_key, take
from ledger.book.accounts import account_id
from ledger.book.balances import lock_wallet, wallet_of
from ledger.book.chart import Account, Kind
from ledger.book.facts import CapUse, caps_step
from ledger.book.posting import Line, Posting, Side, check_open
from ledger.book.posting import steps as posting_steps
from ledger.book.steps import Step, apply
from ledger.earning.calendar import day_from_key
from ledger.earning.caps import Fit, caps_for_item, fit
from ledger.earning.scheme import Scheme
from ledger.earning.scheme_parts import Item
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.sql import Sql, Tx
from ledger.units import FIRST_POINT_COMMODITY

_USED: Final = Sql(
    "SELECT cap_code, period_key, used FROM cap_counter"
    " WHERE community_id = :community_id AND subject_id = :subject_id"
)
_KEEP: Final = Sql(
    "INSERT INTO award (community_id, award_id, request_id, item_code, commodity, owner_id, person_id,"
    " asked_units, booked_units, owed_units, dropped_units, cut_by, is_private, reason,"
    " scheme_version, happened_on, business_date, txn_id, approval_id, proposed_by, approved_by,"
    " made_at) VALUES (:community_id, :award_id, :request_id, :item_code, :commodity, :owner_id,"
    " :person_id, :asked_units, :booked_units, :owed_units, :dropped_units, :cut_by, :is_private,"
    " :reason, :scheme_version, :happened_on, :business_date, :txn_id, :approval_id, :proposed_by,"
    " :approved_by, :at)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """A decided award. `units` below zero is a deduction; days are yyyymmdd; `owner_id` is whose wallet it is."""

    request_id: str
    item_code: str
    owner_id: int
    person_id: int | None
    units: int
    happened_on: int
    reason: str
    proposed_by: int
    approved_by: int
    approval_id: int | None = None


class Awarded(NamedTuple):
    """What came of it, in units: `booked` is signed, what the wallet gained or lost; `cut_by` names a cap."""

    award_id: int
    txn_id: int | None
    booked: int
    owed: int
    dropped: int
    cut_by: str


class _Effect(NamedTuple):
    kind: Kind
    lines: list[Line]
    booked: int
    owed: int
    dropped: int
    cut_by: str
    counts: list[CapUse]


def post_award(
    tx: Tx, community_id: int, scheme: Scheme, award: Award, *, at: int, business_date: int
) -> Awarded:
    """Post an award in the caller's transaction, under the scheme in force on the day of the deed.

    A plus is cut to what the item's caps leave and repays a debt first; a minus takes what is there, and the rest is
    refused, owed or let go by the point type's `negative_balance` (ruling C34). A periodic item is scored once a
    period, plus or minus. Nobody decides a deduction alone. Who may decide is the caller's matter
    (`ledger.members.approvals`); the same request twice meets its key. Refuses award_item_unknown, award_item_closed,
    award_units_wrong, award_needs_two, award_given_already, award_cap_reached, award_over_balance, reason_missing,
    period_locked.
    """
    item = find_item(scheme, award.item_code)
    check_units(item, award.units)
    if not award.reason.strip():
        raise Refusal("reason_missing")
    if award.units < 0 and award.proposed_by == award.approved_by:
        raise Refusal("award_needs_two")
    check_open(tx, community_id, business_date)
    commodity = _commodity_of(scheme, item)
    effect = _effect(tx, community_id, scheme, item, award, commodity, at=at)
    txn_id = new_id(at) if effect.lines else None
    steps = []
    if effect.counts:
        steps.append(caps_step(community_id, _subject(award), effect.counts))
    if txn_id is not None:
        steps += posting_steps(
            Posting(
                community_id=community_id,
                kind=effect.kind,
                request_id=award.request_id,
                txn_id=txn_id,
                occurred_at=at,
                at=at,
                business_date=business_date,
                lines=effect.lines,
                scheme_period=str(award.happened_on // 100),
                scheme_version=_version(scheme),
                person_id=award.person_id,
                wallet_owner_id=award.owner_id,
                staff_id=award.approved_by,
                reason_key=effect.kind.value,
                source="office",
            )
        )
    award_id = new_id(at)
    row = {"award_id": award_id, "txn_id": txn_id, "commodity": commodity}
    steps.append(_row(community_id, scheme, item, award, effect, row, at, business_date))
    apply(tx, steps)
    done = Awarded(award_id, txn_id, effect.booked, effect.owed, effect.dropped, effect.cut_by)
    _note(tx, community_id, award, done, at)
    return done


def _effect(
    tx: Tx, community_id: int, scheme: Scheme, item: Item, award: Award, commodity: int, *, at: int
) -> _Effect:
    def side(kind: Account, owner: int = 0) -> Side:
        return Side(account_id(tx, community_id, kind, commodity, owner, at=at), kind)

    wallet, owed = side(Account.WALLET, award.owner_id), side(Account.OWED, award.owner_id)
    side(Account.PENDING, award.owner_id)
    # What is taken or repaid depends on what is there: the wallet's next entry waits for this one.
    lock_wallet(tx, community_id, wallet.account_id)
    standing = wallet_of(tx, community_id, award.owner_id, commodity)
    fitting, counts = _counted(tx, community_id, scheme, item, award)
    if award.units > 0:
        repaid = min(fitting.units, standing.owed)
        moves = [
            (side(Account.ISSUED_DEED), wallet, fitting.units),
            (wallet, owed, repaid),
        ]
        cut_by = "" if fitting.limited_by is None else fitting.limited_by.code
        return _Effect(
            Kind.EARN_DEED, _lines(moves, commodity), fitting.units, 0, 0, cut_by, counts
        )
    point_type = scheme.get_point_type(item.point_type)
    taking = take(point_type, -award.units, standing.available)
    undone = side(Account.ISSUED_DEDUCTION)
    moves = [(wallet, undone, taking.taken), (owed, undone, taking.owed)]
    return _Effect(
        Kind.DEDUCT,
        _lines(moves, commodity),
        -taking.taken,
        taking.owed,
        taking.dropped,
        "",
        counts,
    )


def _lines(moves: list[tuple[Side, Side, int]], commodity: int) -> list[Line]:
    return [Line(debit, credit, commodity, units) for debit, credit, units in moves if units]


def _counted(
    tx: Tx, community_id: int, scheme: Scheme, item: Item, award: Award
) -> tuple[Fit, list[CapUse]]:
    """What of it fits under the item's caps, and what is counted for it."""
    day = day_from_key(award.happened_on)
    rows = tx.all(_USED, community_id=community_id, subject_id=_subject(award))
    used = {(row.cap_code, int(row.period_key)): int(row.used) for row in rows}
    once = once_key(scheme, item, day)
    counts = []
    if once is not None:
        if used.get((f"{item.code}.once", once)):
            raise Refusal("award_given_already", item=item.code)
        counts.append(CapUse(f"{item.code}.once", once, 1, 1))
    if award.units < 0:
        return Fit(award.units, None), counts
    caps = caps_for_item(scheme, item, day)
    so_far = {cap.code: used.get((cap.code, cap.period_key), 0) for cap in caps}
    fitting = fit(award.units, caps, so_far)
    if not fitting.units:
        cap = fitting.limited_by
        raise Refusal("award_cap_reached", item=item.code, cap="" if cap is None else cap.code)
    counts += [CapUse(cap.code, cap.period_key, fitting.units, cap.units) for cap in caps]
    return fitting, counts


def _subject(award: Award) -> int:
    """Whose caps are counted: the person's who did it, else the wallet's owner's."""
    return award.owner_id if award.person_id is None else award.person_id


def _row(
    community_id: int,
    scheme: Scheme,
    item: Item,
    award: Award,
    effect: _Effect,
    row: dict[str, Any],
    at: int,
    business_date: int,
) -> Step:
    return Step(
        _KEEP,
        {
            "community_id": community_id,
            **row,
            "request_id": award.request_id,
            "item_code": item.code,
            "owner_id": award.owner_id,
            "person_id": award.person_id,
            "asked_units": award.units,
            "booked_units": effect.booked,
            "owed_units": effect.owed,
            "dropped_units": effect.dropped,
            "cut_by": effect.cut_by,
            "is_private": int(item.private_deduction),
            "reason": award.reason.strip(),
            "scheme_version": _version(scheme),
            "happened_on": award.happened_on,
            "business_date": business_date,
            "approval_id": award.approval_id,
            "proposed_by": award.proposed_by,
            "approved_by": award.approved_by,
            "at": at,
        },
    )


def _note(tx: Tx, community_id: int, award: Award, done: Awarded, at: int) -> None:
    """What was let go stands in no transfer, so the act says it, and is sealed."""
    after: audit.Facts = {
        "item": award.item_code,
        "asked_units": award.units,
        "booked_units": done.booked,
        "owed_units": done.owed,
        "dropped_units": done.dropped,
    }
    by = By("staff", award.approved_by)
    audit.record(tx, community_id, by, "award.post", f"award:{done.award_id}", at=at, after=after)


def _commodity_of(scheme: Scheme, item: Item) -> int:
    codes = [known.code for known in scheme.point_types]
    return FIRST_POINT_COMMODITY + 1 + codes.index(item.point_type)


def _version(scheme: Scheme) -> str:
    return f"{scheme.id}/{scheme.version}"
