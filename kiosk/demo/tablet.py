"""A tablet as the server sees one: a key of its own, a proof with each call, a counter, a clerk."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, datetime
from typing import Any, Final

import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from kiosk.demo.found import public_jwk
from ledger.clock import SECOND_US, now_us
from ledger.ids import new_request_id
from ledger.members.device_keys import to_base64url
from ledger.refs import make_reference

_TIMEOUT_S: Final = 20
_HALF: Final = 32


class Tablet:
    """One enrolled till or counter, talking HTTP to a server at `url`."""

    def __init__(self, url: str, issuer: str, code: str) -> None:
        """Enrol with a code from the office; requests.HTTPError where it is refused."""
        self._url = url
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._session = requests.Session()
        body = {"community": issuer, "code": code, "public_jwk": public_jwk(self._key)}
        said = self._session.post(f"{url}/api/v1/terminals/enrol", json=body, timeout=_TIMEOUT_S)
        said.raise_for_status()
        self.enrolled: dict[str, Any] = said.json()
        self._clerk = ""
        self._counter = int(self.get("/api/v1/till/state")["terminal"]["last_counter"])

    def get(self, path: str) -> dict[str, Any]:
        """One reading call; requests.HTTPError where it is refused."""
        said = self.call("GET", path)
        said.raise_for_status()
        answer: dict[str, Any] = said.json()
        return answer

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """One writing call; requests.HTTPError where it is refused."""
        said = self.call("POST", path, body)
        if not said.ok:
            raise requests.HTTPError(f"{path}: {said.status_code} {said.text}", response=said)
        answer: dict[str, Any] = said.json()
        return answer

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        """One signed call, whatever comes of it."""
        raw = b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": self._proof(method, path, raw), "Jifen-Clerk": self._clerk}
        if raw:
            headers["Content-Type"] = "application/json"
        return self._session.request(
            method, self._url + path, data=raw, headers=headers, timeout=_TIMEOUT_S
        )

    def sign_in(self, code: str) -> None:
        """Sign the shop's first clerk in."""
        clerk = self.get("/api/v1/till/state")["clerks"][0]["clerk_id"]
        said = self.post("/api/v1/clerks/sign-in", {"clerk_id": clerk, "code": code})
        self._clerk = said["clerk_token"]

    def document(self) -> dict[str, Any]:
        """What each sale, refund and redemption begins with: ids, the next reference, the time."""
        state = self.get("/api/v1/till/state")
        day = int(state["business_date"].replace("-", ""))
        self._counter += 1
        return {
            "request_id": new_request_id(now_us()),
            "counter": self._counter,
            "ref": make_reference(self.enrolled["terminal_code"], day, self._counter),
            "occurred_at": datetime.fromtimestamp(now_us() / SECOND_US, UTC).isoformat(),
        }

    def _proof(self, method: str, path: str, body: bytes) -> str:
        header = {"typ": "jifen-proof", "alg": "ES256", "kid": self.enrolled["terminal_id"]}
        payload = {
            "c": self.enrolled["community_id"],
            "htm": method,
            "htu": path,
            "iat": now_us() // SECOND_US,
            "jti": str(uuid.uuid4()),
            "bh": to_base64url(hashlib.sha256(body).digest()),
        }
        signed = ".".join(to_base64url(json.dumps(part).encode()) for part in (header, payload))
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        signature = to_base64url(r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big"))
        return f"Jifen-Device {signed}.{signature}"
