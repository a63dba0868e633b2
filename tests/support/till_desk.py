"""A till at work over HTTP: a town, its server, an enrolled tablet with a clerk, and what the tablet would send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from werkzeug.test import TestResponse

from kiosk.clerk_tokens import ClerkToken, make_token
from ledger.audit import SYSTEM
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.ids import new_request_id
from ledger.members import terminals
from ledger.sql import Tx
from tests.support.device import public_jwk
from tests.support.http import VAULT, Server, Tablet
from tests.support.town import HERE, Town, build_town

_CHINA = timezone(timedelta(hours=8))


@dataclass
class TillDesk:
    """One till of the town's shop; the server's clock is the town's."""

    town: Town
    server: Server
    tablet: Tablet
    till: int = 0

    def at_text(self) -> str:
        """The town's moment as RFC 3339."""
        return datetime.fromtimestamp(self.town.at // SECOND_US, UTC).astimezone(_CHINA).isoformat()

    def later(self, seconds: int) -> None:
        """Let time pass for town and server."""
        self.town.later(seconds)
        self.server.at = self.town.at

    def post(self, path: str, body: object) -> TestResponse:
        """A signed call of this tablet."""
        self.server.at = self.town.at
        return self.tablet.call("POST", path, body)

    def common(self) -> dict[str, Any]:
        """What every write carries: its id, the receipt's number, the time."""
        where = self.town.tills[self.till]
        ref = where.next_ref(self.town.day)
        return {
            "request_id": new_request_id(self.town.at),
            "counter": where.counter,
            "ref": ref,
            "occurred_at": self.at_text(),
        }

    def sell(
        self, total_fen: int, units: int = 0, *, person: int = 1, channel: str = "scan"
    ) -> dict[str, Any]:
        """A sale that succeeds, with a fresh code of the person."""
        more = {
            "token": self.town.code(person),
            "total_fen": total_fen,
            "offset_units": units,
            "channel": channel,
        }
        said = self.post("/api/v1/sales", {**self.common(), **more})
        assert said.status_code == 201, said.text
        answer: dict[str, Any] = said.get_json()
        return answer

    def refund(self, sale: dict[str, Any], fen: int, **more: object) -> TestResponse:
        """Goods of a sale back, or with `undo` the whole of it."""
        body = {**self.common(), "original_ref": sale["ref"], "refund_fen": fen, **more}
        return self.post("/api/v1/refunds", body)


def open_desk(
    db: Database, *, people: int = 2, till: int = 0, town: Town | None = None
) -> TillDesk:
    """A town with 2,000 points a head and a tablet enrolled as its first till."""
    town = town or build_town(
        db, people=people, tills_each=2, grant_units=200_000, allowance_fen=100_000
    )
    server = Server(db, at=town.at)
    where = town.tills[till]

    def code(tx: Tx) -> str:
        return terminals.make_enrolment_code(tx, HERE, where.terminal_id, by=SYSTEM, at=town.at)

    device = ec.generate_private_key(ec.SECP256R1())
    said = server.call(
        "POST",
        "/api/v1/terminals/enrol",
        json={"community": "CA01", "code": db.write(code), "public_jwk": public_jwk(device)},
    )
    assert said.status_code == 201, said.text
    token = ClerkToken(HERE, where.terminal_id, 1, town.at + 48 * 3_600 * SECOND_US)
    signed_in = make_token(token, VAULT.derive("clerk tokens"))
    tablet = Tablet(server, HERE, where.terminal_id, device, clerk_token=signed_in)
    return TillDesk(town, server, tablet, till)
