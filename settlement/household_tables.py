"""Purchases booked to the wrong household: what was said of them, and what was booked anew."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from ledger.schema import number, points_to, table, text, unique

# A household says that a purchase on its account is not its own. The key is the guard: a purchase is named once.
wrong_household = table(
    "wrong_household",
    number("txn_id"),  # of the sale
    number("discrepancy_no"),  # its T2
    number("person_id"),  # on whose account it stands
    number("household_id"),
    text("told"),  # what they say happened; erased with their name
    text("source"),  # office | resident
    number("taken_by"),  # staff; 0: the holder's own page
    number("business_date"),
    number("taken_at"),
    points_to("fk_wrong_household_txn", "txn", txn_id="txn_id"),
    points_to("fk_wrong_household_row", "discrepancy", discrepancy_no="discrepancy_no"),
    unique("community_id", "discrepancy_no"),
    key=("txn_id",),
)

# A purchase that counts as another household's since: what of it still stood was reversed there and booked here.
rebooked = table(
    "rebooked",
    number("txn_id"),  # of the sale
    number("from_owner"),
    number("to_owner"),
    number("to_person"),
    number("commodity"),
    number("units"),  # points the purchase had used
    number("earned_units"),  # points it had brought
    number(
        "owed_units"
    ),  # of what it had brought: spent by then, owed by the household that had them
    number("lacked_units"),  # of what it had used: owed by the household it went to
    number("borne_units"),  # of what it had used: let go before, so given back to the community
    number("made_txn"),
    number("proposed_by"),
    number("approved_by"),
    number("business_date"),
    number("made_at"),
    points_to("fk_rebooked_said", "wrong_household", txn_id="txn_id"),
    CheckConstraint("units >= 0 AND earned_units >= 0", name="ck_rebooked_units"),
    unique("community_id", "made_txn"),
    key=("txn_id",),
)
