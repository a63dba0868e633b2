"""A shop's month as a numbered, frozen statement: what was booked, claimed, settled, owed, paid."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from ledger import audit
from ledger.audit import SYSTEM
from ledger.book.offsets import paid_between, payable_until
from ledger.errors import Refusal
from ledger.sql import Sql, Tx
from settlement.corrections import name_corrections
from settlement.month_figures import figures_of
from settlement.statement_rows import StatementRow, frozen_rows


class Statement(NamedTuple):
    """The head of a statement; fen and units, plus and minus apart. See `settlement.tables`."""

    statement_id: int
    claimant_id: int
    statement_no: int
    month: int
    first_date: int
    last_date: int
    issued_at: int
    objection_until: int
    state: str
    state_at: int
    offset_count: int
    offset_units: int
    booked_fen_plus: int
    booked_fen_minus: int
    claimed_fen_plus: int
    claimed_fen_minus: int
    settled_fen_plus: int
    settled_fen_minus: int
    carried_fen: int
    adjusted_fen_plus: int
    adjusted_fen_minus: int
    cofund_fen: int
    opening_fen: int
    payable_fen: int
    paid_fen: int
    account_tail: str
    previous_digest: str
    digest: str


_COLUMNS: Final = ", ".join(Statement._fields)
_KEEP: Final = Sql(
    f"INSERT INTO statement (community_id, {_COLUMNS}) VALUES (:community_id, "
    + ", ".join(f":{name}" for name in Statement._fields)
    + ") ON CONFLICT (community_id, claimant_id, month) DO NOTHING"
)
_ROW_COLUMNS: Final = ", ".join(StatementRow._fields)
_KEEP_ROW: Final = Sql(
    f"INSERT INTO statement_row (community_id, statement_id, row_no, {_ROW_COLUMNS})"
    " VALUES (:community_id, :statement_id, :row_no, "
    + ", ".join(f":{name}" for name in StatementRow._fields)
    + ")"
)
_ONE: Final = Sql(
    f"SELECT {_COLUMNS} FROM statement WHERE community_id = :community_id"
    " AND statement_id = :statement_id"
)
_OF_SHOP: Final = Sql(
    f"SELECT {_COLUMNS} FROM statement WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id ORDER BY statement_no DESC"
)
_OF_MONTH: Final = Sql(
    f"SELECT {_COLUMNS} FROM statement WHERE community_id = :community_id AND month = :month"
    " ORDER BY claimant_id"
)
_OVERDUE: Final = Sql(
    f"SELECT {_COLUMNS} FROM statement WHERE community_id = :community_id AND state = 'issued'"
    " AND objection_until < :today ORDER BY statement_id"
)
_ROWS: Final = Sql(
    f"SELECT {_ROW_COLUMNS} FROM statement_row WHERE community_id = :community_id"
    " AND statement_id = :statement_id ORDER BY row_no"
)
ISSUED: Final = "statement.issue"
"""The act that issues a statement; its digest stands in it."""
_SET_STATE: Final = Sql(
    "UPDATE statement SET state = :state, state_at = :at WHERE community_id = :community_id"
    " AND statement_id = :statement_id AND state = :before"
)
_TAIL: Final = Sql(
    "SELECT account_no FROM payout_account WHERE community_id = :community_id"
    " AND merchant_id = :claimant_id AND effective_at <= :at AND approved_by IS NOT NULL"
    " ORDER BY effective_at DESC LIMIT 1"
)


class Period(NamedTuple):
    """A month's key (yyyymm), its days (yyyymmdd) and the nights that belong to it."""

    month: int
    first_date: int
    last_date: int
    last_run: int


def get_statement(tx: Tx, community_id: int, statement_id: int) -> Statement:
    """One statement.

    Refuses: statement_not_found.
    """
    row = tx.find(_ONE, community_id=community_id, statement_id=statement_id)
    if row is None:
        raise Refusal("statement_not_found")
    return Statement(*row)


def statements_of_shop(tx: Tx, community_id: int, claimant_id: int) -> list[Statement]:
    """A shop's statements, newest first."""
    return [
        Statement(*r) for r in tx.all(_OF_SHOP, community_id=community_id, claimant_id=claimant_id)
    ]


def statements_of_month(tx: Tx, community_id: int, month: int) -> list[Statement]:
    """Every shop's statement of a month (yyyymm)."""
    return [Statement(*row) for row in tx.all(_OF_MONTH, community_id=community_id, month=month)]


def overdue_statements(tx: Tx, community_id: int, *, today: int) -> list[Statement]:
    """Statements whose objection day has passed in silence."""
    return [Statement(*row) for row in tx.all(_OVERDUE, community_id=community_id, today=today)]


