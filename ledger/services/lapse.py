"""Vouchers whose last day comes near: the holder is told, and what is unused afterwards ends once."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from ledger.book import requests
from ledger.database import Database
from ledger.earning.calendar import day_from_key, day_key
from ledger.ids import derived_request_id
from ledger.services.endings import Ending, end
from ledger.services.items import is_served
from ledger.services.rules import ending_of
from ledger.services.vouchers import get_voucher
from ledger.sql import Sql, Tx

KIND: Final = "voucher_lapse"

_NEAR: Final = Sql(
    "INSERT INTO voucher_notice (community_id, voucher_id, last_day, given_on)"
    " SELECT v.community_id, v.voucher_id, v.last_day, :today FROM voucher v"
    " LEFT JOIN voucher_end e ON e.community_id = v.community_id AND e.voucher_id = v.voucher_id"
    " LEFT JOIN voucher_notice n ON n.community_id = v.community_id AND n.voucher_id = v.voucher_id"
    " WHERE v.community_id = :community_id AND v.last_day >= :today AND v.last_day <= :until"
    " AND e.voucher_id IS NULL AND n.voucher_id IS NULL"
)
_OVER: Final = Sql(
    "SELECT v.voucher_id, n.given_on FROM voucher v"
    " LEFT JOIN voucher_end e ON e.community_id = v.community_id AND e.voucher_id = v.voucher_id"
    " LEFT JOIN voucher_notice n ON n.community_id = v.community_id AND n.voucher_id = v.voucher_id"
    " WHERE v.community_id = :community_id AND v.last_day < :today AND e.voucher_id IS NULL"
    " ORDER BY v.voucher_id"
)


class Lapsed(NamedTuple):
    """What one run did: holders told, vouchers whose points went back, vouchers whose points are gone."""

    told: int
    given_back: int
    lapsed: int


def run_vouchers(
    db: Database, community_id: int, today: int, *, notice_days: int, at: int
) -> Lapsed:
    """Tell the holders of vouchers that end within `notice_days`, then end what is past its last day.

    `today` is yyyymmdd. Safe to run again: nobody is told twice and nothing ends twice. A voucher whose holder was not
    told in time, or whose provider takes none any more, gives its points back, whatever its service says.
    """
    until = day_key(day_from_key(today) + timedelta(days=notice_days))
    told = db.write(lambda tx: tx.run(_NEAR, community_id=community_id, today=today, until=until))
    with db.read() as tx:
        over = tx.all(_OVER, community_id=community_id, today=today)
    done = {"expired": 0, "lapsed": 0}
    for row in over:
        answer = requests.once(
            db,
            community_id,
            derived_request_id(KIND, community_id, int(row.voucher_id)),
            kind=KIND,
            body={"voucher_id": str(row.voucher_id)},
            at=at,
            work=partial(_end, community_id, int(row.voucher_id), row.given_on, today, at),
        )
        if answer["how"] in done:
            done[answer["how"]] += 1
    return Lapsed(told, done["expired"], done["lapsed"])


def _end(
    community_id: int, voucher_id: int, given_on: int | None, today: int, at: int, tx: Tx
) -> dict[str, Any]:
    voucher = get_voucher(tx, community_id, voucher_id)
    if voucher.how is not None:
        # Its holder or a till was quicker than this run.
        return {"how": f"was_{voucher.how}"}
    is_safe = is_served(tx, community_id, int(voucher.provider_id), int(voucher.last_day))
    was_told = given_on is not None and int(given_on) <= int(voucher.last_day)
    ending = Ending(
        community_id=community_id,
        request_id=derived_request_id(KIND, community_id, voucher_id),
        how=ending_of(voucher.unused, was_told=was_told and is_safe),
        business_date=today,
        source="job",
    )
    return end(tx, voucher, ending, at=at)
