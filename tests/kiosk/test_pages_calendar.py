"""The office's calendar of what runs by itself: what ran, what is late and why, tried again with one press."""

from __future__ import annotations

from kiosk.clockwork import record
from kiosk.clockwork.plan import open_runs
from kiosk.clockwork.rules import read_timetable
from tests.kiosk.test_pages_office import post
from tests.support.pages_town import Served, text_of
from tests.support.town import HERE, moment

PAGE = "/office/calendar"
MINUTE = 60_000_000


def ran(served: Served, step: str, period: int, *, problem: str = "", **answer: object) -> None:
    """What a worker would have written at the town's time."""
    at = served.town.at
    key = (HERE, step, period)

    def work(tx) -> None:
        record.take(tx, *key, due_at=at, worker="a", at=at)
        if problem:
            again = at + MINUTE
            record.end_badly(tx, *key, worker="a", problem=problem, next_try_at=again, at=at)
        else:
            record.end_well(tx, *key, worker="a", answer=answer, at=at)

    served.town.db.write(work)


def test_before_anything_ran_the_page_says_so_and_nothing_is_red(served: Served) -> None:
    page = text_of(served.member("liu").get(PAGE))
    assert "这里还没有自动做过什么" in page
    assert "过了时限还没做完" not in page


def test_what_ran_stands_there_with_its_figures(served: Served) -> None:
    served.town.at = moment("2026-03-03 05:00")
    ran(served, "night", 20260302, shops=12, settled_fen=123_456)
    page = text_of(served.member("liu").get(PAGE))
    assert "商户 12 家 · 结算 1,234.56 元" in page
    assert "2026-03-02" in page


def test_a_late_step_is_red_here_and_on_the_first_page_with_what_to_do(served: Served) -> None:
    served.town.at = moment("2026-03-03 05:00")
    ran(served, "notices", 20260303, problem="recovery_open")
    served.town.at = moment("2026-03-03 09:00")
    office = served.member("liu")
    page = text_of(office.get(PAGE))
    assert "过了时限还没做完" in page
    assert "recovery_open" not in page  # a sentence, not a word for programs
    assert "自动任务过了时限还没做完" in text_of(office.get("/office/today"))


def test_a_failed_step_is_let_go_with_one_press(served: Served) -> None:
    served.town.at = moment("2026-03-03 05:00")
    ran(served, "silence", 20260303, problem="ValueError")
    office = served.member("liu")
    page = text_of(office.get(PAGE))
    assert "程序出错（ValueError）" in page
    served.town.at += 10_000_000
    post(served, "zhou", PAGE, f"{PAGE}/again", step="silence", period="20260303")
    with served.town.db.read() as tx:
        run = record.find_run(tx, HERE, "silence", 20260303)
        waits = open_runs(tx, HERE, read_timetable(), now=served.town.at)
    assert run is not None
    assert run.next_try_at == served.town.at
    assert "silence" in {step.name for step, _ in waits}
