"""The first letters of a Chinese name's sounds, so that a volunteer finds eggs by typing `jd`.

The national character set GB 2312 lists its 3,755 common characters by sound, so the place of a character in it tells
its first letter; the rarer ones stand by their strokes and are left out. Names of goods are made of common ones.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

_FIRST_OF: Final = (
    (0xB0A1, "a"), (0xB0C5, "b"), (0xB2C1, "c"), (0xB4EE, "d"), (0xB6EA, "e"), (0xB7A2, "f"),
    (0xB8C1, "g"), (0xB9FE, "h"), (0xBBF7, "j"), (0xBFA6, "k"), (0xC0AC, "l"), (0xC2E8, "m"),
    (0xC4C3, "n"), (0xC5B6, "o"), (0xC5BE, "p"), (0xC6DA, "q"), (0xC8BB, "r"), (0xC8F6, "s"),
    (0xCBFA, "t"), (0xCDDA, "w"), (0xCEF4, "x"), (0xD1B9, "y"), (0xD4D1, "z"),
)  # fmt: skip
_STARTS: Final = tuple(start for start, _ in _FIRST_OF)
_COMMON_ENDS: Final = 0xD7FA


def initials(name: str) -> str:
    """The first letters, lower case; letters and digits stand for themselves, what has no sound here is left out."""
    return "".join(_letter(sign) for sign in name.lower())


def _letter(sign: str) -> str:
    if sign.isascii():
        return sign if sign.isalnum() else ""
    try:
        place = int.from_bytes(sign.encode("gb2312"))
    except UnicodeEncodeError:
        return ""
    if not _STARTS[0] <= place < _COMMON_ENDS:
        return ""
    return _FIRST_OF[bisect_right(_STARTS, place) - 1][1]
