"""Checks of services for points: vouchers and how they ended, times and orders, benefits by agreement."""

from __future__ import annotations

from typing import Final

from settlement.auditor.registry import Check, check, look

_BY_TXN: Final = {"entry": "o.txn_id = f.txn_id", "I2": "o.txn_id = f.txn_id"}

# What a posting put on the vouchers' account or took from it, and where to.
_MOVED: Final = (
    "(SELECT txn_id, sum(amount) FILTER (credit_kind = 'voucher')::BIGINT AS sold,"
    " sum(amount) FILTER (debit_kind = 'voucher')::BIGINT AS ended,"
    " max(credit_kind::VARCHAR) FILTER (debit_kind = 'voucher') AS went_to,"
    " max(credit_owner) FILTER (debit_kind = 'voucher') AS went_for FROM line GROUP BY txn_id"
    " HAVING sold IS NOT NULL OR ended IS NOT NULL)"
)
_KINDS: Final = "('voucher_buy', 'voucher_use', 'voucher_end')"

_KEPT: Final = " AND ".join(
    f"v.{own} = coalesce(t.{said}, s.{said})"
    for own, said in (
        ("units", "price_units"),
        *(
            (name, name)
            for name in ("contract_fen", "unused", "returnable", "needs_booking", "cancel_hours")
        ),
    )
)

