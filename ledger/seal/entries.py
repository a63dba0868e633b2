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
from ledger.sql import Sql, Tx

TXN: Final = "txn"
ACT: Final = "act"


class Entry(NamedTuple):
    """What names a sealed entry: a transaction or an act, and its number."""

    kind: str
    entry_id: int


def _reading(columns: Sequence[str], table: str, key: str, order: str = "") -> dict[str, Sql]:
    text = f"SELECT {', '.join(columns)} FROM {table} WHERE community_id = :community_id AND {key}"
    return {
        "sqlite": Sql(f"{text} IN (SELECT value FROM json_each(:ids)){order}"),
        "postgresql": Sql(f"{text} = ANY(:ids){order}"),
    }


_TXNS: Final = _reading(TXN_COLUMNS, "txn", "txn_id")
_TRANSFERS: Final = _reading(
    ("txn_id", *TRANSFER_COLUMNS), "transfer", "txn_id", " ORDER BY txn_id, line_no"
)
_OFFSETS: Final = _reading(("txn_id", *OFFSET_COLUMNS), "offset_booked", "txn_id")
_ACTS: Final = _reading(
    (*ACT_COLUMNS, "salt", "before", "after", "commitment"), "audit", "audit_id"
)
_TXN_ID: Final = TXN_COLUMNS.index("txn_id")
_AUDIT_ID: Final = ACT_COLUMNS.index("audit_id")


def read_entries(tx: Tx, community_id: int, wanted: Iterable[Entry]) -> dict[Entry, bytes]:
    """The encoded entries of those wanted that are there; one that is not in the book is missing from the answer."""
    ids = defaultdict(list)
    for entry in wanted:
        ids[entry.kind].append(entry.entry_id)
    found: dict[Entry, bytes] = {}
    if ids[TXN]:
        found |= _read_txns(tx, community_id, ids[TXN])
    if ids[ACT]:
        found |= _read_acts(tx, community_id, ids[ACT])
    return found


def _read_txns(tx: Tx, community_id: int, ids: list[int]) -> dict[Entry, bytes]:
    given = {"community_id": community_id, "ids": _given(tx, ids)}
    transfers: dict[int, list[Any]] = defaultdict(list)
    for txn_id, *transfer in _rows(tx, _TRANSFERS, given):
        transfers[txn_id].append(transfer)
    offsets = {txn_id: offset for txn_id, *offset in _rows(tx, _OFFSETS, given)}
    return {
        Entry(TXN, row[_TXN_ID]): encode_txn(
            row, transfers[row[_TXN_ID]], offsets.get(row[_TXN_ID])
        )
        for row in _rows(tx, _TXNS, given)
    }


def _read_acts(tx: Tx, community_id: int, ids: list[int]) -> dict[Entry, bytes]:
    given = {"community_id": community_id, "ids": _given(tx, ids)}
    found = {}
    for *act, salt, before, after, commitment in _rows(tx, _ACTS, given):
        # An erased act keeps what its leaf was made of, and nothing of its text.
        kept = commitment or commitment_of(bytes(salt), before, after)
        found[Entry(ACT, act[_AUDIT_ID])] = encode_act(act, kept)
    return found


def _rows(tx: Tx, statement: dict[str, Sql], given: dict[str, Any]) -> list[Any]:
    rows: list[Any] = tx.execute(statement[tx.dialect], given).fetchall()
    return rows


def _given(tx: Tx, ids: list[int]) -> str | list[int]:
    return json.dumps(ids) if tx.dialect == "sqlite" else ids
