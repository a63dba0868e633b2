"""The queue of an afternoon: numbers that are taken, called and served in order, whoever calls."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ledger.book import requests
from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.sql import Row, Sql, Tx

_TAKE_KIND: Final = "ticket_take"
_CALL_KIND: Final = "ticket_call"
_TRIES: Final = 6

_NEXT: Final = Sql(
    "SELECT coalesce(max(number), 0) + 1 AS number FROM ticket WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND business_date = :business_date"
)
_TAKE: Final = Sql(
    "INSERT INTO ticket (community_id, merchant_id, business_date, number, request_id, state, taken_at) VALUES"
    " (:community_id, :merchant_id, :business_date, :number, :request_id, 'waiting', :at)"
    " ON CONFLICT (community_id, merchant_id, business_date, number) DO NOTHING"
)
_WAITING: Final = Sql(
    "SELECT min(number) AS number, count(*) AS waiting FROM ticket WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND business_date = :business_date AND state = 'waiting'"
)
_CALL: Final = Sql(
    "UPDATE ticket SET state = 'called', called_at = :at, terminal_id = :terminal_id"
    " WHERE community_id = :community_id AND merchant_id = :merchant_id AND business_date = :business_date"
    " AND number = :number AND state = 'waiting'"
)
_CALLED: Final = Sql(
    "SELECT number, terminal_id FROM ticket WHERE community_id = :community_id AND merchant_id = :merchant_id"
    " AND business_date = :business_date AND state = 'called' ORDER BY called_at DESC, number DESC LIMIT 4"
)


class Line(NamedTuple):
    """One supermarket's queue of one business date (yyyymmdd)."""

    community_id: int
    merchant_id: int
    business_date: int


class State(NamedTuple):
    """How many wait, and the numbers called last, newest first, each with its counter."""

    waiting: int
    called: list[Row]


def take_ticket(db: Database, line: Line, request_id: str, *, at: int) -> int:
    """Draw the next number; the same request again gives the same. Refuses: request_id_reused, busy_try_again."""

    def work(tx: Tx) -> dict[str, Any]:
        number = int(tx.get(_NEXT, **line._asdict()).number)
        taken = {"number": number, "request_id": request_id, "at": at}
        if tx.run(_TAKE, **line._asdict(), **taken) != 1:
            raise GuardMissedError("ticket")
        return {"number": number}

    return int(_once(db, line, request_id, _TAKE_KIND, {}, at, work)["number"])


def call_next(db: Database, line: Line, request_id: str, *, terminal_id: int, at: int) -> int:
    """Call the lowest number that waits; two counters never call the same one.

    Refuses: queue_empty, request_id_reused, busy_try_again.
    """

    def work(tx: Tx) -> dict[str, Any]:
        number = tx.get(_WAITING, **line._asdict()).number
        if number is None:
            raise Refusal("queue_empty")
        called = {"number": int(number), "terminal_id": terminal_id, "at": at}
        if tx.run(_CALL, **line._asdict(), **called) != 1:
            raise GuardMissedError("ticket")
        return {"number": int(number)}

    body = {"terminal_id": terminal_id}
    return int(_once(db, line, request_id, _CALL_KIND, body, at, work)["number"])


def queue_state(tx: Tx, line: Line) -> State:
    """Who waits and who was called."""
    waiting = int(tx.get(_WAITING, **line._asdict()).waiting)
    return State(waiting, tx.all(_CALLED, **line._asdict()))


def _once(
    db: Database,
    line: Line,
    request_id: str,
    kind: str,
    body: dict[str, int],
    at: int,
    work: Any,  # noqa: ANN401 - a transaction's work
) -> dict[str, Any]:
    for _ in range(_TRIES):
        try:
            return requests.once(
                db,
                line.community_id,
                request_id,
                kind=kind,
                body={**line._asdict(), **body},
                at=at,
                work=work,
            )
        except GuardMissedError:
            # Another counter drew or called that number at this moment.
            continue
    raise Refusal("busy_try_again")
