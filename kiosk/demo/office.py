"""The demonstration's office: the accountant decides last week's discrepancies, month ends are stated and paid."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Final

from kiosk.demo.found import Town
from kiosk.generator.desk import DECISION_REASONS
from kiosk.generator.shapes import date_key, moment_us
from kiosk.generator.streams import Streams
from ledger.ids import derived_request_id
from ledger.sql import Row, Tx
from settlement.choices import Choice, offered
from settlement.decisions import Press, approve, decide
from settlement.discrepancies import open_discrepancies
from settlement.verdicts import Code

DECIDES_S: Final = 15 * 3_600
_WEEKDAY: Final = 3
_LEFT_OPEN_DAYS: Final = 31
_LEFT_OPEN: Final = 8
"""So many of the month's stay for whoever tries the demonstration, and what the last night finds."""
_CLAIMABLE_DAYS: Final = 40
_AS_CLAIMED: Final = 0.25


class OfficeWork:
    """What staff do at their desks, a little every week."""

    def __init__(self, town: Town, today: date) -> None:
        """Leave some of what came up in the month before `today` for whoever tries the demonstration."""
        self._town = town
        self._today = today
        self._chance = Streams(town.world.seed).stream("decisions")
        self.done: Counter[str] = Counter()

    def work(self, day: date) -> None:
        """Wednesday afternoon: what is older than some days is decided. Yesterday: all but a handful."""
        town, at = self._town, moment_us(day, DECIDES_S)
        if day == self._today - timedelta(days=1):
            self._leave_a_handful(at)
        if day.isoweekday() != _WEEKDAY:
            return
        before = date_key(day - timedelta(days=_WEEKDAY))
        keep_from = date_key(self._today - timedelta(days=_LEFT_OPEN_DAYS))
        with town.db.read() as tx:
            rows = open_discrepancies(tx, town.community_id)
        asked_until = date_key(day - timedelta(days=_CLAIMABLE_DAYS))
        for row in rows:
            # A shop told of what it forgot claims it with its next list: nobody decides that for it.
            asked = row.code != Code.X2 or row.business_date < asked_until
            if asked and row.business_date < min(before, keep_from):
                self._decide(row, at)

    def _leave_a_handful(self, at: int) -> None:
        """Of claims rather than of bills, and the newest of each."""
        town = self._town
        with town.db.read() as tx:
            rows = open_discrepancies(tx, town.community_id)
        rows.sort(
            key=lambda row: (row.code.startswith("R"), -row.business_date, row.discrepancy_no)
        )
        for row in rows[_LEFT_OPEN:]:
            self._decide(row, at)

    def _decide(self, row: Row, at: int) -> None:
        town = self._town
        choices = offered(Code(row.code))
        as_claimed = Choice.PAY_CLAIMED in choices and self._chance.random() < _AS_CLAIMED
        press = Press(
            town.community_id,
            row.discrepancy_no,
            Choice.PAY_CLAIMED if as_claimed else Choice.PAY_BOOKED,
            town.staff["accountant"],
            self._chance.choice(DECISION_REASONS),
            derived_request_id("demo", "decide", row.discrepancy_no),
        )
        answer = decide(town.db, press, may_decide=_nobody_objects, at=at)
        if answer["state"] == "proposed":
            second = press._replace(
                by=town.staff["secretary"],
                request_id=derived_request_id("demo", "approve", row.discrepancy_no),
            )
            approve(town.db, second, may_decide=_nobody_objects, at=at + 600_000_000)
        self.done["decided"] += 1


def _nobody_objects(_tx: Tx, _row: Row) -> None:
    """The made-up staff have neither shops nor families here."""
