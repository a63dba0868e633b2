"""Lists taken over from Excel or CSV: looked at first, then all of it or nothing."""

from __future__ import annotations

from typing import Final

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow
from kiosk.context import service
from kiosk.forms import act, me, needed, text
from kiosk.import_words import KIND_NAMES, cell_word, heading, headings_of, import_words
from kiosk.office.frame import bp, office_page, to
from kiosk.pages import page_language, say
from kiosk.problems import sentence
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members import files, imports
from ledger.members.files import LIMIT_MB
from ledger.members.imports import Preview, Upload
from ledger.sql import Tx

_SAMPLE: Final = 5
_MOST_FAULTS: Final = 200


@bp.get("/imports", endpoint="imports")
@allow("import.write")
def imports_page() -> Response:
    """Choose a kind of list and a file."""
    return _page()


@bp.get("/imports/<kind>.csv")
@allow("import.write")
def import_template(kind: str) -> Response:
    """An empty table with the headings of a kind, for Excel."""
    if kind not in KIND_NAMES:
        raise Refusal("import_kind", kind=kind[:40])
    line = ",".join(headings_of(kind, say)) + "\r\n"
    answer = Response(line.encode("utf-8-sig"), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
    return answer


@bp.post("/imports/preview")
@allow("import.write")
def preview_import() -> AnyResponse:
    """Read the file and say what is in it; nothing of it is taken."""
    here, by, chosen = actor().community_id, me(), text("kind")
    sent = request.files.get("file")
    raw, name = (sent.read(), sent.filename or "") if sent else (b"", "")
    upload = Upload(raw, name, chosen, import_words())

    def work(tx: Tx, at: int) -> None:
        files.keep(
            tx,
            here,
            raw,
            name=name,
            media_type="application/octet-stream",
            source="import preview",
            by=by,
            at=at,
        )

    try:
        with service().db.read() as tx:
            seen = imports.preview(tx, here, upload)
        if not seen.faults:
            act("import.look", {"file": seen.sha256}, work)
    except Refusal as refusal:
        return _page(refusal=refusal, chosen=chosen)
    return _preview_page(seen, name)


@bp.post("/imports")
@allow("import.write")
def commit_import() -> AnyResponse:
    """Take the list over that was looked at; opening balances wait for a second person."""
    here, by, kind, digest = actor().community_id, me(), needed("kind"), needed("file")

    def work(tx: Tx, at: int) -> None:
        kept = files.get_file(tx, here, digest)
        upload = Upload(kept.body, kept.name, kind, import_words())
        if kind == "balances":
            imports.propose_balances(tx, here, upload, by=by, at=at)
        else:
            imports.take(tx, here, upload, by=by, at=at, seen_sha256=digest)

    try:
        act("import.take", {"kind": kind, "file": digest}, work)
    except Refusal as refusal:
        return _page(refusal=refusal, chosen=kind)
    return to("office.imports", "proposed" if kind == "balances" else "imported")


def _page(*, refusal: Refusal | None = None, chosen: str = "residents") -> Response:
    kinds = [
        {
            "value": kind,
            "name": say(name),
            "columns": _columns(kind),
            "template": url_for("office.import_template", kind=kind),
        }
        for kind, name in KIND_NAMES.items()
    ]
    return office_page(
        "office/imports.html", refusal=refusal, kinds=kinds, chosen=chosen, most_mb=LIMIT_MB
    )


def _columns(kind: str) -> list[str]:
    optional = say(mark("{column} (may be empty)"))
    return [
        name if is_needed else optional.format(column=name)
        for name, is_needed in headings_of(kind, say).items()
    ]


def _preview_page(seen: Preview, name: str) -> Response:
    faults = [
        {
            "row": fault.row,
            "column": heading(seen.kind, fault.column, say),
            "text": sentence(fault.refusal, page_language()),
        }
        for fault in seen.faults[:_MOST_FAULTS]
    ]
    sample = [
        [_cell(row.values.get(column)) for column in seen.columns] for row in seen.rows[:_SAMPLE]
    ]
    return office_page(
        "office/import_preview.html",
        name=name or say(KIND_NAMES[seen.kind]),
        kind=seen.kind,
        file_id=seen.sha256,
        rows_count=len(seen.rows) + seen.bad_rows,
        fault_rows=seen.bad_rows,
        faults=faults,
        needs_second=seen.kind == "balances",
        columns=[heading(seen.kind, column, say) for column in seen.columns],
        sample=sample,
        back=url_for("office.imports"),
    )


def _cell(value: object) -> str:
    if isinstance(value, frozenset):
        return say(mark(", ")).join(sorted(cell_word(str(one), say) for one in value))
    return "" if value is None else cell_word(str(value), say)
