"""Lists as shops keep them: Excel, other headings, dates that lost their look; asked once, and again on a change."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter

from ledger.audit import By
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql
from settlement.claim_file import read_claim_file
from settlement.claim_layouts import confirm, layouts_of
from settlement.intake import Upload, head_of, preview_claim_file, take_claim_file
from tests.kiosk.test_cli import Run, answer, open_with_shop, run
from tests.settlement.test_intake import claims, lines_of, plain
from tests.settlement.test_night_crash import rows_of_every_table
from tests.support.night_plant import Entry
from tests.support.pages_town import Served, form_number, serve, text_of
from tests.support.town import HERE, Town, build_town, moment

__all__ = ["run"]

DAY = 20260302
OURS = ["商户号", "抵扣凭证号", "抵扣时间", "抵扣积分", "抵扣金额"]
THEIRS = ["日期", "单号", "积分", "金额", "备注"]
CLERK = By("staff", 5)
STORED = Sql("SELECT name FROM stored_file WHERE community_id = :community_id ORDER BY name")


def workbook(
    rows: list[list[Any]], *, formulas: dict[str, tuple[str, float]] | None = None, **how: Any
) -> bytes:
    """An Excel file: numbers as numbers, dates as dates, text as text."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **how}) as book:
        sheet, look = book.add_worksheet(), book.add_format({"num_format": "yyyy/m/d h:mm"})
        for y, row in enumerate(rows):
            for x, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(y, x, cell, look)
                else:
                    sheet.write(y, x, cell)
        for where, (formula, value) in (formulas or {}).items():
            sheet.write_formula(where, formula, None, value)
    return out.getvalue()


def read(body: bytes, **how: Any):
    return read_claim_file(body, merchant_code="M01", timezone="Asia/Shanghai", **how)


NOON = datetime(2026, 3, 2, 12, 30, 15)  # noqa: DTZ001 - a cell of Excel has no zone


def test_excel_gives_the_same_claims_to_the_fen() -> None:
    rows: list[list[Any]] = [OURS]
    rows += [
        ["M01", f"M01T1-{n}", NOON, fen / 5, fen / 100]
        for n, fen in enumerate((1000, 1, 2_999_999, 30), 1)
    ]
    rows.append(["M01", "M01T1-9", NOON, 0.1 + 0.2, 0.1 + 0.2])

    found = read(workbook(rows))

    assert (found.faults, found.encoding) == ([], "xlsx")
    assert [(line.ref, line.units, line.fen) for line in found.lines] == [
        ("M01T1-1", 20_000, 1_000),
        ("M01T1-2", 20, 1),
        ("M01T1-3", 59_999_980, 2_999_999),
        ("M01T1-4", 600, 30),
        ("M01T1-9", 30, 30),
    ]
    assert found.lines[0].occurred_at == moment("2026-03-02 12:30") + 15_000_000


def test_the_sums_of_excel_are_held_against_its_lines_and_a_formula_in_a_line_is_named() -> None:
    lines: list[list[Any]] = [
        OURS,
        ["M01", "M01T1-1", NOON, 200, 10],
        ["M01", "M01T1-2", NOON, 20, 1],
    ]
    total = [*lines, ["合计", "", "", 0, 0]]

    good = read(workbook(total, formulas={"D4": ("=SUM(D2:D3)", 220), "E4": ("=SUM(E2:E3)", 11)}))
    wrong = read(workbook(total, formulas={"D4": ("=SUM(D2:D2)", 200), "E4": ("=SUM(E2:E2)", 10)}))
    bad = read(workbook(lines, formulas={"E3": ("=D3/20", 1)}))

    assert (good.faults, good.totals_agree, good.stated_fen) == ([], True, 1_100)
    assert (wrong.faults, wrong.totals_agree) == ([], False)
    assert bad.faults == [(3, "yuan", "formula")]


@pytest.mark.parametrize("text", ["46083.5210069444", "2026/3/2 12:30:15", "2026-03-02 12:30:15"])
def test_a_date_is_read_in_the_forms_excel_saves_it_in(text: str) -> None:
    body = (",".join(OURS) + f"\r\nM01,M01T1-1,{text},200,10\r\n").encode("gb18030")

    assert read(body).lines[0].occurred_at == moment("2026-03-02 12:30") + 15_000_000


def test_numbers_that_excel_has_rounded_are_named() -> None:
    rows: list[list[Any]] = [OURS, ["M01", 4200001234202603020, NOON, 200, 10]]

    found = read(workbook(rows))
    saved = read((",".join(OURS) + "\r\nM01,4.20E+18,2026-03-02 12:30:15,200,10\r\n").encode())

    assert [found.faults, saved.faults] == [[(2, "ref", "rounded")], [(2, "ref", "rounded")]]


def test_a_bare_number_for_a_date_is_not_guessed_where_dates_count_from_1904() -> None:
    rows: list[list[Any]] = [OURS, ["M01", "M01T1-1", 46083.5, 200, 10]]

    assert read(workbook(rows)).faults == []
    assert read(workbook(rows, date_1904=True)).faults == [(2, "time", "serial")]


@pytest.fixture
def town(db: Database) -> Town:
    return build_town(db, people=1, shops=2, fund_fen=0)


