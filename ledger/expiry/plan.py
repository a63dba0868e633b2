"""What a community's schemes say today about points that lapse."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from ledger.earning.calendar import business_date, day_key
from ledger.earning.expiry import Cut, cuts, notices_of
from ledger.earning.scheme import Scheme
from ledger.members import communities, schemes
from ledger.sql import Tx
from ledger.units import FIRST_POINT_COMMODITY


class PointKind(NamedTuple):
    """A kind of points as the book counts it; `of_household`: the wallet is the household's."""

    commodity: int
    code: str
    name: str
    precision: int
    of_household: bool


class Plan(NamedTuple):
    """Today by the community's clock, its schemes' cuts and notices; no cuts where nothing lapses."""

    today: date
    scheme: Scheme | None
    cuts: list[Cut]
    notices: tuple[int, ...]
    kinds: tuple[PointKind, ...]

    @property
    def day(self) -> int:
        """Today as yyyymmdd."""
        return day_key(self.today)

    def last_day_of(self, earned_until: int) -> int:
        """The last day (yyyymmdd) the rules of today give to points earned up to a day; 0 where they name none."""
        return next(
            (
                day_key(cut.last_day)
                for cut in self.cuts
                if day_key(cut.earned_until) == earned_until
            ),
            0,
        )


def plan_of(tx: Tx, community_id: int, *, at: int) -> Plan:
    """Read it; `scheme` is None before the first one is in force.

    Refuses community_not_found.
    """
    zone = communities.get_community(tx, community_id).timezone
    today = business_date(at, zone)
    adopted = schemes.versions(tx, community_id)
    begun = [scheme for scheme in adopted if scheme.effective_from <= today]
    if not begun:
        return Plan(today, None, [], (), ())
    return Plan(today, begun[-1], cuts(begun, today), notices_of(begun[-1]), kinds_of(begun[-1]))


def kinds_of(scheme: Scheme) -> tuple[PointKind, ...]:
    """The kinds of points of a scheme; the book knows each by its place in the list."""
    return tuple(
        PointKind(
            FIRST_POINT_COMMODITY + 1 + place,
            row.code,
            row.name,
            row.precision,
            row.household_pool or row.subject == "household",
        )
        for place, row in enumerate(scheme.point_types)
    )
