"""Forms about shops: their sales, what they claimed, their statements, differences and payments."""

from __future__ import annotations

from collections import Counter
from typing import Final

from kiosk.formbook.asked import Asked, Rows, tail
from kiosk.texts import LANGUAGES, mark, translator
from ledger.members import staff
from ledger.sql import Sql, Tx
from ledger.units import yuan_text
from settlement.discrepancies import COLUMNS as DIFFERENCE
from settlement.sheet import date_text
from settlement.state_names import state_name, verdict_name
from settlement.statements import rows_of, statements_of_month

_SALES: Final = Sql(
    "SELECT s.occurred_at, s.merchant_id, s.terminal_id, s.ref, s.payment_ref, s.route, s.total_fen, s.offset_fen,"
    " s.paid_fen, s.earned_units, s.refunded_fen, s.state, c.number, e.channel FROM sale s"
    " LEFT JOIN txn x ON x.community_id = s.community_id AND x.txn_id = s.txn_id"
    " LEFT JOIN card c ON c.community_id = x.community_id AND c.serial = x.card_serial"
    " LEFT JOIN evidence e ON e.community_id = s.community_id AND e.sale_id = s.sale_id"
    " WHERE s.community_id = :community_id AND s.business_date >= :first AND s.business_date <= :last"
    " AND (:shop = 0 OR s.merchant_id = :shop) ORDER BY s.occurred_at, s.sale_id"
)
_CLAIMS: Final = Sql(
    "SELECT ref, units, fen, occurred_at, kind FROM claim WHERE community_id = :community_id"
    " AND claimant_id = :shop AND business_date >= :first AND business_date <= :last"
    " ORDER BY occurred_at, ref"
)
_DIFFERENCES: Final = Sql(
    f"SELECT {DIFFERENCE} FROM discrepancy d WHERE d.community_id = :community_id AND d.business_date >= :first"
    " AND d.business_date <= :last AND (:shop = 0 OR d.claimant_id = :shop) ORDER BY d.discrepancy_no"
)
_PAYOUTS: Final = Sql(
    "SELECT p.claimant_id, p.amount_fen, p.account_tail, p.proposed_by, p.approved_by, s.month, s.offset_count"
    " FROM payout p JOIN statement s ON s.community_id = p.community_id AND s.statement_id = p.statement_id"
    " WHERE p.community_id = :community_id AND s.month = :month AND p.state <> 'cancelled'"
    " AND (:shop = 0 OR p.claimant_id = :shop) ORDER BY p.payout_id"
)
_SALE_STATES: Final = {
    "done": mark("Booked"),
    "open": mark("Waits for its payment"),
    "void": mark("Given up"),
}
_CHANNELS: Final = {
    "scan": mark("WeChat or Alipay"),
    "credit_card": mark("Bank card"),
    "bank_card": mark("Bank card"),
    "cash": mark("Cash"),
    "gateway": mark("Community payment"),
}
_PART_BACK: Final = mark("Part brought back")
_ALL_BACK: Final = mark("All brought back")
_LINES: Final = mark("{count} lines")

_say = translator(LANGUAGES[0])


def sales(tx: Tx, asked: Asked) -> Rows:
    """Every sale of a month with what was owed, offset, paid and earned."""
    commodity = asked.here.civic.commodity
    found = []
    for row in tx.all(_SALES, **asked.span, shop=asked.shop_id):
        till = asked.here.terminals.get(int(row.terminal_id))
        state = _SALE_STATES[row.state]
        if row.state == "done" and int(row.refunded_fen):
            state = _ALL_BACK if row.refunded_fen == row.total_fen else _PART_BACK
        found.append(
            (
                asked.moment(int(row.occurred_at)),
                asked.shop(int(row.merchant_id)),
                "" if till is None else till.code,
                _say(_CHANNELS[row.channel]) if row.channel in _CHANNELS else "",
                row.payment_ref,
                row.ref,
                int(row.total_fen),
                int(row.offset_fen),
                int(row.paid_fen),
                asked.hundredths(int(row.earned_units), commodity),
                tail(row.number),
                _say(state),
            )
        )
    return found


def claims(tx: Tx, asked: Asked) -> Rows:
    """What a shop itself claimed for a month; never what the book says, with which it is compared."""
    shop, commodity = asked.here.merchants.get(asked.shop_id), asked.here.civic.commodity
    return [
        (
            f"{asked.month // 100}-{asked.month % 100:02d}",
            "" if shop is None else shop.code,
            row.ref,
            asked.moment(int(row.occurred_at)),
            asked.hundredths(int(row.units), commodity),
            int(row.fen),
            row.ref,
            "",
        )
        for row in tx.all(_CLAIMS, **asked.span, shop=asked.shop_id)
    ]


def statements(tx: Tx, asked: Asked) -> Rows:
    """A line for each shop's statement of a month."""
    here = asked.here.community.id
    found = []
    for one in statements_of_month(tx, here, asked.month):
        if asked.shop_id not in {0, one.claimant_id}:
            continue
        adjusted = one.adjusted_fen_plus - one.adjusted_fen_minus - one.cofund_fen
        sections = Counter(row.section for row in rows_of(tx, here, one.statement_id))
        lines = sections["discrepancy"]
        found.append(
            (
                asked.shop(one.claimant_id),
                f"{date_text(one.first_date)} - {date_text(one.last_date)}",
                one.offset_count,
                asked.hundredths(one.offset_units, asked.here.civic.commodity),
                one.settled_fen_plus,
                -one.settled_fen_minus,
                adjusted,
                one.settled_fen_plus - one.settled_fen_minus + adjusted,
                _say(_LINES).format(count=lines) if lines else "",
                one.account_tail,
                *("", ""),
                one.objection_until,
            )
        )
    return found


def differences(tx: Tx, asked: Asked) -> Rows:
    """Each difference of a month: what the book says, what was claimed, what was decided."""
    names = _staff(tx, asked)
    found = []
    for row in tx.all(_DIFFERENCES, **asked.span, shop=asked.shop_id):
        decided = row.decided_at and asked.moment(int(row.decided_at))[:10].replace("-", "")
        found.append(
            (
                str(row.discrepancy_no),
                f"{row.code} {verdict_name(_say, row.code, row.sub_code)}",
                _side(row.ref, row.booked_fen),
                _side(row.ref, row.claimed_fen),
                int(row.plus_fen) - int(row.minus_fen),
                "",
                state_name(_say, row.decision or row.state),
                names.get(int(row.approved_by or row.decided_by or 0), ""),
                int(decided) if decided else None,
            )
        )
    return found


def payouts(tx: Tx, asked: Asked) -> Rows:
    """What is to be paid for a month, by whom proposed and by whom approved."""
    names = _staff(tx, asked)
    rows = tx.all(
        _PAYOUTS, community_id=asked.here.community.id, month=asked.month, shop=asked.shop_id
    )
    return [
        (
            f"{row.month // 100}-{row.month % 100:02d}",
            asked.shop(int(row.claimant_id)),
            int(row.offset_count),
            int(row.amount_fen),
            row.account_tail,
            names.get(int(row.proposed_by), ""),
            "",
            names.get(int(row.approved_by or 0), ""),
            "",
        )
        for row in rows
    ]


def _side(ref: str | None, fen: int | None) -> str:
    return "" if fen is None else f"{ref} {yuan_text(int(fen))}"


def _staff(tx: Tx, asked: Asked) -> dict[int, str]:
    return {
        int(row.staff_id): str(row.name) for row in staff.all_staff(tx, asked.here.community.id)
    }