def theirs(town: Town, headings: list[str] = THEIRS, lines: list[Entry] | None = None) -> bytes:
    """The shop's own list of some planted lines, under its own headings."""
    rows = [",".join(headings)]
    for entry in lines or lines_of(town):
        when = datetime.fromtimestamp(entry.at // 1_000_000, ZoneInfo("Asia/Shanghai")).strftime(
            "%Y-%m-%d %H:%M:%S"
        )
        said = {"日期": when, "单号": entry.ref, "积分": _two(entry.units), "金额": _two(entry.fen)}
        rows.append(",".join(said.get(name, "") for name in headings))
    return ("\r\n".join(rows) + "\r\n").encode()


def _two(hundredths: int) -> str:
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"


def take(town: Town, body: bytes, name: str = "own.csv", shop: int = 1) -> dict[str, Any]:
    return take_claim_file(town.db, HERE, shop, Upload(name, body, by=5), day=DAY, at=town.at)


def say(town: Town, body: bytes, shop: int = 1, **columns: int) -> None:
    with town.db.read() as tx:
        head = head_of(tx, HERE, shop, body)
    assert head is not None
    town.db.write(lambda tx: confirm(tx, HERE, shop, head, columns, by=CLERK, at=town.at))


CHOSEN = {"time": 0, "ref": 1, "points": 2, "yuan": 3}


def test_other_headings_are_asked_about_once_and_remembered_with_who(town: Town) -> None:
    lines = lines_of(town)
    body = theirs(town, lines=lines)
    before = rows_of_every_table(town.db)

    with pytest.raises(Refusal) as asked:
        take(town, body)
    after = rows_of_every_table(town.db)
    assert asked.value.code == "claim_columns_unconfirmed"
    assert {name for name in after if after[name] != before[name]} == {"stored_file"}

    say(town, body, **CHOSEN)
    assert take(town, body)["outcome"] == "ok"
    assert claims(town) == plain(lines)
    with town.db.read() as tx:
        [kept] = layouts_of(tx, HERE, 1)
    assert (kept.confirmed_by, kept.confirmed_at) == (5, town.at)


def test_a_changed_heading_asks_again_and_says_what_changed(town: Town) -> None:
    say(town, theirs(town), **CHOSEN)

    with pytest.raises(Refusal) as asked:
        take(town, theirs(town, ["日期", "单号", "积分", "金额", "经手人"]))

    assert asked.value.code == "claim_columns_changed"
    assert (asked.value.facts["new"], asked.value.facts["gone"]) == ("经手人", "备注")


def test_what_one_shop_confirmed_says_nothing_about_another(town: Town) -> None:
    say(town, theirs(town), **CHOSEN)

    with pytest.raises(Refusal, match="claim_columns_unconfirmed"):
        take(town, theirs(town), shop=2)


@pytest.mark.parametrize(
    "columns",
    [
        {"time": 0, "ref": 1, "points": 2},
        {"time": 0, "ref": 1, "points": 2, "yuan": 2},
        {"time": 0, "ref": 1, "points": 2, "yuan": 9},
    ],
)
def test_columns_that_cannot_be_are_refused(town: Town, columns: dict[str, int]) -> None:
    with pytest.raises(Refusal, match="claim_columns_bad"):
        say(town, theirs(town), **columns)


def test_a_preview_says_what_it_would_take_the_columns_for_and_writes_nothing(town: Town) -> None:
    before = rows_of_every_table(town.db)

    seen = preview_claim_file(town.db, HERE, 1, theirs(town))

    assert seen["columns"] == {"time": "日期", "points": "积分", "yuan": "金额"}
    assert seen["missing"] == ["ref"]
    assert rows_of_every_table(town.db) == before


def test_the_office_shows_first_lines_and_takes_the_kept_file_once_confirmed(
    sqlite_url: str, tmp_path: Path
) -> None:
    served: Served = serve(Database(sqlite_url), tmp_path)
    lines = lines_of(served.town)
    client, body = served.member("zhou"), theirs(served.town, lines=lines)
    page = client.get("/office/claims")
    sent = {
        "request_id": form_number(page, "/office/claims"),
        "shop": "1",
        "day": "2026-03-02",
        "file": (io.BytesIO(body), "三月.csv"),
    }
    asked = client.post("/office/claims", data=sent)
    html = asked.get_data(as_text=True)
    sha256 = html.split('name="sha256" value="')[1].split('"')[0]

    assert "“三月.csv”的各列是什么" in text_of(asked)
    assert lines[0].ref in html
    done = client.post(
        "/office/claims/columns",
        data={
            "request_id": form_number(asked, "/office/claims/columns"),
            "sha256": sha256,
            "shop": "1",
            "day": "2026-03-02",
            **{f"column_{key}": str(place) for key, place in CHOSEN.items()},
        },
    )
    assert "共 4 行" in text_of(done)
    assert claims(served.town) == plain(lines)


def test_the_command_previews_asks_and_remembers(run: Run, tmp_path: Path) -> None:
    open_with_shop(run, tmp_path, "M05")
    own = tmp_path / "own.xlsx"
    own.write_bytes(workbook([THEIRS, [NOON, "M05T1-1", 200, 10, ""]]))
    here = ("claims", "M05", str(own), "2026-03-02")

    assert answer(run(*here, "--preview", "--json"))["missing"] == ["ref"]
    asked = run(*here)
    assert (asked.exit_code != 0, "备注" in asked.output) == (True, True)
    columns = "time=日期,ref=单号,points=积分,yuan=金额"
    assert answer(run(*here, "--columns", columns, "--json"))["counted_fen"] == 1_000
    own.write_bytes(workbook([THEIRS, [NOON, "M05T1-2", 400, 20, ""]]))
    assert answer(run(*here, "--json"))["counted_fen"] == 2_000
