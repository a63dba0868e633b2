"""`jifen household`: who lives together, what a member may use, who has died, and where a household lives."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import click

from kiosk.commands.community import community_option, json_option
from kiosk.commands.household_acts import COMMANDS
from kiosk.commands.household_writes import (
    Written,
    code_argument,
    person_argument,
    signed_options,
    write,
)
from kiosk.commands.opening import language, opened, says_refusals, show
from kiosk.household_card import household_card
from kiosk.household_words import ACTS, typed_points
from kiosk.texts import translator
from ledger.clock import now_us
from ledger.earning.calendar import day_key
from ledger.errors import Refusal
from ledger.households import estates, homes, limits
from ledger.households.looks import Look, look_at
from ledger.members import households
from ledger.units import points_text
from pos.desk import day_of


@click.group("household")
def household_group() -> None:
    """Who lives together, what members may use, and how households part, join and end.

    PERSON is the number that `jifen household show` prints. Points that move are proposed by one
    (`--by`) and agreed to by another; neither lives on either side.
    """


for _command in COMMANDS:
    household_group.add_command(_command)


@household_group.command("list")
@click.option("--find", "text", default="", help="Codes or buildings that begin like this.")
@click.option("--after", default="", help="Go on after this code.")
@click.option("--most", type=click.IntRange(1, 500), default=50, show_default=True)
@community_option
@json_option
@says_refusals
def list_households(text: str, after: str, most: int, issuer: str | None, *, as_json: bool) -> None:
    """List households in the order of their codes."""
    with opened() as server, server.db.read() as tx:
        found = households.search(
            tx, server.community(issuer), text.upper(), after=after.upper(), limit=most + 1
        )
    lines = [
        {
            "code": home.code,
            "building": home.building,
            "unit": home.unit,
            "members": members,
            "state": "open" if home.closed_at is None else "closed",
        }
        for home, members in found[:most]
    ]
    more = lines[-1]["code"] if len(found) > most else None
    if as_json:
        show({"households": lines, "after": more}, as_json=True)
        return
    for line in lines:
        click.echo("  ".join(str(value) for value in line.values()))
    if more:
        click.echo(f"--after {more}")


@household_group.command("show")
@code_argument
@community_option
@json_option
@says_refusals
def show_household(code: str, issuer: str | None, *, as_json: bool) -> None:
    """Show a household: members (names masked), points, limits, what waits for heirs, what happened."""
    with opened() as server:
        community_id = server.community(issuer)
        terms = server.desk.refresh(community_id)
        with server.db.read() as tx:
            home = households.find_by_code(tx, community_id, code.upper())
            if home is None:
                raise Refusal("household_not_found")
            seen = look_at(tx, terms, home, day=day_of(terms, now_us()))
    told = _told(seen, terms.shown.precision)
    if as_json:
        show({**told.head, **told.lists}, as_json=True)
        return
    show(told.head, as_json=False)
    said = translator(language())
    for lines in told.lists.values():
        for line in lines:
            if "act" in line:
                line["act"] = said(ACTS[line["act"]])
            shown = {name: value for name, value in line.items() if value not in (None, False)}
            click.echo("  ".join(f"{name}={value}" for name, value in shown.items()))


class _Told(NamedTuple):
    head: dict[str, Any]
    lists: dict[str, list[dict[str, Any]]]


def _told(seen: Look, precision: int) -> _Told:
    def points(units: int | None) -> str | None:
        return None if units is None else points_text(units, precision)

    people = [
        {
            "person": str(one.person_id),
            "name": one.masked,
            "head": one.is_head,
            "state": one.state,
            "limit": points(one.limit.units),
            "used": points(one.limit.used),
            "from_month": one.limit.next_month or None,
            "then": points(one.limit.next_units) if one.limit.next_month else None,
        }
        for one in seen.members
    ]
    waits = [
        {"died_on": int(row.died_on), "claim_until": int(row.claim_until)} for row in seen.estates
    ]
    done = [
        {"day": int(row.business_date), "act": str(row.kind), "points": points(int(row.units))}
        for row in seen.history
    ]
    sums = {
        name: points(getattr(seen.wallet, name))
        for name in ("available", "held", "pending", "owed")
    }
    state = "open" if seen.home.closed_at is None else "closed"
    return _Told(
        {"code": seen.home.code, "state": state, **sums},
        {"members": people, "estates": waits, "history": done},
    )


@household_group.command("card")
@code_argument
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@community_option
@json_option
@says_refusals
def print_card(code: str, file: Path, issuer: str | None, *, as_json: bool) -> None:
    """Write the household's points card, its report on A5, to FILE (.pdf)."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        terms = server.desk.refresh(community_id)
        with server.db.read() as tx:
            home = households.find_by_code(tx, community_id, code.upper())
            if home is None:
                raise Refusal("household_not_found")
            body = household_card(tx, terms, home, day=day_of(terms, at), language=language())
    file.write_bytes(body)
    show({"file": str(file), "code": home.code}, as_json=as_json)


