"""Service orders: asked, accepted, done, confirmed and rated; each step once, by whoever may take it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from ledger import audit
from ledger.audit import By
from ledger.book.steps import Step, apply
from ledger.earning.calendar import business_date, day_key
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import new_id
from ledger.members.communities import get_community
from ledger.services.rules import check_open
from ledger.services.slots import free_step, get_slot, take_step
from ledger.services.vouchers import get_voucher, lock_voucher, standing_of
from ledger.sql import Row, Sql, Tx

HOUR_US: Final = 3_600_000_000
BEST: Final = 5
_OPEN: Final = "('asked', 'accepted')"

_KEEP: Final = Sql(
    "INSERT INTO service_order (community_id, order_id, voucher_id, service_id, provider_id, person_id,"
    " wallet_owner_id, slot_id, state, asked_at, answered_at, ended_at, confirmed_by)"
    " VALUES (:community_id, :order_id, :voucher_id, :service_id, :provider_id, :person_id,"
    " :wallet_owner_id, :slot_id, :state, :asked_at, :answered_at, :ended_at, '')"
)
_COLUMNS: Final = (
    "SELECT o.order_id, o.voucher_id, o.service_id, o.provider_id, o.person_id, o.slot_id, o.state,"
    " o.asked_at, o.answered_at, o.ended_at, o.confirmed_at, o.confirmed_by, o.rating, s.name,"
    " v.cancel_hours, l.starts_at, l.ends_at FROM service_order o"
    " JOIN voucher v ON v.community_id = o.community_id AND v.voucher_id = o.voucher_id"
    " JOIN service s ON s.community_id = o.community_id AND s.service_id = o.service_id"
    " LEFT JOIN slot l ON l.community_id = o.community_id AND l.slot_id = o.slot_id"
    " WHERE o.community_id = :community_id"
)
_ONE: Final = Sql(f"{_COLUMNS} AND o.order_id = :order_id")
_OPEN_OF: Final = Sql(f"{_COLUMNS} AND o.voucher_id = :voucher_id AND o.state IN {_OPEN}")
_OF_PERSON: Final = Sql(
    f"{_COLUMNS} AND o.person_id = :person_id ORDER BY o.order_id DESC LIMIT :most"
)
_OF_PROVIDER: Final = Sql(
    f"{_COLUMNS} AND o.provider_id = :provider_id ORDER BY o.order_id DESC LIMIT :most"
)
_NEWEST: Final = Sql(f"{_COLUMNS} ORDER BY o.order_id DESC LIMIT :most")
_MOVE: Final = Sql(
    "UPDATE service_order SET state = :state, answered_at = coalesce(answered_at, :answered_at),"
    " ended_at = :ended_at WHERE community_id = :community_id AND order_id = :order_id AND state = :was"
)
_CONFIRM: Final = Sql(
    "UPDATE service_order SET confirmed_at = :at, confirmed_by = :by, rating = :rating"
    " WHERE community_id = :community_id AND order_id = :order_id AND state = 'done'"
    " AND confirmed_at IS NULL"
)


def ask(
    tx: Tx, community_id: int, voucher_id: int, slot_id: int | None, *, today: int, at: int
) -> dict[str, Any]:
    """Ask for the service of a voucher, at a time of the calendar or without one.

    `today` is yyyymmdd. Refuses: voucher_not_found, voucher_used, voucher_returned, voucher_expired, voucher_booked,
    slot_not_found, slot_past, slot_full, slot_after_voucher.
    """
    lock_voucher(tx, community_id, voucher_id)
    voucher = get_voucher(tx, community_id, voucher_id)
    check_open(standing_of(voucher), today)
    if open_order(tx, community_id, voucher_id) is not None:
        raise Refusal("voucher_booked")
    steps = []
    if slot_id is not None:
        _check_slot(tx, community_id, slot_id, voucher, at)
        steps.append(take_step(community_id, slot_id))
    order_id = new_id(at)
    row = _row(community_id, voucher, order_id, slot_id, "asked", at)
    try:
        apply(tx, [*steps, Step(_KEEP, row)])
    except GuardMissedError as missed:
        raise Refusal("slot_full") from missed
    return {"order_id": str(order_id), "state": "asked"}


def answer(
    tx: Tx,
    community_id: int,
    order_id: int,
    providers: Collection[int],
    *,
    accepted: bool,
    by: By,
    at: int,
) -> dict[str, Any]:
    """The provider accepts what was asked, or declines it and the place is free again.

    `providers`: for whom the one who answers may speak. Refuses: order_not_found, order_moved_on.
    """
    order = get_order(tx, community_id, order_id, providers)
    _expect(order, "asked")
    state = "accepted" if accepted else "declined"
    steps = [_move(community_id, order, state, at, ends=not accepted)]
    if not accepted and order.slot_id is not None:
        steps.append(free_step(community_id, int(order.slot_id)))
    apply(tx, steps)
    _note(tx, community_id, order_id, state, by, at)
    return {"order_id": str(order_id), "state": state}


def cancel(tx: Tx, community_id: int, order_id: int, person_id: int, *, at: int) -> dict[str, Any]:
    """The resident gives an appointment up, in time; the voucher stays good and the place is free.

    Refuses: order_not_found, order_moved_on, booking_too_late.
    """
    order = _of_person(tx, community_id, order_id, person_id)
    if order.state not in {"asked", "accepted"}:
        raise Refusal("order_moved_on", state=order.state)
    hours = int(order.cancel_hours)
    if order.starts_at is not None and at > int(order.starts_at) - hours * HOUR_US:
        raise Refusal("booking_too_late", hours=hours)
    apply(tx, cancel_steps(community_id, order, at))
    return {"order_id": str(order_id), "state": "cancelled"}


def miss(
    tx: Tx, community_id: int, order_id: int, providers: Collection[int], *, by: By, at: int
) -> dict[str, Any]:
    """Nobody came at the time agreed: the appointment is over, its place stays counted, the voucher stays good.

    Refuses: order_not_found, order_moved_on, order_too_early.
    """
    order = get_order(tx, community_id, order_id, providers)
    if order.state not in {"asked", "accepted"} or order.starts_at is None:
        raise Refusal("order_moved_on", state=order.state)
    if at < int(order.starts_at):
        raise Refusal("order_too_early")
    apply(tx, [_move(community_id, order, "no_show", at, ends=True)])
    _note(tx, community_id, order_id, "no_show", by, at)
    return {"order_id": str(order_id), "state": "no_show"}


def done_steps(tx: Tx, community_id: int, voucher: Row, *, at: int) -> list[Step]:
    """What a voucher's use does to its order: the open one is done, or one is written for who came without.

    Refuses: voucher_not_booked where the service is given with an appointment alone.
    """
    order = open_order(tx, community_id, int(voucher.voucher_id))
    if order is not None:
        return [_move(community_id, order, "done", at, ends=True)]
    if voucher.needs_booking:
        raise Refusal("voucher_not_booked")
    return [Step(_KEEP, _row(community_id, voucher, new_id(at), None, "done", at))]


def confirm(
    tx: Tx,
    community_id: int,
    order_id: int,
    *,
    person_id: int | None,
    rating: int,
    by: By,
    at: int,
) -> dict[str, Any]:
    """The resident says that it was done, and how well (1 to 5); or the desk writes it off a signed paper.

    `person_id`: whose order it must be, None at the desk. Refuses: order_not_found, order_moved_on, rating_bad,
    order_confirmed.
    """
    if not 1 <= rating <= BEST:
        raise Refusal("rating_bad")
    order = (
        get_order(tx, community_id, order_id)
        if person_id is None
        else _of_person(tx, community_id, order_id, person_id)
    )
    _expect(order, "done")
    how = "paper" if person_id is None else "page"
    params = {"community_id": community_id, "order_id": order_id, "by": how, "rating": rating}
    if tx.run(_CONFIRM, at=at, **params) != 1:
        raise Refusal("order_confirmed")
    _note(tx, community_id, order_id, "confirm", by, at)
    return {"order_id": str(order_id), "rating": rating}


def get_order(
    tx: Tx, community_id: int, order_id: int, providers: Collection[int] | None = None
) -> Row:
    """One order with its service and time; one of these `providers`' where they are named.

    Refuses: order_not_found.
    """
    row = tx.find(_ONE, community_id=community_id, order_id=order_id)
    if row is None or (providers is not None and int(row.provider_id) not in providers):
        raise Refusal("order_not_found")
    return row


def open_order(tx: Tx, community_id: int, voucher_id: int) -> Row | None:
    """The order of a voucher that is asked or accepted, if there is one."""
    return tx.find(_OPEN_OF, community_id=community_id, voucher_id=voucher_id)


def orders_of(tx: Tx, community_id: int, person_id: int, *, most: int = 30) -> list[Row]:
    """A person's own orders, the newest first."""
    return tx.all(_OF_PERSON, community_id=community_id, person_id=person_id, most=most)


