"""Card sheets: right size on paper, every code readable, nothing private, nothing cut off."""

from __future__ import annotations

from collections.abc import Iterator

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from PIL import Image

from kiosk.prints.card_sheet import MOST_CARDS, CardFace, draw_card_sheet
from ledger.errors import Refusal
from ledger.members.codes import card_number
from ledger.refs import is_valid
from ledger.token_keys import KeyClass
from tests.ledger.token_samples import believe, make_code
from tests.support.qr_reading import qr_codes

HOTLINE = "0311-85550123"
COMMUNITY = "长安街道跃进社区"


def faces(count: int, holder: str = "3-2-501") -> list[CardFace]:
    return [
        CardFace(
            code=make_code(KeyClass.CARD, serial=serial),
            number=card_number(serial),
            holder=holder,
        )
        for serial in range(77, 77 * (count + 1), 77)
    ]


def sheet(cards: list[CardFace], *, community: str = COMMUNITY, language: str = "zh") -> bytes:
    return draw_card_sheet(cards, community=community, hotline=HOTLINE, language=language)


def pages(pdf: bytes, dpi: int) -> Iterator[Image.Image]:
    document = pypdfium2.PdfDocument(pdf)
    for page in document:
        yield page.render(scale=dpi / 72).to_pil().convert("L")
    document.close()


def words(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    found = [page.get_textpage().get_text_bounded() for page in document]
    document.close()
    return found


def in_reading_order(codes: list[zxingcpp.Barcode], dpi: int) -> list[zxingcpp.Barcode]:
    row_height = 54 * dpi / 25.4
    return sorted(
        codes,
        key=lambda code: (code.position.top_left.y // row_height, code.position.top_left.x),
    )


@pytest.mark.parametrize("dpi", [300, 150])
def test_every_code_on_a_printed_sheet_is_read_in_the_order_of_the_cards(dpi: int) -> None:
    cards = faces(13)

    read = [
        code.text
        for page in pages(sheet(cards), dpi)
        for code in in_reading_order(qr_codes(page), dpi)
    ]

    assert read == [card.code for card in cards]
    assert [card_number(believe(text).serial) for text in read] == [card.number for card in cards]


def test_each_code_is_38_6_mm_with_its_white_border_and_lies_inside_its_card() -> None:
    dpi = 300
    (page,) = pages(sheet(faces(10)), dpi)
    mm = dpi / 25.4
    codes = in_reading_order(qr_codes(page), dpi)

    assert page.width == pytest.approx(210 * mm, abs=2)
    assert page.height == pytest.approx(297 * mm, abs=2)
    for place, code in enumerate(codes):
        corner, far = code.position.top_left, code.position.bottom_right
        dark_mm = (far.x - corner.x) / mm
        assert dark_mm == pytest.approx(38.6 * 49 / 57, abs=0.35)
        left_mm, top_mm = 19 + 86 * (place % 2), 13.5 + 54 * (place // 2)
        assert left_mm + 4 < corner.x / mm < left_mm + 7
        assert top_mm + 4 < corner.y / mm < top_mm + 8


def test_a_card_shows_community_hotline_number_and_what_to_do_when_it_is_lost() -> None:
    (text,) = words(sheet(faces(1)))

    for part in (COMMUNITY, HOTLINE, "000077-", "3-2-501", "积分卡", "遗失", "拾到"):
        assert part in text
    (english,) = words(sheet(faces(1), language="en"))
    assert "Points card" in english
    assert "Lost it?" in english


def test_the_number_on_a_card_carries_its_check_character() -> None:
    assert all(is_valid(card.number) for card in faces(10))


def test_a_sheet_holds_no_code_digits_and_no_name_unless_it_was_given_one() -> None:
    card = faces(1, holder="")[0]
    pdf = sheet([card])
    (text,) = words(pdf)

    assert card.code not in text
    assert card.code.encode() not in pdf
    assert "3-2-501" not in text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_longest_texts_stay_off_the_cut_lines(language: str) -> None:
    dpi = 150
    long_name = "呼和浩特市土默特左旗察素齐镇第十二居民委员会积分超市联合服务社区"
    cards = faces(10, holder="欧阳*静 第十二号楼十一单元二千五百零一室")
    (page,) = pages(sheet(cards, community=long_name, language=language), dpi)
    mm = dpi / 25.4

    for x_mm in (19, 105, 191):
        strip = page.crop(
            (round((x_mm - 0.7) * mm), round(14 * mm), round((x_mm + 0.7) * mm), round(283 * mm))
        )
        assert strip.getextrema() == (255, 255), f"ink on the line at {x_mm} mm"
    for row in range(6):
        y_mm = 13.5 + 54 * row
        strip = page.crop(
            (round(20 * mm), round((y_mm - 0.7) * mm), round(104 * mm), round((y_mm + 0.7) * mm))
        )
        assert strip.getextrema() == (255, 255), f"ink on the line at {y_mm} mm"
    assert len(qr_codes(page)) == 10


def test_cut_marks_stand_at_every_line_outside_the_cards() -> None:
    dpi = 300
    (page,) = pages(sheet(faces(10)), dpi)
    mm = dpi / 25.4

    upright: list[tuple[float, float]] = [
        (x_mm, y_mm) for x_mm in (19, 105, 191) for y_mm in (10, 287)
    ]
    level = [(x_mm, 13.5 + 54 * row) for x_mm in (16, 194) for row in range(6)]
    for x_mm, y_mm in upright + level:
        assert darkest(page, x_mm * mm, y_mm * mm) < 200, (x_mm, y_mm)


def darkest(page: Image.Image, x: float, y: float) -> int:
    spot = page.crop((round(x) - 2, round(y) - 2, round(x) + 3, round(y) + 3))
    return min(spot.tobytes())


def test_what_people_typed_is_never_taken_for_markup() -> None:
    (text,) = words(sheet(faces(1, holder="#x $y$ *z* _w_ <u>"), community='#read("x") [1]'))

    assert "#x $y$ *z* _w_ <u>" in text
    assert '#read("x") [1]' in text


def test_the_same_cards_give_the_same_file() -> None:
    cards = faces(3)

    assert sheet(cards) == sheet(cards)


def test_a_sheet_without_cards_or_with_too_many_is_refused() -> None:
    with pytest.raises(Refusal, match="card_sheet_empty"):
        sheet([])
    with pytest.raises(Refusal, match="card_sheet_too_long"):
        sheet(faces(1) * (MOST_CARDS + 1))
