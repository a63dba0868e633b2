"""`jifen serve`, `jifen tls`, `jifen migrate`: a server from an empty folder to an open door."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final

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

_LOOK_S: Final = 5
_LEAST_LOOKS: Final = 6
json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")


@click.command("serve")
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--no-clockwork", is_flag=True, help="Run no night, month or notices by itself.")
@says_refusals
def serve_command(host: str | None, port: int | None, workers: int, *, no_clockwork: bool) -> None:
    """Serve tills, counters, residents and the office until stopped.

    The clockwork (`jifen clockwork`) runs beside it, unless the setting `clockwork` is 0.
    """
    if no_clockwork:
        os.environ[ENVIRONMENT + "CLOCKWORK"] = "0"
    for name, value in (("HOST", host), ("PORT", port)):
        if value is not None:
            # The workers are processes of their own and read the same environment.
            os.environ[ENVIRONMENT + name] = str(value)
    settings = read_settings(os.environ)
    scheme = "https" if settings.tls_certificate else "http"
    click.echo(f"{scheme}://{settings.host}:{settings.port}")
    beside = [Beside(words) for words in _beside(settings)]
    for one in beside:
        one.start()
    try:
        serve(settings, workers=workers)
    finally:
        for one in beside:
            one.stop()


def _beside(settings: Settings) -> list[list[str]]:
    """What runs in processes of its own: neither a big copy nor a night may hold up a till's answer."""
    words = []
    if settings.copy_dir is not None and settings.database_url.startswith("sqlite"):
        words.append(["copy", "run", "--with-parent"])
    if settings.clockwork:
        words.append(["clockwork", "run", "--with-parent"])
    return words


class Beside(threading.Thread):
    """Keeps one `jifen` command running beside the server: started anew where it ended, ended with the server."""

    def __init__(
        self,
        words: list[str],
        environment: Mapping[str, str] | None = None,
        log: IO[bytes] | None = None,
    ) -> None:
        """`words`: the command without `jifen`; `environment` and `log`: where they are not this program's own."""
        super().__init__(name=f"jifen-{words[0]}", daemon=True)
        self._words = [sys.executable, "-m", "kiosk.cli", *words]
        self._environment, self._log = environment, log
        self._over = threading.Event()
        self.process = self._begin()

    def _begin(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - this program
            self._words, env=self._environment, stdout=self._log, stderr=self._log
        )

    def run(self) -> None:
        """Look every few seconds whether it still runs; what ends at once is not started again every time."""
        looks = 0
        while not self._over.wait(_LOOK_S):
            looks += 1
            if self.process.poll() is not None and looks >= _LEAST_LOOKS:
                looks = 0
                self.process = self._begin()

    def stop(self) -> None:
        """End it, and wait for that."""
        self._over.set()
        self.join()
        self.process.terminate()
        self.process.wait()


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
