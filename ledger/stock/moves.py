"""Pieces that come and go: the shelf's count, its lots and one move for each, as steps of somebody's transaction.

A piece leaves and comes at the good's standard cost, so that what a posting says in fen is known before it is written;
the statement that takes the piece is guarded by that cost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ledger.book.accounts import account_id
from ledger.book.chart import Account
from ledger.book.posting import Line, Side
from ledger.book.steps import Step
from ledger.ids import new_id
from ledger.sql import Sql, Tx
from ledger.stock.fefo import Lot, Part, take_first
from ledger.units import CNY

_LOTS: Final = Sql(
    "SELECT l.good_id, l.lot_id, l.left_pieces, l.best_before FROM stock_lot l"
    " JOIN good g ON g.community_id = l.community_id AND g.good_id = l.good_id"
    " WHERE l.community_id = :community_id AND g.merchant_id = :merchant_id AND l.left_pieces > 0"
)
_SHIFT: Final = Sql(
    "UPDATE good SET stock = stock + :quantity, held = held - :held, changed_at = :at"
    " WHERE community_id = :community_id AND good_id = :good_id AND cost_fen = :cost_fen AND held >= :held"
)
_HAND_OUT: Final = Sql(
    "UPDATE good SET stock = stock - :quantity, changed_at = :at WHERE community_id = :community_id"
    " AND good_id = :good_id AND state = 'on' AND paused = '' AND price_version = :price_version"
    " AND cost_fen = :cost_fen"
)
_FROM_LOT: Final = Sql(
    "UPDATE stock_lot SET left_pieces = left_pieces - :quantity WHERE community_id = :community_id"
    " AND lot_id = :lot_id AND left_pieces >= :quantity"
)
_BACK_TO_LOT: Final = Sql(
    "UPDATE stock_lot SET left_pieces = left_pieces + :quantity WHERE community_id = :community_id"
    " AND lot_id = :lot_id AND left_pieces + :quantity <= received"
)
_KEEP: Final = Sql(
    "INSERT INTO stock_move (community_id, move_id, request_id, line_no, merchant_id, good_id, kind, quantity,"
    " cost_fen, paid_fen, lot_id, business_date, at, txn_id, staff_id, second_staff_id, reason, ref)"
    " VALUES (:community_id, :move_id, :request_id, :line_no, :merchant_id, :good_id, :kind, :quantity,"
    " :cost_fen, :paid_fen, :lot_id, :business_date, :at, :txn_id, :staff_id, :second_staff_id, :reason, :ref)"
)
_FLAG: Final = Sql(
    "INSERT INTO stock_flag (community_id, redemption_id, line_no, good_id, stock_after, opened_at)"
    " SELECT g.community_id, :redemption_id, :line_no, g.good_id, g.stock, :at FROM good g"
    " WHERE g.community_id = :community_id AND g.good_id = :good_id"
    " AND g.stock < CASE WHEN :held > 0 THEN 0 ELSE g.held END"
)
"""A line that took more than the book had free: below zero, or what was set aside for somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What every move of one act says; times in microseconds UTC, `business_date` as yyyymmdd."""

    community_id: int
    request_id: str
    merchant_id: int
    kind: str
    business_date: int
    at: int
    txn_id: int | None = None
    staff_id: int = 0
    second_staff_id: int = 0
    reason: str = ""
    ref: str = ""


class Out(NamedTuple):
    """Pieces of one good that leave at its standard cost a piece; `held` of them were set aside for this."""

    good_id: int
    quantity: int
    cost_fen: int
    held: int = 0


class Handed(NamedTuple):
    """Pieces handed out at the counter: `line_no` of the slip, guarded by the price they were offered at."""

    line_no: int
    out: Out
    price_version: int


def lots_of(tx: Tx, community_id: int, merchant_id: int) -> Mapping[int, list[Lot]]:
    """What is left of every lot of a supermarket, by good."""
    found: dict[int, list[Lot]] = defaultdict(list)
    for row in tx.all(_LOTS, community_id=community_id, merchant_id=merchant_id):
        best_before = None if row.best_before is None else int(row.best_before)
        found[int(row.good_id)].append(Lot(int(row.lot_id), int(row.left_pieces), best_before))
    return found


def hand_out_steps(tx: Tx, facts: Facts, handed: Sequence[Handed]) -> list[Step]:
    """A redemption's goods leave the shelf, first expired first; what goes below zero is flagged for a count.

    A person at the counter is served whatever the book says (README ruling 14). The guard `good` misses where a price,
    a cost or a pause changed meanwhile, `lot` where somebody else took the last of a lot.
    """
    shelf: list[Step] = []
    # In one order for everybody, so that two counters never wait for each other.
    for line in sorted(handed, key=lambda line: line.out.good_id):
        out = line.out
        params = {
            "community_id": facts.community_id,
            "good_id": out.good_id,
            "quantity": out.quantity,
            "cost_fen": out.cost_fen,
            "price_version": line.price_version,
            "at": facts.at,
        }
        if out.held:
            shelf.append(shift_step(facts, out, -out.quantity))
        else:
            shelf.append(Step(_HAND_OUT, params, guard="good"))
        shelf.append(_flag_step(facts, line))
    return [*shelf, *_leave(tx, facts, [line.out for line in handed])]


def told_steps(tx: Tx, facts: Facts, handed: Sequence[Handed]) -> list[Step]:
    """The same for goods that a counter handed out before the book lost it: no price and no pause is asked again."""
    shelf: list[Step] = []
    for line in sorted(handed, key=lambda line: line.out.good_id):
        shelf += [shift_step(facts, line.out, -line.out.quantity), _flag_step(facts, line)]
    return [*shelf, *_leave(tx, facts, [line.out for line in handed])]


def _leave(tx: Tx, facts: Facts, outs: Iterable[Out]) -> list[Step]:
    return leave_steps(facts, outs, lots_of(tx, facts.community_id, facts.merchant_id))


def _flag_step(facts: Facts, line: Handed) -> Step:
    params = {
        "community_id": facts.community_id,
        "good_id": line.out.good_id,
        "redemption_id": facts.request_id,
        "line_no": line.line_no,
        "held": line.out.held,
        "at": facts.at,
    }
    return Step(_FLAG, params)


def shift_step(facts: Facts, out: Out, quantity: int) -> Step:
    """The shelf's own count, up or down; the guard `good` misses where the standard cost changed meanwhile."""
    return Step(
        _SHIFT,
        {
            "community_id": facts.community_id,
            "good_id": out.good_id,
            "quantity": quantity,
            "held": out.held,
            "cost_fen": out.cost_fen,
            "at": facts.at,
        },
        guard="good",
    )


