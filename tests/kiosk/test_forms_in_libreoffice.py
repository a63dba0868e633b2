"""Every form as a spreadsheet, opened by LibreOffice and saved again: each cell as the form has it, in and out."""

from __future__ import annotations

import csv
import io
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from kiosk.formbook.filled import Filled, Value, fill
from kiosk.formbook.reading import read_form
from kiosk.formbook.registry import all_forms
from kiosk.formbook.workbook import to_csv, to_xlsx

SAMPLES: dict[str, list[Value]] = {
    "text": ["=1+1", "修灯"],
    "id": ["0071234567890123456", "-5"],
    "count": [3, 0],
    "points": [12_50, -1],
    "yuan": [10_05, 1_234_567_89],
    "date": [20260302, 20261231],
    "name": ["陈桂兰", "欧阳建国"],
    "phone": ["13800000001", "0398-1234567"],
    "pen": [None, None],
}
FORMATS = {"csv": "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false", "xlsx": "xlsx"}


def opened(folder: Path, kind: str) -> Path:
    """Every workbook of a folder, opened without a window and saved as `kind`; where they are then."""
    out = folder / kind
    words = [f"-env:UserInstallation=file://{folder / 'profile'}", "--headless"]
    words += ["--convert-to", FORMATS[kind], "--outdir", str(out)]
    files = sorted(str(path) for path in folder.glob("*.xlsx"))
    subprocess.run(["soffice", *words, *files], check=True, capture_output=True, timeout=240)
    return out


def cells(filled: Filled, text: str) -> list[list[str | Decimal]]:
    """The cells of a CSV file; a number is the same with one decimal as with two."""
    numbers = [column.kind in {"count", "points", "yuan"} for column in filled.form.columns]
    head, *rows = csv.reader(io.StringIO(text))
    return [
        list(head),
        *(
            [
                Decimal(cell) if number and cell[-1:].isdigit() else cell
                for cell, number in zip(row, numbers, strict=True)
            ]
            for row in rows
            if any(row)
        ),
    ]


@pytest.mark.slow
def test_libreoffice_shows_each_cell_of_each_form_and_gives_each_back_unchanged(
    tmp_path: Path,
) -> None:
    made: dict[str, Filled] = {}
    for form in all_forms():
        rows = [[SAMPLES[column.kind][n] for column in form.columns] for n in (0, 1)]
        made[form.code] = fill(form, rows, in_full=True)
        (tmp_path / f"{form.code}.xlsx").write_bytes(to_xlsx(made[form.code], made_on=20260302))
    shown, saved = opened(tmp_path, "csv"), opened(tmp_path, "xlsx")

    for code, filled in made.items():
        text = (shown / f"{code}.csv").read_text(encoding="utf-8-sig")
        assert cells(filled, text) == cells(filled, to_csv(filled).decode("utf-8-sig")), code
        if filled.form.takes:
            back = read_form(filled.form, (saved / f"{code}.xlsx").read_bytes())
            assert back == (filled, ()), code
