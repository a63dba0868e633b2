"""Paper lists typed in twice: what both typed alike is filed, and every cell that differs is shown."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.audit import By
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members.leaving import Leave, leave
from ledger.refs import make_reference
from ledger.sql import Sql
from settlement import keyed_lists
from settlement.keyed_lists import close_list, file_agreed, file_left, get_list, key_again, key_list
from settlement.keyed_rules import compare, read_rows
from tests.support.night_plant import Entry, Planter
from tests.support.pages_town import Served, form_number, serve, text_of
from tests.support.town import HERE, ZONE, Town, build_town

DAY = 20260305
ONE, OTHER = By("staff", 5), By("staff", 6)
CLAIMS = Sql(
    "SELECT ref, units, fen, occurred_at, business_date FROM claim WHERE community_id = :community_id ORDER BY ref"
)
BATCHES = Sql("SELECT source, claim_count FROM claim_batch WHERE community_id = :community_id")


@dataclass
class Desk:
    """An office at which one shop's paper is typed in."""

    town: Town

    def first(self, text: str) -> int:
        """The first typing; gives the list's number."""
        said = self.write(lambda tx: key_list(tx, HERE, 1, text, day=DAY, by=ONE, at=self.town.at))
        assert said["faults"] == []
        return int(said["list_no"])

    def again(self, list_no: int, text: str, by: By = OTHER) -> dict[str, int]:
        """Another typing, and what it brought to be filed."""
        at = self.town.later(60)
        self.write(lambda tx: key_again(tx, HERE, 1, list_no, text, by=by, at=at))
        return file_agreed(self.town.db, HERE, 1, list_no, at=at)

    def write(self, work: Any) -> Any:
        """In a transaction."""
        return self.town.db.write(work)

    def read(self, list_no: int) -> keyed_lists.PaperList:
        """The list as it stands."""
        with self.town.db.read() as tx:
            return get_list(tx, HERE, 1, list_no)

    def filed(self) -> list[str]:
        """The numbers claimed."""
        with self.town.db.read() as tx:
            return [row.ref for row in tx.all(CLAIMS, community_id=HERE)]


@pytest.fixture
def desk(db: Database) -> Desk:
    return Desk(build_town(db, people=1, shops=1, fund_fen=0))


def paper(town: Town, lines: int = 5) -> list[Entry]:
    """What stands on the paper: sales and a return of the first."""
    planter = Planter(town.tills[:1], seed=9)
    sales = [planter.entry(DAY, fen=500 + 100 * n) for n in range(lines - 1)]
    return [*sales, planter.refund(sales[0], DAY, 200)]


def typed(entry: Entry, **other: str) -> str:
    """The line as a person types it; `other` mistypes a cell."""
    cells = {
        "ref": entry.ref,
        "points": f"{entry.units / 100:g}",
        "yuan": f"{entry.fen / 100:.2f}",
        "time": datetime.fromtimestamp(entry.at / 1_000_000, ZONE).strftime("%H:%M"),
        **other,
    }
    return " ".join(cells.values())


def text_of_paper(entries: list[Entry]) -> str:
    return "\n".join(typed(entry) for entry in entries)


def test_two_typings_that_agree_are_filed_as_the_paper_says(desk: Desk) -> None:
    entries = paper(desk.town)
    number = desk.first(text_of_paper(entries))
    assert (desk.filed(), desk.read(number).state) == ([], "once")

    told = desk.again(number, text_of_paper(entries))

    assert (told, desk.read(number).state) == ({"filed": 5, "again": 0}, "agreed")
    with desk.town.db.read() as tx:
        kept = [tuple(row) for row in tx.all(CLAIMS, community_id=HERE)]
        [batch] = tx.all(BATCHES, community_id=HERE)
    minute = 60_000_000
    assert kept == sorted((e.ref, e.units, e.fen, e.at - e.at % minute, DAY) for e in entries)
    assert tuple(batch) == ("paper", 5)


