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
from ledger.units import yuan_text
from settlement.closing import accept_silent, run_month
from settlement.exports import FORMATS, export
from settlement.reports import month_sheet
from settlement.sheet import Sheet
from settlement.statement_form import statement_number
from settlement.statements import statements_of_month

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
        accepted = accept_silent(server.db, community_id, at=now)
        result = run_month(server.db, community_id, month, at=now)
        payable = sum(statement.payable_fen for statement in result.statements)
        signed = server.publish(community_id, at=now_us())
        show(
            {
                "month": result.month,
                "statements": len(result.statements),
                "issued_now": result.issued,
                "accepted_by_silence": len(accepted),
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
@click.argument("month", type=MonthParam())
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
    month: int, out: Path | None, language: str, issuer: str | None, *, as_json: bool
) -> None:
    """Write MONTH's statements and the community's month as CSV, XLSX, PDF and JSON."""
    with opened() as server:
        folder = (out or server.settings.data_dir / "reports") / str(month)
        folder.mkdir(parents=True, exist_ok=True)
        sheets = list(_sheets(server, server.community(issuer), month, language))
        with click.progressbar(sheets, label="report", hidden=as_json) as bar:
            for name, sheet in bar:
                for file_format in FORMATS:
                    (folder / f"{name}.{file_format}").write_bytes(export(sheet, file_format))
        show({"folder": str(folder), "files": len(sheets) * len(FORMATS)}, as_json=as_json)


def _sheets(
    server: Opened, community_id: int, month: int, language: str
) -> Iterator[tuple[str, Sheet]]:
    translate = translator(language)
    by = Signing(server.vault, server.settings.public_url, now_us())
    terms = server.desk.refresh(community_id)
    with server.db.read() as tx:
        statements = statements_of_month(tx, community_id, month)
        if not statements:
            raise Refusal("report_empty", month=month)
        for statement in statements:
            shop = terms.merchant(statement.claimant_id)
            number = statement_number(shop.code, statement.statement_no)
            yield (
                f"statement-{number}",
                proven_sheet(tx, community_id, statement.statement_id, translate=translate, by=by),
            )
        yield "month", month_sheet(tx, community_id, month, translate=translate)
