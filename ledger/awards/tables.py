"""Every decided award, plus or minus: what was asked, what was moved, what was left."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from ledger.schema import index, number, table, text, unique

award = table(
    "award",
    number("award_id"),
    text("request_id"),
    text("item_code"),
    number("commodity"),
    number("owner_id"),  # whose wallet
    number("person_id", null=True),  # who did it, where that is known
    number("asked_units"),  # signed: below zero for a deduction
    number("booked_units"),  # signed: what came into the wallet, or left it
    number("owed_units"),  # of a deduction: made a debt, as the point type says
    number("dropped_units"),  # of a deduction: more than there was, not asked for again
    text("cut_by"),  # the cap that made it less, such as P01.day
    number("is_private"),  # 1: the reason is told at the desk alone
    text("reason"),
    text("scheme_version"),
    number("happened_on"),
    number("business_date"),
    number("txn_id", null=True),  # null: nothing moved
    number("approval_id", null=True),
    number("proposed_by"),
    number("approved_by"),
    number("made_at"),
    CheckConstraint("owed_units >= 0", name="ck_award_owed"),
    CheckConstraint("dropped_units >= 0", name="ck_award_dropped"),
    unique("community_id", "request_id"),
    index("ix_award_owner", "owner_id", "award_id"),
    key=("award_id",),
)
