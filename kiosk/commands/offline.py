"""`jifen offline`: who may let points go without network, the most that can be lost, over-uses, missing slips."""

from __future__ import annotations

from typing import Any

import click

from kiosk.commands.community import community_option, json_option
from kiosk.commands.household_writes import Written, signed_options, write
from kiosk.commands.opening import opened, says_refusals, show
from ledger.audit import SYSTEM
from ledger.clock import now_us
from ledger.errors import Refusal
from ledger.members import approvals, merchants, terminals
from ledger.offline.bound import bound
from ledger.offline.shops import decide_shop
from ledger.offline.waiting import mark_slips
from ledger.sql import Tx
from ledger.units import points_text, yuan_text
from pos.desk import day_of, rules_on
from pos.offline.forgiving import APPROVAL, agree_to_forgiving, debts, propose_forgiving
from settlement.overuse import find_overuse

_HUNDRED = 100


@click.group("offline")
def offline_group() -> None:
    """Let shops sell for points without network, and see the most that can be lost by it."""


@offline_group.command("bound")
@community_option
@json_option
@says_refusals
def show_bound(issuer: str | None, *, as_json: bool) -> None:
    """The most that can be lost, by cards and spare codes together: a day, at one moment, and till by till."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        terms = server.desk.refresh(community_id)
        per_fen = rules_on(terms, day_of(terms, at)).units_per_fen
        with server.db.read() as tx:
            found = bound(tx, terms, units_per_fen=per_fen, at=at)
        values: dict[str, Any] = {
            "day_units": found.day_units,
            "day_fen": found.day_fen,
            "moment_units": found.moment_units,
            "moment_fen": found.moment_fen,
            "one_spare_code_units": found.one_code_units,
            "one_spare_code_fen": found.one_code_fen,
            "tills": {share.terminal_code: share.units for share in found.shares},
        }
        if not as_json:
            precision = terms.civic.precision
            tills = {code: points_text(n, precision) for code, n in values["tills"].items()}
            values = {
                "points a day": points_text(found.day_units, precision),
                "yuan a day": yuan_text(found.day_fen),
                "points at one moment": points_text(found.moment_units, precision),
                "yuan at one moment": yuan_text(found.moment_fen),
                "points of these by one spare code copied to every till": points_text(
                    found.one_code_units, precision
                ),
                "yuan by that code": yuan_text(found.one_code_fen),
                **tills,
            }
        show(values, as_json=as_json)


@offline_group.command("allow")
@click.argument("merchant_code")
@click.argument("points", type=click.IntRange(min=0))
@click.option("--why", required=True, help="The decision's reason, as people read it.")
@community_option
@json_option
@says_refusals
def allow(merchant_code: str, points: int, why: str, issuer: str | None, *, as_json: bool) -> None:
    """Let each till of MERCHANT_CODE let go up to POINTS a day without network; 0 takes it back."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()

        def work(tx: Tx) -> None:
            shop = merchants.find_by_code(tx, community_id, merchant_code)
            if shop is None:
                raise Refusal("merchant_not_found")
            units = points * _HUNDRED
            decide_shop(tx, community_id, shop.merchant_id, units, why=why, by=SYSTEM, at=at)

        server.db.write(work)
        show({"merchant": merchant_code, "points_a_till_a_day": points}, as_json=as_json)


@offline_group.command("overuse")
@click.option("--from", "first", type=int, default=0, help="First business date, yyyymmdd.")
@click.option("--to", "last", type=int, default=99_991_231, help="Last business date, yyyymmdd.")
@community_option
@json_option
@says_refusals
def overuse(first: int, last: int, issuer: str | None, *, as_json: bool) -> None:
    """Points let go without network that were not there: the till's slip, the other till's slip, units."""
    with opened() as server:
        community_id = server.community(issuer)
        with server.db.read() as tx:
            found = find_overuse(tx, community_id, first=first, last=last)
        show(
            {one.ref: {"other": one.other_ref, "units": one.units} for one in found},
            as_json=as_json,
        )


@offline_group.command("slips")
@click.argument("terminal_code")
@click.argument("last_counter", type=int)
@click.option("--why", required=True, help="What happened to the till's own store.")
@community_option
@json_option
@says_refusals
def slips(
    terminal_code: str, last_counter: int, why: str, issuer: str | None, *, as_json: bool
) -> None:
    """Note that TERMINAL_CODE's newest slip bears LAST_COUNTER; prints the numbers the book has nothing under."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()

        def work(tx: Tx) -> list[int]:
            till = terminals.get_by_code(tx, community_id, terminal_code)
            found = mark_slips(
                tx, community_id, till.terminal_id, last_counter, why=why, by=SYSTEM, at=at
            )
            return found.missing

        show({"terminal": terminal_code, "missing": server.db.write(work)}, as_json=as_json)


@offline_group.command("debts")
@community_option
@json_option
@says_refusals
def list_debts(issuer: str | None, *, as_json: bool) -> None:
    """What households owe out of sales without network, in units, by the number of the wallet's owner."""
    with opened() as server:
        terms = server.desk.refresh(server.community(issuer))
        with server.db.read() as tx:
            found = debts(tx, terms)
        show({str(one.owner_id): one.units for one in found}, as_json=as_json)


@offline_group.command("forgive")
@click.argument("code")
@click.argument("points", type=click.IntRange(min=1))
@click.option("--why", required=True, help="The reason; it stays with the proposal.")
@click.option("--person", type=int, help="Whose wallet, where each person has one of their own.")
@signed_options
def forgive(code: str, points: int, why: str, person: int | None, **signed: Any) -> None:  # noqa: ANN401 - what click read
    """Propose to let POINTS of the debt of household CODE go; a second person agrees with `forgive-agree`."""

    def work(by: Written) -> dict[str, Any]:
        owner = by.household_id if person is None else person
        units = points * 10**by.terms.civic.precision
        done = propose_forgiving(by.tx, by.terms, owner, units, why, by=by.by, at=by.at)
        return {"proposal": str(done)}

    write(code, "forgive", {"points": points}, work, permission="grant.propose", **signed)


@offline_group.command("forgive-agree")
@click.argument("code")
@click.argument("proposal", type=int)
@signed_options
def forgive_agree(code: str, proposal: int, **signed: Any) -> None:  # noqa: ANN401 - what click read
    """Agree to PROPOSAL as a second person: the debt is let go at once, as much of it as is still owed."""

    def work(by: Written) -> dict[str, Any]:
        found = approvals.get_approval(by.tx, by.terms.community.id, proposal)
        if found.kind != APPROVAL:
            raise Refusal("approval_not_found")
        units = agree_to_forgiving(by.tx, by.terms, proposal, today=by.day, by=by.by, at=by.at)
        return {"proposal": str(proposal), "units": units}

    asked = {"proposal": str(proposal)}
    write(code, "forgive_agree", asked, work, permission="grant.approve", **signed)
