"""What can be wrong with a kit, planted in the files with the manifest put right, so that only the figures tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from tests.support.kit_files import Files, Row


class Found(NamedTuple):
    """What the page must name: the finding, its file, and the row (None where it is about more than one)."""

    code: str
    file: str
    row: int | None = None


Plant = Callable[[Files], Found]
FAULTS: Final[dict[str, Plant]] = {}
"""By name: plants the fault in the files and says what must be found."""


def fault(plant: Plant) -> Plant:
    """Enter a fault under its function's name."""
    FAULTS[plant.__name__] = plant
    return plant


def _raise(row: Row, column: str, by: int = 1) -> None:
    row[column] = str(int(row[column] or "0") + by)


def _sale(files: Files) -> Row:
    return files.find("txn", lambda row: row["kind"] == "sale")


def _of(files: Files, table: str, row: Row) -> Row:
    return files.find(table, lambda one: one["txn_id"] == row["txn_id"])


# --- one altered byte in the journal


@fault
def a_transfer_of_a_sale_moves_more(files: Files) -> Found:
    sale = _sale(files)
    _raise(_of(files, "transfer", sale), "amount", 100)
    return Found("entry_altered", "txn.csv", files.row_number("txn", sale))


@fault
def a_sale_is_dated_another_day(files: Files) -> Found:
    sale = _sale(files)
    _raise(sale, "business_date")
    return Found("entry_altered", "txn.csv", files.row_number("txn", sale))


@fault
def a_receipt_number_is_another(files: Files) -> Found:
    sale = _sale(files)
    sale["ref"] = (sale["ref"] or "").replace("M", "N", 1)
    return Found("entry_altered", "txn.csv", files.row_number("txn", sale))


@fault
def an_offset_is_worth_more(files: Files) -> Found:
    offset = files.find("offset_booked")
    _raise(offset, "fen", 100)
    return Found("offset_rate", "offset_booked.csv", files.row_number("offset_booked", offset))


@fault
def an_act_says_another_word(files: Files) -> Found:
    act = files.find("audit", lambda row: row["act"] == "role.give")
    act["after"] = (act["after"] or "").replace("accountant", "accountanT").replace("a", "b", 1)
    return Found("act_altered", "audit.csv", files.row_number("audit", act))


@fault
def a_wallet_holds_more(files: Files) -> Found:
    wallet = files.find("account", lambda row: row["kind"] == "wallet")
    balance = files.find("balance", lambda row: row["account_id"] == wallet["account_id"])
    _raise(balance, "posted", 10)
    return Found("balance_other", "balance.csv", files.row_number("balance", balance))


@fault
def pending_points_are_more(files: Files) -> Found:
    pending = files.find("pending")
    _raise(pending, "left_units")
    return Found("pending_other", "pending.csv", files.row_number("pending", pending))


# --- in a rate


@fault
def the_rules_give_another_rate(files: Files) -> Found:
    scheme = files.find("scheme_version")
    scheme["body"] = re.sub(r"points_per_yuan = 20\b", "points_per_yuan = 10", scheme["body"] or "")
    return Found("rules_changed", "scheme_version.csv", files.row_number("scheme_version", scheme))


@fault
def one_letter_of_the_rules_is_another(files: Files) -> Found:
    scheme = files.find("scheme_version")
    scheme["body"] = (scheme["body"] or "").replace("publish", "Publish", 1)
    return Found("rules_changed", "scheme_version.csv", files.row_number("scheme_version", scheme))


@fault
def a_setting_is_another(files: Files) -> Found:
    setting = files.find("setting_version")
    setting["body"] = re.sub(
        r'"cover_tranche_fen":(\d)', r'"cover_tranche_fen":1\1', setting["body"] or ""
    )
    return Found("rules_changed", "setting_version.csv", 2)


# --- in a claim


@fault
def a_claim_asks_for_more(files: Files) -> Found:
    claim = _plain_claim(files)
    _raise(claim, "fen", 100)
    return Found("claim_differs", "claim.csv", files.row_number("claim", claim))


