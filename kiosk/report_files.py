"""A period's reports as files in a folder: what `jifen report` and the clockwork write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from kiosk.opened import Opened
from kiosk.seal_codes import Signing
from kiosk.statement_proof import proven_sheet
from kiosk.texts import LANGUAGES, translator
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Tx
from pos.desk import day_of
from settlement.exports import FORMATS, export
from settlement.liability import liability_sheet
from settlement.period_report import period_sheet
from settlement.report_span import Span, spans_before
from settlement.reports import month_sheet
from settlement.sheet import Sheet
from settlement.statement_form import statement_number
from settlement.statements import statements_of_month
from settlement.street import street_sheet

Named = tuple[str, Sheet]
"""A sheet with the name of its files."""


def folder_of(root: Path, span: Span) -> Path:
    """Where a period's files go: `202603`, `2026Q1`, `2026`."""
    return root / span.written.replace("-", "")


def write_files(
    sheets: list[Named], folder: Path, *, after_each: Callable[[], None] = lambda: None
) -> int:
    """Write every sheet in every form, each file whole or not at all; how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, sheet in sheets:
        for kind in FORMATS:
            path = folder / f"{name}.{kind}"
            half = folder / f".{name}.{kind}"
            half.write_bytes(export(sheet, kind))
            half.replace(path)
        after_each()
    return len(sheets) * len(FORMATS)


def street_sheets(server: Opened, span: Span, language: str) -> Iterator[Named]:
    """All communities of a server beside each other."""
    with server.db.read() as tx:
        yield "street", street_sheet(tx, span, translate=translator(language))


def report_sheets(
    server: Opened, community_id: int, span: Span, language: str, *, at: int
) -> Iterator[Named]:
    """A month's statements and the community's month, or a longer period; and what the points are worth at `at`.

    Refuses: report_empty, report_months_open, report_unbalanced.
    """
    translate = translator(language)
    terms = server.desk.refresh(community_id)
    with server.db.read() as tx:
        if span.first_month == span.last_month:
            yield from _month_sheets(server, tx, terms, span.first_month, language, at=at)
        else:
            yield "period", period_sheet(tx, community_id, span, translate=translate)
        yield "worth", liability_sheet(tx, community_id, day_of(terms, at), translate=translate)


def write_due_reports(server: Opened, community_id: int, month: int, *, at: int) -> int:
    """Write the reports of a closed month (yyyymm), and of the quarter and the year that end with it.

    They go to `reports/CODE/` in the data folder; done again it writes the same files. Returns how many there are; a
    month in which nothing happened has none. Refuses: report_months_open, report_unbalanced.
    """
    issuer = server.desk.refresh(community_id).community.issuer
    root = server.settings.data_dir / "reports" / issuer
    ended = [span for span in spans_before(month, quarters=1, years=1) if span.last_month == month]
    files = 0
    for span in (Span(f"{month // 100:04d}-{month % 100:02d}", month, month), *ended):
        try:
            sheets = list(report_sheets(server, community_id, span, _LANGUAGE, at=at))
        except Refusal as refusal:
            if refusal.code != "report_empty":
                raise
            continue
        files += write_files(sheets, folder_of(root, span))
    return files


_LANGUAGE: Final = LANGUAGES[0]


def _month_sheets(
    server: Opened, tx: Tx, terms: Terms, month: int, language: str, *, at: int
) -> Iterator[Named]:
    translate, community_id = translator(language), terms.community.id
    by = Signing(server.vault, server.settings.public_url, at)
    statements = statements_of_month(tx, community_id, month)
    if not statements:
        raise Refusal("report_empty", month=month)
    for statement in statements:
        number = statement_number(
            terms.merchant(statement.claimant_id).code, statement.statement_no
        )
        sheet = proven_sheet(
            tx, community_id, statement.statement_id, translate=translate, by=by, receipts=True
        )
        yield f"statement-{number}", sheet
    yield "month", month_sheet(tx, community_id, month, translate=translate)
