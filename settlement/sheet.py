"""One table of cells behind every form: what it says is decided here, once for all four files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from ledger.units import points_text, yuan_text

Kind = Literal["text", "id", "yuan", "points", "count", "date"]
"""What a cell holds: words, a number that is a name, fen, units, a count, a yyyymmdd date."""

_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")


class Cell(NamedTuple):
    """A value and its kind; None is an empty cell."""

    kind: Kind
    value: int | str | None

    @property
    def is_number(self) -> bool:
        """Whether a spreadsheet should reckon with it."""
        return self.kind in {"yuan", "points", "count"} and self.value is not None

    @property
    def text(self) -> str:
        """What a reader sees, the same in every file."""
        value = self.value
        if value is None:
            return ""
        if isinstance(value, str):
            # Names are outside input: a spreadsheet must not take one for a formula.
            return f"'{value}" if value.startswith(_DANGEROUS) else value
        match self.kind:
            case "yuan":
                return yuan_text(value)
            case "points":
                return points_text(value)
            case "date":
                return date_text(value)
            case _:
                return str(value)


Row = tuple[Cell, ...]


class Block(NamedTuple):
    """A heading and rows; `pairs`: a name and its value a row, `table`: a header and lines.

    `chart` names the number columns that are drawn as bars beside the table where a file can draw; the picture says
    nothing the cells do not.
    """

    heading: str
    shape: Literal["pairs", "table"]
    header: Row
    rows: tuple[Row, ...]
    chart: tuple[int, ...] = ()


class Proof(NamedTuple):
    """That a form is the one that was issued: words, the text of its code, and the code as a picture (SVG)."""

    heading: str
    words: str
    text: str
    picture: str


class Sheet(NamedTuple):
    """A form: its title, its blocks, the day it was made (yyyymmdd), and its proof where there is one."""

    title: str
    made_on: int
    blocks: tuple[Block, ...]
    proof: Proof | None = None

    def grid(self) -> Iterator[Row]:
        """Every row from top to bottom, as all four files have them."""
        yield (text(self.title),)
        for block in self.blocks:
            yield ()
            yield (text(block.heading),)
            if block.header:
                yield block.header
            yield from block.rows
        if self.proof is not None:
            yield ()
            yield (text(self.proof.heading),)
            yield (text(self.proof.words),)
            yield (ident(self.proof.text),)


def text(value: str | None) -> Cell:
    """Words."""
    return Cell("text", value)


def ident(value: int | str | None) -> Cell:
    """A number or code that names something: never rounded, never added up."""
    return Cell("id", None if value is None else str(value))


def yuan(fen: int | None) -> Cell:
    """Fen, shown as yuan."""
    return Cell("yuan", fen)


def points(units: int | None) -> Cell:
    """Units of points with two decimals."""
    return Cell("points", units)


def count(number: int | None) -> Cell:
    """A whole number of things."""
    return Cell("count", number)


def date(day: int | None) -> Cell:
    """A business date (yyyymmdd)."""
    return Cell("date", day)


def date_text(day: int) -> str:
    """20260302 -> 2026-03-02."""
    return f"{day // 10_000:04d}-{day // 100 % 100:02d}-{day % 100:02d}"


def pairs(heading: str, rows: Sequence[tuple[str, Cell]]) -> Block:
    """A block of names and values."""
    return Block(heading, "pairs", (), tuple((text(name), cell) for name, cell in rows))


def table(heading: str, header: Sequence[str], rows: Sequence[Row]) -> Block:
    """A block with a header; its rows are as wide as the header."""
    return Block(heading, "table", tuple(text(name) for name in header), tuple(rows))


def charted(block: Block, columns: Sequence[int]) -> Block:
    """The same table with bars for some of its number columns, a group of bars for each row's first cell."""
    return block._replace(chart=tuple(columns))
