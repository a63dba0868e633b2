"""Which frozen line of an earlier statement a correction is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ledger.sql import Sql, Tx
from settlement.statement_rows import StatementRow

_LINE: Final = Sql(
    "SELECT s.statement_no, r.row_no FROM statement s JOIN statement_row r"
    " ON r.community_id = s.community_id AND r.statement_id = s.statement_id"
    " WHERE s.community_id = :community_id AND s.claimant_id = :claimant_id AND r.ref = :ref"
    " AND (r.section = 'discrepancy' AND r.code = :code OR r.section = 'carried')"
    " ORDER BY s.statement_no, r.row_no LIMIT 1"
)
_STATEMENT: Final = Sql(
    "SELECT statement_no FROM statement WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND first_date <= :day AND last_date >= :day"
)


def name_corrections(
    tx: Tx, community_id: int, claimant_id: int, rows: Sequence[StatementRow], *, first_date: int
) -> list[StatementRow]:
    """Give each adjustment the statement, and where it is one line the line, that it corrects.

    A line that stood on several statements is named where it stood first. What is decided in the month it belongs to
    corrects no statement.
    """
    return [
        _named(tx, community_id, claimant_id, row, first_date=first_date)
        if row.section == "adjustment" and row.corrects_no is None
        else row
        for row in rows
    ]


def _named(
    tx: Tx, community_id: int, claimant_id: int, row: StatementRow, *, first_date: int
) -> StatementRow:
    shop = {"community_id": community_id, "claimant_id": claimant_id}
    if row.ref:
        line = tx.find(_LINE, **shop, ref=row.ref, code=row.code)
        if line is not None:
            return row._replace(corrects_no=line.statement_no, corrects_row=line.row_no)
    if row.business_date >= first_date:
        return row
    whole = tx.find(_STATEMENT, **shop, day=row.business_date)
    return row if whole is None else row._replace(corrects_no=whole.statement_no)
