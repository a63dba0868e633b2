"""A new standard cost: what stands on the shelf is worth more or less at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from ledger.audit import By
from ledger.book import requests
from ledger.book.chart import Kind
from ledger.book.steps import Step, apply
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql, Tx
from ledger.stock.booking import book, note, staff_of, today
from ledger.stock.goods import get_good
from ledger.stock.moves import Facts, Out, cost_lines, move_step
from ledger.units import MOST_FEN

_KIND: Final = "stock_cost"
_SET: Final = Sql(
    "UPDATE good SET cost_fen = :new_fen, price_version = price_version + 1, changed_at = :at"
    " WHERE community_id = :community_id AND good_id = :good_id AND cost_fen = :cost_fen AND stock = :stock"
)


def set_cost(
    db: Database,
    community_id: int,
    request_id: str,
    good_id: int,
    cost_fen: int,
    *,
    by: By,
    at: int,
) -> dict[str, Any]:
    """Say what a piece of a good costs from now on; the difference on the shelf is booked as cost.

    Refuses: good_not_found, amount_wrong, period_locked, request_id_reused.
    """
    if not 0 <= cost_fen <= MOST_FEN:
        raise Refusal("amount_wrong")

    def work(tx: Tx) -> dict[str, Any]:
        good = get_good(tx, community_id, good_id)
        worth = int(good.stock) * (cost_fen - int(good.cost_fen))
        facts = Facts(
            community_id=community_id,
            request_id=request_id,
            merchant_id=int(good.merchant_id),
            kind="revalue",
            business_date=today(tx, community_id, at),
            at=at,
            staff_id=staff_of(by),
            reason="cost",
        )
        lines = cost_lines(tx, community_id, facts.merchant_id, worth, at=at)
        facts = replace(facts, txn_id=book(tx, facts, Kind.STOCK_COUNT, lines))
        here = {"community_id": community_id, "good_id": good_id, "at": at}
        old = {"cost_fen": int(good.cost_fen), "stock": int(good.stock)}
        steps = [Step(_SET, {**here, **old, "new_fen": cost_fen}, guard="good")]
        if worth:
            steps.append(move_step(facts, 1, Out(good_id, 0, cost_fen), 0, worth_fen=worth))
        apply(tx, steps)
        note(tx, facts, by, good_id, {"cost_fen": cost_fen, "worth_fen": worth})
        return {"cost_fen": cost_fen, "worth_fen": worth}

    body = {"good_id": str(good_id), "cost_fen": cost_fen}
    return requests.once(db, community_id, request_id, kind=_KIND, body=body, at=at, work=work)
