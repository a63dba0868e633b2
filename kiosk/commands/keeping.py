"""`jifen backup`, `jifen restore`, `jifen drill`: copies of the whole book, and the proof that one can be put back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from kiosk.commands.opening import says_refusals, show
from kiosk.config import Settings, read_settings
from ledger import audit, migrate
from ledger.clock import SECOND_US, now_us
from ledger.copies import backups, drill
from ledger.copies.manifest import KEY_PURPOSE, Manifest
from ledger.copies.sources import SqliteFile, source_of
from ledger.database import Database
from ledger.earning.calendar import local_time
from ledger.errors import Refusal
from ledger.members import communities
from ledger.members.key_vault import KeyVault
from ledger.recovery import epochs
from ledger.recovery.epochs import DEVICE, SERVER
from ledger.sql import Tx

json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
name_argument = click.argument("name", required=False)


@dataclass(frozen=True)
class Keeping:
    """The server's settings and what its master key derives for manifests."""

    settings: Settings
    key: bytes

    @property
    def folder(self) -> Path:
        """Where backups lie; made where it is not there yet."""
        folder = self.settings.backup_dir or self.settings.data_dir / "backups"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def find(self, name: str | None) -> tuple[Path, Manifest]:
        """A copy by its name, or the newest there is, among the backups and at the second place.

        Refusals: backup_not_found, backup_unreadable.
        """
        places = [self.folder, *([self.settings.copy_dir] if self.settings.copy_dir else [])]
        if name is not None:
            place = next((one for one in places if (one / name).is_dir()), self.folder)
            return place, backups.get_backup(place, name)
        found = [(place, one) for place in places for one in backups.all_backups(place)]
        if not found:
            raise Refusal("backup_not_found", name="-")
        return max(found, key=lambda pair: pair[1].made_at)


def keeping() -> Keeping:
    """What backups need; the database need not be there.

    Refusals: keys_master_missing, keys_master_open and those of `read_settings`.
    """
    settings = read_settings(os.environ)
    vault = KeyVault.from_file(settings.master_secret_file)
    return Keeping(settings, vault.derive(KEY_PURPOSE))


@click.group("backup", invoke_without_command=True)
@json_option
@click.pass_context
@says_refusals
def backup_group(context: click.Context, *, as_json: bool) -> None:
    """Copy the whole book while it is open, look the copy through, thin out old ones.

    The master key is never in a copy: keep it elsewhere (`jifen backup key`).
    """
    if context.invoked_subcommand is not None:
        return
    here = keeping()
    at = now_us()
    made = backups.make(
        source_of(here.settings.database_url),
        here.folder,
        key=here.key,
        at=at,
        key_file=here.settings.master_secret_file,
    )
    backups.verify(here.folder, made, key=here.key)
    _note(here.settings, "backup.make", made, at=at)
    gone = backups.prune(here.folder, at=at)
    show({**_figures(made), "removed": len(gone)}, as_json=as_json)


@backup_group.command("list")
@json_option
@says_refusals
def list_command(*, as_json: bool) -> None:
    """List the copies, at both places, the newest first."""
    here = keeping()
    places = {"backup": here.folder, "second place": here.settings.copy_dir}
    found = [
        (one, label)
        for label, place in places.items()
        if place is not None
        for one in backups.all_backups(place)
    ]
    found.sort(key=lambda pair: pair[0].made_at, reverse=True)
    show(
        {one.name: f"{_when(one)}, {one.size_bytes} bytes, {at}" for one, at in found},
        as_json=as_json,
    )


@backup_group.command("verify")
@name_argument
@json_option
@says_refusals
def verify_command(name: str | None, *, as_json: bool) -> None:
    """Look the copy NAME (or the newest) through: hashes, seal, every page of an SQLite file."""
    here = keeping()
    place, found = here.find(name)
    backups.verify(place, found, key=here.key)
    show(_figures(found), as_json=as_json)


@backup_group.command("key")
@click.argument("target", type=click.Path(path_type=Path))
@says_refusals
def key_command(target: Path) -> None:
    """Copy the master key to the file TARGET, on a medium that is kept apart from every copy.

    Without it a copy still holds the book, but no code can be signed and no password is right.
    """
    here = keeping()
    for place in (here.folder, here.settings.copy_dir):
        if place is not None and target.resolve().is_relative_to(place.resolve()):
            raise Refusal("backup_beside_key")
    if target.exists():
        raise Refusal("restore_place_taken")
    shutil.copyfile(here.settings.master_secret_file, target)
    target.chmod(0o600)


