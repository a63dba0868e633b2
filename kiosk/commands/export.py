"""`jifen export`: a community's whole book as plain tables, for whoever checks it elsewhere."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

import click

from kiosk.commands.night import community_option, json_option
from kiosk.commands.opening import Opened, opened, says_refusals, show
from ledger import audit
from ledger.audit import SYSTEM
from ledger.clock import now_us
from ledger.errors import Refusal
from ledger.seal.sealer import seal
from settlement.export.beancount import write_beancount
from settlement.export.pack import pack
from settlement.export.write import write_export

_STEPS: Final = 1_000


@click.command("export")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--parquet", is_flag=True, help="Tables as Parquet instead of CSV.")
@click.option(
    "--beancount",
    is_flag=True,
    help="The journal alone, as beancount reads it: OUT is one file, for bean-check.",
)
@community_option
@json_option
@says_refusals
def export_command(
    out: Path, issuer: str | None, *, parquet: bool, beancount: bool, as_json: bool
) -> None:
    """Write the whole book into the folder OUT, or into one file where OUT ends in .zip.

    No name, telephone number, account or secret is in it; docs/export.md describes each table.
    """
    with opened() as server:
        community_id = server.community(issuer)
        with click.progressbar(length=_STEPS, label="export", hidden=as_json) as bar:

            def tell(done: int, of: int) -> None:
                bar.update(done * _STEPS // max(of, 1) - bar.pos)

            if beancount:
                lines = write_beancount(server.db, community_id, out, progress=tell)
            else:
                manifest = _write(server, community_id, out, parquet, tell)
        if beancount:
            show({"out": str(out), "lines": lines}, as_json=as_json)
            return
        show(
            {
                "out": str(out),
                "size": manifest["size"],
                "root": manifest["root"] or "-",
                "from": manifest["from"],
                "to": manifest["to"],
                "rows": sum(file["rows"] for file in manifest["files"].values()),
            },
            as_json=as_json,
        )


def _write(server: Opened, community_id: int, out: Path, parquet: bool, tell: Any) -> Any:  # noqa: ANN401, FBT001 - passes its caller's words on
    now = now_us()
    _check_free(out)
    # It is in the export itself: whoever reads one sees that it was made.
    server.db.write(lambda tx: audit.record(tx, community_id, SYSTEM, "export.make", "", at=now))
    seal(server.db, community_id)
    if out.suffix.lower() != ".zip":
        return write_export(server.db, community_id, out, at=now, parquet=parquet, progress=tell)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".export-") as folder:
        manifest = write_export(
            server.db, community_id, Path(folder), at=now, parquet=parquet, progress=tell
        )
        pack(Path(folder), out)
    return manifest


def _check_free(out: Path) -> None:
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise Refusal("export_folder_taken", folder=out.name)
