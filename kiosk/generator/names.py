"""Made-up people's names and telephone numbers: common surnames, a short list of given names, no real range."""

from __future__ import annotations

import random
import re
from typing import Final

from kiosk.generator.streams import Wheel

# Per thousand people, rounded; the rest of the country shares the last few.
_SURNAMES: Final = (
    "王72 李71 张67 刘54 陈46 杨31 黄22 赵21 周19 吴19 徐15 孙15 马13 胡12 朱12 郭11 何11 "
    "林11 高10 罗9.5 郑9.4 梁8.5 谢7.6 宋7 唐6.6 许6.4 韩6.2 邓6.1 冯6 曹5.9 彭5.6 曾5.5 肖5.4 田5.2 "
    "董5.1 潘4.8 袁4.8 蔡4.6 蒋4.6 余4.5 于4.4 杜4.4 叶4.3 程4.3 魏4.2 苏4.1 吕4 丁3.9 任3.8 卢3.7 姚3.6 "
    "沈3.6 钟3.5 姜3.4 崔3.3 谭3.3 陆3.2 范3.1 汪3.1 廖3 石2.9 金2.8 韦2.7 贾2.6 夏2.5 欧阳0.9 "
)
_FIRST: Final = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂兰玉梅志文建"
    "国春红海燕晓东雪琴立新荣华永德振家宝庆凤英淑贞美云"
)
_SECOND: Final = (
    "华明国平军英兰芳梅林峰生荣珍霞辉玲波宁强东斌凯雨欣怡宇浩然轩晨涵琪慧洁颖佳鑫龙飞鹏博文杰宏"
)
_TWO_SIGNS: Final = 0.78

RARE_NAMES: Final = (
    ("four signs", "欧阳建国"),
    ("middle dot", "阿卜杜拉·买买提"),
    ("rare sign", "陈䶮"),
    ("rare sign", "王㛃"),
    ("same mask twice", "张小明"),
    ("same mask twice", "张大明"),
)
_FAMILY_NAMES: Final[Wheel[str]] = Wheel(
    [(name, float(share)) for name, share in re.findall(r"(\D+?)([\d.]+) ", _SURNAMES)]
)
_PHONE_START: Final = 10_000_000_000


def surname(chance: random.Random) -> str:
    """A family name by how common it is."""
    return _FAMILY_NAMES.pick(chance)


def given_name(chance: random.Random) -> str:
    """One or two signs."""
    if chance.random() < _TWO_SIGNS:
        return chance.choice(_FIRST) + chance.choice(_SECOND)
    return chance.choice(_FIRST)


def phone(number: int) -> str:
    """A telephone number for person `number`; no mobile number begins with 100."""
    # Spread over the range by a step without common factor, so that neighbours look unlike.
    return str(_PHONE_START + number * 7_654_321 % 100_000_000)
