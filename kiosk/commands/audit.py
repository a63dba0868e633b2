"""`jifen audit`: the second engine over an export, wherever it lies."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kiosk.commands.night import community_option, json_option
from kiosk.commands.opening import language, opened, says_refusals
from ledger.audit import SYSTEM
from ledger.clock import now_us
from ledger.errors import Refusal
from settlement.auditor.report import Report
from settlement.auditor.run import audit
from settlement.auditor.source import NotAnExportError
from settlement.gate import record_audit


@click.command("audit")
@click.argument("export", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--record", is_flag=True, help="Also record the result as an act of this server's community."
)
@community_option
@json_option
@says_refusals
def audit_command(export: Path, issuer: str | None, *, record: bool, as_json: bool) -> None:
    """Work everything out anew from EXPORT (a folder or a ZIP) and say which row of which file is at fault.

    It reads exported files alone and shares no code with what wrote them; it needs no server. The
    status is 0 where nothing was found and 1 where something was.
    """
    report = _read(export, quiet=as_json)
    if record:
        with opened() as server:
            community_id = server.community(issuer)
            server.db.write(
                lambda tx: record_audit(tx, community_id, report, by=SYSTEM, at=now_us())
            )
    if as_json:
        click.echo(json.dumps(report.to_json(language()), ensure_ascii=False, sort_keys=True))
    else:
        click.echo(report.to_text(language()))
    if not report.passed:
        raise SystemExit(1)


def _read(export: Path, *, quiet: bool) -> Report:
    with click.progressbar(length=1, label="audit", hidden=quiet) as bar:

        def tell(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        try:
            return audit(export, progress=tell)
        except NotAnExportError as error:
            raise Refusal("export_unreadable", why=str(error)) from error
