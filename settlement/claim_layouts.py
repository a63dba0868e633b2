"""What a person once said of a shop's headings: kept with who and when, and asked again when the headings change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.sql import Row, Sql, Tx
from settlement.claim_headings import KEYS, NEEDED, Head

_COLUMNS: Final = "headings, columns, confirmed_by, confirmed_at"
_FIND: Final = Sql(
    f"SELECT {_COLUMNS} FROM claim_layout WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND fingerprint = :fingerprint"
)
_ALL: Final = Sql(
    f"SELECT {_COLUMNS} FROM claim_layout WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id ORDER BY confirmed_at DESC, fingerprint"
)
_KEEP: Final = Sql(
    "INSERT INTO claim_layout (community_id, claimant_id, fingerprint, headings, columns, confirmed_by, confirmed_at)"
    " VALUES (:community_id, :claimant_id, :fingerprint, :headings, :columns, :by, :at)"
    " ON CONFLICT (community_id, claimant_id, fingerprint) DO UPDATE SET columns = excluded.columns,"
    " confirmed_by = excluded.confirmed_by, confirmed_at = excluded.confirmed_at"
)


class Change(NamedTuple):
    """What is different from the headings the shop's last list had: those that are new, those that are gone."""

    new: tuple[str, ...]
    gone: tuple[str, ...]


def confirmed(tx: Tx, community_id: int, claimant_id: int, head: Head) -> Head | None:
    """The same headings with the columns a person confirmed for this shop, or None."""
    row = tx.find(
        _FIND, community_id=community_id, claimant_id=claimant_id, fingerprint=head.fingerprint
    )
    return None if row is None else Head(head.cells, json.loads(row.columns))


def layouts_of(tx: Tx, community_id: int, claimant_id: int) -> list[Row]:
    """Every row of headings confirmed for a shop, newest first, with who and when."""
    return tx.all(_ALL, community_id=community_id, claimant_id=claimant_id)


def change_from_last(tx: Tx, community_id: int, claimant_id: int, head: Head) -> Change | None:
    """How these headings differ from those confirmed last; None for a shop's first list."""
    known = layouts_of(tx, community_id, claimant_id)
    if not known:
        return None
    before: list[str] = json.loads(known[0].headings)
    return Change(
        tuple(name for name in head.cells if name and name not in before),
        tuple(name for name in before if name and name not in head.cells),
    )


def confirm(
    tx: Tx,
    community_id: int,
    claimant_id: int,
    head: Head,
    columns: Mapping[str, int],
    *,
    by: By,
    at: int,
) -> Head:
    """Remember where each column of a shop's list stands.

    Refuses: claim_columns_bad (a needed column is missing, stands nowhere, or one is named for two things).
    """
    chosen = {key: columns[key] for key in KEYS if key in columns}
    places = list(chosen.values())
    if (
        any(key not in chosen for key in NEEDED)
        or len(set(places)) != len(places)
        or any(not 0 <= place < len(head.cells) or not head.cells[place] for place in places)
    ):
        raise Refusal("claim_columns_bad")
    here = {"community_id": community_id, "claimant_id": claimant_id}
    row = {
        "fingerprint": head.fingerprint,
        "headings": json.dumps(head.cells, ensure_ascii=False),
        "columns": json.dumps(chosen, sort_keys=True),
    }
    tx.run(_KEEP, **here, **row, by=by.id, at=at)
    facts: audit.Facts = {key: head.cells[place] for key, place in sorted(chosen.items())}
    audit.record(
        tx, community_id, by, "claims.columns", f"merchant:{claimant_id}", at=at, after=facts
    )
    return Head(head.cells, chosen)


def seen_columns(head: Head) -> dict[str, Any]:
    """A head as plain values for a screen or a program: headings, and what is guessed of each."""
    return {
        "headings": list(head.cells),
        "columns": {key: head.cells[place] for key, place in head.columns.items()},
        "missing": [key for key in NEEDED if key not in head.columns],
    }
