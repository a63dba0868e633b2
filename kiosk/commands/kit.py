"""`jifen kit`: one ZIP for the auditor, with a page that checks the book without this program."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from kiosk.commands.month import MonthParam
from kiosk.commands.night import community_option, json_option
from kiosk.commands.opening import opened, says_refusals, show
from kiosk.context import last_signed_of
from kiosk.kit.packing import Period, write_kit
from ledger import audit
from ledger.audit import SYSTEM
from ledger.clock import now_us
from ledger.earning.calendar import day_key, month_by_key
from ledger.errors import Refusal
from ledger.seal.checkpoints import publish

_STEPS: Final = 1_000


@click.command("kit")
@click.argument("month", type=MonthParam())
@click.argument("last", type=MonthParam(), required=False)
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file to write, such as kit.zip.",
)
@community_option
@json_option
@says_refusals
def kit_command(
    month: int, last: int | None, out: Path, issuer: str | None, *, as_json: bool
) -> None:
    """Write the auditor's kit for MONTH (2026-01), or for MONTH to LAST.

    It holds the whole book (docs/export.md), a page that opens by double click and checks all of it without network,
    and how to use them. No name, telephone or account number is in it.
    """
    period = _period(month, last or month)
    with opened() as server:
        community_id = server.community(issuer)
        now = now_us()
        facts = {"from": period.first_date, "to": period.last_date}
        # It is in the kit itself: whoever reads one sees that it was made.
        server.db.write(
            lambda tx: audit.record(tx, community_id, SYSTEM, "kit.make", "", at=now, after=facts)
        )
        mark = last_signed_of(server.settings)
        publish(server.db, community_id, server.vault, mark, at=now)
        with click.progressbar(length=_STEPS, label="kit", hidden=as_json) as bar:

            def tell(done: int, of: int) -> None:
                bar.update(done * _STEPS // max(of, 1) - bar.pos)

            kit = write_kit(server.db, community_id, out, period, at=now, progress=tell)
        show({"out": str(out), **kit._asdict()}, as_json=as_json)


def _period(first: int, last: int) -> Period:
    """Refuses: kit_months (the last month before the first)."""
    if last < first:
        raise Refusal("kit_months")
    return Period(day_key(month_by_key(first).first), day_key(month_by_key(last).last))
