"""What must be true of the book at any moment, asked in raw SQL that shares nothing with the product's own code."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from tests.support import (
    invariants_awards,
    invariants_certificates,
    invariants_expiry,
    invariants_fees,
    invariants_households,
    invariants_vouchers,
)

_SIGNED: Final = (
    "(SELECT community_id, txn_id, debit_id AS account_id, -amount AS change FROM transfer"
    " UNION ALL SELECT community_id, txn_id, credit_id, amount FROM transfer)"
)
_SUMS: Final = (
    "SELECT a.community_id, a.account_id, a.kind, a.commodity, a.owner_id,"
    " CASE WHEN a.kind IN ('issued_consumption', 'issued_deed', 'issued_grant', 'owed', 'loss', 'bank',"
    " 'bank_fee', 'returns', 'inventory', 'goods_cost', 'till') THEN -1 ELSE 1 END"
    f" * coalesce((SELECT sum(change) FROM {_SIGNED} s WHERE s.community_id = a.community_id"
    " AND s.account_id = a.account_id), 0) AS total FROM account a"
)
_UNTIL_CLOSE: Final = (
    "coalesce((SELECT sum(t.amount) FROM transfer t JOIN leaf l ON l.community_id = t.community_id"
    " AND l.entry_id = t.txn_id WHERE t.community_id = a.community_id AND t.{side}_id = a.account_id"
    " AND l.leaf_index < (SELECT coalesce(max(p.tree_size), 0) FROM period p"
    "  WHERE p.community_id = a.community_id AND p.state = 'closed')), 0)"
)
"""What was debited or credited to account `a` before the last close."""

CHECKS: Final[dict[str, str]] = {
    # --- the book
    "debits_equal_credits": (
        f"SELECT a.community_id, a.commodity, sum(s.change) AS over FROM {_SIGNED} s"
        " JOIN account a ON a.community_id = s.community_id AND a.account_id = s.account_id"
        " GROUP BY a.community_id, a.commodity HAVING sum(s.change) <> 0"
    ),
    # Points given out = wallets + pending + offset + disputed + voucher + inter + retired + redeemed + expired
    # + forfeited + deducted - owed - loss: with debits equal to credits that holds if no other kind of account hides
    # any.
    "points_given_out_are_somewhere": (
        f"SELECT s.community_id, s.commodity, sum(s.total) AS hidden FROM ({_SUMS}) s"
        " WHERE s.commodity <> 156 AND s.kind NOT IN ('issued_consumption', 'issued_deed',"
        " 'issued_grant', 'issued_deduction', 'wallet', 'pending', 'owed', 'offset', 'disputed', 'voucher', 'inter',"
        " 'retired', 'redeemed', 'expired', 'forfeited', 'loss')"
        " GROUP BY s.community_id, s.commodity HAVING sum(s.total) <> 0"
    ),
    # What left the funds for goods and fees is on the shelf, was handed out, or went to the bank; so what the bank
    # holds is what the funds, the shops and what is on its way say.
    "what_left_the_funds_is_accounted_for": (
        "SELECT s.community_id, sum(CASE WHEN s.kind = 'spent' THEN s.total ELSE -s.total END)"
        f" AS over FROM ({_SUMS}) s WHERE s.commodity = 156 AND s.kind IN ('spent', 'inventory',"
        " 'goods_cost', 'bank_fee') GROUP BY s.community_id"
        " HAVING sum(CASE WHEN s.kind = 'spent' THEN s.total ELSE -s.total END) <> 0"
    ),
    # The yuan in a supermarket's till is what residents paid beside points and nobody brought to the bank yet.
    "a_till_holds_what_was_paid_beside_points": (
        f"SELECT s.community_id, s.owner_id FROM ({_SUMS}) s WHERE s.kind IN ('till', 'copaid')"
        " GROUP BY s.community_id, s.owner_id"
        " HAVING sum(CASE WHEN s.kind = 'till' THEN s.total ELSE -s.total END) <> 0"
    ),
    "a_slip_says_the_yuan_in_the_book": (
        "SELECT r.redemption_id FROM redemption r WHERE r.paid_fen <> coalesce((SELECT sum(t.amount) FROM transfer t"
        " JOIN account a ON a.community_id = t.community_id AND a.account_id = t.debit_id AND a.kind = 'till'"
        " WHERE t.community_id = r.community_id AND t.txn_id = r.txn_id), 0)"
    ),
    "a_return_says_the_yuan_in_the_book": (
        "SELECT g.return_id FROM goods_return g WHERE g.paid_back_fen <> coalesce((SELECT sum(t.amount) FROM transfer t"
        " JOIN account a ON a.community_id = t.community_id AND a.account_id = t.credit_id AND a.kind = 'till'"
        " WHERE t.community_id = g.community_id AND t.txn_id = g.txn_id), 0)"
    ),
    "a_transfer_moves_something": (
        "SELECT t.* FROM transfer t WHERE t.amount <= 0 OR t.debit_id = t.credit_id OR NOT EXISTS"
        " (SELECT 1 FROM txn x WHERE x.community_id = t.community_id AND x.txn_id = t.txn_id)"
    ),
    "a_balance_is_the_sum_of_its_transfers": (
        f"SELECT b.*, s.total FROM balance b JOIN ({_SUMS}) s ON s.community_id = b.community_id"
        " AND s.account_id = b.account_id WHERE b.posted <> s.total"
    ),
    "a_bounded_account_has_a_balance": (
        "SELECT a.* FROM account a LEFT JOIN balance b ON b.community_id = a.community_id"
        " AND b.account_id = a.account_id WHERE (a.kind IN ('wallet', 'owed', 'fund', 'cover'))"
        " <> (b.account_id IS NOT NULL)"
    ),
    "nothing_is_overdrawn": "SELECT * FROM balance WHERE held < 0 OR posted < held",
    "held_is_the_sum_of_open_holds": (
        "SELECT b.* FROM balance b JOIN account a ON a.community_id = b.community_id"
        " AND a.account_id = b.account_id WHERE a.kind <> 'cover' AND b.held <> coalesce((SELECT"
        " sum(h.amount) FROM hold h LEFT JOIN hold_end e ON e.community_id = h.community_id"
        " AND e.hold_id = h.hold_id WHERE h.community_id = b.community_id"
        " AND h.account_id = b.account_id AND e.hold_id IS NULL), 0)"
    ),
    "a_hold_ends_within_its_amount": (
        "SELECT h.* FROM hold h JOIN hold_end e ON e.community_id = h.community_id"
        " AND e.hold_id = h.hold_id WHERE e.captured < 0 OR e.captured > h.amount"
    ),
    # Every sale's offset stays bound until its points end: settled by a night for the yuan it was booked at, or by a
    # decision (retired, given back, forfeited), paid or not paid. A refund never binds and never frees.
    "cover_holds_every_unsettled_offset": (
        "SELECT b.*, c.owner_id FROM balance b JOIN account c ON c.community_id = b.community_id"
        " AND c.account_id = b.account_id AND c.kind = 'cover' WHERE b.held <>"
        " coalesce((SELECT sum(o.fen) FROM offset_booked o WHERE o.community_id = c.community_id"
        "  AND o.claimant_id = c.owner_id AND o.fen > 0), 0)"
        " + coalesce((SELECT sum(s.offset_fen) FROM sale s WHERE s.community_id = c.community_id"
        "  AND s.merchant_id = c.owner_id AND s.state = 'open'), 0)"
        # A voucher's contract price is bound from its sale on.
        " + coalesce((SELECT sum(v.contract_fen) FROM voucher v WHERE v.community_id = c.community_id"
        "  AND v.provider_id = c.owner_id AND NOT EXISTS (SELECT 1 FROM voucher_end e"
        "   WHERE e.community_id = v.community_id AND e.voucher_id = v.voucher_id)), 0)"
        " + coalesce((SELECT sum(f.fen) FROM fee_offset f WHERE f.community_id = c.community_id"
        "  AND f.biller_id = c.owner_id AND f.state = 'held'), 0)"
        " - coalesce((SELECT sum(t.amount) FROM transfer t JOIN txn x ON x.community_id = t.community_id"
        "   AND x.txn_id = t.txn_id AND x.kind = 'settle'"
        "  JOIN account p ON p.community_id = t.community_id AND p.account_id = t.credit_id"
        "   AND p.kind = 'payable' WHERE t.community_id = c.community_id"
        "   AND t.debit_id = c.account_id), 0)"
        " - coalesce((SELECT sum(t.amount) / 20 FROM transfer t JOIN txn x"
        "   ON x.community_id = t.community_id AND x.txn_id = t.txn_id AND x.kind = 'adjust'"
        "  JOIN account p ON p.community_id = t.community_id AND p.account_id = t.debit_id"
        "   AND p.kind IN ('offset', 'disputed') AND p.owner_id = c.owner_id"
        "  JOIN account r ON r.community_id = t.community_id AND r.account_id = t.credit_id"
        "   AND r.kind IN ('retired', 'wallet', 'forfeited')"
        "  WHERE t.community_id = c.community_id), 0)"
    ),
    # --- one request, one effect, one place in the order
    "a_request_moves_points_once": (
        "SELECT community_id, request_id, count(*) AS times FROM txn"
        " GROUP BY community_id, request_id HAVING count(*) > 1"
    ),
    "a_refused_request_moves_nothing": (
        "SELECT r.* FROM request r JOIN txn x ON x.community_id = r.community_id"
        " AND x.request_id = r.request_id WHERE r.outcome <> 'done'"
    ),
    "every_txn_waits_or_has_its_place": (
        "SELECT x.community_id, x.txn_id FROM txn x"
        " LEFT JOIN outbox o ON o.community_id = x.community_id AND o.entry_id = x.txn_id"
        " LEFT JOIN leaf l ON l.community_id = x.community_id AND l.entry_id = x.txn_id"
        " WHERE (o.entry_id IS NULL) = (l.entry_id IS NULL)"
    ),
    "every_act_waits_or_has_its_place": (
        "SELECT x.community_id, x.audit_id FROM audit x"
        " LEFT JOIN outbox o ON o.community_id = x.community_id AND o.entry_id = x.audit_id"
        " LEFT JOIN leaf l ON l.community_id = x.community_id AND l.entry_id = x.audit_id"
        " WHERE (o.entry_id IS NULL) = (l.entry_id IS NULL)"
    ),
    "places_have_no_gap": (
        "SELECT h.community_id FROM log_head h WHERE h.size <> (SELECT count(*) FROM leaf l"
        "  WHERE l.community_id = h.community_id AND l.leaf_index >= 0 AND l.leaf_index < h.size)"
        " OR EXISTS (SELECT 1 FROM leaf l WHERE l.community_id = h.community_id"
        "  AND l.leaf_index >= h.size)"
    ),
    "a_locked_day_takes_nothing_more": (
        "SELECT x.community_id, x.txn_id FROM txn x JOIN book_day d"
        " ON d.community_id = x.community_id AND d.business_date = x.business_date"
        " WHERE d.state = 'locked' AND x.recorded_at > d.changed_at"
    ),
    "a_closed_month_takes_nothing_more": (
        "SELECT x.community_id, x.txn_id FROM txn x JOIN period p ON p.community_id = x.community_id"
        " AND p.first_date <= x.business_date AND p.last_date >= x.business_date"
        " WHERE p.state = 'closed' AND x.recorded_at > p.closed_at"
    ),
    "a_correction_names_an_earlier_day": (
        "SELECT community_id, txn_id FROM txn WHERE corrects_date > business_date"
        " OR kind IN ('adjust', 'reversal') AND corrects_date IS NULL"
    ),
    "rollups_are_the_sums_of_their_entries": (
        "SELECT a.community_id, a.account_id FROM account a WHERE a.bounded = 0 AND"
        " coalesce((SELECT sum(r.debits) FROM rollup r WHERE r.community_id = a.community_id"
        f"  AND r.account_id = a.account_id), 0) <> {_UNTIL_CLOSE.format(side='debit')}"
        " OR a.bounded = 0 AND"
        " coalesce((SELECT sum(r.credits) FROM rollup r WHERE r.community_id = a.community_id"
        f"  AND r.account_id = a.account_id), 0) <> {_UNTIL_CLOSE.format(side='credit')}"
    ),
    "a_trial_balance_is_what_was_posted": (
        "SELECT b.* FROM trial_balance b JOIN period p ON p.community_id = b.community_id"
        " AND p.period_key = b.period_key WHERE b.debits <> coalesce((SELECT sum(t.amount)"
        "  FROM leaf l JOIN transfer t ON t.community_id = l.community_id AND t.txn_id = l.entry_id"
        "  JOIN account a ON a.community_id = t.community_id AND a.account_id = t.debit_id"
        "  WHERE l.community_id = b.community_id AND l.leaf_index < p.tree_size"
        "  AND a.kind = b.kind AND a.commodity = b.commodity), 0)"
        " OR b.credits <> coalesce((SELECT sum(t.amount)"
        "  FROM leaf l JOIN transfer t ON t.community_id = l.community_id AND t.txn_id = l.entry_id"
        "  JOIN account a ON a.community_id = t.community_id AND a.account_id = t.credit_id"
        "  WHERE l.community_id = b.community_id AND l.leaf_index < p.tree_size"
        "  AND a.kind = b.kind AND a.commodity = b.commodity), 0)"
    ),
    "a_share_is_what_its_lines_say": (
        "SELECT l.community_id, l.claimant_id, l.month, sum(l.fen) AS fen FROM cofund_line l"
        " GROUP BY l.community_id, l.claimant_id, l.month, l.txn_id HAVING sum(l.fen) <>"
        " coalesce((SELECT sum(CASE WHEN d.kind = 'payable' THEN t.amount ELSE -t.amount END)"
        "  FROM transfer t JOIN account d ON d.community_id = t.community_id"
        "  AND d.account_id = t.debit_id WHERE t.community_id = l.community_id"
        "  AND t.txn_id = l.txn_id), 0)"
    ),
    "what_was_given_out_is_counted_once": (
        "SELECT c.community_id, c.counted FROM issue_count c WHERE coalesce((SELECT"
        " sum(s.plus - s.minus) FROM issue_sum s WHERE s.community_id = c.community_id), 0) <>"
        " coalesce((SELECT sum(CASE WHEN a.account_id = t.debit_id THEN t.amount ELSE -t.amount END)"
        "  FROM leaf l JOIN transfer t ON t.community_id = l.community_id AND t.txn_id = l.entry_id"
        "  JOIN account a ON a.community_id = t.community_id"
        "   AND (a.account_id = t.debit_id OR a.account_id = t.credit_id)"
        "   AND a.kind IN ('issued_consumption', 'issued_deed', 'issued_grant')"
        "  WHERE l.community_id = c.community_id AND l.leaf_index < c.counted), 0)"
    ),
    "a_fund_entry_is_what_its_entry_moved": (
        "SELECT e.* FROM fund_entry e WHERE e.fen <> coalesce((SELECT sum(s.change)"
        f" FROM {_SIGNED} s JOIN account a ON a.community_id = s.community_id"
        "  AND a.account_id = s.account_id AND a.kind = 'fund' AND a.owner_id = e.fund_id"
        " WHERE s.community_id = e.community_id AND s.txn_id = e.txn_id), 0)"
    ),
    "a_vote_adds_up_and_took_two": (
        "SELECT * FROM vote WHERE ayes + noes + abstentions <> present OR present > members"
        " OR proposed_by = approved_by OR passed <> CASE WHEN present * 2 > members"
        "  AND ayes * 2 > present THEN 1 ELSE 0 END OR used_at IS NOT NULL AND passed = 0"
    ),
    # --- what stands beside an entry
    "pending_is_what_is_left_of_it": (
        f"SELECT s.* FROM ({_SUMS}) s WHERE s.kind = 'pending' AND s.total <> coalesce((SELECT"
        " sum(p.left_units) FROM pending p WHERE p.community_id = s.community_id"
        " AND p.wallet_owner_id = s.owner_id AND p.commodity = s.commodity), 0)"
    ),
    "an_offset_is_twenty_units_a_fen": (
        "SELECT o.* FROM offset_booked o WHERE o.units <> o.fen * o.units_per_fen AND o.kind <> 'voucher'"
        # A voucher is honoured at the price agreed for the service.
        " OR o.units_per_fen <> 20 AND NOT EXISTS (SELECT 1 FROM txn x"
        "  WHERE x.community_id = o.community_id AND x.txn_id = o.txn_id"
        "  AND x.kind = 'voucher_use')"
    ),
    "an_offset_is_what_its_entry_moved": (
        "SELECT o.* FROM offset_booked o WHERE o.units <> coalesce((SELECT sum(s.change)"
        f" FROM {_SIGNED} s JOIN account a ON a.community_id = s.community_id"
        "  AND a.account_id = s.account_id AND a.kind = 'offset' AND a.owner_id = o.claimant_id"
        " WHERE s.community_id = o.community_id AND s.txn_id = o.txn_id), 0)"
    ),
    "a_payment_earns_once": (
        "SELECT payment_ref, count(*) AS times FROM evidence WHERE payment_ref IS NOT NULL"
        " GROUP BY payment_ref, CASE WHEN route = 'gateway' THEN 1 ELSE 0 END HAVING count(*) > 1"
    ),
    "a_confirmed_payment_was_posted": (
        "SELECT r.* FROM payment_route r WHERE r.state = 'confirmed' AND NOT EXISTS (SELECT 1"
        " FROM payment_posting p WHERE p.community_id = r.community_id"
        " AND p.payment_ref = r.payment_ref AND p.turn = r.turn AND p.sale_id = r.sale_id"
        " AND p.outcome = 'posted')"
    ),
    "a_cap_is_kept": "SELECT * FROM cap_counter WHERE used > cap",
    # --- sales and refunds
    "a_sale_adds_up": (
        "SELECT * FROM sale WHERE offset_fen + paid_fen <> total_fen OR refunded_fen < 0"
        " OR refunded_fen > total_fen"
    ),
    "a_finished_sale_is_in_the_book": (
        "SELECT s.community_id, s.sale_id, s.state FROM sale s LEFT JOIN txn x"
        " ON x.community_id = s.community_id AND x.txn_id = s.txn_id AND x.request_id = s.sale_id"
        " AND x.kind = 'sale' WHERE (s.state = 'done') <> (x.txn_id IS NOT NULL)"
    ),
    "a_booked_sale_has_its_row": (
        "SELECT x.community_id, x.txn_id FROM txn x LEFT JOIN sale s"
        " ON s.community_id = x.community_id AND s.txn_id = x.txn_id"
        " WHERE x.kind = 'sale' AND s.sale_id IS NULL"
    ),
    "refunds_add_up": (
        "SELECT s.community_id, s.sale_id, s.refunded_fen FROM sale s WHERE s.refunded_fen <>"
        " coalesce((SELECT sum(r.goods_fen) FROM refund r WHERE r.community_id = s.community_id"
        "  AND r.sale_id = s.sale_id AND r.state IN ('open', 'done')), 0)"
    ),
    "a_refund_gives_back_what_came_back": (
        "SELECT * FROM refund WHERE cash_fen + offset_fen <> goods_fen OR cash_fen < 0"
        " OR offset_fen < 0 OR units_back < 0 OR earned_back_units < 0"
    ),
    # --- points that lapse, points given and taken by decision
    **invariants_expiry.CHECKS,
    **invariants_awards.CHECKS,
    **invariants_fees.CHECKS,
    **invariants_certificates.CHECKS,
    **invariants_vouchers.CHECKS,
    **invariants_households.CHECKS,
}
"""Each names what holds; its query finds the rows where it does not. Written for both engines."""


class BrokenInvariantError(AssertionError):
    """Something that must be true of the book is not."""


def broken(connection: Connection) -> dict[str, list[Any]]:
    """Every invariant that fails as `connection` sees the book, with rows that show it; {} when all is well."""
    found = {}
    for name, query in CHECKS.items():
        rows = connection.execute(text(query)).fetchmany(5)
        if rows:
            found[name] = [dict(row._mapping) for row in rows]
    return found


def check_invariants(engine: Engine) -> None:
    """Raise BrokenInvariantError, naming what is wrong."""
    with engine.connect() as connection:
        found = broken(connection)
    if found:
        raise BrokenInvariantError("\n".join(f"{name}: {rows}" for name, rows in found.items()))
