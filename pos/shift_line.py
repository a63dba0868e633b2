"""An opening or closing of a shift as the till signed it (a compact JWS, ES256): taken apart, nothing believed yet."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Final, Literal, NamedTuple, cast

from ledger.errors import Refusal
from ledger.members.device_keys import from_base64url, to_base64url
from ledger.units import MOST_FEN

TYPE: Final = "jifen-shift"

_LONGEST: Final = 2_000
_PARTS: Final = 3
_HEADER: Final = {"typ", "alg", "kid"}
_ID: Final = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_HASH: Final = re.compile(r"[0-9A-Za-z_-]{43}", re.ASCII)
_MOST_MS: Final = 10**14
_MOST_NUMBER: Final = 10**9
_MS_US: Final = 1_000
_NUMBERS: Final = {
    "n": _MOST_NUMBER,
    "s": _MOST_NUMBER,
    "t": _MOST_MS,
    "f": _MOST_NUMBER,
    "l": _MOST_NUMBER,
    "d": MOST_FEN,
    "o": MOST_FEN,
    "ds": _MOST_NUMBER,
    "es": _MOST_NUMBER,
}
_PAYLOAD: Final = {"c", "p", "r", "w", "k", "e"} | set(_NUMBERS)


class ShiftLine(NamedTuple):
    """What a line says. Amounts in fen, times in microseconds UTC, slips as pieces of paper."""

    community_id: int
    terminal_id: int
    entry_no: int
    """1, 2, 3 and so on for each terminal, openings and closings together."""
    before: str
    """The hash of the entry before; empty for a terminal's first."""
    request_id: str
    kind: Literal["open", "close"]
    shift_no: int
    clerk_id: int | None
    happened_at: int
    first_counter: int
    last_counter: int
    expected_fen: int
    """What should lie in the drawer: at an opening what the last closing left, at a closing what the sales come to."""
    counted_fen: int
    taken_fen: int
    """Taken out of the drawer after the count; the rest is what the next shift opens on."""
    expected_slips: int
    counted_slips: int
    hash: str
    signed: bytes
    signature: bytes


def read_shift_line(text: str) -> ShiftLine:
    """Take a line apart, without cryptography.

    Refusals: shift_line_bad.
    """
    parts = text.split(".")
    if len(parts) != _PARTS or len(text) > _LONGEST:
        raise Refusal("shift_line_bad")
    try:
        header, said = (_object(from_base64url(part)) for part in parts[:2])
        signature = from_base64url(parts[2])
    except ValueError as error:
        raise Refusal("shift_line_bad") from error
    _check(header, said)
    return ShiftLine(
        community_id=int(said["c"]),
        terminal_id=int(header["kid"]),
        entry_no=said["n"],
        before=said["p"],
        request_id=said["r"],
        kind=cast("Literal['open', 'close']", said["w"]),
        shift_no=said["s"],
        clerk_id=int(said["k"]) if said["k"] else None,
        happened_at=said["t"] * _MS_US,
        first_counter=said["f"],
        last_counter=said["l"],
        expected_fen=said["e"],
        counted_fen=said["d"],
        taken_fen=said["o"],
        expected_slips=said["es"],
        counted_slips=said["ds"],
        hash=to_base64url(hashlib.sha256(text.encode()).digest()),
        signed=f"{parts[0]}.{parts[1]}".encode(),
        signature=signature,
    )


def _check(header: dict[str, Any], said: dict[str, Any]) -> None:
    fits = (
        set(header) == _HEADER
        and (header["typ"], header["alg"]) == (TYPE, "ES256")
        and set(said) == _PAYLOAD
        and _is_id(header["kid"])
        and _is_id(said["c"])
        and (said["k"] == "" or _is_id(said["k"]))
        and isinstance(said["p"], str)
        and (said["p"] == "" or _HASH.fullmatch(said["p"]) is not None)
        and isinstance(said["r"], str)
        and said["w"] in ("open", "close")
        and all(_is_number(said[name], 0, most) for name, most in _NUMBERS.items())
        # Returns of what other shifts sold may leave less than nothing to be expected.
        and _is_number(said["e"], -MOST_FEN, MOST_FEN)
    )
    if not fits or said["n"] < 1 or said["s"] < 1:
        raise Refusal("shift_line_bad")


def _object(raw: bytes) -> dict[str, Any]:
    found = json.loads(raw)
    if isinstance(found, dict):
        return found
    raise ValueError("no object")


def _is_id(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None and int(value) < 2**63


def _is_number(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
