"""The share of the points' value that a shop bears: taken from what it is owed when the month closes.

A shop whose agreement says 20 % bears 20 % of the value of the points given out at its tills, less what refunds took
back; each at the share of the month in which it was given out. The shares add up over the months before they are
rounded down, so that a year of months takes exactly what the whole year would.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from ledger.book import requests
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.issued import GivenByShop, given_by_shops
from ledger.book.period import BookPeriod
from ledger.book.posting import Line, Posting, Side, post
from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import derived_request_id
from ledger.members.agreements import Agreement, all_agreements, share_in
from ledger.sql import Sql, Tx
from ledger.units import CNY
from settlement.effects import today_of

_KIND: Final = "cofund"
_WHOLE: Final = 10_000

_COUNTED: Final = Sql(
    "SELECT given_month, units_per_fen, sum(units_plus) AS units_plus, sum(units_minus) AS units_minus"
    " FROM cofund_line WHERE community_id = :community_id AND claimant_id = :claimant_id"
    " GROUP BY given_month, units_per_fen"
)
_REST: Final = Sql(
    "SELECT rest_num, rest_den FROM cofund_line WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id ORDER BY month DESC, given_month DESC, units_per_fen DESC LIMIT 1"
)
_KEEP: Final = Sql(
    "INSERT INTO cofund_line (community_id, claimant_id, month, given_month, units_per_fen, share_bp,"
    " units_plus, units_minus, fen, rest_num, rest_den, txn_id) VALUES (:community_id, :claimant_id,"
    " :month, :given_month, :units_per_fen, :share_bp, :units_plus, :units_minus, :fen, :rest_num,"
    " :rest_den, :txn_id)"
)
_OF_MONTH: Final = Sql(
    "SELECT given_month, units_per_fen, share_bp, units_plus, units_minus, fen FROM cofund_line"
    " WHERE community_id = :community_id AND claimant_id = :claimant_id AND month = :month"
    " ORDER BY given_month, units_per_fen"
)
_SHOPS: Final = Sql(
    "SELECT DISTINCT claimant_id FROM cofund_line WHERE community_id = :community_id AND month = :month"
    " ORDER BY claimant_id"
)


class ShareLine(NamedTuple):
    """What a shop bears of the points it gave out in one month at one rate; units and fen signed by plus and minus."""

    given_month: int
    units_per_fen: int
    share_bp: int
    units_plus: int
    units_minus: int
    fen: int


class Due(NamedTuple):
    """A share line and what is left of a fen after it, to begin the next one with."""

    line: ShareLine
    rest: Fraction


def shares_due(
    given: Iterable[GivenByShop], agreements: Sequence[Agreement], rest: Fraction
) -> list[Due]:
    """One shop's lines, in the order of `given`; `rest` is what the months before left of a fen.

    40.00 points at 20 units a fen and 20 %: 4,000 / 20 x 0.2 = 40 fen.
    """
    found = []
    for row in given:
        share_bp = share_in(agreements, row.given_month)
        if not share_bp or not row.units_per_fen:
            continue
        exact = rest + Fraction((row.plus - row.minus) * share_bp, row.units_per_fen * _WHOLE)
        fen = exact.numerator // exact.denominator
        rest = exact - fen
        line = ShareLine(row.given_month, row.units_per_fen, share_bp, row.plus, row.minus, fen)
        found.append(Due(line, rest))
    return found


def take_shares(db: Database, community_id: int, period: BookPeriod, *, at: int) -> list[int]:
    """Book every shop's share of a month that is closing, once; gives the shops that bear one.

    Refuses: fund_empty (refunds give a shop more back than the fund has).
    """
    with db.read() as tx:
        signed: dict[int, list[Agreement]] = {}
        for agreement in all_agreements(tx, community_id):
            signed.setdefault(agreement.merchant_id, []).append(agreement)
    sharing = [shop for shop, rows in sorted(signed.items()) if any(row.cofund_bp for row in rows)]
    for shop in sharing:
        _take(db, community_id, period, shop, signed[shop], at=at)
    return sharing


def share_lines(tx: Tx, community_id: int, claimant_id: int, month: int) -> list[ShareLine]:
    """A shop's lines of a month (yyyymm), as they were booked."""
    rows = tx.all(_OF_MONTH, community_id=community_id, claimant_id=claimant_id, month=month)
    return [ShareLine(*(int(value) for value in row)) for row in rows]


