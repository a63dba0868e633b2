"""`jifen stock`: the supermarket's shelf, what it needs, what comes and goes, and whether it agrees with the book."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from kiosk.commands.night import community_option, json_option
from kiosk.commands.opening import Opened, opened, says_refusals, show
from ledger.audit import SYSTEM
from ledger.clock import now_us
from ledger.earning.calendar import day_key
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.sql import Row, Tx
from ledger.stock import holds, intake, leaving, watch
from ledger.stock.goods import all_goods
from ledger.stock.intake import DONATION, PURCHASE, Delivery
from ledger.units import yuan_text
from pos.desk import day_of
from settlement.shelf import sums_of
from settlement.shelf_sums import shelf_breaks

_shop = click.argument("merchant_code")
_good = click.argument("good_code")
_pieces = click.argument("pieces", type=click.IntRange(min=1))
_request = click.option(
    "--request", "request_id", help="An id of your own: the same one again books nothing twice."
)
_day = click.DateTime(["%Y-%m-%d"])


@click.group("stock")
def stock_group() -> None:
    """The points supermarket's shelf: what is there, what is needed, what comes and goes."""


@stock_group.command("show")
@_shop
@community_option
@json_option
@says_refusals
def stock_show(merchant_code: str, issuer: str | None, *, as_json: bool) -> None:
    """Every good of the supermarket MERCHANT_CODE: pieces in the book, set aside, free, cost."""
    with opened() as server:
        community_id = server.community(issuer)
        with server.db.read() as tx:
            rows = all_goods(tx, community_id, _shop_id(server, community_id, merchant_code))
        goods = [
            {
                "code": row.code,
                "name": row.name,
                "stock": int(row.stock),
                "held": int(row.held),
                "free": int(row.stock - row.held),
                "cost_fen": int(row.cost_fen),
                "state": row.state if not row.paused else "paused",
            }
            for row in rows
        ]
        _list("goods", goods, as_json=as_json)


@stock_group.command("alerts")
@_shop
@community_option
@json_option
@says_refusals
def stock_alerts(merchant_code: str, issuer: str | None, *, as_json: bool) -> None:
    """What runs low, expires within 60 days, waits for a count, should be ordered; points against the shelf."""
    with opened() as server:
        community_id = server.community(issuer)
        terms = server.desk.refresh(community_id)
        today = day_of(terms, now_us())
        shop = _shop_id(server, community_id, merchant_code)
        with server.db.read() as tx:
            found = _alerts(tx, community_id, shop, today)
            reach = watch.shelf_cover(tx, community_id, shop, terms.scheme_on(today))
        worth = {"points_worth_fen": reach.value_fen, "shelf_at_cost_fen": reach.stock_fen}
        if as_json:
            show({**found, **worth}, as_json=True)
            return
        show(
            {
                **{
                    f"{name} {line.pop('code')}": " ".join(f"{k}={v}" for k, v in line.items())
                    for name, lines in found.items()
                    for line in lines
                },
                **{name: yuan_text(fen) for name, fen in worth.items()},
            },
            as_json=False,
        )


def _alerts(tx: Tx, community_id: int, shop: int, today: int) -> dict[str, list[dict[str, Any]]]:
    where = (tx, community_id, shop)
    return {
        "low": [
            {"code": row.code, "free": int(row.stock - row.held)}
            for row in watch.running_low(*where)
        ],
        "expiring": [
            {"code": row.code, "left": int(row.left_pieces), "best_before": int(row.best_before)}
            for row in watch.expiring(*where, today=today)
        ],
        "to_count": [
            {"code": row.code, "stock": int(row.stock), "lines": int(row.lines)}
            for row in watch.flagged(*where)
        ],
        "to_order": [
            {"code": one.code, "free": one.free, "gone": one.gone, "pieces": one.pieces}
            for one in watch.proposals(*where, today=today)
        ],
    }


