"""A shop's last statement: to the day it left, issued as soon as that day is locked, and what a later one covers."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ledger.book.day import state_of
from ledger.database import Database
from ledger.earning.calendar import day_from_key, day_key, month_by_key
from ledger.errors import Refusal
from ledger.members.agreements import agreements_of, share_in
from ledger.members.leaving import leaving_of
from ledger.recovery.epochs import check_whole
from ledger.sql import Sql, Tx
from settlement.month_trail import keep_stated
from settlement.statements import Period, Statement, issue, statements_of_shop

_LAST_RUN: Final = Sql(
    "SELECT coalesce(max(run_no), 0) AS run_no FROM night_run WHERE community_id = :community_id"
    " AND business_date <= :last_date AND state = 'locked'"
)
_HUNDRED: Final = 100


def issue_last_statement(
    db: Database, community_id: int, merchant_id: int, *, objection_until: int, at: int
) -> Statement | None:
    """State a shop's month up to the day it left, without waiting for the month's end; again it gives the same.

    Objections to it run on like any other's, what is too recent is held for its days, and what comes behind its last
    day (a late claim, a ruling) stands in a statement of a later month. None where nothing is owed or happened.
    Refuses: leaving_unknown, last_statement_early (its last day is not locked yet), last_statement_share (it bears a
    share of its points, which is reckoned when the month closes), statement_not_balanced, recovery_open.
    """

    def work(tx: Tx) -> Statement | None:
        check_whole(tx, community_id)
        gone = leaving_of(tx, community_id, merchant_id)
        if gone is None:
            raise Refusal("leaving_unknown")
        month = gone.left_on // _HUNDRED
        known = [s for s in statements_of_shop(tx, community_id, merchant_id) if s.month == month]
        if known:
            return known[0]
        if _bears_share(tx, community_id, merchant_id, month):
            raise Refusal("last_statement_share")
        if state_of(tx, community_id, gone.left_on) != "locked":
            raise Refusal("last_statement_early", business_date=gone.left_on)
        days = month_by_key(month)
        whole = Period(month, day_key(days.first), day_key(days.last), 0)
        period = period_of_shop(tx, community_id, merchant_id, whole)
        made = issue(tx, community_id, merchant_id, period, objection_until=objection_until, at=at)
        if made is not None:
            keep_stated(tx, made, community_id, at=at)
        return made

    return db.write(work)


def period_of_shop(tx: Tx, community_id: int, merchant_id: int, whole: Period) -> Period:
    """What of a month a shop's statement covers: all of it, but for a shop that left and one stated to a day.

    The month it left in ends with its last day; what came behind that day belongs to the next statement it gets.
    """
    gone = leaving_of(tx, community_id, merchant_id)
    earlier = statements_of_shop(tx, community_id, merchant_id)
    first, last = whole.first_date, whole.last_date
    if earlier and earlier[0].month < whole.month:
        before = month_by_key(earlier[0].month)
        if earlier[0].last_date < day_key(before.last):
            first = day_key(day_from_key(earlier[0].last_date) + timedelta(days=1))
    shares = _bears_share(tx, community_id, merchant_id, whole.month)
    if gone is not None and not shares and gone.left_on // _HUNDRED == whole.month:
        last = min(last, max(gone.left_on, first))
    if (first, last) == (whole.first_date, whole.last_date):
        return whole
    row = tx.get(_LAST_RUN, community_id=community_id, last_date=last)
    return Period(whole.month, first, last, int(row.run_no))


def _bears_share(tx: Tx, community_id: int, merchant_id: int, month: int) -> bool:
    return share_in(agreements_of(tx, community_id, merchant_id), month) > 0
