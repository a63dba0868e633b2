"""Lists as shops send them, wrong or odd: each with its outcome of the four, by function, page and command."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql
from settlement.claims import file_daybook
from settlement.intake import Upload, take_claim_file
from tests.kiosk.test_cli import Run, answer, open_with_shop, run
from tests.support.night_plant import Entry, Planter, claim_csv, daybook, next_day
from tests.support.pages_town import Served, form_number, serve, text_of
from tests.support.town import HERE, Till, Town, build_town

__all__ = ["run"]

DAY = 20260305
KEPT = Sql("SELECT count(*) AS n FROM stored_file WHERE community_id = :community_id")
CLAIMS = Sql("SELECT count(*) AS n, sum(fen) AS fen FROM claim WHERE community_id = :community_id")

Lines = list[Entry]


def _other_month(lines: Lines) -> bytes:
    return claim_csv("M01", lines).replace("202603,M01", "202602,M01").encode()


def _slashes(lines: Lines) -> bytes:
    return claim_csv("M01", lines).replace("2026-03-05 ", "2026/3/5 ").encode()


def _wrong_total(lines: Lines) -> bytes:
    head, _, total = claim_csv("M01", lines).rstrip("\r\n").rpartition("\r\n")
    return f"{head}\r\n{total.replace(',,,,', ',,,,1')}".encode()


def _cut_in_a_sign(lines: Lines) -> bytes:
    body = claim_csv("M01", lines).encode()
    return body[:4] + b"\xff\xfe\x00\xd8\x81" + body[7:40]


FILES: dict[str, tuple[Callable[[Lines], bytes], str]] = {
    "wrong month": (_other_month, "ok"),
    "GBK": (lambda lines: claim_csv("M01", lines).encode("gbk"), "ok"),
    "back-quotes": (lambda lines: claim_csv("M01", lines, backquote=True).encode(), "ok"),
    "thousands separators": (lambda lines: claim_csv("M01", lines).encode(), "ok"),
    "dates as 2026/3/5": (_slashes, "ok"),
    "no total row": (lambda lines: claim_csv("M01", lines, total=False).encode(), "ok"),
    "a total row that is wrong": (_wrong_total, "TOTALS_WRONG"),
    "an empty file": (lambda _lines: b"", "EMPTY"),
    "headings alone": (lambda _lines: claim_csv("M01", [], total=False).encode(), "EMPTY"),
    "cut off in a sign": (_cut_in_a_sign, "UNREADABLE"),
}
"""Each kind of file with its outcome; all lines of a good one count, none of a bad one."""


def lines_for(town: Town) -> Lines:
    """Three sales, one of them above 1,000 yuan, and a refund."""
    planter = Planter(town.tills[:1], seed=9)
    sales = [planter.entry(DAY, fen=fen) for fen in (1_000, 123_456, 500)]
    return [*sales, planter.refund(sales[0], DAY, 200)]


def counted(db: Database) -> tuple[int, int]:
    with db.read() as tx:
        row = tx.get(CLAIMS, community_id=HERE)
        return int(row.n), int(row.fen or 0)


def take(town: Town, body: bytes, *, name: str = "a.csv", day: int = DAY) -> dict[str, Any]:
    return take_claim_file(town.db, HERE, 1, Upload(name, body, by=5), day=day, at=town.at)


@pytest.mark.parametrize("what", FILES)
def test_each_kind_of_file_has_its_outcome_and_again_it_is_seen_before(
    sqlite_url: str, what: str
) -> None:
    make, outcome = FILES[what]
    town = build_town(Database(sqlite_url), people=1, shops=1, fund_fen=0)
    lines = lines_for(town)

    answer = take(town, make(lines))
    again = take(town, make(lines), name="again.csv")

    good = (4, sum(line.fen for line in lines))
    assert answer["outcome"] == outcome
    assert answer["other_month"] == (4 if what == "wrong month" else 0)
    assert counted(town.db) == (good if outcome == "ok" else (0, 0))
    assert (again["outcome"], again["first_outcome"]) == ("seen_before", outcome)
    with town.db.read() as tx:
        assert tx.get(KEPT, community_id=HERE).n == 1
    town.db.close()


def test_an_empty_file_says_so_for_each_day_it_is_sent_for(db: Database) -> None:
    town = build_town(db, people=1, shops=1, fund_fen=0)

    said = [take(town, b"", day=day)["outcome"] for day in (DAY, DAY, next_day(DAY))]

    assert said == ["EMPTY", "seen_before", "EMPTY"]


SAID = {
    "ok": "已收下",
    "EMPTY": "里面没有申报",
    "UNREADABLE": "有错误行",
    "TOTALS_WRONG": "合计不符",
}


def test_the_offices_page_says_each_outcome(sqlite_url: str, tmp_path: Path) -> None:
    served: Served = serve(Database(sqlite_url), tmp_path)
    client = served.member("zhou")
    for n, (what, (make, outcome)) in enumerate(FILES.items()):
        body = make(lines_for(served.town))
        page = client.get("/office/claims")
        sent = {
            "request_id": form_number(page, "/office/claims"),
            "shop": "1",
            "day": "2026-03-05",
            "file": (io.BytesIO(body), f"{n}.csv"),
        }
        told = text_of(client.post("/office/claims", data=sent))
        assert SAID[outcome] in told, what
        assert ("申报月份与抵扣日期不符" in told) == (what == "wrong month"), what


def test_a_refused_batch_of_a_till_stands_on_the_offices_page(
    sqlite_url: str, tmp_path: Path
) -> None:
    served: Served = serve(Database(sqlite_url), tmp_path)
    town, till = served.town, served.town.tills[0]
    batch = daybook(DAY, 7, [Planter([till], seed=3).entry(DAY, fen=100)])
    with pytest.raises(Refusal, match="claim_batch_gap"):
        file_daybook(town.db, HERE, till.terminal_id, batch, at=town.at)

    told = text_of(served.member("zhou").get("/office/claims"))

    assert "被拒收的收款机批次" in told
    assert "前面缺批次" in told


def test_the_command_says_each_outcome(run: Run, tmp_path: Path) -> None:
    open_with_shop(run, tmp_path, "M01")
    planter = Planter([Till(1, "M01T1", 1)], seed=9)
    for what, (make, outcome) in FILES.items():
        own = tmp_path / "own.csv"
        sales = [planter.entry(DAY, fen=fen) for fen in (1_000, 123_456)]
        own.write_bytes(make([*sales, planter.refund(sales[0], DAY, 200)]))
        said = answer(run("claims", "M01", str(own), "2026-03-05", "--json"))
        assert (said["outcome"], said["other_month"]) == (
            outcome,
            3 if what == "wrong month" else 0,
        ), what
