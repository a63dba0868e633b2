"""Goods set aside while a basket is open or until an order is collected; nobody else can order them meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from ledger.book import requests
from ledger.book.steps import Step, apply
from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import derived_request_id, new_id
from ledger.sql import Row, Sql, Tx

BASKET: Final = "basket"
ORDER: Final = "order"
_KIND: Final = "stock_hold"
_RELEASE_KIND: Final = "stock_release"
_MOST_AT_ONCE: Final = 500

_ASIDE: Final = Sql(
    "UPDATE good SET held = held + :quantity, changed_at = :at WHERE community_id = :community_id"
    " AND good_id = :good_id AND state = 'on' AND paused = '' AND stock - held >= :quantity"
)
_GOOD: Final = Sql(
    "SELECT code, state, paused, stock, held, more_on FROM good WHERE community_id = :community_id"
    " AND good_id = :good_id"
)
_KEEP: Final = Sql(
    "INSERT INTO stock_hold (community_id, hold_id, request_id, good_id, quantity, purpose, person_id, opened_at,"
    " expires_at, state, ended_by) VALUES (:community_id, :hold_id, :request_id, :good_id, :quantity, :purpose,"
    " :person_id, :at, :expires_at, 'open', '')"
)
_OF: Final = Sql(
    "SELECT hold_id, good_id, quantity, purpose, person_id, expires_at, state FROM stock_hold"
    " WHERE community_id = :community_id AND request_id = :request_id ORDER BY good_id"
)
_END: Final = Sql(
    "UPDATE stock_hold SET state = :state, ended_by = :ended_by, ended_at = :at WHERE community_id = :community_id"
    " AND hold_id = :hold_id AND state = 'open'"
)
_FREE: Final = Sql(
    "UPDATE good SET held = held - :quantity, changed_at = :at WHERE community_id = :community_id"
    " AND good_id = :good_id AND held >= :quantity"
)
_OVERDUE: Final = Sql(
    "SELECT DISTINCT request_id FROM stock_hold WHERE community_id = :community_id AND state = 'open'"
    " AND purpose = :purpose AND expires_at <= :at ORDER BY request_id LIMIT :n"
)
_OVERDUE_OF: Final = Sql(
    "SELECT DISTINCT request_id FROM stock_hold WHERE community_id = :community_id AND state = 'open'"
    " AND purpose = :purpose AND expires_at <= :at AND good_id = :good_id ORDER BY request_id"
)


class Wanted(NamedTuple):
    """So many pieces of one good."""

    good_id: int
    quantity: int


def hold(
    db: Database,
    community_id: int,
    request_id: str,
    wanted: Sequence[Wanted],
    *,
    purpose: str,
    person_id: int | None,
    at: int,
    expires_at: int,
) -> dict[str, Any]:
    """Set goods aside until `expires_at` (microseconds UTC), all or none; the same request again changes nothing.

    Refuses: stock_short and stock_short_until (with what is left and when more comes), good_not_found, good_off,
    good_paused, basket_wrong, request_id_reused.
    """
    body = {
        "wanted": [list(one) for one in wanted],
        "purpose": purpose,
        "person_id": person_id,
        "expires_at": expires_at,
    }

    def work(tx: Tx) -> dict[str, Any]:
        hold_within(
            tx,
            community_id,
            request_id,
            wanted,
            purpose=purpose,
            person_id=person_id,
            at=at,
            expires_at=expires_at,
        )
        return {"hold": request_id, "expires_at": expires_at}

    return requests.once(db, community_id, request_id, kind=_KIND, body=body, at=at, work=work)


def hold_within(
    tx: Tx,
    community_id: int,
    request_id: str,
    wanted: Sequence[Wanted],
    *,
    purpose: str,
    person_id: int | None,
    at: int,
    expires_at: int,
) -> None:
    """The same inside a caller's transaction, whose own request keeps the outcome. Refuses what `hold` refuses."""
    if not wanted or any(one.quantity <= 0 for one in wanted):
        raise Refusal("basket_wrong", most_lines=30, most_pieces=99)
    if len({one.good_id for one in wanted}) != len(wanted):
        raise Refusal("basket_wrong", most_lines=30, most_pieces=99)
    for one in sorted(wanted):
        here = {"community_id": community_id, "good_id": one.good_id}
        aside = {**here, "quantity": one.quantity, "at": at}
        # A basket that was forgotten keeps nobody waiting for the next sweep.
        if tx.run(_ASIDE, **aside) != 1 and (
            not _free_overdue(tx, community_id, one.good_id, at=at) or tx.run(_ASIDE, **aside) != 1
        ):
            raise short(tx, community_id, one)
        tx.run(
            _KEEP,
            **here,
            hold_id=new_id(at),
            request_id=request_id,
            quantity=one.quantity,
            purpose=purpose,
            person_id=person_id,
            at=at,
            expires_at=expires_at,
        )


