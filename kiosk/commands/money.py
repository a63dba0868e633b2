"""`jifen fund` and `jifen claims`: money into the community's fund, and shops that claim by file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from kiosk.commands.night import community_option, json_option
from kiosk.commands.opening import opened, says_refusals, show
from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.book.fund import add_to_fund
from ledger.clock import now_us
from ledger.earning.calendar import day_key
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.units import CNY, yuan_text
from pos.desk import day_of
from settlement.intake import Upload, take_claim_file


@click.group("fund")
def fund_group() -> None:
    """The community's fund: what stands behind the offsets."""


@fund_group.command("show")
@community_option
@json_option
@says_refusals
def fund_show(issuer: str | None, *, as_json: bool) -> None:
    """Say what is in the fund; what shops have reserved is no longer in it."""
    with opened() as server:
        community_id = server.community(issuer)
        with server.db.read() as tx:
            fen = account_sum(tx, community_id, Account.FUND, CNY)
        show({"fund_fen": fen, "fund_yuan": yuan_text(fen)}, as_json=as_json)


@fund_group.command("add")
@click.argument("fen", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="Where the money comes from; it stays on record.")
@click.option(
    "--request", "request_id", help="An id of your own: the same one again books nothing twice."
)
@community_option
@json_option
@says_refusals
def fund_add(
    fen: int, reason: str, request_id: str | None, issuer: str | None, *, as_json: bool
) -> None:
    """Book FEN (yuan in hundredths) that arrived at the bank into the fund."""
    with opened() as server:
        community_id = server.community(issuer)
        now = now_us()
        terms = server.desk.refresh(community_id)
        answer = add_to_fund(
            server.db,
            community_id,
            fen,
            request_id=request_id or new_request_id(now),
            by=0,
            at=now,
            business_date=day_of(terms, now),
            reason=reason,
        )
        show(answer, as_json=as_json)


@click.command("claims")
@click.argument("merchant_code")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@community_option
@json_option
@says_refusals
def claims_command(
    merchant_code: str, file: Path, day: datetime, issuer: str | None, *, as_json: bool
) -> None:
    """Take in the claim file (CSV) of a shop without a till for DAY; a file seen before is said to be so."""
    with opened() as server:
        community_id = server.community(issuer)
        terms = server.desk.refresh(community_id)
        shops = [shop for shop in terms.merchants.values() if shop.code == merchant_code]
        if not shops:
            raise Refusal("merchant_not_found")
        answer = take_claim_file(
            server.db,
            community_id,
            shops[0].merchant_id,
            Upload(file.name, file.read_bytes(), 0),
            day=day_key(day.date()),
            at=now_us(),
        )
        show(answer, as_json=as_json)
