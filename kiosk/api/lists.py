"""Lists go on where they stopped: a cursor holds the last row's key, and nothing is ever skipped."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ledger.errors import Refusal
from ledger.members.device_keys import from_base64url, to_base64url

Row = TypeVar("Row")


def page(
    rows: Sequence[Row], limit: int, key: Callable[[Row], str | int], show: Callable[[Row], Any]
) -> dict[str, Any]:
    """An answer of at most `limit` items, from `limit + 1` rows; `next_cursor` is null at the end."""
    shown = rows[:limit]
    goes_on = len(rows) > limit
    return {
        "items": [show(row) for row in shown],
        "next_cursor": cursor_of(key(shown[-1])) if goes_on else None,
    }


def cursor_of(key: str | int) -> str:
    """A cursor for the row with that key."""
    return to_base64url(json.dumps(key, ensure_ascii=False).encode())


def key_of(cursor: str, first: str | int) -> str | int:
    """The key behind a cursor, of the same kind as `first`, which stands for an empty cursor.

    Refusals: cursor_bad.
    """
    if not cursor:
        return first
    try:
        key = json.loads(from_base64url(cursor))
    except ValueError as error:
        raise Refusal("cursor_bad") from error
    if type(key) is not type(first) or (isinstance(key, int) and abs(key) >= 2**63):
        raise Refusal("cursor_bad")
    return key
