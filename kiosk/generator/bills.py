"""A shop's payment bill of a day, in the layout of the large channel: back-quotes, yuan, two totals rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from kiosk.generator.payment_faults import BILLED
from kiosk.generator.shapes import CHINA, SECOND_US, Purchase, Shop, Truth, moment_us
from kiosk.generator.shops import SHOPS
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
_BANK_HEADINGS: Final = (
    "商户号", "终端号", "交易时间", "交易类型", "参考号", "交易金额", "交易日期", "原交易单",
)  # fmt: skip
_BANK_ACCOUNT: Final = "9905810"
_BANKS: Final = {"wechat": "OTHERS", "alipay": "ALIPAY", "card": "CREDIT"}
_EARNING: Final = frozenset(shop.code for shop in SHOPS if shop.earns)
_BY_BANK: Final = frozenset(shop.code for shop in SHOPS if shop.proof == "acquirer")
_KINDS: Final = {"wechat": "MICROPAY", "alipay": "MICROPAY", "card": "CARD"}


class Payment(NamedTuple):
    """Money a channel moved: `fen` is below zero where it went back."""

    at_us: int
    terminal: str
    ref: str
    payment_ref: str
    channel: str
    fen: int
    payer: str


class DayBill(NamedTuple):
    """What one shop was paid on a day, and what is found to be wrong once its bill is read."""

    merchant: str
    payments: list[Payment]
    truth: list[Truth]


class Billing:
    """Writes shops' bills day after day; what goes back through the channel alone waits here for its day."""

    def __init__(self, shops: Iterable[Shop], purchases: Iterable[Purchase]) -> None:
        """Only shops that agreed to prove their sales by a bill send any."""
        self._billed = sorted(shop.code for shop in shops if shop.proof in BILLED)
        self._purchases = {purchase.number: purchase for purchase in purchases}
        self._backs: dict[str, list[tuple[Payment, Truth]]] = defaultdict(list)

    def bills_of(self, day: date, rung: Iterable[Rung]) -> list[DayBill]:
        """The bills of one day, of shops that have anything in it."""
        by_shop: dict[str, list[Rung]] = defaultdict(list)
        for line in rung:
            by_shop[line.merchant].append(line)
        ends = moment_us(day + timedelta(days=1), 0)
        made = []
        for code in self._billed:
            payments, truth = payments_of(by_shop[code], self._purchases)
            backs = self._backs[code] + self._backs_of(by_shop[code])
            self._backs[code] = [one for one in backs if one[0].at_us >= ends]
            for payment, fault in backs:
                if payment.at_us < ends:
                    payments.append(payment)
                    truth.append(fault)
            if payments:
                made.append(DayBill(code, payments, truth))
        return made

    def _backs_of(self, rung: Iterable[Rung]) -> list[tuple[Payment, Truth]]:
        found = []
        for line in rung:
            bought = self._purchases[line.purchase]
            if bought.back_fen and line.kind == "sale" and line.earned_units:
                at = line.occurred_at + bought.back_after_s * SECOND_US
                payment = _payment(line, bought, -line.paid_fen)._replace(at_us=at)
                found.append((payment, _fault("R4", "back without the till", line)))
        return found


def payments_of(
    rung: Iterable[Rung], purchases: dict[int, Purchase]
) -> tuple[list[Payment], list[Truth]]:
    """What customers really paid for these sales, and what a bill with it shows to be wrong with them.

    A receipt keyed in twice was paid once; a mistyped amount was paid as it should have been.
    """
    made: list[Payment] = []
    truth: list[Truth] = []
    for line in rung:
        bought = purchases[line.purchase]
        if bought.channel == "cash":
            continue
        real = _really_paid(line, bought)
        if line.kind == "sale":
            truth += _wrong_with(line, bought, real)
        if real:
            made.append(_payment(line, bought, real))
    return made, truth


def _payment(line: Rung, bought: Purchase, fen: int) -> Payment:
    ref = bought.payment_ref or f"0000{line.purchase:024d}"
    payer = f"o0000{bought.person:023d}"
    return Payment(line.occurred_at, line.terminal, line.ref, ref, bought.channel, fen, payer)


