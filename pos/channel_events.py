"""Webhooks of the payment channel: checked, stored once, and used only as a hint whom to ask."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Row, Sql, Tx
from pos.channel import FoundCharge, FoundPayout, FoundRefund, PaymentChannel
from pos.channel_signature import check_signature
from pos.routes import find_route

NO_COMMUNITY: Final = 0
"""Under this number lie events whose body names no community."""

ROUTE_PREFIX: Final = "gateway:"
"""How this channel's payments are named in `payment_route`."""

LONGEST_BODY: Final = 256 * 1024

_KEPT: Final = (
    *("id", "object", "amount", "amount_received", "amount_refunded", "currency", "status"),
    *("payment_intent", "charge", "destination", "arrival_date", "created"),
    *("failure_code", "failure_reason", "cancellation_reason", "reason"),
)
"""Fields of the object that are kept; names, addresses and phones in an event are not."""

_MARKS: Final = ("sale_id", "refund_id", "payout_id", "attempt", "community_id")

STORE: Final = Sql("""
    INSERT INTO channel_event
      (community_id, event_id, kind, object_id, body_hash, body, received_at, state)
    VALUES (:community_id, :event_id, :kind, :object_id, :body_hash, :body, :received_at, :state)
    ON CONFLICT (community_id, event_id) DO NOTHING
""")

STORED_HASH: Final = Sql("""
    SELECT body_hash FROM channel_event
    WHERE community_id = :community_id AND event_id = :event_id
""")

WAITING: Final = Sql("""
    SELECT community_id, event_id, kind, object_id, body_hash, body, received_at, state
    FROM channel_event WHERE community_id = :community_id AND state = 'received'
    ORDER BY received_at, event_id LIMIT :most
""")

MARK_ASKED: Final = Sql("""
    UPDATE channel_event SET state = 'asked'
    WHERE community_id = :community_id AND event_id = :event_id AND state = 'received'
""")


@dataclass(frozen=True, slots=True)
class ChannelEvent:
    """A stored event. Nothing in it is believed: `object_id` says which object to ask about."""

    community_id: int
    event_id: str
    kind: str
    object_id: str
    body_hash: str
    body: str
    received_at: int
    state: str

    @property
    def marks(self) -> Mapping[str, str]:
        """Our own ids as the body repeats them (sale_id, refund_id, payout_id...)."""
        marks: Mapping[str, str] = json.loads(self.body)["object"]["metadata"]
        return marks


Answer = FoundCharge | FoundRefund | FoundPayout


def receive(
    db: Database, body: bytes, header: str, secrets: Sequence[str], *, at: int
) -> ChannelEvent:
    """Check and store one webhook; `at` is our time in microseconds UTC.

    Raises webhook_bad_signature, webhook_too_old, webhook_unreadable, webhook_repeated (stored
    before: to be answered 200) and webhook_changed (the same event id with another body).
    """
    check_signature(body, header, secrets, at=at)
    event = read_event(body, at=at)
    if db.write(lambda tx: _store(tx, event)):
        return event
    with db.read() as tx:
        stored = tx.get(STORED_HASH, community_id=event.community_id, event_id=event.event_id)
    same = stored.body_hash == event.body_hash
    raise Refusal("webhook_repeated" if same else "webhook_changed", event_id=event.event_id)


def read_event(body: bytes, *, at: int) -> ChannelEvent:
    """Take the kept fields out of a signed body. Raises webhook_unreadable."""
    if len(body) > LONGEST_BODY:
        raise Refusal("webhook_unreadable")
    try:
        told: Any = json.loads(body)
        found = told["data"]["object"]
        event_id, kind, object_id = told["id"], told["type"], found["id"]
    except (ValueError, TypeError, KeyError):
        raise Refusal("webhook_unreadable") from None
    if not all(isinstance(word, str) and word for word in (event_id, kind, object_id)):
        raise Refusal("webhook_unreadable")
    kept = {name: found[name] for name in _KEPT if isinstance(found.get(name), str | int)}
    kept["metadata"] = _marks_of(found)
    return ChannelEvent(
        community_id=_community_of(kept["metadata"]),
        event_id=event_id,
        kind=kind,
        object_id=object_id,
        body_hash=_digest(told),
        body=json.dumps({"created": told.get("created"), "object": kept}, sort_keys=True),
        received_at=at,
        state="received" if _asker(kind) else "ignored",
    )


def waiting_events(tx: Tx, community_id: int, *, most: int = 100) -> list[ChannelEvent]:
    """Events of the community (or of NO_COMMUNITY) that nobody has asked about, oldest first."""
    return [_from_row(row) for row in tx.all(WAITING, community_id=community_id, most=most)]


def community_for(tx: Tx, event: ChannelEvent) -> int | None:
    """The community an event belongs to: its mark, else the payment's route, else nobody's."""
    if event.community_id != NO_COMMUNITY:
        return event.community_id
    payment = json.loads(event.body)["object"].get("payment_intent") or event.object_id
    route = find_route(tx, ROUTE_PREFIX + payment)
    return None if route is None else route.community_id


def ask(channel: PaymentChannel, event: ChannelEvent) -> Answer | None:
    """What the channel itself says now about the event's object; None for kinds we do not follow.

    Events may come twice, late and in any order: the answer is today's truth, not the event's.
    """
    match _asker(event.kind):
        case "charge":
            return channel.retrieve(event.object_id)
        case "refund":
            return channel.retrieve_refund(event.object_id)
        case "payout":
            return channel.retrieve_payout(event.object_id)
        case _:
            return None


def mark_asked(tx: Tx, event: ChannelEvent) -> None:
    """After acting on what the channel said, in the same transaction; repeating is harmless.

    An event of NO_COMMUNITY is marked in a transaction of its own.
    """
    tx.run(MARK_ASKED, community_id=event.community_id, event_id=event.event_id)


def _store(tx: Tx, event: ChannelEvent) -> bool:
    stored = tx.run(
        STORE,
        community_id=event.community_id,
        event_id=event.event_id,
        kind=event.kind,
        object_id=event.object_id,
        body_hash=event.body_hash,
        body=event.body,
        received_at=event.received_at,
        state=event.state,
    )
    return stored == 1


def _asker(kind: str) -> str | None:
    subject = kind.partition(".")[0]
    return {"payment_intent": "charge", "refund": "refund", "payout": "payout"}.get(subject)


def _digest(told: Mapping[str, Any]) -> str:
    """What the event tells; the count of deliveries still open, which changes, is left out."""
    content = {name: told.get(name) for name in ("id", "type", "created", "data")}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _marks_of(found: Mapping[str, Any]) -> dict[str, str]:
    marks = found.get("metadata")
    if not isinstance(marks, Mapping):
        return {}
    return {name: marks[name] for name in _MARKS if isinstance(marks.get(name), str)}


def _community_of(marks: Mapping[str, str]) -> int:
    number = marks.get("community_id", "")
    fits = number.isascii() and number.isdigit() and len(number) <= len(str(2**62))
    return int(number) if fits else NO_COMMUNITY


def _from_row(row: Row) -> ChannelEvent:
    return ChannelEvent(*row)
