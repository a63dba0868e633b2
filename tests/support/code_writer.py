"""Forges a receipt's code: other facts under the old signature, with everything else as it was."""

from __future__ import annotations

import base64


def changed_amount(code: str, old: bytes, new: bytes) -> str:
    """The code with one fact replaced by another of the same length; AssertionError where it is not there once."""
    head, mark, body = code.rpartition("JP1.")
    raw = base64.b32decode(body + "=" * (-len(body) % 8))
    assert raw.count(old) == 1
    assert len(old) == len(new)
    return head + mark + base64.b32encode(raw.replace(old, new)).decode().rstrip("=")
