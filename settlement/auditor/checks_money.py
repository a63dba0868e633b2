"""Checks of what shops are owed and paid: open claims, cover, payables, statements, payouts."""

from __future__ import annotations

from typing import Final

from settlement.auditor.digests import statements
from settlement.auditor.registry import Check, check, look, look_by
from settlement.auditor.shares import lines, posted
from settlement.auditor.source import names

# An offset is open until its points are retired: by a night that has posted, or by a decision. Of a claim that was
# too low, the rest stays open until somebody decides.
_OPEN: Final = (
    "(SELECT b.claimant_id, b.units, b.fen FROM booked b LEFT JOIN night_total n ON n.run_no = b.settle_run"
    "  AND n.claimant_id = b.claimant_id AND n.txn_id IS NOT NULL"
    "  WHERE n.run_no IS NULL AND b.closed_by NOT IN ('decided', 'statement')"
    " UNION ALL SELECT d.claimant_id, d.rest_units, d.rest_fen FROM discrepancy d"
    "  JOIN night_total n ON n.run_no = d.run_no AND n.claimant_id = d.claimant_id AND n.txn_id IS NOT NULL"
    "  WHERE d.code = 'V2' AND d.state <> 'decided')"
)
# A shop's own share is posted when the month closes and counts for the month whose last day it names.
_DAY: Final = (
    "CASE x.kind WHEN 'cofund' THEN x.corrects_date ELSE x.business_date END AS business_date"
)
_PAYABLE: Final = (
    f"(SELECT x.txn_id, x.kind, {_DAY}, t.credit_owner AS claimant_id, t.amount AS fen"
    "  FROM line t JOIN entry x ON x.txn_id = t.txn_id WHERE t.credit_kind = 'payable'"
    f" UNION ALL SELECT x.txn_id, x.kind, {_DAY}, t.debit_owner, -t.amount"
    "  FROM line t JOIN entry x ON x.txn_id = t.txn_id WHERE t.debit_kind = 'payable')"
)
_LIVE: Final = "('sending', 'sent', 'unknown', 'confirmed')"
_BY_ENTRY: Final = {"entry": "true", "I2": "true", "I21": "true"}

# What each state of a payout posts, as (debited, credited).
_ROADS: Final = (
    "(VALUES ('sending', 'payable', 'clearing'), ('sent', 'payable', 'clearing'),"
    " ('confirmed', 'clearing', 'bank'), ('failed', 'clearing', 'payable'),"
    " ('returned', 'bank', 'returns'), ('returned', 'returns', 'payable')) AS road(state, debit, credit)"
)

_BALANCED: Final = (
    "WITH p AS (SELECT claimant_id, business_date, kind, sum(fen)::BIGINT AS fen,"
    "  sum(greatest(fen, 0))::BIGINT AS up, sum(greatest(-fen, 0))::BIGINT AS down"
    f"  FROM (SELECT claimant_id, business_date, kind, txn_id, sum(fen)::BIGINT AS fen FROM {_PAYABLE}"
    "   GROUP BY ALL) GROUP BY ALL),"
    " n AS (SELECT t.*, r.business_date FROM night_total t JOIN night_run r ON r.run_no = t.run_no),"
    " w AS (SELECT s.statement_id,"
    "  (SELECT coalesce(sum(fen), 0) FROM p WHERE p.claimant_id = s.claimant_id"
    "   AND p.business_date < s.first_date)::BIGINT AS opening_fen,"
    "  (SELECT coalesce(sum(fen), 0) FROM p WHERE p.claimant_id = s.claimant_id"
    "   AND p.business_date <= s.last_date)::BIGINT AS payable_fen,"
    "  (SELECT coalesce(-sum(fen), 0) FROM p WHERE p.claimant_id = s.claimant_id"
    "   AND p.kind IN ('payout', 'payout_failed', 'shop_paid_in', 'payment_difference')"
    "   AND p.business_date BETWEEN s.first_date AND s.last_date)::BIGINT AS paid_fen,"
    "  (SELECT coalesce(-sum(fen), 0) FROM p WHERE p.claimant_id = s.claimant_id AND p.kind = 'cofund'"
    "   AND p.business_date BETWEEN s.first_date AND s.last_date)::BIGINT AS cofund_fen,"
    "  (SELECT coalesce(sum(up), 0) FROM p WHERE p.claimant_id = s.claimant_id AND p.kind = 'adjust'"
    "   AND p.business_date BETWEEN s.first_date AND s.last_date)::BIGINT AS adjusted_fen_plus,"
    "  (SELECT coalesce(sum(down), 0) FROM p WHERE p.claimant_id = s.claimant_id AND p.kind = 'adjust'"
    "   AND p.business_date BETWEEN s.first_date AND s.last_date)::BIGINT AS adjusted_fen_minus,"
    "  n.* FROM statement s LEFT JOIN LATERAL (SELECT coalesce(sum(booked_count), 0)::BIGINT AS offset_count,"
    "   coalesce(sum(booked_units_plus - booked_units_minus), 0)::BIGINT AS offset_units,"
    "   coalesce(sum(booked_fen_plus), 0)::BIGINT AS booked_fen_plus,"
    "   coalesce(sum(booked_fen_minus), 0)::BIGINT AS booked_fen_minus,"
    "   coalesce(sum(claimed_fen_plus), 0)::BIGINT AS claimed_fen_plus,"
    "   coalesce(sum(claimed_fen_minus), 0)::BIGINT AS claimed_fen_minus,"
    "   coalesce(sum(settled_fen_plus), 0)::BIGINT AS settled_fen_plus,"
    "   coalesce(sum(settled_fen_minus), 0)::BIGINT AS settled_fen_minus FROM n"
    "   WHERE n.claimant_id = s.claimant_id AND n.business_date BETWEEN s.first_date AND s.last_date) n ON true)"
)
_HEAD: Final = names(
    "opening_fen payable_fen paid_fen cofund_fen adjusted_fen_plus adjusted_fen_minus offset_count offset_units"
    " booked_fen_plus booked_fen_minus claimed_fen_plus claimed_fen_minus settled_fen_plus settled_fen_minus"
)

