"""Names, codes and numbers people type: what form each must have."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ledger.errors import Refusal

LONGEST_NAME: Final = 60

_CODE: Final = re.compile(r"[0-9A-Z][0-9A-Z-]*")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 -]*[0-9]")
_PHONE_DIGITS: Final = (5, 20)


def check_text(text: str, *, most: int = LONGEST_NAME) -> str:
    """A name as people write it: one line, no control characters, 1 to `most` characters.

    Refusals: name_bad.
    """
    is_plain = all(unicodedata.category(sign)[0] not in "CZ" or sign == " " for sign in text)
    if not text or text != text.strip() or len(text) > most or not is_plain:
        raise Refusal("name_bad", most=most)
    return text


def check_code(code: str, *, least: int, most: int) -> str:
    """A code in capitals and digits, dashes inside allowed.

    Refusals: code_bad.
    """
    if not least <= len(code) <= most or not _CODE.fullmatch(code) or code.endswith("-"):
        raise Refusal("code_bad", least=least, most=most)
    return code


def check_phone(phone: str) -> str:
    """A phone number, or nothing.

    Refusals: phone_bad.
    """
    digits = sum(sign.isdigit() for sign in phone)
    if phone and not (_PHONE.fullmatch(phone) and _PHONE_DIGITS[0] <= digits <= _PHONE_DIGITS[1]):
        raise Refusal("phone_bad")
    return phone
