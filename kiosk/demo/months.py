"""The demonstration's month ends: statements on the scheme's day, answers from shops, payouts by two people."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Final

from kiosk.demo.found import Town
from kiosk.generator.desk import OBJECTION
from kiosk.generator.rhythm import days
from kiosk.generator.shapes import date_key, moment_us
from ledger.audit import SYSTEM, By
from ledger.errors import Refusal
from ledger.ids import derived_request_id
from ledger.seal.last_signed import LastSigned
from pos.desk import Desk
from pos.gateway import Gateway
from settlement.closing import accept_silent, accept_statement, previous_month, run_month
from settlement.disputes import Objection, raise_objections
from settlement.payout_lists import statements_to_pay
from settlement.payouts import approve_payout, propose_payout, resolve_payout, send_payout
from settlement.publishing import publish_board
from settlement.statements import Statement, rows_of, statements_of_month

ISSUES_S: Final = 9 * 3_600
PAYS_S: Final = 16 * 3_600
_STATEMENT_DAY: Final = 5
_ANSWERED_AFTER: Final = 2
_STILL_OPEN_DAYS: Final = 4
_LATE_DAYS: Final = 3
_WAITING: Final = frozenset({"sent", "unknown", "sending"})
_OWNER, _OBJECTS, _LEFT_PROPOSED = "M01", "M03", ("M06", "M09")


def issue_days(since: date, today: date) -> dict[date, int]:
    """The days on which statements go out, each with the month (yyyymm) they are for.

    It is the fifth. The last ones before `today` go out a few days ago at the earliest, however long the month is on:
    whoever tries the demonstration finds a statement that can still be objected to.
    """
    regular = [day for day in days(since, today) if day.day == _STATEMENT_DAY]
    planned = {day: previous_month(date_key(day)) for day in regular}
    last = max((day for day in regular if day < today), default=None)
    if last is not None and today - last > timedelta(days=_STILL_OPEN_DAYS):
        planned[today - timedelta(days=_LATE_DAYS)] = planned.pop(last)
    first = since.year * 100 + since.month
    return {day: month for day, month in planned.items() if month >= first}


class MonthEnds:
    """What happens around a month's end. Of the last one a little is left for whoever tries it."""

    def __init__(
        self, town: Town, channel: Gateway, today: date, desk: Desk, last_signed: LastSigned
    ) -> None:
        """Payouts go through `channel`; the statements issued last before `today` stay partly open.

        `last_signed` is where the server will look for what was signed.
        """
        self._town = town
        self._desk = desk
        self._last_signed = last_signed
        self._channel = channel
        self._issues = issue_days(town.world.since, today)
        self._last = max((day for day in self._issues if day < today), default=today)
        self._codes = {number: code for code, number in town.merchants.items()}
        self._on_the_way: list[int] = []
        self.done: Counter[str] = Counter()

    def issue(self, day: date) -> None:
        """What was paid yesterday has arrived. On its day a month is stated; two days later some shops answer."""
        town, at = self._town, moment_us(day, ISSUES_S)
        self._resolve(at)
        month = self._issues.get(day)
        if month is not None:
            result = run_month(town.db, town.community_id, month, at=at)
            self.done["statements"] += result.issued
            self._put_up(month, at)
        issued = day - timedelta(days=_ANSWERED_AFTER)
        if issued in self._issues:
            self._answer(self._issues[issued], at, is_last=issued == self._last)
        accept_silent(town.db, town.community_id, at=at)

    def _put_up(self, month: int, at: int) -> None:
        """The month's root goes up on the day of the statements."""
        town = self._town
        kind = self._desk.refresh(town.community_id).shown
        publish_board(
            town.db,
            town.community_id,
            month,
            commodity=kind.commodity,
            precision=kind.precision,
            vault=town.vault,
            last_signed=self._last_signed,
            by=SYSTEM,
            at=at,
        )
        self.done["notices"] += 1

    def _answer(self, month: int, at: int, *, is_last: bool) -> None:
        """Careful shops accept at once; of the last one a shop objects, and the owner to sign in as has not read it."""
        town = self._town
        careful = {shop.code for shop in town.world.shops if shop.care == "careful"}
        with town.db.read() as tx:
            statements = statements_of_month(tx, town.community_id, month)
        for statement in statements:
            code = self._codes[statement.claimant_id]
            owner = By("merchant", statement.claimant_id)
            if code == _OBJECTS and is_last:
                self._object(statement, owner, at)
            elif code in careful and not (code == _OWNER and is_last):
                accept_statement(
                    town.db, town.community_id, statement.statement_id, by=owner, at=at
                )

    def _object(self, statement: Statement, owner: By, at: int) -> None:
        """One day's line is in question; the rest of the statement goes on."""
        town = self._town
        with town.db.read() as tx:
            rows = rows_of(tx, town.community_id, statement.statement_id)
        days = [n for n, row in enumerate(rows, 1) if row.section == "day" and row.settled_fen > 0]
        if not days:
            return
        raise_objections(
            town.db,
            town.community_id,
            statement.statement_id,
            [Objection(days[0], "", None, OBJECTION)],
            by=owner,
            request_id=derived_request_id("demo_objection", statement.statement_id),
            at=at,
        )

    def pay(self, day: date) -> None:
        """Accepted statements are paid: proposed by the accountant, approved by the secretary, sent."""
        town, at = self._town, moment_us(day, PAYS_S)
        accountant, secretary = town.staff["accountant"], town.staff["secretary"]
        self._resolve(at)
        with town.db.read() as tx:
            due = statements_to_pay(tx, town.community_id, at=at)
        for row in due:
            try:
                payout = propose_payout(
                    town.db, town.community_id, row.statement_id, by=accountant, at=at
                )
            except Refusal as refusal:
                if refusal.code not in {"nothing_to_pay", "payout_held", "payout_waiting"}:
                    raise
                continue
            self.done["payouts"] += 1
            if self._codes[row.claimant_id] in _LEFT_PROPOSED and self._is_last(day):
                continue
            here = (town.community_id, payout.payout_id)
            approve_payout(town.db, *here, by=secretary, at=at + 600_000_000)
            sent = send_payout(town.db, self._channel, *here, by=accountant, at=at + 900_000_000)
            if sent.state in _WAITING:
                self._on_the_way.append(payout.payout_id)

    def _resolve(self, at: int) -> None:
        """Ask what became of yesterday's payouts."""
        town = self._town
        waiting, self._on_the_way = self._on_the_way, []
        for payout_id in waiting:
            payout = resolve_payout(
                town.db,
                self._channel,
                town.community_id,
                payout_id,
                by=town.staff["accountant"],
                at=at,
            )
            if payout.state in _WAITING:
                self._on_the_way.append(payout_id)

    def _is_last(self, day: date) -> bool:
        """Whether the statements issued last are being paid."""
        return day >= self._last