def short(tx: Tx, community_id: int, wanted: Wanted) -> Refusal:
    """Why these pieces cannot be set aside now: off the list, paused, or fewer are left (and when more comes)."""
    row = tx.find(_GOOD, community_id=community_id, good_id=wanted.good_id)
    if row is None:
        return Refusal("good_not_found", good_id=str(wanted.good_id))
    if row.state != "on":
        return Refusal("good_off", good=row.code)
    if row.paused:
        return Refusal("good_paused", good=row.code, notice=row.paused)
    left = max(int(row.stock - row.held), 0)
    facts = {"good": row.code, "asked": wanted.quantity, "left": left}
    if row.more_on is None:
        return Refusal("stock_short", **facts)
    return Refusal("stock_short_until", **facts, more_on=int(row.more_on))


def holds_of(tx: Tx, community_id: int, request_id: str) -> list[Row]:
    """One request's holds: hold_id, good_id, quantity, purpose, person_id, expires_at, state."""
    return tx.all(_OF, community_id=community_id, request_id=request_id)


def release(
    db: Database, community_id: int, request_id: str, held_by: str, *, at: int
) -> dict[str, Any]:
    """Give back what the request `held_by` set aside; what was taken, released or expired before stays so.

    Refuses: hold_ended for an order's goods, which go back with the order alone; request_id_reused.
    """

    def work(tx: Tx) -> dict[str, Any]:
        if any(row.purpose == ORDER for row in holds_of(tx, community_id, held_by)):
            raise Refusal("hold_ended")
        freed = apply_release(tx, community_id, held_by, by=request_id, state="released", at=at)
        return {"hold": held_by, "released": freed}

    body = {"hold": held_by}
    return requests.once(
        db, community_id, request_id, kind=_RELEASE_KIND, body=body, at=at, work=work
    )


def apply_release(
    tx: Tx, community_id: int, held_by: str, *, by: str, state: str = "released", at: int
) -> int:
    """The same inside a caller's transaction: how many pieces came free. Raises GuardMissedError where it was raced."""
    open_ones = [row for row in holds_of(tx, community_id, held_by) if row.state == "open"]
    for row in open_ones:
        end = {"state": state, "ended_by": by, "at": at}
        if tx.run(_END, community_id=community_id, hold_id=row.hold_id, **end) != 1:
            raise GuardMissedError("stock_hold")
        freed = {"good_id": row.good_id, "quantity": row.quantity, "at": at}
        if tx.run(_FREE, community_id=community_id, **freed) != 1:
            raise GuardMissedError("stock_held")
    return sum(int(row.quantity) for row in open_ones)


def take_steps(tx: Tx, community_id: int, held_by: str, *, by: str, at: int) -> list[Step]:
    """End a request's holds as taken, in the transaction that hands the goods out (`moves.Out.held` counts them down).

    Refuses hold_ended where any of them expired, was released or taken before; the guard misses where it is raced.
    """
    rows = holds_of(tx, community_id, held_by)
    if not rows or any(row.state != "open" for row in rows):
        raise Refusal("hold_ended")
    end = {"community_id": community_id, "state": "taken", "ended_by": by, "at": at}
    return [Step(_END, {**end, "hold_id": row.hold_id}, guard="stock_hold") for row in rows]


def take(tx: Tx, community_id: int, held_by: str, *, by: str, at: int) -> None:
    """Run `take_steps` by themselves."""
    apply(tx, take_steps(tx, community_id, held_by, by=by, at=at))


def _free_overdue(tx: Tx, community_id: int, good_id: int, *, at: int) -> int:
    """Free baskets that hold a good beyond their time, inside the transaction that wants it; the pieces."""
    here = {"community_id": community_id, "good_id": good_id, "purpose": BASKET, "at": at}
    freed = 0
    for row in tx.all(_OVERDUE_OF, **here):
        by = derived_request_id("stock_expire", row.request_id)
        freed += apply_release(tx, community_id, row.request_id, by=by, state="expired", at=at)
    return freed


def expire(db: Database, community_id: int, *, at: int) -> int:
    """Free what baskets set aside until now and did not take; returns the pieces. Safe to run again, beside itself too.

    An order that nobody collects gives its points back with its goods: that is ended where orders are.
    """
    overdue = {"community_id": community_id, "purpose": BASKET, "at": at, "n": _MOST_AT_ONCE}
    with db.read() as tx:
        due = [str(row.request_id) for row in tx.all(_OVERDUE, **overdue)]
    freed = 0
    for held_by in due:
        by = derived_request_id("stock_expire", held_by)

        def work(tx: Tx, held_by: str = held_by, by: str = by) -> int:
            return apply_release(tx, community_id, held_by, by=by, state="expired", at=at)

        freed += db.write(work)
    return freed
