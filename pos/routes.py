"""A payment earns points once over all communities: reserve its reference, post, confirm.

The reservation lies in a table keyed by the payment alone, perhaps on another server than the
community's book, so no transaction spans both. The book's side is fenced instead: `mark_posted`
inside the posting's transaction and the end of an abandoned reservation write the same key, and
whoever comes second is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, cast

from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.sql import Row, Sql, Tx

RouteState = Literal["reserved", "confirmed", "released"]

LIFE_US: Final = 15 * 60 * SECOND_US
"""How long a reservation keeps others away before it may be looked into."""

TRIES: Final = 3
"""An overdue reservation is ended once and taken over; more rounds mean that others are quicker."""

RESERVE: Final = Sql("""
    INSERT INTO payment_route (payment_ref, community_id, sale_id, state, turn, expires_at)
    VALUES (:payment_ref, :community_id, :sale_id, 'reserved', 1, :expires_at)
    ON CONFLICT (payment_ref) DO UPDATE
    SET community_id = excluded.community_id, sale_id = excluded.sale_id, state = 'reserved',
        turn = payment_route.turn + 1, expires_at = excluded.expires_at
    WHERE payment_route.state = 'released'
""")

ROUTE: Final = Sql("""
    SELECT payment_ref, community_id, sale_id, state, turn, expires_at
    FROM payment_route WHERE payment_ref = :payment_ref
""")

END: Final = Sql("""
    UPDATE payment_route SET state = :state
    WHERE payment_ref = :payment_ref AND turn = :turn AND state = 'reserved'
""")

OVERDUE: Final = Sql("""
    SELECT payment_ref, community_id, sale_id, state, turn, expires_at
    FROM payment_route WHERE state = 'reserved' AND expires_at <= :at
    ORDER BY expires_at, payment_ref LIMIT :most
""")

MARK: Final = Sql("""
    INSERT INTO payment_posting (community_id, payment_ref, turn, sale_id, outcome, ended_at)
    VALUES (:community_id, :payment_ref, :turn, :sale_id, :outcome, :at)
    ON CONFLICT (community_id, payment_ref, turn) DO NOTHING
""")

MARKED: Final = Sql("""
    SELECT outcome FROM payment_posting
    WHERE community_id = :community_id AND payment_ref = :payment_ref AND turn = :turn
""")


@dataclass(frozen=True, slots=True)
class Reservation:
    """The right of one sale to earn on one payment; `turn` tells it from earlier, ended ones."""

    payment_ref: str
    community_id: int
    sale_id: str
    turn: int
    expires_at: int
    state: RouteState


def reserve(
    db: Database, *, payment_ref: str, community_id: int, sale_id: str, at: int
) -> Reservation:
    """Take `payment_ref` for this sale until `at` + LIFE_US; asked again, the same reservation.

    `payment_ref` names the channel too ("gateway:pi_..."). Raises payment_already_used when another
    sale, here or in another community, holds the payment or has earned on it. An overdue
    reservation of another sale is ended first, by what its community's book says.
    """
    for _ in range(TRIES):
        found = _try_reserve(db, payment_ref, community_id, sale_id, at)
        mine = (found.community_id, found.sale_id) == (community_id, sale_id)
        if mine and found.state != "released":
            return found
        if found.state == "reserved" and found.expires_at <= at:
            _end(db, found, at=at)
        elif found.state != "released":
            break
    raise Refusal("payment_already_used")


def mark_posted(tx: Tx, reservation: Reservation, *, at: int) -> bool:
    """Inside the posting's own transaction: this sale earns on the payment, for good.

    False means that the sale's posting was there before: post nothing more. Raises
    payment_route_ended when the reservation was given up meanwhile; the sale may reserve again.
    """
    first = _mark(tx, reservation, "posted", at)
    if _outcome(tx, reservation) != "posted":
        raise Refusal("payment_route_ended")
    return first


def confirm(db: Database, reservation: Reservation) -> None:
    """After the posting was committed. Repeating it changes nothing."""
    _close(db, reservation, "confirmed")


def release(db: Database, reservation: Reservation, *, at: int) -> RouteState:
    """Give the payment up, unless the sale did post: then confirm it. Returns the end state."""
    return _end(db, reservation, at=at)


def sweep(db: Database, *, at: int, most: int = 1000) -> dict[RouteState, int]:
    """End reservations overdue at `at`, at most `most`: posted ones confirmed, others released."""
    with db.read() as tx:
        overdue = [_read(row) for row in tx.all(OVERDUE, at=at, most=most)]
    ended: dict[RouteState, int] = {"confirmed": 0, "released": 0}
    for reservation in overdue:
        ended[_end(db, reservation, at=at)] += 1
    return ended


def find_route(tx: Tx, payment_ref: str) -> Reservation | None:
    """Which community and sale a payment belongs to; a released route belongs to nobody."""
    row = tx.find(ROUTE, payment_ref=payment_ref)
    return None if row is None or row.state == "released" else _read(row)


def _try_reserve(
    db: Database, payment_ref: str, community_id: int, sale_id: str, at: int
) -> Reservation:
    def work(tx: Tx) -> Reservation:
        tx.run(
            RESERVE,
            payment_ref=payment_ref,
            community_id=community_id,
            sale_id=sale_id,
            expires_at=at + LIFE_US,
        )
        return _read(tx.get(ROUTE, payment_ref=payment_ref))

    return db.write(work)


def _end(db: Database, reservation: Reservation, *, at: int) -> RouteState:
    """Ask the community's book, bar a later posting where there is none, and close the route so."""

    def work(tx: Tx) -> str:
        _mark(tx, reservation, "barred", at)
        return _outcome(tx, reservation)

    state: RouteState = "confirmed" if db.write(work) == "posted" else "released"
    _close(db, reservation, state)
    return state


def _close(db: Database, reservation: Reservation, state: RouteState) -> None:
    def work(tx: Tx) -> None:
        tx.run(END, payment_ref=reservation.payment_ref, turn=reservation.turn, state=state)

    db.write(work)


def _mark(tx: Tx, reservation: Reservation, outcome: str, at: int) -> bool:
    marked = tx.run(
        MARK,
        community_id=reservation.community_id,
        payment_ref=reservation.payment_ref,
        turn=reservation.turn,
        sale_id=reservation.sale_id,
        outcome=outcome,
        at=at,
    )
    return marked == 1


def _outcome(tx: Tx, reservation: Reservation) -> str:
    row = tx.find(
        MARKED,
        community_id=reservation.community_id,
        payment_ref=reservation.payment_ref,
        turn=reservation.turn,
    )
    if row is None:
        # The other writer's row was in the way and is not visible yet: look in a new transaction.
        raise GuardMissedError("payment_posting")
    return str(row.outcome)


def _read(row: Row) -> Reservation:
    return Reservation(
        row.payment_ref,
        row.community_id,
        row.sale_id,
        row.turn,
        row.expires_at,
        cast("RouteState", row.state),
    )