CELLS = {
    "number": {"ref": "M01T1-260305-00099-X"},
    "points": {"points": "999"},
    "yuan": {"yuan": "99.90"},
    "time": {"time": "6:06"},
}


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_that_differs_is_shown_and_its_line_waits(desk: Desk, cell: str) -> None:
    entries = paper(desk.town)
    number = desk.first(text_of_paper(entries))
    wrong = [typed(entries[0]), typed(entries[1], **CELLS[cell]), *map(typed, entries[2:])]

    told = desk.again(number, "\n".join(wrong))

    [pair] = desk.read(number).open_pairs
    assert pair.differs_in() == (
        {"number": "ref", "points": "units", "yuan": "fen", "time": "minute"}[cell],
    )
    assert told["filed"] == 4
    assert entries[1].ref not in desk.filed()
    assert desk.again(number, typed(entries[1]), by=ONE)["filed"] == 1
    assert (desk.filed(), desk.read(number).state) == (sorted(e.ref for e in entries), "agreed")


def test_nine_planted_slips_of_the_finger_are_all_found_and_nothing_else() -> None:
    draw = random.Random(18)
    text = [f"M01T1-260305-{n:05d}-A {n * 20} {n}.00 {n % 12 + 8}:30" for n in range(1, 61)]
    wrong = list(text)
    places = sorted(draw.sample(range(60), 9))
    for place in places[:7]:
        cells = wrong[place].split()
        at = draw.randrange(4)
        cells[at] = {0: cells[0][:-1] + "B", 1: "7777", 2: "7777.00", 3: "7:07"}[at]
        wrong[place] = " ".join(cells)
    for place in reversed(places[7:]):
        del wrong[place]  # a line skipped

    pairs = compare(read_rows("\n".join(text))[0], read_rows("\n".join(wrong))[0])

    first = [pair.first for pair in pairs]
    assert [n for n, pair in enumerate(pairs) if not pair.agrees] == places, first


def test_what_agrees_with_neither_typing_stays_open_and_the_list_can_be_closed(desk: Desk) -> None:
    entries = paper(desk.town)
    number = desk.first(text_of_paper(entries))
    desk.again(number, "\n".join([*map(typed, entries[:-1]), typed(entries[-1], yuan="-3.00")]))

    assert desk.again(number, typed(entries[-1], yuan="-4.00"))["filed"] == 0
    assert desk.read(number).state == "open"
    with pytest.raises(Refusal, match="reason_missing"):
        desk.write(lambda tx: close_list(tx, HERE, 1, number, " ", by=ONE, at=desk.town.at))
    desk.write(lambda tx: close_list(tx, HERE, 1, number, "torn", by=ONE, at=desk.town.at))
    with pytest.raises(Refusal, match="keyed_list_over"):
        desk.again(number, typed(entries[-1]))
    assert desk.filed() == sorted(e.ref for e in entries[:-1])


def test_cut_off_before_filing_the_same_list_is_filed_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = paper(desk.town)
    number = desk.first(text_of_paper(entries))
    with monkeypatch.context() as broken:
        broken.setattr(keyed_lists, "store_batch", lambda *_args, **_more: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.again(number, text_of_paper(entries))
    assert desk.filed() == []

    # Nobody is asked for it again, so the night looks after it.
    assert desk.read(number).state == "agreed"

    filed = [file_left(desk.town.db, HERE, at=desk.town.at) for _ in range(2)]

    assert filed == [5, 0]
    with desk.town.db.read() as tx:
        assert len(tx.all(BATCHES, community_id=HERE)) == 1


def test_a_shop_whose_claims_are_over_claims_by_no_paper_either(desk: Desk) -> None:
    at = desk.town.at
    gone = Leave("left", DAY, 0, "closed")
    desk.write(lambda tx: leave(tx, HERE, 1, gone, by=ONE, at=at + 40 * 86_400_000_000))
    desk.town.at = at + 41 * 86_400_000_000

    with pytest.raises(Refusal, match="claims_over"):
        desk.first(text_of_paper(paper(desk.town)))


def test_a_list_that_cannot_be_filed_now_keeps_no_night_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = text_of_paper(paper(desk.town))
    number = desk.first(text)
    with monkeypatch.context() as broken:
        broken.setattr(keyed_lists, "store_batch", lambda *_args, **_more: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.again(number, text)

    def lost(*_: Any) -> None:
        raise Refusal("recovery_wait")

    with monkeypatch.context() as recovering:
        recovering.setattr(keyed_lists, "check_claims", lost)
        assert file_left(desk.town.db, HERE, at=desk.town.at) == 0
    assert file_left(desk.town.db, HERE, at=desk.town.at) > 0


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("M01T1-1 200 10.00", ("", "columns")),
        ("M01?1-1 200 10.00 9:30", ("ref", "ref")),
        (f"{make_reference('M01T1', 20269999, 1)} 200 10.00 9:30", ("ref", "ref")),
        ("M01T1-1 2oo 10.00 9:30", ("points", "number")),
        ("M01T1-1 200 10.001 9:30", ("yuan", "number")),
        ("M01T1-1 200 0 9:30", ("yuan", "zero")),
        ("M01T1-1 -200 10.00 9:30", ("points", "sign")),
        ("M01T1-1 200 10.00 25:30", ("time", "time")),
    ],
)
def test_a_line_that_is_none_is_named(line: str, fault: tuple[str, str]) -> None:
    rows, faults = read_rows(f"M01T1-1 200 10.00 0930\n\n{line}\nＭ０１T1-2 ２００ 1,000.5 9.30")

    assert [tuple(one)[1:] for one in faults] == [fault]
    assert (faults[0].line_no, [row.fen for row in rows]) == (3, [1_000, 100_050])


