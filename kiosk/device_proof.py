"""The proof a tablet sends with each call: a JWS (RFC 7515, ES256) in the style of RFC 9449."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final, NamedTuple

from ledger.errors import Refusal
from ledger.members.device_keys import is_signature, to_base64url
from ledger.members.signed_text import read_signed_text

SCHEME: Final = "Jifen-Device "
TYPE: Final = "jifen-proof"
WINDOW_S: Final = 300
"""How far the tablet's clock may stand from ours."""

_PAYLOAD: Final = {"c", "htm", "htu", "iat", "jti", "bh"}
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
    try:
        proof = read_signed_text(authorization.removeprefix(SCHEME), TYPE, _PAYLOAD)
    except ValueError as error:
        raise Refusal("proof_bad") from error
    payload = proof.said
    _check_payload(payload)
    return Proof(
        community_id=proof.community_id,
        terminal_id=proof.terminal_id,
        method=payload["htm"],
        target=payload["htu"],
        issued_at_s=payload["iat"],
        body_hash=payload["bh"],
        signed=proof.signed,
        signature=proof.signature,
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
    is_whole = (
        all(isinstance(payload[key], str) for key in ("htm", "htu", "jti", "bh"))
        and type(payload["iat"]) is int
        and _JTI.fullmatch(payload["jti"]) is not None
    )
    if not is_whole:
        raise Refusal("proof_bad")
