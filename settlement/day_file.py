"""The community's own file of one shop's day: every receipt the night took in, what became of it, and control totals.

It is a snapshot of its night and never changes: what is decided later stands in later files and in the statement.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from ledger.clock import SECOND_US
from ledger.errors import Refusal
from ledger.members import settings
from ledger.members.communities import get_community
from ledger.members.merchants import get_merchant
from ledger.refs import read_reference
from ledger.sql import Row, Sql, Tx
from ledger.units import points_text, yuan_text
from settlement.disputed_line import Receipt, receipts_of_day
from settlement.verdicts import Code

FORMAT: Final = "jifen-day/1"
KINDS: Final = ("csv", "json")
SETTLED: Final = "settled"

_RUN: Final = Sql(
    "SELECT run_no, business_date, run_id, digest, state FROM night_run"
    " WHERE community_id = :community_id AND business_date = :day"
)
_DAYS: Final = Sql(
    "SELECT business_date FROM night_run WHERE community_id = :community_id AND state = 'locked'"
    " ORDER BY business_date DESC LIMIT :most"
)
_TOTAL: Final = Sql(
    "SELECT booked_count, booked_fen_plus, booked_fen_minus, claimed_count, claimed_fen_plus,"
    " claimed_fen_minus, settled_fen_plus, settled_fen_minus FROM night_total"
    " WHERE community_id = :community_id AND run_no = :run_no AND claimant_id = :claimant_id"
)
_FOUND: Final = Sql(
    "SELECT ref, code, sub_code, booked_fen, claimed_fen, plus_fen, minus_fen FROM discrepancy"
    " WHERE community_id = :community_id AND claimant_id = :claimant_id AND run_no = :run_no"
    " AND code NOT IN ('P1', 'P2', 'P3', 'P4') ORDER BY discrepancy_no"
)
_WAITS: Final = Sql(
    "SELECT ref, reason FROM open_item WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND opened_run = :run_no"
)
_OTHER_USE: Final = frozenset({Code.A2, Code.A5})
"""Verdicts whose sub-code may be the slip of the other use, at another shop."""
_COLUMNS: Final = (
    "part", "line", "ref", "kind", "occurred_at", "points", "yuan", "status", "code",
    "claimed_yuan", "plus_yuan", "minus_yuan",
)  # fmt: skip


class DayLine(NamedTuple):
    """One receipt: points and yuan as people write them, `status` settled or why it waits, `code` its verdict."""

    ref: str
    kind: str
    occurred_at: str
    units: int
    fen: int
    status: str
    code: str


def locked_days(tx: Tx, community_id: int, *, most: int = 31) -> list[int]:
    """The latest days (yyyymmdd) whose file is ready, newest first."""
    rows = tx.all(_DAYS, community_id=community_id, most=most)
    return [int(row.business_date) for row in rows]


def day_document(tx: Tx, community_id: int, claimant_id: int, day: int) -> dict[str, Any]:
    """A shop's day as one document with its control totals and the SHA-256 over its lines.

    It is ready when the day's night is locked, which the community promises for `day_file_hour` of the next day.
    Refuses: merchant_not_found, day_file_not_ready.
    """
    community = get_community(tx, community_id)
    shop = get_merchant(tx, community_id, claimant_id)
    run = tx.find(_RUN, community_id=community_id, day=day)
    hour = settings.current(tx, community_id).day_file_hour
    if run is None or run.state != "locked":
        raise Refusal("day_file_not_ready", business_date=day, hour=hour)
    here = {"community_id": community_id, "claimant_id": claimant_id, "run_no": run.run_no}
    found = tx.all(_FOUND, **here)
    waits = {row.ref: row.reason for row in tx.all(_WAITS, **here)}
    codes = {row.ref: row.code for row in found}
    zone = ZoneInfo(community.timezone)
    lines = [
        _line(receipt, waits, codes, zone)
        for receipt in receipts_of_day(tx, community_id, claimant_id, day)
    ]
    body = [line._asdict() for line in lines]
    differences = [_difference(row) for row in found]
    text = json.dumps([body, differences], sort_keys=True, ensure_ascii=False)
    total = tx.find(_TOTAL, **here)
    return {
        "format": FORMAT,
        "community": community.issuer,
        "shop": shop.code,
        "business_date": day,
        "ready_by_hour": hour,
        "run_id": run.run_id,
        "night_digest": run.digest,
        "lines": body,
        "differences": differences,
        "totals": {
            "lines": len(lines),
            "units_plus": sum(line.units for line in lines if line.units > 0),
            "units_minus": -sum(line.units for line in lines if line.units < 0),
            "fen_plus": sum(line.fen for line in lines if line.fen > 0),
            "fen_minus": -sum(line.fen for line in lines if line.fen < 0),
            "differences": len(differences),
            **_night_totals(total),
        },
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def _line(
    receipt: Receipt, waits: dict[str, str], codes: dict[str, str], zone: ZoneInfo
) -> DayLine:
    at = datetime.fromtimestamp(receipt.occurred_at // SECOND_US, UTC).astimezone(zone)
    status = waits.get(receipt.ref, SETTLED)
    return DayLine(
        receipt.ref,
        receipt.kind,
        at.isoformat(),
        receipt.units,
        receipt.fen,
        status,
        codes.get(receipt.ref, ""),
    )


def _difference(row: Row) -> dict[str, Any]:
    """What the night found, without anything of another shop: neither which it is nor what it has booked."""
    said: dict[str, Any] = row._asdict()
    if row.code in _OTHER_USE and read_reference(row.sub_code) is not None:
        said["sub_code"] = ""
    if row.code == Code.T1:
        said |= {"sub_code": "", "booked_fen": None, "plus_fen": 0}
    return said


def _night_totals(total: Row | None) -> dict[str, int]:
    if total is None:
        return {}
    return {name: int(value) for name, value in total._asdict().items()}


def day_file(document: dict[str, Any], kind: str) -> bytes:
    """A day's document as `json`, or as `csv` for spreadsheets: a head, the lines, the differences, and the totals.

    Refuses: route_not_found.
    """
    if kind == "json":
        text = json.dumps(document, ensure_ascii=False, indent=1)
        return (text + "\n").encode()
    if kind != "csv":
        raise Refusal("route_not_found")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    head = ("format", "community", "shop", "business_date", "ready_by_hour", "run_id")
    writer.writerow(["H", *(document[name] for name in head), document["night_digest"]])
    writer.writerow(_COLUMNS)
    for number, line in enumerate(document["lines"], start=1):
        amounts = (points_text(line["units"]), yuan_text(line["fen"]))
        names = (line["ref"], line["kind"], line["occurred_at"])
        writer.writerow(["L", number, *names, *amounts, line["status"], line["code"]])
    for number, row in enumerate(document["differences"], start=1):
        sides = [_yuan(row[name]) for name in ("claimed_fen", "plus_fen", "minus_fen")]
        booked = _yuan(row["booked_fen"])
        code = row["sub_code"] or row["code"]
        writer.writerow(["D", number, row["ref"], "", "", "", booked, "", code, *sides])
    for name, value in document["totals"].items():
        writer.writerow(["T", name, value])
    writer.writerow(["T", "sha256", document["sha256"]])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _yuan(fen: int | None) -> str:
    return "" if fen is None else yuan_text(fen)
