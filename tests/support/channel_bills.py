"""Bills as the channels write them, made from a list of payments; shares nothing with what reads them."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace

WECHAT_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
WECHAT_FOOT = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
ALIPAY_HEAD = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,"
    "商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,"
    "卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
ALLINPAY_HEAD = (
    "商户号,门店名称,终端号,交易时间,交易类型,交易批次号,凭证号,参考号,卡号,卡类别,发卡行机构代码,发卡行名称,交易金额,手续费,"
    "交易日期,交易单号,订单号,商户备注,对接应用号,原始金额,结算金额,产品类型,分期贴息,交易完成时间,持卡人姓名,持卡人身份证,"
    "分期数,优惠金额,实付金额,原交易单,渠道交易类型,出金方账户名称,门店编号,交易完成日期"
)


@dataclass(frozen=True)
class Paid:
    """One movement: `when` as the channel's clock shows it; `back` the channel's number of a refund."""

    when: str
    ref: str
    fen: int
    back: str = ""


def with_fen(paid: Paid, fen: int) -> Paid:
    """The same movement with another amount."""
    return replace(paid, fen=fen)


def yuan(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def wechat(moves: Sequence[Paid], *, account: str = "1900000109") -> bytes:
    """WeChat Pay's trade bill (ALL) of a day."""
    out = [WECHAT_HEAD]
    for one in moves:
        cells = [one.when, "wx2421b1c4370ec43b", "1900000100", account, "", one.ref, f"M{one.ref}",
                 "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", "MICROPAY", "REFUND" if one.back else "SUCCESS", "OTHERS", "CNY",
                 "0.00" if one.back else yuan(one.fen), "0.00", one.back or "0", one.back or "0",
                 yuan(one.fen) if one.back else "0.00", "0.00", "ORIGINAL" if one.back else "",
                 "SUCCESS" if one.back else "", "杂货", "", "0.00", "0.60%",
                 "0.00" if one.back else yuan(one.fen), yuan(one.fen) if one.back else "0.00", ""]  # fmt: skip
        out.append(",".join("`" + cell for cell in cells))
    paid = sum(one.fen for one in moves if not one.back)
    back = sum(one.fen for one in moves if one.back)
    sums = [f"{len(moves)}.0", yuan(paid), yuan(back), "0.00", "0.00", yuan(paid), yuan(back)]
    out += [WECHAT_FOOT, ",".join("`" + cell for cell in sums)]
    return ("\ufeff" + "\r\n".join(out) + "\r\n").encode()


def alipay(
    moves: Sequence[Paid], *, first: str, until: str, account: str = "20880212345678900156"
) -> bytes:
    """Alipay's business bill: comment lines around the table, in China's letters; `until` is left out."""
    out = [
        "#支付宝业务明细查询",
        f"#账号：[{account}]",
        f"#起始日期：[{first}]   终止日期：[{until}]",
        "#-----------------------------------------业务明细列表----------------------------------------",
        ALIPAY_HEAD,
    ]
    for one in moves:
        amount = yuan(-one.fen if one.back else one.fen)
        who = [one.ref, f"M{one.ref}", "退款" if one.back else "交易", "杂货", one.when, one.when]
        money = [amount, amount, *["0.00"] * 5, "", "0.00", "0.00", one.back, "0.00", "0.00", ""]
        cells = [*who, "", "", "", "", "*三(138****00)", *money]
        out.append(",".join(cell + "\t" for cell in cells))
    paid = [one.fen for one in moves if not one.back]
    back = [-one.fen for one in moves if one.back]
    out += [
        "#-----------------------------------------业务明细列表结束------------------------------------",
        f"#交易合计：{len(paid)}笔，商家实收共{yuan(sum(paid))}元，商家优惠共0.00元",
        f"#退款合计：{len(back)}笔，商家实收退款共{yuan(sum(back))}元，商家优惠退款共0.00元",
        "#导出时间：[2026年03月03日 09:00:00]",
    ]
    return ("\r\n".join(out) + "\r\n").encode("gb18030")


def allinpay(moves: Sequence[Paid], *, account: str = "990581000000000") -> bytes:
    """Allinpay's day file."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(ALLINPAY_HEAD.split(","))
    for one in moves:
        day, time = one.when.split(" ")
        writer.writerow(
            [
                account,
                "一店",
                "00000001",
                time,
                "退货" if one.back else "消费",
                "000001",
                "000001",
                one.back or one.ref,
                "622262******0018",
                "借记卡",
                "0301",
                "交通银行",
                yuan(one.fen),
                "0.00",
                day,
                "1",
                "",
                "",
                "",
                yuan(one.fen),
                yuan(one.fen),
                "",
                "",
                time,
                "",
                "",
                "",
                "0.00",
                yuan(one.fen),
                one.ref if one.back else "",
                "",
                "",
                "",
                day,
            ]
        )
    return out.getvalue().encode("gb18030")


def unionpay(moves: Sequence[Paid], *, account: str = "777290058110097") -> bytes:
    """UnionPay's ZM file: fields of fixed width with a blank between, amounts in fen."""
    lines = []
    for number, one in enumerate(moves, 1):
        stamp = one.when.replace("-", "").replace(" ", "").replace(":", "")[4:]
        fields = [
            ("S30" if one.back else "S22", 3), ("00010000", 11), ("00010000", 11), (f"{number:06d}", 6), (stamp, 10),
            ("6216261000000000018", 19), (f"{one.fen:012d}", 12), ("5411", 4), ("07", 2), (one.back or one.ref, 21),
            ("", 2), (f"M{number}", 32), ("01", 2), ("", 6), ("", 10), (f"D{0:012d}", 13), (f"C{one.fen:012d}", 13),
            ("", 4), ("", 15), ("04" if one.back else "01", 2), ("01", 2), ("000201", 6), ("01", 2), ("", 4), ("", 32),
            ("", 1), (one.ref if one.back else "", 21), (account, 15), ("", 1), ("", 15), ("", 32),
        ]  # fmt: skip
        lines.append(" ".join(text.ljust(width) for text, width in fields))
    return ("\n".join(lines) + "\n").encode("gb18030")


class _Unmarked(zipfile.ZipInfo):
    """A name written in the sender's own letters."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - the library's name
        return self.filename.encode("gb18030"), self.flag_bits


def zipped(name: str, body: bytes, *, others: Sequence[str] = ()) -> bytes:
    """A zip as Alipay makes it: names in China's letters without the mark that says so."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in ((name, body), *((other, b"#") for other in others)):
            archive.writestr(_Unmarked(part), content)
    return out.getvalue()


def gzipped(body: bytes) -> bytes:
    """Gzip as WeChat sends it."""
    return gzip.compress(body)
