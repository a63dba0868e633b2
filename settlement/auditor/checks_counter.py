"""Checks of the counter: sales, refunds, pending points, payments and goods against what was posted."""

from __future__ import annotations

from typing import Final

from settlement.auditor.registry import Check, check, look

_SAME_ENTRY: Final = {"entry": "o.txn_id = f.txn_id", "I2": "o.txn_id = f.txn_id"}

COUNTER: Final[tuple[Check, ...]] = (
    check(
        "offset",
        look(
            "offset_booked",
            "txn_id",
            "SELECT o.txn_id, o.claimant_id, o.ref, o.units, coalesce(x.offset_in, 0) - coalesce(x.offset_out, 0)"
            " AS moved, x.offset_owner AS moved_for FROM offset_booked o LEFT JOIN entry x ON x.txn_id = o.txn_id"
            " WHERE o.units IS DISTINCT FROM coalesce(x.offset_in, 0) - coalesce(x.offset_out, 0)"
            " OR (o.units <> 0 AND x.offset_owner IS DISTINCT FROM o.claimant_id)"
            " OR (x.ref, x.business_date, x.occurred_at, x.merchant_id, x.terminal_id) IS DISTINCT FROM"
            "  (o.ref, o.business_date, o.occurred_at, o.claimant_id, o.terminal_id)",
        ),
        look(
            "txn",
            "txn_id",
            "SELECT x.txn_id, x.kind, coalesce(x.offset_in, -x.offset_out) AS moved FROM entry x"
            " ANTI JOIN offset_booked o ON o.txn_id = x.txn_id WHERE x.kind IN ('sale', 'refund', 'voucher_use')"
            " AND (x.offset_in <> 0 OR x.offset_out <> 0)",
        ),
        needs="txn",
        explained_by=_SAME_ENTRY,
    ),
    check(
        "sale",
        look(
            "sale",
            "sale_id",
            "SELECT s.sale_id, s.txn_id, s.total_fen, s.offset_fen, s.paid_fen, s.offset_units,"
            " coalesce(x.offset_in, 0) AS offset_posted, s.earned_units, coalesce(x.earned, 0) AS earned_posted"
            " FROM sale s LEFT JOIN entry x ON x.txn_id = s.txn_id WHERE s.state = 'done' AND NOT coalesce("
            " s.offset_fen + s.paid_fen = s.total_fen AND s.refunded_fen BETWEEN 0 AND s.total_fen"
            " AND x.kind = 'sale' AND x.request_id = s.sale_id AND x.ref = s.ref"
            " AND x.business_date = s.business_date AND x.merchant_id = s.merchant_id"
            " AND x.terminal_id = s.terminal_id AND x.wallet_owner_id = s.wallet_owner_id"
            " AND s.offset_units = coalesce(x.offset_in, 0) AND s.earned_units = coalesce(x.earned, 0)"
            " AND s.offset_units = s.offset_fen * x.units_per_fen, false)",
        ),
        look(
            "txn",
            "txn_id",
            "SELECT x.txn_id, x.ref, 'no sale' AS wrong FROM entry x ANTI JOIN (SELECT txn_id FROM sale"
            " WHERE state = 'done') s ON s.txn_id = x.txn_id WHERE x.kind = 'sale'",
        ),
        needs="txn",
        explained_by=_SAME_ENTRY,
    ),
    check(
        "refund",
        look(
            "refund",
            "refund_id",
            "SELECT r.refund_id, r.sale_id, r.goods_fen, r.cash_fen, r.offset_fen, r.units_back,"
            " coalesce(x.offset_out, 0) AS units_posted, r.earned_back_units, coalesce(x.earned_back, 0)"
            " AS earned_back_posted FROM refund r LEFT JOIN entry x ON x.txn_id = r.txn_id"
            " WHERE r.state = 'done' AND NOT coalesce(r.cash_fen + r.offset_fen = r.goods_fen"
            " AND least(r.cash_fen, r.offset_fen, r.units_back, r.earned_back_units) >= 0"
            " AND r.units_back = coalesce(x.offset_out, 0)"
            " AND r.earned_back_units = coalesce(x.earned_back, 0) AND (r.txn_id IS NULL"
            "  OR (x.kind = 'refund' AND x.request_id = r.refund_id AND x.ref = r.ref"
            "   AND x.business_date = r.business_date)), false)",
        ),
        look(
            "txn",
            "txn_id",
            "SELECT x.txn_id, x.ref, 'no refund' AS wrong FROM entry x ANTI JOIN (SELECT txn_id FROM refund"
            " WHERE state = 'done') r ON r.txn_id = x.txn_id WHERE x.kind = 'refund'",
        ),
        needs="txn",
        explained_by=_SAME_ENTRY,
    ),
    check(
        "I16",
        look(
            "sale",
            "sale_id",
            "WITH back AS (SELECT sale_id, sum(goods_fen)::BIGINT AS goods, sum(offset_fen)::BIGINT AS fen,"
            "  sum(units_back)::BIGINT AS units, sum(cash_fen)::BIGINT AS cash,"
            "  sum(earned_back_units)::BIGINT AS earned FROM refund WHERE state IN ('open', 'done') GROUP BY sale_id)"
            " SELECT s.sale_id, s.ref, s.total_fen, s.refunded_fen, coalesce(b.goods, 0) AS goods_back,"
            " b.fen AS offset_back_fen, b.units AS units_back, b.earned AS earned_back FROM sale s"
            " LEFT JOIN back b ON b.sale_id = s.sale_id WHERE s.refunded_fen IS DISTINCT FROM coalesce(b.goods, 0)"
            " OR b.goods > s.total_fen OR (b.goods IS NOT NULL AND s.sale_id NOT IN (SELECT sale_id FROM refund"
            "  WHERE state = 'void') AND (b.fen <> s.offset_fen * b.goods // s.total_fen"
            "  OR b.units <> CASE WHEN s.offset_fen = 0 THEN 0 ELSE s.offset_units * b.fen // s.offset_fen END"
            "  OR b.earned <> CASE WHEN s.paid_fen = 0 THEN 0 ELSE s.earned_units * b.cash // s.paid_fen END))",
        ),
        needs="refund",
        explained_by={"sale": "o.sale_id = f.sale_id", "refund": "o.sale_id = f.sale_id"},
    ),
    check(
        "pending",
        look(
            "pending",
            "txn_id",
            "SELECT p.txn_id, p.units, x.to_pending AS posted, p.left_units, p.state FROM pending p"
            " LEFT JOIN entry x ON x.txn_id = p.txn_id WHERE NOT coalesce(p.units = x.to_pending"
            " AND p.left_units BETWEEN 0 AND p.units AND p.wallet_owner_id = x.wallet_owner_id"
            " AND p.merchant_id = x.merchant_id AND p.business_date = x.business_date"
            " AND ((p.state = 'open' AND p.ended_at IS NULL) OR (p.state IN ('vested', 'reversed')"
            "  AND p.left_units = 0 AND p.ended_at IS NOT NULL)), false)",
        ),
        look(
            "account",
            "account_id",
            "SELECT a.account_id, a.owner_id, coalesce(r.credits_less_debits, 0) AS posted,"
            " coalesce(p.units, 0) AS waiting FROM account a LEFT JOIN reckoned r ON r.account_id = a.account_id"
            " LEFT JOIN (SELECT wallet_owner_id, commodity, sum(left_units)::BIGINT AS units FROM pending"
            "  GROUP BY ALL) p ON p.wallet_owner_id = a.owner_id AND p.commodity = a.commodity"
            " WHERE a.kind = 'pending' AND coalesce(r.credits_less_debits, 0) <> coalesce(p.units, 0)",
        ),
        needs="txn account transfer",
        explained_by={
            "I2": "o.txn_id = f.txn_id",
            "entry": (
                "o.txn_id = f.txn_id",
                (
                    "EXISTS (SELECT 1 FROM line t WHERE t.txn_id = o.txn_id"
                    " AND f.account_id IN (t.debit_id, t.credit_id))"
                ),
            ),
        },
    ),
    check(
        "I32",
        look(
            "evidence",
            "payment_ref",
            "SELECT payment_ref, count(*) AS sales FROM evidence WHERE payment_ref IS NOT NULL"
            " GROUP BY payment_ref, route = 'gateway' HAVING count(*) > 1",
        ),
        look(
            "evidence",
            "txn_id",
            "SELECT e.txn_id, e.sale_id, e.paid_fen, s.paid_fen AS paid_fen_of_sale FROM evidence e"
            " LEFT JOIN sale s ON s.sale_id = e.sale_id WHERE NOT coalesce(e.paid_fen = s.paid_fen"
            " AND e.txn_id = s.txn_id AND e.merchant_id = s.merchant_id"
            " AND (e.state <> 'proven' OR e.proven_by IS NOT NULL), false)",
        ),
        needs="sale",
        explained_by={"sale": "o.sale_id = f.sale_id"},
    ),
    check(
        "goods",
        look(
            "redemption",
            "redemption_id",
            "SELECT r.redemption_id, r.txn_id, r.units, l.units AS lines_units, p.units AS posted FROM redemption r"
            " LEFT JOIN (SELECT redemption_id, sum(quantity * price_units)::BIGINT AS units FROM redemption_line"
            "  GROUP BY ALL) l ON l.redemption_id = r.redemption_id"
            " LEFT JOIN (SELECT txn_id, sum(amount)::BIGINT AS units FROM line WHERE credit_kind = 'redeemed'"
            "  GROUP BY ALL) p ON p.txn_id = r.txn_id"
            " WHERE r.units IS DISTINCT FROM l.units OR r.units IS DISTINCT FROM p.units",
        ),
        # Yuan are in the book since there is a till for them; a slip from before that has none.
        look(
            "redemption",
            "redemption_id",
            "SELECT r.redemption_id, r.txn_id, r.paid_fen, l.fen AS lines_fen, coalesce(p.fen, 0) AS posted_fen"
            " FROM redemption r LEFT JOIN (SELECT redemption_id, sum(quantity * price_fen)::BIGINT AS fen"
            "  FROM redemption_line GROUP BY ALL) l ON l.redemption_id = r.redemption_id"
            " LEFT JOIN (SELECT txn_id, sum(amount)::BIGINT AS fen FROM line WHERE debit_kind = 'till'"
            "  GROUP BY ALL) p ON p.txn_id = r.txn_id"
            " WHERE r.paid_fen IS DISTINCT FROM l.fen OR (r.paid_fen IS DISTINCT FROM coalesce(p.fen, 0)"
            "  AND r.txn_id >= (SELECT min(txn_id) FROM line WHERE debit_kind = 'till'))",
        ),
        needs="redemption_line transfer",
        explained_by=_SAME_ENTRY,
    ),
)
"""Of `pos`, as the export has it."""
