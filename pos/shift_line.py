"""An opening or closing of a shift as the till signed it (a compact JWS, ES256): taken apart, nothing believed yet."""

from __future__ import annotations

import hashlib
from typing import Any, Final, Literal, NamedTuple, cast

from ledger.errors import Refusal
from ledger.members.device_keys import to_base64url
from ledger.members.signed_text import is_hash, is_id, is_number, read_signed_text
from ledger.units import MOST_FEN

TYPE: Final = "jifen-shift"

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
    try:
        line = read_signed_text(text, TYPE, _PAYLOAD)
    except ValueError as error:
        raise Refusal("shift_line_bad") from error
    said = line.said
    _check(said)
    return ShiftLine(
        community_id=line.community_id,
        terminal_id=line.terminal_id,
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
        signed=line.signed,
        signature=line.signature,
    )


def _check(said: dict[str, Any]) -> None:
    fits = (
        (said["k"] == "" or is_id(said["k"]))
        and (said["p"] == "" or is_hash(said["p"]))
        and isinstance(said["r"], str)
        and said["w"] in ("open", "close")
        and all(is_number(said[name], 0, most) for name, most in _NUMBERS.items())
        # Returns of what other shifts sold may leave less than nothing to be expected.
        and is_number(said["e"], -MOST_FEN, MOST_FEN)
    )
    if not fits or said["n"] < 1 or said["s"] < 1:
        raise Refusal("shift_line_bad")