@household_group.command("limit")
@code_argument
@person_argument
@click.argument("points")
@signed_options
def limit(code: str, person: int, points: str, **signed: Any) -> None:  # noqa: ANN401 - what click read
    """Let PERSON use at most POINTS of the pool a month, as the head asked; `none` lifts the limit.

    More counts at once, less (and a first limit) from next month on.
    """

    def work(by: Written) -> dict[str, Any]:
        units = None if points == "none" else typed_points(points, by.terms.shown.precision)
        month = limits.set_limit(
            by.tx,
            by.terms.community.id,
            by.household_id,
            person,
            units,
            month=by.day // 100,
            by=by.by,
            at=by.at,
        )
        return {"person": str(person), "limit": points, "from_month": month}

    write(code, "limit", {"person": str(person), "points": points}, work, **signed)


@household_group.command("death")
@code_argument
@person_argument
@click.option("--on", "died", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--paper", required=True, help="The paper shown: what it is and its number.")
@signed_options
def death(code: str, person: int, died: datetime, paper: str, **signed: Any) -> None:  # noqa: ANN401 - what click read
    """Write down that PERSON has died: codes stop, points stay; a last member's wait a year for heirs."""
    died_on = day_key(died.date())

    def work(by: Written) -> dict[str, Any]:
        here = by.terms.community.id
        if person not in homes.active_members(by.tx, here, by.household_id):
            raise Refusal("household_not_member")
        flagged = estates.report_death(
            by.tx,
            here,
            person,
            died_on=died_on,
            evidence=paper,
            today=by.day,
            by=by.by,
            at=by.at,
        )
        return {"person": str(person), "spent_afterwards": flagged}

    write(code, "death", {"person": str(person), "day": died_on}, work, **signed)


@household_group.command("move")
@code_argument
@click.option("--to", "to_code", help="The new code of the household.")
@click.option("--building", default="", help="Of the new home.")
@click.option("--unit", default="", help="Of the new home.")
@click.option("--out", "people", type=int, multiple=True, help="A PERSON who leaves the community.")
@click.option("--why", required=True, help="In a few words; it stays with the act.")
@signed_options
def move(
    code: str,
    to_code: str | None,
    building: str,
    unit: str,
    people: tuple[int, ...],
    why: str,
    **signed: Any,  # noqa: ANN401 - what click read
) -> None:
    """Move a household to another home (--to), or some of it out of the community (--out).

    The wallet stays the same. Points are good in the community alone: whoever leaves takes none along.
    """
    if (to_code is None) == (not people):
        raise click.UsageError("give --to for another home, or --out for whoever leaves")

    def work(by: Written) -> dict[str, Any]:
        here, known = by.terms.community.id, by.household_id
        common: dict[str, Any] = {"reason": why, "today": by.day, "by": by.by, "at": by.at}
        if to_code is None:
            homes.move_out(by.tx, here, known, tuple(sorted(people)), **common)
            return {"left": len(people)}
        new = to_code.upper()
        homes.move_home(by.tx, here, known, code=new, building=building, unit=unit, **common)
        return {"code": new}

    asked = {"to": to_code or "", "people": [str(one) for one in sorted(people)]}
    write(code, "move", asked, work, **signed)
