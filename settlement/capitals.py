"""An amount in the capital characters that Chinese payment papers carry beside the figures.

Source: the annex on filling in bills and vouchers of the Payment and Settlement Measures (People's Bank of China, 1997,
no. 393). Where the annex lets the writer choose between two forms, this one writes the first it prints.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

_SIGNS: Final = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_DIGITS: Final[str] = _SIGNS["digits"]
_PLACES: Final[list[str]] = _SIGNS["places"]
_GROUPS: Final[list[str]] = _SIGNS["groups"]
_YUAN, _JIAO, _FEN, _WHOLE = (str(_SIGNS[name]) for name in ("yuan", "jiao", "fen", "whole"))
_GROUP: Final = 10_000
_FEN_A_YUAN: Final = 100

MOST_FEN: Final = _GROUP ** len(_GROUPS) * _FEN_A_YUAN - 1


def capital_yuan(fen: int) -> str:
    """`fen` (0 or more, whole fen) in capitals, from the currency to the last place.

    Annex, rule 3: the closing sign stands after yuan, need not after jiao (left away here), and never after fen.
    Raises ValueError below zero and from a trillion yuan on: no payment paper has such an amount.
    """
    if not 0 <= fen <= MOST_FEN:
        raise ValueError(f"no amount for a payment paper: {fen} fen")
    yuan, rest = divmod(fen, _FEN_A_YUAN)
    jiao, last = divmod(rest, 10)
    return str(_SIGNS["currency"]) + _whole(yuan, alone=rest == 0) + _part(jiao, last, yuan)


def _whole(yuan: int, *, alone: bool) -> str:
    if yuan == 0:
        return _DIGITS[0] + _YUAN + _WHOLE if alone else ""
    return _number(yuan) + _YUAN + (_WHOLE if alone else "")


def _part(jiao: int, fen: int, yuan: int) -> str:
    """Jiao and fen; a zero stands where a place before them is empty (rule 4)."""
    words = ""
    if yuan and (jiao or fen) and (jiao == 0 or yuan % 10 == 0):
        words += _DIGITS[0]
    if jiao:
        words += f"{_DIGITS[jiao]}{_JIAO}"
    if fen:
        words += f"{_DIGITS[fen]}{_FEN}"
    return words


def _number(number: int) -> str:
    """A whole number above zero; empty places between digits are one zero together, those at a group's end none."""
    words, empty = "", False
    for place in reversed(range(len(str(number)))):
        digit = number // 10**place % 10
        group, within = divmod(place, len(_PLACES))
        if digit:
            words += (_DIGITS[0] if empty else "") + _DIGITS[digit] + _PLACES[within]
        empty = bool(words) and digit == 0 and (empty or within != 0)
        if within == 0 and number // _GROUP**group % _GROUP:
            words += _GROUPS[group]
    return words
