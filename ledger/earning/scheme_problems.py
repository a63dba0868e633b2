"""What can be wrong with a scheme file: each problem with its place, its reason and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.errors import Refusal

Path = tuple[str | int, ...]
"""A place in the file, outermost key first: ("item", 3, "points")."""

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "file_missing": ("the file cannot be read: {why}", "check the file's name and rights"),
    "file_too_big": ("the file has {size} bytes, more than {most}", "check what was sent"),
    "wrong_encoding": ("byte {byte} is no UTF-8 text", "save the file as UTF-8 (not {guess})"),
    "broken_toml": ("this is no TOML at column {column}: {why}", "mend the line and load again"),
    "unknown_key": ("the key {key} is not known here", "write {known}"),
    "missing_key": ("the key {key} is missing", "add it to this table"),
    "derived_key": ("the key {key} follows from the point type", "leave it out here"),
    "wrong_type": ("{value} is not {wanted}", "write {wanted}"),
    "not_allowed": ("{value} is not a word allowed here", "write one of {allowed}"),
    "out_of_range": ("{value} is outside the bound: {bound}", "write a value within it"),
    "wrong_form": ("{value} has not the form wanted here", "write it like {pattern}"),
    "twice": ("{value} stands already on line {first}", "give each its own code"),
    "dangling": ("there is no {kind} {value}", "write one of {known}, or add it"),
    "unresolved_path": (
        "the path {value} leads to nothing in this file",
        "name a key there is, counting rows from 0",
    ),
    "needs_key": ("{because} needs the key {key}", "add it to this table"),
    "needless_key": ("{because} does not read the key {key}", "take it out, or change the other"),
    "too_fine": (
        "{value} has more than the {decimals} decimals of {point_type}",
        "round it, or raise the precision of the point type",
    ),
    "wrong_order": (
        "{low} {low_value} does not come before {high} {high_value}",
        "exchange or correct the two",
    ),
    "unknown_zone": ("{value} is no time zone", "write a name such as Asia/Shanghai"),
    "bad_formula": (
        "the formula cannot be read: {why}",
        "use + - * / min max floor ceil round over hours, difficulty, rating, amount, count",
    ),
    "offset_not_whole": (
        "{what} of {offset} makes parts of a fen or of a unit of {point_type}",
        "let a step be whole fen, and a fen be whole units (or raise the precision)",
    ),
    "category_circle": ("the category {value} holds itself", "break the circle"),
    "bad_period": (
        "the period {value} has a gap or an overlap",
        "let it begin on the day after the last ended: 26_to_25",
    ),
    "quota_sum": ("the shares add up to {sum} percent", "let them add up to 100 at most"),
    "ambiguous_target": (
        "{value} is already taken by {other}",
        "let one offset rule stand for each kind of bill",
    ),
    "forbidden_use": ("{value}: {because}", "{advice}"),
}
"""Code -> (reason, what to do); the English texts are also the keys of translations."""


class Finding(NamedTuple):
    """A problem before its line is known."""

    path: Path
    code: str
    facts: dict[str, str | int]


Findings = Iterator[Finding]


def found(path: Path, code: str, **facts: str | int | Decimal) -> Finding:
    """A finding; decimals among its facts become text."""
    plain = {name: str(fact) if isinstance(fact, Decimal) else fact for name, fact in facts.items()}
    return Finding(path, code, plain)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a scheme file; `path` is empty where the file as a whole is meant."""

    file: str
    line: int
    path: Path
    code: str
    facts: dict[str, str | int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The place as people write it: `item.3.points`, counting rows from 0."""
        return ".".join(str(part) for part in self.path)

    @property
    def reason(self) -> str:
        """Why this is refused, in English."""
        return SENTENCES[self.code][0].format(**self.facts)

    @property
    def advice(self) -> str:
        """What to do about it, in English."""
        return SENTENCES[self.code][1].format(**self.facts)

    def __str__(self) -> str:
        """`changan.toml:31: item.0.points: reason; advice`."""
        place = f"{self.file}:{self.line}: "
        return f"{place}{self.key + ': ' if self.path else ''}{self.reason}; {self.advice}"


class SchemeError(Refusal):
    """A scheme file is refused; `problems` lists everything found, in the order of the file."""

    def __init__(self, problems: list[Problem]) -> None:
        """Keep the problems sorted by line; there is at least one."""
        self.problems = sorted(problems, key=lambda problem: (problem.line, problem.key))
        first = self.problems[0]
        super().__init__(
            "scheme_refused",
            file=first.file,
            line=first.line,
            problem_count=len(self.problems),
            first_problem=str(first),
        )

    def __str__(self) -> str:
        """One problem a line."""
        return "\n".join(str(problem) for problem in self.problems)
