"""A shop's claim file, as shops really write them: all of it, or none and every bad line named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql
from settlement import batches, claim_file
from settlement.claim_file import read_claim_file
from settlement.intake import Upload, preview_claim_file, take_claim_file
from tests.settlement.test_night_crash import rows_of_every_table
from tests.support.night_plant import Entry, Planter, claim_csv
from tests.support.town import HERE, Till, Town, build_town, moment

DAY = 20260302
HEAD = "申报月份,商户号,抵扣凭证号,抵扣时间,抵扣积分,抵扣金额,小票号,备注\r\n"
CLAIMS = Sql(
    "SELECT ref, kind, units, fen, occurred_at, business_date FROM claim"
    " WHERE community_id = :community_id ORDER BY ref"
)
STORED = Sql("SELECT name, size FROM stored_file WHERE community_id = :community_id")


@pytest.fixture
def town(db: Database) -> Town:
    return build_town(db, people=1, shops=2, fund_fen=0)


def lines_of(where: Town | Till) -> list[Entry]:
    planter = Planter([where if isinstance(where, Till) else where.tills[0]], seed=3)
    sales = [planter.entry(DAY, fen=fen) for fen in (1000, 123_456, 500)]
    return [*sales, planter.refund(sales[0], DAY, 200)]


def take(town: Town, body: bytes, name: str = "claims.csv") -> dict[str, Any]:
    return take_claim_file(town.db, HERE, 1, Upload(name, body, by=5), day=DAY, at=town.at)


def claims(town: Town) -> list[tuple[Any, ...]]:
    with town.db.read() as tx:
        return [tuple(row) for row in tx.all(CLAIMS, community_id=HERE)]


def plain(lines: list[Entry]) -> list[tuple[Any, ...]]:
    return sorted((e.ref, e.kind, e.units, e.fen, e.at, DAY) for e in lines)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
@pytest.mark.parametrize("backquote", [False, True])
def test_a_file_is_read_in_any_usual_style(encoding: str, *, backquote: bool) -> None:
    """Back-quotes, thousands separators (1,234.56) and a totals row are in it."""
    lines = lines_of(Till(1, "M01T1", 1))

    found = read(claim_csv("M01", lines, backquote=backquote).encode(encoding))

    assert (found.row_count, found.faults, found.totals_agree) == (4, [], True)
    assert found.stated_fen == sum(e.fen for e in lines)
    assert sorted(tuple(line[1:]) for line in found.lines) == plain(lines)


def test_a_file_becomes_claims(town: Town) -> None:
    lines = lines_of(town)

    answer = take(town, claim_csv("M01", lines).encode())

    assert (answer["outcome"], answer["lines"], answer["again"]) == ("ok", 4, 0)
    assert claims(town) == plain(lines)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026/3/5 9:05", "2026-03-05 09:05"),
        ("2026/3/5 9:05:07", "2026-03-05 09:05"),
        ("2026-03-05 09:05:07", "2026-03-05 09:05"),
        ("2026年3月5日 09:05", "2026-03-05 09:05"),
        ("2026.03.05", "2026-03-05 00:00"),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, wanted: str) -> None:
    found = read((HEAD + f"202603,M01,M01T1-1,{text},200,10,1,\r\n").encode())

    assert found.faults == []
    assert (found.lines[0].occurred_at - moment(wanted)) // 60_000_000 == 0
    assert (found.lines[0].business_date, found.lines[0].units) == (20260305, 20_000)


BAD = {
    "a formula": ("202603,M01,=cmd|'/C calc'!A1,2026-03-02 10:00:00,200.00,10.00,1,", "ref", "formula"),
    "a formula for money": ("202603,M01,M01T1-1,2026-03-02 10:00:00,200.00,=10+5,1,", "yuan", "formula"),
    "no such day": ("202603,M01,M01T1-1,2026-02-30 10:00:00,200.00,10.00,1,", "time", "time"),
    "scientific notation": ("202603,M01,M01T1-1,2026-03-02 10:00:00,200.00,1.00E+11,1,", "yuan", "number"),
    "a tenth of a fen": ("202603,M01,M01T1-1,2026-03-02 10:00:00,200.00,10.001,1,", "yuan", "too_fine"),
    "nothing": ("202603,M01,M01T1-1,2026-03-02 10:00:00,0.00,0.00,1,", "yuan", "zero"),
    "another shop": ("202603,M02,M01T1-1,2026-03-02 10:00:00,200.00,10.00,1,", "merchant", "other_merchant"),
    "half a line": ("202603,M01,M01T1-1", "", "columns"),
    "points of the other sign": ("202603,M01,M01T1-1,2026-03-02 10:00:00,-200.00,10.00,1,", "points", "sign"),
    "no reference": ("202603,M01,,2026-03-02 10:00:00,200.00,10.00,1,", "ref", "ref"),
}  # fmt: skip


def read(body: bytes) -> claim_file.ClaimFile:
    return read_claim_file(body, merchant_code="M01", timezone="Asia/Shanghai")


GOOD = (
    "202603,M01,M01T1-260302-00001-1,2026-03-02 10:00:00,200.00,10.00,1,\r\n"
    "202603,M01,M01T1-260302-00002-2,2026-03-02 10:01:00,200.00,10.00,2,\r\n"
)


@pytest.mark.parametrize("what", BAD)
def test_a_bad_line_is_named(what: str) -> None:
    row, column, fault = BAD[what]

    found = read((HEAD + GOOD + row + "\r\n" + GOOD).encode())

    assert found.faults == [(4, column, fault)]
    assert [line.line_no for line in found.lines] == [2, 3, 5, 6]


def test_with_one_bad_line_no_line_of_the_file_counts(town: Town) -> None:
    good = claim_csv("M01", lines_of(town), total=False)

    answer = take(town, (good + BAD["no such day"][0] + "\r\n").encode())

    assert answer["outcome"] == "UNREADABLE"
    assert answer["faults"] == [{"line_no": 6, "column": "time", "fault": "time"}]
    assert claims(town) == []


def test_text_that_only_keeps_a_number_from_the_spreadsheet_is_read(town: Town) -> None:
    lines = lines_of(town)
    text = claim_csv("M01", lines).replace(lines[0].ref, f'"=""{lines[0].ref}"""', 1)

    assert take(town, text.encode())["outcome"] == "ok"
    assert claims(town) == plain(lines)


