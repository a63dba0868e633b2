"""Counting a shelf: one person counts, another counts without seeing the figures, and only then is it booked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from ledger import audit
from ledger.audit import By
from ledger.book import requests
from ledger.book.chart import Kind
from ledger.book.posting import Line
from ledger.book.steps import Step, apply
from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import new_id
from ledger.sql import Row, Sql, Tx
from ledger.stock.booking import book, staff_of, today
from ledger.stock.goods import MOST_STOCK, get_good
from ledger.stock.moves import (
    Facts,
    Out,
    cost_lines,
    leave_steps,
    lots_of,
    move_step,
    shift_step,
)

_POST_KIND: Final = "stock_count"
_OPEN: Final = Sql(
    "INSERT INTO stock_count (community_id, count_id, merchant_id, business_date, state, opened_by, second_by,"
    " opened_at) VALUES (:community_id, :count_id, :merchant_id, :business_date, 'open', :by, 0, :at)"
)
_ONE: Final = Sql(
    "SELECT count_id, merchant_id, business_date, state, opened_by, second_by, opened_at, ended_at FROM stock_count"
    " WHERE community_id = :community_id AND count_id = :count_id"
)
_SHOP: Final = Sql(
    "SELECT count_id, merchant_id, business_date, state, opened_by, second_by, opened_at, ended_at FROM stock_count"
    " WHERE community_id = :community_id AND merchant_id = :merchant_id ORDER BY count_id DESC LIMIT 50"
)
_LINES: Final = Sql(
    "SELECT l.good_id, l.book_pieces, l.counted, l.counted_again, l.reason, g.code, g.name, g.spec, g.cost_fen"
    " FROM stock_count_line l JOIN good g ON g.community_id = l.community_id AND g.good_id = l.good_id"
    " WHERE l.community_id = :community_id AND l.count_id = :count_id ORDER BY g.code"
)
_FIRST: Final = Sql(
    "INSERT INTO stock_count_line (community_id, count_id, good_id, book_pieces, counted, reason)"
    " VALUES (:community_id, :count_id, :good_id, :book_pieces, :counted, :reason)"
    " ON CONFLICT (community_id, count_id, good_id) DO UPDATE SET book_pieces = excluded.book_pieces,"
    " counted = excluded.counted, reason = excluded.reason, counted_again = NULL"
)
_AGAIN: Final = Sql(
    "UPDATE stock_count_line SET counted_again = :counted, reason = CASE WHEN :reason = '' THEN reason"
    " ELSE :reason END WHERE community_id = :community_id AND count_id = :count_id AND good_id = :good_id"
)
_SECOND: Final = Sql(
    "UPDATE stock_count SET second_by = :by, state = 'counted' WHERE community_id = :community_id"
    " AND count_id = :count_id AND state IN ('open', 'counted') AND second_by IN (0, :by)"
)
_END: Final = Sql(
    "UPDATE stock_count SET state = :state, ended_at = :at WHERE community_id = :community_id"
    " AND count_id = :count_id AND state IN ('open', 'counted')"
)
_CLOSE_FLAGS: Final = Sql(
    "UPDATE stock_flag SET count_id = :count_id, closed_at = :at WHERE community_id = :community_id"
    " AND good_id = :good_id AND closed_at IS NULL AND EXISTS (SELECT 1 FROM good g"
    " WHERE g.community_id = stock_flag.community_id AND g.good_id = stock_flag.good_id AND g.stock >= 0)"
)
_GOING_ON: Final = Sql(
    "SELECT max(count_id) AS count_id FROM stock_count WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND state IN ('open', 'counted')"
)


def open_count(tx: Tx, community_id: int, merchant_id: int, *, by: By, at: int) -> int:
    """Begin to count a supermarket's shelf; returns the count's number, that of the one going on where there is one."""
    going_on = tx.get(_GOING_ON, community_id=community_id, merchant_id=merchant_id).count_id
    if going_on is not None:
        return int(going_on)
    count_id = new_id(at)
    tx.run(
        _OPEN,
        community_id=community_id,
        count_id=count_id,
        merchant_id=merchant_id,
        business_date=today(tx, community_id, at),
        by=staff_of(by),
        at=at,
    )
    audit.record(tx, community_id, by, "stock.count_open", f"count:{count_id}", at=at)
    return count_id


def get_count(tx: Tx, community_id: int, count_id: int) -> Row:
    """One count. Refusals: count_not_found."""
    row = tx.find(_ONE, community_id=community_id, count_id=count_id)
    if row is None:
        raise Refusal("count_not_found")
    return row


def counts_of(tx: Tx, community_id: int, merchant_id: int) -> list[Row]:
    """A supermarket's counts, newest first."""
    return tx.all(_SHOP, community_id=community_id, merchant_id=merchant_id)


def lines_of(tx: Tx, community_id: int, count_id: int) -> list[Row]:
    """What was counted: good_id, code, name, spec, book_pieces, counted, counted_again, reason, cost_fen."""
    return tx.all(_LINES, community_id=community_id, count_id=count_id)


