"""`jifen replay`: an empty server from an export, with the same balances and the same root."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from kiosk.commands.night import json_option
from kiosk.commands.opening import opened, says_refusals, show
from settlement.replay import replay

_STEPS: Final = 1_000


@click.command("replay")
@click.argument("export", type=click.Path(exists=True, path_type=Path))
@json_option
@says_refusals
def replay_command(export: Path, *, as_json: bool) -> None:
    """Fill this server's empty database from EXPORT (a folder or a ZIP) and check that nothing differs.

    Balances are worked out from the transfers, the tree is grown from the entries; both must come out as the export
    says. Names, telephone numbers, sign-ins, cards and keys are in no export: this is for checking, not for serving.
    """
    with opened() as server:
        with click.progressbar(length=_STEPS, label="replay", hidden=as_json) as bar:

            def tell(done: int, of: int) -> None:
                bar.update(done * _STEPS // max(of, 1) - bar.pos)

            made = replay(server.db, export, progress=tell)
        show(
            {
                "community": str(made.community_id),
                "rows": made.rows,
                "balances": made.balances,
                "size": str(made.size),
                "root": made.root,
            },
            as_json=as_json,
        )
