"""What became of a biller's bills, as the file that goes back to it: a line each, its state, and the sums."""

from __future__ import annotations

from typing import Final

from ledger.bills.facts import result_lines
from ledger.earning.calendar import business_date, day_bounds, day_from_key, day_key
from ledger.members.communities import get_community
from ledger.members.merchants import get_merchant
from ledger.sql import Row, Tx
from settlement.sheet import Row as Cells
from settlement.sheet import Sheet, count, date, ident, pairs, points, table, text, yuan
from settlement.words import Translate, mark

STATES: Final = {
    "held": mark("waits for the biller"),
    "booked": mark("taken off"),
    "back": mark("given back"),
    "released": mark("let go"),
}
"""What a line's state is called."""

WHY: Final = {
    "expired": mark("not confirmed in time"),
    "given_up": mark("given up by the household"),
    "corrected": mark("the bill changed"),
}
"""Why an offset was let go."""

FEES: Final = {
    "property_fee": mark("property fee"),
    "refuse_fee": mark("refuse fee"),
}
"""What a kind of fee is called."""


def fee_result_sheet(
    tx: Tx,
    community_id: int,
    biller_id: int,
    *,
    first_date: int,
    last_date: int,
    at: int,
    translate: Translate,
) -> Sheet:
    """A biller's results of some days (yyyymmdd, both included).

    Booked and given back count by business date and add up to what the biller may claim; what is held or let go counts
    by the day it was asked for and is in no sum.
    """
    zone = get_community(tx, community_id).timezone
    lines = result_lines(
        tx,
        community_id,
        biller_id,
        first_date=first_date,
        last_date=last_date,
        first_at=day_bounds(day_from_key(first_date), zone)[0],
        end_at=day_bounds(day_from_key(last_date), zone)[1],
    )
    shop = get_merchant(tx, community_id, biller_id)
    booked = [line for line in lines if line.state in {"booked", "back"}]
    head = [
        (translate(mark("Biller")), text(f"{shop.code} {shop.name}")),
        (translate(mark("Period from")), date(first_date)),
        (translate(mark("Period to")), date(last_date)),
        (translate(mark("Lines")), count(len(lines))),
        (translate(mark("Taken off")), yuan(_sum(booked, 1))),
        (translate(mark("Given back")), yuan(_sum(booked, -1))),
        (translate(mark("Left to claim")), yuan(_sum(booked, 1) + _sum(booked, -1))),
    ]
    made_on = day_key(business_date(at, zone))
    title = translate(mark("Results of points offsets on fee bills"))
    shown = [_line(translate, line, zone) for line in lines]
    if shown:
        shown.append(_total(translate, booked))
    summary = pairs(translate(mark("Summary")), head)
    body = table(translate(mark("Line by line")), [translate(name) for name in _HEADER], shown)
    return Sheet(title, made_on, (summary, body) if shown else (summary,))


_HEADER: Final = (
    mark("Bill number"),
    mark("Household code"),
    mark("Kind of fee"),
    mark("Billing period"),
    mark("Bill, yuan"),
    mark("Offset number"),
    mark("Corrects"),
    mark("Points"),
    mark("Offset, yuan"),
    mark("Date"),
    mark("State"),
    mark("Why"),
)


def _sum(lines: list[Row], sign: int) -> int:
    return sum(int(line.fen) for line in lines if line.fen * sign > 0)


def _line(translate: Translate, line: Row, zone: str) -> Cells:
    day = line.business_date
    asked_on = day_key(business_date(int(line.moment), zone))
    return (
        ident(line.bill_no),
        ident(line.household_code),
        text(translate(FEES.get(line.kind, line.kind))),
        ident(line.period),
        yuan(int(line.amount_fen)),
        ident(line.ref),
        ident(line.original_ref or None),
        points(int(line.units)),
        yuan(int(line.fen)),
        date(asked_on if day is None else int(day)),
        text(translate(STATES[line.state])),
        text(translate(WHY[line.why]) if line.why in WHY else None),
    )


def _total(translate: Translate, booked: list[Row]) -> Cells:
    """The sum of what is booked; what waits or was let go is in no sum."""
    return (
        text(translate(mark("Taken off and given back"))),
        *(text(None) for _ in range(6)),
        points(sum(int(line.units) for line in booked)),
        yuan(sum(int(line.fen) for line in booked)),
        *(text(None) for _ in range(3)),
    )