def count_good(
    tx: Tx, community_id: int, count_id: int, good_id: int, counted: int, *, reason: str, by: By
) -> None:
    """Write down what one of the two counted of one good; the book's figure is the one of this moment.

    Who opened the count counts first; anybody else counts second, and must come to the same. A first figure entered
    anew needs its second again. Refuses: count_not_found, count_ended, count_third_person, count_first_missing,
    count_differs, good_not_found, amount_wrong.
    """
    count = get_count(tx, community_id, count_id)
    if count.state not in {"open", "counted"}:
        raise Refusal("count_ended")
    if not 0 <= counted <= MOST_STOCK:
        raise Refusal("amount_wrong")
    good = get_good(tx, community_id, good_id)
    if good.merchant_id != count.merchant_id:
        raise Refusal("good_not_found", good_id=str(good_id))
    here = {"community_id": community_id, "count_id": count_id}
    line = {**here, "good_id": good_id, "counted": counted, "reason": reason.strip()}
    if staff_of(by) == count.opened_by:
        tx.run(_FIRST, **line, book_pieces=int(good.stock))
        return
    if tx.run(_SECOND, **here, by=staff_of(by)) != 1:
        raise Refusal("count_third_person")
    first = {int(row.good_id): row for row in lines_of(tx, community_id, count_id)}.get(good_id)
    if first is None:
        raise Refusal("count_first_missing")
    if counted - int(good.stock) != int(first.counted) - int(first.book_pieces):
        raise Refusal("count_differs", good=good.code)
    tx.run(_AGAIN, **line)


def drop_count(tx: Tx, community_id: int, count_id: int, *, by: By, at: int) -> None:
    """Give a count up; nothing of it is booked. Refuses: count_not_found, count_ended."""
    get_count(tx, community_id, count_id)
    ended = {"community_id": community_id, "count_id": count_id, "state": "dropped", "at": at}
    if tx.run(_END, **ended) != 1:
        raise Refusal("count_ended")
    audit.record(tx, community_id, by, "stock.count_drop", f"count:{count_id}", at=at)


def post_count(
    db: Database, community_id: int, request_id: str, count_id: int, *, by: By, at: int
) -> dict[str, Any]:
    """Book what two people found more or less, and close the flags of every good they counted.

    Pieces that came or went since the figure was taken stay what they are: the difference is booked, not the figure.
    Refuses: count_not_found, count_ended, count_one_person (somebody else must have counted each line too),
    count_reason_missing (a difference without one), period_locked, request_id_reused.
    """

    def work(tx: Tx) -> dict[str, Any]:
        return _post(tx, community_id, request_id, count_id, by=by, at=at)

    body = {"count_id": str(count_id)}
    return requests.once(db, community_id, request_id, kind=_POST_KIND, body=body, at=at, work=work)


def _post(
    tx: Tx, community_id: int, request_id: str, count_id: int, *, by: By, at: int
) -> dict[str, Any]:
    count = get_count(tx, community_id, count_id)
    lines = lines_of(tx, community_id, count_id)
    _check_counted(count, lines)
    ended = {"community_id": community_id, "count_id": count_id, "state": "posted", "at": at}
    if tx.run(_END, **ended) != 1:
        raise GuardMissedError("stock_count")
    facts = Facts(
        community_id=community_id,
        request_id=request_id,
        merchant_id=int(count.merchant_id),
        kind="count",
        business_date=today(tx, community_id, at),
        at=at,
        staff_id=int(count.opened_by),
        second_staff_id=int(count.second_by),
        ref=str(count_id),
    )
    found = [
        (Out(int(row.good_id), int(row.counted - row.book_pieces), int(row.cost_fen)), row.reason)
        for row in lines
        if row.counted != row.book_pieces
    ]
    facts = replace(facts, txn_id=book(tx, facts, Kind.STOCK_COUNT, _lines(tx, facts, found)))
    apply(tx, _steps(tx, facts, found))
    closed = 0
    for row in lines:
        flag = {"community_id": community_id, "good_id": row.good_id}
        closed += tx.run(_CLOSE_FLAGS, **flag, count_id=count_id, at=at)
    plus = sum(out.quantity for out, _ in found if out.quantity > 0)
    minus = -sum(out.quantity for out, _ in found if out.quantity < 0)
    said: audit.Facts = {"lines": len(lines), "plus": plus, "minus": minus, "flags_closed": closed}
    audit.record(tx, community_id, by, "stock.count", f"count:{count_id}", at=at, after=said)
    return {"count_id": str(count_id), **said}


def _check_counted(count: Row, lines: list[Row]) -> None:
    if count.state not in {"open", "counted"}:
        raise Refusal("count_ended")
    if not lines or any(row.counted_again is None for row in lines):
        raise Refusal("count_one_person")
    missing = [row.code for row in lines if row.counted != row.book_pieces and not row.reason]
    if missing:
        raise Refusal("count_reason_missing", good=missing[0])


def _lines(tx: Tx, facts: Facts, found: list[tuple[Out, str]]) -> list[Line]:
    worths = [out.quantity * out.cost_fen for out, _ in found]
    here = (tx, facts.community_id, facts.merchant_id)
    return [
        *cost_lines(*here, sum(worth for worth in worths if worth > 0), at=facts.at),
        *cost_lines(*here, sum(worth for worth in worths if worth < 0), at=facts.at),
    ]


def _steps(tx: Tx, facts: Facts, found: list[tuple[Out, str]]) -> list[Step]:
    lots = lots_of(tx, facts.community_id, facts.merchant_id)
    steps: list[Step] = []
    number = 0
    for out, reason in found:
        said = replace(facts, reason=reason)
        steps.append(shift_step(facts, out, out.quantity))
        if out.quantity > 0:
            number += 1
            steps.append(move_step(said, number, out, out.quantity))
        else:
            gone = Out(out.good_id, -out.quantity, out.cost_fen)
            taken = leave_steps(said, [gone], lots, first=number)
            steps += taken
            number += sum("move_id" in step.params for step in taken)
    return steps
