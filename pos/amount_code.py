"""A bill as a till shows it for a phone: signed by the till (a compact JWS, ES256), good once and for minutes (A11).

It names shop and bill and nobody who pays. The till has drawn the receipt's number for it.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NamedTuple

from ledger.errors import Refusal
from ledger.members.device_keys import from_base64url, is_signature
from ledger.units import MOST_FEN

TYPE: Final = "jifen-amount"
LIFE_S: Final = 180
SKEW_S: Final = 60
"""A till's clock follows the server's; a code from further ahead was not made by a till that works."""
CHANNELS: Final = ("scan", "credit_card", "cash")

_LONGEST: Final = 1_000
_PARTS: Final = 3
_HEADER: Final = {"typ", "alg", "kid"}
_PAYLOAD: Final = {"c", "i", "r", "n", "ref", "a", "h", "t"}
_ID: Final = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_MOST_COUNTER: Final = 99_999
_MOST_S: Final = 10**11


class AmountCode(NamedTuple):
    """What the code says; believe it only after `check_amount_code`. Amount in fen, time in seconds UTC."""

    community_id: int
    issuer: str
    terminal_id: int
    request_id: str
    counter: int
    ref: str
    total_fen: int
    channel: str
    made_at_s: int
    signed: bytes
    signature: bytes


def read_amount_code(text: str) -> AmountCode:
    """Take a code apart, without cryptography.

    Refusals: amount_code_bad.
    """
    parts = text.split(".")
    if len(parts) != _PARTS or len(text) > _LONGEST:
        raise Refusal("amount_code_bad")
    try:
        header, said = (json.loads(from_base64url(part)) for part in parts[:2])
        signature = from_base64url(parts[2])
    except ValueError as error:
        raise Refusal("amount_code_bad") from error
    if not _fits(header, said):
        raise Refusal("amount_code_bad")
    return AmountCode(
        community_id=int(said["c"]),
        issuer=said["i"],
        terminal_id=int(header["kid"]),
        request_id=said["r"],
        counter=said["n"],
        ref=said["ref"],
        total_fen=said["a"],
        channel=said["h"],
        made_at_s=said["t"],
        signed=f"{parts[0]}.{parts[1]}".encode(),
        signature=signature,
    )


def check_amount_code(code: AmountCode, *, community_id: int, public_jwk: str, at_s: int) -> None:
    """Refuse a code of another community, one its till did not sign, and one that is over at `at_s` (seconds UTC).

    Refusals: amount_code_foreign, amount_code_bad, amount_code_expired.
    """
    if code.community_id != community_id:
        raise Refusal("amount_code_foreign")
    if not is_signature(public_jwk, code.signature, code.signed):
        raise Refusal("amount_code_bad")
    age_s = at_s - code.made_at_s
    if age_s > LIFE_S:
        raise Refusal("amount_code_expired")
    if age_s < -SKEW_S:
        raise Refusal("amount_code_bad")


def _fits(header: Any, said: Any) -> bool:  # noqa: ANN401 - whatever JSON held
    return (
        isinstance(header, dict)
        and isinstance(said, dict)
        and set(header) == _HEADER
        and (header["typ"], header["alg"]) == (TYPE, "ES256")
        and set(said) == _PAYLOAD
        and _is_id(header["kid"])
        and _is_id(said["c"])
        and isinstance(said["i"], str)
        and isinstance(said["ref"], str)
        and isinstance(said["r"], str)
        and _UUID.fullmatch(said["r"]) is not None
        and said["h"] in CHANNELS
        and _is_number(said["n"], 1, _MOST_COUNTER)
        and _is_number(said["a"], 1, MOST_FEN)
        and _is_number(said["t"], 1, _MOST_S)
    )


def _is_id(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None and int(value) < 2**63


def _is_number(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
