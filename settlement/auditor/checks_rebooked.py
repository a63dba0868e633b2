"""Checks of purchases reversed at one household and booked to another."""

from __future__ import annotations

from typing import Final

from settlement.auditor.registry import Check, check, look


def _moved(debit: str, debit_owner: str, credit: str, credit_owner: str) -> str:
    """What the entry moved between two kinds of account; an owner that is empty is not looked at."""
    owners = ((debit_owner, "debit"), (credit_owner, "credit"))
    also = "".join(
        f" AND EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.{side}_id AND a.owner_id = {owner})"
        for owner, side in owners
        if owner
    )
    return (
        "(SELECT coalesce(sum(t.amount), 0) FROM line t WHERE t.txn_id = q.made_txn AND t.commodity = q.commodity"
        f" AND t.debit_kind::VARCHAR = '{debit}' AND t.credit_kind::VARCHAR = '{credit}'{also})"
    )


REBOOKED: Final[tuple[Check, ...]] = (
    check(
        "rebooked",
        look(
            "rebooked",
            "txn_id",
            "SELECT q.txn_id, q.made_txn, q.units, q.earned_units, x.kind, x.wallet_owner_id FROM rebooked q"
            " LEFT JOIN entry x ON x.txn_id = q.made_txn LEFT JOIN entry s ON s.txn_id = q.txn_id"
            " LEFT JOIN wrong_household w ON w.txn_id = q.txn_id"
            " LEFT JOIN discrepancy d ON d.discrepancy_no = w.discrepancy_no"
            " WHERE NOT coalesce(x.kind::VARCHAR = 'rebook' AND s.kind::VARCHAR = 'sale'"
            "  AND q.from_owner <> q.to_owner AND q.proposed_by <> q.approved_by AND d.code = 'T2'"
            "  AND d.state = 'decided' AND d.posted_txn = q.made_txn AND x.wallet_owner_id = q.to_owner"
            "  AND x.corrects_date = s.business_date AND x.business_date = q.business_date"
            f"  AND {_moved('loss', '', 'wallet', 'q.from_owner')} = q.units - q.borne_units"
            f"  AND {_moved('wallet', 'q.to_owner', 'loss', '')} = q.units"
            f"  AND {_moved('issued_consumption', '', 'wallet', 'q.to_owner')} = q.earned_units"
            f"  AND {_moved('wallet', 'q.from_owner', 'issued_consumption', '')}"
            f"   + {_moved('owed', 'q.from_owner', 'issued_consumption', '')} = q.earned_units"
            f"  AND {_moved('owed', 'q.from_owner', 'issued_consumption', '')} = q.owed_units"
            f"  AND {_moved('owed', 'q.to_owner', 'wallet', 'q.to_owner')} = q.lacked_units, false)",
        ),
        look(
            "txn",
            "txn_id",
            "SELECT x.txn_id, x.kind FROM entry x WHERE x.kind::VARCHAR = 'rebook'"
            " AND x.txn_id NOT IN (SELECT made_txn FROM rebooked)",
        ),
        needs="txn transfer account discrepancy wrong_household",
        explained_by={"I2": "o.txn_id = f.txn_id", "entry": "o.txn_id = f.txn_id"},
    ),
)
"""Of `settlement/rebooking.py`, as the export has it."""
