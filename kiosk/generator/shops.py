"""The twelve shops and the points supermarket, with their tills, hours, agreements and care."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kiosk.generator.shapes import Care, Shop
from kiosk.generator.streams import Wheel

_EARN: Final = "earn,offset"
_CLERKS: Final = (
    "小王",
    "李姐",
    "小陈",
    "周师傅",
    "阿芳",
    "老赵",
    "小何",
    "孙姐",
    "小林",
    "高师傅",
)


def _shop(code: str, names: str, ticket: tuple[float, float, float], care: Care, proof: str,
          hours: str = "店铺", tills: int = 1) -> Shop:  # fmt: skip
    name, category = names.split()
    place = int(code[1:])
    return Shop(
        code=code,
        name=name,
        category=category,
        share=ticket[0],
        median_yuan=ticket[1],
        log_sd=ticket[2],
        care=care,
        hours=hours,
        proof=proof,
        roles=_EARN,
        tills=tuple(f"{code}T{n}" for n in range(1, tills + 1)),
        clerks=(_CLERKS[place % 10], _CLERKS[(place + 3) % 10]),
    )


SHOPS: Final = (
    _shop("M01", "惠民超市 超市", (0.20, 32, 0.85), "careful", "gateway", "超市", 4),
    _shop("M02", "家和超市 超市", (0.14, 28, 0.85), "careful", "bill", "超市", 2),
    _shop("M03", "晨光便利店 便利店", (0.12, 14, 0.70), "average", "bill", "便利店"),
    _shop("M04", "街角便利店 便利店", (0.10, 13, 0.70), "average", "acquirer", "便利店"),
    _shop("M05", "丰收粮油店 粮油店", (0.06, 46, 0.70), "messy", "sample"),
    _shop("M06", "绿叶蔬果店 蔬果店", (0.13, 16, 0.70), "careful", "bill", "蔬果店"),
    _shop("M07", "老街早餐店 早餐店", (0.09, 9, 0.50), "messy", "sample", "早餐店"),
    _shop("M08", "关中面馆 面馆", (0.06, 19, 0.50), "careful", "bill", "餐饮店"),
    _shop("M09", "聚福餐饮店 餐饮店", (0.04, 62, 0.70), "careful", "acquirer", "餐饮店"),
    _shop("M10", "康宁药店 药店", (0.03, 38, 0.90), "careful", "bill"),
    _shop("M11", "常安理发店 理发店", (0.02, 25, 0.40), "average", "bill"),
    _shop("M12", "便民家电维修 家电维修", (0.01, 80, 0.60), "careful", "bill"),
)
"""A ticket is (share of all tickets, median yuan, log-sd); `sample` shops keep paper, so they file by hand."""

MARKET: Final = Shop(
    code="SM01",
    name="社区积分超市",
    category="积分超市",
    share=0.0,
    median_yuan=0.0,
    log_sd=0.0,
    care="careful",
    hours="",
    proof="sample",
    roles="redeem",
    tills=("SM01C1",),
    clerks=("赵阿姨", "小刘"),
)

CARE: Final[Mapping[Care, float]] = {"careful": 0.4, "average": 1.0, "messy": 3.5}
"""How many more or fewer faults a shop makes than the average one."""

# Share of a day's tickets by the hour they fall in.
HOURS: Final[Mapping[str, Wheel[int]]] = {
    kind: Wheel(list(weights.items()))
    for kind, weights in {
        "超市": {8: 5.0, 9: 12.0, 10: 9.0, 11: 7.0, 12: 5.0, 13: 4.0, 14: 5.0, 15: 6.0, 16: 9.0,
               17: 14.0, 18: 12.0, 19: 7.0, 20: 3.0},
        "便利店": {7: 12.0, 8: 9.0, 9: 4.0, 10: 3.0, 11: 6.0, 12: 12.0, 13: 5.0, 14: 3.0, 15: 4.0,
                16: 6.0, 17: 12.0, 18: 11.0, 19: 7.0, 20: 4.0, 21: 2.0},
        "早餐店": {6: 28.0, 7: 42.0, 8: 22.0, 9: 8.0},
        "餐饮店": {10: 3.0, 11: 16.0, 12: 26.0, 13: 9.0, 16: 3.0, 17: 14.0, 18: 18.0, 19: 9.0,
                20: 2.0},
        "蔬果店": {6: 5.0, 7: 16.0, 8: 18.0, 9: 13.0, 10: 8.0, 15: 5.0, 16: 11.0, 17: 14.0,
                18: 8.0, 19: 2.0},
        "店铺": {8: 6.0, 9: 12.0, 10: 14.0, 11: 10.0, 12: 6.0, 13: 6.0, 14: 10.0, 15: 11.0,
               16: 10.0, 17: 9.0, 18: 6.0},
    }.items()
}  # fmt: skip
