"""Keys made on a device: the public half as a JWK (RFC 7517), and how ES256 is checked."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ledger.errors import Refusal

_HALF: Final = 32


def read_jwk(jwk: Mapping[str, Any]) -> str:
    """The key as we keep it: a JWK with exactly kty, crv, x and y.

    Refusals: device_key_bad (another curve, no point of the curve, or a private half sent along).
    """
    if (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256") or "d" in jwk:
        raise Refusal("device_key_bad")
    x, y = jwk.get("x"), jwk.get("y")
    if not isinstance(x, str) or not isinstance(y, str):
        raise Refusal("device_key_bad")
    try:
        point = EllipticCurvePublicNumbers(_whole(x), _whole(y), SECP256R1())
        point.public_key()
    except ValueError as error:
        raise Refusal("device_key_bad") from error
    return json.dumps(
        {"crv": "P-256", "kty": "EC", "x": _text(point.x), "y": _text(point.y)},
        separators=(",", ":"),
    )


def is_signature(kept_jwk: str, signature: bytes, message: bytes) -> bool:
    """Whether the 64 bytes r, s sign `message` under a key that `read_jwk` gave."""
    if len(signature) != 2 * _HALF:
        return False
    r, s = int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:])
    try:
        _load(kept_jwk).verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def from_base64url(text: str) -> bytes:
    """The bytes behind base64url without padding; other text raises ValueError."""
    if not text.isascii() or "=" in text or "+" in text or "/" in text:
        raise ValueError("not base64url")
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if to_base64url(raw) != text:
        raise ValueError("not base64url")
    return raw


def to_base64url(raw: bytes) -> str:
    """Bytes as base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@lru_cache(maxsize=4096)
def _load(kept_jwk: str) -> EllipticCurvePublicKey:
    jwk = json.loads(kept_jwk)
    return EllipticCurvePublicNumbers(_whole(jwk["x"]), _whole(jwk["y"]), SECP256R1()).public_key()


def _whole(half: str) -> int:
    raw = from_base64url(half)
    if len(raw) != _HALF:
        raise ValueError("a coordinate of P-256 has 32 bytes")
    return int.from_bytes(raw)


def _text(number: int) -> str:
    return to_base64url(number.to_bytes(_HALF))
