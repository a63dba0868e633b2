"""Rings up a world's purchases as honest tills would: references, offsets and refunds by the scheme's rules.

This is the generator's own small model of the shops' side. It exists so that claims and bills can be
written without the product; it keeps balances in memory and knows nothing of a book.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from kiosk.generator.shapes import (
    SECOND_US,
    GoodsBack,
    Purchase,
    Shop,
    Visit,
    World,
    date_key,
    moment_us,
)
from ledger.earning.scheme import Scheme
from ledger.earning.scheme_file import parse_scheme
from ledger.refs import make_reference

CIVIC: Final = "civic"
_CHANNEL_NAMES: Final = {
    "wechat": "scan", "alipay": "scan", "card": "credit_card", "cash": "cash",
}  # fmt: skip


class Rung(NamedTuple):
    """One line of a till's daybook. A refund's `offset_*` and `paid_fen` are what went back."""

    merchant: str
    terminal: str
    business_date: int
    counter: int
    ref: str
    kind: Literal["sale", "refund"]
    original_ref: str | None
    total_fen: int
    offset_units: int
    offset_fen: int
    paid_fen: int
    earned_units: int
    occurred_at: int
    purchase: int


class Handed(NamedTuple):
    """Goods the supermarket gave for points; `units` in all."""

    visit: int
    ref: str
    units: int
    occurred_at: int


@dataclass(slots=True)
class Traded:
    """What the shops' own papers say of the period."""

    rung: list[Rung] = field(default_factory=list)
    handed: list[Handed] = field(default_factory=list)


class Rates(NamedTuple):
    """The scheme's figures in units and fen."""

    units_per_fen: int
    step_units: int
    bill_percent: int
    offset_txn_units: int
    offset_month_units: int
    earn_per_fen: int
    earn_txn_units: int
    earn_day_units: int
    earn_month_units: int
    earning: frozenset[str]
    channels: frozenset[str]


def read_rates(scheme: Scheme) -> Rates:
    """Read offset and spend rules; a category counts with all that the scheme's tree puts under it."""
    offset = scheme.find_offset("merchant_purchase")
    spend = scheme.spend_rules[0]
    if offset is None:
        raise ValueError("the scheme has no rule for offsets at shops")
    tree = scheme.merchants.category_tree if scheme.merchants else {}
    earning = {name for top in spend.merchant_categories for name in (top, *tree.get(top, ()))}

    def units(points: Decimal | None) -> int:
        return 10**12 if points is None else scheme.units(CIVIC, points)

    return Rates(
        units_per_fen=scheme.units(CIVIC, offset.points_per_yuan) // 100,
        step_units=units(offset.step_points),
        bill_percent=offset.cap_percent_of_bill or 100,
        offset_txn_units=units(offset.cap_txn_points),
        offset_month_units=units(offset.cap_month_points),
        earn_per_fen=scheme.units(CIVIC, spend.points_per_yuan) // 100,
        earn_txn_units=units(spend.cap_txn_points),
        earn_day_units=units(spend.cap_day_points),
        earn_month_units=units(spend.cap_month_points),
        earning=frozenset(earning),
        channels=frozenset(spend.payment_channels),
    )


def trade(world: World) -> Traded:
    """Live the period: purchases, goods brought back and supermarket visits in the order of time."""
    day_of = {purchase.number: purchase for purchase in world.purchases}
    events: list[tuple[date, int, int, int, Purchase | GoodsBack | Visit]] = [
        *((p.day, p.second, 0, p.number, p) for p in world.purchases),
        *((b.day, b.second, 1, b.number, b) for b in world.refunds),
        *((v.day, v.second, 2, v.number, v) for v in world.visits),
    ]
    events.sort(key=lambda event: event[:4])
    tills = _Tills(world)
    for *_, event in events:
        if isinstance(event, Purchase):
            tills.sell(event)
        elif isinstance(event, GoodsBack):
            tills.take_back(event, day_of[event.purchase])
        else:
            tills.hand_out(event)
    return tills.traded


