"""Checks of the nights: their inputs, what they should have found, what they settled, and their digests."""

from __future__ import annotations

from typing import Final

from settlement.auditor.digests import claim_rows, nights
from settlement.auditor.nights import TOTALS
from settlement.auditor.registry import Check, check, look, look_by

# An altered claim stands under its receipt; one that is gone is known by its shop alone.
_FILED: Final = (
    "o.claimant_id = f.claimant_id AND o.ref = f.ref",
    "o.claimant_id = f.claimant_id AND o.wrong IN ('missing', 'batch')",
)
_SAME_NIGHT: Final = "o.run_no = f.run_no AND o.claimant_id = f.claimant_id"
_DIFFERENT: Final = " OR ".join(
    f"coalesce(w.{name}, 0) IS DISTINCT FROM n.{name}" for name in TOTALS
)
_SAID: Final = ", ".join(
    f"CASE WHEN coalesce(w.{name}, 0) IS DISTINCT FROM n.{name}"
    f" THEN ' {name}=' || n.{name} || '/' || coalesce(w.{name}, 0) ELSE '' END"
    for name in TOTALS
)
_SETTLING: Final = (
    "SELECT x.txn_id, x.merchant_id,"
    " coalesce(sum(t.amount) FILTER (t.debit_kind = 'offset'), 0)::BIGINT AS units_plus,"
    " coalesce(sum(t.amount) FILTER (t.debit_kind = 'retired'), 0)::BIGINT AS units_minus,"
    " coalesce(sum(t.amount) FILTER (t.debit_kind = 'cover'), 0)::BIGINT AS fen_plus,"
    " coalesce(sum(t.amount) FILTER (t.debit_kind = 'payable'), 0)::BIGINT AS fen_minus"
    " FROM entry x JOIN line t ON t.txn_id = x.txn_id WHERE x.kind = 'settle' GROUP BY ALL"
)
# Both sides and the verdict give the amounts: what either may owe, what is held, what stays unsettled.
_AMOUNTS: Final = (
    "SELECT discrepancy_no, code, plus_fen, minus_fen, held_fen, rest_units, rest_fen, plus AS plus_worked_out,"
    " minus AS minus_worked_out, held AS held_worked_out, rest AS rest_worked_out FROM (SELECT *,"
    " CASE code WHEN 'X1' THEN greatest(-claimed_fen, 0) WHEN 'X3' THEN greatest(-claimed_fen, 0)"
    "  WHEN 'X2' THEN greatest(booked_fen, 0) WHEN 'V2' THEN booked_fen - CASE WHEN booked_fen < 0"
    "  THEN claimed_fen ELSE greatest(claimed_fen, 0) END ELSE 0 END AS plus,"
    " CASE code WHEN 'X1' THEN greatest(claimed_fen, 0) WHEN 'X3' THEN greatest(claimed_fen, 0)"
    "  WHEN 'X2' THEN greatest(-booked_fen, 0) WHEN 'V1' THEN claimed_fen - booked_fen"
    "  WHEN 'S1' THEN -booked_fen WHEN 'S4' THEN -booked_fen ELSE 0 END AS minus,"
    " CASE code WHEN 'X1' THEN greatest(claimed_fen, 0) WHEN 'X3' THEN greatest(claimed_fen, 0)"
    "  WHEN 'V1' THEN claimed_fen - booked_fen WHEN 'S1' THEN -booked_fen"
    "  WHEN 'S4' THEN -booked_fen ELSE 0 END AS held,"
    " CASE WHEN code = 'X2' THEN booked_fen WHEN code = 'V2' AND booked_fen > 0"
    "  THEN booked_fen - greatest(claimed_fen, 0) ELSE 0 END AS rest,"
    " CASE WHEN code = 'X2' THEN booked_units WHEN code = 'V2' AND booked_fen > 0"
    "  THEN booked_units - booked_units * greatest(claimed_fen, 0) // booked_fen ELSE 0 END AS rest_points"
    " FROM discrepancy WHERE code IN ('X1', 'X2', 'X3', 'V1', 'V2', 'V3', 'S1', 'S4')"
    "  AND run_no IN (SELECT run_no FROM run))"
    " WHERE plus_fen IS DISTINCT FROM plus OR minus_fen IS DISTINCT FROM minus"
    " OR held_fen IS DISTINCT FROM held OR rest_fen IS DISTINCT FROM rest"
    " OR rest_units IS DISTINCT FROM rest_points"
)

