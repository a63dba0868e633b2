"""What staff can do to themselves and their own, booked, recorded, sealed and signed like everything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.support.kit_faults import Found, Plant
from tests.support.kit_files import Files, Row

FAVOURS: Final[dict[str, Plant]] = {}
"""By name: plants the favour in the files and says what must be found."""


def favour(plant: Plant) -> Plant:
    """Enter a favour under its function's name."""
    FAVOURS[plant.__name__] = plant
    return plant


def _staff_with(files: Files, role: str) -> str:
    return files.find("staff_role", lambda row: row["role"] == role)["staff_id"] or ""


def _by_hand(files: Files) -> Row:
    """Points given by hand by a member of staff."""
    return files.find("txn", lambda row: row["kind"] == "grant" and row["staff_id"] is not None)


def _grant_act(files: Files, role: str) -> Row:
    return files.find(
        "audit", lambda row: row["act"] == "role.give" and f'"{role}"' in (row["after"] or "")
    )


def without(files: Files, is_gone: Callable[[Row], bool]) -> None:
    """Take acts out with their places, as if they had never been."""
    gone = {row["audit_id"] for row in files.tables["audit"] if is_gone(row)}
    files.tables["audit"] = [row for row in files.tables["audit"] if row["audit_id"] not in gone]
    leaves = [row for row in files.tables["leaf"] if row["entry_id"] not in gone]
    files.tables["leaf"] = [row | {"leaf_index": str(n)} for n, row in enumerate(leaves)]
    # Nights name places in the order, which all move down; nothing of the sort is looked at here.
    for run in files.tables["night_run"]:
        for column in ("first_leaf", "end_leaf"):
            if run[column] != "0":
                run[column] = str(int(run[column] or "0") - len(gone))


@favour
def points_for_a_relative(files: Files) -> Found:
    """The accountant, resident 2, gives points to resident 4, a declared relative in another household."""
    given = _by_hand(files)
    given["staff_id"] = _staff_with(files, "accountant")
    files.tables["kin"].append(
        files.tables["kin"][0] | {"person_id": "2", "other_person_id": "4", "kind": "in_law"}
    )
    return Found("credit_to_own", "txn.csv", files.row_number("txn", given))


@favour
def points_for_the_own_household(files: Files) -> Found:
    """The committee member who gave the points lives in the household that got them."""
    given = _by_hand(files)
    files.find("staff", lambda row: row["staff_id"] == given["staff_id"])["person_id"] = "4"
    return Found("credit_to_own", "txn.csv", files.row_number("txn", given))


@favour
def a_decision_about_the_own_household(files: Files) -> Found:
    """Whoever approved the grant is the resident it was for."""
    approval = files.find("approval")
    files.find("staff", lambda row: row["staff_id"] == approval["decided_by"])["person_id"] = "4"
    return Found("decided_for_own", "approval.csv", files.row_number("approval", approval))


@favour
def an_approver_who_gave_himself_the_role(files: Files) -> Found:
    """The secretary gave herself the role by which she approved the payouts."""
    held = files.find("staff_role", lambda row: row["role"] == "secretary")
    held["granted_by"] = held["staff_id"]
    _grant_act(files, "secretary")["actor_id"] = held["staff_id"]
    payout = files.find("payout", lambda row: row["approved_by"] == held["staff_id"])
    return Found("approver_granted_himself", "payout.csv", files.row_number("payout", payout))


@favour
def an_approver_chosen_by_the_proposer(files: Files) -> Found:
    """The accountant who proposed the payouts had given the secretary her role."""
    held = files.find("staff_role", lambda row: row["role"] == "secretary")
    held["granted_by"] = _staff_with(files, "accountant")
    _grant_act(files, "secretary")["actor_id"] = held["granted_by"]
    payout = files.find("payout", lambda row: row["approved_by"] == held["staff_id"])
    return Found("approver_granted_by_proposer", "payout.csv", files.row_number("payout", payout))


@favour
def an_approval_by_the_proposer(files: Files) -> Found:
    """One person proposed the points and agreed to them."""
    approval = files.find("approval")
    approval["decided_by"] = approval["proposed_by"]
    act = files.find("audit", lambda row: row["act"] == "grant.approved")
    act["actor_id"] = approval["proposed_by"]
    return Found("same_person", "approval.csv", files.row_number("approval", approval))


@favour
def a_role_nobody_recorded(files: Files) -> Found:
    """The auditor's role stands in the list, and no act ever gave it."""
    held = files.find("staff_role", lambda row: row["role"] == "auditor")
    act = _grant_act(files, "auditor")
    without(files, lambda row: row is act)
    return Found("role_no_act", "staff_role.csv", files.row_number("staff_role", held))