def orders_at(tx: Tx, community_id: int, provider_id: int, *, most: int = 100) -> list[Row]:
    """A provider's orders, the newest first."""
    return tx.all(_OF_PROVIDER, community_id=community_id, provider_id=provider_id, most=most)


def newest_orders(tx: Tx, community_id: int, *, most: int = 100) -> list[Row]:
    """The community's orders, the newest first."""
    return tx.all(_NEWEST, community_id=community_id, most=most)


def cancel_steps(community_id: int, order: Row, at: int) -> list[Step]:
    """An open order ends without the service, and its place is free."""
    steps = [_move(community_id, order, "cancelled", at, ends=True)]
    if order.slot_id is not None:
        steps.append(free_step(community_id, int(order.slot_id)))
    return steps


def _check_slot(tx: Tx, community_id: int, slot_id: int, voucher: Row, at: int) -> None:
    slot = get_slot(tx, community_id, slot_id)
    zone = get_community(tx, community_id).timezone
    slot_day = day_key(business_date(int(slot.starts_at), zone))
    if slot.state != "on" or int(slot.service_id) != int(voucher.service_id):
        raise Refusal("slot_not_found")
    if int(slot.starts_at) <= at:
        raise Refusal("slot_past")
    if slot_day > int(voucher.last_day):
        raise Refusal("slot_after_voucher", last_day=int(voucher.last_day))
    if int(slot.taken) >= int(slot.capacity):
        raise Refusal("slot_full")


