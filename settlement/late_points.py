"""Verdict R2: points a proven purchase did not bring, given afterwards by two people.

What is given follows the scheme in force on the day of the purchase and what was really paid, less what was given back
since; a cap on one purchase counts, those on a day or a month are for the two who decide.
"""

from __future__ import annotations

from typing import Final

from ledger.book.accounts import account_id
from ledger.book.balances import lock_wallet
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.book.repay import repay_lines
from ledger.earning.rates import units_for_spend
from ledger.errors import Refusal
from ledger.households.owners import owner_now
from ledger.members.terms import read_terms
from ledger.sql import Row, Sql, Tx
from settlement.effects import today_of

_SALE: Final = Sql(
    "SELECT coalesce(q.to_person, x.person_id) AS person_id,"
    " coalesce(q.to_owner, x.wallet_owner_id) AS wallet_owner_id, x.branch_id, x.card_serial, x.card_issue,"
    " x.business_date,"
    " s.merchant_id, s.paid_fen, s.earned_units,"
    " (SELECT coalesce(sum(r.cash_fen), 0) FROM refund r WHERE r.community_id = s.community_id"
    "  AND r.sale_id = s.sale_id AND r.state <> 'declined') AS back_fen"
    " FROM txn x JOIN sale s ON s.community_id = x.community_id AND s.txn_id = x.txn_id"
    " LEFT JOIN rebooked q ON q.community_id = x.community_id AND q.txn_id = x.txn_id"
    " WHERE x.community_id = :community_id AND x.txn_id = :txn_id"
)


def late_units(tx: Tx, community_id: int, row: Row) -> int:
    """Units the purchase behind a discrepancy would have brought; 0 where none are due.

    Refuses: scheme_missing.
    """
    sale = _sale(tx, community_id, row)
    if sale is None or sale.earned_units:
        return 0
    terms = read_terms(tx, community_id)
    rules = terms.scheme_on(int(sale.business_date)).spend_rules
    if not rules:
        return 0
    units = units_for_spend(rules[0], max(int(sale.paid_fen) - int(sale.back_fen), 0))
    most = rules[0].cap_txn_points
    return units if most is None else min(units, int(most.scaleb(rules[0].precision)))


def post_late_points(
    tx: Tx,
    community_id: int,
    row: Row,
    units: int,
    *,
    request_id: str,
    staff_id: int,
    at: int,
) -> int:
    """Give the points: an entry of today that names the day it corrects; a debt is repaid first. Returns its id.

    Refuses: late_points_none, late_points_stopped (the year's budget is used up).
    """
    sale, today = _sale(tx, community_id, row), today_of(tx, community_id, at=at)
    if sale is None or units <= 0:
        raise Refusal("late_points_none")
    terms = read_terms(tx, community_id)
    if terms.earning_stopped_on(today):
        raise Refusal("late_points_stopped")
    commodity = terms.civic.commodity
    owner = owner_now(tx, community_id, int(sale.wallet_owner_id), int(sale.person_id))
    wallet = Side(
        account_id(tx, community_id, Account.WALLET, commodity, owner, at=at), Account.WALLET
    )
    issued = Side(
        account_id(tx, community_id, Account.ISSUED_CONSUMPTION, commodity, at=at),
        Account.ISSUED_CONSUMPTION,
    )
    lock_wallet(tx, community_id, wallet.account_id)
    lines = [Line(issued, wallet, commodity, units)]
    lines += repay_lines(tx, community_id, owner, commodity, units, wallet, at=at)
    return post(
        tx,
        Posting(
            community_id=community_id,
            kind=Kind.EARN_SPENDING,
            request_id=request_id,
            occurred_at=at,
            at=at,
            business_date=today,
            lines=lines,
            person_id=sale.person_id,
            wallet_owner_id=owner,
            merchant_id=sale.merchant_id,
            branch_id=sale.branch_id,
            card_serial=sale.card_serial,
            card_issue=sale.card_issue,
            staff_id=staff_id,
            scheme_period=str(today // 100),
            reason_key="late_points",
            source="office",
            corrects_date=int(sale.business_date),
        ),
    )


def _sale(tx: Tx, community_id: int, row: Row) -> Row | None:
    if row.booked_txn is None:
        return None
    return tx.find(_SALE, community_id=community_id, txn_id=row.booked_txn)
