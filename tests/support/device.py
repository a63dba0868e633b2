"""A tablet's key and the proof it sends with each call, made as the till makes them."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def b64(raw: bytes) -> str:
    """Base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """The public half as the till sends it when it is enrolled."""
    numbers = key.public_key().public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": b64(numbers.x.to_bytes(32)),
        "y": b64(numbers.y.to_bytes(32)),
    }


def sign_call(
    key: ec.EllipticCurvePrivateKey,
    community: int,
    terminal: int,
    method: str,
    path: str,
    body: bytes,
    at: int,
) -> str:
    """The Authorization header of one call; `at` in microseconds UTC."""
    header = {"typ": "jifen-proof", "alg": "ES256", "kid": str(terminal)}
    payload = {
        "c": str(community),
        "htm": method,
        "htu": path,
        "iat": at // 1_000_000,
        "jti": str(uuid.uuid4()),
        "bh": b64(hashlib.sha256(body).digest()),
    }
    signed = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(payload).encode())}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"Jifen-Device {signed}.{b64(r.to_bytes(32) + s.to_bytes(32))}"
