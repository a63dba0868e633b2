"""`jifen generate`: a made-up community's documents in a folder."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from pathlib import Path

import click

from kiosk.generator.generate import generate
from kiosk.generator.sizes import SIZES


@click.command("generate")
@click.option("--size", type=click.Choice(list(SIZES)), default="S", show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="the same seed, the same town")
@click.option("--months", type=click.IntRange(1, 36), default=3, show_default=True)
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="last day, YYYY-MM-DD"
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--rare", is_flag=True, help="with rare names and ages")
@click.option("--rings", is_flag=True, help="with five rings of cheats, told in rings.jsonl")
@click.option("--json", "as_json", is_flag=True, help="print the counts for a program to read")
def command(
    size: str,
    seed: int,
    months: int,
    until: datetime,
    out: Path,
    *,
    rare: bool,
    rings: bool,
    as_json: bool,
) -> None:
    """Write a made-up community: people, shops, purchases, claims, bills and the truth about their faults."""
    last: date = until.date()
    label = f"{size} {seed}"
    with click.progressbar(length=100, label=label, file=sys.stderr) as bar:

        def tell(done: int, steps: int) -> None:
            bar.update(done * 100 // steps - bar.pos)

        try:
            report = generate(
                size,
                seed=seed,
                months=months,
                until=last,
                out=out,
                rare=rare,
                with_rings=rings,
                progress=tell,
            )
        except FileExistsError as error:
            raise click.ClickException(f"{out} is not empty") from error
    if as_json:
        click.echo(json.dumps({"folder": str(out), **report.counts, "faults": report.faults}))
        return
    for name, count in (report.counts | report.faults).items():
        click.echo(f"{count:>10,}  {name}")
