"""Small changes to the product's code and statements, each of which some test must notice.

Inside functions the operators are mutmut's own. Statements stand outside of functions, where mutmut changes nothing, so
theirs are here: a condition dropped, a comparison moved, a join or a sign turned round.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

from ledger.sql import Sql

ROOT = Path(__file__).parents[2]


class Mutant(NamedTuple):
    """One change: in which module, where, what it says now, and either the new source or the new statement."""

    module: str
    line: int
    what: str
    source: str = ""
    statement: str = ""
    place: int = 0
    text: str = ""

    @property
    def name(self) -> str:
        """What it is called in a table."""
        where = f"{self.statement}: " if self.statement else ""
        return f"{self.module}: {where}{self.what}"


def mutants_of(module: str) -> list[Mutant]:
    """Every mutant of a module, those of its functions first, in the order of the file."""
    path = ROOT / (module.replace(".", "/") + ".py")
    return [*code_mutants(module, path.read_text(encoding="utf-8")), *sql_mutants(module)]


# --- functions


def code_mutants(module: str, source: str) -> list[Mutant]:
    """One change each, inside functions; docstrings, types and the sentences of errors are left alone."""
    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    places, spans = wrapper.resolve(PositionProvider), wrapper.resolve(ByteSpanPositionProvider)
    finder = _Sites()
    wrapper.module.visit(finder)
    found = []
    for node in finder.sites:
        for kind, operator in mutation_operators:
            if not isinstance(node, kind):
                continue
            for changed in operator(node):
                text = _text(wrapper.module, changed)
                if text is None:
                    continue
                span, raw = spans[node], source.encode()
                # Put in where it stood: to write the whole module out again takes a hundred times as long.
                code = (
                    raw[: span.start] + text.encode() + raw[span.start + span.length :]
                ).decode()
                what = _difference(source, code)
                if what and _compiles(code):
                    found.append(Mutant(module, places[node].start.line, what, source=code))
    return sorted(found, key=lambda mutant: (mutant.line, mutant.what))


def _text(module: cst.Module, changed: Any) -> str | None:
    try:
        # A node's place is inside its own brackets.
        bare = {name: () for name in ("lpar", "rpar") if hasattr(changed, name)}
        return module.code_for_node(changed.with_changes(**bare))
    except (cst.CSTValidationError, TypeError, AttributeError):
        return None


def _compiles(code: str) -> bool:
    try:
        compile(code, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def _difference(before: str, after: str) -> str:
    """The first line that differs, as it was and as it is; blanks do not count."""
    lines = zip_longest(before.splitlines(), after.splitlines(), fillvalue="")
    told = ((" ".join(old.split()), " ".join(new.split())) for old, new in lines)
    return next((f"{old} -> {new}" for old, new in told if old != new), "")


class _Sites(cst.CSTVisitor):
    """Collects the nodes inside functions that may be changed."""

    def __init__(self) -> None:
        self.sites: list[cst.CSTNode] = []
        self._depth = 0

    def on_visit(self, node: cst.CSTNode) -> bool:
        match node:
            case cst.FunctionDef():
                self._depth += 1
            case cst.Annotation() | cst.Decorator():
                return False
            case cst.Raise(exc=cst.Call(func=cst.Name(value="ValueError" | "LookupError"))):
                return False
            case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()):
                return False
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value="message"))]):
                return False
        if self._depth:
            self.sites.append(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, cst.FunctionDef):
            self._depth -= 1


# --- statements

_END = (
    r"(?= AND | OR | ORDER | GROUP | LEFT | JOIN | FULL | WHERE | UNION | ON | AS | OFFSET |,|\)|$)"
)
_CHANGES: tuple[tuple[str, str], ...] = (
    (r" AND (?:[^()]|\([^()]*\))*?" + _END, ""),
    (r"(?<=[\w)] )>=(?= )", ">"),
    (r"(?<=[\w)] )<=(?= )", "<"),
    (r"(?<=[\w)] )<(?= )", "<="),
    (r"(?<=[\w)] )<>(?= )", "="),
    (r"(?<=[\w)] )=(?= )", "<>"),
    (r"(?<=[\w)] )\+(?= )", "-"),
    (r"(?<=[\w)] )-(?= )", "+"),
    (r"(?<=[\w)] )\*(?= )", "+"),
    (r" ORDER BY [\w., ]+$", ""),
    (r"LEFT JOIN", "JOIN"),
    (r"FULL JOIN", "LEFT JOIN"),
    (r"IS NULL", "IS NOT NULL"),
    (r"IS NOT NULL", "IS NULL"),
    (r"AND NOT \(", "AND ("),
    (r"\bmax\(", "min("),
    (r"\bgreatest\(", "least("),
    (r"'\w+'", "'other'"),
)


def sql_mutants(module: str) -> list[Mutant]:
    """One change each in the module's statements, as they are when it has been imported."""
    found = []
    for name, place, statement in statements_in(importlib.import_module(module)):
        for what, text in _changed(statement.text):
            found.append(Mutant(module, 0, what, statement=name, place=place, text=text))
    return found


def statements_in(module: ModuleType) -> Iterator[tuple[str, int, Sql]]:
    """Name, place within a tuple (0 where it is none), and statement."""
    for name, value in vars(module).items():
        if isinstance(value, Sql):
            yield name, 0, value
        elif isinstance(value, tuple) and value and all(isinstance(one, Sql) for one in value):
            yield from ((name, place, one) for place, one in enumerate(value))


def _changed(text: str) -> Iterable[tuple[str, str]]:
    # What is set is no comparison, and what is listed no condition.
    first = min(
        (text.find(word) for word in (" WHERE ", " FROM ") if word in text), default=len(text)
    )
    for pattern, instead in _CHANGES:
        for match in re.finditer(pattern, text):
            if pattern.endswith("=(?= )") and match.start() < first:
                continue
            changed = text[: match.start()] + instead + text[match.end() :]
            before = text[max(0, match.start() - 24) : match.end() + 16]
            yield f"…{before}… {match[0].strip()!r} -> {instead!r}", changed