def test_totals_that_do_not_add_up_hold_the_file(town: Town) -> None:
    text = claim_csv("M01", lines_of(town)).rstrip("\r\n")
    head, _, total = text.rpartition("\r\n")

    answer = take(town, (head + "\r\n" + total.replace(",", ",1", 4)).encode())

    assert answer["outcome"] == "TOTALS_WRONG"
    assert claims(town) == []


@pytest.mark.parametrize("body", [b"", b"\r\n", HEAD.encode(), HEAD.encode() + b",,,,,,,\r\n"])
def test_a_file_without_lines_is_empty(body: bytes) -> None:
    found = read(body)

    assert (found.lines, found.faults) == ([], [])


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"\xff\xfe\x00\x81\x00", "encoding"),
        ("凭证,钱\r\n1,2\r\n".encode(), "heading"),
        (HEAD.encode() + b'1,"' + b"x" * 200_000 + b'"\r\n', "csv"),
    ],
)
def test_a_file_that_is_no_claim_file_is_unreadable(body: bytes, fault: str) -> None:
    assert read(body).faults[0].fault == fault


def test_the_same_file_under_another_name_is_told(town: Town) -> None:
    body = claim_csv("M01", lines_of(town)).encode()
    take(town, body)
    counts = rows_of_every_table(town.db)

    again = take(town, body, name="other.csv")

    assert (again["outcome"], again["batch_no"], again["first_outcome"]) == ("seen_before", 1, "ok")
    assert rows_of_every_table(town.db) == counts


def test_lines_claimed_before_in_another_file_are_counted_as_repeats(town: Town) -> None:
    lines = lines_of(town)
    take(town, claim_csv("M01", lines[:2]).encode())

    answer = take(town, claim_csv("M01", lines).encode())

    assert (answer["outcome"], answer["again"], answer["batch_no"]) == ("ok", 2, 2)
    assert claims(town) == plain(lines)


def test_a_list_sent_again_with_lines_changed_or_gone_is_refused_and_each_is_named(
    town: Town,
) -> None:
    """Domain: a refund later taken out, an amount raised; what was filed first goes on counting."""
    lines = lines_of(town)
    take(town, claim_csv("M01", lines).encode(), name="monday.csv")
    kept = claims(town)
    raised = [replace(lines[0], fen=900), *lines[1:]]

    with pytest.raises(Refusal) as changed:
        take(town, claim_csv("M01", raised).encode(), name="monday2.csv")
    with pytest.raises(Refusal) as gone:
        take(town, claim_csv("M01", lines[:3]).encode(), name="monday3.csv")

    assert {changed.value.code, gone.value.code} == {"claim_file_changed"}
    assert changed.value.facts["file"] == "monday.csv"
    assert changed.value.facts["lines"] == f"2 {lines[0].ref} 10.00 -> 9.00"
    assert gone.value.facts["lines"] == f"0 {lines[3].ref} -2.00 -> 0.00"
    assert claims(town) == kept
    with town.db.read() as tx:
        assert len(tx.all(STORED, community_id=HERE)) == 3


