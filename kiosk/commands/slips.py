"""`jifen slips`: a stack of slip halves as the third key beside claims and book."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from kiosk.commands.night import community_option, json_option
from kiosk.commands.opening import opened, says_refusals, show
from ledger.audit import SYSTEM
from ledger.clock import now_us
from ledger.earning.calendar import day_key
from ledger.errors import Refusal
from settlement.slips import Counted, take_stack


@click.command("slips")
@click.argument("merchant_code")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option(
    "--whole", is_flag=True, help="Every slip of these days is in it: claims without one are named."
)
@community_option
@json_option
@says_refusals
def slips_command(  # what a command line may say
    merchant_code: str,
    file: Path,
    first: datetime,
    last: datetime,
    issuer: str | None,
    *,
    whole: bool,
    as_json: bool,
) -> None:
    """Hold a shop's stack of slip halves against its claims: a line a slip, its number and the yuan taken off.

    Under a line of till and day (M01T1 2026-03-02) short codes do: 457C 10.00. With one bad line none of it counts.
    """
    with opened() as server:
        community_id = server.community(issuer)
        terms = server.desk.refresh(community_id)
        shops = [shop for shop in terms.merchants.values() if shop.code == merchant_code]
        if not shops:
            raise Refusal("merchant_not_found")
        ends = day_key(first.date()), day_key(last.date())
        counted = Counted(file.name, file.read_bytes(), *ends, is_whole=whole)
        pads = [one.code for one in terms.terminals.values() if one.kind == "paper"]
        answer = server.db.write(
            lambda tx: take_stack(
                tx, community_id, shops[0].merchant_id, counted, pads=pads, by=SYSTEM, at=now_us()
            )
        )
        show(answer, as_json=as_json)
        if answer["faults"]:
            raise SystemExit(1)


COMMANDS = (slips_command,)
