"""The server as a program: one process on SQLite, as many as asked on PostgreSQL, threads in each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from flask import Flask
from granian import Granian
from granian.constants import Interfaces

from kiosk import logs
from kiosk.app import create_app
from kiosk.config import Settings, read_settings
from kiosk.sealing import start_sealing
from ledger.database import Database
from pos.gateway import Gateway

THREADS: Final = 16
"""Requests served at once by one process; a request waits for the database most of its time."""


def make_app() -> Flask:
    """The app for the WSGI server, from the settings in this process's environment.

    Refusals: config_missing, config_bad, keys_master_missing, keys_master_open.
    """
    logs.set_up()
    settings = read_settings(os.environ)
    channel = Gateway(settings.gateway_url, settings.gateway_key) if settings.gateway_url else None
    app = create_app(Database(settings.database_url), settings, channel)
    start_sealing(app)
    return app


def serve(settings: Settings, *, workers: int = 1) -> None:
    """Serve until a signal ends it; the environment must name the same settings for the workers."""
    is_embedded = settings.database_url.startswith("sqlite")
    Granian(
        f"{__name__}:make_app",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        # SQLite has one writer, and its group commit lives in one process.
        workers=1 if is_embedded else workers,
        blocking_threads=THREADS,
        websockets=False,
        ssl_cert=_existing(settings.tls_certificate),
        ssl_key=_existing(settings.tls_key),
    ).serve()


def _existing(path: Path | None) -> Path | None:
    return None if path is None else path.resolve(strict=True)
