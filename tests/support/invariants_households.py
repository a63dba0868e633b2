"""What must hold of points that pass between wallets, and for each the change that breaks it and nothing else."""

from __future__ import annotations

from typing import Final

_KINDS: Final = "('household_move', 'heirs', 'gift')"
_SAME_LINE: Final = (
    "EXISTS (SELECT 1 FROM household_line l WHERE l.community_id = x.community_id"
    " AND l.txn_id = x.txn_id AND l.units = t.amount AND l.commodity = t.commodity"
    " AND (l.what = 'points' AND d.kind = 'wallet' AND c.kind = 'wallet'"
    "   AND d.owner_id = l.from_owner AND c.owner_id = l.to_owner"
    "   AND x.corrects_date = l.earned_on"
    "  OR l.what = 'debt' AND d.kind = 'owed' AND c.kind = 'owed'"
    "   AND c.owner_id = l.from_owner AND d.owner_id = l.to_owner))"
)
_LINES: Final = (
    " FROM txn x JOIN transfer t ON t.community_id = x.community_id AND t.txn_id = x.txn_id"
    " JOIN account d ON d.community_id = t.community_id AND d.account_id = t.debit_id"
    " JOIN account c ON c.community_id = t.community_id AND c.account_id = t.credit_id"
)

CHECKS: Final[dict[str, str]] = {
    "only_a_household_act_leads_from_wallet_to_wallet": (
        f"SELECT x.community_id, x.txn_id, x.kind{_LINES}"
        f" WHERE d.kind = c.kind AND d.kind IN ('wallet', 'owed') AND x.kind NOT IN {_KINDS}"
    ),
    "what_an_act_moved_is_in_the_book": (
        f"SELECT x.community_id, x.txn_id, t.line_no{_LINES}"
        f" WHERE x.kind IN {_KINDS} AND NOT {_SAME_LINE}"
        " UNION ALL SELECT l.community_id, l.act_id, l.line_no FROM household_line l"
        f" WHERE NOT EXISTS (SELECT 1 FROM txn x WHERE x.community_id = l.community_id"
        f"  AND x.txn_id = l.txn_id AND x.kind IN {_KINDS})"
    ),
    "two_outside_the_households_decided": (
        "SELECT a.community_id, a.act_id FROM household_act a WHERE EXISTS (SELECT 1"
        "  FROM household_line l WHERE l.community_id = a.community_id AND l.act_id = a.act_id)"
        " AND (a.approved_by IS NULL OR a.approved_by = a.proposed_by OR EXISTS (SELECT 1"
        "  FROM staff s JOIN resident r ON r.community_id = s.community_id"
        "   AND r.person_id = s.person_id WHERE s.community_id = a.community_id"
        "   AND s.staff_id IN (a.proposed_by, a.approved_by)"
        "   AND r.household_id IN (a.household_id, a.other_household_id)))"
        " UNION ALL SELECT l.community_id, l.act_id FROM household_line l WHERE NOT EXISTS"
        "  (SELECT 1 FROM household_act a WHERE a.community_id = l.community_id"
        "   AND a.act_id = l.act_id)"
    ),
}
"""Each names what holds; its query finds the rows where it does not. Written for both engines."""

MUTATIONS: Final[dict[str, str]] = {
    "only_a_household_act_leads_from_wallet_to_wallet": (
        "DELETE FROM household_line WHERE line_no = 1;"
        " UPDATE txn SET kind = 'repay' WHERE kind = 'gift'"
    ),
    "what_an_act_moved_is_in_the_book": "UPDATE household_line SET units = units + 1",
    "two_outside_the_households_decided": "UPDATE household_act SET approved_by = proposed_by",
}
"""For each the statement that breaks it and no other, in a town where one household gave to another."""
