"""`jifen month` and `jifen report`: statements issued, and their files written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from kiosk.commands.night import community_option, json_option
from kiosk.commands.opening import Opened, opened, says_refusals, show
from kiosk.seal_codes import Signing
from kiosk.statement_proof import proven_sheet
from kiosk.texts import LANGUAGES, translator
from ledger.clock import now_us
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Tx
from ledger.units import yuan_text
from pos.desk import day_of
from settlement.closing import run_month
from settlement.exports import FORMATS, export
from settlement.liability import liability_sheet
from settlement.period_report import period_sheet
from settlement.report_span import Span, span_of
from settlement.reports import month_sheet
from settlement.sheet import Sheet
from settlement.silence import let_days_count
from settlement.statement_form import statement_number
from settlement.statements import statements_of_month
from settlement.street import street_sheet

_LAST_MONTH: Final = 12


class MonthParam(click.ParamType[int]):
    """`2026-03` on the command line, 202603 in the code."""

    name = "month"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read the month, or say what one looks like."""
        if isinstance(value, int):
            return value
        year, _, month = str(value).partition("-")
        right = len(year) == len("2026") and (year + month).isdigit() and month != ""
        if not right or not 1 <= int(month) <= _LAST_MONTH:
            self.fail("a month looks like 2026-03", param, ctx)
        return int(year) * 100 + int(month)


@click.command("month")
@click.argument("month", type=MonthParam())
@community_option
@json_option
@says_refusals
def month_command(month: int, issuer: str | None, *, as_json: bool) -> None:
    """Close MONTH (2026-03) once its last night is locked: statements issued, trial balance written.

    Statements whose day for objections has passed in silence count as accepted. Safe to run again.
    """
    with opened() as server:
        community_id = server.community(issuer)
        now = now_us()
        silence = let_days_count(server.db, community_id, at=now)
        result = run_month(server.db, community_id, month, at=now)
        payable = sum(statement.payable_fen for statement in result.statements)
        signed = server.publish(community_id, at=now_us())
        show(
            {
                "month": result.month,
                "statements": len(result.statements),
                "issued_now": result.issued,
                "accepted_by_silence": silence.accepted,
                "objections_moved_on": silence.lines,
                "payable_fen": payable,
                "payable_yuan": yuan_text(payable),
                "state": result.closed.state,
                "tree_size": result.closed.tree_size,
                "trial_balance": result.closed.trial_balance_hash,
                "log_size": signed.size,
                "log_root": signed.root.hex(),
            },
            as_json=as_json,
        )


@click.command("report")
@click.argument("period")
@click.option("--street", is_flag=True, help="All communities of this server beside each other.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="The folder for the files; without it they go to reports/ in the data folder.",
)
@click.option("--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], help="zh or en.")
@community_option
@json_option
@says_refusals
def report_command(
    period: str,
    out: Path | None,
    language: str,
    issuer: str | None,
    *,
    street: bool,
    as_json: bool,
) -> None:
    """Write the reports of PERIOD as CSV, XLSX, PDF and JSON.

    A month (2026-03): its statements and the community's month. A quarter (2026-Q1) or a year (2026): what its closed
    months add up to. With each goes what the points are worth today and what stands behind them.
    """
    with opened() as server:
        span = span_of(period)
        folder = (out or server.settings.data_dir / "reports") / span.written.replace("-", "")
        if street:
            sheets = list(_street(server, span, language))
        else:
            sheets = list(_sheets(server, server.community(issuer), span, language))
        folder.mkdir(parents=True, exist_ok=True)
        with click.progressbar(sheets, label="report", hidden=as_json) as bar:
            for name, sheet in bar:
                for file_format in FORMATS:
                    (folder / f"{name}.{file_format}").write_bytes(export(sheet, file_format))
        show({"folder": str(folder), "files": len(sheets) * len(FORMATS)}, as_json=as_json)


def _street(server: Opened, span: Span, language: str) -> Iterator[tuple[str, Sheet]]:
    with server.db.read() as tx:
        yield "street", street_sheet(tx, span, translate=translator(language))


def _sheets(
    server: Opened, community_id: int, span: Span, language: str
) -> Iterator[tuple[str, Sheet]]:
    translate = translator(language)
    terms = server.desk.refresh(community_id)
    today = day_of(terms, now_us())
    with server.db.read() as tx:
        if span.first_month == span.last_month:
            yield from _month_sheets(server, tx, terms, span.first_month, language)
        else:
            yield "period", period_sheet(tx, community_id, span, translate=translate)
        yield "worth", liability_sheet(tx, community_id, today, translate=translate)


def _month_sheets(
    server: Opened, tx: Tx, terms: Terms, month: int, language: str
) -> Iterator[tuple[str, Sheet]]:
    translate, community_id = translator(language), terms.community.id
    by = Signing(server.vault, server.settings.public_url, now_us())
    statements = statements_of_month(tx, community_id, month)
    if not statements:
        raise Refusal("report_empty", month=month)
    for statement in statements:
        number = statement_number(
            terms.merchant(statement.claimant_id).code, statement.statement_no
        )
        sheet = proven_sheet(tx, community_id, statement.statement_id, translate=translate, by=by)
        yield f"statement-{number}", sheet
    yield "month", month_sheet(tx, community_id, month, translate=translate)
