"""`jifen bills`: a list taken in whole or not at all, once; a confirmation with a state a line; results as a file."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from python_calamine import CalamineWorkbook

from kiosk.cli import main

Run = Callable[..., Result]
HEAD = "商户号,账单号,户号,费用种类,所属期,应缴金额（元）,缴费期限\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`jifen …` on a server with one community, a property company and a household."""
    monkeypatch.setenv("JIFEN_DATA_DIR", str(tmp_path / "server"))
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    monkeypatch.delenv("JIFEN_CONFIG", raising=False)

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(main, [*words], catch_exceptions=False)

    shops = tmp_path / "shops.csv"
    shops.write_text(
        "merchant_code,name,category,agreement_no,effective_from,roles,proof\n"
        "P01,长青物业公司,物业服务,WY-1,2026-01-01,账单抵扣,sample\n",
        encoding="utf-8",
    )
    homes = tmp_path / "homes.csv"
    homes.write_text("household_code,building,unit\nH001,3,2\n", encoding="utf-8")
    told(invoke("migrate", "--json"))
    told(
        invoke(
            *("community", "new", "--issuer", "CA01", "--name", "常安社区"),
            *("--hotline", "0398-1234567", "--scheme", "changan", "--json"),
        )
    )
    told(invoke("import", "merchants", str(shops), "--json"))
    told(invoke("import", "households", str(homes), "--json"))
    return invoke


def told(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def write(folder: Path, *rows: str) -> str:
    file = folder / "bills.csv"
    file.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="gbk")
    return str(file)


def test_a_list_in_chinese_is_taken_once(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, "P01,WY-1,H001,物业费,2026-06,300.00,2026-06-30")

    first, again = (
        told(run("bills", "import", file, "--json")),
        told(run("bills", "import", file, "--json")),
    )

    assert (first["new"], first["rows"]) == (1, 1)
    assert again == first
    asked = CliRunner().invoke(main, ["bills", "import", write(tmp_path,
        "P01,WY-1,H001,物业费,2026-06,280.00,2026-06-30")], input="y\n")  # fmt: skip
    assert asked.exit_code == 0
    assert "1 changed" in asked.output


def test_bad_rows_are_named_and_nothing_is_taken(run: Run, tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "P01,WY-1,H001,物业费,2026-06,300.00,2026-06-30",
        "P09,WY-2,H001,停车费,2026-06,300.00,2026-06-30",
    )

    said = run("bills", "import", file)

    assert said.exit_code == 2
    assert "费用种类" in said.output
    as_json = run("bills", "import", file, "--json")
    assert as_json.exit_code == 2
    assert {row["row"] for row in json.loads(as_json.stdout)["rows"]} == {3}
    good = write(tmp_path, "P01,WY-1,H001,物业费,2026-06,300.00,2026-06-30")
    assert told(run("bills", "import", good, "--json"))["new"] == 1


def test_a_confirmation_of_nothing_is_told_and_results_are_written(
    run: Run, tmp_path: Path
) -> None:
    told(
        run(
            *("bills", "import", "--json"),
            write(tmp_path, "P01,WY-1,H001,物业费,2026-06,300.00,2026-06-30"),
        )
    )
    confirmed = tmp_path / "confirmed.csv"
    confirmed.write_text("商户号,抵扣号,抵扣金额（元）\nP01,WY-1-1,100.00\n", encoding="utf-8")

    answer = told(run("bills", "confirm", str(confirmed), "--json"))

    assert (answer["confirmed"], answer["lines"][0]["status"]) == (0, "unknown")
    assert told(run("bills", "release", "--json")) == {"released": 0}
    days = ("--from", "2026-06-01", "--to", "2026-06-30", "--json")
    for name in ("results.csv", "results.xlsx"):
        said = told(run("bills", "results", "P01", str(tmp_path / name), *days))
        assert (said["lines"], said["claimable_fen"]) == (0, 0)
    with (tmp_path / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.reader(file)) == ["账单积分抵扣结果"]
    book = CalamineWorkbook.from_path(str(tmp_path / "results.xlsx"))
    assert book.get_sheet_by_index(0).to_python()[0][0] == "账单积分抵扣结果"
    assert run("bills", "results", "P99", str(tmp_path / "r.csv"), *days).exit_code == 2
    assert run("bills", "results", "P01", str(tmp_path / "r.doc"), *days).exit_code == 2
