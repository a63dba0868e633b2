"""Which till is asking: the ids every counter call needs, known to be there."""

from __future__ import annotations

from typing import NamedTuple

from kiosk.auth import actor


class Till(NamedTuple):
    """The device that signed the call, and the clerk signed in at it (None before sign-in)."""

    community_id: int
    terminal_id: int
    clerk_id: int | None


def till() -> Till:
    """The till behind this call; LookupError for a caller that is none (a bug: the roles table forbids it)."""
    here = actor()
    if here.terminal_id is None:
        raise LookupError("this call did not come from a till")
    return Till(here.community_id, here.terminal_id, here.clerk_id)
