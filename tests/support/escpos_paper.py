"""A receipt printer made of nothing but the command reference: bytes in, strips of paper out.

It knows what the paper shows, not how the till draws it, and refuses every byte it does not know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFont

FONT: Final = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"
SIMPLIFIED: Final = 2
"""Which face of the collection: the second is Korean, the third Simplified Chinese."""
_DOTS_A_LINE: Final = 30
_LEAST_GAP: Final = 12


class UnknownBytesError(ValueError):
    """The printer would print rubbish here."""


@dataclass
class Printer:
    """Prints on paper `dots` wide; `strips` are what was cut off, `fed` the dots fed since the last picture."""

    dots: int
    strips: list[Image.Image] = field(default_factory=list)
    fed: int = 0
    _rows: list[Image.Image] = field(default_factory=list)

    def take(self, data: bytes) -> None:
        """Everything that came over the line, in order."""
        at = 0
        while at < len(data):
            at += self._one(data, at)

    def _one(self, data: bytes, at: int) -> int:
        head = data[at : at + 2]
        if head == b"\x1b@":
            return 2
        if head == b"\x1bd":
            self.fed += data[at + 2] * _DOTS_A_LINE
            return 3
        if head == b"\x1dV":
            self._cut()
            return 4 if data[at + 2] in (0x41, 0x42) else 3
        if data[at : at + 4] == b"\x1dv0\x00":
            return self._picture(data, at)
        raise UnknownBytesError(f"{data[at : at + 8]!r} at {at}")

    def _picture(self, data: bytes, at: int) -> int:
        across = int.from_bytes(data[at + 4 : at + 6], "little")
        rows = int.from_bytes(data[at + 6 : at + 8], "little")
        size = across * rows
        bits = data[at + 8 : at + 8 + size]
        if len(bits) < size or across * 8 > self.dots or rows > 255:
            raise UnknownBytesError(
                f"a picture of {across * 8} by {rows} dots in {len(bits)} bytes"
            )
        # A bit that is set burns a black dot; the picture here has white as 255.
        burnt = Image.frombytes("1", (across * 8, rows), bits)
        self._rows.append(ImageChops.invert(burnt.convert("L")))
        self.fed = 0
        return 8 + size

    def _cut(self) -> None:
        if not self._rows:
            raise UnknownBytesError("a cut before anything was printed")
        strip = Image.new("L", (self.dots, sum(row.height for row in self._rows)), 255)
        top = 0
        for row in self._rows:
            strip.paste(row, (0, top))
            top += row.height
        self.strips.append(strip)
        self._rows = []


def _is_dark(piece: Image.Image) -> bool:
    """Whether a dot of it is black."""
    return any(piece.histogram()[:128])


def lines_of(strip: Image.Image) -> list[Image.Image]:
    """The strip's lines of print, each cut out: between them at least one white row of dots."""
    ink = [_is_dark(strip.crop((0, y, strip.width, y + 1))) for y in range(strip.height)]
    found, begin = [], None
    for y, dark in enumerate([*ink, False]):
        if dark and begin is None:
            begin = y
        elif not dark and begin is not None:
            found.append(strip.crop((0, begin, strip.width, y)))
            begin = None
    return found


def right_of(line: Image.Image, gap: int = _LEAST_GAP) -> Image.Image | None:
    """What stands at the right of the widest white column of a line: a row's value."""
    dark = [_is_dark(line.crop((x, 0, x + 1, line.height))) for x in range(line.width)]
    first, last = dark.index(True), line.width - dark[::-1].index(True)
    widest, start, begin = 0, None, first
    for x in range(first, last):
        if dark[x]:
            if x - begin > widest:
                widest, start = x - begin, x
            begin = x + 1
    return line.crop((start, 0, last, line.height)) if start and widest >= gap else None


def reads_as(piece: Image.Image, candidates: list[str], dots: int = 24) -> str:
    """Which of the texts a printed piece shows: each is set by another program's type and laid over it."""
    ours = _trimmed(piece)
    return min(candidates, key=lambda text: _unlike(ours, _set(text, dots)))


def _unlike(one: Image.Image, other: Image.Image) -> float:
    """How far two pieces differ, 0 to 1: by their width, and dot by dot once they are as wide."""
    width = abs(one.width - other.width) / max(one.width, other.width)
    laid = ImageChops.difference(one, other.resize(one.size, Image.Resampling.BILINEAR))
    histogram = laid.histogram()
    dots = sum(value * count for value, count in enumerate(histogram)) / (
        255 * one.width * one.height
    )
    return width + dots


def _set(text: str, dots: int) -> Image.Image:
    font = ImageFont.truetype(FONT, dots, index=SIMPLIFIED)
    left, top, right, bottom = font.getbbox(text)
    drawn = Image.new("L", (int(right - left) + 8, int(bottom - top) + 8), 255)
    ImageDraw.Draw(drawn).text((4 - left, 4 - top), text, fill=0, font=font)
    return _trimmed(drawn.point(lambda value: 0 if value < 128 else 255))


def _trimmed(piece: Image.Image) -> Image.Image:
    box = ImageChops.invert(piece).getbbox()
    return piece.crop(box) if box else piece