NIGHT: Final[tuple[Check, ...]] = (
    check(
        "claims_filed",
        look_by("claim", "claimant_id ref", "batch_id line_no wrong", claim_rows),
        look(
            "claim_batch",
            "batch_id",
            "SELECT b.batch_id, b.claim_count, coalesce(c.n, 0) AS claims, b.again_count,"
            " coalesce(a.n, 0) AS repeats FROM claim_batch b"
            " LEFT JOIN (SELECT batch_id, count(*) AS n FROM claim GROUP BY ALL) c ON c.batch_id = b.batch_id"
            " LEFT JOIN (SELECT batch_id, count(*) AS n FROM claim_again GROUP BY ALL) a"
            "  ON a.batch_id = b.batch_id WHERE b.outcome <> 'receiving' AND (b.claim_count <> coalesce(c.n, 0)"
            "  OR b.again_count <> coalesce(a.n, 0))",
        ),
        look(
            "claim",
            "claimant_id ref",
            "SELECT c.claimant_id, c.ref, c.batch_id, 'no batch' AS wrong FROM claim c"
            " LEFT JOIN claim_batch b ON b.batch_id = c.batch_id AND b.claimant_id = c.claimant_id"
            " WHERE b.batch_id IS NULL",
        ),
        needs="claim claim_again claim_batch audit",
    ),
    check(
        "night_input",
        look(
            "night_run",
            "run_no",
            "SELECT run_no, run_id, sha256(input) AS worked_out FROM night_run WHERE run_id <> sha256(input)",
        ),
        look(
            "night_run",
            "run_no",
            "SELECT n.run_no, n.first_leaf, n.end_leaf, n.business_date, p.end_leaf AS before FROM night_run n"
            " LEFT JOIN night_run p ON p.run_no = n.run_no - 1 WHERE n.first_leaf <> coalesce(p.end_leaf, 0)"
            " OR n.end_leaf < n.first_leaf OR n.end_leaf > getvariable('size')"
            " OR (n.input::JSON ->> '$.leaves[0]')::BIGINT <> n.first_leaf"
            " OR (n.input::JSON ->> '$.leaves[1]')::BIGINT <> n.end_leaf"
            " OR (n.input::JSON ->> '$.day')::BIGINT <> n.business_date"
            " OR (n.input::JSON ->> '$.previous') <> coalesce(p.run_id, '')"
            " OR (n.run_no > 1 AND (p.run_no IS NULL OR p.business_date >= n.business_date))",
        ),
        look(
            "claim_batch",
            "batch_id",
            "WITH said AS (SELECT run_no, (b ->> '$[0]')::BIGINT AS batch_id, b ->> '$[1]' AS sha256,"
            "  b ->> '$[2]' AS outcome FROM (SELECT run_no, unnest((input::JSON -> '$.batches')::JSON[]) AS b"
            "  FROM night_run))"
            " SELECT coalesce(b.batch_id, s.batch_id) AS batch_id, b.run_no, s.run_no AS taken_by FROM"
            " (SELECT * FROM claim_batch WHERE run_no IS NOT NULL) b FULL JOIN said s"
            " ON s.batch_id = b.batch_id AND s.run_no = b.run_no AND s.sha256 = b.sha256"
            " AND s.outcome = b.outcome WHERE b.batch_id IS NULL OR s.batch_id IS NULL",
        ),
        needs="night_run claim_batch",
    ),
    check(
        "verdict",
        look(
            "claim",
            "claimant_id ref",
            "SELECT b.claimant_id, b.ref, b.verdict AS worked_out, d.code AS recorded, b.fen AS booked_fen,"
            " b.claimed_fen, b.settle_run AS run_no FROM (SELECT * FROM booked"
            "  WHERE verdict IN ('V1', 'V2', 'V3', 'V4', 'S1', 'S4') AND settle_run IN (SELECT run_no FROM run)) b"
            " FULL JOIN (SELECT * FROM discrepancy WHERE code IN ('V1', 'V2', 'V3', 'V4', 'S1', 'S4')"
            "  AND run_no IN (SELECT run_no FROM run)) d"
            " ON d.claimant_id = b.claimant_id AND d.ref = b.ref AND d.code = b.verdict"
            "  AND d.run_no = b.settle_run AND d.booked_fen = b.fen AND d.booked_units = b.units"
            "  AND (b.verdict IN ('S1', 'S4') OR (d.claimed_fen = b.claimed_fen AND d.claimed_units = b.claimed_units))"
            " WHERE d.code IS NULL AND b.ref IS NOT NULL",
        ),
        look(
            "discrepancy",
            "discrepancy_no",
            "SELECT d.discrepancy_no, d.code, d.claimant_id, d.ref, b.verdict AS worked_out FROM discrepancy d"
            " LEFT JOIN booked b ON b.claimant_id = d.claimant_id AND b.ref = d.ref AND b.verdict = d.code"
            "  AND b.settle_run = d.run_no WHERE d.code IN ('V1', 'V2', 'V3', 'V4', 'S1', 'S4')"
            " AND d.run_no IN (SELECT run_no FROM run) AND b.ref IS NULL",
        ),
        look(
            "claim",
            "claimant_id ref",
            "SELECT f.claimant_id, f.ref, f.run_no, 'X1' AS worked_out FROM filed f"
            " ANTI JOIN offset_booked o ON o.claimant_id = f.claimant_id AND o.ref = f.ref"
            # A claim that means nothing booked is named, whatever it is called.
            " ANTI JOIN discrepancy d ON d.claimant_id = f.claimant_id AND d.ref = f.ref"
            "  AND d.code IN ('X1', 'X5', 'S2', 'S3', 'T1', 'A1', 'A2', 'A3', 'A4', 'A5')"
            " WHERE f.run_no IN (SELECT run_no FROM run)",
        ),
        needs="night_run night_total offset_booked claim claim_batch open_item discrepancy",
        explained_by={
            "I21": "true",
            "claims_filed": _FILED,
            "entry": "EXISTS (SELECT 1 FROM offset_booked b WHERE b.txn_id = o.txn_id"
            " AND b.claimant_id = f.claimant_id AND b.ref = f.ref)",
        },
    ),
    check(
        "pairing",
        look(
            "claim_pairing",
            "claimant_id ref",
            "SELECT p.claimant_id, p.ref, p.booked_ref, c.fen AS claimed_fen, o.fen AS booked_fen FROM claim_pairing p"
            " LEFT JOIN claim c ON c.claimant_id = p.claimant_id AND c.ref = p.ref"
            " LEFT JOIN offset_booked o ON o.claimant_id = p.claimant_id AND o.ref = p.booked_ref"
            " LEFT JOIN claim own ON own.claimant_id = p.claimant_id AND own.ref = p.booked_ref"
            " LEFT JOIN offset_booked meant ON meant.claimant_id = p.claimant_id AND meant.ref = p.ref"
            " WHERE c.ref IS NULL OR o.ref IS NULL OR own.ref IS NOT NULL OR meant.ref IS NOT NULL"
            " OR c.fen <> o.fen OR c.units <> o.units",
        ),
        needs="claim_pairing claim offset_booked",
        explained_by={"claims_filed": "o.claimant_id = f.claimant_id", "I21": "true"},
    ),
    check(
        "difference",
        look("discrepancy", "discrepancy_no", _AMOUNTS),
        explained_by={"verdict": "o.discrepancy_no = f.discrepancy_no"},
    ),
    check(
        "I14",
        look(
            "night_total",
            "run_no claimant_id",
            "SELECT coalesce(n.run_no, w.run_no) AS run_no, coalesce(n.claimant_id, w.claimant_id) AS claimant_id,"
            f" concat({_SAID}) AS stated_and_worked_out FROM (SELECT * FROM night_total"
            "  WHERE run_no IN (SELECT run_no FROM run)) n FULL JOIN wanted w"
            f" ON w.run_no = n.run_no AND w.claimant_id = n.claimant_id WHERE n.run_no IS NULL OR {_DIFFERENT}",
        ),
        needs="night_run offset_booked claim claim_batch open_item discrepancy",
        explained_by={
            "I21": "true",
            "verdict": "o.run_no = f.run_no AND o.claimant_id = f.claimant_id",
            "claims_filed": (
                "o.claimant_id = f.claimant_id",
                (
                    "EXISTS (SELECT 1 FROM claim_batch b WHERE b.batch_id = o.batch_id"
                    " AND b.claimant_id = f.claimant_id)"
                ),
            ),
            "entry": "EXISTS (SELECT 1 FROM offset_booked b WHERE b.txn_id = o.txn_id"
            " AND b.claimant_id = f.claimant_id)",
        },
    ),
    check(
        "waiting",
        look(
            "open_item",
            "claimant_id ref",
            "SELECT i.claimant_id, i.ref, i.opened_run, i.closed_run, i.closed_by, i.units, i.fen,"
            " b.range_run, b.settle_run FROM open_item i LEFT JOIN booked b"
            " ON b.claimant_id = i.claimant_id AND b.ref = i.ref"
            " LEFT JOIN offset_booked o ON o.txn_id = i.txn_id"
            " WHERE i.opened_run IN (SELECT run_no FROM run) AND (b.ref IS NULL"
            "  OR i.opened_run IS DISTINCT FROM b.range_run OR o.txn_id IS NULL OR (i.ref, i.claimant_id,"
            "   i.terminal_id, i.kind, i.original_ref, i.units, i.fen, i.units_per_fen, i.business_date,"
            "   i.occurred_at) IS DISTINCT FROM (o.ref, o.claimant_id, o.terminal_id, o.kind, o.original_ref,"
            "   o.units, o.fen, o.units_per_fen, o.business_date, o.occurred_at)"
            "  OR (i.closed_by = 'claimed' AND i.closed_run IS DISTINCT FROM b.settle_run)"
            "  OR (i.closed_by <> 'claimed' AND b.settle_run IN (SELECT run_no FROM run))"
            "  OR i.closed_by NOT IN ('', 'claimed', 'decided', 'statement')"
            "  OR (i.closed_by = '') <> (i.closed_run IS NULL))",
        ),
        look(
            "open_item",
            "claimant_id ref",
            "SELECT b.claimant_id, b.ref, b.range_run AS opened_run, 'missing' AS wrong FROM booked b"
            " ANTI JOIN open_item i ON i.claimant_id = b.claimant_id AND i.ref = b.ref"
            " WHERE b.range_run IS NOT NULL AND b.settle_run IS DISTINCT FROM b.range_run",
        ),
        needs="night_run night_total offset_booked claim claim_batch discrepancy",
        explained_by={
            "I21": "true",
            "verdict": "o.claimant_id = f.claimant_id AND o.ref = f.ref",
            "entry": "EXISTS (SELECT 1 FROM offset_booked b WHERE b.txn_id = o.txn_id"
            " AND b.claimant_id = f.claimant_id AND b.ref = f.ref)",
            "claims_filed": _FILED,
        },
    ),
    check(
        "night_settled",
        look(
            "night_total",
            "run_no claimant_id",
            f"WITH s AS ({_SETTLING}) SELECT n.run_no, n.claimant_id, n.txn_id, n.settled_units_plus,"
            " s.units_plus, n.settled_units_minus, s.units_minus, n.settled_fen_plus, s.fen_plus,"
            " n.settled_fen_minus, s.fen_minus FROM night_total n JOIN night_run r ON r.run_no = n.run_no"
            " LEFT JOIN s ON s.txn_id = n.txn_id AND s.merchant_id = n.claimant_id"
            " WHERE r.state NOT IN ('begun', 'matched', 'stopped', 'blocked') AND ("
            "  n.settled_units_plus IS DISTINCT FROM coalesce(s.units_plus, 0)"
            "  OR n.settled_units_minus IS DISTINCT FROM coalesce(s.units_minus, 0)"
            "  OR n.settled_fen_plus IS DISTINCT FROM coalesce(s.fen_plus, 0)"
            "  OR n.settled_fen_minus IS DISTINCT FROM coalesce(s.fen_minus, 0))",
        ),
        needs="night_run txn",
        explained_by={
            "entry": "o.txn_id = f.txn_id",
            "I14": _SAME_NIGHT,
            "I2": "o.txn_id = f.txn_id",
        },
    ),
    check(
        "night_digest",
        look_by("night_run", "run_no", "wrong recorded worked_out", nights),
        needs="night_run night_total discrepancy open_item",
        explained_by={
            "I14": "o.run_no = f.run_no",
            "night_settled": "o.run_no = f.run_no",
            "verdict": (
                "o.run_no = f.run_no",
                (
                    "EXISTS (SELECT 1 FROM discrepancy d WHERE d.discrepancy_no = o.discrepancy_no"
                    " AND d.run_no = f.run_no)"
                ),
            ),
            "difference": "EXISTS (SELECT 1 FROM discrepancy d WHERE d.discrepancy_no = o.discrepancy_no"
            " AND d.run_no = f.run_no)",
            "waiting": "o.opened_run = f.run_no",
        },
    ),
)
"""Of `settlement`'s nights."""
