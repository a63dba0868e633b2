"""Tables of fee bills; only ledger.bills writes them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint

from ledger.schema import index, number, points_to, table, text, unique

# A bill as it stands. `offset_fen` is what points pay of it, asked for or booked; the guard of every offset.
fee_bill: Final = table(
    "fee_bill",
    number("bill_id"),
    number("biller_id"),  # the merchant who asks for the money and may claim the offset
    text("bill_no"),  # the biller's own number
    number("household_id"),
    text("kind"),  # property_fee | refuse_fee
    text("period"),  # as the biller writes it: 2026-06, 2026Q2
    number("amount_fen"),  # 0: cancelled
    number("due_date"),
    number("version"),  # counts up with each correction
    number("ceiling_fen"),  # the most that points may pay of this version
    text("scheme_version"),  # whose share the ceiling is
    number("offset_fen"),
    number("offsets"),  # how many offsets were ever asked for: their running number
    number("opened_at"),
    number("changed_at"),
    CheckConstraint("offset_fen >= 0", name="ck_fee_bill_offset"),
    unique("community_id", "biller_id", "bill_no"),
    index("ix_fee_bill_household", "household_id"),
    key=("bill_id",),
)

# What a file said of a bill, each time it said something new.
fee_bill_version: Final = table(
    "fee_bill_version",
    number("bill_id"),
    number("version"),
    number("amount_fen"),
    number("due_date"),
    text("period"),
    number("ceiling_fen"),
    text("scheme_version"),
    text("file_sha256"),
    number("row_no"),
    number("back_fen"),  # what the correction gave back of offsets
    number("recorded_at"),
    points_to("fk_fee_bill_version_bill", "fee_bill", bill_id="bill_id"),
    key=("bill_id", "version"),
)

# A file that was taken, with its answer: the same bytes again are answered from here.
fee_file: Final = table(
    "fee_file",
    text("kind"),  # bills | confirmation
    text("sha256"),
    text("name"),
    number("line_count"),
    text("answer"),
    number("taken_by"),
    number("taken_at"),
    key=("kind", "sha256"),
)

# Points asked to be taken off a bill: held, then booked when the biller confirms, or released.
fee_offset: Final = table(
    "fee_offset",
    number("offset_id"),
    number("bill_id"),
    number("biller_id"),
    text("ref"),  # what the biller claims under
    number("household_id"),
    number("person_id"),
    number("wallet_owner_id"),
    number("commodity"),
    number("units"),
    number("fen"),
    number("units_per_fen"),
    text("scheme_version"),
    text("cap_code"),  # the month's limit it counts against, '' where the scheme sets none
    number("counted_month"),  # yyyymm, also of the member's own limit
    text("hold_request"),  # the request its hold stands under
    text("state"),  # held | booked | released
    text("asked_by"),  # resident | office
    number("opened_at"),
    number("expires_at"),
    number("ended_at", null=True),
    text("why"),  # of a release: expired | given_up | corrected
    number("txn_id", null=True),
    number("business_date", null=True),
    number("backs"),  # how often something of it came back
    number("back_units"),
    number("back_fen"),
    CheckConstraint("back_fen >= 0 AND back_fen <= fen", name="ck_fee_offset_back"),
    points_to("fk_fee_offset_bill", "fee_bill", bill_id="bill_id"),
    unique("community_id", "biller_id", "ref"),
    index("ix_fee_offset_bill", "bill_id"),
    index("ix_fee_offset_state", "state", "expires_at"),
    key=("offset_id",),
)
