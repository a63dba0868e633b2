"""A refund written again: the shares that were told; the channel gave its money back long ago and is not asked."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any, Final

from ledger.book import requests
from ledger.book.steps import apply
from ledger.earning.rates import RefundSplit
from ledger.errors import GuardMissedError, Refusal
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from pos.channel_refunds import book_begun, find_begun
from pos.decide import open_shop_accounts
from pos.desk import TRIES, Desk
from pos.refunds import KIND, SALE, RefundRequest, book_refund, split_of
from pos.replay.telling import (
    APPLIED,
    AsideError,
    Difference,
    Ended,
    Outcome,
    Told,
    as_aside,
    differences_of,
    known_outcome,
)

NAMES: Final = (
    "ref",
    "original_ref",
    "business_date",
    "refund_fen",
    "cash_back_fen",
    "offset_back_fen",
    "units_back",
    "earned_reversed_units",
    "owed_units",
    "left_fen",
)
"""What is compared with what the till was told."""


def replay_refund(
    desk: Desk, terms: Terms, request: RefundRequest, told: Told, *, ended: Ended, at: int
) -> Outcome:
    """Write a refund as its till was told it.

    Raises AsideError, with nothing written: its sale may be another till's, which comes later. Safe to run again.
    """
    open_shop_accounts(desk, terms, request.terminal_id, at=at)
    body_hash = requests.hash_of(request.body())

    def work(tx: Tx) -> Outcome:
        outcome = _write(desk, tx, terms, request, body_hash, told, at=at)
        ended(tx, outcome)
        return outcome

    with desk.db.read() as tx:
        begun = find_begun(tx, request.community_id, request.request_id)
    if begun is not None:
        # The copy was made while the channel was asked; from here on its answer is known.
        day = int(told.facts["business_date"])
        book_begun(desk, request, begun[1], at=at, day=day)
    for _ in range(TRIES):
        try:
            return desk.db.write(work)
        except Refusal as refusal:
            raise as_aside(refusal) from refusal
        except GuardMissedError:
            continue
    raise AsideError("busy_try_again")


def _write(
    desk: Desk,
    tx: Tx,
    terms: Terms,
    request: RefundRequest,
    body_hash: bytes,
    told: Told,
    *,
    at: int,
) -> Outcome:
    here = request.community_id
    kept = requests.find_kept(tx, here, request.request_id)
    known = known_outcome(kept, KIND, body_hash, told, NAMES)
    if known is not None:
        return known
    sale = _sale_of(tx, terms, request)
    split = _split_told(told)
    answer = book_refund(
        desk,
        tx,
        terms,
        request,
        sale,
        at=at,
        counted=False,
        split=split,
        day=int(told.facts["business_date"]),
    )
    response: dict[str, Any] = {name: told.facts.get(name, answer[name]) for name in answer}
    apply(
        tx,
        [requests.keep_step(here, request.request_id, KIND, body_hash, at=at, response=response)],
    )
    now = split_of(sale, request.refund_fen)
    differences = differences_of(told.facts, answer, NAMES)
    if now != split:
        differences = (*differences, Difference("split", str(astuple(split)), str(astuple(now))))
    return Outcome(APPLIED, differences)


def _sale_of(tx: Tx, terms: Terms, request: RefundRequest) -> Row:
    sale = tx.find(SALE, community_id=request.community_id, ref=request.original_ref)
    if sale is None:
        raise AsideError("sale_not_found")
    if sale.merchant_id != terms.terminal(request.terminal_id).merchant_id:
        raise AsideError("sale_of_other_shop")
    if sale.state != "done":
        raise AsideError("sale_open" if sale.state == "open" else "sale_void")
    if sale.refunded_fen + request.refund_fen > sale.total_fen:
        raise AsideError("refund_over_sale")
    return sale


def _split_told(told: Told) -> RefundSplit:
    facts = told.facts
    return RefundSplit(
        offset_fen=int(facts["offset_back_fen"]),
        units_back=int(facts["units_back"]),
        cash_fen=int(facts["cash_back_fen"]),
        earned_reversed_units=int(facts["earned_reversed_units"]),
    )
