"""A camera that looks at a printed sheet: cards cut from the product's own PDF, held before a lens in every bad way.

The camera is a pinhole of 1280 x 720 pixels over 60 degrees, as in a cheap tablet; the frame given back is the middle
640 x 640 the till looks at. Light falls off, the hand shakes, the picture is noisy and squeezed as JPEG. One seed, one
frame: nothing here depends on anything else.
"""

from __future__ import annotations

from io import BytesIO
from math import cos, pi, radians, sin, tan
from random import Random
from typing import Final, NamedTuple

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image, ImageChops, ImageDraw, ImageFilter

PRINT_DPI: Final = 300
CARD_MM: Final = (86.0, 54.0)
FRAME_PX: Final = 640
_FOCUS_PX: Final = 640 / tan(radians(30))
_MM: Final = PRINT_DPI / 25.4
_FINER: Final = 2
_GLARE_SIDE: Final = 256

Matrix = tuple[tuple[float, float, float], ...]


class Look(NamedTuple):
    """How a card is held and lit: millimetres, degrees, pixels of the frame, parts of full light."""

    distance_mm: float
    turn: float
    tilt: float
    tilt_towards: float
    shift_mm: tuple[float, float]
    blur: float
    shake: float
    shake_towards: float
    contrast: float
    shade: tuple[float, float]
    noise: float
    jpeg: int
    glare: float
    glare_at: tuple[float, float]


def cards_of(pdf: bytes, places: list[tuple[int, int]]) -> list[Image.Image]:
    """The first page printed and cut: the cards at (column, row), with the ink spread a little."""
    document = pypdfium2.PdfDocument(pdf)
    page = document[0].render(scale=PRINT_DPI / 72).to_pil().convert("L")
    document.close()
    spread = Image.blend(page, page.filter(ImageFilter.MinFilter(3)), 0.5)
    return [spread.crop(_cut(*place)) for place in places]


def _cut(column: int, row: int) -> tuple[int, int, int, int]:
    width, height = CARD_MM
    left = (210 - 2 * width) / 2 + column * width
    top = (297 - 5 * height) / 2 + row * height
    return (
        round(left * _MM),
        round(top * _MM),
        round((left + width) * _MM),
        round((top + height) * _MM),
    )


def look(seed: str, *, distance_mm: float, glare: bool) -> Look:
    """A way to hold a card, drawn from `seed` alone; with glare a lamp mirrors in a tenth of the code or less."""
    draw = Random(seed)
    return Look(
        distance_mm=distance_mm,
        turn=draw.uniform(-25, 25),
        tilt=min(45.0, abs(draw.gauss(0, 15))),
        tilt_towards=draw.uniform(0, 360),
        shift_mm=(draw.uniform(-6, 6), draw.uniform(-6, 6)),
        blur=draw.uniform(0.4, 1.1),
        shake=draw.uniform(0, 3),
        shake_towards=draw.uniform(0, pi),
        contrast=draw.uniform(0.35, 1.0),
        shade=(draw.uniform(0.6, 1.0), draw.uniform(0, 360)),
        noise=draw.uniform(2, 6),
        jpeg=draw.randint(40, 90),
        glare=draw.uniform(0.03, 0.10) if glare else 0.0,
        glare_at=(draw.uniform(0.2, 0.8), draw.uniform(0.2, 0.8)),
    )


def shaken_anew(how: Look, seed: str) -> Look:
    """The same hold a moment later: the hand has moved on, all else is as it was."""
    draw = Random(seed)
    return how._replace(shake=draw.uniform(0, 3), shake_towards=draw.uniform(0, pi))


def photograph(card: Image.Image, how: Look, seed: str) -> Image.Image:
    """What the till's camera sees of `card`, held so; the code's middle is about the frame's middle."""
    draw = Random(f"{seed}/scene")
    shiny = _with_glare(card, how)
    scene = _laid(shiny, how, _table(draw))
    return _squeezed(_seen(scene, how, draw), how.jpeg)


def _with_glare(card: Image.Image, how: Look) -> Image.Image:
    """A lamp's image on the card: a saturated core, and a rim of the same width that fades."""
    if how.glare <= 0:
        return card
    code_px = 38.6 * _MM
    core = code_px * (how.glare / pi) ** 0.5
    disc = Image.radial_gradient("L").point([_lamp(value) for value in range(256)])
    side = int(core * 2 * 2)
    lamp = disc.resize((side, side), Image.Resampling.BILINEAR)
    light = Image.new("L", card.size, 0)
    x = 2.5 * _MM + how.glare_at[0] * code_px
    y = 3.5 * _MM + how.glare_at[1] * code_px
    light.paste(lamp, (int(x - side / 2), int(y - side / 2)))
    return ImageChops.add(card, light)


def _lamp(distance: int) -> int:
    """Full light within half of the radius, nothing at the rim; a radial gradient is 181 at its rim's middle."""
    radius = distance / 181
    if radius <= 0.5:
        return 255
    return max(0, int(255 * (1 - radius) / 0.5))


