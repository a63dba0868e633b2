"""What the reader of tables says of a wrong key or value, put into the words of scheme problems."""

from __future__ import annotations

import difflib
from dataclasses import fields, is_dataclass
from typing import Any, Final, get_args, get_type_hints

from pydantic_core import ErrorDetails

from ledger.earning.scheme import Scheme
from ledger.earning.scheme_law import refused, use_behind_key, use_behind_value
from ledger.earning.scheme_problems import Finding, Path, found

_LONGEST: Final = 60

_WANTED: Final = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "number_type": "a number",
    "string_type": "text in quotation marks",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "date_type": "a date like 2026-01-01",
    "tuple_type": "a list, or rows under a [[heading]]",
    "dict_type": "a table",
    "mapping_type": "a table",
    "dataclass_type": "a table",
    "clock_time": 'a time like "09:30"',
}
_ABOUT_THE_KEY: Final = {"missing": "missing_key", "derived_key": "derived_key"}
_BOUNDS: Final = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
    "string_too_short": ("min_length", "at least this many signs:"),
    "string_too_long": ("max_length", "at most this many signs:"),
    "too_short": ("min_length", "at least this many rows:"),
    "number_range": ("most", "with at most six decimals, and at most"),
}


def finding_of(detail: ErrorDetails) -> Finding:
    """One error of the table reader as a finding."""
    path: Path = tuple(part for part in detail["loc"] if part != "[key]")
    kind = detail["type"]
    value = str(detail["input"])[:_LONGEST]
    facts: dict[str, Any] = detail.get("ctx", {})
    if kind == "unexpected_keyword_argument":
        return _unknown_key(path)
    if kind in _ABOUT_THE_KEY:
        return found(path, _ABOUT_THE_KEY[kind], key=str(path[-1]))
    if kind == "literal_error":
        return _not_allowed(path, value, str(facts["expected"]))
    if kind == "string_pattern_mismatch":
        return found(path, "wrong_form", value=value, pattern=str(facts["pattern"]))
    if kind in _BOUNDS:
        fact, words = _BOUNDS[kind]
        return found(path, "out_of_range", value=value, bound=f"{words} {facts[fact]}")
    return found(path, "wrong_type", value=value, wanted=_WANTED.get(kind, detail["msg"]))


def _not_allowed(path: Path, value: str, expected: str) -> Finding:
    use = use_behind_value(value)
    if use is not None:
        return refused(path, use, value)
    allowed = expected.replace(" or ", ", ").replace("'", "")
    return found(path, "not_allowed", value=value, allowed=allowed)


def _unknown_key(path: Path) -> Finding:
    key = str(path[-1])
    use = use_behind_key(key)
    if use is not None:
        return refused(path, use, key)
    known = known_keys(path[:-1])
    near = difflib.get_close_matches(key, known, n=1)
    words = near[0] if near else "one of " + ", ".join(known)
    return found(path, "unknown_key", key=key, known=words)


def known_keys(path: Path) -> list[str]:
    """The keys a table of the file may have, by its path; empty where there is no table."""
    part: object = Scheme
    for step in path:
        if isinstance(step, int):
            continue
        hints = _keys(part)
        if step not in hints:
            return []
        part = _table_in(hints[step])
    return [key for key in _keys(part) if key not in ("precision", "digest")]


def _keys(part: object) -> dict[str, object]:
    """Key in the file -> type, for a table's class."""
    if not (isinstance(part, type) and is_dataclass(part)):
        return {}
    hints = get_type_hints(part, include_extras=True)
    keys: dict[str, object] = {}
    for entry in fields(part):
        hint = hints[entry.name]
        names = [
            name for mark in get_args(hint) if (name := getattr(mark, "validation_alias", None))
        ]
        keys[names[0] if names else entry.name] = hint
    return keys


def _table_in(hint: object) -> object:
    """The table class inside `tuple[X, ...]`, `X | None`, `Mapping[str, X]` and the like."""
    if isinstance(hint, type) and is_dataclass(hint):
        return hint
    inner = (_table_in(argument) for argument in get_args(hint))
    return next((table for table in inner if table is not None), None)
