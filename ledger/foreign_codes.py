"""What people hold up instead of their points code, told apart by form alone; no digit of it goes any further."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

ID_CARD, BANK_CARD, GOODS, PHONE, HEALTH, LINK = (
    "token_id_card",
    "token_bank_card",
    "token_goods",
    "token_phone_number",
    "token_health_code",
    "token_link",
)
"""Refusal codes of what is neither ours nor a wallet's."""

_WALLETS: Final = (
    ("wechat", re.compile(r"1[0-5][0-9]{16}|wxp://.*|weixin://.*", re.IGNORECASE)),
    ("alipay", re.compile(r"(?:2[5-9]|30)[0-9]{14,22}|https?://qr\.alipay\.com/.*", re.IGNORECASE)),
    ("unionpay", re.compile(r"62[0-9]{17}|https?://qr\.95516\.com/.*", re.IGNORECASE)),
)
_ID_CARD: Final = re.compile(r"[1-8][0-9]{16}[0-9Xx]", re.ASCII)
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_SIGNS: Final = "10X98765432"
_BANK_CARD: Final = re.compile(r"[3-6][0-9]{15,18}", re.ASCII)
_GOODS: Final = re.compile(r"[0-9]{8}|[0-9]{12,13}", re.ASCII)
_PHONE: Final = re.compile(r"1[3-9][0-9]{9}", re.ASCII)
_HEALTH: Final = re.compile(r"^HC1:|jkm|jiankangma|health-?code|ehealth", re.IGNORECASE)
_LINK: Final = re.compile(r"[a-z][a-z0-9+.-]{1,15}://.*", re.IGNORECASE)


def wallet_of(text: str) -> str:
    """`wechat`, `alipay` or `unionpay` for a payment code, shown or to be paid to; '' for anything else.

    An identity number of the north begins like a WeChat code; its date and its check sign tell it apart.
    """
    if is_identity_number(text):
        return ""
    return next((wallet for wallet, form in _WALLETS if form.fullmatch(text)), "")


def kind_of(text: str) -> str:
    """The refusal's code for what was held up, '' where nothing is known of it."""
    if is_identity_number(text):
        return ID_CARD
    if _HEALTH.search(text):
        return HEALTH
    if _LINK.fullmatch(text):
        return LINK
    if _PHONE.fullmatch(text):
        return PHONE
    if _GOODS.fullmatch(text) and _is_article_number(text):
        return GOODS
    return BANK_CARD if _BANK_CARD.fullmatch(text) and _is_luhn(text) else ""


def is_identity_number(text: str) -> bool:
    """18 signs with a possible date of birth and the right check sign (GB 11643)."""
    if not _ID_CARD.fullmatch(text):
        return False
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _ID_WEIGHTS, strict=False))
    return born.year >= 1900 and _ID_SIGNS[total % 11] == text[-1].upper()  # noqa: PLR2004 - nobody is older


def _is_article_number(digits: str) -> bool:
    """EAN and UPC: weights 3 and 1 from the right, the whole a multiple of ten."""
    return sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(reversed(digits))) % 10 == 0


def _is_luhn(digits: str) -> bool:
    total = 0
    for n, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if n % 2 else 1)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 - two digits are added up
    return total % 10 == 0
