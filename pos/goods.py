"""The supermarket's shelf: putting a good on it under a price, once under each code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.members.words import check_code, check_text
from ledger.sql import Sql, Tx
from ledger.units import MOST_FEN

MOST_STOCK: Final = 1_000_000

_FIND: Final = Sql(
    "SELECT good_id FROM good WHERE community_id = :community_id AND merchant_id = :merchant_id AND code = :code"
)
_PUT: Final = Sql(
    "INSERT INTO good (community_id, good_id, merchant_id, code, name, picture, price_units, commodity, cost_fen,"
    " stock, state, changed_at) VALUES (:community_id, :good_id, :merchant_id, :code, :name, :picture, :price_units,"
    " :commodity, :cost_fen, :stock, 'on', :at)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGood:
    """A good for the shelf: its price in units of the point type `commodity`, its cost in fen, pieces in stock.

    `picture` is a key of the drawn pictures.
    """

    merchant_id: int
    code: str
    name: str
    price_units: int
    commodity: int
    cost_fen: int
    stock: int
    picture: str = "box"


def put_good(tx: Tx, community_id: int, new: NewGood, *, by: By, at: int) -> int:
    """Put a good on the shelf; returns its id.

    Refuses: code_bad, name_bad, good_code_taken, amount_wrong (no price, a cost or stock below zero).
    """
    check_code(new.code, least=1, most=20)
    check_text(new.name)
    if not 0 < new.price_units <= MOST_FEN or not 0 <= new.cost_fen <= MOST_FEN:
        raise Refusal("amount_wrong")
    if not 0 <= new.stock <= MOST_STOCK:
        raise Refusal("amount_wrong")
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
        name=new.name,
        picture=new.picture,
        price_units=new.price_units,
        commodity=new.commodity,
        cost_fen=new.cost_fen,
        stock=new.stock,
        at=at,
    )
    facts: audit.Facts = {"code": new.code, "price_units": new.price_units, "stock": new.stock}
    audit.record(tx, community_id, by, "good.put", f"good:{good_id}", at=at, after=facts)
    return good_id
