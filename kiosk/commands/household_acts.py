"""`jifen household leave`, `split`, `merge`, `gift`, `heirs`, `agree`: points that move, by two people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, ParamSpec

import click

from kiosk.commands.household_writes import (
    Written,
    code_argument,
    person_argument,
    signed_options,
    write,
)
from kiosk.commands.opening import opened
from kiosk.household_words import typed_points
from ledger.clock import now_us
from ledger.errors import Refusal
from ledger.households import acts
from ledger.households.acts import Ask
from ledger.households.moving import Part
from ledger.members import approvals, cards, households
from ledger.members.terms import Terms
from ledger.sql import Tx
from ledger.units import points_text
from pos.desk import day_of

P = ParamSpec("P")

_points = click.option("--points", help="A number both sides signed for, or that is given.")
_paper = click.option("--paper", help="The paper shown: what it is and its number.")
_building = click.option("--building", help="Where the other household is new.")
_unit = click.option("--unit", help="Where the other household is new.")


def _rule(*names: str) -> Callable[[Any], Any]:
    return click.option(
        "--rule",
        type=click.Choice(names),
        default=names[0],
        show_default=True,
        help="How points are divided: each their own, by heads, or as agreed (--points).",
    )


def _proposal(*extra: Callable[[Any], Any]) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """The options of an act that a second person agrees to."""
    options = (
        click.option("--to", "to_code", required=True, help="Code of the other household."),
        click.option("--why", required=True, help="In a few words; it stays with the act."),
        click.option("--yes", is_flag=True, help="Propose it without asking."),
        *extra,
    )

    def give(command: Callable[P, None]) -> Callable[P, None]:
        shown = signed_options(command)
        for option in reversed(options):
            shown = option(shown)
        return shown

    return give


@click.command("leave")
@code_argument
@person_argument
@_proposal(_rule(acts.OWN, acts.AGREED), _points, _building, _unit)
def leave(code: str, person: int, **typed: Any) -> None:  # noqa: ANN401 - what click read
    """PERSON leaves for another household and takes their own part along; nobody's leave is needed."""
    _propose(code, acts.LEAVE, (person,), typed)


@click.command("split")
@code_argument
@click.argument("person", type=int, nargs=-1, required=True)
@_proposal(_rule(acts.OWN, acts.HEADS, acts.AGREED), _points, _building, _unit)
def split(code: str, person: tuple[int, ...], **typed: Any) -> None:  # noqa: ANN401 - what click read
    """Some of the household (PERSON ...) go on as another one."""
    _propose(code, acts.SPLIT, tuple(sorted(person)), typed)


@click.command("merge")
@code_argument
@_proposal()
def merge(code: str, **typed: Any) -> None:  # noqa: ANN401 - what click read
    """The household joins another one with everything it has, debts too."""
    _propose(code, acts.MERGE, (), typed)


@click.command("gift")
@code_argument
@_proposal(_points)
def gift(code: str, **typed: Any) -> None:  # noqa: ANN401 - what click read
    """Give points of the pool to a household in need."""
    _propose(code, acts.GIFT, (), typed)


@click.command("heirs")
@code_argument
@click.option("--heir", required=True, help="The number of the heir's card.")
@_proposal(_paper)
def heirs(code: str, heir: str, **typed: Any) -> None:  # noqa: ANN401 - what click read
    """An heir, who lives in the household --to, claims what waits since a death.

    After a last member the pool; where others go on, the dead person's own points alone.
    """
    _propose(code, acts.HEIRS, (), {**typed, "heir": heir})


