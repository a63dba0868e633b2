"""Which till is asking: the ids every counter call needs, known to be there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel

from kiosk.auth import actor

T = TypeVar("T")


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


def asked(
    request: Callable[..., T],
    body: BaseModel,
    **own: Any,  # noqa: ANN401 - whatever the request has that its body says otherwise
) -> T:
    """A request of this till: the body's fields under their own names, `own` in place of some, and who asks."""
    return request(**{**till()._asdict(), **dict(body), **own})
