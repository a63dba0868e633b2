"""Benefits by agreement: a discount by right that the merchant bears itself, given once its condition is met."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ledger.book.balances import wallet_of
from ledger.book.steps import Step
from ledger.earning.calendar import day_from_key, day_key, month_period, quarter_period, year_period
from ledger.earning.scheme import Scheme
from ledger.earning.scheme_parts import Benefit
from ledger.sql import Row, Sql, Tx
from ledger.units import FIRST_POINT_COMMODITY

_KEEP: Final = Sql(
    "INSERT INTO benefit_given (community_id, benefit_id, code, merchant_id, terminal_id, clerk_id,"
    " person_id, ref, business_date, occurred_at, total_fen, off_fen, commodity, burned_units,"
    " scheme_version, txn_id) VALUES (:community_id, :benefit_id, :code, :merchant_id, :terminal_id,"
    " :clerk_id, :person_id, :ref, :business_date, :occurred_at, :total_fen, :off_fen, :commodity,"
    " :burned_units, :scheme_version, :txn_id)"
)
_SINCE: Final = Sql(
    "SELECT count(*) AS n FROM benefit_given WHERE community_id = :community_id"
    " AND person_id = :person_id AND code = :code AND business_date >= :since"
)
_AT: Final = Sql(
    "SELECT code, business_date, occurred_at, ref, total_fen, off_fen, burned_units FROM benefit_given"
    " WHERE community_id = :community_id AND merchant_id = :merchant_id"
    " AND business_date >= :first_date AND business_date <= :last_date"
    " ORDER BY occurred_at DESC LIMIT :most"
)
_PERIODS: Final = {"month": month_period, "quarter": quarter_period, "year": year_period}


class Offered(NamedTuple):
    """A benefit as a till shows it to one holder; units of `commodity`. `why_not`: balance, star, period or ''."""

    code: str
    name: str
    percent_off: int
    commodity: int
    burn_units: int
    precision: int
    why_not: str


def benefits_for(scheme: Scheme, category: str) -> list[Benefit]:
    """What the scheme grants at this kind of merchant."""
    return [one for one in scheme.benefits if one.merchant_category == category]


def offered_to(
    tx: Tx,
    community_id: int,
    scheme: Scheme,
    benefit: Benefit,
    *,
    person_id: int,
    household_id: int,
    day: int,
) -> Offered:
    """Whether one benefit is open to a person on a business date (yyyymmdd), and what it would use up."""
    codes = [kind.code for kind in scheme.point_types]
    place = codes.index(benefit.requires.point_type)
    kind, commodity = scheme.point_types[place], FIRST_POINT_COMMODITY + 1 + place
    shared = kind.household_pool or kind.subject == "household"
    wallet = wallet_of(tx, community_id, household_id if shared else person_id, commodity)
    least = benefit.requires.balance_at_least
    burn = int(benefit.burn_points * 10**kind.precision)
    why_not = ""
    if benefit.requires.star_at_least is not None:
        # Stars are not counted yet: nobody is promised what nobody can check.
        why_not = "star"
    elif wallet.available < max(burn, int((least or 0) * 10**kind.precision)):
        why_not = "balance"
    elif benefit.per is not None:
        since = day_key(_PERIODS[benefit.per](day_from_key(day)).first)
        had = tx.get(
            _SINCE, community_id=community_id, person_id=person_id, code=benefit.code, since=since
        )
        why_not = "period" if had.n else ""
    return Offered(
        benefit.code,
        benefit.name,
        int(benefit.percent_off),
        commodity,
        burn,
        kind.precision,
        why_not,
    )


def off_fen(total_fen: int, percent: int) -> int:
    """What comes off a bill in fen, rounded down: 5 % of 12.90 yuan are 0.64."""
    return total_fen * percent // 100


def given_step(row: dict[str, Any]) -> Step:
    """The row of a benefit given; see the table for its columns."""
    return Step(_KEEP, row)


def given_at(
    tx: Tx, community_id: int, merchant_id: int, first_date: int, last_date: int, *, most: int = 200
) -> list[Row]:
    """What a merchant gave on these business dates, the newest first; never to whom."""
    return tx.all(
        _AT,
        community_id=community_id,
        merchant_id=merchant_id,
        first_date=first_date,
        last_date=last_date,
        most=most,
    )
