"""Openings and closings of a shift, signed as a till signs them; shares no code with what reads them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from ledger.ids import new_request_id
from tests.support.device import b64
from tests.support.till_desk import TillDesk


def sign_shift(key: ec.EllipticCurvePrivateKey, kid: int, said: dict[str, Any]) -> str:
    """The line."""
    head = {"typ": "jifen-shift", "alg": "ES256", "kid": str(kid)}
    signed = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(said).encode())}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{b64(r.to_bytes(32) + s.to_bytes(32))}"


def hash_of(line: str) -> str:
    """What the next line names."""
    return b64(hashlib.sha256(line.encode()).digest())


def shift_entry(desk: TillDesk, entry_no: int, before: str, kind: str, **more: Any) -> str:
    """An entry with every figure 0 but those that are said."""
    said = {
        "c": str(desk.tablet.community_id),
        "n": entry_no,
        "p": before,
        "r": new_request_id(desk.town.at),
        "w": kind,
        "s": (entry_no + 1) // 2,
        "k": "1",
        "t": desk.town.at // 1_000,
        "f": 0,
        "l": 0,
        "e": 0,
        "d": 0,
        "o": 0,
        "es": 0,
        "ds": 0,
        **more,
    }
    return sign_shift(desk.tablet.device, desk.tablet.terminal_id, said)