def _of_person(tx: Tx, community_id: int, order_id: int, person_id: int) -> Row:
    order = get_order(tx, community_id, order_id)
    if int(order.person_id) != person_id:
        raise Refusal("order_not_found")
    return order


def _expect(order: Row, state: str) -> None:
    if order.state != state:
        raise Refusal("order_moved_on", state=order.state)


def _row(
    community_id: int, voucher: Row, order_id: int, slot_id: int | None, state: str, at: int
) -> dict[str, Any]:
    done = at if state == "done" else None
    return {
        "community_id": community_id,
        "order_id": order_id,
        "voucher_id": int(voucher.voucher_id),
        "service_id": int(voucher.service_id),
        "provider_id": int(voucher.provider_id),
        "person_id": int(voucher.person_id),
        "wallet_owner_id": int(voucher.wallet_owner_id),
        "slot_id": slot_id,
        "state": state,
        "asked_at": at,
        "answered_at": done,
        "ended_at": done,
    }


def _move(community_id: int, order: Row, state: str, at: int, *, ends: bool) -> Step:
    return Step(
        _MOVE,
        {
            "community_id": community_id,
            "order_id": int(order.order_id),
            "state": state,
            "was": order.state,
            "answered_at": at,
            "ended_at": at if ends else None,
        },
        guard="order",
    )


def _note(tx: Tx, community_id: int, order_id: int, act: str, by: By, at: int) -> None:
    audit.record(tx, community_id, by, f"order.{act}", f"order:{order_id}", at=at)
