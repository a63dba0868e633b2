"""Digests worked out anew from the exported rows: nights, statements, schemes, what shops filed."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from settlement.auditor.book import Book
from settlement.auditor.nights import TOTALS
from settlement.auditor.source import names

_STATEMENT: Final = names(
    "claimant_id statement_no month first_date last_date objection_until offset_count offset_units"
    " booked_fen_plus booked_fen_minus claimed_fen_plus claimed_fen_minus settled_fen_plus"
    " settled_fen_minus carried_fen adjusted_fen_plus adjusted_fen_minus cofund_fen opening_fen"
    " payable_fen paid_fen account_tail previous_digest"
)
_STATEMENT_ROW: Final = names(
    "section business_date ref code sub_code lines units booked_fen claimed_fen plus_fen minus_fen"
    " settled_fen state corrects_no corrects_row"
)


_PAIR: Final = 16
"""Hexadecimal digits of a line's number and its check."""


def nights(book: Book) -> Iterator[tuple[int, str, str, str]]:
    """Nights whose digest does not come out: over all they found, what waits, and each shop's sums."""
    parts: dict[int, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for run_no, *row in book.rows(
        "SELECT run_no, code, sub_code, claimant_id, terminal_id, ref, business_date, booked_txn,"
        " booked_kind, booked_units, booked_fen, booked_at, claimed_batch, claimed_line, claimed_kind,"
        " claimed_units, claimed_fen, claimed_at, plus_fen, minus_fen, held_fen, rest_units, rest_fen"
        " FROM discrepancy WHERE discrepancy_no % 1000000 < 700000 ORDER BY discrepancy_no"
    ):
        booked = None if row[6] is None else row[7:11]
        claimed = None if row[11] is None else row[11:17]
        parts[run_no]["found"].append([*row[:6], booked, claimed, *row[17:]])
    _add_waiting(book, parts)
    for run_no, *row in book.rows(
        "SELECT run_no, claimant_id, ref, booked_ref, how FROM claim_pairing ORDER BY claimant_id, ref"
    ):
        parts[run_no]["paired"].append(row)
    for run_no, claimant_id, *sums in book.rows(
        f"SELECT run_no, claimant_id, {', '.join(TOTALS)} FROM night_total ORDER BY run_no, claimant_id"
    ):
        parts[run_no]["totals"].append([claimant_id, dict(zip(TOTALS, sums, strict=True))])
    for run_no, run_id, digest in book.rows(
        "SELECT run_no, run_id, digest FROM night_run WHERE run_no IN (SELECT run_no FROM run)"
        " ORDER BY run_no"
    ):
        parts_of = ("found", "opened", "closed", "flagged", "cleared", "ended", "totals")
        document = {"run": run_id, **{name: parts[run_no][name] for name in parts_of}}
        if parts[run_no]["paired"]:
            document["paired"] = parts[run_no]["paired"]
        found = _sha256(
            json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        )
        if found != digest:
            yield (run_no, "digest", str(digest), found)


def _add_waiting(book: Book, parts: dict[int, dict[str, list[Any]]]) -> None:
    for opened, flagged, closed, claimant, ref, units, fen, reason, by in book.rows(
        "SELECT opened_run, flagged_run, closed_run, claimant_id, ref, units, fen, reason, closed_by"
        " FROM open_item ORDER BY claimant_id, ref"
    ):
        at_once = flagged == opened
        parts[opened]["opened"].append([claimant, ref, units, fen, reason, at_once])
        if flagged is not None and not at_once:
            parts[flagged]["flagged"].append([claimant, ref])
        if by == "claimed":
            parts[closed]["closed"].append([claimant, ref])
            if flagged is not None and flagged < closed:
                parts[closed]["ended"].append([claimant, ref])
    for closed, number in book.rows(
        "SELECT closed_run, discrepancy_no FROM discrepancy WHERE state = 'auto_cleared'"
        " AND code IN ('C1', 'X1', 'X5', 'S2', 'S3', 'T1') ORDER BY discrepancy_no"
    ):
        parts[closed]["cleared"].append(number)


def statements(book: Book) -> Iterator[tuple[int, str, str]]:
    """Statements whose digest, or whose number made of it, does not come out."""
    rows: dict[int, list[list[Any]]] = defaultdict(list)
    for statement_id, *row in book.rows(
        f"SELECT statement_id, {', '.join(_STATEMENT_ROW)} FROM statement_row ORDER BY statement_id, row_no"
    ):
        rows[statement_id].append(row)
    for statement_id, digest, *head in book.rows(
        f"SELECT statement_id, digest, {', '.join(_STATEMENT)} FROM statement ORDER BY statement_id"
    ):
        document = {
            "community": book.source.community,
            "head": dict(zip(_STATEMENT, head, strict=True)),
            "rows": rows[statement_id],
        }
        found = _sha256(json.dumps(document, sort_keys=True, ensure_ascii=False))
        if found != digest or statement_id != int(found[:15], 16):
            yield (statement_id, str(digest), found)


def claim_rows(book: Book) -> Iterator[tuple[int, str, int, int, str]]:
    """Claims that are not as they were filed: each batch's lines were sealed together when it came.

    A batch that does not come out is gone through line by line, by the check of each line kept beside it.
    """
    if "line_checks" not in book.columns("claim_batch"):
        return
    text = "concat_ws('|', line_no, ref, kind, units, fen, occurred_at, business_date)"
    book.run(
        "CREATE TABLE filed_line AS SELECT batch_id, line_no, claimant_id, ref,"
        f" {text} || chr(10) AS text FROM (SELECT * FROM claim UNION ALL SELECT * FROM claim_again)"
    )
    wrong = book.rows(
        "SELECT b.batch_id, b.line_checks FROM claim_batch b LEFT JOIN (SELECT batch_id,"
        " sha256(string_agg(text, '' ORDER BY line_no)) AS digest FROM filed_line GROUP BY batch_id) f"
        " ON f.batch_id = b.batch_id LEFT JOIN (SELECT (after::JSON ->> '$.batch')::BIGINT AS batch_id,"
        " after::JSON ->> '$.lines_sha256' AS digest FROM audit WHERE act = 'claims.file') s"
        " ON s.batch_id = b.batch_id WHERE b.outcome = 'ok'"
        " AND s.digest IS DISTINCT FROM coalesce(f.digest, sha256(''))"
    )
    for batch_id, checks in wrong:
        yield from _wrong_lines(book, batch_id, checks or "")


def _wrong_lines(
    book: Book, batch_id: int, checks: str
) -> Iterator[tuple[int, str, int, int, str]]:
    pairs = [checks[n : n + 16] for n in range(0, len(checks), 16)]
    kept = {int(pair[:8], 16): pair[8:] for pair in pairs if len(pair) == _PAIR}
    named = False
    for line_no, claimant_id, ref, text in book.rows(
        "SELECT line_no, claimant_id, ref, text FROM filed_line WHERE batch_id = ? ORDER BY line_no",
        (batch_id,),
    ):
        if kept.pop(line_no, "") != f"{zlib.crc32(text.encode()):08x}":
            named = True
            yield (claimant_id, ref, batch_id, line_no, "altered")
    claimant = book.rows("SELECT claimant_id FROM claim_batch WHERE batch_id = ?", (batch_id,))[0][
        0
    ]
    for line_no in kept:
        named = True
        yield (claimant, "", batch_id, line_no, "missing")
    if not named:
        yield (claimant, "", batch_id, 0, "batch")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
