"""What each night should have come to, worked out from offsets, claims and batches, without the night's own results.

An offset is judged by the first night that may: its place lies in that night's range or before, its day is over, and
its claim is in. Claimed at least as high it is settled as booked; claimed lower, as claimed; a refund nobody claimed
takes its claimed sale back. What a person decided meanwhile is settled by that person's entry and by no night.
"""

from __future__ import annotations

from typing import Final

from settlement.auditor.book import Book
from settlement.auditor.source import names

_WROTE: Final = "('begun')"
"""States in which a night has written nothing yet."""


def work_out(book: Book) -> None:
    """Build `booked` (each offset with the night that settles it, and at what) and `wanted` (each night and shop)."""
    book.run(
        "CREATE TABLE run AS SELECT run_no, business_date, first_leaf, end_leaf, state FROM night_run"
        f" WHERE state NOT IN {_WROTE} AND coalesce(digest, '') NOT LIKE 'pen:%' ORDER BY run_no"
    )
    _pair(book)
    _take_refunds_back(book)
    _settle(book)
    _sum_up(book)


def _pair(book: Book) -> None:
    """`paired`: each offset with the first night that may judge it, and with its claim."""
    book.run(
        # A claim joined with a booking by a later pass counts as if it named it, from the night that joined them.
        "CREATE TABLE filed AS SELECT c.claimant_id, coalesce(p.booked_ref, c.ref) AS ref, c.batch_id, c.units, c.fen,"
        " b.run_no, greatest(b.run_no, coalesce(p.run_no, b.run_no)) AS seen_run, c.ref AS written"
        " FROM claim c JOIN claim_batch b ON b.batch_id = c.batch_id"
        " LEFT JOIN claim_pairing p ON p.claimant_id = c.claimant_id AND p.ref = c.ref"
    )
    book.run(
        "CREATE TABLE placed AS SELECT o.txn_id, CASE WHEN s.leaf_index < r.end_leaf THEN r.run_no END AS run_no"
        " FROM offset_booked o JOIN sealed s ON s.entry_id = o.txn_id AND s.kind = 'txn'"
        " ASOF JOIN (SELECT * FROM run WHERE first_leaf < end_leaf) r ON s.leaf_index >= r.first_leaf"
    )
    book.run(
        "CREATE TABLE judging AS SELECT o.business_date, d.run_no"
        " FROM (SELECT DISTINCT business_date FROM offset_booked) o"
        " ASOF JOIN run d ON o.business_date <= d.business_date"
    )
    book.run(
        "CREATE TABLE paired AS SELECT o.txn_id, o.claimant_id, o.terminal_id, o.ref, o.original_ref, o.kind,"
        " o.units, o.fen, o.units_per_fen, o.business_date, w.run_no AS range_run,"
        " CASE WHEN d.run_no > w.run_no THEN d.run_no WHEN d.run_no IS NOT NULL THEN w.run_no END AS first_run,"
        " f.seen_run AS claim_run, f.batch_id, f.units AS claimed_units, f.fen AS claimed_fen"
        " FROM offset_booked o LEFT JOIN judging d ON d.business_date = o.business_date"
        " LEFT JOIN placed w ON w.txn_id = o.txn_id"
        " LEFT JOIN filed f ON f.claimant_id = o.claimant_id AND f.ref = o.ref"
    )
    book.run("DROP TABLE placed")


def _take_refunds_back(book: Book) -> None:
    """`taken_back`: the night in which a refund without a claim nets its claimed sale."""
    book.run(
        "CREATE TABLE taken_back AS SELECT p.txn_id,"
        " CASE p.kind WHEN 'bill' THEN greatest(p.first_run, max(s.seen_run))"
        "  ELSE greatest(p.first_run, max(s.seen_run), min(b.run_no)) END AS run_no"
        " FROM paired p JOIN filed s ON s.claimant_id = p.claimant_id AND s.ref = p.original_ref"
        "  AND s.run_no IS NOT NULL"
        " LEFT JOIN claim_batch b ON b.claimant_id = p.claimant_id AND b.terminal_id IN (0, p.terminal_id)"
        "  AND b.outcome = 'ok' AND b.run_no IS NOT NULL"
        "  AND p.business_date BETWEEN b.first_date AND b.last_date"
        # A corrected bill waits for no claims of its day.
        " WHERE p.fen < 0 AND p.first_run IS NOT NULL AND (p.kind = 'bill' OR b.run_no IS NOT NULL)"
        " GROUP BY p.txn_id, p.first_run, p.kind"
    )


