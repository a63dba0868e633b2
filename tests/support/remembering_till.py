"""A tablet that keeps what it was told, as the till's own code does: counted, chained, signed; and brings it back."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from kiosk.clerk_tokens import ClerkToken, make_token
from ledger.audit import SYSTEM
from ledger.clock import SECOND_US
from ledger.ids import new_request_id
from ledger.members import terminals
from ledger.refs import make_reference
from tests.support.device import public_jwk
from tests.support.http import VAULT, Server, Tablet
from tests.support.town import ZONE, Till, Town

PAGE = 100
DAY_S = 86_400


def b64(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def hashed(text: str) -> str:
    """SHA-256 of a text, as base64url."""
    return b64(hashlib.sha256(text.encode()).digest())


@dataclass
class RememberingTill:
    """One tablet; `lines` is its signed daybook, `told` every answer by request."""

    town: Town
    till: Till
    device: ec.EllipticCurvePrivateKey
    server: Server
    keeps: bool = True
    head: str = ""
    checkpoint: str = ""
    n: int = 0
    lines: list[dict[str, str]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    told: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def enrol(cls, town: Town, till: Till, server: Server, **more: Any) -> RememberingTill:
        """A tablet enrolled with a one-time code."""
        device = ec.generate_private_key(ec.SECP256R1())
        made = cls(town, till, device, server, **more)
        code = town.db.write(
            lambda tx: terminals.make_enrolment_code(
                tx, town.here, till.terminal_id, by=SYSTEM, at=server.at
            )
        )
        said = server.call(
            "POST",
            "/api/v1/terminals/enrol",
            json={"community": town.issuer, "code": code, "public_jwk": public_jwk(device)},
        )
        assert said.status_code == 201, said.text
        return made

    def call(self, method: str, target: str, body: object = None) -> Any:
        """One signed call, a clerk at the till."""
        token = ClerkToken(
            self.town.here,
            self.till.terminal_id,
            self.till.merchant_id,
            self.server.at + DAY_S * SECOND_US,
        )
        clerk = make_token(token, VAULT.derive("clerk tokens"))
        tablet = Tablet(
            self.server, self.town.here, self.till.terminal_id, self.device, clerk_token=clerk
        )
        return tablet.call(method, target, body)

    # --- acts

    def sell(self, person: int, total_fen: int, units: int = 0, **more: Any) -> Any:
        """A sale; gives the response."""
        body = {
            **self._common(),
            "token": self.town.code(person),
            "total_fen": total_fen,
            "offset_units": units,
            "channel": "scan",
            "pin": None,
            **more,
        }
        return self.write("/api/v1/sales", body)

    def give_back(self, ref: str, fen: int) -> Any:
        """A refund."""
        body = {**self._common(), "original_ref": ref, "refund_fen": fen}
        return self.write("/api/v1/refunds", body)

    def hand_out(self, person: int, good_id: int, quantity: int = 1) -> Any:
        """Goods for points."""
        body = {
            **self._common(),
            "token": self.town.code(person),
            "lines": [{"good_id": str(good_id), "quantity": quantity}],
        }
        return self.write("/api/v1/redemptions", body)

    def write(self, path: str, body: dict[str, Any]) -> Any:
        """Send a write and remember what was told."""
        self.asked.append(body)
        response = self.call("POST", path, body)
        if response.status_code < 300:
            self.told[body["request_id"]] = (path, body, response.get_json())
            if self.keeps:
                self.keep(path, body, response)
        return response

    def ref_of(self, counter: int) -> str:
        """The reference of a number of today."""
        return make_reference(self.till.code, self.town.day, counter)

    def close_day(self, sales: list[dict[str, Any]]) -> Any:
        """File a day of plain sales."""
        numbers = [int(sale["ref"].split("-")[2]) for sale in sales]
        offsets = [(sale["offset_units"], sale["offset_fen"]) for sale in sales]
        now = moment(self.town.at)
        names = ("total_fen", "offset_units", "offset_fen", "paid_fen", "occurred_at", "ref")
        lines = [
            {**{name: sale[name] for name in names}, "counter": number, "kind": "sale"}
            for sale, number in zip(sales, numbers, strict=True)
        ]
        totals = {
            "sales": len(sales),
            "refunds": 0,
            "offset_units_plus": sum(units for units, _ in offsets),
            "offset_units_minus": 0,
            "offset_fen_plus": sum(fen for _, fen in offsets),
            "offset_fen_minus": 0,
            "first_counter": min(numbers, default=0),
            "last_counter": max(numbers, default=0),
            "hash_total": sum(numbers),
        }
        body = {
            "request_id": new_request_id(self.town.at),
            "business_date": now[:10],
            "batch_no": 1,
            "opened_at": now,
            "closed_at": now,
            "lines": lines,
            "totals": totals,
        }
        return self.write("/api/v1/claims", body)

    def ask_again(self, request_id: str) -> Any:
        """The same write again."""
        path, body, _ = self.told[request_id]
        return self.call("POST", path, body)

    def _common(self) -> dict[str, Any]:
        ref = self.till.next_ref(self.town.day)
        return {
            "request_id": new_request_id(self.town.at),
            "counter": self.till.counter,
            "ref": ref,
            "occurred_at": moment(self.town.at),
        }

    # --- the signed daybook

    def keep(self, path: str, body: dict[str, Any], response: Any) -> None:
        """Sign a line over what was asked and told."""
        text = json.dumps({**body, "pin": None} if "pin" in body else body, ensure_ascii=False)
        answer = response.get_data(as_text=True)
        self.n += 1
        line = self.sign(
            n=self.n,
            p=self.head,
            r=body["request_id"],
            u=path,
            b=hashed(text),
            a=hashed(answer),
            t=int(response.headers["Jifen-Time"]),
            m=response.headers["Jifen-Told"],
        )
        self.lines.append({"line": line, "body": text, "answer": answer})
        self.head = hashed(line)

    def sign(self, *, device: ec.EllipticCurvePrivateKey | None = None, **facts: Any) -> str:
        """A line with these facts, signed."""
        header = {"typ": "jifen-daybook", "alg": "ES256", "kid": str(self.till.terminal_id)}
        payload = {"c": str(self.town.here), "k": str(self.till.merchant_id), **facts}
        signed = ".".join(b64(json.dumps(part).encode()) for part in (header, payload))
        key = device or self.device
        r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
        return f"{signed}.{b64(r.to_bytes(32) + s.to_bytes(32))}"

    # --- after the loss

    def state(self, newest: str = "") -> dict[str, Any]:
        """What the server says to the till."""
        query = f"?newest={newest}" if newest else ""
        found: dict[str, Any] = self.call("GET", f"/api/v1/till/state{query}").get_json()
        return found

    def bring(self) -> dict[str, Any]:
        """Do what the server asks: send every line told since, and say that this was all."""
        asked = self.state()["recovery"]
        assert asked["wanted"], asked
        since = self.lines_since(asked["since_ms"])
        done = {"taken": 0, "known": 0, "refused": []}
        for first in range(0, len(since), PAGE):
            said = self.send(asked["recovery_id"], since[first : first + PAGE])
            done = {name: done[name] + said[name] for name in done}
        booked = {body.get("counter") for _, body, _ in self.told.values()}
        report = {
            "recovery_id": asked["recovery_id"],
            "lines": len(since),
            "last_counter": self.till.counter,
            "checkpoint": self.checkpoint,
            "unused": [n for n in range(1, self.till.counter + 1) if n not in booked],
        }
        said = self.call("POST", "/api/v1/recovery/report", report)
        assert said.status_code == 200, said.text
        return done

    def lines_since(self, since_ms: int) -> list[dict[str, str]]:
        """The lines told since a moment."""
        return [one for one in self.lines if told_ms(one) >= since_ms]

    def send(self, recovery_id: str, lines: list[dict[str, str]]) -> dict[str, Any]:
        """Send some lines."""
        body = {"recovery_id": recovery_id, "lines": lines}
        said = self.call("POST", "/api/v1/recovery/lines", body)
        assert said.status_code == 200, said.text
        found: dict[str, Any] = said.get_json()
        return found


def facts_of(line: dict[str, str]) -> dict[str, Any]:
    """What a signed line says."""
    part = line["line"].split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def told_ms(line: dict[str, str]) -> int:
    """When it was told."""
    return int(facts_of(line)["t"])


def moment(at: int) -> str:
    """Microseconds UTC as a till writes a time."""
    return datetime.fromtimestamp(at / SECOND_US, ZONE).isoformat(timespec="milliseconds")
