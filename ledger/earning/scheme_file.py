"""A scheme file's text into a checked Scheme, or a refusal that lists everything wrong with it."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from pathlib import Path as FilePath
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from ledger.earning.scheme import Scheme
from ledger.earning.scheme_checks import check_sense
from ledger.earning.scheme_law import check_law
from ledger.earning.scheme_lines import line_index
from ledger.earning.scheme_mend import mend
from ledger.earning.scheme_problems import Finding, Path, Problem, SchemeError, found
from ledger.earning.scheme_references import check_references
from ledger.earning.scheme_shape import finding_of

SCHEMES: Final = FilePath(__file__).parent.parent / "schemes"
"""The folder of schemes that ship with the product."""

SHIPPED: Final = ("changan", "qinzao", "hebei", "arcadia", "huludao")
"""The schemes that ship with the product, by id."""

MOST_BYTES: Final = 512 * 1024
"""A larger file is refused unread; the largest shipped scheme has 15,000 bytes."""

_Table = dict[str, Any]
_ADAPTER: Final = TypeAdapter(Scheme)
_PLACE: Final = re.compile(r"\s*\(at line (\d+), column (\d+)\)")


def shipped_scheme(scheme_id: str) -> Scheme:
    """One of the schemes that ship with the product; LookupError for any other id."""
    if scheme_id not in SHIPPED:
        raise LookupError(scheme_id)
    return load_scheme(SCHEMES / f"{scheme_id}.toml")


def load_scheme(path: FilePath) -> Scheme:
    """Read a scheme file. Refusals: `scheme_refused` (SchemeError), naming every problem found."""
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise SchemeError([Problem(path.name, 1, (), "file_missing", {"why": why})]) from error
    if size > MOST_BYTES:
        facts: dict[str, str | int] = {"size": size, "most": MOST_BYTES}
        raise SchemeError([Problem(path.name, 1, (), "file_too_big", facts)])
    return parse_scheme(raw, path.name)


def parse_scheme(text: str | bytes, name: str) -> Scheme:
    """Read a scheme's text; `name` stands in messages as the file's name.

    Refusals: `scheme_refused` (SchemeError) with every problem found, its line, key and advice.
    """
    plain = _decoded(text, name) if isinstance(text, bytes) else text
    plain = plain.removeprefix("\ufeff")
    data = _read(plain, name)
    scheme, findings = _checked(data)
    if findings or scheme is None:
        lines = line_index(plain)
        raise SchemeError([_problem(name, lines, finding) for finding in findings])
    return replace(_with_decimals(scheme), digest=content_digest(data))


def content_digest(data: _Table) -> str:
    """SHA-256 over a scheme's content: whatever its layout, comments and order of keys."""
    canonical = json.dumps(
        data, default=_canonical, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def _canonical(value: object) -> object:
    """A value JSON lacks: 1.50 and 1.5 are one number, a date is its ISO text."""
    if isinstance(value, Decimal):
        whole = value.to_integral_value()
        return int(value) if value == whole else {"decimal": format(value.normalize(), "f")}
    if isinstance(value, date | time):
        return {"date": value.isoformat()}
    raise TypeError(type(value).__name__)


def _decoded(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
        facts: dict[str, str | int] = {"byte": error.start, "guess": "UTF-16" if wide else "GBK"}
        raise SchemeError([Problem(name, line, (), "wrong_encoding", facts)]) from error


def _read(text: str, name: str) -> _Table:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except RecursionError as error:
        facts: dict[str, str | int] = {"column": 1, "why": "brackets nested too deep"}
        raise SchemeError([Problem(name, 1, (), "broken_toml", facts)]) from error
    except ArithmeticError as error:
        facts = {"column": 1, "why": "a number that cannot be read"}
        raise SchemeError([Problem(name, 1, (), "broken_toml", facts)]) from error
    except ValueError as error:
        # TOMLDecodeError, and plain ValueError for a date that is none or a number of 5,000 digits.
        message = str(error)
        place = _PLACE.search(message)
        line = int(place[1]) if place else text.count("\n") + 1
        facts = {"column": int(place[2]) if place else 1, "why": _PLACE.sub("", message)}
        raise SchemeError([Problem(name, line, (), "broken_toml", facts)]) from error


def _checked(data: _Table) -> tuple[Scheme | None, list[Finding]]:
    """The scheme, if its shape allows one, and everything wrong with it."""
    findings = list(_unresolved(data))
    scheme, details = _shaped(data)
    if scheme is not None:
        return scheme, [*findings, *_meaning(scheme)]
    findings += [finding_of(detail) for detail in details]
    mended = mend(data, details, lambda trimmed: _shaped(trimmed)[1])
    scheme, _ = _shaped(mended.data)
    if scheme is not None:
        findings += mended.spoken_of(_meaning(scheme))
    return None, findings


def _shaped(data: _Table) -> tuple[Scheme | None, list[ErrorDetails]]:
    try:
        return _ADAPTER.validate_python(data), []
    except ValidationError as error:
        return None, error.errors()


def _meaning(scheme: Scheme) -> list[Finding]:
    return [*check_references(scheme), *check_sense(scheme), *check_law(scheme)]


def _unresolved(data: _Table) -> Iterable[Finding]:
    rows = data.get("provenance")
    for row, entry in enumerate(rows if isinstance(rows, list) else ()):
        path = entry.get("path") if isinstance(entry, dict) else None
        if isinstance(path, str):
            steps = (int(step) if step.isdecimal() else step for step in path.split("."))
            if _find(data, tuple(steps)) is None:
                yield found(("provenance", row, "path"), "unresolved_path", value=path)


def _find(data: object, path: Path) -> object | None:
    """What stands at a path, or None; rows count from 0, and a key may be a number."""
    for step in path:
        if isinstance(data, dict):
            data = data.get(str(step))
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data


def _problem(name: str, lines: dict[Path, int], finding: Finding) -> Problem:
    """The finding with its line: that of the key, or of the nearest table around it."""
    path = finding.path
    while path and path not in lines:
        path = path[:-1]
    facts = dict(finding.facts)
    if finding.code == "twice":
        first = facts["first"]
        facts["first"] = lines.get((*finding.path[:1], int(first), *finding.path[2:]), 1)
    return Problem(name, lines.get(path, 1), finding.path, finding.code, facts)


def _with_decimals(scheme: Scheme) -> Scheme:
    """Each row that is priced in points told how finely its point type counts."""
    decimals = {row.code: int(row.precision) for row in scheme.point_types}
    return replace(
        scheme,
        items=tuple(replace(r, precision=decimals[r.point_type]) for r in scheme.items),
        spend_rules=tuple(replace(r, precision=decimals[r.point_type]) for r in scheme.spend_rules),
        offsets=tuple(replace(r, precision=decimals[r.point_type]) for r in scheme.offsets),
        rewards=tuple(replace(r, precision=decimals[r.point_type]) for r in scheme.rewards),
    )
