"""What the documents promise is there: each feature once, each claim with a test behind it."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from kiosk.cli import COMMANDS
from kiosk.config import Settings
from kiosk.reference import PAGES
from kiosk.refusals import REFUSALS
from ledger.members.settings import CommunitySettings
from settlement.verdicts import RULES

ROOT = Path(__file__).parents[1]

# Groups of features and how many each has.
FEATURES = {
    "A": 16, "B": 19, "C": 15, "D": 20, "E": 10, "F": 12, "G": 11,
    "H": 25, "I": 12, "J": 12, "K": 9, "L": 10, "M": 10, "Z": 56,
}  # fmt: skip
IDEAS = 18

STATES = {"works", "part", "not yet"}


class Feature(NamedTuple):
    """One row of docs/features.md."""

    id: str
    name: str
    state: str
    test: str


@cache
def listed() -> tuple[Feature, ...]:
    """Every row of docs/features.md."""
    text = (ROOT / "docs/features.md").read_text(encoding="utf-8")
    cells = re.findall(r"(?m)^\| ((?:[A-Z]\d\d|idea \d+)) \| (.+?) \| (.+?) \| ?(.*?) ?\|$", text)
    return tuple(Feature(*(cell.strip() for cell in row)) for row in cells)


def test_every_feature_is_listed_once() -> None:
    wanted = [f"{group}{n:02}" for group, count in FEATURES.items() for n in range(1, count + 1)]
    wanted += [f"idea {n}" for n in range(1, IDEAS + 1)]

    assert Counter(feature.id for feature in listed()) == Counter(wanted)


def test_no_row_is_written_in_a_form_that_is_not_read() -> None:
    text = (ROOT / "docs/features.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\|(?! id \| |\s*---).*$", text)

    assert len(rows) == len(listed())


def test_each_feature_says_how_far_it_is_and_what_shows_it() -> None:
    assert [fault for feature in listed() for fault in faults(feature)] == []


def faults(feature: Feature) -> Iterator[str]:
    """What is untrue or unfounded in one row."""
    tests = re.findall(r"`([^`]+)`", feature.test)
    if feature.state not in STATES:
        yield f"{feature.id}: {feature.state!r} is no state"
    if feature.state == "not yet" and tests:
        yield f"{feature.id}: not yet there, but tested"
    if feature.state != "not yet" and not tests:
        yield f"{feature.id}: {feature.state}, but no test shows it"
    yield from (f"{feature.id}: there is no {test}" for test in tests if not exists(test))


@pytest.mark.parametrize(
    ("state", "test"),
    [
        ("works", ""),
        ("part", "`tests/test_docs.py::test_that_nobody_wrote`"),
        ("not yet", "`tests/test_docs.py::test_every_feature_is_listed_once`"),
        ("done", "`tests/test_docs.py::test_every_feature_is_listed_once`"),
    ],
)
def test_an_unfounded_row_is_found(state: str, test: str) -> None:
    assert list(faults(Feature("A01", "Signed code", state, test))) != []


def exists(test: str) -> bool:
    """Whether `tests/…::name` names a test function, or a test of the web app."""
    path, _, name = test.partition("::")
    file = ROOT / path
    if not file.is_file():
        return False
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        return bool(name) and name in text
    return path.startswith("tests/") and any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
        for node in ast.walk(ast.parse(text))
    )


def test_the_search_for_tests_tells_them_apart() -> None:
    here = "tests/test_docs.py"

    assert exists(f"{here}::test_every_feature_is_listed_once")
    assert not exists(f"{here}::test_that_nobody_wrote")
    assert not exists("tests/test_nothing.py::test_every_feature_is_listed_once")


def test_decisions_are_numbered_without_a_gap() -> None:
    names = sorted(path.name for path in (ROOT / "docs/decisions").glob("*.md"))

    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


def test_the_tables_written_from_the_code_are_up_to_date() -> None:
    stale = [
        name
        for name, write in PAGES.items()
        if (ROOT / "docs" / name).read_text(encoding="utf-8") != write()
    ]

    assert stale == [], "run: python -m kiosk.reference docs"


def test_every_refusal_and_every_verdict_stands_in_its_table() -> None:
    shown = {name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in PAGES}

    assert [code for code in REFUSALS if f"| `{code}` |" not in shown["refusals.md"]] == []
    assert [code for code in RULES if f"\n| {code.value} |" not in shown["verdicts.md"]] == []


@pytest.mark.parametrize("kind", [Settings, CommunitySettings])
def test_every_setting_is_explained(kind: type[Settings | CommunitySettings]) -> None:
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")

    assert [entry.name for entry in fields(kind) if f"| `{entry.name}` |" not in text] == []


def test_no_setting_is_explained_that_does_not_exist() -> None:
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    real = {entry.name for kind in (Settings, CommunitySettings) for entry in fields(kind)}

    assert set(re.findall(r"(?m)^\| `([a-z_]+)` \|", text)) - real == set()


@pytest.mark.parametrize("page", ["docs/tour.md", "README.md", "docs/README.en.md"])
def test_every_function_a_page_names_is_there(page: str) -> None:
    assert [name for name in named_code(page) if not is_defined(name)] == []


def test_the_tour_walks_through_code() -> None:
    assert len(set(named_code("docs/tour.md"))) > LONG_TOUR


def test_the_search_for_functions_tells_them_apart() -> None:
    assert is_defined("pos/checkout.py:check_out")
    assert is_defined("ledger/database.py:Database.write")
    assert is_defined("kiosk/web/src/app/desk.ts:sell")
    assert not is_defined("pos/checkout.py:check_in")
    assert not is_defined("pos/check.py:check_out")
    assert not is_defined("kiosk/web/src/app/desk.ts:buy")


LONG_TOUR = 40


def named_code(page: str) -> list[str]:
    """Every `path.py:function` of a page (the web app's `.ts` too)."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"`([\w/]+\.(?:py|tsx?):[\w.]+)`", text)


def is_defined(name: str) -> bool:
    """Whether the file has the function, class, method or constant."""
    path, _, wanted = name.partition(":")
    file = ROOT / path
    if not file.is_file():
        return False
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        plain = re.escape(wanted)
        return (
            re.search(rf"(?:function|const|class|let|async|private)\s+{plain}\b", text) is not None
        )
    return wanted in set(definitions(ast.parse(text)))


def definitions(tree: ast.Module | ast.ClassDef, inside: str = "") -> Iterator[str]:
    """The names a module defines, methods as Class.method."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield inside + node.name
        if isinstance(node, ast.ClassDef):
            yield from definitions(node, f"{inside}{node.name}.")
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (inside + at.id for at in targets if isinstance(at, ast.Name))


PAGES_WITH_LINKS = sorted(
    str(path.relative_to(ROOT)) for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
)


@pytest.mark.parametrize("page", PAGES_WITH_LINKS)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) + re.findall(r'src="([^"]+)"', text)
    near = [at for at in found if "://" not in at]

    assert [at for at in near if not ((ROOT / page).parent / at).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "docs/README.en.md"])
def test_the_readme_is_short_and_names_every_command(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")

    assert len(text.splitlines()) <= LONGEST_README
    assert [name for name in COMMANDS if f"| `jifen {name}` |" not in text] == []


LONGEST_README = 120


@pytest.mark.parametrize("page", ["docs/reliability.md"])
def test_every_trial_a_page_names_is_there(page: str) -> None:
    named = re.findall(
        r"`((?:tests|kiosk/web/tests)/[^`]+::[^`]+)`", (ROOT / page).read_text("utf-8")
    )

    assert named != []
    assert [name for name in named if not exists(name)] == []
