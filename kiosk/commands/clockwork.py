"""`jifen clockwork`: what runs by itself beside the server, and how it stands."""

from __future__ import annotations

import os
import time
from typing import Any, Final

import click

from kiosk.clockwork.plan import Standing, standings
from kiosk.clockwork.rules import read_timetable
from kiosk.clockwork.run import Clockwork, Ended
from kiosk.commands.night import community_option, json_option
from kiosk.commands.opening import opened, says_refusals, show
from ledger.clock import now_us
from ledger.earning.calendar import local_time
from ledger.members.communities import get_community

LOOK_EVERY_S: Final = 20
_NICE: Final = 5


@click.group("clockwork")
def clockwork_group() -> None:
    """What runs by itself: notices, lapse, night, keys, silent acceptance, month. `jifen serve` starts it."""


@clockwork_group.command("run")
@click.option("--once", is_flag=True, help="Do what is due now, say what was done, and end.")
@click.option(
    "--with-parent", is_flag=True, hidden=True, help="End with the process that started it."
)
@json_option
@says_refusals
def run_command(*, once: bool, with_parent: bool, as_json: bool) -> None:
    """Do what is due, oldest first, what was missed too; look again every twenty seconds, until stopped.

    Any number of these may run over one database: each step is done by one of them. With --once the exit status is 1
    where a step failed.
    """
    with opened() as server:
        clockwork = Clockwork(server, now=now_us)
        if once:
            ended = clockwork.tick()
            show({"runs": [_run(one) for one in ended]}, as_json=as_json)
            if any(one.state == "failed" for one in ended):
                raise SystemExit(1)
            return
        # The tills come first, on a small machine too.
        os.nice(_NICE)
        parent = os.getppid()
        while not with_parent or os.getppid() == parent:
            for one in clockwork.tick():
                click.echo(" ".join(f"{name}={value}" for name, value in _run(one).items()))
            _rest(parent if with_parent else None)


def _rest(parent: int | None) -> None:
    until = time.monotonic() + LOOK_EVERY_S
    while time.monotonic() < until and (parent is None or os.getppid() == parent):
        time.sleep(1)


def _run(one: Ended) -> dict[str, Any]:
    return {
        "step": one.due.step,
        "period": one.due.period,
        "state": one.state,
        "problem": one.problem or "-",
    }


@clockwork_group.command("status")
@community_option
@json_option
@says_refusals
def status_command(issuer: str | None, *, as_json: bool) -> None:
    """Say how each step stands and when it comes next. Exit status 1: one is overdue, somebody should see to it."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        with server.db.read() as tx:
            zone = get_community(tx, community_id).timezone
            found = standings(tx, community_id, read_timetable(), now=at)
    lines = [_line(one, zone) for one in found]
    if as_json:
        show({"steps": lines}, as_json=True)
    else:
        for line in lines:
            click.echo("  ".join(f"{name} {value}" for name, value in line.items()))
    if any(one.state == "late" for one in found):
        raise SystemExit(1)


def _line(one: Standing, zone: str) -> dict[str, Any]:
    return {
        "step": one.step.name,
        "state": one.state,
        "last_done": one.last_done or "-",
        "open": [due.period for due in one.open],
        "problem": (one.run.problem if one.run else "") or "-",
        "next": local_time(one.next.due_at, zone).isoformat(timespec="minutes"),
    }
