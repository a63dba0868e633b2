"""Chinese sentences carry Chinese signs: in the catalogue, and between the words of the pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import kiosk
from kiosk.texts import sentences

TEMPLATES = sorted((Path(kiosk.__file__).parent / "templates").rglob("*.html"))
_HAN = "[\u4e00-\u9fff\u3000-\u303f\uff01-\uffef]"
_HALF = "[,;:?!()]"
_NEXT_TO_HAN = re.compile(
    rf"(?<={_HAN})\s?{_HALF}|{_HALF}\s?(?={_HAN})|(?<=[\u4e00-\u9fff])\.(?!\w)"
)
_NOT_READ = (
    r"\{#.*?#\}|<!--.*?-->",
    r"<(script|style)\b.*?</\1>",
    r"\{\{.*?\}\}|\{%.*?%\}",
    r"<[^>]+>",
)


def half_width(sentence: str) -> list[str]:
    """Half-width signs beside Chinese ones; what stands in braces is filled in later."""
    return _NEXT_TO_HAN.findall(re.sub(r"\{[^}]*\}", "人", sentence))


def left_between(template: str) -> list[str]:
    """Signs a page writes itself, outside of every sentence: in Chinese they would stand there half as wide."""
    for pattern in _NOT_READ:
        template = re.sub(pattern, " ", template, flags=re.DOTALL)
    return re.findall(rf"{_HALF}|(?<=\s)\.(?=\s)", template)


def test_no_chinese_sentence_has_a_half_width_sign() -> None:
    wrong = {said: half_width(said) for said in sentences("zh").values() if half_width(said)}
    assert wrong == {}


@pytest.mark.parametrize("path", TEMPLATES, ids=["-".join(path.parts[-2:]) for path in TEMPLATES])
def test_no_page_puts_a_half_width_sign_between_sentences(path: Path) -> None:
    assert left_between(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "sentence", ["先收货,再付款。", "共三笔(含退货)", "为什么?", "编号: 三", "好.", "{n}笔, 共"]
)
def test_the_search_finds_what_it_looks_for(sentence: str) -> None:
    assert half_width(sentence)
    assert left_between("<p>{{ a }}, {{ b }} ({{ c }})</p>") == [",", "(", ")"]


@pytest.mark.parametrize(
    "sentence", ["M01T1-260302, 5", "文件（.xlsx 或 .csv）", "10:30 开门", "共 1,200 分"]
)
def test_the_search_leaves_numbers_and_names_alone(sentence: str) -> None:
    assert half_width(sentence) == []
