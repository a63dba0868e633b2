"""Services for points: what is offered, vouchers and how each ended, the calendar, orders, benefits given."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from ledger.schema import index, number, points_to, table, text, unique

service = table(
    "service",
    number("service_id"),
    text("code"),
    text("name"),
    number("provider_id"),  # the merchant who gives it; 0: the community itself
    number("commodity"),
    number("price_units"),
    number("contract_fen"),  # what the provider is paid for one; 0: the community's own
    number("valid_days"),  # the day of purchase counts as the first
    number("cancel_hours"),  # an appointment may be given up until so many hours before it
    number("needs_booking"),  # 1: only with an appointment
    number("returnable"),  # 1: an unused voucher may be given back
    text("unused"),  # back | lapse: what becomes of the points when the last day has passed
    text("state"),  # on | off
    number("changed_at"),
    CheckConstraint("price_units > 0", name="ck_service_price"),
    CheckConstraint("contract_fen >= 0", name="ck_service_contract"),
    unique("community_id", "code"),
    key=("service_id",),
)

# Other terms of a service, from a day on; `service` keeps those it began with.
service_terms = table(
    "service_terms",
    number("service_id"),
    number("from_date"),  # the first day on which vouchers are sold under them
    number("price_units"),
    number("contract_fen"),
    number("valid_days"),
    number("cancel_hours"),
    number("needs_booking"),
    number("returnable"),
    text("unused"),
    number("set_at"),
    CheckConstraint("price_units > 0", name="ck_service_terms_price"),
    CheckConstraint("contract_fen >= 0", name="ck_service_terms_contract"),
    points_to("fk_service_terms_service", "service", service_id="service_id"),
    key=("service_id", "from_date"),
)

# A voucher as it was sold, with the terms of that day; nothing here changes afterwards. Its end is a row of its own.
voucher = table(
    "voucher",
    number("voucher_id"),
    number("serial"),  # what stands in its code; typed with a check digit
    number("service_id"),
    number("provider_id"),
    number("commodity"),
    number("units"),
    number("contract_fen"),  # bound in the provider's cover until it ends
    number("person_id"),
    number("wallet_owner_id"),
    text("sold_by"),  # page | counter
    number("terminal_id", null=True),
    text("unused"),
    number("returnable"),
    number("needs_booking"),
    number("cancel_hours"),
    number("business_date"),
    number("last_day"),
    number("sold_at"),
    text("request_id"),
    number("txn_id"),
    CheckConstraint("units > 0", name="ck_voucher_units"),
    points_to("fk_voucher_service", "service", service_id="service_id"),
    points_to("fk_voucher_txn", "txn", txn_id="txn_id"),
    unique("community_id", "serial"),
    unique("community_id", "txn_id"),
    index("ix_voucher_owner", "wallet_owner_id", "voucher_id"),
    index("ix_voucher_last_day", "last_day"),
    index("ix_voucher_provider", "provider_id", "voucher_id"),
    key=("voucher_id",),
)

# How a voucher ended. The key is the guard: there is no second row, whoever asks and however often.
voucher_end = table(
    "voucher_end",
    number("voucher_id"),
    text("how"),  # used | returned | expired (points back) | lapsed (points gone)
    number("provider_id"),
    number("terminal_id", null=True),
    text("ref", null=True),  # the till's number of the use
    number("units"),
    number("fen"),  # what the provider may claim for it
    number("business_date"),
    number("occurred_at"),
    number("ended_at"),
    text("request_id"),
    number("txn_id"),
    points_to("fk_voucher_end_voucher", "voucher", voucher_id="voucher_id"),
    points_to("fk_voucher_end_txn", "txn", txn_id="txn_id"),
    unique("community_id", "ref"),
    unique("community_id", "txn_id"),
    index("ix_voucher_end_provider", "provider_id", "business_date"),
    key=("voucher_id",),
)

# The notice, given on the holder's page, that a voucher ends soon. Without one it never lapses.
voucher_notice = table(
    "voucher_notice",
    number("voucher_id"),
    number("last_day"),
    number("given_on"),
    points_to("fk_voucher_notice_voucher", "voucher", voucher_id="voucher_id"),
    key=("voucher_id",),
)

# A time at which a service is given, to so many people at once.
slot = table(
    "slot",
    number("slot_id"),
    number("service_id"),
    number("starts_at"),
    number("ends_at"),
    number("capacity"),
    number("taken"),
    text("state"),  # on | off
    CheckConstraint("taken >= 0 AND taken <= capacity", name="ck_slot_taken"),
    points_to("fk_slot_service", "service", service_id="service_id"),
    unique("community_id", "service_id", "starts_at"),
    index("ix_slot_time", "starts_at"),
    key=("slot_id",),
)

# What was asked for with a voucher, and how far it came.
service_order = table(
    "service_order",
    number("order_id"),
    number("voucher_id"),
    number("service_id"),
    number("provider_id"),
    number("person_id"),
    number("wallet_owner_id"),
    number("slot_id", null=True),  # null: came without an appointment
    text("state"),  # asked | accepted | declined | cancelled | no_show | done
    number("asked_at"),
    number("answered_at", null=True),
    number("ended_at", null=True),
    number("confirmed_at", null=True),  # the resident says that it was done
    text("confirmed_by"),  # page | paper | ''
    number("rating", null=True),  # 1 to 5
    CheckConstraint("rating IS NULL OR (rating >= 1 AND rating <= 5)", name="ck_order_rating"),
    points_to("fk_order_voucher", "voucher", voucher_id="voucher_id"),
    index("ix_order_voucher", "voucher_id", "state"),
    index("ix_order_provider", "provider_id", "state"),
    index("ix_order_slot", "slot_id"),
    key=("order_id",),
)

# A discount by right that a merchant gave and bears itself: nobody claims it.
benefit_given = table(
    "benefit_given",
    text("benefit_id"),
    text("code"),
    number("merchant_id"),
    number("terminal_id"),
    number("clerk_id", null=True),
    number("person_id"),
    text("ref"),
    number("business_date"),
    number("occurred_at"),
    number("total_fen"),
    number("off_fen"),
    number("commodity"),
    number("burned_units"),
    text("scheme_version"),
    number("txn_id", null=True),  # null: nothing was burned
    CheckConstraint("off_fen >= 0 AND off_fen <= total_fen", name="ck_benefit_off"),
    unique("community_id", "ref"),
    index("ix_benefit_merchant", "merchant_id", "business_date"),
    key=("benefit_id",),
)
