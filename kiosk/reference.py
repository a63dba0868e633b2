"""Tables of docs/, written from the code that rules them: `python -m kiosk.reference docs`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import click

from kiosk.formbook.registry import all_forms
from kiosk.problems import problem
from kiosk.refusals import REFUSALS
from kiosk.texts import LANGUAGES, translator
from ledger.errors import Refusal
from settlement.export.shape import Shape
from settlement.export.tables import FORMAT, KEPT_HOME, SHAPES
from settlement.handling import HANDLING
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
            HANDLING[code].owner_role,
            str(HANDLING[code].answer_days),
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
        " Owner: the staff role that sees to it first. Answer: in how many working days it is due."
        " Given: whether it is given today.",
        _table(("code", *names, "sign", "held", *firsts, "owner", "answer", "given"), rows),
        "Why a day's claims could not be used:",
        _table(("code", *names), files),
    )


def exported() -> str:
    """docs/export.md: each exported table with its columns, and what is kept at home and why."""
    return _page(
        "Export",
        "What `jifen export` writes: one community, read in one snapshot, for whoever checks the book without trusting"
        f" the server. Format `{FORMAT}`. Nobody's name, telephone number, account number or secret is in it.",
        _EXPORT_FILES,
        _EXPORT_MANIFEST,
        _EXPORT_JOURNAL,
        *(part for shape in SHAPES.values() for part in _exported(shape)),
        "## Kept at home",
        _table(("table", "why"), ((f"`{name}`", why) for name, why in KEPT_HOME.items())),
    )


def _exported(shape: Shape) -> Iterator[str]:
    key = ", ".join(f"`{name}`" for name in shape.key) or "one row"
    yield f"## {shape.name}"
    yield f"{shape.meaning} Sorted by {key}." if shape.key else shape.meaning
    yield _table(
        ("column", "kind", "meaning"),
        (
            (
                f"`{column.name}`",
                column.kind + (", or nothing" if column.null else ""),
                column.meaning,
            )
            for column in shape.columns
        ),
    )
    if shape.left_out:
        why = "; ".join(f"`{name}` ({reason})" for name, reason in shape.left_out.items())
        yield f"Left out: {why}."


_EXPORT_FILES: Final = """\
A folder, or the same files in a ZIP: `manifest.json` and one file for each table, `<table>.csv`. Its columns are the
table's own in their own order, without `community_id`, which the manifest names. CSV as in RFC 4180: UTF-8, commas,
lines end in LF, the first line names the columns, a value is quoted only where it holds a comma, a quote or a line
end. A number is decimal text; ids pass 2^53, so read them as text or as 64-bit integers. Bytes are lowercase
hexadecimal. Nothing between two commas is null; `""` is an empty text. Times are microseconds since 1970 UTC, dates
are yyyymmdd, amounts are fen or the smallest unit of a point type. Rows are sorted by the table's key (text by its
bytes). The same book gives the same bytes on SQLite and on PostgreSQL. With `--parquet` the files are
`<table>.parquet`, numbers as 64-bit integers and bytes still as hexadecimal text."""

_EXPORT_MANIFEST: Final = """\
`manifest.json` is written last; a folder without it is no export:

| name | meaning |
| --- | --- |
| `format` | this format's name |
| `community`, `issuer`, `timezone` | whose book: number (as text), code, whose midnight ends a day |
| `from`, `to` | first and last business date of any posting |
| `exported_at` | when, microseconds |
| `first`, `size` | the range of the one order that is in it, as text: places from `first` up to, without, `size` |
| `root` | the tree's root over the first `size` entries, hexadecimal; null before anything is sealed |
| `checkpoint` | the signed checkpoint of exactly this size, or null |
| `keys` | the public keys that sign checkpoints |
| `files` | each file's `sha256`, `rows`, `columns`, `kinds` (number, text, bytes), `null` (may be nothing), `key` |

An entry that was written while the export began may have no place in the order yet; it stands in `outbox`."""


_EXPORT_JOURNAL: Final = """\
`jifen export FILE --beancount` writes the journal alone, in one file, for beancount: each posting a transaction, an
amount debited plus and credited minus, yuan as `CNY` and each point type as `P-` and its code. At the end every
account's balance is asserted as the product has it, to the last digit, so that `bean-check` accepts the file only
where both agree."""


def forms() -> str:
    """docs/forms.md: every form with its columns, what fills it, and what becomes of it when it comes back."""
    rows = (
        (
            f"`{form.code}`",
            form.zh,
            form.en,
            ", by ".join(part for part in ("the book", form.asks.replace("_", " and ")) if part)
            if form.fills
            else "by hand",
            form.takes,
            ", ".join(column.heading for column in form.columns),
        )
        for form in all_forms()
    )
    return _page("Forms", _FORMS, _table(_FORM_HEAD, rows))


_FORM_HEAD: Final = ("form", "name (zh)", "name (en)", "filled by", "comes back", "columns")
_FORMS: Final = """\
Every form is printed (PDF) and taken along for a spreadsheet (XLSX, CSV) by the office's page or by `jifen form`, with
exactly these headings; numbers that name something are text, money and points can be added up, the last row holds the
sums. What the book does not fill is a blank sheet for a pen. Comes back: `kept` is read cell by cell and kept as it
came, and books nothing; `claims` files a shop's claims. Names are masked unless somebody asks for them, which is
written down; on the wall they always are."""


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "refusals.md": refusals,
    "verdicts.md": verdicts,
    "export.md": exported,
    "forms.md": forms,
}
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