def _really_paid(line: Rung, bought: Purchase) -> int:
    if bought.again_of is not None or not bought.pays:
        return 0
    if line.kind == "sale":
        return max(bought.total_fen - line.offset_fen, 0)
    return -min(line.paid_fen, bought.total_fen)


def _wrong_with(line: Rung, bought: Purchase, real: int) -> list[Truth]:
    """No payment is for it: R5 where points were used, R1 where they were only earned; R2: paid, and keyed as cash."""
    if bought.rung_as == "cash":
        earns = bought.shop in _EARNING
        return [_fault("R2", "keyed as cash", line)] if earns and real else []
    if real == line.paid_fen or not _is_billed(bought):
        return []
    kind = "keyed twice" if bought.again_of is not None else "typed wrong"
    kind = kind if bought.pays else "not paid"
    if line.offset_fen:
        return [_fault("R5", kind, line, line.offset_fen)]
    return [_fault("R1", kind, line)] if line.earned_units else []


def _is_billed(bought: Purchase) -> bool:
    """Whether a missing payment shows: of cards only the bills of shops speak whose bank collects for everything."""
    return bought.channel != "card" or bought.shop in _BY_BANK


def _fault(verdict: str, kind: str, line: Rung, fen: int = 0) -> Truth:
    return Truth(
        id=f"P{line.ref}",
        kind=kind,
        verdict=verdict,
        where=f"bills/{line.merchant}/{line.business_date}.csv",
        merchant=line.merchant,
        ref=line.ref,
        correct_fen=0,
        amount_fen=fen,
        facts={"paid": line.paid_fen},
    )


def write_bill(merchant: str, payments: Sequence[Payment]) -> bytes:
    """One shop's bill of a day, as its bank or the large channel writes it; a refund is dated by its start."""
    if merchant in _BY_BANK:
        return _bank_bill(merchant, payments)
    rows = [",".join(_HEADINGS)]
    rows += [",".join("`" + cell for cell in _row(merchant, payment)) for payment in payments]
    paid = sum(payment.fen for payment in payments if payment.fen > 0)
    back = -sum(payment.fen for payment in payments if payment.fen < 0)
    totals = (str(len(payments)), *map(_yuan, (paid, back, 0, 0, paid, back)))
    rows += [",".join(_TOTALS), ",".join("`" + cell for cell in totals)]
    return ("\ufeff" + "\r\n".join(rows) + "\r\n").encode()


def _bank_bill(merchant: str, payments: Sequence[Payment]) -> bytes:
    rows = [_BANK_HEADINGS]
    for payment in payments:
        at = datetime.fromtimestamp(payment.at_us // SECOND_US, UTC).astimezone(CHINA)
        back = payment.fen < 0
        ref = payment.payment_ref + "R" if back else payment.payment_ref
        kind = "退货" if back else "消费" if payment.channel == "card" else "扫码消费"
        rows.append(
            (_BANK_ACCOUNT + merchant, payment.terminal, f"{at:%H:%M:%S}", kind, ref,
             _yuan(abs(payment.fen)), f"{at:%Y%m%d}", payment.payment_ref if back else "")
        )  # fmt: skip
    return "".join(",".join(row) + "\r\n" for row in rows).encode("gbk")


def _row(merchant: str, payment: Payment) -> tuple[str, ...]:
    at = datetime.fromtimestamp(payment.at_us // SECOND_US, UTC).astimezone(CHINA)
    paid, back = _yuan(max(payment.fen, 0)), _yuan(max(-payment.fen, 0))
    refunded = payment.fen < 0
    return (
        f"{at:%Y-%m-%d %H:%M:%S}", "wx0000000000000000", "0000000000", merchant, payment.terminal,
        payment.payment_ref, payment.ref, payment.payer, _KINDS[payment.channel],
        "REFUND" if refunded else "SUCCESS", _BANKS[payment.channel], "CNY", paid, "0.00",
        payment.payment_ref + "R" if refunded else "0", payment.ref if refunded else "0", back,
        "0.00", "ORIGINAL" if refunded else "", "SUCCESS" if refunded else "", "", "", "0.00",
        "0.00%", paid, back, "",
    )  # fmt: skip


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
