"""Checks of points given back for entries that a holder says somebody else made."""

from __future__ import annotations

from typing import Final

from settlement.auditor.registry import Check, check, look

_LINE: Final = (
    "(SELECT coalesce(sum(t.amount), 0) FROM line t WHERE t.txn_id = {txn} AND t.commodity = e.commodity"
    " AND t.debit_kind::VARCHAR = '{debit}' AND t.credit_kind::VARCHAR = '{credit}')"
)


def _moved(txn: str, debit: str, credit: str) -> str:
    return _LINE.format(txn=txn, debit=debit, credit=credit)


MISUSE: Final[tuple[Check, ...]] = (
    check(
        "misuse",
        look(
            "misuse_given",
            "txn_id",
            "SELECT g.txn_id, g.units, e.units AS named_units, x.kind, x.wallet_owner_id FROM misuse_given g"
            " LEFT JOIN misuse_entry e ON e.txn_id = g.txn_id LEFT JOIN entry x ON x.txn_id = g.given_txn_id"
            " WHERE NOT coalesce(g.units <= e.units AND (e.pin_asked = 0 OR g.is_final = 1)"
            "  AND CASE WHEN g.units = 0 THEN g.given_txn_id IS NULL ELSE x.kind::VARCHAR = 'misuse_back'"
            "   AND x.wallet_owner_id = e.wallet_owner_id AND x.business_date = g.business_date"
            f"   AND {_moved('g.given_txn_id', 'loss', 'wallet')} = g.units END, false)",
        ),
        look(
            "misuse_end",
            "txn_id",
            "SELECT z.txn_id, z.how, z.taken_units, z.owed_units, g.units AS given_units, x.kind FROM misuse_end z"
            " LEFT JOIN misuse_entry e ON e.txn_id = z.txn_id LEFT JOIN misuse_form f ON f.form_id = e.form_id"
            " LEFT JOIN misuse_given g ON g.txn_id = z.txn_id LEFT JOIN entry x ON x.txn_id = z.taken_txn_id"
            " WHERE NOT coalesce(z.decided_by <> f.taken_by "
            "  AND (g.is_final = 1 OR z.decided_by <> coalesce(g.given_by, 0))"
            "  AND CASE WHEN z.how = 'upheld' THEN g.txn_id IS NOT NULL AND z.taken_units = 0"
            "    AND z.taken_txn_id IS NULL WHEN z.how = 'rejected' THEN z.taken_units <= coalesce(g.units, 0)"
            "    AND CASE WHEN z.taken_units = 0 THEN z.taken_txn_id IS NULL ELSE x.kind::VARCHAR = 'misuse_undone'"
            "     AND x.wallet_owner_id = e.wallet_owner_id"
            f"     AND {_moved('z.taken_txn_id', 'owed', 'loss')} = z.owed_units"
            f"     AND {_moved('z.taken_txn_id', 'wallet', 'loss')} = z.taken_units - z.owed_units END"
            "   ELSE false END, false)",
        ),
        look(
            "txn",
            "txn_id",
            "SELECT x.txn_id, x.kind FROM entry x WHERE (x.kind::VARCHAR = 'misuse_back'"
            "  AND x.txn_id NOT IN (SELECT given_txn_id FROM misuse_given WHERE given_txn_id IS NOT NULL))"
            " OR (x.kind::VARCHAR = 'misuse_undone'"
            "  AND x.txn_id NOT IN (SELECT taken_txn_id FROM misuse_end WHERE taken_txn_id IS NOT NULL))",
        ),
        needs="txn transfer account misuse_entry misuse_form",
        explained_by={"I2": "o.txn_id = f.txn_id", "entry": "o.txn_id = f.txn_id"},
    ),
)
"""Of `pos/misuse`, as the export has it."""
