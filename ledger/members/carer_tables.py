"""The second cards that carers carry."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from ledger.schema import number, points_to, table

# A card for whoever cares for the resident: it spends less than the resident's own.
carer_card = table(
    "carer_card",
    number("serial"),
    number("day_units"),
    number("set_at"),
    CheckConstraint("day_units >= 0", name="ck_carer_card_units"),
    points_to("fk_carer_card", "card", serial="serial"),
    key=("serial",),
)
