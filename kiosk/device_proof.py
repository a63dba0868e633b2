"""The proof a tablet sends with each call: a JWS (RFC 7515, ES256) in the style of RFC 9449."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Final, NamedTuple

from ledger.errors import Refusal
from ledger.members.device_keys import from_base64url, is_signature, to_base64url

SCHEME: Final = "Jifen-Device "
WINDOW_S: Final = 300
"""How far the tablet's clock may stand from ours."""

_LONGEST: Final = 2_000
_HEADER_KEYS: Final = {"typ", "alg", "kid"}
_PAYLOAD_KEYS: Final = {"c", "htm", "htu", "iat", "jti", "bh"}
_ID: Final = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_JTI: Final = re.compile(r"[0-9A-Za-z-]{16,64}", re.ASCII)


class Proof(NamedTuple):
    """What a proof says; believe it only after `check_signed` and `check_fits`."""

    community_id: int
    terminal_id: int
    method: str
    target: str
    issued_at_s: int
    body_hash: str
    signed: bytes
    signature: bytes


def read_proof(authorization: str) -> Proof:
    """Take the Authorization header apart, without cryptography.

    A proof need not be remembered: every write it could repeat has a request id of its own.
    Refusals: proof_missing, proof_bad.
    """
    if not authorization.startswith(SCHEME):
        raise Refusal("proof_missing")
    compact = authorization.removeprefix(SCHEME)
    parts = compact.split(".")
    if len(parts) != 3 or len(compact) > _LONGEST:  # noqa: PLR2004 - header, payload, signature
        raise Refusal("proof_bad")
    try:
        header, payload = (_object(from_base64url(part)) for part in parts[:2])
        signature = from_base64url(parts[2])
    except ValueError as error:
        raise Refusal("proof_bad") from error
    if set(header) != _HEADER_KEYS or (header["typ"], header["alg"]) != ("jifen-proof", "ES256"):
        raise Refusal("proof_bad")
    _check_payload(payload)
    return Proof(
        community_id=_id(payload["c"]),
        terminal_id=_id(header["kid"]),
        method=payload["htm"],
        target=payload["htu"],
        issued_at_s=payload["iat"],
        body_hash=payload["bh"],
        signed=f"{parts[0]}.{parts[1]}".encode(),
        signature=signature,
    )


def check_fits(proof: Proof, *, method: str, target: str, body: bytes, now_s: int) -> None:
    """Refuse a proof made for another call, another body or another time.

    Refusals: proof_bad, proof_clock (with `off_s`, so that the tablet can put its clock right).
    """
    off_s = proof.issued_at_s - now_s
    if abs(off_s) > WINDOW_S:
        raise Refusal("proof_clock", off_s=abs(off_s))
    if (proof.method, proof.target) != (method, target):
        raise Refusal("proof_bad")
    if proof.body_hash != to_base64url(hashlib.sha256(body).digest()):
        raise Refusal("proof_bad")


def is_signed_by(proof: Proof, public_jwk: str) -> bool:
    """Whether the device with that key made the proof."""
    return is_signature(public_jwk, proof.signature, proof.signed)


def _check_payload(payload: dict[str, Any]) -> None:
    texts = [payload.get(key) for key in ("c", "htm", "htu", "jti", "bh")]
    is_whole = (
        set(payload) == _PAYLOAD_KEYS
        and all(isinstance(text, str) for text in texts)
        and type(payload["iat"]) is int
        and _JTI.fullmatch(payload["jti"]) is not None
    )
    if not is_whole:
        raise Refusal("proof_bad")


def _object(raw: bytes) -> dict[str, Any]:
    value = json.loads(raw)
    if not isinstance(value, dict):
        raise ValueError("an object is wanted")  # noqa: TRY004 - one error for whatever does not fit
    return value


def _id(text: object) -> int:
    if not isinstance(text, str) or not _ID.fullmatch(text) or int(text) >= 2**63:
        raise Refusal("proof_bad")
    return int(text)
