"""A shop's payment bill of a day, in the layout of the large channel: back-quotes, yuan, two totals rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from kiosk.generator.shapes import CHINA, SECOND_US, Purchase, Truth
from kiosk.generator.trade import Rung

_HEADINGS: Final = (
    "交易时间", "公众账号ID", "商户号", "特约商户号", "设备号", "微信订单号", "商户订单号", "用户标识",
    "交易类型", "交易状态", "付款银行", "货币种类", "应结订单金额", "代金券金额", "微信退款单号",
    "商户退款单号", "退款金额", "充值券退款金额", "退款类型", "退款状态", "商品名称", "商户数据包",
    "手续费", "费率", "订单金额", "申请退款金额", "费率备注",
)  # fmt: skip
_TOTALS: Final = (
    "总交易单数", "应结订单总金额", "退款总金额", "充值券退款总金额", "手续费总金额", "订单总金额",
    "申请退款总金额",
)  # fmt: skip
_BANKS: Final = {"wechat": "OTHERS", "alipay": "ALIPAY", "card": "CREDIT"}
_KINDS: Final = {"wechat": "MICROPAY", "alipay": "MICROPAY", "card": "CARD"}


class Payment(NamedTuple):
    """Money a channel moved: `fen` is below zero where it went back."""

    at_us: int
    terminal: str
    ref: str
    payment_ref: str
    channel: str
    fen: int


def payments_of(
    rung: Iterable[Rung], purchases: dict[int, Purchase]
) -> tuple[list[Payment], list[Truth]]:
    """What customers really paid for these sales, and the sales whose points no payment proves.

    A receipt keyed in twice was paid once; a mistyped amount was paid as it should have been.
    """
    made: list[Payment] = []
    truth: list[Truth] = []
    for line in rung:
        bought = purchases[line.purchase]
        if bought.channel == "cash":
            continue
        real = _really_paid(line, bought)
        if line.kind == "sale" and real != line.paid_fen and line.earned_units:
            truth.append(_unproven(line, bought, len(truth)))
        if real:
            ref = bought.payment_ref or f"0000{line.occurred_at // SECOND_US:024d}"
            made.append(
                Payment(line.occurred_at, line.terminal, line.ref, ref, bought.channel, real)
            )
    return made, truth


def _really_paid(line: Rung, bought: Purchase) -> int:
    if bought.again_of is not None:
        return 0
    if line.kind == "sale":
        return max(bought.total_fen - line.offset_fen, 0)
    return -min(line.paid_fen, bought.total_fen)


def _unproven(line: Rung, bought: Purchase, number: int) -> Truth:
    kind = "keyed twice" if bought.again_of is not None else "typed wrong"
    return Truth(
        id=f"P{line.occurred_at // SECOND_US}-{number}",
        kind=kind,
        verdict="R1",
        where=f"bills/{line.merchant}/{line.business_date}.csv",
        merchant=line.merchant,
        ref=line.ref,
        correct_fen=0,
        amount_fen=line.paid_fen,
    )


def write_bill(merchant: str, payments: Sequence[Payment]) -> bytes:
    """One shop's bill of a day; a refund's row is dated by when it was started."""
    rows = [",".join(_HEADINGS)]
    rows += [",".join("`" + cell for cell in _row(merchant, payment)) for payment in payments]
    paid = sum(payment.fen for payment in payments if payment.fen > 0)
    back = -sum(payment.fen for payment in payments if payment.fen < 0)
    totals = (str(len(payments)), *map(_yuan, (paid, back, 0, 0, paid, back)))
    rows += [",".join(_TOTALS), ",".join("`" + cell for cell in totals)]
    return ("\ufeff" + "\r\n".join(rows) + "\r\n").encode()


def _row(merchant: str, payment: Payment) -> tuple[str, ...]:
    at = datetime.fromtimestamp(payment.at_us // SECOND_US, UTC).astimezone(CHINA)
    paid, back = _yuan(max(payment.fen, 0)), _yuan(max(-payment.fen, 0))
    refunded = payment.fen < 0
    return (
        f"{at:%Y-%m-%d %H:%M:%S}", "wx0000000000000000", "0000000000", merchant, payment.terminal,
        payment.payment_ref, payment.ref, "", _KINDS[payment.channel],
        "REFUND" if refunded else "SUCCESS", _BANKS[payment.channel], "CNY", paid, "0.00",
        payment.payment_ref + "R" if refunded else "0", payment.ref if refunded else "0", back,
        "0.00", "ORIGINAL" if refunded else "", "SUCCESS" if refunded else "", "", "", "0.00",
        "0.00%", paid, back, "",
    )  # fmt: skip


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
