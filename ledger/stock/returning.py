"""Goods that come back to the shelf they were handed out from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.book.posting import Line
from ledger.book.steps import Step
from ledger.errors import Refusal
from ledger.sql import Sql, Tx
from ledger.stock.goods import get_good
from ledger.stock.holds import Wanted
from ledger.stock.moves import Facts, Out, back_steps, cost_lines

_OUT: Final = Sql(
    "SELECT good_id, lot_id, sum(quantity) AS net FROM stock_move WHERE community_id = :community_id"
    " AND ((request_id = :request_id AND kind = 'redeem') OR (ref = :ref AND kind = 'return'))"
    " GROUP BY good_id, lot_id ORDER BY good_id, lot_id"
)


class Return(NamedTuple):
    """What a return does: the yuan lines of its posting, and the steps that put the pieces back."""

    lines: list[Line]
    steps: list[Step]


def plan_return(tx: Tx, facts: Facts, redemption_id: str, pieces: Sequence[Wanted]) -> Return:
    """Put pieces of a redemption back into the lots they left, at standard cost; `facts.kind` is `return`.

    `facts.ref` must be the redemption's own reference: it keeps a piece from coming back twice. The caller posts the
    lines (with the points) and applies the steps in one transaction, `facts.txn_id` being that posting.
    Refuses: return_too_much (more than was handed out and not brought back), good_not_found.
    """
    here = {"community_id": facts.community_id, "request_id": redemption_id, "ref": facts.ref}
    left: dict[int, list[tuple[int | None, int]]] = defaultdict(list)
    for row in tx.all(_OUT, **here):
        left[int(row.good_id)].append((row.lot_id, -int(row.net)))
    steps: list[Step] = []
    gained = number = 0
    for one in sorted(pieces):
        good = get_good(tx, facts.community_id, one.good_id)
        wanted = one.quantity
        if not 0 < wanted <= sum(n for _, n in left[one.good_id]):
            raise Refusal("return_too_much", good=good.code)
        for lot_id, out in left[one.good_id]:
            quantity = min(out, wanted)
            if quantity > 0:
                number += 1
                cost_fen = int(good.cost_fen)
                steps += back_steps(facts, number, Out(one.good_id, quantity, cost_fen), lot_id)
                gained += quantity * cost_fen
                wanted -= quantity
    lines = cost_lines(tx, facts.community_id, facts.merchant_id, gained, at=facts.at)
    return Return(lines, steps)
