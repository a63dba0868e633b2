"""The demonstration's supermarket: goods at a price in each kind of points, some given, some that spoil, one low."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from kiosk.generator import desk as office
from kiosk.generator.shapes import Good, World, date_key
from kiosk.generator.trade import CIVIC
from ledger.audit import By
from ledger.book.fund import add_to_fund
from ledger.database import Database
from ledger.earning.scheme import Scheme
from ledger.ids import derived_request_id
from ledger.members import schemes
from ledger.sql import Tx
from ledger.stock.goods import NewGood, put_good, set_price
from ledger.stock.intake import DONATION, PURCHASE, Delivery, receive
from pos.sale_rules import commodity_of

_LOW_POPULAR: Final = 20
_LOW: Final = 5
_LEAD_DAYS: Final = 3
_WANTED_BY_ALL: Final = 10
_GIFT_PIECES: Final = 24
# Which goods were given, by their place on the list.
_GIVEN: Final = (2, 12, 7)
_LASTS_DAYS: Final = 40
"""How long after the last day lived the goods that spoil are still good: they stand on the list of what expires."""


def fill_shelf(
    db: Database, community_id: int, world: World, merchant_id: int, *, by: By, at: int
) -> dict[str, int]:
    """Put every good on the shelf, bought from the fund or given; code to number."""
    with db.read() as tx:
        scheme = schemes.scheme_on(tx, community_id, date_key(world.since))

    def put(tx: Tx) -> dict[str, int]:
        return {
            good.code: _put(tx, community_id, scheme, merchant_id, good, place, by=by, at=at)
            for place, good in enumerate(world.goods)
        }

    numbers = db.write(put)
    came = [
        (good.code, one)
        for place, good in enumerate(world.goods)
        for one in _deliveries(world, scheme, numbers[good.code], good, place)
    ]
    # The street pays for the first filling, so that what stands behind the points stays what it is.
    add_to_fund(
        db,
        community_id,
        sum(one.paid_fen for _, one in came),
        request_id=derived_request_id("demo", "goods"),
        by=by.id,
        at=at,
        business_date=date_key(world.since - timedelta(days=1)),
        reason=office.GOODS_REASON,
    )
    for code, one in came:
        request_id = derived_request_id("demo", "goods", code, one.source)
        receive(db, community_id, request_id, one, by=by, at=at)
    return numbers


def _put(
    tx: Tx,
    community_id: int,
    scheme: Scheme,
    merchant_id: int,
    good: Good,
    place: int,
    *,
    by: By,
    at: int,
) -> int:
    is_popular = place < _WANTED_BY_ALL
    new = NewGood(
        merchant_id=merchant_id,
        code=good.code,
        name=good.name,
        category=good.group,
        price_units=scheme.units(CIVIC, good.civic_points),
        commodity=commodity_of(scheme, CIVIC),
        cost_fen=_cost_fen(scheme, good),
        stock=0,
        picture=good.picture,
        fund_source="community_fund",
        shelf_days=good.shelf_days or 0,
        low_stock=_LOW_POPULAR if is_popular else _LOW,
        lead_days=_LEAD_DAYS,
    )
    good_id = put_good(tx, community_id, new, by=by, at=at)
    party = next((kind.code for kind in scheme.point_types if kind.code != CIVIC), None)
    if party is not None:
        set_price(
            tx,
            community_id,
            good_id,
            commodity=commodity_of(scheme, party),
            units=scheme.units(party, good.party_points),
            fen=0,
            from_date=0,
            by=by,
            at=at,
        )
    return good_id


def _deliveries(
    world: World, scheme: Scheme, good_id: int, good: Good, place: int
) -> list[Delivery]:
    last_day = date_key(world.until + timedelta(days=_LASTS_DAYS)) if good.shelf_days else None
    # The last good on the list came in few pieces: it runs low at once.
    pieces = _LOW - 1 if place == len(world.goods) - 1 else good.stock
    found = [
        Delivery(
            good_id=good_id,
            quantity=pieces,
            source=PURCHASE,
            paid_fen=pieces * _cost_fen(scheme, good),
            document=f"RK-{place + 1:03d}",
            best_before=last_day,
        )
    ]
    found += [
        Delivery(
            good_id=good_id,
            quantity=_GIFT_PIECES,
            source=DONATION,
            donor=donor,
            document=f"JZ-{number:02d}",
            best_before=last_day,
        )
        for number, (donor, given) in enumerate(zip(office.DONORS, _GIVEN, strict=True), start=1)
        if given == place
    ]
    return found


def _cost_fen(scheme: Scheme, good: Good) -> int:
    return good.civic_points * scheme.get_point_type(CIVIC).face_value_fen