def test_a_list_that_goes_on_from_another_days_is_no_changed_one(town: Town) -> None:
    planter = Planter([town.tills[0]], seed=5)
    days = [DAY, DAY + 1, DAY + 2]
    lines = [planter.entry(day, fen=100) for day in days for _ in range(3)]

    first = take(town, claim_csv("M01", lines[:6]).encode())
    second = take(town, claim_csv("M01", lines[3:]).encode())

    assert (first["outcome"], second["outcome"], second["again"]) == ("ok", "ok", 3)


def test_a_preview_writes_nothing(town: Town) -> None:
    counts = rows_of_every_table(town.db)

    answer = preview_claim_file(town.db, HERE, 1, claim_csv("M01", lines_of(town)).encode())

    assert (answer["outcome"], answer["lines"]) == ("ok", 4)
    assert rows_of_every_table(town.db) == counts


def test_every_file_is_kept_as_it_came(town: Town) -> None:
    bodies = [claim_csv("M01", lines_of(town)).encode(), b"rubbish"]
    for n, body in enumerate(bodies):
        take(town, body, name=f"{n}.csv")

    with town.db.read() as tx:
        stored = sorted(tuple(row) for row in tx.all(STORED, community_id=HERE))
    assert stored == [("0.csv", len(bodies[0])), ("1.csv", len(bodies[1]))]


def test_too_large_a_file_a_workbook_and_an_unknown_shop_are_refused(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = rows_of_every_table(town.db)
    monkeypatch.setattr("settlement.intake.MOST_BYTES", 10)
    with pytest.raises(Refusal, match="claim_file_too_large"):
        take(town, b"x" * 11)
    with pytest.raises(Refusal, match="claim_file_not_csv"):
        take(town, b"PK\x03\x04")
    with pytest.raises(Refusal, match="merchant_not_found"):
        take_claim_file(town.db, HERE, 99, Upload("a.csv", b"x", by=1), day=DAY, at=town.at)
    assert rows_of_every_table(town.db) == counts


def test_too_many_rows_are_not_read(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim_file, "MOST_ROWS", 3)

    answer = take(town, claim_csv("M01", lines_of(town)).encode())

    assert answer["faults"][-1]["fault"] == "too_many"


def test_a_batch_cut_off_half_way_is_taken_whole_the_second_time(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = build_town(db, people=1, shops=1, fund_fen=0)
    planter = Planter(town.tills, seed=3)
    lines = [planter.entry(DAY, fen=100) for _ in range(25)]
    monkeypatch.setattr("settlement.batches.CHUNK", 10)
    put = "_put" if db.dialect == "sqlite" else "_put_all"
    calls: list[int] = []
    whole_put: Callable[..., int] = getattr(batches, put)
    with monkeypatch.context() as broken:

        def die(*args: Any) -> int:
            calls.append(1)
            if len(calls) > (1 if db.dialect == "sqlite" else 0):
                raise RuntimeError("power cut")
            return whole_put(*args)

        broken.setattr(batches, put, die)
        with pytest.raises(RuntimeError, match="power cut"):
            take(town, claim_csv("M01", lines).encode())

    assert take(town, claim_csv("M01", lines).encode())["outcome"] == "ok"
    assert len(claims(town)) == 25


def test_what_an_unfinished_upload_left_does_not_stand_in_the_way(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite takes a large file in parts; cut off for good, it must not count nor block."""
    town = build_town(Database(sqlite_url), people=1, shops=1, fund_fen=0)
    planter = Planter(town.tills, seed=3)
    lines = [planter.entry(DAY, fen=100) for _ in range(25)]
    monkeypatch.setattr("settlement.batches.CHUNK", 10)
    whole_put, calls = batches._put, []
    with monkeypatch.context() as broken:

        def die(*args: Any) -> int:
            calls.append(1)
            if len(calls) > 1:
                raise RuntimeError("power cut")
            return whole_put(*args)

        broken.setattr(batches, "_put", die)
        with pytest.raises(RuntimeError, match="power cut"):
            take(town, claim_csv("M01", lines).encode())
    assert len(claims(town)) == 10

    answer = take(town, claim_csv("M01", lines[:12]).encode(), name="another.csv")

    assert (answer["outcome"], answer["again"], answer["batch_no"]) == ("ok", 0, 1)
    assert len(claims(town)) == 12