MONEY: Final[tuple[Check, ...]] = (
    check(
        "I11",
        look(
            "account",
            "account_id",
            "SELECT a.account_id, a.owner_id AS claimant_id, coalesce(r.credits_less_debits, 0) AS posted_units,"
            " coalesce(o.units, 0) AS open_units FROM account a LEFT JOIN reckoned r ON r.account_id = a.account_id"
            f" LEFT JOIN (SELECT claimant_id, sum(units)::BIGINT AS units FROM {_OPEN} GROUP BY ALL) o"
            " ON o.claimant_id = a.owner_id WHERE a.kind = 'offset'"
            " AND coalesce(r.credits_less_debits, 0) <> coalesce(o.units, 0)",
        ),
        needs="night_run night_total offset_booked claim claim_batch open_item discrepancy transfer",
        explained_by={
            **_BY_ENTRY,
            "offset": "o.claimant_id = f.claimant_id",
            "verdict": "o.claimant_id = f.claimant_id",
            "I14": "o.claimant_id = f.claimant_id",
            "night_settled": "o.claimant_id = f.claimant_id",
            "claims_filed": "o.claimant_id = f.claimant_id",
            "waiting": "o.claimant_id = f.claimant_id",
            "difference": "true",
        },
    ),
    check(
        "cover",
        look(
            "balance",
            "account_id",
            "SELECT b.account_id, a.owner_id AS claimant_id, b.held,"
            " coalesce(o.fen, 0) + coalesce(s.fen, 0) + coalesce(v.fen, 0) + coalesce(f.fen, 0)"
            " AS unsettled FROM balance b JOIN account a ON a.account_id = b.account_id AND a.kind = 'cover'"
            f" LEFT JOIN (SELECT claimant_id, sum(fen)::BIGINT AS fen FROM {_OPEN} WHERE fen > 0 GROUP BY ALL) o"
            " ON o.claimant_id = a.owner_id LEFT JOIN (SELECT merchant_id, sum(offset_fen)::BIGINT AS fen"
            "  FROM sale WHERE state = 'open' GROUP BY ALL) s ON s.merchant_id = a.owner_id"
            # A voucher's contract price is bound from its sale on, so that it is always honoured.
            " LEFT JOIN (SELECT provider_id, sum(contract_fen)::BIGINT AS fen FROM voucher"
            "  ANTI JOIN voucher_end USING (voucher_id) GROUP BY ALL) v ON v.provider_id = a.owner_id"
            # What a household was promised off a fee bill is bound before the biller confirms.
            " LEFT JOIN (SELECT biller_id, sum(fen)::BIGINT AS fen FROM fee_offset WHERE state = 'held'"
            "  GROUP BY ALL) f ON f.biller_id = a.owner_id WHERE b.held IS DISTINCT FROM"
            " coalesce(o.fen, 0) + coalesce(s.fen, 0) + coalesce(v.fen, 0) + coalesce(f.fen, 0)",
        ),
        needs="sale night_run night_total offset_booked claim claim_batch open_item discrepancy account"
        " voucher voucher_end fee_offset",
        explained_by={
            **_BY_ENTRY,
            "voucher": "o.provider_id = f.claimant_id",
            "I11": "o.claimant_id = f.claimant_id",
            "offset": "o.claimant_id = f.claimant_id",
            "verdict": "o.claimant_id = f.claimant_id",
            "I14": "o.claimant_id = f.claimant_id",
            "waiting": "o.claimant_id = f.claimant_id",
            "difference": "true",
            "claims_filed": "o.claimant_id = f.claimant_id",
        },
    ),
    check(
        "decision",
        look(
            "discrepancy",
            "discrepancy_no",
            "SELECT d.discrepancy_no, d.claimant_id, d.decision, d.posted_txn, d.posted_fen, p.fen AS posted"
            f" FROM discrepancy d LEFT JOIN (SELECT txn_id, sum(fen)::BIGINT AS fen FROM {_PAYABLE} GROUP BY ALL) p"
            " ON p.txn_id = d.posted_txn WHERE d.state = 'decided' AND d.decision <> 'statement'"
            " AND d.posted_fen IS DISTINCT FROM coalesce(p.fen, 0)",
        ),
        look(
            "discrepancy",
            "discrepancy_no",
            "SELECT discrepancy_no, decision, decided_by, approved_by FROM discrepancy WHERE state = 'decided'"
            " AND (decision IS NULL OR decided_by IS NULL OR decided_by = approved_by"
            "  OR (decision = 'pay_claimed' AND posted_fen > 0 AND approved_by IS NULL))",
        ),
        needs="txn transfer",
        explained_by={"entry": "o.txn_id = f.posted_txn"},
    ),
    check(
        "I15",
        look(
            "account",
            "account_id",
            "WITH n AS (SELECT claimant_id, sum(settled_fen_plus - settled_fen_minus)::BIGINT AS fen FROM night_total"
            "  WHERE txn_id IS NOT NULL GROUP BY ALL),"
            " p AS (SELECT claimant_id, sum(amount_fen)::BIGINT AS fen FROM payout"
            f"  WHERE state IN {_LIVE} GROUP BY ALL),"
            f" d AS (SELECT claimant_id, sum(fen)::BIGINT AS fen FROM {_PAYABLE}"
            "  WHERE kind IN ('adjust', 'cofund', 'shop_paid_in', 'payment_difference') GROUP BY ALL)"
            " SELECT a.account_id, a.owner_id AS claimant_id, coalesce(r.credits_less_debits, 0) AS owed,"
            " coalesce(n.fen, 0) AS settled, coalesce(d.fen, 0) AS decided, coalesce(p.fen, 0) AS paid"
            " FROM account a LEFT JOIN reckoned r ON r.account_id = a.account_id"
            " LEFT JOIN n ON n.claimant_id = a.owner_id LEFT JOIN p ON p.claimant_id = a.owner_id"
            " LEFT JOIN d ON d.claimant_id = a.owner_id WHERE a.kind = 'payable' AND coalesce(r.credits_less_debits,"
            "  0) <> coalesce(n.fen, 0) + coalesce(d.fen, 0) - coalesce(p.fen, 0)",
        ),
        look(
            "txn",
            "txn_id",
            "SELECT x.txn_id, count(n.run_no) AS nights FROM entry x LEFT JOIN night_total n"
            " ON n.txn_id = x.txn_id WHERE x.kind = 'settle' GROUP BY x.txn_id HAVING count(n.run_no) <> 1",
        ),
        needs="night_total night_run payout transfer txn",
        explained_by={
            **_BY_ENTRY,
            "night_settled": "o.claimant_id = f.claimant_id",
            "I14": "o.claimant_id = f.claimant_id",
            "payout": "o.claimant_id = f.claimant_id",
        },
    ),
    check(
        "cofund",
        look_by(
            "cofund_line", "claimant_id month given_month units_per_fen", "stated worked_out", lines
        ),
        look_by("cofund_line", "claimant_id month", "stated booked_fen", posted),
        needs="cofund_line agreement statement transfer txn",
        explained_by={"entry": "true", "I2": "true"},
    ),
    check(
        "statement_digest",
        look_by("statement", "statement_id", "digest worked_out", statements),
        needs="statement_row",
        explained_by={"statement": "o.statement_id = f.statement_id"},
    ),
    check(
        "statement",
        look(
            "statement",
            "statement_id",
            f"{_BALANCED} SELECT s.statement_id, s.claimant_id, s.month, concat("
            + ", ".join(
                f"CASE WHEN s.{name} IS DISTINCT FROM w.{name} THEN ' {name}=' || s.{name} || '/' || w.{name}"
                " ELSE '' END"
                for name in _HEAD
            )
            + ") AS stated_and_worked_out FROM statement s JOIN w ON w.statement_id = s.statement_id WHERE "
            + " OR ".join(f"s.{name} IS DISTINCT FROM w.{name}" for name in _HEAD)
            + " OR s.payable_fen <> s.opening_fen + s.settled_fen_plus - s.settled_fen_minus"
            " + s.adjusted_fen_plus - s.adjusted_fen_minus - s.cofund_fen - s.paid_fen",
        ),
        needs="statement_row night_total night_run transfer txn",
        explained_by={
            "entry": "true",
            "I14": "o.claimant_id = f.claimant_id",
            "night_settled": "o.claimant_id = f.claimant_id",
        },
    ),
    check(
        "statement_rows",
        look(
            "statement",
            "statement_id",
            "WITH d AS (SELECT statement_id, coalesce(sum(lines) FILTER (section = 'day'), 0)::BIGINT AS lines,"
            "  coalesce(sum(units) FILTER (section = 'day'), 0)::BIGINT AS units,"
            "  coalesce(sum(settled_fen) FILTER (section = 'day'), 0)::BIGINT AS settled,"
            "  coalesce(sum(settled_fen) FILTER (section = 'adjustment'), 0)::BIGINT AS adjusted,"
            "  coalesce(sum(settled_fen) FILTER (section = 'cofund'), 0)::BIGINT AS shared,"
            "  coalesce(sum(booked_fen) FILTER (section = 'carried'), 0)::BIGINT AS carried"
            "  FROM statement_row GROUP BY statement_id)"
            " SELECT s.statement_id, s.claimant_id, s.offset_count, d.lines, s.offset_units, d.units,"
            " s.settled_fen_plus - s.settled_fen_minus AS settled_fen, d.settled, s.carried_fen, d.carried"
            " FROM statement s LEFT JOIN d ON d.statement_id = s.statement_id"
            " WHERE s.offset_count <> coalesce(d.lines, 0) OR s.offset_units <> coalesce(d.units, 0)"
            " OR s.settled_fen_plus - s.settled_fen_minus <> coalesce(d.settled, 0)"
            " OR s.adjusted_fen_plus - s.adjusted_fen_minus <> coalesce(d.adjusted, 0)"
            " OR s.cofund_fen <> -coalesce(d.shared, 0) OR s.carried_fen <> coalesce(d.carried, 0)",
        ),
        look(
            "statement",
            "statement_id",
            "SELECT s.statement_id, s.claimant_id, s.statement_no, s.previous_digest, p.digest AS digest_before"
            " FROM statement s LEFT JOIN statement p ON p.claimant_id = s.claimant_id"
            "  AND p.statement_no = s.statement_no - 1 WHERE s.previous_digest <> coalesce(p.digest, '')"
            " OR (s.statement_no > 1) <> (p.digest IS NOT NULL)",
        ),
        needs="statement_row",
        explained_by={
            "statement_digest": "o.statement_id = f.statement_id",
            "statement": "o.statement_id = f.statement_id",
        },
    ),
    check(
        "payout",
        look(
            "payout",
            "payout_id",
            "WITH e AS (SELECT payout_id, max(event_no) AS last, count(*) AS n FROM payout_event GROUP BY ALL)"
            " SELECT p.payout_id, p.claimant_id, p.amount_fen, p.state, p.attempt, v.state AS last_state,"
            " v.attempt AS last_attempt, e.n AS events, e.last FROM payout p LEFT JOIN e ON e.payout_id = p.payout_id"
            " LEFT JOIN payout_event v ON v.payout_id = p.payout_id AND v.event_no = e.last"
            " WHERE NOT coalesce(e.n = e.last AND v.state = p.state AND v.attempt = p.attempt, false)"
            " OR p.proposed_by = p.approved_by OR (p.state NOT IN ('proposed', 'cancelled')"
            "  AND p.approved_by IS NULL AND p.attempt > 0 AND p.state <> 'proposed')",
        ),
        look(
            "payout",
            "payout_id",
            "SELECT p.payout_id, p.claimant_id, p.amount_fen, t.amount AS posted_fen, v.event_no, v.state, v.txn_id"
            f" FROM payout p JOIN payout_event v ON v.payout_id = p.payout_id JOIN {_ROADS}"
            "  ON road.state = v.state LEFT JOIN line t ON t.txn_id = v.txn_id"
            "  AND t.debit_kind::VARCHAR = road.debit AND t.credit_kind::VARCHAR = road.credit"
            "  AND (road.debit <> 'payable' OR t.debit_owner = p.claimant_id)"
            "  AND (road.credit <> 'payable' OR t.credit_owner = p.claimant_id)"
            " WHERE v.txn_id IS NOT NULL AND t.amount IS DISTINCT FROM p.amount_fen",
        ),
        look(
            "txn",
            "txn_id",
            "SELECT x.txn_id, x.kind, count(v.payout_id) AS payouts FROM entry x LEFT JOIN payout_event v"
            " ON v.txn_id = x.txn_id WHERE x.kind IN ('payout', 'paid', 'payout_failed') GROUP BY ALL"
            " HAVING count(v.payout_id) <> 1",
        ),
        look(
            "payout_event",
            "payout_id event_no",
            "SELECT payout_id, event_no, attempt_key FROM payout_event WHERE attempt_key <> sha256(concat('payout|',"
            " getvariable('community'), '|', payout_id, '|', attempt))[1:40]",
        ),
        look(
            "payout",
            "payout_id",
            "SELECT max(p.payout_id) AS payout_id, p.statement_id, sum(p.amount_fen)::BIGINT AS paid_fen,"
            " any_value(s.payable_fen) AS payable_fen FROM payout p LEFT JOIN statement s"
            " ON s.statement_id = p.statement_id AND s.claimant_id = p.claimant_id WHERE p.state <> 'cancelled'"
            " GROUP BY p.statement_id HAVING sum(p.amount_fen) > coalesce(any_value(s.payable_fen), 0)",
        ),
        look(
            "payout",
            "payout_id",
            "SELECT p.payout_id, p.claimant_id, p.amount_fen, a.after::JSON ->> '$.amount_fen' AS proposed_fen"
            " FROM payout p JOIN audit a ON a.act = 'payout.state' AND a.subject = 'payout:' || p.payout_id"
            " AND (a.after::JSON ->> '$.amount_fen')::BIGINT IS DISTINCT FROM p.amount_fen"
            " AND a.after LIKE '%amount_fen%'",
        ),
        needs="payout_event txn transfer statement audit",
        explained_by={
            "I1": "true",
            "entry": "o.txn_id = f.txn_id",
            "statement": "o.statement_id = f.statement_id",
            "statement_digest": "o.statement_id = f.statement_id",
        },
    ),
    check(
        "I27",
        look(
            "account",
            "account_id",
            "SELECT a.account_id, coalesce(r.credits_less_debits, 0) AS in_clearing, coalesce(p.fen, 0) AS on_the_way"
            " FROM account a LEFT JOIN reckoned r ON r.account_id = a.account_id"
            " CROSS JOIN (SELECT sum(amount_fen)::BIGINT AS fen FROM payout WHERE state IN ('sending', 'sent',"
            "  'unknown')) p WHERE a.kind = 'clearing'"
            " AND coalesce(r.credits_less_debits, 0) <> coalesce(p.fen, 0)",
        ),
        look(
            "payout_event",
            "payout_id",
            "SELECT payout_id, count(*) AS confirmed, (SELECT count(*) FROM payout_event r WHERE r.payout_id ="
            " e.payout_id AND r.state = 'returned') AS returned FROM payout_event e WHERE state = 'confirmed'"
            " GROUP BY payout_id HAVING count(*) > returned + 1",
        ),
        needs="payout transfer account",
        explained_by={"payout": "true", **_BY_ENTRY},
    ),
)
"""Of statements and payouts."""
