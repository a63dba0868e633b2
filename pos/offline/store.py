"""The rows of offline sales: how each ended, for the shop, the office and its holder."""

from __future__ import annotations

from typing import Final

from ledger.book.steps import Step
from ledger.sql import Row, Sql, Tx
from pos.offline.deciding import Decided, Late

_KEEP: Final = Sql(
    "INSERT INTO offline_sale (community_id, request_id, ref, terminal_id, merchant_id, counter, policy_day, policy_at,"
    " occurred_at, came_at, business_date, person_id, card_serial, card_issue, total_fen, units, fen, lacked_units,"
    " state, code, keyed_by, heard_at, heard_where) VALUES (:community_id, :request_id, :ref, :terminal_id,"
    " :merchant_id, :counter, :policy_day, :policy_at, :occurred_at, :came_at, :business_date, :person_id,"
    " :card_serial, :card_issue, :total_fen, :units, :fen, :lacked_units, :state, :code, :keyed_by, NULL, '')"
    " ON CONFLICT (community_id, request_id) DO NOTHING"
)
_HOLDER: Final = Sql(
    "SELECT person_id FROM card WHERE community_id = :community_id AND serial = :serial"
)
_KEYED: Final = Sql(
    "SELECT request_id FROM offline_sale WHERE community_id = :community_id AND ref = :ref"
    " AND terminal_id = :terminal_id AND keyed_by > 0 AND state <> 'refused'"
)
_KEYED_UNDER: Final = Sql(
    "SELECT ref FROM offline_sale WHERE community_id = :community_id AND terminal_id = :terminal_id"
    " AND counter = :counter AND keyed_by > 0 AND state <> 'refused' ORDER BY came_at LIMIT 1"
)


class Seen:
    """The numbers of the code that was shown: the card's serial and issue, 0 where it could not be read."""

    __slots__ = ("issue", "serial")

    def __init__(self, serial: int = 0, issue: int = 0) -> None:
        """Keep them."""
        self.serial, self.issue = serial, issue


def keep_step(
    late: Late,
    merchant_id: int,
    seen: Seen,
    decided: Decided | None,
    *,
    person_id: int | None,
    business_date: int,
    code: str,
    at: int,
) -> Step:
    """The row of one offline sale; `decided` None and `code` where it was refused."""
    request, policy = late.request, late.policy
    return Step(
        _KEEP,
        {
            "community_id": request.community_id,
            "request_id": request.request_id,
            "ref": request.ref,
            "terminal_id": request.terminal_id,
            "merchant_id": merchant_id,
            "counter": request.counter,
            "policy_day": 0 if policy is None else policy.day,
            "policy_at": 0 if policy is None else policy.issued_at,
            "occurred_at": late.sold_at,
            "came_at": at,
            "business_date": business_date,
            "person_id": person_id,
            "card_serial": seen.serial,
            "card_issue": seen.issue,
            "total_fen": request.total_fen,
            "units": request.offset_units,
            "fen": 0 if decided is None else decided.price.offset_fen,
            "lacked_units": 0 if decided is None else decided.lacked_units,
            "state": "refused" if decided is None else decided.state,
            "code": code,
            "keyed_by": late.keyed_by,
        },
    )


def keyed_under(tx: Tx, community_id: int, terminal_id: int, counter: int) -> Row | None:
    """The first slip typed in under a number, whatever its day (ref); None while there is none."""
    return tx.find(
        _KEYED_UNDER, community_id=community_id, terminal_id=terminal_id, counter=counter
    )


def holder_of(tx: Tx, community_id: int, serial: int) -> int | None:
    """Whose card it is, None for nobody's or an unknown one."""
    row = tx.find(_HOLDER, community_id=community_id, serial=serial)
    return None if row is None or row.person_id is None else int(row.person_id)


def find_keyed(tx: Tx, community_id: int, terminal_id: int, ref: str) -> Row | None:
    """The request under which this slip was typed in from paper and booked, None where it was not."""
    return tx.find(_KEYED, community_id=community_id, terminal_id=terminal_id, ref=ref)
