"""Small tools for planting: a statement with a condition taken away, a function with an answer bent."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.sql import Sql


def without(patch: pytest.MonkeyPatch, module: Any, name: str, *conditions: str) -> None:
    """Take conditions out of a statement."""
    text = getattr(module, name).text
    for condition in conditions:
        assert text.count(condition) == 1, (text, condition)
        text = text.replace(condition, "")
    patch.setattr(module, name, Sql(text))


def instead(patch: pytest.MonkeyPatch, module: Any, name: str, old: str, new: str) -> None:
    """Put one thing for another in a statement, wherever it stands."""
    text = getattr(module, name).text
    assert old in text, (text, old)
    patch.setattr(module, name, Sql(text.replace(old, new)))
