"""A bill as a till shows it for a phone: signed by the till (a compact JWS, ES256), good once and for minutes (A11).

It names shop and bill and nobody who pays. The till has drawn the receipt's number for it.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from ledger.errors import Refusal
from ledger.members.device_keys import is_signature
from ledger.members.signed_text import is_number, read_signed_text
from ledger.units import MOST_FEN

TYPE: Final = "jifen-amount"
LIFE_S: Final = 180
SKEW_S: Final = 60
"""A till's clock follows the server's; a code from further ahead was not made by a till that works."""
CHANNELS: Final = ("scan", "credit_card", "cash")

_LONGEST: Final = 1_000
_PAYLOAD: Final = {"c", "i", "r", "n", "ref", "a", "h", "t"}
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
    try:
        code = read_signed_text(text, TYPE, _PAYLOAD, longest=_LONGEST)
    except ValueError as error:
        raise Refusal("amount_code_bad") from error
    said = code.said
    if not _fits(said):
        raise Refusal("amount_code_bad")
    return AmountCode(
        community_id=code.community_id,
        issuer=said["i"],
        terminal_id=code.terminal_id,
        request_id=said["r"],
        counter=said["n"],
        ref=said["ref"],
        total_fen=said["a"],
        channel=said["h"],
        made_at_s=said["t"],
        signed=code.signed,
        signature=code.signature,
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


def _fits(said: dict[str, Any]) -> bool:
    return (
        isinstance(said["i"], str)
        and isinstance(said["ref"], str)
        and isinstance(said["r"], str)
        and _UUID.fullmatch(said["r"]) is not None
        and said["h"] in CHANNELS
        and is_number(said["n"], 1, _MOST_COUNTER)
        and is_number(said["a"], 1, MOST_FEN)
        and is_number(said["t"], 1, _MOST_S)
    )