class _Tills:
    """All tills of the town with the balances they would be shown."""

    def __init__(self, world: World) -> None:
        self.traded = Traded()
        self._rates = read_rates(parse_scheme(world.scheme_text, "scheme.toml"))
        self._shops: dict[str, Shop] = {shop.code: shop for shop in world.shops}
        self._market = world.market.tills[0]
        self._price = {good.code: good.civic_points * 100 for good in world.goods}
        self._owner = {person.number: person.household for person in world.people}
        self._counters: dict[str, int] = defaultdict(int)
        self._balance: dict[int, int] = defaultdict(int)
        self._waiting: dict[int, list[tuple[date, int]]] = defaultdict(list)
        self._used: dict[tuple[str, int, int], int] = defaultdict(int)
        self._sales: dict[int, Rung] = {}

    def sell(self, bought: Purchase) -> None:
        """Ring a purchase up: offset by wish, balance and caps; the paid part earns."""
        rates, person = self._rates, bought.person
        month = bought.day.year * 100 + bought.day.month
        total = bought.typed_fen
        units = min(
            bought.wish_points * 100,
            self._spendable(person, bought.day),
            total * rates.bill_percent // 100 * rates.units_per_fen,
            rates.offset_txn_units,
            rates.offset_month_units - self._used["offset", person, month],
        )
        units = max(units - units % rates.step_units, 0)
        offset_fen = units // rates.units_per_fen
        earned = self._earn(bought, total - offset_fen)
        self._used["offset", person, month] += units
        self._balance[self._owner[person]] -= units
        if earned:
            self._waiting[self._owner[person]].append((bought.day, earned))
        self._sales[bought.number] = self._ring(
            bought, bought.day, bought.second, "sale", None, (total, units, offset_fen, earned)
        )

    def take_back(self, back: GoodsBack, bought: Purchase) -> None:
        """Give goods back: the offset's share floors in fen, points follow fen, the rest is cash."""
        sale = self._sales[bought.number]
        if sale.total_fen <= 0:
            return
        fen = min(back.fen, sale.total_fen)
        offset_fen = sale.offset_fen * fen // sale.total_fen
        cash = fen - offset_fen
        lost = sale.earned_units * cash // sale.paid_fen if sale.paid_fen else 0
        units = offset_fen * self._rates.units_per_fen
        self._balance[self._owner[bought.person]] += units - lost
        self._ring(
            bought, back.day, back.second, "refund", sale.ref, (fen, units, offset_fen, lost)
        )

    def hand_out(self, visit: Visit) -> None:
        """Give the first lines of a basket that the points suffice for."""
        left = self._spendable(visit.person, visit.day)
        units = 0
        for code, quantity in visit.lines:
            price = self._price[code] * quantity
            if units + price <= left:
                units += price
        if not units:
            return
        self._balance[self._owner[visit.person]] -= units
        counter = self._count(self._market)
        ref = make_reference(self._market, date_key(visit.day), counter)
        self.traded.handed.append(
            Handed(visit.number, ref, units, moment_us(visit.day, visit.second))
        )

    def _spendable(self, person: int, day: date) -> int:
        """Points in hand; what was earned before today has been proven overnight."""
        owner = self._owner[person]
        waiting = self._waiting.pop(owner, [])
        for earned_on, units in waiting:
            if earned_on < day:
                self._balance[owner] += units
            else:
                self._waiting[owner].append((earned_on, units))
        return max(self._balance[owner], 0)

    def _earn(self, bought: Purchase, paid_fen: int) -> int:
        rates, person, day = self._rates, bought.person, bought.day
        shop = self._shops[bought.shop]
        if shop.category not in rates.earning:
            return 0
        if _CHANNEL_NAMES[bought.keyed_channel] not in rates.channels:
            return 0
        by_day, by_month = ("day", person, date_key(day)), ("month", person, date_key(day) // 100)
        units = min(
            paid_fen * rates.earn_per_fen,
            rates.earn_txn_units,
            rates.earn_day_units - self._used[by_day],
            rates.earn_month_units - self._used[by_month],
        )
        self._used[by_day] += units
        self._used[by_month] += units
        return units

    def _ring(
        self,
        bought: Purchase,
        day: date,
        second: int,
        kind: Literal["sale", "refund"],
        original_ref: str | None,
        figures: tuple[int, int, int, int],
    ) -> Rung:
        total, units, offset_fen, earned = figures
        counter = self._count(bought.till)
        rung = Rung(
            merchant=bought.shop,
            terminal=bought.till,
            business_date=date_key(day),
            counter=counter,
            ref=make_reference(bought.till, date_key(day), counter),
            kind=kind,
            original_ref=original_ref,
            total_fen=total,
            offset_units=units,
            offset_fen=offset_fen,
            paid_fen=total - offset_fen,
            earned_units=earned,
            occurred_at=moment_us(day, second % (24 * 3_600)) // SECOND_US * SECOND_US,
            purchase=bought.number,
        )
        self.traded.rung.append(rung)
        return rung

    def _count(self, till: str) -> int:
        self._counters[till] += 1
        return self._counters[till]


def channel_name(channel: str) -> str:
    """The scheme's word for how somebody paid: wechat and alipay are both `scan`."""
    return _CHANNEL_NAMES[channel]