@stock_group.command("in")
@_shop
@_good
@_pieces
@click.option("--paid", "paid_fen", type=click.IntRange(min=0), help="Fen paid for all of it.")
@click.option(
    "--donor", default="", help="Who gave it, as it wants to be thanked; then nothing is paid."
)
@click.option("--document", default="", help="The number on the delivery note.")
@click.option("--best-before", type=_day, help="The last good day.")
@_request
@community_option
@json_option
@says_refusals
def stock_in(  # noqa: PLR0913 - an option each
    merchant_code: str,
    good_code: str,
    pieces: int,
    *,
    paid_fen: int | None,
    donor: str,
    document: str,
    best_before: datetime | None,
    request_id: str | None,
    issuer: str | None,
    as_json: bool,
) -> None:
    """Take PIECES of a good in, bought from the fund (--paid) or given (--donor)."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        good = _good_row(server, community_id, merchant_code, good_code)
        came = Delivery(
            good_id=int(good.good_id),
            quantity=pieces,
            source=DONATION if donor else PURCHASE,
            paid_fen=paid_fen or 0,
            donor=donor,
            document=document,
            best_before=None if best_before is None else day_key(best_before.date()),
        )
        request = request_id or new_request_id(at)
        answer = intake.receive(server.db, community_id, request, came, by=SYSTEM, at=at)
        show(answer, as_json=as_json)


@stock_group.command("out")
@_shop
@_good
@_pieces
@click.option("--reason", required=True, help="To what end; it stays on record. No names.")
@_request
@community_option
@json_option
@says_refusals
def stock_out(
    merchant_code: str,
    good_code: str,
    pieces: int,
    reason: str,
    request_id: str | None,
    issuer: str | None,
    *,
    as_json: bool,
) -> None:
    """Hand PIECES of a good out without points."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        good = _good_row(server, community_id, merchant_code, good_code)
        answer = leaving.hand_out(
            server.db,
            community_id,
            request_id or new_request_id(at),
            int(good.good_id),
            pieces,
            reason=reason,
            by=SYSTEM,
            at=at,
        )
        show(answer, as_json=as_json)


@stock_group.command("check")
@community_option
@json_option
@says_refusals
def stock_check(issuer: str | None, *, as_json: bool) -> None:
    """Hold the shelf against the book as a day's close does; what differs would be a C4. Changes nothing."""
    with opened() as server:
        community_id = server.community(issuer)
        today = day_of(server.desk.refresh(community_id), now_us())
        with server.db.read() as tx:
            sums = sums_of(tx, community_id, today)
        broken = [one._asdict() for one in shelf_breaks(sums)]
        _list("differences", broken, as_json=as_json)


@stock_group.command("release")
@community_option
@json_option
@says_refusals
def stock_release(issuer: str | None, *, as_json: bool) -> None:
    """Free what was set aside for baskets and orders whose time is over. Safe to run at any time."""
    with opened() as server:
        freed = holds.expire(server.db, server.community(issuer), at=now_us())
        show({"freed_pieces": freed}, as_json=as_json)


def _list(name: str, rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        show({name: rows}, as_json=True)
        return
    if not rows:
        click.echo(f"{name}: none")
    for row in rows:
        click.echo("  ".join(f"{key}={value}" for key, value in row.items()))


def _shop_id(server: Opened, community_id: int, merchant_code: str) -> int:
    terms = server.desk.refresh(community_id)
    shops = [shop for shop in terms.merchants.values() if shop.code == merchant_code]
    if not shops:
        raise Refusal("merchant_not_found")
    return shops[0].merchant_id


def _good_row(server: Opened, community_id: int, merchant_code: str, good_code: str) -> Row:
    shop = _shop_id(server, community_id, merchant_code)
    with server.db.read() as tx:
        found = [row for row in all_goods(tx, community_id, shop) if row.code == good_code]
    if not found:
        raise Refusal("good_not_found", good_id=good_code)
    return found[0]
