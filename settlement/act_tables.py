"""The table of acts on differences: who pressed what when, as which verb, and the entry it wrote."""

from __future__ import annotations

from ledger.schema import number, points_to, table, text

# One row an act of a person on a difference, in order; what waiting does to it stands in `discrepancy_step`.
discrepancy_act = table(
    "discrepancy_act",
    number("discrepancy_no"),
    number("act_no"),
    text(
        "verb"
    ),  # see `settlement.dispute_life.Verb`: the codes finance staff know from the bank cards
    text("choice"),  # see `settlement.choices.Choice`; '' for a shop's answer
    text("state"),  # where the difference came to
    text("by_kind"),  # staff | merchant
    number("by_id"),
    text("role"),  # the role it was done in: paper names the role and never the person
    number("fen"),  # what it adds to what the shop is owed, signed; a proposed one too
    number("units"),  # points that are retired with it
    number("txn_id", null=True),
    number("due_date"),  # until when an answer is due; 0 where none is
    text("note"),  # in that person's words
    number("at"),
    points_to("fk_discrepancy_act", "discrepancy", discrepancy_no="discrepancy_no"),
    key=("discrepancy_no", "act_no"),
)
