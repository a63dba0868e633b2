"""What stands on the points supermarket's shelf, priced in both kinds of points."""

from __future__ import annotations

from typing import Final

from kiosk.generator.shapes import Good
from kiosk.generator.sizes import Size
from kiosk.generator.streams import Streams, Wheel

CIVIC_PER_PARTY: Final = 20
"""A party point is worth about 1 yuan and a civic point 5 fen; the prices differ by that much."""

_PRICES: Final = Wheel(
    list(
        zip(
            (5, 8, 10, 15, 20, 30, 40, 60, 100),
            (0.20, 0.18, 0.18, 0.15, 0.12, 0.08, 0.05, 0.03, 0.01),
            strict=True,
        )
    )
)
# The ten that make 55 % of the lines, at prices of their own (party points, civic points).
_POPULAR: Final = (
    ("粮油", "鸡蛋(袋)", 12, 250), ("日杂", "抽纸(提)", 15, 300), ("粮油", "大米(袋)", 40, 800),
    ("粮油", "菜籽油(瓶)", 40, 800), ("洗化", "洗衣液(瓶)", 20, 400), ("洗化", "洗洁精(瓶)", 8, 160),
    ("副食", "酱油(瓶)", 8, 160), ("副食", "食盐(袋)", 5, 60), ("日杂", "垃圾袋(卷)", 5, 80),
    ("洗化", "牙膏(支)", 8, 150),
)  # fmt: skip
_MORE: Final = (
    ("洗化", ("肥皂", "香皂", "洗发水", "沐浴露", "洗手液", "牙刷", "洗衣粉", "护手霜", "洁厕剂", "毛巾", "浴巾")),
    ("粮油", ("挂面", "面粉", "小米", "绿豆", "红豆")),
    ("副食", ("陈醋", "白糖", "红糖", "豆瓣酱", "榨菜", "木耳", "粉丝")),
    ("日杂", ("拖鞋", "雨伞", "保鲜膜", "衣架", "水杯", "电池", "插线板", "扫把", "手电筒")),
    ("文具书籍", ("笔记本", "签字笔", "练习本", "家庭医药手册", "儿童读物", "字帖")),
    ("文创", ("社区书签", "帆布袋", "剪纸", "明信片", "冰箱贴")),
    ("服务", ("理发一次", "磨刀一次", "修鞋一次", "家电清洗一次", "助餐一次", "开锁一次")),
)  # fmt: skip
_SPECS: Final = ("", "(小)", "(大)", "(家庭装)", "(礼盒)")
_PICTURES: Final = {
    "鸡蛋(袋)": "eggs", "抽纸(提)": "tissue", "大米(袋)": "rice", "菜籽油(瓶)": "oil",
}  # fmt: skip
_GROUP_PICTURES: Final = {"洗化": "soap"}
_SHORT_LIFE: Final = 0.12
_POPULAR_SHARE: Final = 0.55


def make_goods(size: Size, streams: Streams) -> list[Good]:
    """The shelf: the ten everybody wants, then the rest up to the size's number."""
    chance = streams.stream("goods")
    shelf = [
        Good(
            f"G{n:03d}",
            name,
            group,
            party,
            civic,
            200,
            _POPULAR_SHARE / 10,
            None,
            _picture(group, name),
        )
        for n, (group, name, party, civic) in enumerate(_POPULAR, 1)
    ]
    rest = [(group, name + spec) for spec in _SPECS for group, names in _MORE for name in names][
        : size.goods - len(shelf)
    ]
    for number, (group, name) in enumerate(rest, len(shelf) + 1):
        party = _PRICES.pick(chance)
        shelf.append(
            Good(
                code=f"G{number:03d}",
                name=name,
                group=group,
                party_points=party,
                civic_points=party * CIVIC_PER_PARTY,
                stock=chance.randint(10, 60),
                weight=(1 - _POPULAR_SHARE) / len(rest),
                shelf_days=chance.randint(30, 179) if chance.random() < _SHORT_LIFE else None,
                picture=_picture(group, name),
            )
        )
    return shelf


def _picture(group: str, name: str) -> str:
    return _PICTURES.get(name) or _GROUP_PICTURES.get(group, "box")