@fault
def a_claim_asks_for_more_points(files: Files) -> Found:
    claim = _plain_claim(files)
    _raise(claim, "units")
    return Found("claim_differs", "claim.csv", files.row_number("claim", claim))


@fault
def a_claim_names_another_receipt(files: Files) -> Found:
    claim = _plain_claim(files)
    claim["ref"] = (claim["ref"] or "")[:-1] + "?"
    return Found("claim_without_offset", "claim.csv", files.row_number("claim", claim))


@fault
def a_claim_is_gone(files: Files) -> Found:
    claim = _plain_claim(files)
    files.tables["claim"].remove(claim)
    offset = files.find("offset_booked", lambda row: row["ref"] == claim["ref"])
    return Found("offset_lost", "offset_booked.csv", files.row_number("offset_booked", offset))


@fault
def a_nights_total_is_more(files: Files) -> Found:
    total = files.find("night_total")
    _raise(total, "settled_fen_plus")
    return Found("total_other", "night_total.csv", files.row_number("night_total", total))


@fault
def a_decision_adds_another_sum(files: Files) -> Found:
    decided = files.find("discrepancy", lambda row: row["posted_txn"] is not None)
    _raise(decided, "posted_fen")
    return Found("decision_other", "discrepancy.csv", files.row_number("discrepancy", decided))


def _plain_claim(files: Files) -> Row:
    """A claim that no difference names."""
    named = {row["ref"] for row in files.tables["discrepancy"]}
    return files.find("claim", lambda row: row["ref"] not in named)


# --- in a statement or payout


@fault
def a_statement_owes_more(files: Files) -> Found:
    statement = files.find("statement")
    _raise(statement, "payable_fen")
    return Found("statement_figure", "statement.csv", files.row_number("statement", statement))


@fault
def a_line_of_a_statement_is_another(files: Files) -> Found:
    line = files.find("statement_row", lambda row: row["section"] == "day")
    line["business_date"] = str(int(line["business_date"] or "0") + 1)
    statement = files.find("statement", lambda row: row["statement_id"] == line["statement_id"])
    return Found("statement_digest", "statement.csv", files.row_number("statement", statement))


@fault
def a_payout_is_larger(files: Files) -> Found:
    payout = files.find("payout")
    _raise(payout, "amount_fen")
    return Found("payout_amount_sealed", "payout.csv", files.row_number("payout", payout))


@fault
def a_payout_was_approved_by_its_proposer(files: Files) -> Found:
    payout = files.find("payout", lambda row: row["approved_by"] is not None)
    payout["approved_by"] = payout["proposed_by"]
    return Found("same_person", "payout.csv", files.row_number("payout", payout))


@fault
def a_step_of_a_payout_was_by_another(files: Files) -> Found:
    step = files.find("payout_event", lambda row: row["state"] == "approved")
    _raise(step, "by_id")
    return Found("payout_act", "payout_event.csv", files.row_number("payout_event", step))


@fault
def a_step_of_a_payout_is_gone(files: Files) -> Found:
    step = files.find("payout_event", lambda row: row["state"] == "approved")
    files.tables["payout_event"].remove(step)
    return Found("payout_act_extra", "audit.csv")


# --- rows taken out, put in, moved


@fault
def a_sale_is_gone(files: Files) -> Found:
    sale = _sale(files)
    leaf = files.find("leaf", lambda row: row["entry_id"] == sale["txn_id"])
    for table in ("txn", "transfer", "offset_booked"):
        files.tables[table] = [r for r in files.tables[table] if r["txn_id"] != sale["txn_id"]]
    return Found("entry_missing", "leaf.csv", files.row_number("leaf", leaf))


@fault
def a_sale_and_its_place_are_gone(files: Files) -> Found:
    sale = _sale(files)
    for table in ("txn", "transfer", "offset_booked"):
        files.tables[table] = [r for r in files.tables[table] if r["txn_id"] != sale["txn_id"]]
    leaves = [row for row in files.tables["leaf"] if row["entry_id"] != sale["txn_id"]]
    files.tables["leaf"] = [row | {"leaf_index": str(n)} for n, row in enumerate(leaves)]
    files.manifest["size"] = str(len(leaves))
    return Found("checkpoint_root", "manifest.json")


