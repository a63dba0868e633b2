"""`jifen expiry`: notices of points that will lapse, the lapse itself, and what is announced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import click

from kiosk.commands.night import community_option, json_option
from kiosk.commands.opening import opened, says_refusals, show
from ledger.clock import now_us
from ledger.expiry.lists import dates, wall_dates
from ledger.expiry.notices import give_notices
from ledger.expiry.plan import PointKind, plan_of
from ledger.expiry.run import run_expiry
from ledger.units import points_text


@click.group("expiry")
def expiry_group() -> None:
    """Points that lapse: give the notices, let lapse what had every notice, list what is announced."""


@expiry_group.command("notices")
@community_option
@json_option
@says_refusals
def notices(issuer: str | None, *, as_json: bool) -> None:
    """Give every notice that is due today; run it each night before `jifen expiry run`.

    Safe to run again: nobody is told twice. Owners without a phone get a slip to be handed out by the office.
    """
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        given = give_notices(server.db, community_id, at=at, each=_Count(hidden=as_json))
        kinds = _kinds(server, community_id, at)
        show(
            {
                "notices": [
                    {
                        "points": kinds[run.commodity].code,
                        "days_before": run.notice_days,
                        "wallets": run.wallets,
                        "units": run.units,
                        "slips": run.slips,
                        "digest": run.digest,
                    }
                    for run in given.runs
                ],
                "withdrawn": given.withdrawn,
            },
            as_json=as_json,
        )


@expiry_group.command("run")
@community_option
@json_option
@says_refusals
def run(issuer: str | None, *, as_json: bool) -> None:
    """Let lapse what is over and had every notice; what lacks one stays, and is counted with its reason.

    Safe to run again: what lapsed is not taken twice.
    """
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        done = run_expiry(server.db, community_id, at=at, each=_Count(hidden=as_json))
        kinds = _kinds(server, community_id, at)
        show(
            {
                "expired": [
                    {
                        "points": kinds[commodity].code,
                        "wallets": done.wallets[commodity],
                        "units": units,
                    }
                    for commodity, units in sorted(done.units.items())
                    if units
                ],
                "skipped": dict(sorted(done.skipped.items())),
            },
            as_json=as_json,
        )


@expiry_group.command("list")
@click.option(
    "--wall", is_flag=True, help="Only what may hang on the wall: no sum of a few wallets."
)
@community_option
@json_option
@says_refusals
def list_dates(issuer: str | None, *, wall: bool, as_json: bool) -> None:
    """List what is announced, by last day: how many wallets, how many points, what is still to be handed out."""
    with opened() as server:
        community_id = server.community(issuer)
        kinds = _kinds(server, community_id, now_us())
        with server.db.read() as tx:
            rows = wall_dates(tx, community_id) if wall else dates(tx, community_id)
        lines = [_line(row._asdict(), kinds) for row in rows]
        if as_json:
            show({"dates": lines}, as_json=True)
            return
        for line in lines or [{"dates": 0}]:
            click.echo("  ".join(f"{name} {value}" for name, value in line.items()))


def _line(row: dict[str, Any], kinds: Mapping[int, PointKind]) -> dict[str, Any]:
    kind = kinds[row.pop("commodity")]
    units = row.pop("units")
    # Sums come from PostgreSQL as decimals; they are whole.
    figures = {name: None if value is None else int(value) for name, value in row.items()}
    points = None if units is None else points_text(int(units), kind.precision)
    return {"points": kind.code, **figures, "total": points}


def _kinds(server: Any, community_id: int, at: int) -> Mapping[int, PointKind]:  # noqa: ANN401 - as every command opens it
    with server.db.read() as tx:
        return {kind.commodity: kind for kind in plan_of(tx, community_id, at=at).kinds}


class _Count:
    """Says how many wallets are done, a line for each thousand: how many there will be shows only at the end."""

    def __init__(self, *, hidden: bool) -> None:
        self._hidden = hidden
        self._done = 0

    def __call__(self, wallets: int) -> None:
        before, self._done = self._done, self._done + wallets
        if not self._hidden and before // _STEP < self._done // _STEP:
            click.echo(f"{self._done} ...", err=True)


_STEP: Final = 1_000
