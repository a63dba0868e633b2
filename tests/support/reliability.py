"""Writes the figures of a long proof between its marks in docs/reliability.md."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def write_section(name: str, text: str) -> None:
    """Put `text` where the page says `<!-- name -->`, up to its `<!-- /name -->`."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    page = PAGE.read_text(encoding="utf-8")
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    assert found, f"{PAGE.name} has no place for {name}"
    assert closed, f"{PAGE.name} has no place for {name}"
    PAGE.write_text(f"{before}{begin}{text.rstrip()}\n{end}{after}", encoding="utf-8")
