"""The monthly roots: put up once each, kept as published, listed for tills, phones and auditors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.sql import Row, Sql, Tx

_COLUMNS: Final = "month, size, root, note, figures, published_on, published_at"
_ALL: Final = Sql(
    f"SELECT {_COLUMNS} FROM publication WHERE community_id = :community_id ORDER BY month"
)
_ONE: Final = Sql(
    f"SELECT {_COLUMNS} FROM publication WHERE community_id = :community_id AND month = :month"
)
_FIRST_WITH: Final = Sql(
    f"SELECT {_COLUMNS} FROM publication WHERE community_id = :community_id AND size > :leaf_index"
    " ORDER BY month LIMIT 1"
)
_KEEP: Final = Sql(
    f"INSERT INTO publication (community_id, {_COLUMNS})"
    " VALUES (:community_id, :month, :size, :root, :note, :figures, :published_on, :published_at)"
    " ON CONFLICT (community_id, month) DO NOTHING"
)


class Publication(NamedTuple):
    """A month's root as it went up: `note` is the signed checkpoint, `figures` the totals beside it."""

    month: int
    size: int
    root: bytes
    note: str
    figures: Mapping[str, int]
    published_on: int
    published_at: int


def publications(tx: Tx, community_id: int) -> list[Publication]:
    """Every published root, oldest first."""
    return [_publication(row) for row in tx.all(_ALL, community_id=community_id)]


def find_publication(tx: Tx, community_id: int, month: int) -> Publication | None:
    """The root of a month (yyyymm), None where none went up."""
    row = tx.find(_ONE, community_id=community_id, month=month)
    return None if row is None else _publication(row)


def get_publication(tx: Tx, community_id: int, month: int) -> Publication:
    """The root of a month (yyyymm).

    Refuses publication_not_found.
    """
    found = find_publication(tx, community_id, month)
    if found is None:
        raise Refusal("publication_not_found", month=month)
    return found


def first_with(tx: Tx, community_id: int, leaf_index: int) -> Publication | None:
    """The earliest published root under which a leaf lies: the one on the wall of its own month."""
    row = tx.find(_FIRST_WITH, community_id=community_id, leaf_index=leaf_index)
    return None if row is None else _publication(row)


def keep_publication(tx: Tx, community_id: int, made: Publication, *, by: By) -> Publication:
    """Put a month's root up. A month that has one keeps it, and that one is the answer."""
    rows = tx.run(
        _KEEP,
        community_id=community_id,
        **{**made._asdict(), "figures": json.dumps(dict(made.figures), sort_keys=True)},
    )
    if rows:
        after: audit.Facts = {
            "size": made.size,
            "root": made.root.hex(),
            "published_on": made.published_on,
        }
        subject = f"board:{made.month}"
        at = made.published_at
        audit.record(tx, community_id, by, "board.publish", subject, at=at, after=after)
    return get_publication(tx, community_id, made.month)


def _publication(row: Row) -> Publication:
    return Publication(
        int(row.month),
        int(row.size),
        bytes(row.root),
        row.note,
        json.loads(row.figures),
        int(row.published_on),
        int(row.published_at),
    )