@fault
def a_sale_was_slipped_in(files: Files) -> Found:
    sale = _sale(files)
    fresh = str(int(files.tables["txn"][-1]["txn_id"] or "0") + 1_000_000)
    made = sale | {"txn_id": fresh, "request_id": "slipped-in"}
    files.tables["txn"].append(made)
    files.tables["transfer"].append(_of(files, "transfer", sale) | {"txn_id": fresh})
    return Found("entry_no_place", "txn.csv", files.row_number("txn", made))


@fault
def a_line_of_a_sale_is_gone(files: Files) -> Found:
    sale = _sale(files)
    files.tables["transfer"].remove(_of(files, "transfer", sale))
    return Found("entry_altered", "txn.csv", files.row_number("txn", sale))


@fault
def two_entries_changed_places(files: Files) -> Found:
    first, second = files.tables["leaf"][5], files.tables["leaf"][9]
    first["leaf_index"], second["leaf_index"] = second["leaf_index"], first["leaf_index"]
    files.tables["leaf"].sort(key=lambda row: int(row["leaf_index"] or "0"))
    return Found("checkpoint_root", "manifest.json")


@fault
def the_last_entries_are_cut_off(files: Files) -> Found:
    gone = {row["entry_id"] for row in files.tables["leaf"][-3:]}
    files.tables["leaf"] = files.tables["leaf"][:-3]
    files.tables["txn"] = [row for row in files.tables["txn"] if row["txn_id"] not in gone]
    files.tables["transfer"] = [r for r in files.tables["transfer"] if r["txn_id"] not in gone]
    files.tables["audit"] = [row for row in files.tables["audit"] if row["audit_id"] not in gone]
    files.manifest["size"] = str(len(files.tables["leaf"]))
    return Found("checkpoint_root", "manifest.json")


@fault
def an_act_is_gone(files: Files) -> Found:
    act = files.find("audit", lambda row: row["act"] == "payout.state")
    leaf = files.find("leaf", lambda row: row["entry_id"] == act["audit_id"])
    files.tables["audit"].remove(act)
    return Found("entry_missing", "leaf.csv", files.row_number("leaf", leaf))


@fault
def a_hash_in_the_order_is_another(files: Files) -> Found:
    sale = _sale(files)
    leaf = files.find("leaf", lambda row: row["entry_id"] == sale["txn_id"])
    hashed = leaf["leaf_hash"] or ""
    leaf["leaf_hash"] = ("00" if hashed[:2] != "00" else "ff") + hashed[2:]
    return Found("entry_altered", "txn.csv", files.row_number("txn", sale))


@fault
def somebody_else_signed(files: Files) -> Found:
    note = files.manifest["checkpoint"]
    at = note.rindex(" ") + 10
    files.manifest["checkpoint"] = note[:at] + ("A" if note[at] != "A" else "B") + note[at + 1 :]
    return Found("signature_wrong", "manifest.json")


@fault
def nobody_signed(files: Files) -> Found:
    files.manifest["checkpoint"] = None
    return Found("unsigned", "manifest.json")


@fault
def a_file_is_not_the_one_that_was_listed(files: Files) -> Found:
    files.find("evidence")["channel"] = "cash"
    files.stale.add("evidence.csv")
    return Found("file_changed", "evidence.csv")


@fault
def a_role_is_held_without_a_grant(files: Files) -> Found:
    held = files.find("staff_role", lambda row: row["role"] == "auditor")
    held["role"] = "secretary"
    return Found("role_no_act", "staff_role.csv", files.row_number("staff_role", held))


@fault
def a_role_that_was_held_is_gone(files: Files) -> Found:
    held = files.find("staff_role", lambda row: row["role"] == "grid_worker")
    act = files.find("audit", lambda row: row["act"] == "role.take")
    files.tables["staff_role"].remove(held)
    return Found("role_row_missing", "audit.csv", files.row_number("audit", act))
