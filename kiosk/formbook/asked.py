"""What a form is to be filled with: which month, which shop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from kiosk.formbook.filled import Value
from ledger.earning.calendar import day_key as key_of
from ledger.earning.calendar import month_by_key
from ledger.members.terms import Terms
from ledger.units import FIRST_POINT_COMMODITY

_MICROSECONDS: Final = 1_000_000
_TAIL: Final = 4
_HUNDREDTHS: Final = 2

Rows = Sequence[Sequence[Value]]


class Asked(NamedTuple):
    """A community's terms, a month (yyyymm), and a shop where the form is about one (0: every shop)."""

    here: Terms
    month: int
    shop_id: int = 0

    @property
    def span(self) -> dict[str, int]:
        """The month's first and last business date, and the community, for a statement."""
        period = month_by_key(self.month)
        return {
            "community_id": self.here.community.id,
            "first": key_of(period.first),
            "last": key_of(period.last),
        }

    def moment(self, at: int | None) -> str:
        """Microseconds UTC as people write a time here: 2026-03-02 10:21:05."""
        if at is None:
            return ""
        zone: ZoneInfo = self.here.community.zone
        return datetime.fromtimestamp(at // _MICROSECONDS, zone).strftime("%Y-%m-%d %H:%M:%S")

    def hundredths(self, units: int, commodity: int) -> int:
        """Units of a point type as hundredths of a point, as every form writes points."""
        decimals, _ = self._types().get(commodity, (_HUNDREDTHS, False))
        return units * int(10 ** (_HUNDREDTHS - decimals))

    def has_pool(self, commodity: int) -> bool:
        """Whether a wallet of this point type is a household's."""
        return self._types().get(commodity, (_HUNDREDTHS, False))[1]

    def kind_name(self, commodity: int) -> str:
        """What a point type is called."""
        newest = self.here.schemes[-1].point_types
        place = commodity - FIRST_POINT_COMMODITY - 1
        return newest[place].name if 0 <= place < len(newest) else ""

    def shop(self, merchant_id: int | None) -> str:
        """A shop's code and name; '' for none."""
        found = self.here.merchants.get(merchant_id or 0)
        return "" if found is None else f"{found.code} {found.name}"

    def _types(self) -> dict[int, tuple[int, bool]]:
        return {
            FIRST_POINT_COMMODITY + place: (
                kind.precision,
                kind.household_pool or kind.subject == "household",
            )
            for scheme in self.here.schemes
            for place, kind in enumerate(scheme.point_types, 1)
        }


def tail(number: str | None) -> str:
    """The last four signs of a card's or an account's number, its dash not counted: as slips and tills print it."""
    return (number or "").replace("-", "")[-_TAIL:]
