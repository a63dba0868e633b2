"""The fake channel's back office: its store, its balance in yuan, its events, its lists."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from kiosk.fakepay.errors import ApiError, missing
from kiosk.fakepay.forms import Form, whole
from kiosk.fakepay.store import Store, Thing

API_VERSION: Final = "2026-10-28.endive"

_MOST_LISTED: Final = 100


class Bank:
    """What every operation of the fake shares; its methods are called under the store's lock."""

    def __init__(self, store: Store, *, payout_delay_s: int | None = 0) -> None:
        """Confirm payouts that many seconds after they were made; None waits to be told."""
        self.store = store
        self.payout_delay_s = payout_delay_s
        self.decline_next: str | None = None
        self.made_events: list[str] = []

    def get(self, kind: str, object_id: str) -> Thing:
        """The object, else 404."""
        found = self.store.find(kind, object_id)
        if found is None:
            raise missing(kind, object_id)
        return found

    def make(self, kind: str, **fields: Any) -> Thing:  # noqa: ANN401 - fields of a JSON object
        """Keep a new object with its id, kind and time."""
        object_id = self.store.new_id(kind)
        stamp = {"id": object_id, "object": kind, "created": self.store.now(), "livemode": False}
        return self.store.put(kind, object_id, {**stamp, **fields})

    def change(self, thing: Thing, **fields: Any) -> Thing:  # noqa: ANN401 - the same
        """Change fields of an object."""
        thing.update(fields)
        return self.store.put(thing["object"], thing["id"], thing)

    def emit(self, kind: str, thing: Thing) -> None:
        """Write an event with the object as it is now."""
        event = self.make(
            "event",
            type=kind,
            api_version=API_VERSION,
            data={"object": json.loads(json.dumps(thing))},
            pending_webhooks=len(list(self.store.each("webhook_endpoint"))),
            request={"id": None, "idempotency_key": None},
        )
        self.made_events.append(event["id"])

    @property
    def balance_fen(self) -> int:
        """Yuan that can be transferred or paid out, in fen."""
        kept = self.store.find("balance", "cny")
        return 0 if kept is None else int(kept["amount"])

    def move(self, amount_fen: int) -> None:
        """Add to the balance, or take from it (a refund may overdraw it)."""
        self.store.put("balance", "cny", {"amount": self.balance_fen + amount_fen})

    def spend(self, amount_fen: int) -> None:
        """Take from the balance what is there, else refuse."""
        if amount_fen > self.balance_fen:
            raise ApiError(
                400, "You have insufficient available funds.", code="balance_insufficient"
            )
        self.move(-amount_fen)

    def page(
        self, kind: str, form: Form, url: str, fits: Callable[[Thing], bool] = lambda _: True
    ) -> Thing:
        """One page of a list, newest first, by `limit`, `starting_after` and `created`."""
        limit = whole(form, "limit", 10)
        if not 1 <= limit <= _MOST_LISTED:
            raise ApiError(400, f"Invalid limit: {limit}", param="limit")
        after = form.get("starting_after")
        if after is not None:
            self.get(kind, after)
        found, reached = [], after is None
        for thing in self.store.each(kind):
            if reached and _created_fits(thing, form.get("created")) and fits(thing):
                found.append(thing)
            reached = reached or thing["id"] == after
            if len(found) > limit:
                break
        return {
            "object": "list",
            "url": url,
            "has_more": len(found) > limit,
            "data": found[:limit],
        }


def _created_fits(thing: Thing, wanted: object) -> bool:
    if wanted is None:
        return True
    if not isinstance(wanted, Mapping):
        wanted = {"gte": wanted, "lte": wanted}
    tests: dict[str, Callable[[int, int], bool]] = {
        "gt": lambda made, mark: made > mark,
        "gte": lambda made, mark: made >= mark,
        "lt": lambda made, mark: made < mark,
        "lte": lambda made, mark: made <= mark,
    }
    if not set(wanted) <= set(tests):
        raise ApiError(400, "Invalid created filter", param="created")
    return all(tests[name](thing["created"], whole(wanted, name)) for name in wanted)
