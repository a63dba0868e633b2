"""Goods that come in: bought from the fund, or given, each delivery a lot with its last good day."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, Final

from ledger.audit import By
from ledger.book import requests
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.funds import POINTS, fund_balance, keep_entry
from ledger.book.posting import Line, Side
from ledger.book.steps import apply
from ledger.database import Database
from ledger.earning.calendar import day_from_key, day_key
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.sql import Row, Sql, Tx
from ledger.stock.booking import book, note, staff_of, today
from ledger.stock.goods import MOST_STOCK, get_good
from ledger.stock.moves import Facts, Out, move_step, shift_step
from ledger.units import CNY, MOST_FEN

PURCHASE: Final = "purchase"
DONATION: Final = "donation"
_KIND: Final = "stock_in"

# What came while the book stood below zero is partly gone already.
_KEEP_LOT: Final = Sql(
    "INSERT INTO stock_lot (community_id, lot_id, good_id, source, donor, document, received, left_pieces, made_on,"
    " best_before, received_on) SELECT g.community_id, :lot_id, g.good_id, :source, :donor, :document, :received,"
    " CASE WHEN g.stock <= 0 THEN 0 WHEN g.stock < :received THEN g.stock ELSE :received END, :made_on,"
    " :best_before, :received_on FROM good g WHERE g.community_id = :community_id AND g.good_id = :good_id"
)
_ARRIVED: Final = Sql(
    "UPDATE good SET more_on = NULL WHERE community_id = :community_id AND good_id = :good_id"
)
_THANKS: Final = Sql(
    "SELECT l.lot_id, l.received_on, l.donor, l.document, g.name, g.spec, l.received, l.left_pieces FROM stock_lot l"
    " JOIN good g ON g.community_id = l.community_id AND g.good_id = l.good_id"
    " WHERE l.community_id = :community_id AND l.source = 'donation' AND l.received_on BETWEEN :first AND :last"
    " ORDER BY l.received_on, l.lot_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What came of one good: pieces, what was paid for all of them (nothing for a gift), its days as yyyymmdd.

    `donor` as it wants to be thanked; `document` the number on the delivery note.
    """

    good_id: int
    quantity: int
    source: str
    paid_fen: int = 0
    donor: str = ""
    document: str = ""
    made_on: int | None = None
    best_before: int | None = None
    reason: str = ""


def receive(
    db: Database, community_id: int, request_id: str, came: Delivery, *, by: By, at: int
) -> dict[str, Any]:
    """Put a delivery on the shelf at standard cost; what it cost beyond that, or less, is a cost at once.

    A gift is taken in at standard cost against the cost of goods, so that it leaves like any other piece and all costs
    together come to what was spent. Refuses: good_not_found, delivery_wrong, fund_empty, period_locked,
    request_id_reused.
    """
    _check(came)

    def work(tx: Tx) -> dict[str, Any]:
        return _receive(tx, community_id, request_id, came, by=by, at=at)

    body = asdict(came)
    return requests.once(db, community_id, request_id, kind=_KIND, body=body, at=at, work=work)


def thanks_list(tx: Tx, community_id: int, *, first: int, last: int) -> list[Row]:
    """Gifts that came from day to day: lot_id, received_on, donor, document, name, spec, received, left_pieces."""
    return tx.all(_THANKS, community_id=community_id, first=first, last=last)


def _check(came: Delivery) -> None:
    is_gift = came.source == DONATION
    wrong = (
        came.source not in {PURCHASE, DONATION}
        or not 0 < came.quantity <= MOST_STOCK
        or not 0 <= came.paid_fen <= MOST_FEN
        or (is_gift and came.paid_fen > 0)
        or (is_gift and not came.donor.strip())
    )
    if wrong:
        raise Refusal("delivery_wrong")
    for day in (came.made_on, came.best_before):
        if day is not None:
            try:
                day_from_key(day)
            except ValueError:
                raise Refusal("delivery_wrong") from None


def _receive(
    tx: Tx, community_id: int, request_id: str, came: Delivery, *, by: By, at: int
) -> dict[str, Any]:
    good = get_good(tx, community_id, came.good_id)
    day = today(tx, community_id, at)
    facts = Facts(
        community_id=community_id,
        request_id=request_id,
        merchant_id=int(good.merchant_id),
        kind=came.source,
        business_date=day,
        at=at,
        staff_id=staff_of(by),
        reason=came.reason,
        ref=came.document.strip(),
    )
    worth = came.quantity * int(good.cost_fen)
    if came.paid_fen > fund_balance(tx, community_id, POINTS):
        raise Refusal("fund_empty")
    lines = _lines(tx, facts, worth, came.paid_fen)
    facts = replace(facts, txn_id=book(tx, facts, Kind.STOCK_IN, lines))
    if came.paid_fen and facts.txn_id is not None:
        keep_entry(
            tx,
            community_id,
            facts.txn_id,
            POINTS,
            kind="out",
            fen=-came.paid_fen,
            reason=came.reason.strip() or came.document.strip() or str(good.code),
        )
    lot_id = _put_on_shelf(tx, facts, good, came)
    note(tx, facts, by, came.good_id, {"quantity": came.quantity, "paid_fen": came.paid_fen})
    return {"lot_id": str(lot_id), "quantity": came.quantity, "worth_fen": worth}


def _put_on_shelf(tx: Tx, facts: Facts, good: Row, came: Delivery) -> int:
    lot_id = new_id(facts.at)
    out = Out(came.good_id, came.quantity, int(good.cost_fen))
    apply(
        tx,
        [
            shift_step(facts, out, came.quantity),
            move_step(facts, 1, out, came.quantity, lot_id=lot_id, paid_fen=came.paid_fen),
        ],
    )
    here = {"community_id": facts.community_id, "good_id": came.good_id}
    tx.run(
        _KEEP_LOT,
        **here,
        lot_id=lot_id,
        source=came.source,
        donor=came.donor.strip(),
        document=came.document.strip(),
        received=came.quantity,
        made_on=came.made_on,
        best_before=_last_day(good, came, facts.business_date),
        received_on=facts.business_date,
    )
    tx.run(_ARRIVED, **here)
    return lot_id


def _last_day(good: Row, came: Delivery, day: int) -> int | None:
    """The last good day as written on it, or else counted from when it was made, or came."""
    if came.best_before is not None or not good.shelf_days:
        return came.best_before
    begun = day_from_key(came.made_on or day)
    return day_key(begun + timedelta(days=int(good.shelf_days)))


def _lines(tx: Tx, facts: Facts, worth: int, paid: int) -> list[Line]:
    def side(kind: Account, owner: int = 0) -> Side:
        return Side(account_id(tx, facts.community_id, kind, CNY, owner, at=facts.at), kind)

    shelf, cost = side(Account.INVENTORY, facts.merchant_id), side(Account.GOODS_COST)
    bank, fund, spent = side(Account.BANK), side(Account.FUND, POINTS), side(Account.SPENT)
    moves = (
        (shelf, bank, min(worth, paid)),
        (cost, bank, max(paid - worth, 0)),
        (shelf, cost, max(worth - paid, 0)),
        (fund, spent, paid),
    )
    return [Line(debit, credit, CNY, fen) for debit, credit, fen in moves if fen > 0]
