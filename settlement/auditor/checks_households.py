"""Checks of points that pass from one wallet to another."""

from __future__ import annotations

from typing import Final

from settlement.auditor.registry import Check, check, look

_KINDS: Final = "('household_move', 'heirs', 'gift')"

HOUSEHOLDS: Final[tuple[Check, ...]] = (
    check(
        "household",
        look(
            "household_line",
            "act_id line_no",
            "SELECT l.act_id, l.line_no, l.txn_id, l.what, l.units, t.amount AS posted FROM household_line l"
            " LEFT JOIN entry x ON x.txn_id = l.txn_id LEFT JOIN line t ON t.txn_id = l.txn_id"
            f" WHERE NOT coalesce(x.kind::VARCHAR IN {_KINDS} AND t.amount = l.units"
            "  AND t.commodity = l.commodity AND t.debit_kind::VARCHAR = t.credit_kind::VARCHAR"
            "  AND ((l.what = 'points' AND t.debit_kind::VARCHAR = 'wallet' AND t.debit_owner = l.from_owner"
            "    AND t.credit_owner = l.to_owner AND x.corrects_date = l.earned_on"
            "    AND l.earned_on <= x.business_date)"
            "   OR (l.what = 'debt' AND t.debit_kind::VARCHAR = 'owed' AND t.credit_owner = l.from_owner"
            "    AND t.debit_owner = l.to_owner)), false)",
        ),
        look(
            "txn",
            "txn_id",
            "SELECT x.txn_id, x.kind, count(l.act_id) AS lines FROM entry x"
            " LEFT JOIN household_line l ON l.txn_id = x.txn_id"
            f" WHERE x.kind::VARCHAR IN {_KINDS} GROUP BY ALL HAVING count(l.act_id) <> 1",
        ),
        look(
            "household_act",
            "act_id",
            "SELECT a.act_id, a.kind, a.proposed_by, a.approved_by FROM household_act a"
            " WHERE a.act_id IN (SELECT act_id FROM household_line)"
            " AND NOT coalesce(a.approved_by <> a.proposed_by, false)",
        ),
        look(
            "household_line",
            "act_id",
            "SELECT l.act_id, count(*) AS lines FROM household_line l"
            " WHERE l.act_id NOT IN (SELECT act_id FROM household_act) GROUP BY l.act_id",
        ),
        needs="txn transfer account",
        explained_by={"I2": "o.txn_id = f.txn_id", "entry": "o.txn_id = f.txn_id"},
    ),
)
"""Of `ledger/households`, as the export has it."""
