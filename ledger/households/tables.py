"""What happened to households and the points they share."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from ledger.schema import index, number, table, text, unique

# One act: people left, households became one, a death, a claim of heirs, a gift. Two people outside decided it
# wherever points moved.
household_act = table(
    "household_act",
    number("act_id"),
    text("kind"),  # leave | split | merge | heirs | gift | move | out | death
    number("household_id"),
    number("other_household_id", null=True),
    number("person_id", null=True),
    text("rule"),  # own | heads | agreed | whole | ''
    text("reason"),
    text("evidence"),  # what was shown on paper: kind and number of the document
    number("happened_on"),
    number("business_date"),
    number("approval_id", null=True),
    number("proposed_by"),
    number("approved_by", null=True),
    number("made_at"),
    unique("community_id", "approval_id"),
    index("ix_household_act_household", "household_id", "act_id"),
    key=("act_id",),
)

# Every line an act moved: points with the day they were earned on, or a debt.
household_line = table(
    "household_line",
    number("act_id"),
    number("line_no"),
    number("txn_id"),
    text("what"),  # points | debt
    number("commodity"),
    number("from_owner"),
    number("to_owner"),
    number("person_id", null=True),  # whose share
    number("earned_on", null=True),
    number("units"),
    CheckConstraint("units > 0", name="ck_household_line_units"),
    unique("community_id", "txn_id"),
    key=("act_id", "line_no"),
)

# A household that ended in another one: what still reaches its wallet goes on to the other.
household_end = table(
    "household_end",
    number("household_id"),
    number("successor_id"),
    number("act_id"),
    number("ended_at"),
    key=("household_id",),
)

# Points of somebody who died, and until when heirs may claim them.
estate = table(
    "estate",
    number("person_id"),
    number("household_id"),
    number("died_on"),
    number("reported_on"),
    number("claim_until"),
    number("was_last"),  # 1: nobody of the household is left, the pool waits too
    number("claimed_act", null=True),
    key=("person_id",),
)

# Spending by the code of somebody who had died by then: for the office to look at, never undone by itself.
late_spending = table(
    "late_spending",
    number("txn_id"),
    number("person_id"),
    number("business_date"),
    number("units"),
    text("answer"),  # '' until the office has looked
    number("answered_by", null=True),
    number("answered_at", null=True),
    key=("txn_id",),
)

# What a member may take from the pool in a month; from which month on. No row: as much as there is.
member_limit = table(
    "member_limit",
    number("person_id"),
    number("household_id"),
    number("from_month"),  # yyyymm
    number("set_at"),
    number("units", null=True),  # none: the limit is lifted
    text("set_by_kind"),
    number("set_by"),
    CheckConstraint("units >= 0", name="ck_member_limit_units"),
    key=("person_id", "household_id", "from_month", "set_at"),
)
