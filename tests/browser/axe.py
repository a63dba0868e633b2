"""What axe-core finds on an open page, contrast held to 7:1."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

_SCRIPT: Final = Path(__file__).parents[1] / "npm/node_modules/axe-core/axe.min.js"
_RUN: Final = """() => axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  rules: { "color-contrast-enhanced": { enabled: true }, "target-size": { enabled: true } },
  resultTypes: ["violations"],
})"""


def axe_faults(page: Page) -> list[str]:
    """Each rule broken on the page, with the pieces that break it; an empty list is a good page."""
    if not page.evaluate("() => typeof axe === 'object'"):
        page.evaluate(_axe())
    found: dict[str, Any] = page.evaluate(_RUN)
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:160]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@cache
def _axe() -> str:
    assert _SCRIPT.is_file(), "no axe-core: make setup"
    return _SCRIPT.read_text(encoding="utf-8")
