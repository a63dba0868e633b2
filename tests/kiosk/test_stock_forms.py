"""The form of goods received, filled in Excel: looked at, booked, and never booked twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kiosk.cli import main
from kiosk.formbook.registry import get_form
from ledger.database import Database
from ledger.stock.goods import all_goods
from ledger.stock.intake import thanks_list
from tests.support.invariants import check_invariants
from tests.support.shelf import EGGS, RICE, shelve
from tests.support.town import HERE, START, build_town

Run = Callable[..., Any]
HEADINGS = ",".join(column.heading for column in get_form("goods_in").columns)
BOUGHT = "RK-7,2026-03-02,采购,,鸡蛋(袋),,10,8.00,80.00,,2026-03-20,,"
GIVEN = "RK-8,2026-03-02,捐赠,银枫粮油店,大米(5kg),,4,,,,,,"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A town with eggs and rice on its shelf."""
    monkeypatch.setenv("JIFEN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.setattr("kiosk.commands.form.now_us", lambda: START)
    assert CliRunner().invoke(main, ["migrate"]).exit_code == 0
    db = Database(f"sqlite:///{tmp_path / 'jifen.db'}")
    town = build_town(db)
    for good in (EGGS, RICE):
        shelve(town, good)
    db.close()
    return tmp_path


def took(folder: Path, rows: list[str], *words: str, says: int = 0) -> Any:
    file = folder / "goods.csv"
    file.write_text("\r\n".join([HEADINGS, *rows, ""]), encoding="utf-8")
    asked = ["form", "import", "goods_in", str(file), "--shop", "M01", *words, "--json"]
    result = CliRunner().invoke(main, asked, catch_exceptions=False)
    assert result.exit_code == says, result.output
    return json.loads(result.stdout) if says == 0 else result.output


def pieces(folder: Path) -> dict[str, int]:
    db = Database(f"sqlite:///{folder / 'jifen.db'}")
    with db.read() as tx:
        found = {row.name: int(row.stock) for row in all_goods(tx, HERE, 1)}
        thanked = [row.donor for row in thanks_list(tx, HERE, first=20260301, last=20260331)]
    check_invariants(db.engine)
    db.close()
    assert set(thanked) <= {"银枫粮油店"}
    return found


def test_it_is_looked_at_booked_and_known_the_second_time(folder: Path) -> None:
    before = pieces(folder)
    rice = next(name for name in before if name != "鸡蛋(袋)")
    rows = [BOUGHT, GIVEN.replace("大米(5kg)", rice)]
    seen = took(folder, rows)
    assert (seen["would_book"], seen["pieces"], seen["paid_fen"]) == (2, 14, 8_000)
    assert pieces(folder) == before

    assert took(folder, rows, "--book")["booked"] == 2
    after = {"鸡蛋(袋)": before["鸡蛋(袋)"] + 10, rice: before[rice] + 4}
    assert pieces(folder) == after
    # The same file again, and the same with a row more: what the book has is known.
    assert took(folder, rows, "--book") == {**took(folder, rows, "--book")}
    more = took(folder, [*rows, BOUGHT.replace("RK-7", "RK-9")], "--book")
    assert (more["booked"], more["in_the_book_before"]) == (1, 2)
    assert pieces(folder) == {**after, "鸡蛋(袋)": after["鸡蛋(袋)"] + 10}


@pytest.mark.parametrize(
    "row",
    [
        BOUGHT.replace("鸡蛋(袋)", "鸭蛋"),
        BOUGHT.replace("采购", "捡来"),
        BOUGHT.replace("RK-7", ""),
        GIVEN.replace("大米(5kg)", "鸡蛋(袋)").replace("银枫粮油店", ""),
    ],
)
def test_one_wrong_row_books_nothing(folder: Path, row: str) -> None:
    before = pieces(folder)
    took(folder, [BOUGHT.replace("RK-7", "RK-1"), row], "--book", says=2)
    assert pieces(folder) == before


def test_a_note_that_says_otherwise_is_named(folder: Path) -> None:
    took(folder, [BOUGHT], "--book")
    before = pieces(folder)
    took(folder, [BOUGHT.replace(",10,", ",12,")], "--book", says=2)
    assert pieces(folder) == before


# --- goods issued


ISSUED_HEADINGS = ",".join(column.heading for column in get_form("goods_out").columns)
GIFT = "CK-1,2026-03-02,鸡蛋(袋),2,慰问,张奶奶,李"
SOLD = "CK-2,2026-03-02,鸡蛋(袋),1,兑换,,李"


def issued(folder: Path, rows: list[str], *words: str, says: int = 0) -> Any:
    file = folder / "out.csv"
    file.write_text("\r\n".join([ISSUED_HEADINGS, *rows, ""]), encoding="utf-8")
    asked = ["form", "import", "goods_out", str(file), "--shop", "M01", *words, "--json"]
    result = CliRunner().invoke(main, asked, catch_exceptions=False)
    assert result.exit_code == says, result.output
    return json.loads(result.stdout) if says == 0 else result.output


def test_gifts_leave_the_shelf_once_and_what_the_counter_handed_out_is_left_to_it(
    folder: Path,
) -> None:
    before = pieces(folder)
    assert issued(folder, [GIFT, SOLD])["would_book"] == 1
    assert pieces(folder) == before

    said = issued(folder, [GIFT, SOLD], "--book")
    assert (said["booked"], said["pieces"], said["in_the_book_before"]) == (1, 2, 1)
    assert issued(folder, [GIFT, SOLD], "--book")["booked"] == 0
    more = issued(folder, [GIFT, GIFT.replace("CK-1", "CK-3")], "--book")
    assert (more["booked"], more["in_the_book_before"]) == (1, 1)

    assert pieces(folder)["鸡蛋(袋)"] == before["鸡蛋(袋)"] - 4


@pytest.mark.parametrize(
    "row",
    [
        GIFT.replace("慰问", "报损"),
        GIFT.replace("慰问", "送人"),
        GIFT.replace("鸡蛋(袋)", "鸭蛋"),
        GIFT.replace("CK-1", ""),
    ],
)
def test_one_wrong_row_of_goods_issued_books_nothing(folder: Path, row: str) -> None:
    before = pieces(folder)
    issued(folder, [GIFT.replace("CK-1", "CK-9"), row], "--book", says=2)
    assert pieces(folder) == before


def test_the_form_printed_from_the_book_brings_nothing_twice(folder: Path) -> None:
    issued(folder, [GIFT], "--book")
    before = pieces(folder)
    out = folder / "printed.csv"
    asked = ["form", "print", "goods_out", "--month", "2026-03", "--shop", "M01", "--out", str(out)]
    printed = CliRunner().invoke(main, asked, catch_exceptions=False)
    assert printed.exit_code == 0, printed.output
    again = ["form", "import", "goods_out", str(out), "--shop", "M01", "--book", "--json"]
    said = json.loads(CliRunner().invoke(main, again, catch_exceptions=False).stdout)

    assert (said["booked"], said["in_the_book_before"]) == (0, 1)
    assert pieces(folder) == before
