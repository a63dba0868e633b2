"""Amounts in capitals: the annex's own examples, and read back by a reader that knows nothing of the writer."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.capitals import MOST_FEN, capital_yuan

# The annex prints each of these amounts with its words; 10.00 follows its rule for an amount that ends at 元.
PRINTED = {
    140_950: "人民币壹仟肆佰零玖元伍角",
    600_714: "人民币陆仟零柒元壹角肆分",
    168_032: "人民币壹仟陆佰捌拾元零叁角贰分",
    10_700_053: "人民币壹拾万柒仟元零伍角叁分",
    1_640_902: "人民币壹万陆仟肆佰零玖元零贰分",
    32_504: "人民币叁佰贰拾伍元零肆分",
    1_000: "人民币壹拾元整",
}


DIGIT = {character: n for n, character in enumerate("零壹贰叁肆伍陆柒捌玖")}
PLACE = {"拾": 10, "佰": 100, "仟": 1_000}


def below_ten_thousand(words: str) -> int:
    return sum(
        DIGIT[digit] * PLACE.get(place, 1)
        for digit, place in re.findall("([壹贰叁肆伍陆柒捌玖])([拾佰仟]?)", words)
    )


def read_back(words: str) -> int:
    """Fen of an amount in capitals, read by cutting it at its large places."""
    bare = words.removeprefix("人民币").removesuffix("整").replace("零", "")
    yuan, _, part = bare.rpartition("元")
    above, _, below = yuan.rpartition("亿")
    hundred_millions = below_ten_thousand(above)
    ten_thousands, _, ones = below.rpartition("万")
    fen = sum(DIGIT[d] * (10 if unit == "角" else 1) for d, unit in re.findall("(.)([角分])", part))
    return fen + 100 * (
        hundred_millions * 10**8
        + below_ten_thousand(ten_thousands) * 10**4
        + below_ten_thousand(ones)
    )


@pytest.mark.parametrize(("fen", "words"), PRINTED.items())
def test_the_examples_of_the_annex_are_written_as_printed(fen: int, words: str) -> None:
    assert capital_yuan(fen) == words


@given(
    st.one_of(
        st.integers(0, MOST_FEN),
        st.integers(0, 10**7),
        st.integers(0, 10**10).map(lambda n: n * 1_000),
    )
)
def test_every_amount_is_read_back(fen: int) -> None:
    words = capital_yuan(fen)

    assert read_back(words) == fen
    assert "零零" not in words
    assert words.endswith("整") == (fen % 100 == 0)


@pytest.mark.parametrize("fen", [-1, MOST_FEN + 1])
def test_no_paper_carries_less_than_nothing_or_a_trillion(fen: int) -> None:
    with pytest.raises(ValueError, match="no amount"):
        capital_yuan(fen)
