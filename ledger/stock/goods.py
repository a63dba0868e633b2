"""The supermarket's catalogue: a good once under each code, its price in each kind of points, its standard cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.book.chart import Kind
from ledger.book.steps import apply
from ledger.errors import Refusal
from ledger.ids import derived_request_id, new_id
from ledger.members.words import check_code, check_text
from ledger.sql import Row, Sql, Tx
from ledger.stock.booking import book, staff_of, today
from ledger.stock.moves import Facts, Out, cost_lines, move_step, shift_step
from ledger.units import MOST_FEN

MOST_STOCK: Final = 1_000_000
PERIODS: Final = ("day", "week", "month", "quarter", "year")
"""Over what a limit a person or household counts; a window lies in one of them."""

_FIND: Final = Sql(
    "SELECT good_id FROM good WHERE community_id = :community_id AND merchant_id = :merchant_id AND code = :code"
)
_PUT: Final = Sql(
    "INSERT INTO good (community_id, good_id, merchant_id, code, barcode, name, spec, category, picture, cost_fen,"
    " fund_source, stock, held, price_version, limit_person, limit_household, limit_period, shelf_days, is_fast,"
    " low_stock, lead_days, paused, state, changed_at) VALUES (:community_id, :good_id, :merchant_id, :code,"
    " :barcode, :name, :spec, :category, :picture, :cost_fen, :fund_source, 0, 0, 1, :limit_person,"
    " :limit_household, :limit_period, :shelf_days, :is_fast, :low_stock, :lead_days, '', 'on', :at)"
)
_COLUMNS: Final = (
    "g.good_id, g.merchant_id, g.code, g.barcode, g.name, g.spec, g.category, g.picture, g.cost_fen, g.fund_source,"
    " g.stock, g.held, g.price_version, g.limit_person, g.limit_household, g.limit_period, g.shelf_days, g.is_fast,"
    " g.low_stock, g.lead_days, g.more_on, g.paused, g.state"
)
_PRICED: Final = Sql(
    f"SELECT {_COLUMNS}, p.units AS price_units, p.fen AS price_fen, p.commodity FROM good g"
    " JOIN good_price p ON p.community_id = g.community_id AND p.good_id = g.good_id AND p.commodity = :commodity"
    "  AND p.from_date = (SELECT max(q.from_date) FROM good_price q WHERE q.community_id = g.community_id"
    "   AND q.good_id = g.good_id AND q.commodity = :commodity AND q.from_date <= :day)"
    " WHERE g.community_id = :community_id AND g.merchant_id = :merchant_id ORDER BY g.code"
)
_ALL: Final = Sql(
    f"SELECT {_COLUMNS} FROM good g WHERE g.community_id = :community_id AND g.merchant_id = :merchant_id"
    " ORDER BY g.code"
)
_ONE: Final = Sql(
    f"SELECT {_COLUMNS} FROM good g WHERE g.community_id = :community_id AND g.good_id = :good_id"
)
_PRICE: Final = Sql(
    "INSERT INTO good_price (community_id, good_id, commodity, from_date, units, fen, set_at) VALUES (:community_id,"
    " :good_id, :commodity, :from_date, :units, :fen, :at) ON CONFLICT (community_id, good_id, commodity, from_date)"
    " DO UPDATE SET units = excluded.units, fen = excluded.fen, set_at = excluded.set_at"
)
_PRICES: Final = Sql(
    "SELECT commodity, from_date, units, fen FROM good_price WHERE community_id = :community_id"
    " AND good_id = :good_id ORDER BY commodity, from_date"
)
_NEWER: Final = Sql(
    "UPDATE good SET price_version = price_version + 1, changed_at = :at WHERE community_id = :community_id"
    " AND good_id = :good_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGood:
    """A good for the shelf: its price in units of the point type `commodity` and fen beside them, its standard cost.

    `picture` is a key of the drawn pictures; a limit of 0 pieces is none, and so is a shelf life of 0 days.
    """

    merchant_id: int
    code: str
    name: str
    price_units: int
    commodity: int
    cost_fen: int
    stock: int
    picture: str = "box"
    price_fen: int = 0
    barcode: str = ""
    spec: str = ""
    category: str = ""
    fund_source: str = ""
    limit_person: int = 0
    limit_household: int = 0
    limit_period: str = "month"
    shelf_days: int = 0
    is_fast: int = 0
    low_stock: int = 0
    lead_days: int = 0


def put_good(tx: Tx, community_id: int, new: NewGood, *, by: By, at: int) -> int:
    """Put a good on the shelf; returns its id. Pieces that stand there already are booked as counted.

    Refuses: code_bad, name_bad, good_code_taken, good_settings_wrong, amount_wrong (no price, a cost or stock below
    zero), period_locked.
    """
    _check(new)
    known = tx.find(_FIND, community_id=community_id, merchant_id=new.merchant_id, code=new.code)
    if known is not None:
        raise Refusal("good_code_taken", taken=new.code)
    good_id = new_id(at)
    tx.run(
        _PUT,
        community_id=community_id,
        good_id=good_id,
        merchant_id=new.merchant_id,
        code=new.code,
        barcode=new.barcode.strip(),
        name=new.name,
        spec=new.spec.strip(),
        category=new.category.strip(),
        picture=new.picture,
        cost_fen=new.cost_fen,
        fund_source=new.fund_source.strip(),
        limit_person=new.limit_person,
        limit_household=new.limit_household,
        limit_period=new.limit_period,
        shelf_days=new.shelf_days,
        is_fast=new.is_fast,
        low_stock=new.low_stock,
        lead_days=new.lead_days,
        at=at,
    )
    price = {"units": new.price_units, "fen": new.price_fen}
    here = {"community_id": community_id, "good_id": good_id}
    tx.run(_PRICE, **here, commodity=new.commodity, from_date=0, **price, at=at)
    if new.stock:
        _found(tx, community_id, good_id, new, by=by, at=at)
    facts: audit.Facts = {"code": new.code, "price_units": new.price_units, "stock": new.stock}
    audit.record(tx, community_id, by, "good.put", f"good:{good_id}", at=at, after=facts)
    return good_id


def goods_of(tx: Tx, community_id: int, merchant_id: int, *, commodity: int, day: int) -> list[Row]:
    """The goods with a price in these points on a day (yyyymmdd): every column of `good`, price_units, price_fen."""
    here = {"community_id": community_id, "merchant_id": merchant_id}
    return tx.all(_PRICED, **here, commodity=commodity, day=day)


def all_goods(tx: Tx, community_id: int, merchant_id: int) -> list[Row]:
    """Every good of a supermarket, priced or not, by code."""
    return tx.all(_ALL, community_id=community_id, merchant_id=merchant_id)


def get_good(tx: Tx, community_id: int, good_id: int) -> Row:
    """One good. Refusals: good_not_found."""
    row = tx.find(_ONE, community_id=community_id, good_id=good_id)
    if row is None:
        raise Refusal("good_not_found", good_id=str(good_id))
    return row


def prices_of(tx: Tx, community_id: int, good_id: int) -> list[Row]:
    """Every price of a good: commodity, from_date, units, fen."""
    return tx.all(_PRICES, community_id=community_id, good_id=good_id)


def set_price(  # noqa: PLR0913 - the columns of one row
    tx: Tx,
    community_id: int,
    good_id: int,
    *,
    commodity: int,
    units: int,
    fen: int,
    from_date: int,
    by: By,
    at: int,
) -> None:
    """Price a good in one kind of points, with yuan beside them (0: none), from a day (yyyymmdd) on.

    Refuses: good_not_found, amount_wrong.
    """
    if not 0 < units <= MOST_FEN or not 0 <= fen <= MOST_FEN:
        raise Refusal("amount_wrong")
    get_good(tx, community_id, good_id)
    here = {"community_id": community_id, "good_id": good_id, "at": at}
    tx.run(_PRICE, **here, commodity=commodity, from_date=from_date, units=units, fen=fen)
    tx.run(_NEWER, **here)
    facts: audit.Facts = {
        "commodity": commodity,
        "from_date": from_date,
        "price_units": units,
        "price_fen": fen,
    }
    audit.record(tx, community_id, by, "good.price", f"good:{good_id}", at=at, after=facts)


def _check(new: NewGood) -> None:
    check_code(new.code, least=1, most=20)
    check_text(new.name)
    amounts_right = 0 < new.price_units <= MOST_FEN and 0 <= new.price_fen <= MOST_FEN
    if not amounts_right or not 0 <= new.cost_fen <= MOST_FEN or not 0 <= new.stock <= MOST_STOCK:
        raise Refusal("amount_wrong")
    numbers = (new.limit_person, new.limit_household, new.shelf_days, new.low_stock, new.lead_days)
    if any(not 0 <= n <= MOST_STOCK for n in numbers) or new.limit_period not in PERIODS:
        raise Refusal("good_settings_wrong")
    if new.is_fast not in {0, 1}:
        raise Refusal("good_settings_wrong")


def _found(tx: Tx, community_id: int, good_id: int, new: NewGood, *, by: By, at: int) -> None:
    """Pieces that were there before the book was: counted in, at no price that the book ever paid."""
    facts = Facts(
        community_id=community_id,
        request_id=derived_request_id("good_put", community_id, good_id),
        merchant_id=new.merchant_id,
        kind="count",
        business_date=today(tx, community_id, at),
        at=at,
        staff_id=staff_of(by),
        reason="opening",
    )
    lines = cost_lines(tx, community_id, new.merchant_id, new.stock * new.cost_fen, at=at)
    facts = replace(facts, txn_id=book(tx, facts, Kind.STOCK_COUNT, lines))
    out = Out(good_id, new.stock, new.cost_fen)
    apply(tx, [shift_step(facts, out, new.stock), move_step(facts, 1, out, new.stock)])
