"""A server with a clock of its own, and callers of every kind: tablets, clerks, people with a session."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask
from werkzeug.test import TestResponse

from kiosk.app import create_app
from kiosk.auth import COOKIES
from kiosk.config import settings_from
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.members import sessions
from ledger.members.device_keys import to_base64url
from ledger.members.hashing import QUICK
from ledger.members.key_vault import KeyVault
from pos.channel import PaymentChannel
from tests.support.engines import all_tables
from tests.support.members import MORNING

VAULT = KeyVault(b"m" * 32)


@dataclass
class Server:
    """A running app and its clock, which stands still until a test moves it."""

    db: Database
    at: int = MORNING
    app: Flask = field(init=False)
    channel: PaymentChannel | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    vault: KeyVault = VAULT

    def __post_init__(self) -> None:
        """Start the app."""
        plain = {"data_dir": "unused", "requests_a_minute": 0, **self.settings}
        settings = settings_from({"database_url": self.db.url, **plain})
        self.app = create_app(
            self.db,
            settings,
            self.channel,
            vault=self.vault,
            now=lambda: self.at,
            hash_cost=QUICK,
        )

    @property
    def pepper(self) -> bytes:
        """What PINs and passwords of this server are hashed with."""
        return bytes(self.app.extensions["jifen"].pepper)

    def call(self, method: str, target: str, **more: Any) -> TestResponse:
        """One call from nobody in particular, with no cookie kept."""
        return self.app.test_client(use_cookies=False).open(target, method=method, **more)


@dataclass
class Tablet:
    """A tablet with a key, as the till's own code would speak."""

    server: Server
    community_id: int
    terminal_id: int
    device: ec.EllipticCurvePrivateKey
    clerk_token: str = ""

    def call(self, method: str, target: str, body: object = None, **other: Any) -> TestResponse:
        """A signed call; `other` overrides single values of the proof (c, htm, htu, iat, bh, kid)."""
        raw = b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": self.proof(method, target, raw, **other)}
        if self.clerk_token:
            headers["Jifen-Clerk"] = self.clerk_token
        kind = "application/json" if raw or method == "POST" else None
        return self.server.call(method, target, data=raw, headers=headers, content_type=kind)

    def proof(self, method: str, target: str, raw: bytes, **other: Any) -> str:
        """The Authorization header for a call."""
        header = {"typ": "jifen-proof", "alg": "ES256", "kid": str(self.terminal_id)}
        payload = {
            "c": str(self.community_id),
            "htm": method,
            "htu": target,
            "iat": self.server.at // SECOND_US,
            "jti": str(uuid.uuid4()),
            "bh": to_base64url(hashlib.sha256(raw).digest()),
        }
        header |= {name: value for name, value in other.items() if name in header}
        payload |= {name: value for name, value in other.items() if name not in header}
        signed = ".".join(to_base64url(json.dumps(part).encode()) for part in (header, payload))
        r, s = decode_dss_signature(self.device.sign(signed.encode(), ec.ECDSA(SHA256())))
        return f"Jifen-Device {signed}.{to_base64url(r.to_bytes(32) + s.to_bytes(32))}"


@dataclass
class Visitor:
    """A person with a session, or a shop's own system (`system`) with its key."""

    server: Server
    kind: str
    community_id: int
    actor_id: int
    cookie: str = ""

    def __post_init__(self) -> None:
        """Sign in, past the password."""
        self.cookie = self.server.db.write(
            lambda tx: sessions.start(
                tx,
                self.community_id,
                self.kind,
                self.actor_id,
                minutes=60,
                at=self.server.at,
            )
        )

    def call(self, method: str, target: str, body: object = None, **more: Any) -> TestResponse:
        """A call from this person's browser; `body` goes as a form, or as JSON to the API."""
        is_system = self.kind == "system"
        headers = {
            **({"Authorization": f"Bearer {self.cookie}"} if is_system else {}),
            **({} if is_system else {"Cookie": f"{COOKIES[self.kind]}={self.cookie}"}),
            "Sec-Fetch-Site": "same-origin",
            **more.pop("headers", {}),
        }
        kind = "json" if target.startswith("/api/") else "data"
        content = {} if method == "GET" else {kind: {} if body is None else body}
        return self.server.call(method, target, headers=headers, **content, **more)


def everything(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, to compare what stood before with what stands after."""
    with db.engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(table.select())), key=repr)
            for table in all_tables().sorted_tables
        }


def code_of(response: TestResponse) -> str:
    """The refusal's code in a problem+json answer, '' in any other answer."""
    if response.mimetype != "application/problem+json":
        return ""
    return str(response.get_json()["code"])
