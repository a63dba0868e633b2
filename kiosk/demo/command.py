"""`jifen demo`: a small town to click through."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import Final

import click

from kiosk.demo.folder import DemoFolder
from kiosk.demo.live import live
from kiosk.demo.serving import describe, lived_text, serving
from ledger.clock import now_us

FOLDER: Final = Path("var/demo")
SEED: Final = 2026


@click.command("demo")
@click.option("--fresh", is_flag=True, help="Live the months again, whatever is there.")
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True)
@click.option("--no-serve", is_flag=True, help="Live the months and stop.")
@click.option("--seed", type=int, default=SEED, show_default=True)
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=FOLDER, show_default=True
)
def command(*, fresh: bool, port: int, no_serve: bool, seed: int, folder: Path) -> None:
    """Live three months of a made-up community up to this minute, then serve it on 127.0.0.1.

    What was lived once is kept in the folder and served again the next time.
    """
    demo = DemoFolder(folder)
    if fresh or demo.find_facts() is None:
        demo = _live(folder, seed)
    if no_serve:
        facts = demo.find_facts()
        click.echo(f"{demo.root}: {lived_text(facts)}" if facts else "")
        return
    signal.signal(signal.SIGTERM, _stop)  # so that the server is stopped too
    try:
        with serving(demo, port=port, now=now_us()) as running:
            click.echo(describe(running))
            click.echo(f"Log: {demo.log_file}. Stop with Ctrl-C; --fresh lives the months again.")
            running.process.wait()
    except KeyboardInterrupt:
        click.echo()
    except (OSError, TimeoutError) as error:
        raise click.ClickException(f"port {port}: {error}; choose another with --port") from error


def _stop(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _live(folder: Path, seed: int) -> DemoFolder:
    started = time.monotonic()
    with click.progressbar(
        length=100, label="three months of a made-up community", file=sys.stderr
    ) as bar:

        def tell(done: int, of: int) -> None:
            bar.update(done * 100 // of - bar.pos)

        demo = live(folder, now=now_us(), seed=seed, progress=tell)
    click.echo(f"lived in {time.monotonic() - started:.0f} s", err=True)
    return demo
