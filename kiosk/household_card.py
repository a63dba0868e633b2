"""The figures of a household's printed card, from the book."""

from __future__ import annotations

from typing import Final

from kiosk.pages import whole_points
from kiosk.prints.expiry_sheets import Paper
from kiosk.prints.household_card import MonthLine, Report, draw_household_card
from ledger.book.balances import wallet_of
from ledger.errors import Refusal
from ledger.households.lists import month_totals
from ledger.members.households import Household
from ledger.members.terms import Terms
from ledger.sql import Tx
from pos.desk import rules_on

_MONTHS: Final = 6


def household_card(tx: Tx, here: Terms, home: Household, *, day: int, language: str) -> bytes:
    """The PDF of a household's card on a business date (yyyymmdd).

    Refuses household_no_pool where points are kept for each person.
    """
    paper = Paper(here.community.name, here.community.hotline, day, language)
    return draw_household_card(report_of(tx, here, home, day=day), paper)


def report_of(tx: Tx, here: Terms, home: Household, *, day: int) -> Report:
    """What stands on the card: the last six months with lines in them, the newest first.

    Refuses household_no_pool.
    """
    shown = here.shown
    if not shown.has_pool:
        raise Refusal("household_no_pool")
    wallet = wallet_of(tx, here.community.id, home.household_id, shown.commodity)
    rate = _units_per_fen(here, day)
    return Report(
        code=home.code,
        precision=shown.precision,
        available=wallet.available,
        held=wallet.held,
        pending=wallet.pending,
        owed=wallet.owed,
        worth_fen=wallet.available // rate if rate else None,
        rate=whole_points(rate * 100) if rate else "",
        months=_months(tx, here, home.household_id, wallet.posted, day),
    )


def _months(tx: Tx, here: Terms, household_id: int, posted: int, day: int) -> list[MonthLine]:
    months = day // 10_000 * 12 + day // 100 % 100 - 1 - (_MONTHS - 1)
    since = (months // 12 * 100 + months % 12 + 1) * 100
    sums: dict[int, tuple[int, int]] = {}
    for row in month_totals(tx, here.community.id, household_id, here.shown.commodity, since=since):
        came, went = sums.get(int(row.month), (0, 0))
        sums[int(row.month)] = (came + int(row.came), went + int(row.went))
    lines, left = [], posted
    for month in sorted(sums, reverse=True):
        came, went = sums[month]
        lines.append(MonthLine(month, came, went, left))
        left -= came - went
    return lines


def _units_per_fen(here: Terms, day: int) -> int:
    try:
        return rules_on(here, day).units_per_fen
    except LookupError:
        return 0
