"""What every command opens first: the server's settings, its database, its secrets, its payment channel."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import click

from kiosk.config import read_settings
from kiosk.context import pepper_of
from kiosk.opened import Opened
from kiosk.problems import sentence
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members.key_vault import KeyVault
from ledger.members.terms import TermsCache
from pos.desk import Desk
from pos.gateway import Gateway

__all__ = ["Opened", "language", "opened", "says_refusals", "show"]

P = ParamSpec("P")
R = TypeVar("R")


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
