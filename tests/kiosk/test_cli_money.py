"""The fund and a shop's claim file by command: once, with a reason, and refused in a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kiosk.cli import main

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`jifen …` on a server with one community and one shop."""
    monkeypatch.setenv("JIFEN_DATA_DIR", str(tmp_path / "server"))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("JIFEN_CONFIG", raising=False)

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(main, [*words], catch_exceptions=False)

    shops = tmp_path / "shops.csv"
    shops.write_text(
        "merchant_code,name,category,agreement_no,effective_from,roles,proof\n"
        "M01,老李粮油店,粮油店,CA-1,2026-01-01,earn offset,bill\n",
        encoding="utf-8",
    )
    told(invoke("migrate", "--json"))
    told(
        invoke(
            *("community", "new", "--issuer", "CA01", "--name", "常安社区"),
            *("--hotline", "0398-1234567", "--scheme", "changan", "--json"),
        )
    )
    told(invoke("import", "merchants", str(shops), "--json"))
    return invoke


def told(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_money_comes_into_the_fund_once_per_request(run: Run) -> None:
    words = ("fund", "add", "50000", "--reason", "donation", "--request", "gift-1", "--json")

    first, again = told(run(*words)), told(run(*words))

    assert first == again
    assert told(run("fund", "show", "--json"))["fund_yuan"] == "500.00"


def test_the_same_request_with_another_sum_is_refused(run: Run) -> None:
    told(run("fund", "add", "50000", "--reason", "donation", "--request", "gift-1", "--json"))

    said = run("fund", "add", "60000", "--reason", "donation", "--request", "gift-1")

    assert said.exit_code == 2
    assert "request_id_reused" in said.output
    assert told(run("fund", "show", "--json"))["fund_fen"] == 50_000


def test_a_claim_file_is_taken_once_whatever_it_is_called(run: Run, tmp_path: Path) -> None:
    lines = (
        "申报月份,商户号,抵扣凭证号,抵扣时间,抵扣积分,抵扣金额,小票号,备注\n"
        "202603,M01,M01T1-260302-00001-L,2026-03-02 09:00:00,200.00,10.00,1,\n"
    )
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(lines, encoding="utf-8-sig")
    second.write_text(lines, encoding="utf-8-sig")

    taken = told(run("claims", "M01", str(first), "2026-03-02", "--json"))
    again = told(run("claims", "M01", str(second), "2026-03-02", "--json"))

    assert taken["outcome"] == "ok"
    assert again["outcome"] == "seen_before"
