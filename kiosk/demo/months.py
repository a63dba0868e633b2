"""The demonstration's month ends: statements on the scheme's day, answers from shops, payouts by two people."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Final

from kiosk.demo.found import Town
from kiosk.generator.desk import OBJECTION
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
_ANSWER_DAY: Final = 7
_OPEN_DAYS: Final = 31
_WAITING: Final = frozenset({"sent", "unknown", "sending"})
_OBJECTS, _LEFT_PROPOSED = "M03", ("M06", "M09")


class MonthEnds:
    """What happens around a month's end. Of the last one a little is left for whoever tries it."""

    def __init__(
        self, town: Town, channel: Gateway, today: date, desk: Desk, last_signed: LastSigned
    ) -> None:
        """Payouts go through `channel`; the statement issued last before `today` stays partly open.

        `last_signed` is where the server will look for what was signed.
        """
        self._town = town
        self._desk = desk
        self._last_signed = last_signed
        self._channel = channel
        self._today = today
        self._codes = {number: code for code, number in town.merchants.items()}
        self._on_the_way: list[int] = []
        self.done: Counter[str] = Counter()

    def issue(self, day: date) -> None:
        """On the fifth last month is stated; two days later some shops answer."""
        town, at = self._town, moment_us(day, ISSUES_S)
        month = previous_month(date_key(day))
        if month < town.world.since.year * 100 + town.world.since.month:
            return
        if day.day == _STATEMENT_DAY:
            result = run_month(town.db, town.community_id, month, at=at)
            self.done["statements"] += result.issued
            self._put_up(month, at)
        if day.day == _ANSWER_DAY:
            self._answer(day, month, at)
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

    def _answer(self, day: date, month: int, at: int) -> None:
        """Careful shops accept at once; one shop objects to the last statement."""
        town = self._town
        careful = {shop.code for shop in town.world.shops if shop.care == "careful"}
        with town.db.read() as tx:
            statements = statements_of_month(tx, town.community_id, month)
        for statement in statements:
            code = self._codes[statement.claimant_id]
            owner = By("merchant", statement.claimant_id)
            if code == _OBJECTS and self._is_last(day):
                self._object(statement, owner, at)
            elif code in careful:
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
        return self._today - day < timedelta(days=_OPEN_DAYS)
