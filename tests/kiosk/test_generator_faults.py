"""Planted faults: as many as asked, one answer each, and the truth says what and where."""

import csv
import io
import json
import random
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kiosk.generator import generate
from kiosk.generator.bills import write_bill
from kiosk.generator.claim_csv import FILE_FAULTS, FileFault, Habits, write_claims, write_spoiled
from kiosk.generator.faults import LINE_FAULTS, mistype, plant
from kiosk.generator.streams import Streams
from ledger.refs import is_valid, make_reference

ROOT = Path(__file__).parents[2]
DAY = 20260302
WANT = {"X1": 3, "X2": 4, "X3": 2, "V1": 3, "V2": 5, "S1": 2}


def chance(seed: int) -> random.Random:
    return Streams(seed).stream("faults")


def _booked(sales: int = 60, refunds: int = 6) -> list[dict[str, Any]]:
    night = []
    for counter in range(1, sales + refunds + 1):
        back = counter > sales
        fen = -100 * (counter - sales) if back else 100 * (counter % 20 + 1) + 700
        night.append(
            {
                "merchant": "M01",
                "terminal": "M01T1",
                "ref": make_reference("M01T1", DAY, counter),
                "kind": "refund" if back else "sale",
                "original_ref": make_reference("M01T1", DAY, counter - sales) if back else None,
                "units": 20 * fen,
                "fen": fen,
                "occurred_at": 1_772_420_000_000_000 + counter * 60_000_000,
                "business_date": DAY,
            }
        )
    return night


def test_each_verdict_is_planted_as_often_as_asked() -> None:
    booked = _booked()
    filed, truth = plant(booked, chance(1), WANT, where="night")

    assert Counter(row.verdict for row in truth) == WANT
    assert len({row.id for row in truth}) == len(truth)
    assert len({row.ref for row in truth}) == len(truth)
    by_ref = {line["ref"]: line for line in booked}
    claims = Counter(line["ref"] for line in filed)
    claimed = {line["ref"]: line["fen"] for line in filed}
    for row in truth:
        match row.verdict:
            case "X1":
                assert row.ref not in by_ref
                assert is_valid(row.ref)
                assert (row.correct_fen, row.amount_fen) == (0, claimed[row.ref])
            case "X2":
                assert claims[row.ref] == 0
                assert (row.correct_fen, row.amount_fen) == (0, by_ref[row.ref]["fen"])
            case "X3":
                assert claims[row.ref] == 2
                assert row.correct_fen == by_ref[row.ref]["fen"]
            case "V1":
                assert claimed[row.ref] == by_ref[row.ref]["fen"] + row.amount_fen
                assert row.amount_fen > 0
                assert row.correct_fen == by_ref[row.ref]["fen"]
            case "V2":
                assert 0 < claimed[row.ref] == by_ref[row.ref]["fen"] - row.amount_fen
                assert row.correct_fen == claimed[row.ref]
            case _:
                assert row.verdict == "S1"
                assert claims[row.ref] == 0
                assert claims[by_ref[row.ref]["original_ref"]] == 1
                assert row.correct_fen == by_ref[row.ref]["fen"] < 0


def test_everything_else_is_filed_as_booked() -> None:
    booked = _booked()
    filed, truth = plant(booked, chance(1), WANT)
    spoiled = {row.ref for row in truth}

    assert [line for line in filed if line["ref"] not in spoiled] == [
        line for line in booked if line["ref"] not in spoiled
    ]
    assert all(line["units"] == 20 * line["fen"] for line in filed)


def test_no_fault_is_planted_without_being_asked() -> None:
    booked = _booked()

    assert plant(booked, chance(1), {}) == (booked, [])


def test_the_same_chance_plants_the_same_faults() -> None:
    assert plant(_booked(), chance(5), WANT) == plant(_booked(), chance(5), WANT)
    assert plant(_booked(), chance(5), WANT) != plant(_booked(), chance(6), WANT)


def test_too_few_lines_are_said_and_not_passed_over() -> None:
    with pytest.raises(ValueError, match="X2"):
        plant(_booked(3, 0), chance(1), {"X2": 4})
    with pytest.raises(ValueError, match="S1"):
        plant(_booked(3, 0), chance(1), {"S1": 1})
    with pytest.raises(KeyError):
        plant(_booked(), chance(1), {"X9": 1})


@pytest.mark.parametrize("seed", range(40))
def test_a_mistyped_reference_is_never_valid(seed: int) -> None:
    ref = make_reference("M05T1", DAY, 1_000 + seed)

    assert not is_valid(mistype(ref, chance(seed)))


