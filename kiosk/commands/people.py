"""`jifen staff`, `jifen import`: who works here, and tables of who lives and sells here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kiosk.commands.community import community_option, json_option
from kiosk.commands.opening import language, opened, says_refusals, show
from kiosk.import_words import heading, import_words
from kiosk.problems import sentence
from kiosk.texts import translator
from ledger import audit
from ledger.audit import SYSTEM
from ledger.clock import now_us
from ledger.errors import Refusal
from ledger.members import imports, merchants, sessions, staff
from ledger.members.import_rows import KINDS
from ledger.members.imports import Preview, Upload
from ledger.members.roles import STAFF_ROLES
from ledger.members.staff import NewStaff
from ledger.sql import Tx

_SHOWN: int = 20


@click.group("staff")
def staff_group() -> None:
    """Open sign-ins for staff and shop owners."""


@staff_group.command("add")
@click.argument("login")
@click.option("--name", required=True)
@click.option("--role", "roles", multiple=True, type=click.Choice(STAFF_ROLES))
@click.option("--merchant", "merchant_code", help="A shop's code: the sign-in is its owner's.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@community_option
@json_option
@says_refusals
def add(
    *,
    login: str,
    name: str,
    roles: tuple[str, ...],
    merchant_code: str | None,
    password: str,
    issuer: str | None,
    as_json: bool,
) -> None:
    """Open a sign-in and give it roles."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()

        def work(tx: Tx) -> dict[str, Any]:
            shop = _merchant(tx, community_id, merchant_code)
            new = NewStaff(login=login, name=name, password=password, merchant_id=shop)
            staff_id = staff.add_staff(
                tx, community_id, new, pepper=server.desk.pepper, by=SYSTEM, at=at
            )
            for role in roles:
                staff.give_role(tx, community_id, staff_id, role, by=SYSTEM, at=at)
            return {"staff_id": str(staff_id), "login": login, "roles": ",".join(roles)}

        show(server.db.write(work), as_json=as_json)


@staff_group.command("list")
@community_option
@json_option
@says_refusals
def list_staff(issuer: str | None, *, as_json: bool) -> None:
    """List the sign-ins with their roles."""
    with opened() as server, server.db.read() as tx:
        community_id = server.community(issuer)
        show(
            {
                row.login: ", ".join(
                    (row.state, *sorted(staff.roles_of(tx, community_id, row.staff_id)))
                )
                for row in staff.all_staff(tx, community_id)
            },
            as_json=as_json,
        )


@staff_group.command("key")
@click.argument("merchant_code")
@click.option("--days", default=366, show_default=True, type=click.IntRange(1, 1_100))
@click.option("--end", is_flag=True, help="End every key of the shop's systems; make none.")
@community_option
@json_option
@says_refusals
def shop_key(
    *, merchant_code: str, days: int, end: bool, issuer: str | None, as_json: bool
) -> None:
    """Make a key with which a shop's own system files claims, and nothing else; it is shown this once."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()

        def work(tx: Tx) -> dict[str, Any]:
            shop = merchants.find_by_code(tx, community_id, merchant_code)
            if shop is None:
                raise Refusal("merchant_not_found")
            made: dict[str, Any] = {"merchant_code": merchant_code}
            subject = f"merchant:{shop.merchant_id}"
            if end:
                made["ended"] = sessions.end_all(
                    tx, community_id, "system", shop.merchant_id, at=at
                )
            else:
                made["key"] = sessions.start(
                    tx, community_id, "system", shop.merchant_id, minutes=days * 24 * 60, at=at
                )
            act = "shop.key_end" if end else "shop.key"
            audit.record(tx, community_id, SYSTEM, act, subject, at=at, after={"days": days})
            return made

        show(server.db.write(work), as_json=as_json)


@click.command("import")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Take the table without asking.")
@community_option
@json_option
@says_refusals
def import_command(kind: str, file: Path, issuer: str | None, *, yes: bool, as_json: bool) -> None:
    """Look at a table (CSV in UTF-8 or GBK, or XLSX), then take it whole or not at all."""
    upload = Upload(file.read_bytes(), file.name, kind, import_words())
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        with server.db.read() as tx:
            seen = imports.preview(tx, community_id, upload)
        if seen.faults:
            _show_faults(seen, as_json=as_json)
            raise SystemExit(2)
        if not (yes or as_json):
            click.confirm(f"{len(seen.rows)} rows can be taken. Take them?", abort=True)
        with click.progressbar(length=len(seen.rows), label=kind, hidden=as_json) as bar:
            taken = server.db.write(
                lambda tx: imports.take(
                    tx,
                    community_id,
                    upload,
                    by=SYSTEM,
                    at=at,
                    seen_sha256=seen.sha256,
                    each=lambda: bar.update(1),
                )
            )
        show({"kind": kind, "rows": taken, "sha256": seen.sha256}, as_json=as_json)


def _show_faults(seen: Preview, *, as_json: bool) -> None:
    translate = translator(language())
    faults = [
        {
            "row": fault.row,
            "column": heading(seen.kind, fault.column, translate),
            "code": fault.code,
            "reason": sentence(fault.refusal, language()),
        }
        for fault in seen.faults
    ]
    refusal = Refusal("import_rows_wrong", count=seen.bad_rows)
    if as_json:
        show({"code": refusal.code, "rows": faults}, as_json=True)
        return
    for fault in faults[:_SHOWN]:
        click.echo(f"{fault['row']:>6}  {fault['column']}  {fault['reason']}")
    if len(faults) > _SHOWN:
        click.echo(f"... {len(faults) - _SHOWN}")
    click.echo(f"{refusal.code}: {sentence(refusal, language())}", err=True)


def _merchant(tx: Tx, community_id: int, code: str | None) -> int | None:
    if code is None:
        return None
    shop = merchants.find_by_code(tx, community_id, code)
    if shop is None:
        raise Refusal("merchant_not_found")
    return shop.merchant_id
