"""`jifen fund`, `jifen coverage`, `jifen claims`: the funds, what stands behind the points, claims by file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from kiosk.commands.night import community_option, json_option
from kiosk.commands.opening import Opened, opened, says_refusals, show
from ledger.audit import SYSTEM
from ledger.book.fund import add_to_fund, shop_pays_in, take_bank_fee
from ledger.book.funds import POINTS, fund_figures, fund_id_of, work_funds
from ledger.clock import now_us
from ledger.earning.calendar import day_key
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.members.fund_watch import watch
from ledger.members.gate import percent_text
from ledger.members.solvency import WHOLE
from ledger.seal.sealer import seal
from ledger.units import yuan_text
from pos.desk import day_of
from settlement.claim_layouts import confirm
from settlement.intake import Upload, head_of, preview_claim_file, take_claim_file


@click.group("fund")
def fund_group() -> None:
    """The community's fund: what stands behind the offsets."""


@fund_group.command("show")
@community_option
@json_option
@says_refusals
def fund_show(issuer: str | None, *, as_json: bool) -> None:
    """Say what is in the funds and who gave it; what shops have reserved is no longer in the points' fund."""
    with opened() as server:
        community_id = server.community(issuer)
        with server.db.read() as tx:
            points = fund_figures(tx, community_id, POINTS)
            works = {
                one.code: fund_figures(tx, community_id, one.fund_id)
                for one in work_funds(tx, community_id)
            }
        answer: dict[str, Any] = {
            "fund_fen": points.balance_fen,
            "fund_yuan": yuan_text(points.balance_fen),
            **{f"from {source or '-'}": yuan_text(fen) for source, fen in points.by_source.items()},
        }
        for code, figures in works.items():
            answer[f"fund {code}"] = yuan_text(figures.balance_fen)
        show(answer, as_json=as_json)


def _entry_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of every entry by command."""
    for option in (
        json_option,
        community_option,
        click.option(
            "--request",
            "request_id",
            help="An id of your own: the same one again books nothing twice.",
        ),
        click.option(
            "--reason", required=True, help="Why, and by which decision; it stays on record."
        ),
    ):
        command = option(command)
    return command


@fund_group.command("add")
@click.argument("fen", type=click.IntRange(min=1))
@click.option("--source", default="", help="Who funds, by the scheme's word, such as donation.")
@click.option(
    "--fund", "code", default="", help="A work's fund by its code; else that of the points."
)
@_entry_options
@says_refusals
def fund_add(
    fen: int,
    source: str,
    code: str,
    reason: str,
    request_id: str | None,
    issuer: str | None,
    *,
    as_json: bool,
) -> None:
    """Book FEN (yuan in hundredths) that arrived at the bank into a fund."""
    with opened() as server:
        community_id, said = _said(server, issuer, request_id, reason)
        with server.db.read() as tx:
            fund_id = fund_id_of(tx, community_id, code)
        answer = add_to_fund(server.db, community_id, fen, source=source, fund_id=fund_id, **said)
        show(answer, as_json=as_json)


@fund_group.command("fee")
@click.argument("fen", type=click.IntRange(min=1))
@_entry_options
@says_refusals
def fund_fee(
    fen: int, reason: str, request_id: str | None, issuer: str | None, *, as_json: bool
) -> None:
    """Book FEN that the bank took for a payment; the points' fund bears it."""
    with opened() as server:
        community_id, said = _said(server, issuer, request_id, reason)
        show(take_bank_fee(server.db, community_id, fen, **said), as_json=as_json)


@fund_group.command("paid-in")
@click.argument("merchant_code")
@click.argument("fen", type=click.IntRange(min=1))
@_entry_options
@says_refusals
def fund_paid_in(
    merchant_code: str,
    fen: int,
    reason: str,
    request_id: str | None,
    issuer: str | None,
    *,
    as_json: bool,
) -> None:
    """Book FEN that a shop paid in because its own share of points was more than it was owed."""
    with opened() as server:
        community_id, said = _said(server, issuer, request_id, reason)
        shop = _shop(server, community_id, merchant_code)
        show(shop_pays_in(server.db, community_id, shop, fen, **said), as_json=as_json)


