"""The order and the tree over it: what waits, what has its place, the stored tree, what was signed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from ledger.schema import blob, number, table, text, unique

# Written in the transaction of the entry itself; the sealer takes it out again.
outbox = table(
    "outbox",
    number("entry_id"),
    number("recorded_at"),
    text("kind"),  # txn | act
    key=("entry_id",),
)

leaf = table(
    "leaf",
    number("leaf_index"),
    number("entry_id"),  # a txn_id or an audit_id: both are drawn from the same numbers
    text("kind"),  # txn | act
    blob("leaf_hash"),
    unique("community_id", "entry_id"),
    key=("leaf_index",),
)

# `signed_size` and `signed_root` are what the newest checkpoint says: the next one must extend exactly that.
log_head = table(
    "log_head",
    number("size"),
    number("signed_size"),
    blob("signed_root"),
    key=(),
)

# C2SP tlog-tiles: up to 256 hashes; a full tile never changes, only the right edge grows.
tile = table(
    "tile",
    number("level"),
    number("tile_index"),
    blob("hashes"),
    CheckConstraint("level BETWEEN 0 AND 7", name="ck_tile_level"),
    key=("level", "tile_index"),
)

# The log's own keys, one after another; `name` is the log's origin line, which never changes.
log_key = table(
    "log_key",
    number("key_no"),  # 1, 2, 3: the highest signs
    text("name"),
    text("alg"),  # Ed25519 | ES256
    blob("public_key"),
    blob("private_key_encrypted"),  # sealed with the master key; empty once the next key signs
    text("handover"),  # a note by the key before that names this one; empty for the first
    number("made_by"),
    number("made_at"),
    key=("key_no",),
)

checkpoint = table(
    "checkpoint",
    number("size"),
    blob("root"),
    text("note"),
    number("key_no"),
    number("signed_at"),
    key=("size",),
)

# After a loss the log goes on from a shorter prefix: what it was, and the note that says so.
log_recovery = table(
    "log_recovery",
    number("recovery_no"),
    number("size"),  # the prefix that was kept
    blob("root"),
    number("lost_size"),  # the largest size that was ever signed before
    text("note"),
    number("made_by"),
    number("made_at"),
    key=("recovery_no",),
)

# A month's root as it went up on the notice board; never changed, whatever is found out later.
publication = table(
    "publication",
    number("month"),
    number("size"),
    blob("root"),
    text("note"),  # the signed checkpoint
    text(
        "figures"
    ),  # JSON: the community's totals that stood beside it, or {} where they would tell on somebody
    number("published_on"),  # the business date it went up
    number("published_at"),
    key=("month",),
)

# A till met a root that does not fit what it keeps: both notes, as they were.
seal_alarm = table(
    "seal_alarm",
    number("alarm_id"),
    text("request_id"),
    number("terminal_id"),
    text("why"),  # origin | signature | forked | older | published
    text("kept_note", null=True),
    text("offered_note"),
    text("path"),  # JSON: the path that came with it
    number("seen_at"),
    number("reported_at"),
    number("answered_at", null=True),
    number("answered_by", null=True),
    text("answer"),
    unique("community_id", "request_id"),
    key=("alarm_id",),
)
