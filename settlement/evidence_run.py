"""Holds the sales behind points against the bills that came since the last night: verdicts R1 to R5.

Nothing is judged before a bill speaks for its minute; a sale that a later bill proves after all is cleared.
"""

from __future__ import annotations

from typing import Final

from ledger.channel_bills.coverage import cover_of
from ledger.channel_bills.store import lines_between
from ledger.sql import Row, Sql, Tx
from settlement.evidence_rules import Billed, EarnedSale, Judged, judge_sales
from settlement.matching import Booked
from settlement.night_store import keep_found
from settlement.reckoning import Found
from settlement.sides import Run

_FROM: Final = 740_000
"""R verdicts of a day are numbered from here."""

_BILLS: Final = Sql(
    "SELECT merchant_id, min(covers_from) AS since, max(covers_until) AS until FROM channel_bill"
    " WHERE community_id = :community_id AND outcome IN ('ok', 'EMPTY') AND taken_at > :after AND taken_at <= :at"
    " GROUP BY merchant_id ORDER BY merchant_id"
)
_LAST: Final = Sql(
    "SELECT coalesce(max(ended_at), 0) AS at FROM night_run WHERE community_id = :community_id AND state = 'locked'"
    " AND run_no < :run_no"
)
_SALES: Final = Sql(
    "SELECT e.txn_id, x.ref, e.terminal_id, x.business_date, e.channel, e.paid_fen, e.paid_at, e.payment_ref,"
    " e.state, s.earned_units, coalesce(o.units, 0) AS offset_units, coalesce(o.fen, 0) AS offset_fen,"
    " (SELECT coalesce(sum(r.cash_fen), 0) FROM refund r WHERE r.community_id = s.community_id"
    "  AND r.sale_id = s.sale_id AND r.state = 'done') AS cash_back_fen FROM evidence e"
    " JOIN txn x ON x.community_id = e.community_id AND x.txn_id = e.txn_id"
    " JOIN sale s ON s.community_id = e.community_id AND s.sale_id = e.sale_id"
    " LEFT JOIN offset_booked o ON o.community_id = e.community_id AND o.txn_id = e.txn_id"
    " WHERE e.community_id = :community_id AND e.merchant_id = :merchant_id AND e.route <> 'gateway'"
    " AND e.paid_fen > 0 AND e.paid_at >= :since AND e.paid_at < :until ORDER BY e.txn_id"
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
    after = int(tx.get(_LAST, **here, run_no=run.run_no).at)
    found: list[Found] = []
    for shop in tx.all(_BILLS, **here, after=after, at=at):
        span = {"since": int(shop.since) - within_us, "until": int(shop.until) + within_us}
        found += [
            _found(int(shop.merchant_id), judged)
            for judged in _judged(tx, run, int(shop.merchant_id), span, within_us)
        ]
    keep_found(tx, run, found, first=_FROM, at=at)
    return len(found)


def _judged(
    tx: Tx, run: Run, merchant_id: int, span: dict[str, int], within_us: int
) -> list[Judged]:
    here = {"community_id": run.community_id, "merchant_id": merchant_id}
    roles = tx.all(_ROLES, **here)
    sales = [_sale(row, roles) for row in tx.all(_SALES, **here, **span)]
    lines = [
        Billed(row.kind, row.payment_ref, int(row.fen), int(row.at))
        for row in lines_between(
            tx,
            run.community_id,
            merchant_id,
            since=span["since"] - within_us,
            until=span["until"] + within_us,
        )
    ]
    named = {row.booked_txn for row in tx.all(_NAMED, **here)}
    cover = cover_of(tx, run.community_id, merchant_id)
    return [
        judged
        for judged in judge_sales(sales, lines, cover.covers, within_us=within_us)
        if judged.sale.txn_id not in named
    ]


def _sale(row: Row, roles: list[Row]) -> EarnedSale:
    day = int(row.business_date)
    may_earn = any(
        role.effective_from <= day <= (role.effective_to or day) and "earn" in role.roles.split(",")
        for role in roles
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
    )


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