@click.command("agree")
@code_argument
@click.argument("proposal", type=int)
@signed_options
def agree(code: str, proposal: int, **signed: Any) -> None:  # noqa: ANN401 - what click read
    """Agree to PROPOSAL as a second person: points move at once, on today's figures."""

    def work(by: Written) -> dict[str, Any]:
        here, shown = by.terms.community.id, by.terms.shown
        found = approvals.get_approval(by.tx, here, proposal)
        if found.kind != acts.APPROVAL or found.subject != f"household:{by.household_id}":
            raise Refusal("approval_not_found")
        done = acts.agree(by.tx, here, proposal, today=by.day, by=by.by, at=by.at)
        other = households.get_household(by.tx, here, done.other_household_id)
        moved = points_text(done.units.get(shown.commodity, 0), shown.precision)
        return {"proposal": str(proposal), "to": other.code, "points": moved}

    asked = {"proposal": str(proposal)}
    write(code, "agree", asked, work, permission="grant.approve", **signed)


COMMANDS: Final = (leave, split, merge, gift, heirs, agree)


_ASKED: Final = ("to_code", "rule", "points", "building", "unit", "why", "paper", "heir")
_TYPED: Final = frozenset({"why", "paper", "heir"})
"""Typed about people: they stand in the proposal, not in the request."""


def _propose(code: str, act: str, people: tuple[int, ...], typed: dict[str, Any]) -> None:
    """Say what would move today, ask (without --yes and --json), and propose it."""
    asked: dict[str, Any] = {name: typed.pop(name) for name in _ASKED if name in typed}

    def ask_of(tx: Tx, terms: Terms, household_id: int) -> Ask:
        here, points = terms.community.id, asked.get("points")
        return Ask(
            act=act,
            household_id=household_id,
            to_code=asked["to_code"].upper(),
            people=(_heir(tx, here, asked["heir"]),) if act == acts.HEIRS else people,
            rule=asked.get("rule") or "",
            units=typed_points(points, terms.shown.precision) if points else None,
            building=asked.get("building") or "",
            unit=asked.get("unit") or "",
            reason=asked["why"],
            evidence=asked.get("paper") or "",
        )

    def work(by: Written) -> dict[str, Any]:
        here = by.terms.community.id
        ask = ask_of(by.tx, by.terms, by.household_id)
        made = acts.propose(by.tx, here, ask, today=by.day, by=by.by, at=by.at)
        parts = acts.preview(by.tx, here, ask, today=by.day)
        return {"proposal": str(made), **_moves(by.terms, parts)}

    if not (typed.pop("yes") or typed["as_json"]):
        _confirm(code, typed["issuer"], ask_of)
    body = {name: value for name, value in asked.items() if name not in _TYPED}
    told = {**body, "people": [str(one) for one in people]}
    write(code, act, told, work, permission="grant.propose", **typed)


def _confirm(code: str, issuer: str | None, ask_of: Callable[[Tx, Terms, int], Ask]) -> None:
    with opened() as server:
        community_id = server.community(issuer)
        terms = server.desk.refresh(community_id)
        today = day_of(terms, now_us())
        with server.db.read() as tx:
            home = households.find_by_code(tx, community_id, code.upper())
            if home is None:
                raise Refusal("household_not_found")
            ask = ask_of(tx, terms, home.household_id)
            acts.check(tx, community_id, ask, today=today)
            parts = acts.preview(tx, community_id, ask, today=today)
    told = ", ".join(f"{name} {value}" for name, value in _moves(terms, parts).items())
    click.confirm(f"{home.code} -> {ask.to_code}: {told}. Propose it?", abort=True)


def _moves(terms: Terms, parts: list[Part]) -> dict[str, str]:
    """What moves of the kind of points the community shows first."""
    shown = [part for part in parts if part.commodity == terms.shown.commodity]
    sums = {
        "points": sum(part.units for part in shown),
        "debt": sum(part.debt_units for part in shown),
    }
    return {name: points_text(units, terms.shown.precision) for name, units in sums.items()}


def _heir(tx: Tx, community_id: int, number: str) -> int:
    person_id = cards.get_by_number(tx, community_id, number).person_id
    if person_id is None:
        raise Refusal("card_not_found")
    return person_id
