"""An order whose answer never came, asked for anew with another basket: what the first one set aside is free again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ledger.book import requests
from ledger.errors import Refusal
from ledger.ids import derived_request_id
from ledger.sql import Tx
from pos.desk import Desk
from pos.orders import KIND, OrderRequest, cancel_order

MOST: Final = 10
"""So many unanswered tries can be named at once."""


def give_up_tries(desk: Desk, request: OrderRequest, tries: Sequence[str], *, at: int) -> None:
    """End the unanswered requests `tries` of this holder before `request` is asked for in their place.

    One that had arrived is cancelled, its goods and points go back; one that is still under way will be refused when it
    comes, since its number is used up. Collected ones stay, and so do other people's. Again, it changes nothing.
    Refuses busy_try_again.
    """
    for number in tries[:MOST]:
        if number != request.request_id and _outcome(desk, request, number, at=at) == "done":
            by = derived_request_id("order_replaced", request.community_id, number)
            try:
                cancel_order(desk.db, request.community_id, by, number, request.person_id, at=at)
            except Refusal as refusal:
                # Collected or cancelled meanwhile, or somebody else's: it stays as it is.
                if refusal.code not in {"goods_order_ended", "goods_order_not_found"}:
                    raise


def _outcome(desk: Desk, request: OrderRequest, number: str, *, at: int) -> str:
    """How an earlier request ended; one never seen is used up here and ends as refused."""
    here = request.community_id
    body_hash = requests.hash_of({"replaced_by": request.request_id})

    def work(tx: Tx) -> str:
        kept = requests.find_kept(tx, here, number)
        if kept is not None:
            return str(kept.outcome) if kept.kind == KIND else "other"
        no = Refusal("order_replaced")
        requests.keep_refusal(tx, here, number, KIND, body_hash, no, at=at)
        return "refused"

    return desk.db.write(work)