def test_a_claim_file_shows_its_habits() -> None:
    claims = _booked(2, 0)
    for claim in claims:
        claim["fen"] = 123_456
    habits = Habits(gbk=True, back_quotes=True, thousands=True, slashed_dates=True, total_row=True)
    rows = list(csv.reader(io.StringIO(write_claims("M05", 202603, claims, habits).decode("gbk"))))

    assert rows[0][2:6] == ["抵扣凭证号", "抵扣时间", "抵扣积分", "抵扣金额"]
    assert rows[1][2] == "`" + claims[0]["ref"]
    assert re.fullmatch(r"`2026/3/2 \d\d:\d\d:\d\d", rows[1][3])
    assert rows[1][5] == "`1,234.56"
    assert rows[-1][0] == "`合计"
    assert rows[-1][5] == "`2,469.12"


@pytest.mark.parametrize("fault", FILE_FAULTS)
def test_a_spoiled_file_is_useless(fault: FileFault) -> None:
    claims = _booked(3, 0)
    honest = write_claims("M05", 202603, claims, Habits())
    body = write_spoiled("M05", 202603, claims, Habits(), fault)

    match fault:
        case "NO_FILE":
            assert body is None
        case "EMPTY":
            assert body == b""
        case "UNREADABLE":
            assert body is not None
            for encoding in ("utf-8-sig", "gb18030"):
                with pytest.raises(UnicodeDecodeError):
                    body.decode(encoding)
        case "TOTALS_WRONG":
            assert body is not None
            assert body.startswith(honest)
            total = sum(claim["fen"] for claim in claims)
            assert f",{(total + 100) // 100}.00," in body.decode("utf-8-sig").splitlines()[-1]


def test_a_bill_has_back_quotes_and_two_totals_rows() -> None:
    lines = write_bill("M03", []).decode("utf-8-sig").splitlines()

    assert lines[-1] == "`0,`0.00,`0.00,`0.00,`0.00,`0.00,`0.00"
    assert lines[0].startswith("交易时间,")
    assert lines[-2].startswith("总交易单数,")


def test_a_folder_of_documents_agrees_with_its_truth(tmp_path: Path) -> None:
    generate("S", seed=4, months=3, until=date(2026, 5, 31), out=tmp_path)
    rung = {row["ref"]: row for row in _jsonl(tmp_path / "rung.jsonl")}
    truth = _jsonl(tmp_path / "truth.jsonl")
    books = [row for path in (tmp_path / "daybooks").iterdir() for row in _jsonl(path)]
    filed = Counter(
        line["ref"] for book in books for line in book["lines"] if line["offset_fen"] > 0
    )
    at_tills = [row for row in truth if row["where"].startswith("daybooks/")]

    assert {row["verdict"] for row in truth} >= {
        "X1",
        "X2",
        "X3",
        "V1",
        "S1",
        "R1",
        "R2",
        "R4",
        "R5",
    }
    for row in at_tills:
        if row["verdict"] in {"X2", "S1"}:
            assert filed[row["ref"]] == 0
        if row["verdict"] == "X1":
            assert row["ref"] not in rung
        if row["verdict"] == "X3":
            assert filed[row["ref"]] == 2
    spoiled = {row["ref"] for row in at_tills}
    on_paper = {"M05", "M07"}
    honest = [
        ref
        for ref, row in rung.items()
        if row["offset_fen"] and row["merchant"] not in on_paper and ref not in spoiled
    ]
    assert honest
    assert all(filed[ref] == 1 for ref in honest)


def test_a_daybook_adds_up(tmp_path: Path) -> None:
    generate("S", seed=3, months=1, until=date(2026, 5, 31), out=tmp_path)
    numbers: dict[str, list[int]] = {}
    for path in sorted((tmp_path / "daybooks").iterdir()):
        for book in _jsonl(path):
            lines, totals = book["lines"], book["totals"]
            numbers.setdefault(book["terminal"], []).append(book["batch_no"])
            assert totals["sales"] + totals["refunds"] == len(lines)
            assert totals["hash_total"] == sum(line["counter"] for line in lines)
    assert all(seen == list(range(1, len(seen) + 1)) for seen in numbers.values())


def test_messy_shops_make_more_faults_than_careful_ones(tmp_path: Path) -> None:
    generate("S", seed=4, months=12, until=date(2026, 12, 31), out=tmp_path)
    offsets = Counter(r["merchant"] for r in _jsonl(tmp_path / "rung.jsonl") if r["offset_fen"])
    faults = Counter(
        r["merchant"] for r in _jsonl(tmp_path / "truth.jsonl") if r["verdict"] in LINE_FAULTS
    )

    messy = (faults["M05"] + faults["M07"]) / (offsets["M05"] + offsets["M07"])
    careful = (faults["M01"] + faults["M02"]) / (offsets["M01"] + offsets["M02"])
    assert messy > 3 * careful


def test_the_generator_knows_nothing_of_settling_or_selling() -> None:
    for path in (ROOT / "kiosk" / "generator").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(from|import) (settlement|pos)\b", text, re.MULTILINE)


def _jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
