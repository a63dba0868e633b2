"""Two tables of docs/, written from the code that rules them: `python -m kiosk.reference docs`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import click

from kiosk.problems import problem
from kiosk.refusals import REFUSALS
from kiosk.texts import LANGUAGES, translator
from ledger.errors import Refusal
from settlement.verdicts import FILE_FAULT_NAMES, RULES

_NOTE: Final = "Written by `python -m kiosk.reference docs` from the code; change it there."


def refusals() -> str:
    """docs/refusals.md: each refusal's code, HTTP status, word for programs, and sentence."""
    rows = (
        (f"`{code}`", str(known.status), _next(code), *_spoken(known.sentence))
        for code, known in sorted(REFUSALS.items())
    )
    return _page(
        "Refusals",
        "A refusal is a rule that says no. Every answer of the API that refuses carries its code, its status, what a"
        " program should do next, and its sentence in both languages; words in braces are facts of the case. A refusal"
        " moves no points and no money. Where the request has an id it is kept: asked again, the same words come.",
        _table(("code", "status", "next", *LANGUAGES), rows),
    )


def verdicts() -> str:
    """docs/verdicts.md: each verdict of the night with its sign, what it holds back, and what to do first."""
    rows = (
        (
            code.value,
            *_spoken(rule.name),
            rule.sign.value,
            rule.hold.value,
            *_spoken(rule.first_action),
            "yes" if rule.works else "no",
        )
        for code, rule in RULES.items()
    )
    names = [f"name ({language})" for language in LANGUAGES]
    firsts = [f"first action ({language})" for language in LANGUAGES]
    files = ((f"C1 {fault.value}", *_spoken(name)) for fault, name in FILE_FAULT_NAMES.items())
    return _page(
        "Verdicts",
        "What the night can say of a claim and a booking besides 'they agree'. Sign: `+` the community may owe more,"
        " `-` the shop may owe back, `+/-` either, `0` no money by itself. Held: what waits until it is decided."
        " Given: whether the night gives this verdict today.",
        _table(("code", *names, "sign", "held", *firsts, "given"), rows),
        "Why a day's claims could not be used:",
        _table(("code", *names), files),
    )


PAGES: Final[Mapping[str, Callable[[], str]]] = {"refusals.md": refusals, "verdicts.md": verdicts}
"""File name to what writes its text."""


def _next(code: str) -> str:
    return str(problem(Refusal(code), request_id="")["next"])


def _spoken(sentence: str) -> tuple[str, ...]:
    return tuple(translator(language)(sentence) for language in LANGUAGES)


def _page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", _NOTE, *parts)) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(_lines(head, rows))


def _lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _line(head)
    yield _line(["---"] * len(head))
    yield from map(_line, rows)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, exists=True, path_type=Path))
def main(folder: Path) -> None:
    """Write the tables into FOLDER."""
    for name, write in PAGES.items():
        (folder / name).write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main()
