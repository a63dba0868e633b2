"""A Typst template and data to a PDF, with Chinese type wherever the program runs."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Final

import typst

FONT: Final = "Noto Sans CJK SC"

_FOLDER: Final = Path(__file__).parent
_FONT_PACKAGE: Final = "manimgx_fonts_cjk"
# A compiler keeps the sources and fonts it has read; it serves one document at a time.
_ONE_AT_A_TIME: Final = Lock()


def typeset(template: str, data: dict[str, Any]) -> bytes:
    """The PDF of `template` (a file beside this one) filled with `data`.

    The template reads the data with `json(bytes(sys.inputs.data))`: values stay values there, so
    nothing a person typed is ever taken for markup. The same data gives the same bytes.
    """
    inputs = {"data": json.dumps(data | {"font": FONT}, ensure_ascii=False)}
    with _ONE_AT_A_TIME:
        pdf = _compiler(template).compile(format="pdf", sys_inputs=inputs)
    if not isinstance(pdf, bytes):
        raise TypeError(f"{template} gave no single document")
    return pdf


@lru_cache
def _compiler(template: str) -> typst.Compiler:
    package = find_spec(_FONT_PACKAGE)
    folders = list(package.submodule_search_locations or ()) if package else []
    # Without the package the system's fonts must do; with it, none of them may change the picture.
    return typst.Compiler(
        str(_FOLDER / template),
        root=str(_FOLDER),
        font_paths=folders,
        ignore_system_fonts=bool(folders),
    )
