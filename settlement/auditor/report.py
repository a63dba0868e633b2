"""What an audit found: each finding with its file, its row and its reason, for people and for programs."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

MOST_SHOWN: Final = 100
"""Findings of one check that are listed; the count goes on."""

_WORDS: Final = Path(__file__).with_name("words.toml")


@dataclass(frozen=True, slots=True)
class Finding:
    """One row at fault. `explained_by`: the check whose finding this one follows from, '' where it stands alone."""

    check: str
    file: str
    row: Mapping[str, str]
    facts: Mapping[str, str]
    explained_by: str = ""

    @property
    def key(self) -> str:
        """The row as one text: `txn_id=12 line_no=0`."""
        return " ".join(f"{name}={value}" for name, value in self.row.items())

    def reason(self, language: str) -> str:
        """What must hold and does not, with the figures of this row."""
        facts = " ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{sentence(self.check, language)} {facts}".rstrip()


class Carried(NamedTuple):
    """What a later look begins with: every account's credits less debits, and how far they reach.

    They hold the first `size` places of the order and those entries besides that had no place yet.
    """

    size: int
    balances: Mapping[int, int]
    without_place: frozenset[int]


@dataclass(frozen=True, slots=True)
class Report:
    """An audit: what was read, what was asked, what was found."""

    community: str
    issuer: str
    size: int
    root: str
    manifest_digest: str
    transfers: int
    asked: tuple[str, ...]
    not_asked: tuple[str, ...]
    findings: tuple[Finding, ...]
    counts: Mapping[str, int]
    carried: Carried | None = None

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def faults(self) -> tuple[Finding, ...]:
        """The findings that do not follow from another one."""
        return tuple(finding for finding in self.findings if not finding.explained_by)

    @property
    def digest(self) -> str:
        """SHA-256 over the whole result: what a sealed pass names."""
        text = json.dumps(self._plain(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_json(self, language: str = "en") -> dict[str, Any]:
        """The report for programs; `reason` in `language`."""
        plain = self._plain()
        for row, finding in zip(plain["findings"], self.findings, strict=True):
            row["reason"] = finding.reason(language)
        return {**plain, "passed": self.passed, "digest": self.digest}

    def to_text(self, language: str) -> str:
        """The report for people, faults first."""
        word = _words(language)
        lines = [
            f"{word['community']} {self.issuer}  {word['size']} {self.size}  {word['root']} {self.root or '-'}",
            f"{word['asked']} {len(self.asked)}  {word['transfers']} {self.transfers}",
        ]
        if self.not_asked:
            lines.append(f"{word['not_asked']} {', '.join(self.not_asked)}")
        ordered = [f for f in self.findings if not f.explained_by]
        ordered += [f for f in self.findings if f.explained_by]
        for finding in ordered:
            follows = f" ({word['follows']} {finding.explained_by})" if finding.explained_by else ""
            lines.append(f"{finding.check}{follows}  {finding.file}  {finding.key}")
            lines.append(f"    {finding.reason(language)}")
        for name, count in self.counts.items():
            if count > MOST_SHOWN:
                lines.append(f"{name}: {word['more']} {count - MOST_SHOWN}")
        lines.append(f"{word['passed'] if self.passed else word['failed']}  {self.digest}")
        return "\n".join(lines)

    def _plain(self) -> dict[str, Any]:
        return {
            "community": self.community,
            "issuer": self.issuer,
            "size": str(self.size),
            "root": self.root,
            "manifest": self.manifest_digest,
            "transfers": self.transfers,
            "asked": list(self.asked),
            "not_asked": list(self.not_asked),
            "counts": dict(self.counts),
            "findings": [
                {
                    "check": finding.check,
                    "file": finding.file,
                    "row": dict(finding.row),
                    "facts": dict(finding.facts),
                    "explained_by": finding.explained_by,
                }
                for finding in self.findings
            ],
        }


def cut_off(community: int, why: str) -> Report:
    """The report of an audit that could not be finished: nothing has passed."""
    return Report(
        community=str(community),
        issuer="",
        size=0,
        root="",
        manifest_digest="",
        transfers=0,
        asked=(),
        not_asked=(),
        findings=(Finding("audit", "manifest.json", {"row": "-"}, {"why": why}),),
        counts={"audit": 1},
    )


def sentence(check: str, language: str) -> str:
    """What a check demands, in `zh` or `en`."""
    return str(_catalogue()["check"][check][language])


def sentences() -> Mapping[str, Mapping[str, str]]:
    """Every check's sentence in both languages."""
    found: Mapping[str, Mapping[str, str]] = _catalogue()["check"]
    return found


def _words(language: str) -> dict[str, str]:
    return {name: words[language] for name, words in _catalogue()["word"].items()}


@lru_cache
def _catalogue() -> dict[str, Any]:
    return tomllib.loads(_WORDS.read_text(encoding="utf-8"))
