"""Words people read: named here in English, translated by whoever shows them."""

from __future__ import annotations

from collections.abc import Callable

Translate = Callable[[str], str]
"""English sentence to the reader's language; settlement never chooses the language itself."""


def mark(text: str) -> str:
    """Name a word for the catalogues; gives it back unchanged."""
    return text
