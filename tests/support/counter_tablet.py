"""A counter's tablet over HTTP: enrolled, a clerk signed in, speaking as the counter's own code does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.clerk_tokens import ClerkToken, make_token
from ledger.audit import SYSTEM
from ledger.clock import SECOND_US
from ledger.ids import new_request_id
from ledger.members import terminals
from ledger.sql import Sql, Tx
from tests.support.device import public_jwk
from tests.support.http import VAULT, Server, Tablet, code_of
from tests.support.town import HERE, Town

_COUNTER = Sql(
    "UPDATE terminal SET kind = 'counter' WHERE community_id = :community_id AND terminal_id = :terminal_id"
)


class RefusedError(Exception):
    """The server refused; the text is the refusal's code."""


@dataclass
class CounterTablet:
    """One counter: `post` and `get` give the JSON, or raise RefusedError."""

    town: Town
    tablet: Tablet
    place: int

    def document(self) -> dict[str, Any]:
        """The common part of every write: request id, the next reference, the time."""
        till = self.town.tills[self.place]
        ref = till.next_ref(self.town.day)
        return {
            "request_id": new_request_id(self.town.at),
            "counter": till.counter,
            "ref": ref,
            "occurred_at": self.now(),
        }

    def now(self) -> str:
        """The time as the tablet writes it."""
        return datetime.fromtimestamp(self.town.at // SECOND_US, UTC).isoformat()

    def request_id(self) -> str:
        """A fresh request id."""
        return new_request_id(self.town.at)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """A signed write."""
        return self._said("POST", path, body)

    def get(self, path: str) -> dict[str, Any]:
        """A signed read."""
        return self._said("GET", path, None)

    def _said(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        self.tablet.server.at = self.town.at
        said = self.tablet.call(method, f"/api/v1{path}", body)
        if not said.is_json or said.status_code not in {200, 201}:
            raise RefusedError(code_of(said) or said.text)
        found: dict[str, Any] = said.get_json()
        return found


def counter_tablet(town: Town, server: Server | None = None, place: int = 0) -> CounterTablet:
    """Enrol the town's tablet number `place` as it stands, and sign clerk 1 in; the town's vault is `VAULT`."""
    server = server or Server(town.db, at=town.at)
    terminal_id = town.tills[place].terminal_id

    def code(tx: Tx) -> str:
        tx.run(_COUNTER, community_id=HERE, terminal_id=terminal_id)
        return terminals.make_enrolment_code(tx, HERE, terminal_id, by=SYSTEM, at=town.at)

    device = ec.generate_private_key(ec.SECP256R1())
    body = {"community": "CA01", "code": town.db.write(code), "public_jwk": public_jwk(device)}
    said = server.call("POST", "/api/v1/terminals/enrol", json=body)
    assert said.status_code == 201, said.text
    signed = ClerkToken(HERE, terminal_id, 1, town.at + 8 * 3_600 * SECOND_US)
    token = make_token(signed, VAULT.derive("clerk tokens"))
    return CounterTablet(town, Tablet(server, HERE, terminal_id, device, clerk_token=token), place)
