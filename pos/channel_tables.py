"""Tables of the payment channel: its events, and to which sale each payment belongs."""

from __future__ import annotations

from sqlalchemy import PrimaryKeyConstraint, Table

from ledger.schema import index, metadata, number, table, text

channel_event = table(
    # One row for each event of the channel; community 0 = the body named none.
    "channel_event",
    text("event_id"),
    text("kind"),  # payment_intent.succeeded
    text("object_id"),
    text("body_hash"),  # SHA-256 of what the event tells, hexadecimal
    text("body"),  # the few fields we may keep, JSON
    number("received_at"),
    text("state"),  # received | asked | ignored
    index("ix_channel_event_state", "state", "received_at"),
    key=("event_id",),
)

payment_route = Table(
    # Keyed by the payment alone: this is the one uniqueness that holds over all communities.
    "payment_route",
    metadata,
    text("payment_ref"),  # with the channel before it: gateway:pi_...
    number("community_id"),
    text("sale_id"),
    text("state"),  # reserved | confirmed | released
    number("turn"),  # counts reservations of this payment; only the last may post
    number("expires_at"),
    PrimaryKeyConstraint("payment_ref", name="pk_payment_route"),
)

payment_posting = table(
    # The community's own side of a reservation. Posting and giving up write the same key, so that
    # only one of them can happen, without a transaction over two servers.
    "payment_posting",
    text("payment_ref"),
    number("turn"),
    text("sale_id"),
    text("outcome"),  # posted | barred
    number("ended_at"),
    key=("payment_ref", "turn"),
)
