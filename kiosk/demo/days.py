"""One day of the demonstration: people buy, tills file their claims with a few faults, the night closes the day."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from functools import partial
from operator import itemgetter
from typing import Final

from kiosk.demo.bills import Bills
from kiosk.demo.fees import SENDS_S, FeeWork
from kiosk.demo.found import Town
from kiosk.demo.months import ISSUES_S, PAYS_S, MonthEnds
from kiosk.demo.office import DECIDES_S, OfficeWork
from kiosk.demo.rings import RingActs
from kiosk.demo.tills import Tills
from kiosk.generator.claims import Filing, Office
from kiosk.generator.shapes import GoodsBack, Purchase, Truth, Visit, date_key, moment_us
from kiosk.generator.streams import Streams
from ledger.earning.working_days import working_days_cn
from ledger.members import keys
from ledger.seal.last_signed import LastSigned
from pos.desk import Desk
from pos.gateway import Gateway
from pos.proof import vest_overdue
from settlement.claims import file_daybook
from settlement.intake import Upload, take_claim_file
from settlement.night import run_night
from settlement.watch_run import watch_day

_HOUR_S: Final = 3_600
_KEYS_S: Final = 3 * _HOUR_S
_BILLS_S: Final = 10 * _HOUR_S
_DAY_S: Final = 24 * _HOUR_S
_CLAIMS_S: Final = _DAY_S - 900
_NIGHT_S: Final = 26 * _HOUR_S

_Event = tuple[int, int, int, Purchase | GoodsBack | Visit]


class Days:
    """Lives day after day."""

    def __init__(
        self, town: Town, desk: Desk, channel: Gateway, last_signed: LastSigned, *, now: int
    ) -> None:
        """Nothing is done later than `now` (microseconds UTC), which lies on the world's last day."""
        self._town = town
        self._desk = desk
        self._now = now
        self.tills = Tills(town, desk)
        self.fees = FeeWork(town, desk)
        self.office = OfficeWork(town, town.world.until)
        self.months = MonthEnds(town, channel, town.world.until, desk, last_signed)
        self._shops = Office(town.world.shops, Streams(town.world.seed))
        self._purchases = {purchase.number: purchase for purchase in town.world.purchases}
        self._events = self._sorted_events()
        self._planted: list[Truth] = []
        self.nights: dict[int, str] = {}
        self.bills = Bills(town, desk)
        self._rings = RingActs(town, self.tills)

    @property
    def truth(self) -> list[Truth]:
        """Every fault planted so far in what was handed in."""
        return [*self._planted, *self.bills.truth]

    @property
    def owed_fen(self) -> dict[str, int]:
        """What a correct settlement of all claims pays each shop, by its code."""
        return dict(self._shops.owed_fen)

    def live(self, day: date) -> None:
        """Everything from midnight to the night's run at two, as far as the clock has come."""
        acts: list[tuple[int, Callable[[], None]]] = [
            (second, partial(self._play, event)) for second, *_, event in self._events[day]
        ]
        acts += self._rings.on(day)
        acts += [
            (_KEYS_S, partial(self._renew_keys, day)),
            (_BILLS_S, partial(self._prove, day)),
            (SENDS_S, partial(self.fees.work, day)),
            (DECIDES_S, partial(self.office.work, day)),
            (ISSUES_S, partial(self.months.issue, day)),
            (PAYS_S, partial(self.months.pay, day)),
            (_DAY_S, partial(self._close, day)),
        ]
        for second, act in sorted(acts, key=itemgetter(0)):
            if moment_us(day, second) > self._now:
                break
            act()

    def _renew_keys(self, day: date) -> None:
        town, at = self._town, moment_us(day, _KEYS_S)
        town.db.write(lambda tx: keys.renew_keys(tx, town.vault, town.community_id, at=at, by=0))

    def _sorted_events(self) -> dict[date, list[_Event]]:
        world = self._town.world
        events: dict[date, list[_Event]] = defaultdict(list)
        for bought in world.purchases:
            events[bought.day].append((bought.second, 0, bought.number, bought))
        for back in world.refunds:
            events[back.day].append((back.second, 1, back.number, back))
        for visit in world.visits:
            events[visit.day].append((visit.second, 2, visit.number, visit))
        for day in events.values():
            day.sort(key=lambda event: event[:3])
        return events

    def _play(self, event: Purchase | GoodsBack | Visit) -> None:
        if isinstance(event, Purchase):
            self.tills.sell(event)
        elif isinstance(event, GoodsBack):
            self.tills.take_back(event, self._purchases[event.purchase])
        else:
            self.tills.hand_out(event)

    def _prove(self, day: date) -> None:
        """Bills arrive at ten; what no bill proved in time becomes spendable."""
        town, at = self._town, moment_us(day, _BILLS_S)
        self.bills.hand_in(day, at=at)
        vest_overdue(self._desk, town.community_id, working_days_cn(), at=at)

    def _close(self, day: date) -> None:
        """File the day's claims and run the night."""
        rung, self.tills.rung = self.tills.rung, []
        self.bills.keep(day, rung)
        filing = self._shops.file_day(day, rung)
        self._planted += filing.truth
        at = moment_us(day, _CLAIMS_S)
        self._file(filing, day, at)
        self.fees.close(day, at)
        night = min(moment_us(day, _NIGHT_S), self._now)
        db, here = self._town.db, self._town.community_id
        result = run_night(db, here, date_key(day), at=night)
        if result.state == "locked":
            watch_day(db, here, date_key(day), at=night)
        self.nights[result.business_date] = result.state

    def _file(self, filing: Filing, day: date, at: int) -> None:
        town = self._town
        for book in filing.daybooks:
            terminal_id = town.terminals[book.pop("terminal")]
            file_daybook(town.db, town.community_id, terminal_id, book, at=at)
        for document in filing.documents:
            folder, code, name = document.path.split("/")
            upload = Upload(f"{folder}-{code}-{name}", document.body, town.staff["accountant"].id)
            take_claim_file(
                town.db, town.community_id, town.merchants[code], upload, day=date_key(day), at=at
            )

    def truth_lines(self) -> str:
        """The planted faults, one JSON object a line."""
        return "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in self.truth)
