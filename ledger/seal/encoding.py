"""What one leaf says: an entry's row as text, version 1. SQL and JavaScript can build the same bytes.

Each value is written as the length of its UTF-8 in bytes, a colon, and the value; a value that is not there as `-`.
A changed encoding is a new first line, never another meaning of this one; the golden entries in the tests keep it so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

VERSION_LINE: Final = "jifen-leaf/1\n"

TXN_COLUMNS: Final = (
    "community_id",
    "txn_id",
    "request_id",
    "kind",
    "ref",
    "business_date",
    "scheme_period",
    "occurred_at",
    "recorded_at",
    "scheme_version",
    "units_per_fen",
    "person_id",
    "wallet_owner_id",
    "card_serial",
    "card_issue",
    "on_behalf_of",
    "merchant_id",
    "branch_id",
    "terminal_id",
    "staff_id",
    "issuing_community",
    "accepting_community",
    "reason_key",
    "source",
    "provisional",
    "reverses_txn",
    "corrects_date",
)
"""The columns of `txn` in a leaf, in this order for ever."""

TRANSFER_COLUMNS: Final = ("line_no", "commodity", "debit_id", "credit_id", "amount")

OFFSET_COLUMNS: Final = (
    "claimant_id",
    "terminal_id",
    "ref",
    "kind",
    "original_ref",
    "units",
    "fen",
    "units_per_fen",
    "business_date",
    "occurred_at",
)

ACT_COLUMNS: Final = (
    "community_id",
    "audit_id",
    "at",
    "actor_kind",
    "actor_id",
    "act",
    "subject",
    "device",
)

Value = int | str | None


def field(value: Value) -> str:
    """One value with its length in front, so that no two rows are ever written alike."""
    if value is None:
        return "-"
    text = str(value)
    length = len(text) if text.isascii() else len(text.encode())
    return f"{length}:{text}"


def encode_txn(
    header: Sequence[Value], transfers: Sequence[Sequence[Value]], offset: Sequence[Value] | None
) -> bytes:
    """A transaction: its row (TXN_COLUMNS), its transfers (TRANSFER_COLUMNS) by line, its booked offset if any."""
    values: list[Value] = ["txn", *header, len(transfers)]
    for transfer in transfers:
        values += transfer
    values.append(0 if offset is None else 1)
    if offset is not None:
        values += offset
    return _entry(values)


def encode_act(act: Sequence[Value], commitment: str) -> bytes:
    """An act: its row (ACT_COLUMNS) and what was committed to of its text."""
    return _entry(["act", *act, commitment])


def commitment_of(salt: bytes, before: str, after: str) -> str:
    """Stands in an act's leaf for its text: with the salt destroyed, nobody can try texts against it."""
    text = field(salt.hex()) + field(before) + field(after)
    return hashlib.sha256(text.encode()).hexdigest()


def _entry(values: Iterable[Value]) -> bytes:
    return (VERSION_LINE + "".join(map(field, values))).encode()
