"""What the commands that change a household share: who signs, once for each request id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, ParamSpec

import click

from kiosk.commands.community import community_option, json_option
from kiosk.commands.opening import opened, says_refusals, show
from ledger.audit import By
from ledger.book.requests import once
from ledger.clock import now_us
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.members import households, roles, staff
from ledger.members.terms import Terms
from ledger.sql import Tx
from pos.desk import day_of

P = ParamSpec("P")

code_argument: Final = click.argument("code")
person_argument: Final = click.argument("person", type=int)


class Written(NamedTuple):
    """What a change has at hand: its transaction, the rules, the household, the business date, who and when."""

    tx: Tx
    terms: Terms
    household_id: int
    day: int
    by: By
    at: int


def signed_options(command: Callable[P, None]) -> Callable[P, None]:
    """The options of a command that somebody signs: --by, --request, --community, --json."""
    options = (
        click.option(
            "--by",
            "login",
            required=True,
            help="The sign-in of whoever does it; the password is asked.",
        ),
        click.option(
            "--request",
            "request_id",
            help="An id of your own: the same one again does nothing twice.",
        ),
        community_option,
        json_option,
    )
    shown = says_refusals(command)
    for option in reversed(options):
        shown = option(shown)
    return shown


def write(  # noqa: PLR0913 - what the command line gives
    code: str,
    act: str,
    body: Mapping[str, Any],
    work: Callable[[Written], dict[str, Any]],
    *,
    login: str,
    request_id: str | None,
    issuer: str | None,
    as_json: bool,
    permission: str = "resident.write",
) -> None:
    """Do `work` once on the household of that code, signed by `login`, and print its answer.

    `body` says what is asked for, without words typed about people. Refuses sign_in_wrong, sign_in_locked, staff_left,
    not_allowed, household_not_found, request_id_reused and what `work` refuses.
    """
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        terms = server.desk.refresh(community_id)
        with server.db.read() as tx:
            home = households.find_by_code(tx, community_id, code.upper())
        if home is None:
            raise Refusal("household_not_found")
        password = click.prompt("Password", hide_input=True, err=True)
        who = staff.sign_in(
            server.db,
            community_id,
            login.strip().lower(),
            password,
            pepper=server.desk.pepper,
            at=at,
        )
        with server.db.read() as tx:
            held = staff.roles_of(tx, community_id, who.staff_id)
        if who.merchant_id is not None or not roles.may(held, permission):
            raise Refusal("not_allowed")
        by, day = By("staff", who.staff_id), day_of(terms, at)
        answer = once(
            server.db,
            community_id,
            request_id or new_request_id(at),
            kind=f"command.household.{act}",
            body={"household": str(home.household_id), "by": str(by.id), **body},
            at=at,
            work=lambda tx: work(Written(tx, terms, home.household_id, day, by, at)),
        )
        show(answer, as_json=as_json)
