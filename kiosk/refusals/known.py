"""What is known about a refusal: its HTTP status and the sentence that says what to do next."""

from __future__ import annotations

from typing import NamedTuple


class Known(NamedTuple):
    """One refusal: status, English sentence with {facts}, and a word for programs."""

    status: int
    sentence: str
    next: str = ""
    """What a program should do next (change, retry, wait, sign_in, check, ask); else by status."""