def rows_of(tx: Tx, community_id: int, statement_id: int) -> list[StatementRow]:
    """A statement's frozen lines, in order."""
    rows = tx.all(_ROWS, community_id=community_id, statement_id=statement_id)
    return [StatementRow(*row) for row in rows]


def set_state(
    tx: Tx, community_id: int, statement_id: int, *, before: str, state: str, at: int
) -> bool:
    """Move a statement on; False where its state was another already."""
    here = {"community_id": community_id, "statement_id": statement_id}
    return tx.run(_SET_STATE, **here, before=before, state=state, at=at) == 1


def account_tail(tx: Tx, community_id: int, claimant_id: int, *, at: int) -> str:
    """The last four digits of the shop's account in force, '' where none is approved."""
    row = tx.find(_TAIL, community_id=community_id, claimant_id=claimant_id, at=at)
    return "" if row is None else str(row.account_no)[-4:]


def issue(
    tx: Tx, community_id: int, claimant_id: int, period: Period, *, objection_until: int, at: int
) -> Statement | None:
    """Freeze one shop's month; None where nothing happened and nothing is owed.

    A statement issued before is given again unchanged. Refuses: statement_not_balanced.
    """
    earlier = statements_of_shop(tx, community_id, claimant_id)
    for known in earlier:
        if known.month == period.month:
            return known
    figures = figures_of(
        tx,
        community_id,
        claimant_id,
        first_date=period.first_date,
        last_date=period.last_date,
        last_run=period.last_run,
    )
    opening = payable_until(tx, community_id, claimant_id, period.first_date - 1)
    closing = payable_until(tx, community_id, claimant_id, period.last_date)
    paid = paid_between(tx, community_id, claimant_id, period.first_date, period.last_date)
    rows = name_corrections(
        tx, community_id, claimant_id, frozen_rows(figures), first_date=period.first_date
    )
    if not rows and not opening and not closing:
        return None
    values = {
        "statement_id": 0,
        "claimant_id": claimant_id,
        "statement_no": earlier[0].statement_no + 1 if earlier else 1,
        **period._asdict(),
        "issued_at": at,
        "objection_until": objection_until,
        "state": "issued",
        "state_at": at,
        **figures.sums(),
        "opening_fen": opening,
        "payable_fen": closing,
        "paid_fen": paid,
        "account_tail": account_tail(tx, community_id, claimant_id, at=at),
        "previous_digest": earlier[0].digest if earlier else "",
        "digest": "",
    }
    values.pop("last_run")
    made = Statement(**values)
    _check(made)
    digest = _digest(community_id, made, rows)
    made = made._replace(digest=digest, statement_id=int(digest[:15], 16))
    _keep(tx, community_id, made, rows)
    return made


def _keep(tx: Tx, community_id: int, made: Statement, rows: Sequence[StatementRow]) -> None:
    """Write a statement and its lines; its digest is sealed, so that paper can be held against the log for ever."""
    if tx.run(_KEEP, community_id=community_id, **made._asdict()) != 1:
        return
    here = {"community_id": community_id, "statement_id": made.statement_id}
    tx.many(_KEEP_ROW, [{**here, "row_no": n, **r._asdict()} for n, r in enumerate(rows, 1)])
    facts: audit.Facts = {
        "month": made.month,
        "payable_fen": made.payable_fen,
        "digest": made.digest,
    }
    subject = f"statement:{made.statement_id}"
    audit.record(tx, community_id, SYSTEM, ISSUED, subject, at=made.issued_at, after=facts)


def _check(made: Statement) -> None:
    """What was owed before, plus the month, less the shop's own share and what was paid, is what is owed now."""
    settled = made.settled_fen_plus - made.settled_fen_minus
    adjusted = made.adjusted_fen_plus - made.adjusted_fen_minus
    reckoned = made.opening_fen + settled + adjusted - made.cofund_fen - made.paid_fen
    if reckoned != made.payable_fen:
        raise Refusal(
            "statement_not_balanced",
            claimant_id=str(made.claimant_id),
            reckoned_fen=reckoned,
            booked_fen=made.payable_fen,
        )


def _digest(community_id: int, made: Statement, rows: Sequence[StatementRow]) -> str:
    head: dict[str, Any] = made._asdict()
    for name in ("statement_id", "digest", "issued_at", "state", "state_at"):
        head.pop(name)
    text = json.dumps(
        {"community": community_id, "head": head, "rows": rows}, sort_keys=True, ensure_ascii=False
    )
    return hashlib.sha256(text.encode()).hexdigest()