def leave_steps(
    facts: Facts, outs: Iterable[Out], lots: Mapping[int, Sequence[Lot]], *, first: int = 0
) -> list[Step]:
    """A move for each lot that pieces leave, and the lots counted down; `first` moves of the act are there already."""
    steps: list[Step] = []
    number = first
    for out in outs:
        for part in take_first(lots.get(out.good_id, ()), out.quantity):
            number += 1
            if part.lot_id is not None:
                steps.append(_lot_step(_FROM_LOT, facts, part))
            steps.append(move_step(facts, number, out, -part.quantity, lot_id=part.lot_id))
    return steps


def back_steps(facts: Facts, number: int, out: Out, lot_id: int | None) -> list[Step]:
    """Pieces that came back into the lot they left, as move `number` of the act."""
    steps = [shift_step(facts, out, out.quantity)]
    if lot_id is not None:
        steps.append(_lot_step(_BACK_TO_LOT, facts, Part(lot_id, out.quantity)))
    return [*steps, move_step(facts, number, out, out.quantity, lot_id=lot_id)]


def move_step(
    facts: Facts,
    number: int,
    out: Out,
    quantity: int,
    *,
    lot_id: int | None = None,
    paid_fen: int = 0,
    worth_fen: int | None = None,
) -> Step:
    """The row of one move; its worth is its pieces at standard cost unless `worth_fen` says otherwise."""
    worth = quantity * out.cost_fen if worth_fen is None else worth_fen
    params: dict[str, Any] = {
        "community_id": facts.community_id,
        "move_id": new_id(facts.at),
        "request_id": facts.request_id,
        "line_no": number,
        "merchant_id": facts.merchant_id,
        "good_id": out.good_id,
        "kind": facts.kind,
        "quantity": quantity,
        "cost_fen": worth,
        "paid_fen": paid_fen,
        "lot_id": lot_id,
        "business_date": facts.business_date,
        "at": facts.at,
        "txn_id": facts.txn_id,
        "staff_id": facts.staff_id,
        "second_staff_id": facts.second_staff_id,
        "reason": facts.reason.strip(),
        "ref": facts.ref,
    }
    return Step(_KEEP, params)


def cost_lines(
    tx: Tx, community_id: int, merchant_id: int, gained_fen: int, *, at: int
) -> list[Line]:
    """The entry's line for a shelf that gained (below zero: lost) so much at standard cost; none for nothing."""
    if gained_fen == 0:
        return []
    shelf = Side(
        account_id(tx, community_id, Account.INVENTORY, CNY, merchant_id, at=at), Account.INVENTORY
    )
    cost = Side(account_id(tx, community_id, Account.GOODS_COST, CNY, at=at), Account.GOODS_COST)
    if gained_fen > 0:
        return [Line(shelf, cost, CNY, gained_fen)]
    return [Line(cost, shelf, CNY, -gained_fen)]


def _lot_step(sql: Sql, facts: Facts, part: Part) -> Step:
    params = {
        "community_id": facts.community_id,
        "lot_id": part.lot_id,
        "quantity": part.quantity,
    }
    return Step(sql, params, guard="lot")
