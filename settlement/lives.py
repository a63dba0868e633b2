"""Where days and shops' months stand, read from what is stored; see `day_life` and `month_life` for the rules."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.book import day as book_day
from ledger.book.period import find_period
from ledger.sql import Sql, Tx
from settlement.day_life import FAILED_AT, DayState, day_state
from settlement.day_trail import stop_of
from settlement.dispute_store import held_by_disputes
from settlement.effects import today_of
from settlement.life_trail import Fault, Subject, last_step
from settlement.month_life import MonthFacts, MonthState, month_state
from settlement.night_store import FIND_RUN
from settlement.payout_store import payouts_of_statement
from settlement.shop_money import money_of
from settlement.statements import Statement

_PUBLISHED: Final = Sql(
    "SELECT count(*) AS n FROM publication WHERE community_id = :community_id AND month = :month"
)


_PASSING: Final = frozenset({DayState.MATCHED, DayState.BALANCED})
"""Between two states of a night's row lies one that its trail alone has: looked at, and passed by the second engine."""


class DayLife(NamedTuple):
    """Where a business date stands, and what keeps it there where it failed."""

    state: DayState
    failure: Fault | None = None


def day_life(tx: Tx, community_id: int, day: int) -> DayLife:
    """Where business date `day` (yyyymmdd) stands."""
    run = tx.find(FIND_RUN, community_id=community_id, business_date=day)
    month = tx.get(_PUBLISHED, community_id=community_id, month=day // 100)
    last = last_step(tx, Subject(community_id, "day", day))
    if last is not None and last.state == DayState.FAILED:
        return DayLife(DayState.FAILED, Fault(last.failed_step, last.reason, last.row_key))
    state = day_state(
        book_day.state_of(tx, community_id, day),
        None if run is None else str(run.state),
        published=bool(month.n),
    )
    if run is not None and state is DayState.FAILED:
        # Its night stopped before trails were kept.
        fault = stop_of(tx, community_id, int(run.run_no), FAILED_AT[str(run.state)])
        return DayLife(state, fault)
    if last is not None and state in _PASSING:
        return DayLife(DayState(last.state))
    return DayLife(state)


def month_life(tx: Tx, community_id: int, statement: Statement | None, *, at: int) -> MonthState:
    """Where a shop's month stands at `at`; None for one not stated yet."""
    if statement is None:
        return MonthState.COLLECTING
    shop = statement.claimant_id
    live = [
        payout
        for payout in payouts_of_statement(tx, community_id, statement.statement_id)
        if payout.state != "cancelled"
    ]
    held, lines = held_by_disputes(tx, community_id, shop, statement_id=statement.statement_id)
    money = money_of(tx, community_id, shop, today=today_of(tx, community_id, at=at))
    sent = sum(payout.amount_fen for payout in live)
    # What a later statement took over and paid is not owed on this one any more.
    left = min(statement.payable_fen - sent - held, money.available_fen + money.recent_fen)
    closed = find_period(tx, community_id, statement.month)
    return month_state(
        MonthFacts(
            statement=statement.state,
            book_closed=closed is not None and closed.state == "closed",
            open_lines=lines,
            payouts=tuple(payout.state for payout in live),
            left_fen=0 if 0 < left < money.least_fen else left,
        )
    )
