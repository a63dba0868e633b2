"""Every picture the product draws is read by the decoder the till uses."""

from __future__ import annotations

import random
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image, ImageFilter

from kiosk.qr_image import CARD, FREE, PHONE, QrForm, draw_modules, draw_png, draw_svg, side_mm
from tests.ledger.token_samples import random_code
from tests.support.qr_reading import qr_codes


def picture(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png))


def decode(image: Image.Image) -> list[zxingcpp.Barcode]:
    return qr_codes(image.convert("L"))


def some_codes(count: int) -> list[str]:
    rng = random.Random(50_00)
    return [random_code(rng) for _ in range(count)]


@pytest.mark.parametrize("dots", [2, 3, 4, 8])
@pytest.mark.parametrize("form", [PHONE, CARD])
def test_every_code_is_read_back_from_its_picture(form: QrForm, dots: int) -> None:
    for text in some_codes(25):
        (found,) = decode(picture(draw_png(text, form, dots=dots)))

        assert found.text == text
        assert found.format == zxingcpp.BarcodeFormat.QRCode


@pytest.mark.parametrize(("form", "side", "ecc"), [(PHONE, 49, "M"), (CARD, 57, "Q")])
def test_the_decoder_sees_the_promised_size_and_error_correction(
    form: QrForm, side: int, ecc: str
) -> None:
    image = picture(draw_png(some_codes(1)[0], form, dots=5))
    (found,) = decode(image)

    assert image.size == (side * 5, side * 5)
    assert found.ec_level == ecc
    assert len(draw_modules(some_codes(1)[0], form)) == side


@pytest.mark.parametrize("dots", [2, 3, 4])
@pytest.mark.parametrize("form", [PHONE, CARD])
def test_a_blurred_and_tilted_code_is_still_read(form: QrForm, dots: int) -> None:
    text = some_codes(1)[0]
    image = picture(draw_png(text, form, dots=dots)).convert("L")
    seen = image.rotate(35, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)

    (found,) = decode(seen.filter(ImageFilter.GaussianBlur(1.0 if dots > 2 else 0.6)))

    assert found.text == text


def test_a_card_is_read_with_a_bright_spot_over_its_middle() -> None:
    text = some_codes(1)[0]
    image = picture(draw_png(text, CARD, dots=4)).convert("L")
    side = image.width
    spot = side // 4
    image.paste(255, ((side - spot) // 2, (side - spot) // 2, (side + spot) // 2, side // 2))

    (found,) = decode(image)

    assert found.text == text


@pytest.mark.parametrize(("form", "most"), [(PHONE, 255), (CARD, 259)])
def test_a_form_holds_so_many_digits_and_not_one_more(form: QrForm, most: int) -> None:
    (found,) = decode(picture(draw_png("7" * most, form)))

    assert found.text == "7" * most
    with pytest.raises(ValueError, match="do not fit"):
        draw_png("7" * (most + 1), form)


def test_a_picture_has_whole_dots_and_a_quiet_zone_of_four() -> None:
    image = picture(draw_png(some_codes(1)[0], CARD, dots=8))
    small = image.resize((57, 57), Image.Resampling.NEAREST)

    assert image.mode == "1"
    assert small.resize(image.size, Image.Resampling.NEAREST).tobytes() == image.tobytes()
    rows = draw_modules(some_codes(1)[0], CARD)
    assert not any(any(row) for row in rows[:4] + rows[-4:])
    assert not any(any(row[:4] + row[-4:]) for row in rows)
    assert rows[4][4]


def test_the_printed_card_code_is_38_6_mm_wide_and_its_file_says_so() -> None:
    image = picture(draw_png(some_codes(1)[0], CARD, dots=8, dpi=300))

    assert round(side_mm(CARD, dots=8, dpi=300), 1) == 38.6
    assert image.width / image.info["dpi"][0] * 25.4 == pytest.approx(38.6, abs=0.05)


@pytest.mark.parametrize("form", [PHONE, CARD])
def test_the_svg_shows_the_same_modules_as_the_png(form: QrForm) -> None:
    text = some_codes(1)[0]
    svg = draw_svg(text, form, label='"<&')

    assert modules_of(svg) == draw_modules(text, form)
    assert 'aria-label="&quot;&lt;&amp;"' in svg
    assert text not in svg
    assert len(svg) < 12_000


def modules_of(svg: str) -> list[list[bool]]:
    path = svg.rpartition(' d="')[2].partition('"')[0]
    side = int(svg.partition('viewBox="0 0 ')[2].split(" ")[0])
    rows = [[False] * side for _ in range(side)]
    for run in path.split("M")[1:]:
        x, rest = run.split(",")
        y, length = rest.partition("v")[0].split("h")
        for column in range(int(x), int(x) + int(length)):
            rows[int(y)][column] = True
    return rows


@pytest.mark.parametrize("text", ["https://jifen.example/me", "AB:CD:EF:01:23", "0042"])
def test_other_texts_get_the_size_they_need(text: str) -> None:
    (found,) = decode(picture(draw_png(text, FREE)))

    assert found.text == text
