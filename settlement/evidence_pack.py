"""Everything the community holds about a disputed line, as one ZIP with a list of hashes: the same bytes every time."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ledger.sql import Row, Sql, Tx
from settlement.dispute_store import get_dispute, steps_of
from settlement.statements import get_statement, rows_of

_BOOKED: Final = Sql(
    "SELECT o.txn_id, o.terminal_id, o.ref, o.kind, o.original_ref, o.units, o.fen, o.units_per_fen,"
    " o.business_date, o.occurred_at, l.leaf_index, l.leaf_hash FROM offset_booked o"
    " LEFT JOIN leaf l ON l.community_id = o.community_id AND l.entry_id = o.txn_id"
    " WHERE o.community_id = :community_id AND o.claimant_id = :claimant_id AND o.ref = :ref"
)
_LINES: Final = Sql(
    "SELECT t.line_no, d.kind AS debit, c.kind AS credit, t.commodity, t.amount FROM transfer t"
    " JOIN account d ON d.community_id = t.community_id AND d.account_id = t.debit_id"
    " JOIN account c ON c.community_id = t.community_id AND c.account_id = t.credit_id"
    " WHERE t.community_id = :community_id AND t.txn_id = :txn_id ORDER BY t.line_no"
)
_CLAIMS: Final = Sql(
    "SELECT b.batch_no, b.terminal_id, b.source, b.outcome, b.sha256, b.filed_at, c.line_no, c.ref,"
    " c.kind, c.units, c.fen, c.occurred_at, c.business_date FROM claim c JOIN claim_batch b"
    " ON b.community_id = c.community_id AND b.batch_id = c.batch_id"
    " WHERE c.community_id = :community_id AND c.claimant_id = :claimant_id AND c.ref = :ref"
    " UNION ALL"
    " SELECT b.batch_no, b.terminal_id, b.source, b.outcome, b.sha256, b.filed_at, c.line_no, c.ref,"
    " c.kind, c.units, c.fen, c.occurred_at, c.business_date FROM claim_again c JOIN claim_batch b"
    " ON b.community_id = c.community_id AND b.batch_id = c.batch_id"
    " WHERE c.community_id = :community_id AND c.claimant_id = :claimant_id AND c.ref = :ref"
    " ORDER BY filed_at, line_no"
)
_FOUND: Final = Sql(
    "SELECT discrepancy_no, code, sub_code, business_date, booked_fen, claimed_fen, plus_fen,"
    " minus_fen, state, decision, posted_fen FROM discrepancy WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND ref = :ref ORDER BY discrepancy_no"
)
_TOKEN: Final = Sql(
    "SELECT u.kid, u.used_at, u.terminal_id, u.outcome FROM token_use u JOIN txn x"
    " ON x.community_id = u.community_id AND x.request_id = u.request_id"
    " WHERE u.community_id = :community_id AND x.txn_id = :txn_id ORDER BY u.used_at"
)
_PAID: Final = Sql(
    "SELECT route, channel, paid_fen, paid_at, state, proven_by, proven_at FROM evidence"
    " WHERE community_id = :community_id AND txn_id = :txn_id"
)
_ANY_TIME: Final = (1980, 1, 1, 0, 0, 0)


def evidence_pack(tx: Tx, community_id: int, dispute_id: int) -> bytes:
    """The pack of one disputed line: statement line, claim, booked entry, check of the code, payment, steps, hashes.

    It names no resident: neither who bought nor with which card. Refuses: dispute_not_found.
    """
    files = {name: _json(part) for name, part in _parts(tx, community_id, dispute_id).items()}
    listed = "".join(
        f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in sorted(files.items())
    )
    files["SHA256SUMS"] = listed.encode()
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as pack:
        for name, body in sorted(files.items()):
            pack.writestr(ZipInfo(name, _ANY_TIME), body)
    return out.getvalue()


def _parts(tx: Tx, community_id: int, dispute_id: int) -> dict[str, Any]:
    dispute = get_dispute(tx, community_id, dispute_id)
    statement = get_statement(tx, community_id, dispute.statement_id)
    rows = rows_of(tx, community_id, dispute.statement_id)
    line = rows[dispute.row_no - 1]._asdict() if dispute.row_no else None
    ref = dispute.ref or (line["ref"] if line else "")
    here = {"community_id": community_id, "claimant_id": dispute.claimant_id, "ref": ref}
    booked = tx.find(_BOOKED, **here) if ref else None
    parts: dict[str, Any] = {
        "dispute.json": dispute._asdict(),
        "steps.json": [_plain(row) for row in steps_of(tx, community_id, dispute_id)],
        "statement.json": {
            "statement_no": statement.statement_no,
            "month": statement.month,
            "digest": statement.digest,
            "row_no": dispute.row_no,
            "line": line,
        },
        "claims.json": [_plain(row) for row in tx.all(_CLAIMS, **here)] if ref else [],
        "differences.json": [_plain(row) for row in tx.all(_FOUND, **here)] if ref else [],
        "booked.json": None,
        "code_check.json": [],
        "payment.json": None,
    }
    if booked is not None:
        entry = {"community_id": community_id, "txn_id": booked.txn_id}
        parts["booked.json"] = {
            **_plain(booked),
            "transfers": [_plain(row) for row in tx.all(_LINES, **entry)],
        }
        parts["code_check.json"] = [_plain(row) for row in tx.all(_TOKEN, **entry)]
        paid = tx.find(_PAID, **entry)
        parts["payment.json"] = None if paid is None else _plain(paid)
    return parts


def _plain(row: Row) -> dict[str, Any]:
    values: dict[str, Any] = row._asdict()
    return {
        name: bytes(value).hex() if isinstance(value, bytes | memoryview) else value
        for name, value in values.items()
    }


def _json(part: Any) -> bytes:  # noqa: ANN401 - JSON values
    return (json.dumps(part, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
