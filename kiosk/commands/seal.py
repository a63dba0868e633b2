"""`jifen seal`: seal and sign now, work the log out again, change its key, go on after a loss."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import click

from kiosk.commands.night import community_option, json_option
from kiosk.commands.opening import opened, says_refusals, show
from ledger.audit import SYSTEM
from ledger.clock import now_us
from ledger.earning.calendar import business_date, day_key
from ledger.members.communities import get_community
from ledger.seal import keys, recovery
from ledger.seal.checkpoints import Checkpoint
from ledger.seal.note import ALGORITHMS
from ledger.seal.verify import verify_log

_STEPS: Final = 1_000


@click.group("seal", invoke_without_command=True)
@community_option
@json_option
@click.pass_context
@says_refusals
def seal_group(ctx: click.Context, issuer: str | None, *, as_json: bool) -> None:
    """Seal what was written, sign a checkpoint over it, and show size and root.

    A running server does it by itself; this is for a server that stands, and for looking.
    """
    if ctx.invoked_subcommand is not None:
        return
    with opened() as server:
        signed = server.publish(server.community(issuer), at=now_us())
        show(_figures(signed), as_json=as_json)


@seal_group.command("verify")
@community_option
@json_option
@says_refusals
def verify_command(issuer: str | None, *, as_json: bool) -> None:
    """Work out every leaf, tile and checkpoint again from the rows, and name the first that does not fit.

    Exit status 1 where one does not.
    """
    with opened() as server:
        community_id = server.community(issuer)
        with click.progressbar(length=_STEPS, label="verify", hidden=as_json) as bar:

            def tell(done: int, of: int) -> None:
                bar.update(done * _STEPS // max(of, 1) - bar.pos)

            found = verify_log(server.db, community_id, progress=tell)
    fault = found.fault
    show(
        {
            "size": found.size,
            "root": found.root.hex(),
            "checkpoints": found.checkpoints,
            "fits": fault is None,
            "first_wrong": "-" if fault is None else fault.row,
            "why": "-" if fault is None else fault.why,
        },
        as_json=as_json,
    )
    if fault is not None:
        raise SystemExit(1)


@seal_group.command("key")
@click.option("--alg", type=click.Choice(sorted(ALGORITHMS)), default="Ed25519", show_default=True)
@community_option
@json_option
@says_refusals
def key_command(alg: str, issuer: str | None, *, as_json: bool) -> None:
    """Let a new key sign from now on; the old one names it, and everything signed before still verifies."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        server.publish(community_id, at=at)
        key = server.db.write(
            lambda tx: keys.change_key(tx, server.vault, community_id, by=SYSTEM, at=at, alg=alg)
        )
        signed = server.publish(community_id, at=now_us())
        show({"key": key.text, **_figures(signed)}, as_json=as_json)


@seal_group.command("adopt")
@community_option
@json_option
@says_refusals
def adopt_command(issuer: str | None, *, as_json: bool) -> None:
    """Let this machine sign for a log that another one signed before, from its newest checkpoint on.

    Compare the size shown with a till's or the last board's first.
    """
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        signed = recovery.adopt(server.db, community_id, server.last_signed, by=SYSTEM, at=at)
        show(_figures(signed), as_json=as_json)


@seal_group.command("recover")
@click.option("--yes", "is_sure", is_flag=True, help="The lost entries cannot be had back.")
@community_option
@json_option
@says_refusals
def recover_command(issuer: str | None, *, is_sure: bool, as_json: bool) -> None:
    """After a loss, go on from the newest checkpoint this database holds, openly and signed.

    Tills and the board show that it happened. The act stands in the log.
    """
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        if not is_sure:
            click.confirm(
                "The entries signed after this database's last checkpoint are lost?", abort=True
            )
        with server.db.read() as tx:
            zone = get_community(tx, community_id).timezone
        note = recovery.begin_again(
            server.db,
            community_id,
            server.vault,
            server.last_signed,
            by=SYSTEM,
            day=day_key(business_date(at, zone)),
            at=at,
        )
        signed = server.publish(community_id, at=now_us())
        show({"note": note, **_figures(signed)}, as_json=as_json)


def _figures(signed: Checkpoint) -> dict[str, str | int]:
    at = datetime.fromtimestamp(signed.signed_at / 1_000_000).astimezone()
    return {
        "size": signed.size,
        "root": signed.root.hex(),
        "signed_at": at.isoformat(timespec="seconds"),
        "checkpoint": signed.note,
    }
