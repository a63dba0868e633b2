"""Where days and shops' months stand, read from what is stored; see `day_life` and `month_life` for the rules."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.book import day as book_day
from ledger.book.period import find_period
from ledger.sql import Sql, Tx
from settlement.day_life import FAILED_AT, DayState, Failure, day_state
from settlement.dispute_store import held_by_disputes
from settlement.gate import open_findings
from settlement.month_life import MonthFacts, MonthState, month_state
from settlement.night_store import FIND_RUN
from settlement.payout_store import payouts_of_statement
from settlement.shop_money import money_of
from settlement.statements import Statement

_BREAK: Final = Sql(
    "SELECT code, sub_code, ref, claimant_id FROM discrepancy WHERE community_id = :community_id"
    " AND run_no = :run_no AND code = 'C2' AND state IN ('open', 'asked', 'proposed')"
    " ORDER BY discrepancy_no LIMIT 1"
)
_PUBLISHED: Final = Sql(
    "SELECT count(*) AS n FROM publication WHERE community_id = :community_id AND month = :month"
)


class DayLife(NamedTuple):
    """Where a business date stands, and what keeps it there where it failed."""

    state: DayState
    failure: Failure | None = None


def day_life(tx: Tx, community_id: int, day: int) -> DayLife:
    """Where business date `day` (yyyymmdd) stands."""
    run = tx.find(FIND_RUN, community_id=community_id, business_date=day)
    month = tx.get(_PUBLISHED, community_id=community_id, month=day // 100)
    state = day_state(
        book_day.state_of(tx, community_id, day),
        None if run is None else str(run.state),
        published=bool(month.n),
    )
    if run is None or state is not DayState.FAILED:
        return DayLife(state)
    step = FAILED_AT[str(run.state)]
    return DayLife(state, _failure(tx, community_id, int(run.run_no), step))


def _failure(tx: Tx, community_id: int, run_no: int, step: DayState) -> Failure:
    if step is DayState.AUDITED:
        for found in open_findings(tx, community_id):
            if found.run_no == run_no:
                return Failure(step, found.check, f"{found.file} {found.row_key}")
    row = tx.find(_BREAK, community_id=community_id, run_no=run_no)
    if row is None:
        return Failure(step, "", "")
    return Failure(step, f"{row.code} {row.sub_code}".strip(), row.ref or str(row.claimant_id))


def month_life(tx: Tx, community_id: int, statement: Statement | None, *, today: int) -> MonthState:
    """Where a shop's month stands on business date `today`; None for one not stated yet."""
    if statement is None:
        return MonthState.COLLECTING
    shop = statement.claimant_id
    live = [
        payout
        for payout in payouts_of_statement(tx, community_id, statement.statement_id)
        if payout.state != "cancelled"
    ]
    held, lines = held_by_disputes(tx, community_id, shop, statement_id=statement.statement_id)
    money = money_of(tx, community_id, shop, today=today)
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
