"""What holders said they did not spend, what was given back, and how it was decided."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from ledger.schema import index, number, points_to, table, text, unique

# A purchase for which the holder's PIN was typed; whoever knows it is answered for by its holder first.
pin_shown = table(
    "pin_shown",
    text("request_id"),
    number("person_id"),
    number("shown_at"),
    key=("request_id",),
)

misuse_form = table(
    "misuse_form",
    number("form_id"),
    number("person_id"),
    number("household_id"),  # whose points, and who decides nothing about it
    text("told"),  # what the holder says happened; erased with their name
    text("source"),  # office | resident
    number("taken_by"),  # staff; 0: the holder's own page
    number("business_date"),
    number("due_date"),  # by then points are back where no PIN was asked
    number("taken_at"),
    text("request_id"),
    unique("community_id", "request_id"),
    index("ix_misuse_form_person", "person_id", "form_id"),
    key=("form_id",),
)

# One entry that the holder names. The key is the guard: an entry is named once.
misuse_entry = table(
    "misuse_entry",
    number("txn_id"),
    number("form_id"),
    number("commodity"),
    number("wallet_owner_id"),
    number("units"),  # what it had taken from the wallet, less what had come back by then
    number("pin_asked"),  # 1: the PIN was typed, so it is looked into first
    points_to("fk_misuse_entry_form", "misuse_form", form_id="form_id"),
    points_to("fk_misuse_entry_txn", "txn", txn_id="txn_id"),
    CheckConstraint("units > 0", name="ck_misuse_entry_units"),
    index("ix_misuse_entry_form", "form_id"),
    key=("txn_id",),
)

# Points given back for an entry: provisionally, or (is_final) after it was decided.
misuse_given = table(
    "misuse_given",
    number("txn_id"),
    number("units"),  # 0: all of it had come back by refunds
    number("is_final"),
    number("given_by"),  # staff; 0: the night, on the last day
    number("business_date"),
    number("given_at"),
    number("given_txn_id", null=True),
    points_to("fk_misuse_given_entry", "misuse_entry", txn_id="txn_id"),
    CheckConstraint("units >= 0", name="ck_misuse_given_units"),
    key=("txn_id",),
)

# How an entry was decided. Rejected: what had been given is taken from the wallet, and owed where it is spent.
misuse_end = table(
    "misuse_end",
    number("txn_id"),
    text("how"),  # upheld | rejected
    text("why"),  # the reviewer's words; erased with the holder's name
    number("decided_by"),
    number("business_date"),
    number("decided_at"),
    number("taken_units"),
    number("owed_units"),  # of taken_units: a debt now
    number("taken_txn_id", null=True),
    points_to("fk_misuse_end_entry", "misuse_entry", txn_id="txn_id"),
    CheckConstraint("taken_units >= owed_units AND owed_units >= 0", name="ck_misuse_end_units"),
    key=("txn_id",),
)