def _table(draw: Random) -> Image.Image:
    """What lies around: boards and papers of several greys."""
    side = FRAME_PX * _FINER
    table = Image.new("L", (side, side), draw.randint(60, 190))
    pen = ImageDraw.Draw(table)
    for _ in range(14):
        x, y = draw.randint(0, side), draw.randint(0, side)
        w, h = draw.randint(20, side // 3), draw.randint(20, side // 3)
        pen.rectangle((x, y, x + w, y + h), fill=draw.randint(20, 235))
    for _ in range(30):
        x, y = draw.randint(0, side), draw.randint(0, side)
        pen.line(
            (x, y, x + draw.randint(-300, 300), y + draw.randint(-300, 300)),
            fill=draw.randint(0, 255),
            width=draw.randint(1, 6),
        )
    return table


def _laid(card: Image.Image, how: Look, table: Image.Image) -> Image.Image:
    back = _inverse(_to_frame(how))
    flat = [value / back[2][2] for row in back for value in row]
    coefficients = flat[:8]
    size = table.size
    mask = Image.new("L", card.size, 255)
    laid = card.transform(
        size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC, fillcolor=0
    )
    where = mask.transform(
        size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR, fillcolor=0
    )
    return Image.composite(laid, table, where)


def _to_frame(how: Look) -> Matrix:
    """From pixels of the printed card to pixels of the finer frame: the card's plane seen through the lens."""
    turn, tilt, towards = radians(how.turn), radians(how.tilt), radians(how.tilt_towards)
    spun = _times(_about_z(towards), _times(_about_x(tilt), _about_z(turn - towards)))
    middle = (2.5 + 19.3, 3.5 + 19.3)
    origin = tuple(-(spun[i][0] * middle[0] + spun[i][1] * middle[1]) for i in range(3))
    move = (
        origin[0] + how.shift_mm[0],
        origin[1] + how.shift_mm[1],
        origin[2] + how.distance_mm,
    )
    plane = tuple((spun[i][0] / _MM, spun[i][1] / _MM, move[i]) for i in range(3))
    focus, centre = _FOCUS_PX * _FINER, FRAME_PX * _FINER / 2
    lens: Matrix = ((focus, 0, centre), (0, focus, centre), (0, 0, 1))
    return _times(lens, plane)


def _seen(scene: Image.Image, how: Look, draw: Random) -> Image.Image:
    """The lens and the light: out of focus, shaken, dim, shaded to one side, noisy."""
    dim = how.contrast
    lowest = int(40 * (1 - dim))
    scene = scene.point([int(lowest + value * dim) for value in range(256)])
    small = scene.resize((FRAME_PX, FRAME_PX), Image.Resampling.BOX)
    small = _shaken(small.filter(ImageFilter.GaussianBlur(how.blur)), how)
    floor, towards = how.shade
    ramp = Image.linear_gradient("L").rotate(towards, Image.Resampling.BILINEAR)
    ramp = ramp.crop((48, 48, 208, 208)).resize(small.size, Image.Resampling.BILINEAR)
    light = ramp.point([int(255 * (floor + (1 - floor) * value / 255)) for value in range(256)])
    lit = ImageChops.multiply(small, light)
    return _noisy(lit, how.noise, draw)


def _shaken(frame: Image.Image, how: Look) -> Image.Image:
    """The mean of the frame moved along a short way."""
    steps = max(1, round(how.shake * 2))
    total = frame
    for step in range(1, steps + 1):
        way = how.shake * step / steps
        moved = frame.transform(
            frame.size,
            Image.Transform.AFFINE,
            (1, 0, way * cos(how.shake_towards), 0, 1, way * sin(how.shake_towards)),
            Image.Resampling.BILINEAR,
        )
        total = Image.blend(total, moved, 1 / (step + 1))
    return total


def _noisy(frame: Image.Image, sigma: float, draw: Random) -> Image.Image:
    """Grain of `sigma` grey steps: the mean of four bytes is near enough to a bell."""
    size = frame.width * frame.height
    grain: Image.Image | None = None
    for part in range(4):
        one = Image.frombytes("L", frame.size, draw.randbytes(size))
        grain = one if grain is None else Image.blend(grain, one, 1 / (part + 1))
    assert grain is not None
    # A byte spreads by 73.9; four of them, averaged, by half of that.
    scale = sigma / (73.9 / 2)
    lifted = grain.point([int(128 + (value - 127.5) * scale) for value in range(256)])
    return ImageChops.add(frame, lifted, 1, -128)


def _squeezed(frame: Image.Image, quality: int) -> Image.Image:
    file = BytesIO()
    frame.save(file, "JPEG", quality=quality)
    file.seek(0)
    return Image.open(file).convert("L")


def _about_x(angle: float) -> Matrix:
    return ((1, 0, 0), (0, cos(angle), -sin(angle)), (0, sin(angle), cos(angle)))


def _about_z(angle: float) -> Matrix:
    return ((cos(angle), -sin(angle), 0), (sin(angle), cos(angle), 0), (0, 0, 1))


def _times(left: Matrix, right: Matrix) -> Matrix:
    return tuple(
        (
            sum(left[i][k] * right[k][0] for k in range(3)),
            sum(left[i][k] * right[k][1] for k in range(3)),
            sum(left[i][k] * right[k][2] for k in range(3)),
        )
        for i in range(3)
    )


def _inverse(m: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = m
    det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return (
        ((e * i - f * h) / det, (c * h - b * i) / det, (b * f - c * e) / det),
        ((f * g - d * i) / det, (a * i - c * g) / det, (c * d - a * f) / det),
        ((d * h - e * g) / det, (b * g - a * h) / det, (a * e - b * d) / det),
    )
