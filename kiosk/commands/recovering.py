"""`jifen recover-from-tills`: after a loss, what the tills kept comes back into the book that was restored."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

import click

from kiosk.commands.night import community_option, json_option
from kiosk.commands.opening import Opened, language, opened, says_refusals, show
from kiosk.recovering import finishing
from kiosk.recovering.report import report_of
from kiosk.recovering.wording import report_lines
from ledger.audit import SYSTEM
from ledger.clock import SECOND_US, now_us
from ledger.errors import Refusal
from ledger.members.communities import zone_of
from ledger.recovery import epochs, intake, lines

_LOOK_S = 2


@click.group("recover-from-tills")
def recovering_group() -> None:
    """Bring back what was acknowledged after the copy that was restored: start, apply, finish.

    Meanwhile tills sell and points are collected; none are spent until everything is written again.
    """


@recovering_group.command("start")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]),
    help="Of what moment the restored copy is, on the community's clock; only where `jifen restore` did not do it.",
)
@community_option
@json_option
@says_refusals
def start_command(since: datetime | None, issuer: str | None, *, as_json: bool) -> None:
    """Ask every till for what it was told since the copy. They answer by themselves within a minute."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        if since is not None:
            with server.db.read() as tx:
                zone = zone_of(tx, community_id)
            since_at = int(since.replace(tzinfo=zone).timestamp()) * SECOND_US
            server.db.write(
                lambda tx: epochs.open_recovery(
                    tx, community_id, backup="", since_at=since_at, by=SYSTEM, at=at
                )
            )
        server.db.write(lambda tx: epochs.start(tx, community_id, by=SYSTEM, at=at))
        show(status_of(server, community_id), as_json=as_json)


@recovering_group.command("status")
@community_option
@json_option
@says_refusals
def status_command(issuer: str | None, *, as_json: bool) -> None:
    """Say which tills have sent their daybook, and what became of it."""
    with opened() as server:
        show(status_of(server, server.community(issuer)), as_json=as_json)


@recovering_group.command("apply")
@click.option("--wait", "wait_minutes", type=click.IntRange(0, 1_440), default=0, show_default=True,
              help="So many minutes for tills that have not sent yet.")  # fmt: skip
@community_option
@json_option
@says_refusals
def apply_command(wait_minutes: int, issuer: str | None, *, as_json: bool) -> None:
    """Write again what the tills sent, in the order in which it had been answered; then points may be spent.

    Safe to run again: what is written stays, what could not be written is tried again. A till that turns up later is
    written by running this once more.
    """
    with opened() as server:
        community_id = server.community(issuer)
        _wait_for_tills(server, community_id, wait_minutes)
        with server.db.read() as tx:
            found = epochs.get_open(tx, community_id)
            waiting = len(lines.open_lines(tx, community_id, found.recovery_id))
        with click.progressbar(length=waiting, label="apply", hidden=as_json) as bar:
            done = finishing.apply_all(
                server.desk,
                community_id,
                by=SYSTEM,
                at=now_us(),
                progress=lambda count, _of: bar.update(count - bar.pos),
            )
        figures = {"paid_back_units": done.paid_back_units, **done.states}
        show({**status_of(server, community_id), **figures}, as_json=as_json)


@recovering_group.command("finish")
@community_option
@json_option
@says_refusals
def finish_command(issuer: str | None, *, as_json: bool) -> None:
    """Declare the loss under the log's key, seal everything, keep the report and print it."""
    with opened() as server:
        community_id = server.community(issuer)
        report, sealed = finishing.finish(
            server.desk,
            server.vault,
            server.last_signed,
            community_id,
            by=SYSTEM,
            now=now_us,
        )
        figures = {"size": sealed.checkpoint.size, "root": sealed.checkpoint.root.hex()}
        if as_json:
            show({"report": report, "note": sealed.note, **figures}, as_json=True)
            return
        for line in report_lines(report, language()):
            click.echo(line)
        show({"note": sealed.note, **figures}, as_json=False)


@recovering_group.command("report")
@community_option
@json_option
@says_refusals
def report_command(issuer: str | None, *, as_json: bool) -> None:
    """Print the report of the recovery under way, or of the last one."""
    with opened() as server:
        report = read_report(server, server.community(issuer))
        if as_json:
            show(report, as_json=True)
            return
        for line in report_lines(report, language()):
            click.echo(line)


def read_report(server: Opened, community_id: int) -> dict[str, Any]:
    """The report that was kept, or one of how things stand.

    Refuses: recovery_none.
    """
    terms = server.desk.refresh(community_id)
    with server.db.read() as tx:
        found = epochs.find_newest(tx, community_id)
        if found is None:
            raise Refusal("recovery_none")
        if found.report:
            kept: dict[str, Any] = json.loads(found.report)
            return kept
        return report_of(tx, terms, found, at=now_us())


def status_of(server: Opened, community_id: int) -> dict[str, Any]:
    """How the recovery stands, in a few figures."""
    terms = server.desk.refresh(community_id)
    with server.db.read() as tx:
        found = epochs.get_open(tx, community_id)
        tills = intake.till_states(tx, community_id, found.recovery_id)
        counted = lines.counts(tx, community_id, found.recovery_id)
    by_state = {
        state: sorted(terms.terminal(one.terminal_id).code for one in tills if one.state == state)
        for state in ("asked", "reported", "lost")
    }
    return {
        "state": found.state,
        "backup": found.backup or "-",
        "spending": found.state == "applied",
        **{f"tills_{state}": ", ".join(codes) or "-" for state, codes in by_state.items()},
        **{f"lines_{state}": count for state, count in sorted(counted.items())},
    }


def _wait_for_tills(server: Opened, community_id: int, minutes: int) -> None:
    until_s = time.monotonic() + minutes * 60
    while time.monotonic() < until_s:
        with server.db.read() as tx:
            found = epochs.get_open(tx, community_id)
            tills = intake.till_states(tx, community_id, found.recovery_id)
        if all(till.state != "asked" for till in tills):
            return
        time.sleep(_LOOK_S)
