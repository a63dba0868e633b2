"""Runs the fake channel on loopback: in a thread for tests, as a program for the demonstration."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import click
from werkzeug.serving import BaseWSGIServer, make_server

from kiosk.fakepay.app import FakePay

LOOPBACK = "127.0.0.1"


class Served:
    """A fake channel answering at `url` until the `with` block ends."""

    def __init__(self, fake: FakePay, port: int = 0) -> None:
        """Listen on a loopback port (0 = any free one)."""
        # One line a request would drown what the demonstration has to say.
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        self.fake = fake
        self.server: BaseWSGIServer = make_server(LOOPBACK, port, fake.app, threaded=True)
        self.url = f"http://{LOOPBACK}:{self.server.server_port}"
        self._thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Self:
        """Start answering."""
        self.fake.start()
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Stop answering and sending."""
        self.server.shutdown()
        self._thread.join(timeout=5)
        self.server.server_close()
        self.fake.stop()


@click.command("fakepay")
@click.option("--port", default=12_111, show_default=True, help="Port on 127.0.0.1; 0 = any.")
@click.option("--file", type=click.Path(path_type=Path), help="SQLite file that keeps the state.")
@click.option("--webhook-url", help="Where signed events are sent.")
@click.option("--webhook-secret", default="whsec_demo", help="What they are signed with.")
@click.option("--balance-fen", default=0, help="Balance to begin with, in fen.")
def serve(
    port: int, file: Path | None, webhook_url: str | None, webhook_secret: str, balance_fen: int
) -> None:
    """Run the fake payment channel on 127.0.0.1, for the demonstration and for trying things."""
    fake = FakePay(file)
    if webhook_url is not None:
        fake.send_webhooks_to(webhook_url, webhook_secret)
    if balance_fen and fake.store.find("balance", "cny") is None:
        with fake.store.lock:
            fake.bank.move(balance_fen)
            fake.store.save()
    served = Served(fake, port)
    fake.start()
    click.echo(f"fakepay {served.url}", nl=True)
    try:
        served.server.serve_forever()
    finally:
        fake.stop()
