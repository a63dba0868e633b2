"""Holds the sales behind points against the bills that came since the last night: verdicts R1 to R5.

Nothing is judged before a bill speaks for its minute; a sale that a later bill proves after all is cleared.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from ledger.channel_bills.coverage import cover_of
from ledger.channel_bills.store import lines_between
from ledger.earning.rates import category_allowed, channel_approved
from ledger.members.merchants import get_merchant
from ledger.members.schemes import in_force, versions
from ledger.sql import Row, Sql, Tx
from settlement.evidence_rules import Billed, EarnedSale, Judged, judge_sales
from settlement.matching import Booked
from settlement.night_store import keep_found
from settlement.reckoning import Found
from settlement.sides import Run

_FROM: Final = 740_000
"""R verdicts of a day are numbered from here."""
_OVERLAP_US: Final = 3_600_000_000
"""So long before the night before, bills are looked at once more."""

_BILLS: Final = Sql(
    "SELECT merchant_id, min(covers_from) AS since, max(covers_until) AS until FROM channel_bill"
    " WHERE community_id = :community_id AND outcome IN ('ok', 'EMPTY') AND taken_at > :after AND taken_at <= :at"
    " GROUP BY merchant_id ORDER BY merchant_id"
)
_LAST: Final = Sql(
    "SELECT coalesce(max(ended_at), 0) AS at FROM night_run WHERE community_id = :community_id AND state = 'locked'"
    " AND run_no < :run_no"
)
_SALES: Final = (
    "SELECT e.txn_id, x.ref, e.terminal_id, x.business_date, e.channel, e.paid_fen, e.paid_at, e.payment_ref,"
    " e.state, s.earned_units, coalesce(o.units, 0) AS offset_units, coalesce(o.fen, 0) AS offset_fen,"
    " (SELECT coalesce(sum(r.cash_fen), 0) FROM refund r WHERE r.community_id = s.community_id"
    "  AND r.sale_id = s.sale_id AND r.state = 'done') AS cash_back_fen FROM evidence e"
    " JOIN txn x ON x.community_id = e.community_id AND x.txn_id = e.txn_id"
    " JOIN sale s ON s.community_id = e.community_id AND s.sale_id = e.sale_id"
    " LEFT JOIN offset_booked o ON o.community_id = e.community_id AND o.txn_id = e.txn_id"
    " WHERE e.community_id = :community_id AND e.merchant_id = :merchant_id AND e.route <> 'gateway'"
    " AND e.paid_fen > 0 AND {which} ORDER BY e.txn_id"
)
_SALES_BETWEEN: Final = Sql(_SALES.format(which="e.paid_at >= :since AND e.paid_at < :until"))
_NEW_BACKS: Final = (
    "SELECT l.payment_ref FROM channel_bill b JOIN channel_line l ON l.community_id = b.community_id"
    " AND l.bill_id = b.bill_id WHERE b.community_id = :community_id AND b.merchant_id = :merchant_id"
    " AND b.taken_at > :after AND b.taken_at <= :at AND l.kind = 'back'"
)
# Money comes back days after its sale: the bill that says so is not the one that proved it.
_SALES_GIVEN_BACK: Final = Sql(_SALES.format(which=f"e.payment_ref IN ({_NEW_BACKS})"))
_LINES_GIVEN_BACK: Final = Sql(
    "SELECT kind, payment_ref, refund_ref, fen, at FROM channel_line WHERE community_id = :community_id"
    f" AND merchant_id = :merchant_id AND payment_ref IN ({_NEW_BACKS}) ORDER BY at, channel, payment_ref, refund_ref"
)
_NAMED: Final = Sql(
    "SELECT booked_txn FROM discrepancy WHERE community_id = :community_id AND claimant_id = :merchant_id"
    " AND code IN ('R1', 'R2', 'R3', 'R4', 'R5')"
)
_ROLES: Final = Sql(
    "SELECT effective_from, effective_to, roles FROM agreement WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id"
)
_CLEAR: Final = Sql(
    "UPDATE discrepancy SET state = 'auto_cleared', closed_run = :run_no, closed_date = :day"
    " WHERE community_id = :community_id AND code IN ('R1', 'R5') AND state IN ('open', 'asked')"
    " AND EXISTS (SELECT 1 FROM evidence e WHERE e.community_id = discrepancy.community_id"
    "  AND e.txn_id = discrepancy.booked_txn AND e.state = 'proven')"
)


def judge_bills(tx: Tx, run: Run, *, within_us: int, at: int) -> int:
    """Name what the bills taken in since the night before say against sales; gives how many were named.

    `within_us`: the community's minutes between a sale and its payment.
    """
    here = {"community_id": run.community_id}
    tx.run(_CLEAR, **here, run_no=run.run_no, day=run.day)
    # A bill that came in while the night before looked was seen by nobody; what was named is not named again.
    after = int(tx.get(_LAST, **here, run_no=run.run_no).at) - _OVERLAP_US
    found: list[Found] = []
    for shop in tx.all(_BILLS, **here, after=after, at=at):
        span = {"since": int(shop.since) - within_us, "until": int(shop.until) + within_us}
        found += [
            _found(int(shop.merchant_id), judged)
            for judged in _judged(tx, run, int(shop.merchant_id), span, within_us, (after, at))
        ]
    keep_found(tx, run, found, first=_FROM, at=at)
    return len(found)


def _judged(
    tx: Tx,
    run: Run,
    merchant_id: int,
    span: dict[str, int],
    within_us: int,
    taken: tuple[int, int],
) -> list[Judged]:
    here = {"community_id": run.community_id, "merchant_id": merchant_id}
    new = {**here, "after": taken[0], "at": taken[1]}
    shop = _Shop(tx, run.community_id, merchant_id)
    rows = {row.txn_id: row for row in tx.all(_SALES_BETWEEN, **here, **span)}
    rows |= {row.txn_id: row for row in tx.all(_SALES_GIVEN_BACK, **new)}
    sales = [shop.sale(rows[txn_id]) for txn_id in sorted(rows)]
    lines = {
        (row.kind, row.payment_ref, row.refund_ref): row
        for row in (
            *lines_between(
                tx,
                run.community_id,
                merchant_id,
                since=span["since"] - within_us,
                until=span["until"] + within_us,
            ),
            *tx.all(_LINES_GIVEN_BACK, **new),
        )
    }
    billed = [
        Billed(row.kind, row.payment_ref, int(row.fen), int(row.at)) for row in lines.values()
    ]
    named = {row.booked_txn for row in tx.all(_NAMED, **here)}
    cover = cover_of(tx, run.community_id, merchant_id)
    return [
        judged
        for judged in judge_sales(sales, billed, cover.covers, within_us=within_us)
        if judged.sale.txn_id not in named
    ]


class _Shop:
    """One shop with its agreements, and what the schemes say of paying there."""

    def __init__(self, tx: Tx, community_id: int, merchant_id: int) -> None:
        self._schemes = versions(tx, community_id)
        self._category = str(get_merchant(tx, community_id, merchant_id).category)
        self._roles = tx.all(_ROLES, community_id=community_id, merchant_id=merchant_id)
        self._missing: dict[tuple[date, str], bool] = {}

    def sale(self, row: Row) -> EarnedSale:
        """A sale as the rules judge it."""
        day = int(row.business_date)
        may_earn = any(
            role.effective_from <= day <= (role.effective_to or day)
            and "earn" in role.roles.split(",")
            for role in self._roles
        )
        return EarnedSale(
            row.txn_id,
            row.ref,
            row.terminal_id,
            day,
            row.channel,
            int(row.paid_fen),
            int(row.paid_at),
            row.payment_ref,
            row.state == "proven",
            int(row.earned_units),
            int(row.offset_units),
            int(row.offset_fen),
            int(row.cash_back_fen),
            may_earn,
            self._misses_points(row.channel, day),
        )

    def _misses_points(self, channel: str, day: int) -> bool:
        scheme = in_force(self._schemes, day)
        key = (scheme.effective_from, channel)
        if key not in self._missing:
            earning = [
                rule
                for rule in scheme.spend_rules
                if category_allowed(scheme, rule, self._category)
            ]
            approved = any(channel_approved(rule, channel) for rule in earning)
            self._missing[key] = bool(earning) and not approved
        return self._missing[key]


def _found(merchant_id: int, judged: Judged) -> Found:
    sale = judged.sale
    booked = Booked(
        merchant_id,
        sale.ref,
        sale.txn_id,
        sale.terminal_id,
        "sale",
        None,
        judged.units,
        judged.fen,
        0,
        sale.business_date,
        sale.paid_at,
    )
    return Found(
        judged.code,
        "",
        merchant_id,
        sale.terminal_id,
        sale.ref,
        sale.business_date,
        booked,
        minus_fen=judged.fen,
        held_fen=judged.fen,
        rest_units=judged.units,
    )
