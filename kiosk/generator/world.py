"""Imagines a whole community from one seed: who lives there, which shops there are, what everybody will do."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Final

from kiosk.generator.goods import make_goods
from kiosk.generator.payment_faults import spoil_payments
from kiosk.generator.people import make_people
from kiosk.generator.purchases import make_purchases
from kiosk.generator.returns import make_refunds, make_visits
from kiosk.generator.rhythm import busyness
from kiosk.generator.rings import plant_rings
from kiosk.generator.shapes import Rings, World
from kiosk.generator.shops import MARKET, SHOPS
from kiosk.generator.sizes import FEN_A_MEMBER_A_YEAR, SIZES
from kiosk.generator.streams import Streams
from ledger.earning.scheme_file import SCHEMES, parse_scheme

_ROUND_FEN: Final = 100_000
_SPARE_PERCENT: Final = 130


def imagine(
    size_name: str,
    seed: int,
    *,
    months: int,
    until: date,
    rare: bool = False,
    with_rings: bool = False,
) -> World:
    """Everything that will be so in the `months` months that end on `until`.

    `with_rings`: five rings of cheats among them, whose own documents come on top of everybody's.
    LookupError for a size that is not known; ValueError for less than one month.
    """
    size = SIZES[size_name]
    since = first_day(until, months)
    streams = Streams(seed)
    households, people = make_people(size, streams, since, rare=rare)
    members = sum(person.joined_on is not None for person in people)
    text = scaled_scheme(members, since)
    goods = make_goods(size, streams)
    busy = busyness(streams, since, until)
    purchases = make_purchases(people, SHOPS, streams, busy, since, until)
    scheme = parse_scheme(text, "scheme.toml")
    refunds = make_refunds(purchases, streams, until)
    purchases = spoil_payments(purchases, refunds, SHOPS, streams)
    rings = Rings()
    if with_rings:
        after = (len(purchases), len(refunds))
        rings = plant_rings(people, streams, since, until, after=after)
    return World(
        size=size.name,
        seed=seed,
        since=since,
        until=until,
        scheme_text=text,
        households=households,
        people=people,
        shops=list(SHOPS),
        market=MARKET,
        goods=goods,
        purchases=purchases + rings.purchases,
        refunds=refunds + rings.refunds,
        visits=make_visits(people, goods, scheme, size.visits_a_week, streams, since, until),
        rings=rings,
    )


def first_day(until: date, months: int) -> date:
    """The day after `until`, so many months earlier: three months to 21 November start 22 August."""
    if months < 1:
        raise ValueError("at least one month is needed")
    end = until + timedelta(days=1)
    year, month = divmod(end.year * 12 + end.month - 1 - months, 12)
    return date(year, month + 1, min(end.day, monthrange(year, month + 1)[1]))


def scaled_scheme(members: int, since: date) -> str:
    """Chang'an's scheme with a yearly budget that suffices for so many members, in force from the first day.

    The article's 30,000 yuan last a large community until spring; one scenario keeps it as it is.
    """
    text = (SCHEMES / "changan.toml").read_text(encoding="utf-8")
    budget = members * FEN_A_MEMBER_A_YEAR * _SPARE_PERCENT // 100 // _ROUND_FEN * _ROUND_FEN
    budget = max(budget, _ROUND_FEN)
    text = re.sub(r"(?m)^yearly_cap_fen = .*$", f"yearly_cap_fen = {budget}", text)
    first = min(since, date(since.year, 1, 1))
    return re.sub(
        r"(?m)^effective_from = .*$", f"effective_from = {first.isoformat()}", text, count=1
    )
