"""Certificates as they were printed, and how each ended."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from ledger.schema import index, number, points_to, table, text, unique

# A certificate as it was printed; nothing here changes afterwards. Its end is a row of its own.
certificate = table(
    "certificate",
    number("certificate_id"),
    number("serial"),  # what stands in its code; typed with a check digit
    number("person_id"),
    number("wallet_owner_id"),
    number("commodity"),
    number("units"),
    text("shop_kind"),  # the kind of shop that may take it, as the scheme's tree of kinds names it
    number("hold_id"),  # the points wait under this hold of the wallet
    text("cap_code"),  # the scheme's limit a month that it was counted against; '' without one
    number("counted_month"),
    number("business_date"),
    number("last_day"),
    number("printed_by"),
    number("printed_at"),
    text("request_id"),
    CheckConstraint("units > 0", name="ck_certificate_units"),
    points_to("fk_certificate_hold", "hold", hold_id="hold_id"),
    unique("community_id", "serial"),
    unique("community_id", "hold_id"),
    index("ix_certificate_person", "person_id", "certificate_id"),
    index("ix_certificate_last_day", "last_day"),
    key=("certificate_id",),
)

# How a certificate ended. The key is the guard: there is no second row, whoever asks and however often.
certificate_end = table(
    "certificate_end",
    number("certificate_id"),
    text("how"),  # used | cancelled | expired
    number("used_units"),  # what was taken; the rest went back
    number("merchant_id", null=True),
    number("terminal_id", null=True),
    text("ref", null=True),  # the sale that took it
    number("business_date"),
    number("ended_by"),  # 0: the night, or a till
    number("ended_at"),
    number("txn_id", null=True),
    CheckConstraint("used_units >= 0", name="ck_certificate_used"),
    points_to("fk_certificate_end", "certificate", certificate_id="certificate_id"),
    unique("community_id", "ref"),
    key=("certificate_id",),
)
