"""Which passwords are too short or known to everybody; no rule about capitals or signs."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from ledger.errors import Refusal

LEAST: Final = 8
MOST: Final = 200

_EASY_DIFFERENT: Final = 3
_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv", "1q2w3e4r5t6y")
_KNOWN: Final = (
    "password", "passwort", "passw0rd", "p@ssw0rd", "letmein", "welcome", "iloveyou", "woaini",
    "admin", "administrator", "jifen", "shequ", "changan", "qwerty", "abc123", "monkey", "dragon",
    "football", "sunshine", "princess", "master", "superman", "a123456", "123456a", "wang1234",
    "5201314", "1314520", "aa123456", "zaq12wsx", "test", "demo", "root", "guest", "secret",
)  # fmt: skip


def check_password(password: str, *, login: str) -> None:
    """Refuse what would be guessed first; a sentence of any signs is welcome.

    Refusals: password_short, password_common.
    """
    if len(password) < LEAST:
        raise Refusal("password_short", least=LEAST)
    if len(password) > MOST or _is_common(password.lower(), login.lower()):
        raise Refusal("password_common")


def _is_common(password: str, login: str) -> bool:
    steps = {ord(right) - ord(left) for left, right in pairwise(password)}
    if len(set(password)) <= _EASY_DIFFERENT or steps <= {1} or steps <= {-1}:
        return True
    if any(password in row or password in row[::-1] for row in _ROWS):
        return True
    # A known word with a year or a few digits and signs behind it is still that word.
    bare = password.strip("0123456789!@#$%.*-_ ")
    is_word = any(bare in (word, word.strip("0123456789")) for word in (*_KNOWN, login))
    return is_word or password in _KNOWN or password.isdigit()
