"""`jifen terminal`: tills and counters, and the codes with which tablets become them."""

from __future__ import annotations

from typing import Any

import click

from kiosk.commands.community import community_option, json_option
from kiosk.commands.opening import opened, says_refusals, show
from ledger.audit import SYSTEM
from ledger.clock import now_us
from ledger.errors import Refusal
from ledger.members import merchants, settings, terminals
from ledger.sql import Tx


@click.group("terminal")
def terminal_group() -> None:
    """Open tills and counters, make enrolment codes, take tablets out of service."""


@terminal_group.command("open")
@click.argument("merchant_code")
@click.argument("code")
@click.option("--branch", default="1", show_default=True, help="The branch's code.")
@click.option("--kind", type=click.Choice(terminals.KINDS), default="till", show_default=True)
@community_option
@json_option
@says_refusals
def open_terminal(
    *, merchant_code: str, code: str, branch: str, kind: str, issuer: str | None, as_json: bool
) -> None:
    """Open terminal CODE (such as M01T1) at the shop MERCHANT_CODE and make its enrolment code."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()

        def work(tx: Tx) -> dict[str, Any]:
            terminal_id = terminals.open_terminal(
                tx,
                community_id,
                _branch(tx, community_id, merchant_code, branch),
                code=code,
                kind=kind,
                by=SYSTEM,
                at=at,
            )
            return _new_code(tx, community_id, terminal_id, at)

        show(server.db.write(work), as_json=as_json)


@terminal_group.command("code")
@click.argument("code")
@community_option
@json_option
@says_refusals
def make_code(code: str, issuer: str | None, *, as_json: bool) -> None:
    """Make an enrolment code for terminal CODE; the tablet enrolled before loses its place."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()

        def work(tx: Tx) -> dict[str, Any]:
            terminal = terminals.get_by_code(tx, community_id, code)
            return _new_code(tx, community_id, terminal.terminal_id, at)

        show(server.db.write(work), as_json=as_json)


@terminal_group.command("list")
@community_option
@json_option
@says_refusals
def list_terminals(issuer: str | None, *, as_json: bool) -> None:
    """List the terminals with kind and state."""
    with opened() as server, server.db.read() as tx:
        every = terminals.all_terminals(tx, server.community(issuer))
        show({row.code: f"{row.kind} {row.state}" for row in every}, as_json=as_json)


@terminal_group.command("revoke")
@click.argument("code")
@community_option
@says_refusals
def revoke(code: str, issuer: str | None) -> None:
    """Take terminal CODE out of service at once, as after a theft."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()

        def work(tx: Tx) -> None:
            terminal = terminals.get_by_code(tx, community_id, code)
            terminals.revoke(tx, community_id, terminal.terminal_id, by=SYSTEM, at=at)

        server.db.write(work)


def _branch(tx: Tx, community_id: int, merchant_code: str, code: str) -> int:
    shop = merchants.find_by_code(tx, community_id, merchant_code)
    if shop is None:
        raise Refusal("merchant_not_found")
    for branch in merchants.all_branches(tx, community_id):
        if (branch.merchant_id, branch.code) == (shop.merchant_id, code):
            return branch.branch_id
    raise Refusal("branch_not_found")


def _new_code(tx: Tx, community_id: int, terminal_id: int, at: int) -> dict[str, Any]:
    code = terminals.make_enrolment_code(tx, community_id, terminal_id, by=SYSTEM, at=at)
    terminal = terminals.get_terminal(tx, community_id, terminal_id)
    return {
        "terminal": terminal.code,
        "kind": terminal.kind,
        "enrolment_code": f"{code[:4]}-{code[4:8]}-{code[8:]}",
        "minutes": settings.current(tx, community_id).enrolment_minutes,
    }
