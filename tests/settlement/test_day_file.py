"""A shop's file of a day: every receipt, what became of it, and totals that are the night's own."""

from __future__ import annotations

import csv
import io
import json

import pytest

from ledger.errors import Refusal
from settlement.choices import Choice
from settlement.day_file import day_document, day_file, locked_days
from settlement.decisions import decide
from tests.settlement.test_decisions import AT, DAY, Case, anybody, case  # noqa: F401 - a fixture
from tests.support.town import HERE


def test_the_lines_add_up_to_the_nights_totals_and_each_fault_is_named(
    case: Case,  # noqa: F811
) -> None:
    with case.town.db.read() as tx:
        document = day_document(tx, HERE, 1, DAY)

    totals, lines = document["totals"], document["lines"]
    assert totals["lines"] == totals["booked_count"] == len(lines) == 6
    assert (totals["fen_plus"], totals["fen_minus"]) == (
        totals["booked_fen_plus"],
        totals["booked_fen_minus"],
    )
    assert totals["settled_fen_plus"] - totals["settled_fen_minus"] == 2600
    assert sorted(row["code"] for row in document["differences"]) == [
        "S1", "V1", "V2", "X1", "X2", "X3",
    ]  # fmt: skip
    assert {line["code"] for line in lines} == {"", "S1", "V1", "V2", "X2", "X3"} - (
        set() if any(not line["code"] for line in lines) else {""}
    )
    assert [line["status"] for line in lines if line["code"] == "X2"] == ["unclaimed"]


def test_csv_and_json_say_the_same_and_nothing_decided_later_changes_them(
    case: Case,  # noqa: F811
) -> None:
    db = case.town.db
    with db.read() as tx:
        document = day_document(tx, HERE, 1, DAY)
        before = {kind: day_file(document, kind) for kind in ("csv", "json")}
    decide(db, case.press("X2", Choice.PAY_BOOKED), may_decide=anybody, at=AT)
    with db.read() as tx:
        again = day_document(tx, HERE, 1, DAY)
        assert {kind: day_file(again, kind) for kind in ("csv", "json")} == before
        assert locked_days(tx, HERE) == [DAY]

    assert json.loads(before["json"]) == document
    rows = list(csv.reader(io.StringIO(before["csv"].decode("utf-8-sig"))))
    lines = [row for row in rows if row[0] == "L"]
    assert [row[2] for row in lines] == [line["ref"] for line in document["lines"]]
    shown = sum(round(float(row[6].replace("−", "-")) * 100) for row in lines)
    assert shown == document["totals"]["fen_plus"] - document["totals"]["fen_minus"]
    trailer = {row[1]: row[2] for row in rows if row[0] == "T"}
    assert trailer["sha256"] == document["sha256"]
    assert trailer["lines"] == str(len(lines))


def test_a_day_whose_night_is_not_closed_names_the_hour(case: Case) -> None:  # noqa: F811
    with case.town.db.read() as tx, pytest.raises(Refusal, match="day_file_not_ready") as refused:
        day_document(tx, HERE, 1, DAY + 1)
    assert refused.value.facts["hour"] == 10
