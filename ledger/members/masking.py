"""What stays of a name, a phone or an account where others may look on."""

from __future__ import annotations

from typing import Final

FEWEST_ON_A_WALL: Final = 10
"""A sum over fewer people than this is not put up: with a little knowledge it tells what one of them did."""

_MOST_STARS: Final = 3
_SHORT: Final = 2
_PHONE_HEAD: Final = 3
_TAIL: Final = 4


def mask_name(name: str) -> str:
    """First and last sign, at most three stars between; of two signs only the first stays."""
    signs = name.strip()
    if len(signs) < _SHORT:
        return "*" * len(signs)
    if len(signs) == _SHORT:
        return signs[0] + "*"
    return signs[0] + "*" * min(len(signs) - 2, _MOST_STARS) + signs[-1]


def mask_phone(phone: str) -> str:
    """`13800001234` -> `138****1234`; a short number keeps only its last two digits."""
    digits = "".join(sign for sign in phone if sign.isdigit())
    if len(digits) <= _PHONE_HEAD + _TAIL:
        return "****" + digits[-2:] if digits else ""
    return f"{digits[:_PHONE_HEAD]}****{digits[-_TAIL:]}"


def mask_account(account_no: str) -> str:
    """An account by its last four digits."""
    return "****" + account_no[-_TAIL:] if account_no else ""
