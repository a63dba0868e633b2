"""Reads entries out of the book as leaves: many at once, for the sealer and for whoever checks it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from ledger.seal.encoding import (
    ACT_COLUMNS,
    OFFSET_COLUMNS,
    TRANSFER_COLUMNS,
    TXN_COLUMNS,
    commitment_of,
    encode_act,
    encode_txn,
)
from ledger.sql import Batch, Result, Sql, Tx

Rows = list[tuple[Any, ...]]

TXN: Final = "txn"
ACT: Final = "act"


class Entry(NamedTuple):
    """What names a sealed entry: a transaction or an act, and its number."""

    kind: str
    entry_id: int


class _Reading(NamedTuple):
    """A table's rows that belong to some entries: those whose numbers are given, or those that wait."""

    given: dict[str, Sql]
    waiting: Sql


WAITING: Final = (
    "SELECT kind, entry_id FROM outbox WHERE community_id = :community_id"
    " ORDER BY recorded_at, entry_id LIMIT :most"
)
"""What is sealed next, in this order."""


def _reading(columns: Sequence[str], table: str, key: str) -> _Reading:
    named = ", ".join(f"x.{column}" for column in columns)
    text = f"SELECT {named} FROM {table} x WHERE x.community_id = :community_id AND x.{key}"
    return _Reading(
        {
            "sqlite": Sql(f"{text} IN (SELECT value FROM json_each(:ids))"),
            "postgresql": Sql(f"{text} = ANY(:ids)"),
        },
        Sql(
            f"SELECT {named} FROM ({WAITING}) w JOIN {table} x"
            f" ON x.community_id = :community_id AND x.{key} = w.entry_id"
        ),
    )


_TXNS: Final = _reading(TXN_COLUMNS, "txn", "txn_id")
_TRANSFERS: Final = _reading(("txn_id", *TRANSFER_COLUMNS), "transfer", "txn_id")
_OFFSETS: Final = _reading(("txn_id", *OFFSET_COLUMNS), "offset_booked", "txn_id")
_ACTS: Final = _reading(
    (*ACT_COLUMNS, "salt", "before", "after", "commitment"), "audit", "audit_id"
)
_ALL: Final = (_TXNS, _TRANSFERS, _OFFSETS, _ACTS)
_TXN_ID: Final = TXN_COLUMNS.index("txn_id")
_AUDIT_ID: Final = ACT_COLUMNS.index("audit_id")


def read_entries(tx: Tx, community_id: int, wanted: Iterable[Entry]) -> dict[Entry, bytes]:
    """The encoded entries of those wanted that are there; one that is not in the book is missing from the answer."""
    ids = [entry.entry_id for entry in wanted]
    given = {
        "community_id": community_id,
        "ids": json.dumps(ids) if tx.dialect == "sqlite" else ids,
    }
    with tx.batch() as batch:
        results = [batch.add(reading.given[tx.dialect], given) for reading in _ALL]
    return encode_rows(*(result.tuples() for result in results))


def add_waiting(batch: Batch, community_id: int, most: int) -> list[Result]:
    """Ask in a batch for the rows of the first `most` entries that wait; `encode_rows` takes what comes."""
    given = {"community_id": community_id, "most": most}
    return [batch.add(reading.waiting, given) for reading in _ALL]


def encode_rows(
    txns: Rows, transfer_rows: Rows, offset_rows: Rows, acts: Rows
) -> dict[Entry, bytes]:
    """The entries these rows are of."""
    transfers: dict[int, list[Any]] = defaultdict(list)
    for row in transfer_rows:
        transfers[row[0]].append(row[1:])
    offsets = {row[0]: row[1:] for row in offset_rows}
    found = {}
    for row in txns:
        txn_id = row[_TXN_ID]
        entry = encode_txn(row, sorted(transfers[txn_id]), offsets.get(txn_id))
        found[Entry(TXN, txn_id)] = entry
    for *act, salt, before, after, commitment in acts:
        # An erased act keeps what its leaf was made of, and nothing of its text.
        kept = commitment or commitment_of(bytes(salt), before, after)
        found[Entry(ACT, act[_AUDIT_ID])] = encode_act(act, kept)
    return found