def _settle(book: Book) -> None:
    """`booked`: each offset with the night that settles it (null: none yet), the amounts and the verdict."""
    judged = (
        "SELECT p.txn_id, p.claimant_id, p.ref, p.kind, p.units, p.fen, p.units_per_fen, p.range_run, p.batch_id,"
        " p.claimed_units, p.claimed_fen, t.run_no AS back_run, coalesce(i.closed_by, '') AS closed_by,"
        " i.closed_run, CASE WHEN p.first_run > p.claim_run THEN p.first_run"
        "  WHEN p.first_run IS NOT NULL THEN p.claim_run END AS claim_run"
        " FROM paired p LEFT JOIN taken_back t ON t.txn_id = p.txn_id"
        " LEFT JOIN open_item i ON i.claimant_id = p.claimant_id AND i.ref = p.ref"
    )
    timed = (
        "SELECT *, claim_run IS NOT NULL AND (back_run IS NULL OR claim_run <= back_run) AS by_claim,"
        f" least(claim_run, back_run) AS due_run FROM ({judged})"
    )
    settled = (
        "SELECT *, CASE WHEN closed_by NOT IN ('decided', 'statement') OR closed_run >= due_run"
        f" THEN due_run END AS settle_run FROM ({timed})"
    )
    rounded = (
        "((abs(claimed_fen - fen) = 1 AND claimed_units = units)"
        " OR (claimed_fen = fen AND abs(claimed_units - units) BETWEEN 1 AND 100))"
    )
    whole = f"NOT by_claim OR claimed_fen >= fen OR fen < 0 OR {rounded}"
    book.run(
        "CREATE TABLE booked AS SELECT txn_id, claimant_id, ref, units, fen, range_run, settle_run, closed_by,"
        f" batch_id, CASE WHEN settle_run IS NULL THEN 0 WHEN {whole} THEN units"
        "  ELSE units * greatest(claimed_fen, 0) // greatest(fen, 1) END AS settle_units,"
        f" CASE WHEN settle_run IS NULL THEN 0 WHEN {whole} THEN fen"
        "  ELSE greatest(claimed_fen, 0) END AS settle_fen, claimed_units, claimed_fen,"
        " CASE WHEN settle_run IS NULL THEN '' WHEN NOT by_claim THEN CASE kind WHEN 'bill' THEN 'S4' ELSE 'S1' END"
        f" WHEN {rounded} THEN 'V4'"
        "  WHEN claimed_fen > fen THEN 'V1'"
        "  WHEN claimed_fen < fen THEN 'V2' WHEN claimed_units <> units THEN 'V3' ELSE 'equal' END AS verdict"
        f" FROM ({settled})"
    )
    book.run("DROP TABLE paired")


TOTALS: Final = names(
    "booked_count booked_units_plus booked_units_minus booked_fen_plus booked_fen_minus claimed_count"
    " claimed_fen_plus claimed_fen_minus matched_count carried_count carried_fen_plus carried_fen_minus"
    " settled_units_plus settled_units_minus settled_fen_plus settled_fen_minus"
)
"""The sums of a night and shop."""


def _sum_up(book: Book) -> None:
    """`wanted`: what the row of `night_total` should say."""

    def parts(source: str, night: str, **sums: str) -> str:
        columns = ", ".join(f"{sums.get(name, '0')} AS {name}" for name in TOTALS)
        return (
            f"SELECT {night} AS run_no, claimant_id, {columns} FROM {source}"
            f" WHERE {night} IN (SELECT run_no FROM run) GROUP BY {night}, claimant_id"
        )

    def signed(name: str, value: str, only: str = "") -> dict[str, str]:
        rest = f" FILTER ({only})" if only else ""
        return {
            f"{name}_plus": f"coalesce(sum(greatest({value}, 0)){rest}, 0)",
            f"{name}_minus": f"coalesce(sum(greatest(-{value}, 0)){rest}, 0)",
        }

    waits = "settle_run IS DISTINCT FROM range_run"
    union = " UNION ALL ".join(
        (
            parts(
                "booked",
                "range_run",
                booked_count="count(*)",
                carried_count=f"count(*) FILTER ({waits})",
                **signed("booked_units", "units"),
                **signed("booked_fen", "fen"),
                **signed("carried_fen", "fen", waits),
            ),
            parts("filed", "run_no", claimed_count="count(*)", **signed("claimed_fen", "fen")),
            parts(
                "booked",
                "settle_run",
                matched_count="count(*) FILTER (verdict = 'equal')",
                **signed("settled_units", "settle_units"),
                **signed("settled_fen", "settle_fen"),
            ),
        )
    )
    columns = ", ".join(f"sum({name})::BIGINT AS {name}" for name in TOTALS)
    book.run(
        f"CREATE TABLE wanted AS SELECT run_no, claimant_id, {columns} FROM ({union}) GROUP BY ALL"
    )
