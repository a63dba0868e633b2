"""A call for help from the residents' screen: the basket waits for whoever comes, and one counter takes it.

Neither the code nor whose it is goes along: at the counter the card is laid down again.
"""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from ledger.book import requests
from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.sql import Sql, Tx
from pos.slip_rows import MOST_LINES, MOST_PIECES, Piece

_CALL_KIND: Final = "help_call"
_TAKE_KIND: Final = "help_call_take"
HELP_US: Final = 1_800_000_000
"""A call nobody took within half an hour is over."""

_KEEP: Final = Sql(
    "INSERT INTO help_call (community_id, call_id, merchant_id, terminal_id, basket, state, called_at) VALUES"
    " (:community_id, :call_id, :merchant_id, :terminal_id, :basket, 'waiting', :at)"
)
_WAITING: Final = Sql(
    "SELECT call_id, terminal_id, basket, called_at FROM help_call WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND state = 'waiting' AND called_at > :since ORDER BY called_at, call_id"
)
_ONE: Final = Sql(
    "SELECT basket FROM help_call WHERE community_id = :community_id AND call_id = :call_id"
    " AND merchant_id = :merchant_id AND state = 'waiting' AND called_at > :since"
)
_TAKE: Final = Sql(
    "UPDATE help_call SET state = 'taken', taken_at = :at, taken_by = :terminal_id"
    " WHERE community_id = :community_id AND call_id = :call_id AND state = 'waiting'"
)


class Place(NamedTuple):
    """A screen or a counter of one supermarket."""

    community_id: int
    merchant_id: int
    terminal_id: int


class Call(NamedTuple):
    """Who asks: the screen, since when (microseconds UTC), and what lies in the basket."""

    call_id: str
    terminal_id: int
    called_at: int
    basket: tuple[Piece, ...]


def call_staff(
    db: Database, place: Place, request_id: str, basket: tuple[Piece, ...], *, at: int
) -> dict[str, Any]:
    """Ask for a person, with the basket as it is (it may be empty); the same request again is one call.

    Refuses: basket_wrong, request_id_reused.
    """
    if len(basket) > MOST_LINES or any(not 0 < one.quantity <= MOST_PIECES for one in basket):
        raise Refusal("basket_wrong", most_lines=MOST_LINES, most_pieces=MOST_PIECES)
    text = json.dumps([[one.good_id, one.quantity] for one in basket])

    def work(tx: Tx) -> dict[str, Any]:
        tx.run(_KEEP, **place._asdict(), call_id=request_id, basket=text, at=at)
        return {"call_id": request_id}

    body = {**place._asdict(), "basket": text}
    return requests.once(
        db, place.community_id, request_id, kind=_CALL_KIND, body=body, at=at, work=work
    )


def waiting_calls(tx: Tx, community_id: int, merchant_id: int, *, at: int) -> list[Call]:
    """Who waits for help at this supermarket, longest first."""
    rows = tx.all(_WAITING, community_id=community_id, merchant_id=merchant_id, since=at - HELP_US)
    return [
        Call(row.call_id, int(row.terminal_id), int(row.called_at), _pieces(row.basket))
        for row in rows
    ]


def take_call(
    db: Database, place: Place, request_id: str, call_id: str, *, at: int
) -> tuple[Piece, ...]:
    """Go and help: the call leaves the list of every counter, and this one has its basket.

    Refuses: help_call_taken, request_id_reused.
    """

    def work(tx: Tx) -> dict[str, Any]:
        where = {"community_id": place.community_id, "call_id": call_id}
        row = tx.find(_ONE, **where, merchant_id=place.merchant_id, since=at - HELP_US)
        if row is None:
            raise Refusal("help_call_taken")
        if tx.run(_TAKE, **where, terminal_id=place.terminal_id, at=at) != 1:
            raise GuardMissedError("help_call")
        return {"basket": row.basket}

    body = {**place._asdict(), "call_id": call_id}
    try:
        done = requests.once(
            db, place.community_id, request_id, kind=_TAKE_KIND, body=body, at=at, work=work
        )
    except GuardMissedError as missed:
        raise Refusal("help_call_taken") from missed
    return _pieces(done["basket"])


def _pieces(text: str) -> tuple[Piece, ...]:
    return tuple(Piece(int(good_id), int(quantity)) for good_id, quantity in json.loads(text))
