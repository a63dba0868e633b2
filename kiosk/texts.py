"""Every sentence people read: English in the code is the key, catalogues hold the rest."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Final

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

Translate = Callable[[str], str]

LANGUAGES: Final = ("zh", "en")
"""The first is what a visitor gets who asks for nothing else."""

_FOLDER: Final = Path(__file__).parent / "locale"
_KEYWORDS: Final = {"_": None, "gettext": None, "mark": None, "t": None}
_METHODS: Final = {
    ".py": "python",
    ".html": "jinja2.ext:babel_extract",
    ".txt": "jinja2.ext:babel_extract",
    ".ts": "javascript",
    ".tsx": "javascript",
}
_MSGID: Final = re.compile(r'^msgid ((?:"(?:[^"\\]|\\.)*"\s*)+)', re.MULTILINE)
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')


def mark(text: str) -> str:
    """Name a sentence that stands in a table and is translated later; gives it back unchanged."""
    return text


def translator(language: str) -> Translate:
    """A function from the English sentence to the sentence in `language` ("zh", "en").

    A sentence the catalogue lacks comes back in English: the tests demand that there is none.
    An unknown language is a bug and raises KeyError.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    return _messages(language).translate


def language_for(accepted: str) -> str:
    """The language for an Accept-Language header: English only where it is asked for first."""
    first = accepted.split(",", 1)[0].strip().lower()
    return "en" if first.startswith("en") else LANGUAGES[0]


def sentences(language: str) -> dict[str, str]:
    """Every entry of a language's catalogue: English to translated."""
    return dict(_messages(language).entries)


def used_in(*folders: Path) -> dict[str, str]:
    """Every sentence the sources under `folders` name, with one place where it stands."""
    found: dict[str, str] = {}
    for path in _sources(folders):
        method = _METHODS[path.suffix]
        for line, message, _, _ in extract_from_file(method, str(path), keywords=_KEYWORDS):
            if isinstance(message, str) and message:
                found.setdefault(message, f"{path}:{line}")
    return found


def faults(language: str, used: Iterable[str] = ()) -> list[str]:
    """What is wrong with a catalogue: entries twice, empty, missing, never said, with facts of their own.

    Single words are not asked who says them: they also stand for the facts of refusals.
    """
    entries = sentences(language)
    text = _path(language).read_text(encoding="utf-8")
    times = Counter(_unquote(match[1]) for match in _MSGID.finditer(text))
    wrong = [f"twice: {message}" for message, n in times.items() if n > 1]
    if language != "en":
        wrong += [f"missing: {message}" for message in used if not entries.get(message)]
        wrong += [f"empty: {message}" for message, said in entries.items() if not said]
        known = set(used)
        wrong += [
            f"never said: {message}"
            for message in entries
            if " " in message and message not in known
        ]
    wrong += [
        f"unknown fact: {message}"
        for message, said in entries.items()
        if not facts_of(said) <= facts_of(message)
    ]
    return wrong


def facts_of(sentence: str) -> set[str]:
    """The names in braces: {'total'} for 'Pay {total} yuan.'."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


class _Messages:
    def __init__(self, catalogue: Catalog) -> None:
        self.entries: Final = {
            str(message.id): str(message.string or "") for message in catalogue if message.id
        }

    def translate(self, text: str) -> str:
        return self.entries.get(text) or text


@lru_cache
def _messages(language: str) -> _Messages:
    with _path(language).open("rb") as file:
        return _Messages(read_po(file, locale=language))


def _path(language: str) -> Path:
    return _FOLDER / language / "LC_MESSAGES" / "jifen.po"


def _sources(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in _METHODS and not {"node_modules", "static"} & set(path.parts):
                yield path


def _unquote(quoted: str) -> str:
    return "".join(_QUOTED.findall(quoted))


@click.group()
def main() -> None:
    """Look after the sentences of the product."""


@main.command()
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
def export(target: Path) -> None:
    """Write every language's sentences as JSON for the till: {"zh": {"English": "…"}, "en": {}}."""
    target.parent.mkdir(parents=True, exist_ok=True)
    document = {language: sentences(language) for language in LANGUAGES}
    target.write_text(json.dumps(document, ensure_ascii=False, sort_keys=True), encoding="utf-8")


@main.command()
@click.argument("folders", nargs=-1, type=click.Path(exists=True, path_type=Path))
def check(folders: tuple[Path, ...]) -> None:
    """List what the catalogues lack for the sources in FOLDERS (default: the whole product)."""
    root = Path(__file__).parent.parent
    used = used_in(*(folders or [root / name for name in ("ledger", "pos", "settlement", "kiosk")]))
    wrong = [f"{language}: {line}" for language in LANGUAGES for line in faults(language, used)]
    for line in wrong:
        click.echo(line)
    if wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
