"""The year's budget for points: what was given out against what the scheme allows, and what gives way.

Used is what was given out this calendar year less what came back, at its face value. The counts follow the sealed order
(`ledger.book.issued`); the state is looked at after each round of sealing, so a sale reads it with the other terms and
writes nothing for it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import SYSTEM
from ledger.book.issued import count_issued, given_in_year
from ledger.database import Database
from ledger.earning.calendar import business_date, day_key
from ledger.earning.scheme import Scheme
from ledger.members import schemes
from ledger.members.communities import get_community, raise_config_version
from ledger.sql import Sql, Tx
from ledger.units import FIRST_POINT_COMMODITY

STOPS_EARNING: Final = "stop_earning_keep_redeeming"
"""The one thing a used-up budget stops by itself: no new points. What was earned can always be used."""

_STATE: Final = Sql(
    "SELECT state FROM budget_year WHERE community_id = :community_id AND year = :year"
)
_EXCEEDED: Final = Sql(
    "SELECT year FROM budget_year WHERE community_id = :community_id AND state = 'exceeded'"
)
_SET: Final = Sql(
    "INSERT INTO budget_year (community_id, year, state, used_fen, cap_fen, changed_at)"
    " VALUES (:community_id, :year, :state, :used_fen, :cap_fen, :at)"
    " ON CONFLICT (community_id, year) DO UPDATE SET state = excluded.state,"
    " used_fen = excluded.used_fen, cap_fen = excluded.cap_fen, changed_at = excluded.changed_at"
    " WHERE budget_year.state <> excluded.state"
)


class BudgetUse(NamedTuple):
    """A year's budget in fen; `state` is open, warned or exceeded, `stops` whether earning stops with it."""

    year: int
    used_fen: int
    cap_fen: int
    warn_percent: int
    state: str
    stops: bool

    @property
    def percent(self) -> int:
        """How much of it is used, rounded down."""
        return self.used_fen * 100 // self.cap_fen if self.cap_fen else 100


def budget_use(tx: Tx, community_id: int, scheme: Scheme, year: int) -> BudgetUse:
    """What of a year's budget is used, as far as was counted."""
    budget = scheme.budget
    used = face_value(scheme, given_in_year(tx, community_id, year))
    state = "open"
    if used >= budget.yearly_cap_fen:
        state = "exceeded"
    elif used * 100 >= budget.yearly_cap_fen * budget.warn_at_percent:
        state = "warned"
    return BudgetUse(
        year=year,
        used_fen=used.numerator // used.denominator,
        cap_fen=budget.yearly_cap_fen,
        warn_percent=budget.warn_at_percent,
        state=state,
        stops=state == "exceeded" and budget.on_exceed == STOPS_EARNING,
    )


def check_budget(db: Database, community_id: int, *, at: int) -> BudgetUse | None:
    """Count what was sealed since the last look and move the year's state on; None without a scheme in force.

    A change of state is recorded as an act and noticed by every server. Run again it changes nothing.
    """
    count_issued(db, community_id)
    with db.read() as tx:
        zone = get_community(tx, community_id).timezone
        today = day_key(business_date(at, zone))
        begun = [
            one
            for one in schemes.versions(tx, community_id)
            if day_key(one.effective_from) <= today
        ]
        if not begun:
            return None
        use = budget_use(tx, community_id, begun[-1], today // 10_000)
        known = tx.find(_STATE, community_id=community_id, year=use.year)
    if use.state != ("open" if known is None else known.state):
        db.write(lambda tx: _move(tx, community_id, use, at=at))
    return use


def exceeded_years(tx: Tx, community_id: int) -> frozenset[int]:
    """The years whose budget is used up."""
    return frozenset(int(row.year) for row in tx.all(_EXCEEDED, community_id=community_id))


def face_value(scheme: Scheme, units: dict[int, int]) -> Fraction:
    """What points are worth in fen, exactly: units by commodity, each at its type's face value."""
    total = Fraction(0)
    for place, kind in enumerate(scheme.point_types, start=1):
        amount = units.get(FIRST_POINT_COMMODITY + place, 0)
        total += Fraction(amount * kind.face_value_fen, kind.units_per_point)
    return total


def _move(tx: Tx, community_id: int, use: BudgetUse, *, at: int) -> None:
    row = tx.find(_STATE, community_id=community_id, year=use.year)
    before = "open" if row is None else str(row.state)
    moved = tx.run(
        _SET,
        community_id=community_id,
        year=use.year,
        state=use.state,
        used_fen=use.used_fen,
        cap_fen=use.cap_fen,
        at=at,
    )
    if not moved or before == use.state:
        return
    raise_config_version(tx, community_id)
    facts: audit.Facts = {"state": use.state, "used_fen": use.used_fen, "cap_fen": use.cap_fen}
    audit.record(
        tx,
        community_id,
        SYSTEM,
        "budget.state",
        f"budget:{use.year}",
        at=at,
        before={"state": before},
        after=facts,
    )
