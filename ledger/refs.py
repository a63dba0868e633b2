"""References people read aloud: terminal, day, counter and a check character (ISO 7064 MOD 37,36)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUE: Final = {character: value for value, character in enumerate(_ALPHABET)}
_SHAPE: Final = re.compile(r"([0-9A-Z]{2,8})-(\d{6})-(\d{5})-([0-9A-Z])")


class Reference(NamedTuple):
    """A sale's reference taken apart."""

    terminal_code: str
    yymmdd: str
    counter: int


def check_character(text: str) -> str:
    """The MOD 37,36 check character of `text`; signs other than digits and capitals are passed over."""
    total = 36
    for character in text:
        value = _VALUE.get(character)
        if value is None:
            continue
        total += value
        total = (total % 36 or 36) * 2 % 37
    return _ALPHABET[(37 - total) % 36]


def is_valid(text: str) -> bool:
    """Whether the last character is the check character of what stands before it."""
    return len(text) > 1 and check_character(text[:-1]) == text[-1]


def make_reference(terminal_code: str, business_date: int, counter: int) -> str:
    """`M01T1`, 20260302, 457 -> `M01T1-260302-00457-` and its check character."""
    body = f"{terminal_code}-{business_date % 1_000_000:06d}-{counter:05d}-"
    return body + check_character(body)


def read_reference(text: str) -> Reference | None:
    """Take a reference apart, or None where shape or check character is wrong."""
    match = _SHAPE.fullmatch(text)
    if match is None or not is_valid(text):
        return None
    return Reference(match[1], match[2], int(match[3]))


def has_wrong_check(text: str) -> bool:
    """Whether it is shaped like a reference and its check character is another: a slip of somebody's pen or hand."""
    return _SHAPE.fullmatch(text) is not None and not is_valid(text)


def check_digit(digits: str) -> int:
    """ISO 7064 MOD 11,10 over digits: finds every single wrong digit and nearly every swap of two."""
    product = 10
    for digit in digits:
        product = (product + int(digit)) % 10 or 10
        product = product * 2 % 11
    return (11 - product) % 10
