"""What the documents promise is there: each feature once, each claim with a test behind it."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

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