def _said(
    server: Opened, issuer: str | None, request_id: str | None, reason: str
) -> tuple[int, dict[str, Any]]:
    """The community, and what every entry by command says."""
    community_id, now = server.community(issuer), now_us()
    terms = server.desk.refresh(community_id)
    return community_id, {
        "request_id": request_id or new_request_id(now),
        "by": 0,
        "at": now,
        "business_date": day_of(terms, now),
        "reason": reason,
    }


def _shop(server: Opened, community_id: int, merchant_code: str) -> int:
    terms = server.desk.refresh(community_id)
    shops = [shop for shop in terms.merchants.values() if shop.code == merchant_code]
    if not shops:
        raise Refusal("merchant_not_found")
    return shops[0].merchant_id


@click.command("coverage")
@community_option
@json_option
@says_refusals
def coverage_command(issuer: str | None, *, as_json: bool) -> None:
    """Look whether the fund stands behind the points and how much of the year's budget is used; keep the day.

    A used-up budget stops earning, where the scheme says so, and never using points. Safe to run at any time.
    """
    with opened() as server:
        community_id, now = server.community(issuer), now_us()
        seal(server.db, community_id)
        found = watch(server.db, community_id, at=now)
        if found is None:
            raise Refusal("scheme_missing", business_date=None)
        show(
            {
                "coverage_percent": percent_text(found.coverage),
                "limit_percent": found.coverage.limit_permille * 100 // WHOLE,
                "state": "low" if found.coverage.is_low else "enough",
                "fund_yuan": yuan_text(found.coverage.fund_fen),
                "points_would_cost_yuan": yuan_text(found.coverage.value_fen),
                "budget_year": found.budget.year,
                "budget_used_percent": found.budget.percent,
                "budget_state": found.budget.state,
                "earning": "stopped" if found.budget.stops else "goes on",
            },
            as_json=as_json,
        )


@click.command("claims")
@click.argument("merchant_code")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option(
    "--preview", is_flag=True, help="Only say what would be read and how; nothing is written."
)
@click.option(
    "--columns",
    help="What the list's columns are, remembered for the shop: ref=HEADING,points=…,yuan=…,time=….",
)
@community_option
@json_option
@says_refusals
def claims_command(  # what a command line may say
    merchant_code: str,
    file: Path,
    day: datetime,
    columns: str | None,
    issuer: str | None,
    *,
    preview: bool,
    as_json: bool,
) -> None:
    """Take in the claim file (CSV or XLSX) of a shop without a till for DAY; a file seen before is said to be so.

    Headings other than those of our form are asked about once for each shop, and again when they change.
    """
    with opened() as server:
        community_id = server.community(issuer)
        shop, body, at = _shop(server, community_id, merchant_code), file.read_bytes(), now_us()
        if preview:
            show(preview_claim_file(server.db, community_id, shop, body), as_json=as_json)
            return
        if columns is not None:
            _confirm_columns(server, community_id, shop, body, columns, at=at)
        with click.progressbar(length=0, label="claims", hidden=as_json) as bar:

            def told(done: int, of: int) -> None:
                bar.length = of
                bar.update(done - bar.pos)

            answer = take_claim_file(
                server.db,
                community_id,
                shop,
                Upload(file.name, body, 0),
                day=day_key(day.date()),
                at=at,
                progress=told,
            )
        show(answer, as_json=as_json)


def _confirm_columns(
    server: Opened, community_id: int, shop: int, body: bytes, columns: str, *, at: int
) -> None:
    with server.db.read() as tx:
        head = head_of(tx, community_id, shop, body)
    named = dict(part.split("=", 1) for part in columns.split(",") if "=" in part)
    if head is None or any(heading.strip() not in head.cells for heading in named.values()):
        raise Refusal("claim_columns_bad")
    chosen = {key.strip(): head.cells.index(heading.strip()) for key, heading in named.items()}
    server.db.write(lambda tx: confirm(tx, community_id, shop, head, chosen, by=SYSTEM, at=at))
