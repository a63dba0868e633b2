"""What must hold of points given and taken by decision, and for each the change that breaks it and nothing else."""

from __future__ import annotations

from typing import Final

_MOVED: Final = (
    "coalesce((SELECT sum(t.amount) FROM transfer t"
    " JOIN account d ON d.community_id = t.community_id AND d.account_id = t.debit_id"
    " JOIN account c ON c.community_id = t.community_id AND c.account_id = t.credit_id"
    " WHERE t.community_id = a.community_id AND t.txn_id = a.txn_id AND d.kind = '{debit}'"
    " AND c.kind = '{credit}' AND {whose}.owner_id = a.owner_id), 0)"
)
_GIVEN: Final = _MOVED.format(debit="issued_deed", credit="wallet", whose="c")
_TAKEN: Final = _MOVED.format(debit="wallet", credit="issued_deduction", whose="d")
_OWED: Final = _MOVED.format(debit="owed", credit="issued_deduction", whose="d")

CHECKS: Final[dict[str, str]] = {
    "an_award_is_what_its_entry_moved": (
        f"SELECT a.* FROM award a WHERE a.booked_units <> {_GIVEN} - {_TAKEN}"
        f" OR a.owed_units <> {_OWED}"
    ),
    "a_deduction_is_taken_owed_or_let_go": (
        "SELECT * FROM award WHERE asked_units < 0"
        " AND asked_units <> booked_units - owed_units - dropped_units"
        " OR asked_units > 0 AND (owed_units <> 0 OR dropped_units <> 0 OR booked_units <= 0"
        "  OR booked_units > asked_units OR booked_units < asked_units AND cut_by = '')"
    ),
    "nobody_has_points_in_hand_and_a_debt": (
        "SELECT w.community_id, w.owner_id, w.commodity FROM account w"
        " JOIN balance b ON b.community_id = w.community_id AND b.account_id = w.account_id"
        " JOIN account o ON o.community_id = w.community_id AND o.kind = 'owed'"
        "  AND o.commodity = w.commodity AND o.owner_id = w.owner_id"
        " JOIN balance d ON d.community_id = o.community_id AND d.account_id = o.account_id"
        " WHERE w.kind = 'wallet' AND b.posted > b.held AND d.posted > 0"
    ),
    "nobody_takes_points_alone": (
        "SELECT a.* FROM award a WHERE a.asked_units < 0 AND (a.proposed_by = a.approved_by"
        "  OR a.approval_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval p"
        "   WHERE p.community_id = a.community_id AND p.approval_id = a.approval_id"
        "   AND p.state = 'approved' AND p.proposed_by = a.proposed_by"
        "   AND p.decided_by = a.approved_by))"
    ),
}
"""Each names what holds; its query finds the rows where it does not. Written for both engines."""

MUTATIONS: Final[dict[str, str]] = {
    "an_award_is_what_its_entry_moved": (
        "UPDATE award SET booked_units = booked_units - 1, asked_units = asked_units - 1"
        " WHERE asked_units > 0 AND cut_by = ''"
    ),
    "a_deduction_is_taken_owed_or_let_go": (
        "UPDATE award SET dropped_units = dropped_units + 1 WHERE asked_units < 0"
    ),
    "nobody_has_points_in_hand_and_a_debt": (
        "INSERT INTO transfer (community_id, txn_id, line_no, commodity, debit_id, credit_id, amount)"
        " SELECT 1, (SELECT max(txn_id) FROM txn WHERE kind = 'earn_deed'), 98, o.commodity, o.account_id,"
        "  (SELECT account_id FROM account WHERE kind = 'issued_consumption'), 5 FROM account o"
        " WHERE o.kind = 'owed' AND o.owner_id = 2 AND o.commodity = 1002;"
        "UPDATE balance SET posted = posted + 5 WHERE account_id ="
        " (SELECT account_id FROM account WHERE kind = 'owed' AND owner_id = 2 AND commodity = 1002)"
    ),
    "nobody_takes_points_alone": "UPDATE award SET approved_by = proposed_by WHERE asked_units < 0",
}
"""For each the statement that breaks it and no other, in a town where points were given and taken."""
