"""The stack of slip halves as third key: three different findings, and none where all three agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.audit import By
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql
from pos.paper import short_code
from settlement.ageing import Step
from settlement.ageing_run import age_open
from settlement.due import due_on
from settlement.intake import Upload, take_claim_file
from settlement.slip_rules import read_stack
from settlement.slips import Counted, close_finding, open_findings, take_stack
from settlement.verdicts import Code
from tests.kiosk.test_cli import Run, answer, open_with_shop, run
from tests.settlement.test_night_crash import rows_of_every_table
from tests.support.night_plant import Entry, Planter, claim_csv
from tests.support.pages_town import Served, form_number, serve, text_of
from tests.support.slip_stack import typed, typed_short
from tests.support.town import HERE, Town, build_town

__all__ = ["run"]

FIRST, LAST = 20260302, 20260304
CLERK = By("staff", 5)


def month_of(town: Town, *, seed: int = 11, count: int = 60) -> list[Entry]:
    """Sales and a refund of three days."""
    planter = Planter([town.tills[0]], seed=seed)
    sales = [planter.entry(FIRST + n % 3, fen=100 + 7 * n) for n in range(count)]
    return [*sales, planter.refund(sales[0], FIRST, 50)]


def claim(town: Town, entries: list[Entry]) -> None:
    body = claim_csv("M01", entries).encode()
    took = take_claim_file(town.db, HERE, 1, Upload("c.csv", body, 5), day=FIRST, at=town.at)
    assert took["outcome"] == "ok"


def count(
    town: Town, text: str, *, whole: bool = True, first: int = FIRST, last: int = LAST
) -> dict[str, Any]:
    counted = Counted("stack.txt", text.encode(), first, last, is_whole=whole)
    return town.db.write(lambda tx: take_stack(tx, HERE, 1, counted, by=CLERK, at=town.at))


def found(town: Town) -> list[tuple[Any, ...]]:
    with town.db.read() as tx:
        rows = open_findings(tx, HERE)
    return [(row.code, row.ref, row.claim_fen, row.slip_fen) for row in rows]


@pytest.fixture
def town(db: Database) -> Town:
    return build_town(db, people=1, shops=2, fund_fen=0)


@pytest.mark.parametrize("write", [typed, typed_short])
def test_a_stack_that_agrees_shows_nothing(town: Town, write: Any) -> None:
    """Control: without a planted fault there is no finding."""
    entries = month_of(town)
    claim(town, entries)

    took = count(town, write(entries))

    assert (took["outcome"], took["halves"], took["total_fen"]) == (
        "ok",
        61,
        sum(e.fen for e in entries),
    )
    assert found(town) == []


@pytest.mark.parametrize("seed", [2, 77, 2026])
def test_no_slip_no_claim_and_another_amount_are_three_different_findings(
    town: Town, seed: int
) -> None:
    entries = month_of(town, seed=seed)
    without_slip, without_claim, changed = entries[3], entries[17], entries[40]
    claim(town, [one for one in entries if one is not without_claim])

    stack = [one for one in entries if one is not without_slip]
    took = count(town, typed(stack, amounts={changed.ref: changed.fen + 900}))

    assert took["open"] == {"K1": 1, "K2": 1, "K3": 1}
    assert found(town) == [
        ("K1", without_slip.ref, without_slip.fen, None),
        ("K2", without_claim.ref, None, without_claim.fen),
        ("K3", changed.ref, changed.fen, changed.fen + 900),
    ]


ROWS = Sql(
    "SELECT code, ref, plus_fen, minus_fen, state, decision, due_date FROM discrepancy"
    " WHERE community_id = :community_id ORDER BY discrepancy_no"
)


def rows(town: Town) -> list[tuple[Any, ...]]:
    with town.db.read() as tx:
        return [tuple(row) for row in tx.all(ROWS, community_id=HERE)]


def test_each_finding_is_a_difference_with_a_due_date_that_ages_and_ends_with_it(
    town: Town,
) -> None:
    entries = month_of(town)
    without_slip, without_claim, changed = entries[3], entries[17], entries[40]
    claim(town, [one for one in entries if one is not without_claim])
    stack = [one for one in entries if one is not without_slip]
    count(town, typed(stack, amounts={changed.ref: changed.fen + 900}))

    due = due_on(town.day, Code.K1)
    assert rows(town) == [
        ("K1", without_slip.ref, 0, without_slip.fen, "open", None, due),
        ("K2", without_claim.ref, without_claim.fen, 0, "open", None, due),
        ("K3", changed.ref, 900, 0, "open", None, due),
    ]
    later = town.db.write(lambda tx: age_open(tx, HERE, today=20260320, at=town.at))
    assert later == {Step.UNOWNED: 3, Step.OVERDUE: 3, Step.ESCALATED: 3, Step.COMMITTEE: 3}

    count(town, typed([without_slip]), whole=False)
    town.db.write(
        lambda tx: close_finding(
            tx, HERE, 1, without_claim.ref, "K2", "补申报了", by=CLERK, at=town.at
        )
    )
    assert [(row[0], row[4], row[5]) for row in rows(town)] == [
        ("K1", "auto_cleared", None),
        ("K2", "decided", "slip_closed"),
        ("K3", "open", None),
    ]


def test_part_of_a_stack_says_nothing_of_claims_it_does_not_hold(town: Town) -> None:
    entries = month_of(town)
    claim(town, entries)

    assert count(town, typed(entries[:20]), whole=False)["open"] == {"K1": 0, "K2": 0, "K3": 0}
    assert count(town, typed(entries[20:]), whole=True)["open"] == {"K1": 0, "K2": 0, "K3": 0}


def test_a_finding_clears_by_itself_once_the_slip_is_there_and_comes_back_if_it_must(
    town: Town,
) -> None:
    entries = month_of(town)
    claim(town, entries[:-2])
    count(town, typed(entries[1:-1]))
    assert [row[0] for row in found(town)] == ["K1", "K2"]

    count(town, typed(entries[:1]), whole=False)
    assert [row[0] for row in found(town)] == ["K2"]
    claim(town, [entries[-2]])
    count(town, typed(entries[:2]), whole=False)
    assert found(town) == []


def test_the_same_stack_again_changes_nothing_and_a_slip_scanned_twice_counts_once(
    town: Town,
) -> None:
    entries = month_of(town)
    claim(town, entries)
    text = typed([*entries, entries[5]])
    first = count(town, text)
    rows = rows_of_every_table(town.db)

    assert (first["repeated"], first["halves"]) == (1, 61)
    assert count(town, text) == {**first, "again": True}
    assert rows_of_every_table(town.db) == rows


def test_every_mistyped_sign_is_named_by_its_line_and_nothing_counts(town: Town) -> None:
    entries = month_of(town)
    claim(town, entries)
    good = entries[0].ref
    wrong = [
        good[:n] + ("7" if good[n] != "7" else "3") + good[n + 1 :]
        for n in range(len(good))
        if good[n].isdigit()
    ]
    text = (
        typed(entries[:2])
        + "".join(f"{one} 1.00\n" for one in wrong)
        + "5 1.00\nM01T1 2026-03-02\n1 x\n"
    )

    took = count(town, text)

    assert took["outcome"] == "UNREADABLE"
    assert [fault["line_no"] for fault in took["faults"]] == [
        *range(3, 3 + len(wrong)),
        3 + len(wrong),
        5 + len(wrong),
    ]
    assert found(town) == []
    with town.db.read() as tx:
        assert open_findings(tx, HERE) == []


def test_two_amounts_for_one_slip_and_days_that_are_none_are_refused(town: Town) -> None:
    entries = month_of(town)

    twice = count(town, typed(entries[:1]) + typed(entries[:1], amounts={entries[0].ref: 1}))
    assert [fault["fault"] for fault in twice["faults"]] == ["twice"]
    with pytest.raises(Refusal, match="stack_days"):
        count(town, typed(entries), first=LAST, last=FIRST)


def test_paper_pads_have_their_own_check_sign() -> None:
    code = short_code("M01P1", 17)
    short = read_stack(f"M01P1 2026-03-02\n{code} 10.00\n", frozenset({"M01P1"}))
    as_till = read_stack(f"M01P1 2026-03-02\n{code} 10.00\n")

    assert (len(short.halves), len(short.faults), len(as_till.faults)) == (1, 0, 1)


def test_a_finding_is_closed_with_a_reason_once(town: Town) -> None:
    entries = month_of(town)
    count(town, typed(entries[:1]), whole=False)

    def close(reason: str) -> None:
        town.db.write(
            lambda tx: close_finding(
                tx, HERE, 1, entries[0].ref, "K2", reason, by=CLERK, at=town.at
            )
        )

    with pytest.raises(Refusal, match="reason_missing"):
        close(" ")
    close("补申报了")
    with pytest.raises(Refusal, match="slip_finding_not_found"):
        close("再来一次")
    assert found(town) == []


def test_the_office_types_a_stack_sees_findings_and_closes_one(
    sqlite_url: str, tmp_path: Path
) -> None:
    served: Served = serve(Database(sqlite_url), tmp_path)
    client, town = served.member("second"), served.town
    entries = month_of(town)
    claim(town, entries[1:])

    page = client.get("/office/slips")
    sent = {
        "request_id": form_number(page, "/office/slips"),
        "shop": "1",
        "first": "2026-03-02",
        "last": "2026-03-04",
        "lines": typed(entries[:2]),
    }
    shown = client.post("/office/slips", data=sent)
    assert f"{entries[0].ref} K2 有小票，没有申报 - 1.00 -" in text_of(shown)

    closed = client.post(
        "/office/slips/close",
        data={
            "request_id": form_number(shown, "/office/slips/close"),
            "shop": "1",
            "ref": entries[0].ref,
            "code": "K2",
            "reason": "补申报了",
        },
    )
    assert closed.status_code == 303
    assert "没有待处理的差异。只核对录入过的小票存根" in text_of(client.get("/office/slips"))


def test_the_command_counts_a_stack_and_ends_badly_on_a_bad_line(run: Run, tmp_path: Path) -> None:
    open_with_shop(run, tmp_path, "M01")
    stack = tmp_path / "stack.txt"
    here = ("slips", "M01", str(stack), "--from", "2026-03-02", "--to", "2026-03-04")

    stack.write_text("# nothing yet\n", encoding="utf-8")
    assert answer(run(*here, "--json"))["outcome"] == "EMPTY"
    stack.write_text("M01T1-260302-00001-0 10.00\n", encoding="utf-8")
    bad = run(*here)
    assert (bad.exit_code, "number" in bad.output) == (1, True)
