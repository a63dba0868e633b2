"""`jifen bills`: fee bills of households, what billers confirm, and the file that goes back to them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from kiosk.commands.community import community_option, json_option
from kiosk.commands.opening import language, opened, says_refusals, show
from kiosk.import_words import import_words, name_of_column
from kiosk.problems import sentence
from kiosk.texts import translator
from ledger.audit import SYSTEM
from ledger.bills.confirmations import read_confirmation, release_overdue, take_confirmation
from ledger.bills.imports import FeeUpload, preview_bills, take_bills
from ledger.clock import now_us
from ledger.earning.calendar import day_key
from ledger.errors import Refusal
from ledger.members.import_rows import Fault
from ledger.members.merchants import find_by_code
from ledger.units import yuan_text
from pos.desk import day_of
from settlement.exports import export
from settlement.fee_results import fee_result_sheet

_SHOWN = 20
_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group("bills")
def bills_group() -> None:
    """Take in fee bills and confirmations, write the file of results."""


@bills_group.command("import")
@_file
@click.option("--yes", is_flag=True, help="Take the list without asking.")
@community_option
@json_option
@says_refusals
def import_bills(file: Path, issuer: str | None, *, yes: bool, as_json: bool) -> None:
    """Look at a biller's list (CSV or XLSX), then take it whole or not at all.

    A known bill number with another amount, date or period is a correction; the amount 0 cancels. The same file twice
    gets the same answer.
    """
    upload = FeeUpload(file.read_bytes(), file.name, import_words())
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        terms = server.desk.refresh(community_id)
        with server.db.read() as tx:
            seen = preview_bills(tx, terms, upload, at=at)
        if seen.faults and seen.known is None:
            _refuse_rows(seen.faults, as_json=as_json)
        if not (yes or as_json or seen.known is not None):
            said = ", ".join(f"{count} {name}" for name, count in seen.counts.items())
            click.confirm(f"{said}. Take them?", abort=True)
        with click.progressbar(length=len(seen.changes), label="bills", hidden=as_json) as bar:
            answer = server.db.write(
                lambda tx: take_bills(
                    tx,
                    terms,
                    upload,
                    by=SYSTEM,
                    at=at,
                    seen_sha256=seen.sha256,
                    each=lambda: bar.update(1),
                )
            )
        show(answer, as_json=as_json)


@bills_group.command("confirm")
@_file
@community_option
@json_option
@says_refusals
def confirm_bills(file: Path, issuer: str | None, *, as_json: bool) -> None:
    """Book the offsets a biller confirms by its file: shop code, offset number, yuan taken off."""
    upload = FeeUpload(file.read_bytes(), file.name, import_words())
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        terms = server.desk.refresh(community_id)
        _, faults = read_confirmation(upload)
        if faults:
            _refuse_rows(tuple(faults), as_json=as_json)
        answer = server.db.write(
            lambda tx: take_confirmation(tx, terms, upload, day=day_of(terms, at), by=SYSTEM, at=at)
        )
        lines = answer["lines"]
        show(answer if as_json else {**answer, "lines": len(lines)}, as_json=as_json)
        if not as_json:
            for line in lines:
                if line["status"] != "confirmed":
                    click.echo(f"{line['row']:>6}  {line['ref']}  {line['status']}")


@bills_group.command("release")
@community_option
@json_option
@says_refusals
def release_bills(issuer: str | None, *, as_json: bool) -> None:
    """Let go the points of offsets that no biller confirmed in time (each night does it too)."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        day = day_of(server.desk.refresh(community_id), at)
        count = server.db.write(lambda tx: release_overdue(tx, community_id, day=day, at=at))
        show({"released": count}, as_json=as_json)


@bills_group.command("results")
@click.argument("merchant_code")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), required=True)
@community_option
@json_option
@says_refusals
def results(
    merchant_code: str,
    file: Path,
    first: datetime,
    last: datetime,
    issuer: str | None,
    *,
    as_json: bool,
) -> None:
    """Write what became of a biller's bills to FILE (.csv, .xlsx, .pdf or .json)."""
    kind = file.suffix.removeprefix(".").lower()
    if kind not in {"csv", "xlsx", "pdf", "json"}:
        raise click.BadParameter("the file ends in .csv, .xlsx, .pdf or .json")
    with opened() as server, server.db.read() as tx:
        community_id = server.community(issuer)
        shop = find_by_code(tx, community_id, merchant_code)
        if shop is None:
            raise Refusal("merchant_not_found")
        sheet = fee_result_sheet(
            tx,
            community_id,
            shop.merchant_id,
            first_date=day_key(first.date()),
            last_date=day_key(last.date()),
            at=now_us(),
            translate=translator(language()),
        )
    file.write_bytes(export(sheet, kind))
    rows = sheet.blocks[1].rows if len(sheet.blocks) > 1 else ()
    fen = int(rows[-1][8].value or 0) if rows else 0
    said: dict[str, Any] = {"file": str(file), "lines": max(len(rows) - 1, 0)}
    show({**said, "claimable_fen": fen, "claimable_yuan": yuan_text(fen)}, as_json=as_json)


def _refuse_rows(faults: tuple[Fault, ...], *, as_json: bool) -> None:
    """Name every bad cell and end with status 2."""
    spoken = translator(language())
    rows = [
        {
            "row": fault.row,
            "column": name_of_column(fault.column, spoken),
            "code": fault.code,
            "reason": sentence(fault.refusal, language()),
        }
        for fault in faults
    ]
    refusal = Refusal("import_rows_wrong", count=len({fault.row for fault in faults}))
    if as_json:
        show({"code": refusal.code, "rows": rows}, as_json=True)
        raise SystemExit(2)
    for row in rows[:_SHOWN]:
        click.echo(f"{row['row']:>6}  {row['column']}  {row['reason']}")
    click.echo(f"{refusal.code}: {sentence(refusal, language())}", err=True)
    raise SystemExit(2)
