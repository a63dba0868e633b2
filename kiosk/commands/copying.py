"""`jifen copy`: what is copied on to the second place, all the time, and how old the copy there is."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import click

from kiosk.commands.keeping import keeping
from kiosk.commands.opening import says_refusals, show
from kiosk.config import Settings, read_settings
from kiosk.copy_age import copy_status
from ledger.clock import now_us
from ledger.copies.continuous import SqliteCopier, Status, give_wal, is_late, run_copier, take_wal
from ledger.copies.sources import SqliteFile, source_of
from ledger.database import Database
from ledger.errors import Refusal

_NICE = 10
json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")


@click.group("copy")
def copy_group() -> None:
    """The copy at the second place: made all the time, and its age."""


@copy_group.command("run")
@click.option(
    "--with-parent", is_flag=True, hidden=True, help="End with the process that started it."
)
@says_refusals
def run_command(*, with_parent: bool) -> None:
    """Copy the SQLite file to `copy_dir` whenever it changed, until stopped.

    `jifen serve` does this by itself where `copy_dir` is set.
    """
    here = keeping()
    source = source_of(here.settings.database_url)
    if here.settings.copy_dir is None or not isinstance(source, SqliteFile):
        raise Refusal("copy_not_set_up")
    # The tills come first, on a small machine too.
    os.nice(_NICE)
    copier = SqliteCopier(
        source.path,
        here.settings.copy_dir,
        key=here.key,
        key_file=here.settings.master_secret_file,
    )
    parent, said = os.getppid(), Status(0, 0)

    def goes_on(pause_s: float) -> bool:
        until = time.monotonic() + pause_s
        while (left_s := until - time.monotonic()) > 0:
            time.sleep(min(1, left_s))
            if with_parent and os.getppid() != parent:
                return False
        return True

    def say(status: Status) -> None:
        nonlocal said
        if (status.copied_at, status.failed) != (said.copied_at, said.failed):
            click.echo(f"copy {status.failed or status.copied_at}")
        said = status

    try:
        run_copier(copier, every_s=here.settings.copy_every_s, now=now_us, goes_on=goes_on, say=say)
    finally:
        copier.close()


@copy_group.command("status")
@json_option
@says_refusals
def status_command(*, as_json: bool) -> None:
    """Say how old the copy at the second place is. Exit status 1: somebody should see to it."""
    settings = read_settings(os.environ)
    db = Database(settings.database_url)
    try:
        at = now_us()
        status = copy_status(db, settings, at=at)
    finally:
        db.close()
    if status is None:
        raise Refusal("copy_not_set_up")
    late = is_late(status, at=at, every_s=settings.copy_every_s)
    figures: dict[str, Any] = {
        "age_s": status.age_s(at),
        "late": late,
        "failed": status.failed or "-",
        "same_disk": status.same_disk,
    }
    show(figures, as_json=as_json)
    if late:
        raise SystemExit(1)


@copy_group.command("wal")
@click.argument("segment", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@says_refusals
def wal_command(segment: Path) -> None:
    """Keep the WAL segment SEGMENT at the second place: archive_command = 'jifen copy wal %p'."""
    take_wal(segment, _wal_folder(read_settings(os.environ)), segment.name)


@copy_group.command("wal-back")
@click.argument("name")
@click.argument("target", type=click.Path(path_type=Path))
@says_refusals
def wal_back_command(name: str, target: Path) -> None:
    """Give the segment NAME back as TARGET: restore_command = 'jifen copy wal-back %f %p'."""
    give_wal(_wal_folder(read_settings(os.environ)), name, target)


def _wal_folder(settings: Settings) -> Path:
    if settings.copy_dir is None:
        raise Refusal("copy_not_set_up")
    return settings.copy_dir