@click.command("restore")
@name_argument
@click.option("--aside", is_flag=True, help="Move an SQLite file that is in the way aside first.")
@click.option("--other-key", is_flag=True, help="The master key is lost: take the copy without it.")
@click.option("--nothing-since", is_flag=True, help="Nothing was sold or entered since this copy.")
@json_option
@says_refusals
def restore_command(
    name: str | None, *, aside: bool, other_key: bool, nothing_since: bool, as_json: bool
) -> None:
    """Put the copy NAME (or the newest of both places) where the settings say the database is.

    The server must be stopped. Nothing is overwritten: the file must be away (`--aside` moves it) and a
    PostgreSQL database must be empty. The copy is verified first, brought to this version and checked. From then on
    tills sell without points being spent, until `jifen recover-from-tills` has brought back what they were told since.
    """
    here = keeping()
    place, found = here.find(name)
    url = here.settings.database_url
    backups.verify(place, found, key=None if other_key else here.key)
    target = source_of(url)
    if aside and isinstance(target, SqliteFile):
        _move_aside(target.path, now_us())
    backups.put_back(place, found, target)
    db = Database(url)
    try:
        migrate.upgrade(db.engine)
        wrong = drill.look_through(db, found)
        if wrong:
            raise Refusal("restore_unsound", checks=", ".join(wrong))
        if not nothing_since:
            _open_recovery(db, found, proof=DEVICE if other_key else SERVER)
    finally:
        db.close()
    show(_figures(found), as_json=as_json)


@click.command("drill")
@name_argument
@json_option
@says_refusals
def drill_command(name: str | None, *, as_json: bool) -> None:
    """Put the newest backup (or NAME) back in a scratch place, bring it up to date, check it, throw it away.

    Result and time are kept as an act. Exit status 1: something did not hold.
    """
    here = keeping()
    place, found = here.find(name)
    held = drill.run_drill(place, found, here.settings.database_url, key=here.key)
    db = Database(here.settings.database_url)
    try:
        drill.note(db, held, at=now_us())
    finally:
        db.close()
    steps = {f"{step}_ms": took for step, took in held.steps.items()}
    result: dict[str, Any] = {"name": held.name, **steps, "total_ms": held.total_ms}
    show({**result, "failed": held.failed or "-"}, as_json=as_json)
    if held.failed:
        raise SystemExit(1)


def _open_recovery(db: Database, found: Manifest, *, proof: str) -> None:
    """Every community's book lacks what came after the copy: nothing may be spent on it before tills were heard."""
    at = now_us()

    def work(tx: Tx) -> None:
        for row in communities.all_communities(tx):
            here = int(row.community_id)
            if epochs.find_open(tx, here) is None:
                epochs.open_recovery(
                    tx,
                    here,
                    backup=found.name,
                    since_at=found.made_at,
                    proof=proof,
                    by=audit.SYSTEM,
                    at=at,
                )

    db.write(work)


def _note(settings: Settings, act: str, made: Manifest, *, at: int) -> None:
    """Keep the backup as an act of every community, so that who looks for one later knows what there was."""
    facts: audit.Facts = {"sha256": made.sha256, "size_bytes": made.size_bytes}

    def work(tx: Tx) -> None:
        for row in communities.all_communities(tx):
            audit.record(
                tx, row.community_id, audit.SYSTEM, act, f"backup:{made.name}", at=at, after=facts
            )

    db = Database(settings.database_url)
    try:
        db.write(work)
    finally:
        db.close()


def _move_aside(path: Path, at: int) -> None:
    for end in ("", "-wal", "-shm"):
        there = Path(f"{path}{end}")
        if there.exists():
            there.rename(f"{path}.aside-{at // SECOND_US}{end}")


def _figures(one: Manifest) -> Mapping[str, Any]:
    entries = {f"entries {issuer}": mark.size for issuer, mark in one.books.items()}
    return {
        "name": one.name,
        "made_at": _when(one),
        "engine": one.engine,
        "bytes": one.size_bytes,
        "sha256": one.sha256,
        **entries,
    }


def _when(one: Manifest) -> str:
    return f"{local_time(one.made_at, 'UTC'):%Y-%m-%dT%H:%M:%SZ}"
