"""Twelve things that people hold up instead of their points code, each with the word its sentence must hold."""

from __future__ import annotations

import re
from typing import Final

SAMPLES: Final[dict[str, tuple[str, str, str]]] = {
    "a WeChat payment code": ("134567890123456789", "token_foreign_wallet", "微信"),
    "an Alipay payment code": ("281234567890123456", "token_foreign_wallet", "支付宝"),
    "a UnionPay payment code": ("6212345678901234567", "token_foreign_wallet", "云闪付"),
    "a shop's WeChat sign": ("wxp://f2f0987654321098", "token_foreign_wallet", "微信"),
    "an identity card of the north": ("11010519491231002X", "token_id_card", "身份证"),
    "an identity card": ("34052419800101001X", "token_id_card", "身份证"),
    "a bank card": ("4012888888881881", "token_bank_card", "银行卡"),
    "a carton of milk": ("6901234567892", "token_goods", "商品条码"),
    "a telephone number": ("13800138000", "token_phone_number", "电话号码"),
    "a health code": ("https://jkm.example.cn/c?id=330109876543", "token_health_code", "健康码"),
    "a page": ("https://example.cn/u/556677889900", "token_link", "网页"),
    "a locker's code": ("987654321", "token_not_a_code", "不是积分码"),
}
"""Name to text, refusal and word."""

RUN: Final = 6
"""No run of so many digits of a sample may stand anywhere afterwards."""


def runs_of(text: str) -> set[str]:
    """Every run of six digits in a text."""
    return {
        digits[at : at + RUN]
        for digits in re.findall(r"[0-9]+", text)
        for at in range(len(digits) - RUN + 1)
    }
