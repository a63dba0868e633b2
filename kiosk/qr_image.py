"""Text to QR picture: PNG in whole dots, SVG as one path, in the sizes the product uses."""

from __future__ import annotations

from io import BytesIO
from typing import Final, NamedTuple

import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_L, ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.exceptions import DataOverflowError

QUIET_MODULES: Final = 4
"""White round the code that a reader needs, in modules."""

_ECC: Final = {"L": ERROR_CORRECT_L, "M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q}
_INCH_MM: Final = 25.4


class QrForm(NamedTuple):
    """How large a code is and how much damage it stands: version 6 has 41 modules a side."""

    version: int | None
    ecc: str

    @property
    def side(self) -> int | None:
        """Modules a side with the quiet zone; None where the text decides."""
        return None if self.version is None else 17 + 4 * self.version + 2 * QUIET_MODULES


PHONE: Final = QrForm(version=6, ecc="M")
"""A resident's code on a screen; 255 digits fill it exactly."""
CARD: Final = QrForm(version=8, ecc="Q")
"""A resident's code in print: a quarter of it may be under glare or a scratch."""
PROOF: Final = QrForm(version=None, ecc="L")
"""A code of the seal on paper: long, so that least correction keeps its dots large."""
FREE: Final = QrForm(version=None, ecc="M")
"""Any other text, such as an address; the code is as large as the text needs."""


def draw_png(text: str, form: QrForm, *, dots: int = 8, dpi: int = 300) -> bytes:
    """A black and white PNG with `dots` pixels a module, marked to be printed at `dpi`.

    A text that does not fit the form is a bug and raises ValueError.
    """
    rows = draw_modules(text, form)
    small = Image.new("1", (len(rows), len(rows)), color=1)
    small.putdata([not dark for row in rows for dark in row])
    side = len(rows) * dots
    file = BytesIO()
    small.resize((side, side), Image.Resampling.NEAREST).save(
        file, "PNG", optimize=True, dpi=(dpi, dpi)
    )
    return file.getvalue()


def draw_svg(text: str, form: QrForm, *, label: str = "") -> str:
    """An SVG of one path, one unit a module; `label` is read out by screen readers.

    One path, because neighbouring shapes show hairlines between them when they are scaled.
    A text that does not fit the form is a bug and raises ValueError.
    """
    rows = draw_modules(text, form)
    side = len(rows)
    path = "".join(
        f"M{start},{y}h{length}v1h-{length}z"
        for y, row in enumerate(rows)
        for start, length in _runs(row)
    )
    named = f' role="img" aria-label="{_escaped(label)}"' if label else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"'
        f' shape-rendering="crispEdges"{named}>'
        f'<path fill="#fff" d="M0,0h{side}v{side}h-{side}z"/><path d="{path}"/></svg>'
    )


def draw_modules(text: str, form: QrForm) -> list[list[bool]]:
    """The code as rows of modules, True for dark, with the quiet zone.

    A text that does not fit the form is a bug and raises ValueError.
    """
    picture = qrcode.QRCode(
        version=form.version, error_correction=_ECC[form.ecc], border=QUIET_MODULES
    )
    picture.add_data(text, optimize=0)
    try:
        picture.make(fit=form.version is None)
    except DataOverflowError as error:
        raise ValueError(f"{len(text)} characters do not fit a code of {form}") from error
    rows = [[bool(dark) for dark in row] for row in picture.get_matrix()]
    if form.side not in (None, len(rows)):
        raise ValueError(f"a code of {form} came out with {len(rows)} modules")
    return rows


def side_mm(form: QrForm, *, dots: int, dpi: int) -> float:
    """How wide the printed code is, quiet zone included, in millimetres."""
    if form.side is None:
        raise ValueError("the size of this form depends on its text")
    return form.side * dots * _INCH_MM / dpi


def _runs(row: list[bool]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if not dark:
            continue
        if runs and sum(runs[-1]) == x:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((x, 1))
    return runs


def _escaped(text: str) -> str:
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), ('"', "&quot;")):
        text = text.replace(sign, name)
    return text