def test_two_clerks_type_a_paper_list_on_the_offices_pages(sqlite_url: str, tmp_path: Path) -> None:
    served: Served = serve(Database(sqlite_url), tmp_path)
    entries = paper(served.town)
    client = served.member("zhou")
    first = post(client, "/office/keyed", lines=text_of_paper(entries), shop="1", day="2026-03-05")
    assert "把同一张纸单再录一遍" in text_of(first) or "等第二遍录入" in text_of(first)

    page = client.get("/office/keyed/1/1")
    assert entries[0].ref not in page.get_data(as_text=True)
    assert "第一遍是您录的" in text_of(page)
    wrong = [typed(entries[0], yuan="6.66"), *map(typed, entries[1:])]
    second = text_of(post(client, "/office/keyed/1/1", lines="\n".join(wrong)))
    assert "4 行一致，已申报" in second
    assert "6.66" in second
    assert "还有不一致的行" in second
    assert "已办好" not in second
    assert "两遍都是同一个人录的" in second
    third = text_of(post(client, "/office/keyed/1/1", lines=typed(entries[0])))
    assert "5 行一致，已申报" in third
    assert "各行都一致，已申报" in third
    assert "纸质，双录" in text_of(client.get("/office/claims"))


def test_the_same_form_for_another_day_is_not_taken_for_the_first(
    sqlite_url: str, tmp_path: Path
) -> None:
    served: Served = serve(Database(sqlite_url), tmp_path)
    client = served.member("zhou")
    number = form_number(client.get("/office/keyed"), "/office/keyed")
    form = {"request_id": number, "shop": "1", "lines": text_of_paper(paper(served.town))}
    client.post("/office/keyed", data={**form, "day": "2026-03-05"})

    again = client.post("/office/keyed", data={**form, "day": "2026-03-04"}, follow_redirects=True)

    assert again.status_code == 409
    assert client.get("/office/keyed/1/2").status_code == 404


def post(client: Any, path: str, **fields: str) -> Any:
    page = client.get(path)
    sent = {"request_id": form_number(page, path), **fields}
    return client.post(path, data=sent, follow_redirects=True)


def test_the_page_names_what_was_claimed_before_and_a_number_that_cannot_be(
    sqlite_url: str, tmp_path: Path
) -> None:
    served: Served = serve(Database(sqlite_url), tmp_path)
    entries = paper(served.town)
    client = served.member("zhou")
    wrong = f"{entries[1].ref[:-1]}{'A' if entries[1].ref[-1] != 'A' else 'B'}"
    for number, lines in (
        (1, [typed(entries[0])]),
        (2, [typed(entries[0]), typed(entries[1], ref=wrong), typed(entries[2])]),
    ):
        whole = "\n".join(lines)
        post(client, "/office/keyed", lines=whole, shop="1", day="2026-03-05")
        shown = text_of(post(client, f"/office/keyed/1/{number}", lines=whole))
        assert "已经申报过" in shown if number == 2 else "已经申报过" not in shown

    said = shown.split("已经申报过")[1]
    again, odd = said.split("最后一位对不上")
    assert entries[0].ref in again
    assert wrong not in again
    assert wrong in odd
    assert entries[2].ref not in said
