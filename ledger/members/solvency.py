"""Whether the money stands behind the points: coverage, shown daily and asked before a rule changes.

Coverage = what of the fund is promised to nobody / (points outstanding x what a point costs x expected use). It is kept
in thousandths and rounded down: 1,000 means that every point that is expected to be used is paid for.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final, NamedTuple

from ledger.book.balances import account_sum
from ledger.earning.scheme import Scheme
from ledger.members import settings as chosen
from ledger.members.settings import CommunitySettings
from ledger.sql import Sql, Tx
from ledger.units import CNY, FIRST_POINT_COMMODITY

WHOLE: Final = 1_000
"""Thousandths in a whole."""
_OF_OUR_FUND: Final = frozenset({"community_fund", "street_budget"})

_FUND: Final = Sql(
    "SELECT coalesce(sum(b.posted - b.held), 0) AS fen FROM account a"
    " JOIN balance b ON b.community_id = a.community_id AND b.account_id = a.account_id"
    " WHERE a.community_id = :community_id AND a.commodity = :cny"
    " AND (a.kind = 'cover' OR a.kind = 'fund' AND a.owner_id = 0)"
)
_SHOPS: Final = Sql(
    "SELECT owner_id FROM account WHERE community_id = :community_id AND kind = 'payable'"
    " AND commodity = :cny ORDER BY owner_id"
)
_WALLETS: Final = Sql(
    "SELECT a.commodity, sum(b.posted) AS units FROM account a"
    " JOIN balance b ON b.community_id = a.community_id AND b.account_id = a.account_id"
    " WHERE a.community_id = :community_id AND a.kind = 'wallet' GROUP BY a.commodity"
)
# By shop, since that is how the open ones are found without reading all that ever were.
_PENDING: Final = Sql(
    "SELECT p.commodity, sum(p.left_units) AS units FROM merchant m JOIN pending p"
    " ON p.community_id = m.community_id AND p.merchant_id = m.merchant_id AND p.state = 'open'"
    " WHERE m.community_id = :community_id GROUP BY p.commodity"
)


class Coverage(NamedTuple):
    """How far the fund reaches: fen, and thousandths (None: nothing is outstanding)."""

    fund_fen: int
    """What of the fund is promised to nobody, less what shops owe."""
    value_fen: int
    """What the points outstanding would cost if all were used."""
    expected_fen: int
    """What of that is expected to be used."""
    permille: int | None
    limit_permille: int

    @property
    def is_low(self) -> bool:
        """Whether less is covered than the community demands."""
        return self.permille is not None and self.permille < self.limit_permille


class Outstanding(NamedTuple):
    """What coverage is worked out from: free fen of the fund, and points in wallets and pending by commodity."""

    fund_fen: int
    units: dict[int, int]


def outstanding(tx: Tx, community_id: int) -> Outstanding:
    """What is in the fund and in people's hands at this moment."""
    fund = int(tx.get(_FUND, community_id=community_id, cny=CNY).fen)
    for row in tx.all(_SHOPS, community_id=community_id, cny=CNY):
        # What a shop owes stands in the fund already and is not in the bank yet.
        fund += min(0, account_sum(tx, community_id, "payable", CNY, int(row.owner_id)))
    units: dict[int, int] = {}
    for statement in (_WALLETS, _PENDING):
        for row in tx.all(statement, community_id=community_id):
            units[int(row.commodity)] = units.get(int(row.commodity), 0) + int(row.units)
    return Outstanding(fund, units)


def coverage(stands: Outstanding, scheme: Scheme, choices: CommunitySettings) -> Coverage:
    """How far the fund reaches under a scheme's rates: 5,000 yuan behind 120,000 points at 5 fen are 833."""
    value = sum(
        (
            Fraction(
                units * fen_per_point(scheme, place), 10 ** scheme.point_types[place].precision
            )
            for place, units in _by_place(scheme, stands.units)
        ),
        Fraction(0),
    )
    expected = value * choices.expected_use_percent / 100
    free = max(stands.fund_fen, 0)
    whole = None if not expected else free * WHOLE / expected
    return Coverage(
        fund_fen=stands.fund_fen,
        value_fen=-(-value.numerator // value.denominator),
        expected_fen=-(-expected.numerator // expected.denominator),
        permille=None if whole is None else whole.numerator // whole.denominator,
        limit_permille=choices.coverage_limit_percent * WHOLE // 100,
    )


def coverage_now(tx: Tx, community_id: int, scheme: Scheme) -> Coverage:
    """Coverage under a scheme and the community's settings in force."""
    return coverage(outstanding(tx, community_id), scheme, chosen.current(tx, community_id))


def fen_per_point(scheme: Scheme, place: int) -> Fraction:
    """What a point of the type at a place in the scheme costs at most: its face value, or the dearest offset."""
    kind = scheme.point_types[place]
    offsets = [
        Fraction(100) / Fraction(offset.points_per_yuan)
        for offset in scheme.offsets
        if offset.point_type == kind.code and offset.funded_by in _OF_OUR_FUND
    ]
    return max([Fraction(kind.face_value_fen), *offsets])


def _by_place(scheme: Scheme, units: dict[int, int]) -> list[tuple[int, int]]:
    """Units by their type's place in the scheme; a type it no longer has costs nothing."""
    places = range(len(scheme.point_types))
    return [(place, units.get(FIRST_POINT_COMMODITY + 1 + place, 0)) for place in places]
