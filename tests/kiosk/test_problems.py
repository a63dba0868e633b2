"""Every refusal has a status and a sentence in both languages that says what to do next."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk import problems
from kiosk.refusals import REFUSALS
from kiosk.texts import facts_of, sentences
from ledger.database import Database
from ledger.errors import Refusal
from tests.kiosk.test_pages_office import post
from tests.support.awards import scheme_text
from tests.support.pages_town import Served, serve, text_of

ROOT = Path(__file__).parents[2]
PACKAGES = ("ledger", "pos", "settlement", "kiosk")


@pytest.fixture
def hebei(sqlite_url: str, tmp_path: Path) -> Served:
    """A town whose points have no decimals."""
    return serve(Database(sqlite_url), tmp_path, scheme_text=scheme_text("hebei"))


def refusals_in_source() -> Iterator[tuple[str, set[str], str]]:
    """Each `Refusal("code", fact=…)` of the product: code, names of its facts, place."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _is_refusal(node):
                    code = ast.literal_eval(node.args[0])
                    place = f"{path.relative_to(ROOT)}:{node.lineno}"
                    yield code, {key.arg or "**" for key in node.keywords}, place


def _is_refusal(call: ast.Call) -> bool:
    return (
        isinstance(call.func, ast.Name)
        and call.func.id == "Refusal"
        and bool(call.args)
        and isinstance(call.args[0], ast.Constant)
    )


def test_every_refusal_in_the_source_is_described() -> None:
    unknown = [
        f"{code} at {place}" for code, _, place in refusals_in_source() if code not in REFUSALS
    ]

    assert unknown == []


def test_every_refusal_brings_the_facts_its_sentence_needs() -> None:
    lacking = [
        f"{code} at {place}: {sorted(facts_of(REFUSALS[code].sentence) - facts)}"
        for code, facts, place in refusals_in_source()
        if code in REFUSALS and "**" not in facts and not facts_of(REFUSALS[code].sentence) <= facts
    ]

    assert lacking == []


def test_every_sentence_is_in_chinese_too_and_says_what_to_do_next() -> None:
    chinese = sentences("zh")

    for code, known in REFUSALS.items():
        assert chinese.get(known.sentence), code
        assert sum(known.sentence.count(end) for end in ".;:") >= 2, code
        assert known.status in problems._TITLES, code
        assert known.status in problems._NEXT, code


def test_a_refusal_is_told_in_yuan_points_and_days() -> None:
    short = Refusal("insufficient_points", available_units=15_000, asked_units=20_000)
    closed = Refusal("period_locked", business_date=20_260_302)

    assert problems.sentence(short, "en").startswith("The resident has 150.00 points; 200.00 were")
    assert (
        problems.sentence(short, "zh")
        == "居民现有 150.00 积分，要用 200.00 积分。请减少使用的积分。"
    )
    assert "2026-03-02" in problems.sentence(closed, "zh")


def test_points_without_decimals_are_told_without(hebei: Served) -> None:
    few = Refusal("insufficient_points", available_units=15, asked_units=20)
    assert "15 积分" in problems.sentence(few, "zh", precision=0)

    page = "/office/residents/1"
    said = text_of(post(hebei, "wang", page, f"{page}/card", number="", carer_points="9999"))

    assert re.search(r"请填少于每天 200 分|200 分|少于 200", said), said
    assert "2.00" not in said


def test_a_time_is_told_on_the_communitys_clock() -> None:
    noon_utc = 1_772_452_800_000_000
    shown = problems._shown("used_at", noon_utc, str, ZoneInfo("Asia/Shanghai"))

    assert shown == "03-02 20:00"


def test_a_problem_keeps_long_numbers_as_text() -> None:
    body = problems.problem(
        Refusal("sale_open", sale_id=7, left_fen=5_000, number=2**60), request_id="r1"
    )

    assert body["facts"] == {"sale_id": "7", "left_fen": 5_000, "number": str(2**60)}
    assert (body["status"], body["code"], body["request_id"]) == (409, "sale_open", "r1")
    assert body["next"] == "check"


def test_a_refusal_nobody_described_still_names_itself() -> None:
    body = problems.problem(Refusal("never_heard_of"), request_id="r1")

    assert body["status"] == 409
    assert "never_heard_of" in body["detail"]


@pytest.mark.parametrize("code", ["pin_needed", "sign_in_locked"])
def test_a_missing_fact_does_not_break_the_sentence(code: str) -> None:
    assert "…" in problems.sentence(Refusal(code), "en")
