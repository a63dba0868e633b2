"""`jifen serve`, `jifen tls`, `jifen migrate`: a server from an empty folder to an open door."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import qrcode
from sqlalchemy import inspect

from kiosk import tls
from kiosk.commands.opening import says_refusals, show
from kiosk.config import ENVIRONMENT, Settings, read_settings
from kiosk.serving import serve
from ledger import migrate
from ledger.append_only import is_role_name, role_script
from ledger.clock import now_us
from ledger.database import Database
from ledger.members.key_vault import write_master_key

json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")


@click.command("serve")
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@says_refusals
def serve_command(host: str | None, port: int | None, workers: int) -> None:
    """Serve tills, counters, residents and the office until stopped."""
    for name, value in (("HOST", host), ("PORT", port)):
        if value is not None:
            # The workers are processes of their own and read the same environment.
            os.environ[ENVIRONMENT + name] = str(value)
    settings = read_settings(os.environ)
    scheme = "https" if settings.tls_certificate else "http"
    click.echo(f"{scheme}://{settings.host}:{settings.port}")
    copier = _start_copier(settings)
    try:
        serve(settings, workers=workers)
    finally:
        if copier is not None:
            copier.terminate()
            copier.wait()


def _start_copier(settings: Settings) -> subprocess.Popen[bytes] | None:
    """Copy to the second place in a process of its own: a big file's copy must not hold up a till's answer."""
    if settings.copy_dir is None or not settings.database_url.startswith("sqlite"):
        return None
    words = [sys.executable, "-m", "kiosk.cli", "copy", "run", "--with-parent"]
    return subprocess.Popen(words)  # noqa: S603 - this program


@click.command("tls")
@click.argument("hosts", nargs=-1, required=True)
@json_option
@says_refusals
def tls_command(hosts: tuple[str, ...], *, as_json: bool) -> None:
    """Make a certificate for HOSTS (names and addresses) under a local authority.

    Tablets must trust the authority once: open /ca.crt on the tablet and compare the fingerprint
    with the one printed here, also as a QR code. Run it again when the certificate ends.
    """
    settings = read_settings(os.environ)
    made = tls.make_certificate(settings.data_dir / "tls", list(hosts), at=now_us())
    fingerprint = tls.fingerprint(made.authority)
    show(
        {
            "authority": str(made.authority),
            "tls_certificate": str(made.certificate),
            "tls_key": str(made.key),
            "fingerprint": fingerprint,
        },
        as_json=as_json,
    )
    if not as_json:
        code = qrcode.QRCode(border=2)
        code.add_data(f"SHA256 {fingerprint}")
        code.print_ascii()


@click.command("migrate")
@click.option(
    "--rights-for",
    "role",
    metavar="ROLE",
    help="Print what the database's owner grants to the PostgreSQL role the server runs under; change nothing.",
)
@json_option
@says_refusals
def migrate_command(role: str | None, *, as_json: bool) -> None:
    """Bring the database to this version; on a new server also make folder and master key."""
    settings = read_settings(os.environ)
    if role is not None:
        click.echo(_rights(settings, role), nl=False)
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    is_new_key = not Path(settings.master_secret_file).exists()
    if is_new_key:
        write_master_key(settings.master_secret_file)
    db = Database(settings.database_url)
    try:
        before = migrate.version(db.engine)
        migrate.upgrade(db.engine)
        after = migrate.version(db.engine)
    finally:
        db.close()
    result = {"from": before or "-", "to": after, "master_key_made": is_new_key}
    show(result, as_json=as_json)
    if is_new_key and not as_json:
        click.echo("Keep a copy of the master key in a safe place: without it no code can be made.")


def _rights(settings: Settings, role: str) -> str:
    if not is_role_name(role):
        raise click.BadParameter("a plain name is wanted: letters, digits, underscores")
    db = Database(settings.database_url)
    try:
        tables = inspect(db.engine).get_table_names()
    finally:
        db.close()
    return role_script(role, [name for name in tables if name != "alembic_version"])