SERVICES: Final[tuple[Check, ...]] = (
    check(
        "voucher",
        look(
            "voucher_end",
            "voucher_id",
            "SELECT voucher_id, count(*) AS ends FROM voucher_end GROUP BY voucher_id HAVING count(*) > 1",
        ),
        look(
            "voucher",
            "voucher_id",
            "SELECT v.voucher_id, v.provider_id, v.txn_id, v.units, m.sold AS posted, x.kind FROM voucher v"
            f" LEFT JOIN entry x ON x.txn_id = v.txn_id LEFT JOIN {_MOVED} m ON m.txn_id = v.txn_id"
            " WHERE NOT coalesce(x.kind = 'voucher_buy' AND m.sold = v.units AND x.request_id = v.request_id"
            "  AND x.business_date = v.business_date AND x.wallet_owner_id = v.wallet_owner_id"
            "  AND v.last_day >= v.business_date, false)",
        ),
        look(
            "voucher_end",
            "voucher_id",
            "SELECT e.voucher_id, e.provider_id, e.txn_id, e.how, e.units, m.ended AS posted, m.went_to, e.fen,"
            " o.fen AS booked_fen FROM voucher_end e LEFT JOIN voucher v ON v.voucher_id = e.voucher_id"
            f" LEFT JOIN entry x ON x.txn_id = e.txn_id LEFT JOIN {_MOVED} m ON m.txn_id = e.txn_id"
            " LEFT JOIN offset_booked o ON o.txn_id = e.txn_id WHERE NOT coalesce("
            " e.units = v.units AND e.units = m.ended AND e.provider_id = v.provider_id"
            " AND x.request_id = e.request_id AND x.business_date = e.business_date"
            " AND e.business_date >= v.business_date"
            " AND e.fen = CASE e.how WHEN 'used' THEN v.contract_fen ELSE 0 END"
            " AND x.kind = CASE e.how WHEN 'used' THEN 'voucher_use' ELSE 'voucher_end' END"
            " AND m.went_to = CASE e.how WHEN 'used' THEN CASE e.provider_id WHEN 0 THEN 'redeemed'"
            "  ELSE 'offset' END WHEN 'lapsed' THEN 'expired' ELSE 'wallet' END"
            " AND m.went_for = CASE WHEN e.how IN ('returned', 'expired') THEN v.wallet_owner_id"
            "  WHEN e.how = 'used' THEN e.provider_id ELSE 0 END"
            # Claimed at its contract's price, by its provider, and only where somebody claims.
            " AND CASE WHEN e.how = 'used' AND e.provider_id <> 0 THEN coalesce(o.kind = 'voucher'"
            "  AND o.claimant_id = e.provider_id AND o.fen = v.contract_fen AND o.units = v.units"
            "  AND o.ref = e.ref, false) ELSE o.txn_id IS NULL END"
            # Used within its days; nothing lapses before them, or without notice.
            " AND CASE e.how WHEN 'used' THEN e.business_date <= v.last_day"
            "  WHEN 'lapsed' THEN e.business_date > v.last_day AND v.unused = 'lapse'"
            "  WHEN 'expired' THEN e.business_date > v.last_day ELSE true END, false)",
        ),
        look(
            "voucher_end",
            "voucher_id",
            "SELECT e.voucher_id, e.provider_id, e.how, n.given_on, v.last_day FROM voucher_end e"
            " JOIN voucher v ON v.voucher_id = e.voucher_id"
            " LEFT JOIN voucher_notice n ON n.voucher_id = e.voucher_id WHERE e.how = 'lapsed'"
            " AND NOT coalesce(n.given_on <= v.last_day AND n.last_day = v.last_day, false)",
        ),
        # Sold on the terms its service had on that day, and kept ever since.
        look(
            "voucher",
            "voucher_id",
            "SELECT v.voucher_id, v.provider_id, v.service_id, v.business_date, v.units, v.contract_fen,"
            " v.last_day, t.from_date AS terms_from FROM voucher v"
            " LEFT JOIN service s ON s.service_id = v.service_id ASOF LEFT JOIN service_terms t"
            "  ON t.service_id = v.service_id AND v.business_date >= t.from_date WHERE NOT coalesce("
            " v.provider_id = s.provider_id AND v.commodity = s.commodity"
            f" AND {_KEPT} AND v.last_day = strftime(strptime(v.business_date::VARCHAR, '%Y%m%d')"
            "  + to_days((coalesce(t.valid_days, s.valid_days) - 1)::INTEGER), '%Y%m%d')::BIGINT, false)",
        ),
        look(
            "account",
            "account_id",
            "SELECT a.account_id, a.commodity, coalesce(r.credits_less_debits, 0) AS posted,"
            " coalesce(v.units, 0) AS open_units FROM account a"
            " LEFT JOIN reckoned r ON r.account_id = a.account_id LEFT JOIN (SELECT commodity,"
            "  sum(units)::BIGINT AS units FROM voucher ANTI JOIN voucher_end USING (voucher_id)"
            "  GROUP BY ALL) v ON v.commodity = a.commodity WHERE a.kind = 'voucher'"
            " AND coalesce(r.credits_less_debits, 0) <> coalesce(v.units, 0)",
        ),
        look(
            "txn",
            "txn_id",
            "SELECT x.txn_id, x.kind, 'no voucher' AS wrong FROM entry x ANTI JOIN"
            " (SELECT txn_id FROM voucher UNION ALL SELECT txn_id FROM voucher_end) v ON v.txn_id = x.txn_id"
            f" WHERE x.kind IN {_KINDS}",
        ),
        look(
            "offset_booked",
            "txn_id",
            "SELECT o.txn_id, o.claimant_id, o.ref, 'no voucher' AS wrong FROM offset_booked o"
            " ANTI JOIN voucher_end e ON e.txn_id = o.txn_id WHERE o.kind = 'voucher'",
        ),
        needs="voucher_notice service service_terms transfer txn account",
        explained_by={
            "entry": (
                "o.txn_id = f.txn_id",
                (
                    "EXISTS (SELECT 1 FROM line t WHERE t.txn_id = o.txn_id"
                    " AND f.account_id IN (t.debit_id, t.credit_id))"
                ),
            ),
            "I2": "o.txn_id = f.txn_id",
            "chart": "o.txn_id = f.txn_id",
        },
    ),
    check(
        "service_order",
        look(
            "slot",
            "slot_id",
            "SELECT s.slot_id, s.capacity, s.taken, coalesce(o.orders, 0) AS orders FROM slot s LEFT JOIN"
            " (SELECT slot_id, count(*) AS orders FROM service_order"
            "  WHERE state IN ('asked', 'accepted', 'done', 'no_show') GROUP BY ALL) o ON o.slot_id = s.slot_id"
            " WHERE s.taken IS DISTINCT FROM coalesce(o.orders, 0) OR s.taken > s.capacity",
        ),
        look(
            "service_order",
            "order_id",
            "SELECT o.order_id, o.voucher_id, o.state, e.how FROM service_order o"
            " LEFT JOIN voucher_end e ON e.voucher_id = o.voucher_id"
            " WHERE (o.state = 'done' AND e.how IS DISTINCT FROM 'used')"
            " OR (o.state IN ('asked', 'accepted') AND e.how IS NOT NULL)"
            " OR (o.state <> 'done' AND (o.confirmed_at IS NOT NULL OR o.rating IS NOT NULL))",
        ),
        look(
            "service_order",
            "voucher_id",
            "SELECT voucher_id, count(*) AS orders FROM service_order"
            " WHERE state IN ('asked', 'accepted', 'done') GROUP BY voucher_id HAVING count(*) > 1",
        ),
        needs="voucher_end",
        explained_by={"voucher": "o.voucher_id = f.voucher_id"},
    ),
    check(
        "benefit",
        look(
            "benefit_given",
            "benefit_id",
            "SELECT b.benefit_id, b.txn_id, b.burned_units, p.units AS posted FROM benefit_given b"
            " LEFT JOIN entry x ON x.txn_id = b.txn_id LEFT JOIN (SELECT txn_id, sum(amount)::BIGINT AS units"
            "  FROM line WHERE debit_kind = 'wallet' AND credit_kind = 'redeemed' GROUP BY ALL) p"
            " ON p.txn_id = b.txn_id WHERE NOT coalesce(b.off_fen BETWEEN 0 AND b.total_fen"
            " AND (b.txn_id IS NULL) = (b.burned_units = 0) AND coalesce(p.units, 0) = b.burned_units"
            " AND (b.txn_id IS NULL OR (x.kind = 'benefit' AND x.request_id = b.benefit_id"
            "  AND x.merchant_id = b.merchant_id AND x.ref = b.ref)), false)",
        ),
        look(
            "offset_booked",
            "txn_id",
            "SELECT o.txn_id, o.claimant_id, o.ref FROM offset_booked o"
            " JOIN benefit_given b ON b.merchant_id = o.claimant_id AND b.ref = o.ref",
        ),
        look(
            "txn",
            "txn_id",
            "SELECT x.txn_id, x.ref, 'no benefit' AS wrong FROM entry x"
            " ANTI JOIN benefit_given b ON b.txn_id = x.txn_id WHERE x.kind = 'benefit'",
        ),
        needs="transfer txn",
        explained_by=_BY_TXN,
    ),
)
"""Of `ledger/services`, as the export has it."""
