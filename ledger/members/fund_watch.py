"""The daily look at the money behind the points: budget and coverage, kept by day, warned about once.

What is kept of a day is what the office shows and the monthly notice prints: sums of the whole community.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.earning.calendar import business_date, day_key, month_by_key
from ledger.members import schemes
from ledger.members.budget import BudgetUse, budget_use, check_budget
from ledger.members.communities import get_community
from ledger.members.solvency import WHOLE, Coverage, coverage_now
from ledger.sql import Row, Sql, Tx

_COLUMNS: Final = (
    "business_date, fund_fen, value_fen, expected_fen, permille, limit_permille, used_fen, cap_fen,"
    " noted_at"
)
_KEEP: Final = Sql(
    f"INSERT INTO coverage_day (community_id, {_COLUMNS}) VALUES (:community_id, :business_date,"
    " :fund_fen, :value_fen, :expected_fen, :permille, :limit_permille, :used_fen, :cap_fen, :at)"
    " ON CONFLICT (community_id, business_date) DO UPDATE SET fund_fen = excluded.fund_fen,"
    " value_fen = excluded.value_fen, expected_fen = excluded.expected_fen,"
    " permille = excluded.permille, limit_permille = excluded.limit_permille,"
    " used_fen = excluded.used_fen, cap_fen = excluded.cap_fen, noted_at = excluded.noted_at"
)
_LATEST: Final = Sql(
    f"SELECT {_COLUMNS} FROM coverage_day WHERE community_id = :community_id"
    " AND business_date <= :until ORDER BY business_date DESC LIMIT :most"
)


class CoverageDay(NamedTuple):
    """Coverage and the year's budget as they stood at the last look of a day; fen and thousandths."""

    business_date: int
    fund_fen: int
    value_fen: int
    expected_fen: int
    permille: int | None
    limit_permille: int
    used_fen: int
    cap_fen: int
    noted_at: int

    @property
    def is_low(self) -> bool:
        """Whether less was covered than the community demanded."""
        return self.permille is not None and self.permille < self.limit_permille


class Watched(NamedTuple):
    """What one look found."""

    coverage: Coverage
    budget: BudgetUse


class BoardFigures(NamedTuple):
    """The money behind the points as a month's notice prints it: sums of the whole community, percent rounded down."""

    day: int
    fund_fen: int
    points_value_fen: int
    coverage_percent: int | None
    limit_percent: int
    budget_used_fen: int
    budget_cap_fen: int


def watch(db: Database, community_id: int, *, at: int) -> Watched | None:
    """Look at budget and coverage and keep the day; None without a scheme in force.

    Where coverage falls below the limit, or rises to it again, that is recorded as an act, once.
    """
    budget = check_budget(db, community_id, at=at)
    if budget is None:
        return None
    found = db.write(lambda tx: _note(tx, community_id, budget, at=at))
    return Watched(found, budget)


def coverage_days(tx: Tx, community_id: int, until: int, *, most: int = 31) -> list[CoverageDay]:
    """The days kept up to a business date (yyyymmdd), newest first."""
    rows = tx.all(_LATEST, community_id=community_id, until=until, most=most)
    return [_day(row) for row in rows]


def board_figures(tx: Tx, community_id: int, month: int) -> BoardFigures | None:
    """What a month's notice says of the fund: the last day kept of that month (yyyymm); None where none was."""
    days = month_by_key(month)
    kept = coverage_days(tx, community_id, day_key(days.last), most=1)
    if not kept or kept[0].business_date < day_key(days.first):
        return None
    day = kept[0]
    return BoardFigures(
        day=day.business_date,
        fund_fen=day.fund_fen,
        points_value_fen=day.value_fen,
        coverage_percent=None if day.permille is None else day.permille * 100 // WHOLE,
        limit_percent=day.limit_permille * 100 // WHOLE,
        budget_used_fen=day.used_fen,
        budget_cap_fen=day.cap_fen,
    )


def look_now(tx: Tx, community_id: int, today: int) -> Watched:
    """Budget and coverage at this moment, nothing written; `today` is a business date.

    Refusals: scheme_missing.
    """
    scheme = schemes.scheme_on(tx, community_id, today)
    return Watched(
        coverage_now(tx, community_id, scheme),
        budget_use(tx, community_id, scheme, today // 10_000),
    )


def _note(tx: Tx, community_id: int, budget: BudgetUse, *, at: int) -> Coverage:
    today = day_key(business_date(at, get_community(tx, community_id).timezone))
    found = coverage_now(tx, community_id, schemes.scheme_on(tx, community_id, today))
    before = coverage_days(tx, community_id, today, most=1)
    tx.run(
        _KEEP,
        community_id=community_id,
        business_date=today,
        **found._asdict(),
        used_fen=budget.used_fen,
        cap_fen=budget.cap_fen,
        at=at,
    )
    was_low = bool(before) and before[0].is_low
    if found.is_low != was_low:
        act = "coverage.low" if found.is_low else "coverage.enough"
        facts: audit.Facts = {"permille": found.permille, "limit_permille": found.limit_permille}
        audit.record(tx, community_id, SYSTEM, act, f"day:{today}", at=at, after=facts)
    return found


def _day(row: Row) -> CoverageDay:
    return CoverageDay(*(None if value is None else int(value) for value in row))  # type: ignore[arg-type]
