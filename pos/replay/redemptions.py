"""Goods handed out for points, written again: the prices that were told, the shelf counted down without asking."""

from __future__ import annotations

from typing import Final

from ledger.book import requests
from ledger.book.posting import check_open
from ledger.book.posting import steps as posting_steps
from ledger.book.steps import Step, apply
from ledger.errors import GuardMissedError, Refusal
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from ledger.stock.goods import all_goods
from ledger.stock.moves import Handed, Out, told_steps
from pos.decide import asked_of
from pos.desk import TRIES, Desk, open_member_accounts
from pos.goods_rules import goods_rules
from pos.redemption import (
    KIND,
    RedemptionRequest,
    line_steps,
    move_facts,
    posting_of,
    row_step,
)
from pos.replay.lending import Lack, lend_steps
from pos.replay.sales import check_row, spending_told, used_steps
from pos.replay.telling import (
    APPLIED,
    AsideError,
    Difference,
    Ended,
    Outcome,
    ShortError,
    Told,
    as_aside,
    known_outcome,
    scan_of,
)
from pos.scan import Scan
from pos.showing import NoAccountsError, Showing
from pos.situation import look
from pos.slip_rows import Priced

NAMES: Final = ("ref", "business_date", "units")
"""What is compared with what the till was told."""


def replay_redemption(
    desk: Desk,
    terms: Terms,
    request: RedemptionRequest,
    told: Told,
    *,
    lend: bool,
    ended: Ended,
    at: int,
) -> Outcome:
    """Write a redemption as its counter was told it. `lend`: where the wallet lacks points, they are lent to it.

    Raises ShortError (without `lend`) and AsideError, with nothing written. Safe to run again.
    """
    scan, doubt = scan_of(terms, request.token, occurred_at=request.occurred_at, told=told)
    notes = (Difference("code", "believed", doubt),) if doubt else ()

    def work(tx: Tx) -> Outcome:
        outcome = _write(tx, terms, request, scan, told, lend=lend, at=at)
        outcome = outcome._replace(differences=(*outcome.differences, *notes))
        ended(tx, outcome)
        return outcome

    for _ in range(TRIES):
        try:
            return desk.db.write(work)
        except NoAccountsError as missing:
            commodity = terms.shown.commodity
            open_member_accounts(desk.db, request.community_id, missing.owner_id, commodity, at=at)
        except Refusal as refusal:
            raise as_aside(refusal) from refusal
        except GuardMissedError:
            continue
    raise AsideError("busy_try_again")


def _write(
    tx: Tx,
    terms: Terms,
    request: RedemptionRequest,
    scan: Scan,
    told: Told,
    *,
    lend: bool,
    at: int,
) -> Outcome:
    here, day = request.community_id, int(told.facts["business_date"])
    body_hash = requests.hash_of(request.body())
    kept = requests.find_kept(tx, here, request.request_id)
    known = known_outcome(kept, KIND, body_hash, told, NAMES)
    if known is not None:
        return known
    check_open(tx, here, day)
    row = look(tx, asked_of(terms, goods_rules(terms, day), request, scan, cover_id=0, day=day))
    check_row(row)
    units = int(told.facts["units"])
    lack = max(units - int(row.posted - row.held), 0)
    if lack and not lend:
        raise ShortError
    showing = Showing(terms, request, scan.believed(), row, told.at, day)
    return _book(tx, showing, request, scan, told, units, lack, at=at)


def _book(
    tx: Tx,
    showing: Showing,
    request: RedemptionRequest,
    scan: Scan,
    told: Told,
    units: int,
    lack: int,
    *,
    at: int,
) -> Outcome:
    here, row = request.community_id, showing.row
    known = _known_goods(tx, showing, request)
    costs = [
        int(known[piece.good_id].cost_fen) if piece.good_id in known else 0
        for piece in request.lines
    ]
    cost_fen = sum(cost * piece.quantity for cost, piece in zip(costs, request.lines, strict=True))
    paid_fen = int(told.facts.get("paid_fen", 0))
    posting = posting_of(tx, showing, request, units, cost_fen, paid_fen, at=at)
    body_hash = requests.hash_of(request.body())
    kept = requests.keep_step(
        here, request.request_id, KIND, body_hash, at=at, response=dict(told.facts)
    )
    lent: list[Step] = []
    if lack:
        commodity = showing.terms.shown.commodity
        missing = Lack(
            int(row.wallet_id),
            int(row.owed_id),
            int(row.owner_id),
            int(row.person_id),
            commodity,
            lack,
        )
        lent = lend_steps(here, request.request_id, missing, at=at, business_date=showing.day)
    # A good that is lost with the book has no shelf to be counted down.
    handed = [
        Handed(number, Out(piece.good_id, piece.quantity, cost), 0)
        for number, (piece, cost) in enumerate(zip(request.lines, costs, strict=True), start=1)
        if piece.good_id in known
    ]
    apply(
        tx,
        [
            *used_steps(showing, scan, debits=True),
            *lent,
            *posting_steps(posting),
            *told_steps(tx, move_facts(request, posting, at=at), handed),
            row_step(request, row, posting, units, paid_fen),
            *line_steps(request, _prices(told, costs)),
            requests.keep_told_step(kept, told.balance_units, txn_id=posting.txn_id),
            *spending_told(showing, units),
        ],
    )
    return Outcome(APPLIED, tuple(_odd(tx, showing, request, lack)))


def _prices(told: Told, costs: list[int]) -> list[Priced]:
    """What the counter was told of each good, and what it costs by now."""
    return [
        Priced(int(line["good_id"]), int(line["price_units"]), cost, int(line.get("price_fen", 0)))
        for line, cost in zip(told.facts["lines"], costs, strict=True)
    ]


def _known_goods(tx: Tx, showing: Showing, request: RedemptionRequest) -> dict[int, Row]:
    merchant_id = showing.terms.terminal(request.terminal_id).merchant_id
    return {int(good.good_id): good for good in all_goods(tx, request.community_id, merchant_id)}


def _odd(tx: Tx, showing: Showing, request: RedemptionRequest, lack: int) -> list[Difference]:
    known = _known_goods(tx, showing, request)
    odd = [
        Difference("good", "handed out", "unknown")
        for piece in request.lines
        if piece.good_id not in known
    ]
    if lack:
        odd.append(Difference("wallet_lacked_units", "0", str(lack)))
    return odd
