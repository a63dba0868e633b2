"""`jifen month` and `jifen report`: statements issued, and their files written."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from kiosk.commands.night import community_option, json_option
from kiosk.commands.opening import opened, says_refusals, show
from kiosk.report_files import folder_of, report_sheets, street_sheets, write_files
from kiosk.texts import LANGUAGES
from ledger.clock import now_us
from ledger.units import yuan_text
from settlement.closing import run_month
from settlement.report_span import span_of
from settlement.silence import let_days_count

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
        folder = folder_of(out or server.settings.data_dir / "reports", span)
        if street:
            sheets = list(street_sheets(server, span, language))
        else:
            here = server.community(issuer)
            sheets = list(report_sheets(server, here, span, language, at=now_us()))
        with click.progressbar(sheets, label="report", hidden=as_json) as bar:
            files = write_files(sheets, folder, after_each=lambda: bar.update(1))
        show({"folder": str(folder), "files": files}, as_json=as_json)
