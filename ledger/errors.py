"""Refusals: a rule that says no, with a code a program can read and facts a sentence can use."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - the glossary's word: a rule's "no" is not an error of the program
    """Somebody asked for something a rule forbids; nothing was written except, where said, the refusal itself.

    `code` is the stable machine word (`insufficient_points`); `facts` are plain values the sentence needs
    (amounts carry their unit in the name, never a name, phone or identity number).
    """

    def __init__(self, code: str, **facts: int | str | None) -> None:
        """Keep the code and its facts; the sentence is chosen where the language is known."""
        super().__init__(code)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        """Code and facts on one line, for logs."""
        facts = " ".join(f"{name}={value}" for name, value in sorted(self.facts.items()))
        return f"{self.code} {facts}".rstrip()


class GuardMissedError(Exception):
    """A guarded statement touched fewer rows than it must: somebody else was quicker.

    Raised inside a transaction, which is then rolled back and tried again on fresh figures.
    """

    def __init__(self, guard: str) -> None:
        """Name the guard, for the log and for the last try's refusal."""
        super().__init__(guard)
        self.guard = guard
