"""What every command opens first: the server's settings, its database, its secrets, its payment channel."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import click

from kiosk.config import Settings, read_settings
from kiosk.context import last_signed_of, pepper_of
from kiosk.problems import sentence
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import communities
from ledger.members.key_vault import KeyVault
from ledger.members.terms import TermsCache
from ledger.seal.checkpoints import Checkpoint, publish
from ledger.seal.last_signed import LastSigned
from pos.desk import Desk
from pos.gateway import Gateway

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Opened:
    """One server as a command sees it."""

    settings: Settings
    db: Database
    vault: KeyVault
    desk: Desk

    @property
    def last_signed(self) -> LastSigned:
        """What this server signed last, kept beside its master key."""
        return last_signed_of(self.settings)

    def community(self, issuer: str | None) -> int:
        """The community of that code; without a code the only one there is.

        Refuses community_not_found, community_needed.
        """
        with self.db.read() as tx:
            if issuer is not None:
                return int(communities.get_by_issuer(tx, issuer).community_id)
            every = communities.all_communities(tx)
        if len(every) != 1:
            raise Refusal("community_needed", count=len(every))
        return int(every[0].community_id)

    def publish(self, community_id: int, *, at: int) -> Checkpoint:
        """Seal what waits and sign a checkpoint over it. Refuses what ledger.seal.checkpoints.publish does."""
        return publish(self.db, community_id, self.vault, self.last_signed, at=at)


@contextmanager
def opened() -> Iterator[Opened]:
    """Open the server named by the environment (JIFEN_CONFIG, JIFEN_DATA_DIR, …) and close it again."""
    settings = read_settings(os.environ)
    vault = KeyVault.from_file(settings.master_secret_file)
    db = Database(settings.database_url)
    channel = Gateway(settings.gateway_url, settings.gateway_key) if settings.gateway_url else None
    desk = Desk(db=db, terms=TermsCache(), pepper=pepper_of(vault), channel=channel)
    try:
        yield Opened(settings, db, vault, desk)
    finally:
        db.close()


def says_refusals(command: Callable[P, R]) -> Callable[P, R]:
    """Print a refusal as its sentence (and its code) and end with status 2, not with a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Refusal as refusal:
            click.echo(f"{refusal.code}: {sentence(refusal, language())}", err=True)
            raise SystemExit(2) from refusal

    return run


def language() -> str:
    """What the command line speaks: English where the machine does, else Chinese."""
    return "en" if os.environ.get("LANG", "").startswith("en") else "zh"


def show(values: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a command's result: a line each, or one JSON object for programs."""
    if as_json:
        click.echo(json.dumps(values, ensure_ascii=False, sort_keys=True))
        return
    for name, value in values.items():
        click.echo(f"{name:24} {value}")
