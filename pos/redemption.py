"""The points supermarket's counter: goods for points, stock counted down, a slip at the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from ledger.book import requests
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.facts import caps_step
from ledger.book.posting import Line, Posting, Side
from ledger.book.posting import steps as posting_steps
from ledger.book.steps import Step, apply
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from ledger.stock.care import check_not_paused
from ledger.stock.goods import goods_of
from ledger.stock.limits import limit_steps
from ledger.stock.moves import Facts, Handed, Out, cost_lines, hand_out_steps
from ledger.stock.slots import check_slot_not_needed
from ledger.stock.till import paid_lines
from pos.decide import asked_of
from pos.desk import Desk, check_version, day_of
from pos.goods_rules import goods_rules
from pos.opening import check_open
from pos.proxies import Collected, Proxy, proxy_facts, proxy_steps
from pos.reserved import Reserved, collect_steps, end_basket, order_for
from pos.scan import Scan
from pos.scanning import run_scanned
from pos.showing import (
    Showing,
    check_book_whole,
    check_showing,
    code_guards,
    spending_counts,
)
from pos.situation import look, stored_answer
from pos.slip_rows import (
    MOST_LINES,
    MOST_PIECES,
    Piece,
    Priced,
    RedemptionRequest,
    line_steps,
    row_step,
)

__all__ = (
    "KIND", "Piece", "RedemptionRequest", "line_steps", "move_facts", "posting_of", "redeem", "row_step",
)  # fmt: skip

KIND: Final = "redemption"


def redeem(desk: Desk, request: RedemptionRequest, *, at: int) -> dict[str, Any]:
    """Hand goods out for points; the same request again is answered from the first time.

    At the counter a person holding the goods is served: stock may go below zero, and the line is flagged for a count
    (README ruling 14). Refuses: the token's refusals, token_used, token_earn_only, card_not_active, card_replaced,
    card_too_soon, good_not_found, good_off, good_paused, shop_paused, good_limit_person, good_limit_household,
    basket_wrong, price_moved, insufficient_points, points_owed, pin_needed and the PIN's refusals, spent_day_cap,
    merchant_not_redeeming, counter_closed and counter_closed_for_good (outside the scheme's windows),
    goods_order_not_found, goods_order_ended, slot_needed, slots_full, slot_not_yet, hold_ended, proxy_wrong,
    proxy_ended, proxy_over, proxy_needs_mandate, proxy_too_many, ref_bad, terminal_revoked,
    period_locked, request_id_reused.
    """
    body_hash = requests.hash_of(request.body())

    def attempt(tx: Tx, terms: Terms, scan: Scan, *, pin_ok: bool) -> dict[str, Any]:
        return _redeem(tx, terms, request, scan, body_hash, at=at, pin_ok=pin_ok)

    return run_scanned(desk, request, KIND, body_hash, attempt, at=at, goods=True)


def _redeem(
    tx: Tx,
    terms: Terms,
    request: RedemptionRequest,
    scan: Scan,
    body_hash: bytes,
    *,
    at: int,
    pin_ok: bool,
) -> dict[str, Any]:
    day = day_of(terms, at)
    row = look(tx, asked_of(terms, goods_rules(terms, day), request, scan, cover_id=0, day=day))
    answer = stored_answer(row, KIND, body_hash)
    if answer is not None:
        return answer
    check_version(terms, int(row.config_version))
    check_book_whole(row, request.occurred_at, debits=True)
    showing = Showing(terms, request, scan.believed(), row, at, day)
    _check_shop(showing)
    check_open(tx, terms, terms.terminal(request.terminal_id).merchant_id, at)
    check_not_paused(tx, request.community_id, terms.terminal(request.terminal_id).merchant_id)
    check_showing(showing, debits=True)
    order = _order_of(tx, terms, request, row, at)
    goods = _chosen(tx, terms, request, day, at) if order is None else order.goods
    pairs = list(zip(goods, request.lines, strict=True))
    units = sum(good.price_units * piece.quantity for good, piece in pairs)
    _check_points(terms, row, units, waiting=0 if order is None else order.units)
    counts = spending_counts(showing, units, pin_ok=pin_ok)
    guards = code_guards(showing, scan.use, debits=True)
    guards.append(caps_step(request.community_id, int(row.person_id), counts))
    guards += limit_steps(
        tx,
        request.community_id,
        int(row.person_id),
        [(good, piece.quantity) for good, piece in pairs],
        day=day,
    )
    return _book(tx, showing, request, goods, units, guards, body_hash, order)


def _order_of(
    tx: Tx, terms: Terms, request: RedemptionRequest, row: Row, at: int
) -> Reserved | None:
    if request.order_id is None:
        return None
    merchant_id = terms.terminal(request.terminal_id).merchant_id
    order = order_for(
        tx,
        request.community_id,
        request.order_id,
        merchant_id=merchant_id,
        owner_id=int(row.owner_id),
        at=at,
    )
    ordered = [(int(good.good_id), int(good.quantity)) for good in order.goods]
    if ordered != [tuple(piece) for piece in request.lines]:
        raise Refusal("basket_wrong", most_lines=MOST_LINES, most_pieces=MOST_PIECES)
    return order


def _check_shop(showing: Showing) -> None:
    merchant_id = showing.terms.terminal(showing.request.terminal_id).merchant_id
    agreement = showing.terms.agreement_on(merchant_id, showing.day)
    is_active = showing.terms.merchant(merchant_id).state == "active"
    if not is_active or agreement is None or "redeem" not in agreement.roles:
        raise Refusal("merchant_not_redeeming")


def _chosen(tx: Tx, terms: Terms, request: RedemptionRequest, day: int, at: int) -> list[Any]:
    merchant_id = terms.terminal(request.terminal_id).merchant_id
    pieces_right = all(0 < piece.quantity <= MOST_PIECES for piece in request.lines)
    if not 0 < len(request.lines) <= MOST_LINES or not pieces_right:
        raise Refusal("basket_wrong", most_lines=MOST_LINES, most_pieces=MOST_PIECES)
    if len({piece.good_id for piece in request.lines}) != len(request.lines):
        raise Refusal("basket_wrong", most_lines=MOST_LINES, most_pieces=MOST_PIECES)
    listed = goods_of(
        tx, request.community_id, merchant_id, commodity=terms.shown.commodity, day=day
    )
    known = {good.good_id: good for good in listed}
    missing = [piece.good_id for piece in request.lines if piece.good_id not in known]
    if missing:
        raise Refusal("good_not_found", good_id=str(missing[0]))
    chosen = [known[piece.good_id] for piece in request.lines]
    for good in chosen:
        if good.state != "on":
            raise Refusal("good_off", good=good.code)
        if good.paused:
            raise Refusal("good_paused", good=good.code, notice=good.paused)
    for good, piece in zip(chosen, request.lines, strict=True):
        check_slot_not_needed(tx, request.community_id, good, piece.quantity, at=at)
    return chosen


def _check_points(terms: Terms, row: Row, units: int, *, waiting: int) -> None:
    if row.owed > 0:
        raise Refusal("points_owed", owed_units=terms.said(int(row.owed)))
    available = int(row.posted - row.held) + waiting
    if units > available:
        raise Refusal(
            "insufficient_points",
            available_units=terms.said(available),
            asked_units=terms.said(units),
        )


def _book(
    tx: Tx,
    showing: Showing,
    request: RedemptionRequest,
    goods: list[Row],
    units: int,
    guards: list[Step],
    body_hash: bytes,
    order: Reserved | None,
) -> dict[str, Any]:
    here, row = request.community_id, showing.row
    if request.hold is not None:
        end_basket(tx, here, request.hold, by=request.request_id, at=showing.at)
    cost_fen = sum(
        good.cost_fen * piece.quantity for good, piece in zip(goods, request.lines, strict=True)
    )
    paid_fen = _paid_fen(goods, request)
    posting = posting_of(tx, showing, request, units, cost_fen, paid_fen, at=showing.at)
    if order is not None:
        posting = replace(posting, captured={int(row.wallet_id): order.units})
    answer = _answer(request, goods, units, paid_fen, showing.day)
    if request.proxy_relation is not None:
        proxy = Proxy(request.proxy_relation, request.proxy_name or "")
        answer |= proxy_facts(tx, here, int(row.person_id), proxy)
    kept = requests.keep_step(
        here, request.request_id, KIND, body_hash, at=showing.at, response=answer
    )
    held = {} if order is None else order.held
    handed = [
        Handed(
            number,
            Out(good.good_id, piece.quantity, int(good.cost_fen), held.get(int(good.good_id), 0)),
            int(good.price_version),
        )
        for number, (good, piece) in enumerate(zip(goods, request.lines, strict=True), start=1)
    ]
    prices = [
        Priced(good.good_id, good.price_units, good.cost_fen, _beside_fen(good)) for good in goods
    ]
    returned = apply(
        tx,
        [
            *guards,
            *_beside(tx, showing, request, posting, order),
            *posting_steps(posting),
            *hand_out_steps(tx, move_facts(request, posting, at=showing.at), handed),
            row_step(request, row, posting, units, paid_fen),
            *line_steps(request, prices),
            requests.keep_with_balance_step(kept, int(row.wallet_id), txn_id=posting.txn_id),
        ],
    )
    return {**answer, "balance_units": int(returned["request"].balance_after)}


def _beside(
    tx: Tx,
    showing: Showing,
    request: RedemptionRequest,
    posting: Posting,
    order: Reserved | None,
) -> list[Step]:
    """What a collected order ends, and whoever collects for the holder."""
    here, steps = request.community_id, list[Step]()
    if order is not None:
        steps += collect_steps(
            tx,
            here,
            order,
            redemption_id=request.request_id,
            txn_id=posting.txn_id,
            at=showing.at,
        )
    if request.proxy_relation is not None:
        collected = Collected(here, request.request_id, request.ref, int(showing.row.person_id))
        proxy = Proxy(request.proxy_relation, request.proxy_name or "")
        steps += proxy_steps(tx, showing.terms, collected, proxy, at=showing.at)
    return steps


def posting_of(
    tx: Tx,
    showing: Showing,
    request: RedemptionRequest,
    units: int,
    cost_fen: int,
    paid_fen: int,
    *,
    at: int,
) -> Posting:
    """The redemption's one posting, written at `at`: points and yuan for goods, and what the goods had cost."""
    terms, row = showing.terms, showing.row
    terminal = terms.terminal(request.terminal_id)
    commodity = terms.shown.commodity
    redeemed = account_id(
        tx, request.community_id, Account.REDEEMED, commodity, terminal.merchant_id, at=at
    )
    wallet, shelf = Side(int(row.wallet_id), Account.WALLET), Side(redeemed, Account.REDEEMED)
    return Posting(
        community_id=request.community_id,
        kind=Kind.REDEEM,
        request_id=request.request_id,
        txn_id=new_id(at),
        occurred_at=request.occurred_at,
        at=at,
        business_date=showing.day,
        lines=[
            Line(wallet, shelf, commodity, units),
            *cost_lines(tx, request.community_id, terminal.merchant_id, -cost_fen, at=at),
            *paid_lines(tx, request.community_id, terminal.merchant_id, paid_fen, at=at),
        ],
        ref=request.ref,
        scheme_period=str(showing.day // 100),
        scheme_version=goods_rules(terms, showing.day).version,
        person_id=int(row.person_id),
        wallet_owner_id=int(row.owner_id),
        card_serial=showing.token.serial,
        card_issue=int(row.card_issue),
        merchant_id=terminal.merchant_id,
        branch_id=terminal.branch_id,
        terminal_id=terminal.terminal_id,
        staff_id=request.clerk_id,
        reason_key="redeem",
        source="counter",
    )


def move_facts(request: RedemptionRequest, posting: Posting, *, at: int) -> Facts:
    """What the moves of a redemption's goods say in common."""
    return Facts(
        community_id=request.community_id,
        request_id=request.request_id,
        merchant_id=posting.merchant_id or 0,
        kind="redeem",
        business_date=posting.business_date,
        at=at,
        txn_id=posting.txn_id,
        ref=request.ref,
    )


def _beside_fen(good: Row) -> int:
    """The yuan beside a piece's points, in fen."""
    return int(good.price_fen)


def _paid_fen(goods: list[Any], request: RedemptionRequest) -> int:
    """The yuan beside a basket's points. What was taken from the resident must be what the book says.

    Refuses: price_moved.
    """
    fen = sum(
        _beside_fen(good) * piece.quantity for good, piece in zip(goods, request.lines, strict=True)
    )
    if request.paid_fen not in {None, fen}:
        raise Refusal("price_moved", fen=fen, shown_fen=request.paid_fen)
    return fen


def _answer(
    request: RedemptionRequest, goods: list[Any], units: int, paid_fen: int, day: int
) -> dict[str, Any]:
    return {
        "redemption_id": request.request_id,
        "ref": request.ref,
        "business_date": day,
        "occurred_at": request.occurred_at,
        "units": units,
        **({"paid_fen": paid_fen} if paid_fen else {}),
        "lines": [
            {
                "good_id": str(good.good_id),
                "name": good.name,
                "quantity": piece.quantity,
                "price_units": good.price_units,
                **({"price_fen": _beside_fen(good)} if _beside_fen(good) else {}),
                "units": good.price_units * piece.quantity,
            }
            for good, piece in zip(goods, request.lines, strict=True)
        ],
    }
