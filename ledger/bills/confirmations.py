"""The biller says which offsets it took off its bills: a file, or a word at the office counter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ledger.audit import By
from ledger.bills.facts import find_offset, overdue_offsets
from ledger.bills.imports import FeeUpload, find_answer, is_biller, keep_file
from ledger.bills.offsets import confirm, release
from ledger.errors import Refusal
from ledger.members.import_rows import (
    Column,
    Fault,
    Row,
    Words,
    cells_of,
    names_of,
    read_code,
    read_fen,
    read_merchant_code,
)
from ledger.members.sheets import read_sheet
from ledger.members.terms import Terms
from ledger.sql import Tx

KIND: Final = "confirmation"
_REF: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_./-]{1,39}", re.ASCII)


def _ref(cell: str, _words: Words) -> str:
    return read_code(cell, _REF)


COLUMNS: Final[Mapping[str, Column]] = {
    "merchant_code": Column(read_merchant_code),
    "fee_ref": Column(_ref),
    "offset_yuan": Column(read_fen),
}
"""Columns of a confirmation: whose, which offset, and how much was taken off the bill."""


def take_confirmation(
    tx: Tx, terms: Terms, upload: FeeUpload, *, day: int, by: By, at: int
) -> dict[str, Any]:
    """Book every offset the biller confirms; the same bytes again get the first answer.

    Answer: `sha256`, `rows`, `confirmed`, `confirmed_fen`, and `lines` (row, ref, status): `confirmed`,
    `confirmed_before`, `unknown`, `other_amount`, `released`. A file with a cell that cannot be read is refused whole;
    a line that confirms what is not there changes nothing and is told. Refusals: those of `read_sheet` and `names_of`,
    import_rows_wrong, period_locked.
    """
    here = terms.community.id
    known = find_answer(tx, here, KIND, upload.sha256)
    if known is not None:
        return known
    rows, faults = read_confirmation(upload)
    if faults:
        raise Refusal("import_rows_wrong", count=len({fault.row for fault in faults}))
    codes = {shop.code: shop.merchant_id for shop in terms.merchants.values()}
    lines: list[dict[str, Any]] = []
    confirmed_fen = 0
    for row in rows:
        biller = codes.get(row.values["merchant_code"])
        status = _confirm_line(tx, terms, biller, row, day=day, at=at)
        confirmed_fen += row.values["offset_yuan"] if status == "confirmed" else 0
        lines.append({"row": row.number, "ref": row.values["fee_ref"], "status": status})
    answer = {
        "sha256": upload.sha256,
        "rows": len(rows),
        "confirmed": sum(line["status"] == "confirmed" for line in lines),
        "confirmed_fen": confirmed_fen,
        "lines": lines,
    }
    keep_file(tx, here, KIND, upload, answer, by=by, at=at)
    return answer


def read_confirmation(upload: FeeUpload) -> tuple[list[Row], list[Fault]]:
    """A confirmation's rows, and every cell that cannot be read."""
    sheet = read_sheet(upload.raw)
    columns = names_of(COLUMNS, sheet.columns, upload.words)
    rows: list[Row] = []
    faults: list[Fault] = []
    for line in sheet.lines:
        read = cells_of(COLUMNS, columns, line, upload.words)
        if isinstance(read, Row):
            rows.append(read)
        else:
            faults += read
    return rows, faults


def release_overdue(tx: Tx, community_id: int, *, day: int, at: int) -> int:
    """Let go what no biller confirmed in time; gives how many offsets.

    Refusals: period_locked.
    """
    overdue = overdue_offsets(tx, community_id, at=at)
    for offset in overdue:
        release(tx, community_id, int(offset.offset_id), why="expired", day=day, at=at)
    return len(overdue)


def _confirm_line(tx: Tx, terms: Terms, biller: int | None, row: Row, *, day: int, at: int) -> str:
    here, ref = terms.community.id, row.values["fee_ref"]
    if biller is None or not is_biller(terms, biller, day):
        return "unknown"
    offset = find_offset(tx, here, biller, ref)
    if offset is None:
        return "unknown"
    if offset.state == "booked":
        return "confirmed_before"
    if offset.state == "released":
        return "released"
    if offset.fen != row.values["offset_yuan"]:
        return "other_amount"
    confirm(tx, here, int(offset.offset_id), day=day, at=at, source="import")
    return "confirmed"
