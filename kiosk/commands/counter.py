"""`jifen counter`: extra hours of the goods counter, orders nobody fetched, and who collects for whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import click

from kiosk.commands.community import community_option, json_option
from kiosk.commands.opening import opened, says_refusals, show
from ledger.audit import SYSTEM
from ledger.clock import SECOND_US, now_us
from ledger.errors import Refusal
from ledger.members import merchants
from ledger.sql import Sql, Tx
from ledger.stock.holds import expire
from pos.mandates import end_mandate
from pos.opening import open_extra
from pos.orders import lapse_orders
from pos.proxies import proxies_of

_CARD: Final = Sql(
    "SELECT person_id FROM card WHERE community_id = :community_id AND number = :number"
)
_MOMENT: Final = click.DateTime(["%Y-%m-%d %H:%M"])


@click.group("counter")
def counter_group() -> None:
    """Open the goods counter beside its windows, end orders nobody fetched, see who collects for whom."""


@counter_group.command("open")
@click.argument("merchant_code")
@click.option("--from", "begin", type=_MOMENT, required=True, help="On the community's clock.")
@click.option("--to", "end", type=_MOMENT, required=True, help="On the community's clock.")
@click.option("--why", required=True, help="As people read it.")
@community_option
@json_option
@says_refusals
def open_counter(
    merchant_code: str,
    begin: datetime,
    end: datetime,
    why: str,
    issuer: str | None,
    *,
    as_json: bool,
) -> None:
    """Open the counter of MERCHANT_CODE beside the scheme's windows."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        zone = server.desk.refresh(community_id).community.zone
        from_at, to_at = (
            int(moment.replace(tzinfo=zone).timestamp()) * SECOND_US for moment in (begin, end)
        )

        def work(tx: Tx) -> int:
            shop = merchants.find_by_code(tx, community_id, merchant_code)
            if shop is None:
                raise Refusal("merchant_not_found")
            times = {"from_at": from_at, "to_at": to_at}
            return open_extra(
                tx, community_id, shop.merchant_id, **times, why=why, by=SYSTEM, at=at
            )

        opening = server.db.write(work)
        show(
            {
                "opening": str(opening),
                "from": f"{begin:%Y-%m-%d %H:%M}",
                "to": f"{end:%Y-%m-%d %H:%M}",
            },
            as_json=as_json,
        )


@counter_group.command("sweep")
@community_option
@json_option
@says_refusals
def sweep(issuer: str | None, *, as_json: bool) -> None:
    """End orders nobody fetched in time and baskets left open; `jifen night` does it too. Safe to run again."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        lapsed = lapse_orders(server.db, community_id, at=at)
        freed = expire(server.db, community_id, at=at)
        show({"orders_lapsed": len(lapsed), "basket_pieces_freed": freed}, as_json=as_json)


@counter_group.command("proxies")
@click.argument("card_number")
@click.option("--end", "slot", type=int, help="Take this one off the list.")
@community_option
@json_option
@says_refusals
def proxies(card_number: str, slot: int | None, issuer: str | None, *, as_json: bool) -> None:
    """Who collects for the holder of a card; with --end, one of them does so no longer."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()

        def work(tx: Tx) -> dict[str, Any]:
            person_id = _holder(tx, community_id, card_number)
            if slot is not None:
                end_mandate(tx, community_id, person_id, slot, by=SYSTEM, at=at)
            rows = proxies_of(tx, community_id, person_id)
            return {str(row.slot): f"{row.relation} {row.name}" for row in rows}

        show(server.db.write(work), as_json=as_json)


def _holder(tx: Tx, community_id: int, card_number: str) -> int:
    row = tx.find(_CARD, community_id=community_id, number=card_number.replace("-", ""))
    if row is None:
        row = tx.find(_CARD, community_id=community_id, number=card_number)
    if row is None or row.person_id is None:
        raise Refusal("card_not_found")
    return int(row.person_id)
