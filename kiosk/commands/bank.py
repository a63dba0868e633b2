"""`jifen bank`: files for the bank, what it answers, and what differs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from kiosk.commands.month import MonthParam
from kiosk.commands.night import community_option, json_option
from kiosk.commands.opening import opened, says_refusals, show
from kiosk.texts import translator
from ledger.audit import By
from ledger.clock import now_us
from ledger.earning.calendar import day_key
from ledger.errors import Refusal
from ledger.members.staff import all_staff
from ledger.sql import Tx
from ledger.units import yuan_text
from settlement.bank_batches import (
    MadeFile,
    Order,
    batch_numbered,
    make_bank_file,
    rewrite_bank_file,
)
from settlement.bank_findings import bank_findings
from settlement.bank_form import bank_forms
from settlement.bank_returns import BankUpload, take_bank_answer
from settlement.payout_store import payouts_in
from settlement.voucher_sheet import programs
from settlement.vouchers import month_vouchers


@click.group("bank")
def bank_group() -> None:
    """Payments to a bank by file: made once, answered, and what the bank did otherwise."""


@bank_group.command("templates")
@json_option
@says_refusals
def templates_command(*, as_json: bool) -> None:
    """List the banks there is a template for; your own lie in the data folder under banks/."""
    with opened() as server:
        forms = bank_forms(server.settings.data_dir / "banks")
        show({form.code: form.name for form in forms.values()}, as_json=as_json)


@bank_group.command("file")
@click.argument("bank")
@click.option(
    "--login", required=True, help="The staff sign-in that makes the file, for the record."
)
@click.option("--pay-on", type=click.DateTime(["%Y-%m-%d"]), default=None, help="The day to pay.")
@click.option(
    "--again", type=int, default=None, help="Write file number N again, byte for byte; make none."
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="The folder."
)
@community_option
@json_option
@says_refusals
def file_command(
    bank: str,
    login: str,
    pay_on: datetime | None,
    again: int | None,
    out: Path,
    issuer: str | None,
    *,
    as_json: bool,
) -> None:
    """Write every approved payout into one file by BANK's template; each goes out once.

    A file that was lost before the bank had it is written again by its number with --again: the same bytes,
    nothing is paid twice.
    """
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        day = None if pay_on is None else day_key(pay_on.date())
        folder = server.settings.data_dir / "banks"
        with server.db.read() as tx:
            by = _by(tx, community_id, login)
            ids = tuple(one.payout_id for one in payouts_in(tx, community_id, "approved"))
            made = None if again is None else _made(tx, community_id, bank, again, folder)
        if made is None:
            made = server.db.write(
                lambda tx: make_bank_file(
                    tx, community_id, Order(ids, bank, day), forms=folder, by=by, at=at
                )
            )
        out.mkdir(parents=True, exist_ok=True)
        (out / made.file.name).write_bytes(made.file.body)
        answer = {
            "file": str(out / made.file.name),
            "file_no": made.batch_no,
            "payments": made.line_count,
            "amount_fen": made.amount_fen,
            "amount_yuan": yuan_text(made.amount_fen),
            "pay_on": made.value_date,
        }
        show(answer, as_json=as_json)


def _made(tx: Tx, community_id: int, bank: str, batch_no: int, folder: Path) -> MadeFile:
    """A file that was made before, written again.

    Refusals: bank_batch_not_found, and those of `rewrite_bank_file`.
    """
    row = batch_numbered(tx, community_id, bank, batch_no)
    return MadeFile(
        row.batch_id,
        row.batch_no,
        row.line_count,
        row.amount_fen,
        row.value_date,
        rewrite_bank_file(tx, community_id, row.batch_id, forms=folder),
    )


@bank_group.command("answer")
@click.argument("bank")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--login", required=True, help="The staff sign-in that takes it in, for the record.")
@community_option
@json_option
@says_refusals
def answer_command(bank: str, path: Path, login: str, issuer: str | None, *, as_json: bool) -> None:
    """Take in a return file or an account statement of BANK; the same file again does nothing."""
    with opened() as server:
        community_id = server.community(issuer)
        with server.db.read() as tx:
            by = _by(tx, community_id, login)
        answer = take_bank_answer(
            server.db,
            community_id,
            BankUpload(path.name, path.read_bytes(), bank),
            forms=server.settings.data_dir / "banks",
            by=by,
            at=now_us(),
        )
        show(answer, as_json=as_json)


@bank_group.command("vouchers")
@click.argument("month", type=MonthParam())
@click.argument("program", type=click.Choice(sorted(programs())))
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="The folder."
)
@click.option("--preparer", default="", help="Who prepares them, as the program prints it.")
@community_option
@json_option
@says_refusals
def vouchers_command(
    month: int, program: str, out: Path, preparer: str, issuer: str | None, *, as_json: bool
) -> None:
    """Write closed MONTH's vouchers as the workbook PROGRAM imports (u8: Yonyou, k3: Kingdee)."""
    with opened() as server:
        community_id = server.community(issuer)
        with server.db.read() as tx:
            file = month_vouchers(
                tx, community_id, month, program, translate=translator("zh"), preparer=preparer
            )
        out.mkdir(parents=True, exist_ok=True)
        (out / file.name).write_bytes(file.body)
        answer = {
            "file": str(out / file.name),
            "vouchers": file.vouchers,
            "debit_fen": file.debit_fen,
            "credit_fen": file.credit_fen,
        }
        show(answer, as_json=as_json)


@bank_group.command("differences")
@community_option
@json_option
@says_refusals
def differences_command(issuer: str | None, *, as_json: bool) -> None:
    """Say which payments failed (P1), wait too long (P2), or went otherwise than asked (P3, P4)."""
    with opened() as server:
        community_id = server.community(issuer)
        with server.db.read() as tx:
            found = bank_findings(tx, community_id, at=now_us())
        rows = {
            f"{one.code} {one.payout_id}": f"+{yuan_text(one.plus_fen)} -{yuan_text(one.minus_fen)}"
            for one in found
        }
        show({"count": len(found), **rows}, as_json=as_json)


def _by(tx: Tx, community_id: int, login: str) -> By:
    """Who acts, by their sign-in.

    Refusals: staff_not_found.
    """
    for row in all_staff(tx, community_id):
        if row.login == login and row.state == "active":
            return By("staff", int(row.staff_id))
    raise Refusal("staff_not_found")