def sharing_shops(tx: Tx, community_id: int, month: int) -> list[int]:
    """The shops that have such lines in a month."""
    return [int(row.claimant_id) for row in tx.all(_SHOPS, community_id=community_id, month=month)]


def _take(
    db: Database,
    community_id: int,
    period: BookPeriod,
    shop: int,
    agreements: Sequence[Agreement],
    *,
    at: int,
) -> None:
    request_id = derived_request_id(_KIND, community_id, period.period_key, shop)

    def work(tx: Tx) -> dict[str, Any]:
        given = _not_counted(tx, community_id, shop, period)
        due = shares_due(given, agreements, _rest(tx, community_id, shop))
        fen = sum(one.line.fen for one in due)
        txn_id = None
        if fen:
            txn_id = _post(tx, community_id, period, shop, fen, request_id=request_id, at=at)
        here = {"community_id": community_id, "claimant_id": shop, "month": period.period_key}
        rows = [
            {
                **here,
                **one.line._asdict(),
                "rest_num": one.rest.numerator,
                "rest_den": one.rest.denominator,
                "txn_id": txn_id,
            }
            for one in due
        ]
        tx.many(_KEEP, rows)
        return {"fen": fen, "txn_id": None if txn_id is None else str(txn_id)}

    body = {"month": period.period_key, "claimant": str(shop)}
    try:
        requests.once(db, community_id, request_id, kind=_KIND, body=body, at=at, work=work)
    except GuardMissedError as missed:
        raise Refusal("fund_empty") from missed


def _not_counted(tx: Tx, community_id: int, shop: int, period: BookPeriod) -> list[GivenByShop]:
    """What the shop gave out up to this month and no month before has counted; a late entry is counted late."""
    counted = {
        (int(row.given_month), int(row.units_per_fen)): (int(row.units_plus), int(row.units_minus))
        for row in tx.all(_COUNTED, community_id=community_id, claimant_id=shop)
    }
    own = [
        row
        for row in given_by_shops(tx, community_id, period.period_key)
        if row.merchant_id == shop
    ]
    left = [_less(row, *counted.get((row.given_month, row.units_per_fen), (0, 0))) for row in own]
    return [row for row in left if row.plus or row.minus]


def _less(row: GivenByShop, plus: int, minus: int) -> GivenByShop:
    return row._replace(plus=row.plus - plus, minus=row.minus - minus)


def _rest(tx: Tx, community_id: int, shop: int) -> Fraction:
    row = tx.find(_REST, community_id=community_id, claimant_id=shop)
    return Fraction(0) if row is None else Fraction(int(row.rest_num), int(row.rest_den))


def _post(
    tx: Tx,
    community_id: int,
    period: BookPeriod,
    shop: int,
    fen: int,
    *,
    request_id: str,
    at: int,
) -> int:
    """The month takes no entry any more, so this one is dated today and names the month's last day."""
    fund = Side(account_id(tx, community_id, Account.FUND, CNY, at=at), Account.FUND)
    payable = Side(account_id(tx, community_id, Account.PAYABLE, CNY, shop, at=at), Account.PAYABLE)
    line = Line(payable, fund, CNY, fen) if fen > 0 else Line(fund, payable, CNY, -fen)
    return post(
        tx,
        Posting(
            community_id=community_id,
            kind=Kind.COFUND,
            request_id=request_id,
            occurred_at=at,
            at=at,
            business_date=today_of(tx, community_id, at=at),
            lines=[line],
            merchant_id=shop,
            reason_key=_KIND,
            corrects_date=period.last_date,
        ),
    )
