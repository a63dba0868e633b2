"""Points that will lapse, wallet by wallet, and every notice that was given of it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from ledger.schema import index, number, points_to, table, text

# Points of one wallet, earned up to one day, that lapse after `last_day` unless they are used.
lapse = table(
    "lapse",
    number("commodity"),
    number("owner_id"),
    number("earned_until"),
    number("units"),  # as announced last: it only falls
    number("last_day"),  # the last day to use them: it only moves on
    text("notice_days"),  # what the scheme asked for when they were announced: 90,30
    number("next_days", null=True),  # the next notice to give; null when all are made
    number("next_due", null=True),  # its first day
    text("state"),  # open | expired | used | withdrawn
    number("expired_units"),
    number("txn_id", null=True),
    number("opened_on"),
    number("changed_at"),
    CheckConstraint("units >= 0", name="ck_lapse_units"),
    CheckConstraint("expired_units >= 0", name="ck_lapse_expired"),
    index("ix_lapse_state", "state", "commodity", "last_day"),
    key=("commodity", "owner_id", "earned_until"),
)

# One notice by one channel. A paper slip counts from the day somebody handed it out.
lapse_notice = table(
    "lapse_notice",
    number("commodity"),
    number("owner_id"),
    number("earned_until"),
    number("notice_days"),
    text("channel"),  # page | slip
    number("units"),
    number("last_day"),  # as it was told
    number("run_id"),
    number("made_on"),
    number("given_on", null=True),
    number("given_by", null=True),
    points_to(
        "fk_lapse_notice_lapse",
        "lapse",
        commodity="commodity",
        owner_id="owner_id",
        earned_until="earned_until",
    ),
    index("ix_lapse_notice_run", "run_id"),
    key=("commodity", "owner_id", "earned_until", "notice_days", "channel"),
)

# One night's notices of one kind: what the wall says of them is a count and a sum.
notice_run = table(
    "notice_run",
    number("run_id"),
    number("commodity"),
    number("notice_days"),
    number("made_on"),
    number("wallets"),
    number("units"),
    number("slips"),
    text("digest"),
    number("made_at"),
    key=("run_id",),
)
