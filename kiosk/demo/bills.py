"""The shops' bills of the demonstration: they come the next morning, a few of them some days late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from kiosk.demo.found import Town
from kiosk.generator.bills import Billing, DayBill, write_bill
from kiosk.generator.shapes import Truth, date_key
from kiosk.generator.streams import Streams
from kiosk.generator.trade import Rung
from ledger.audit import By
from ledger.channel_bills.store import Sent
from pos.bill_taking import take_channel_bill
from pos.desk import Desk

_COMES_LATE: Final = 0.02
_MOST_DAYS_LATE: Final = 3


class Bills:
    """Hands the bills of each day in; `truth`: what those handed in show to be wrong."""

    def __init__(self, town: Town, desk: Desk) -> None:
        """Nothing has been sold yet."""
        self._town = town
        self._desk = desk
        self._chance = Streams(town.world.seed).stream("late bills")
        self._billing = Billing(town.world.shops, town.world.purchases)
        self._waiting: dict[date, list[tuple[date, DayBill]]] = defaultdict(list)
        self.truth: list[Truth] = []

    def keep(self, day: date, rung: Iterable[Rung]) -> None:
        """A day is over: its bills are handed in on the morning after, or later."""
        for bill in self._billing.bills_of(day, rung):
            late = self._chance.random() < _COMES_LATE
            days = 1 + (self._chance.randint(1, _MOST_DAYS_LATE) if late else 0)
            self._waiting[day + timedelta(days=days)].append((day, bill))

    def hand_in(self, today: date, *, at: int) -> None:
        """Hand in what is due this morning."""
        town = self._town
        for day, bill in self._waiting.pop(today, []):
            came = {"came": date_key(today)}
            self.truth += [replace(row, facts=row.facts | came) for row in bill.truth]
            take_channel_bill(
                self._desk,
                town.community_id,
                town.merchants[bill.merchant],
                Sent(
                    f"{bill.merchant}All{date_key(day)}.csv",
                    write_bill(bill.merchant, bill.payments),
                ),
                by=By("staff", town.staff["accountant"].id),
                at=at,
            )
