"""What was announced: for one owner's page, for the office, for the wall."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.book.unspent import unspent
from ledger.members.masking import FEWEST_ON_A_WALL
from ledger.sql import Row, Sql, Tx

_OF_OWNER: Final = Sql(
    "SELECT earned_until, units, last_day FROM lapse WHERE community_id = :community_id"
    " AND commodity = :commodity AND owner_id = :owner_id AND state = 'open' ORDER BY earned_until"
)
_DATES: Final = Sql(
    "SELECT l.commodity, l.last_day, count(*) AS wallets, sum(l.units) AS units,"
    " sum(CASE WHEN EXISTS (SELECT 1 FROM lapse_notice n WHERE n.community_id = l.community_id"
    "  AND n.commodity = l.commodity AND n.owner_id = l.owner_id"
    "  AND n.earned_until = l.earned_until AND n.given_on IS NULL) THEN 1 ELSE 0 END) AS slips_waiting,"
    " sum(CASE WHEN l.next_days IS NULL THEN 0 ELSE 1 END) AS notices_to_come"
    " FROM lapse l WHERE l.community_id = :community_id AND l.state = 'open'"
    " GROUP BY l.commodity, l.last_day ORDER BY l.last_day, l.commodity"
)
_RUNS: Final = Sql(
    "SELECT run_id, commodity, notice_days, made_on, wallets, units, slips, digest, made_at"
    " FROM notice_run WHERE community_id = :community_id ORDER BY run_id DESC LIMIT :most"
)


class Announced(NamedTuple):
    """Units that lapse after `last_day` (yyyymmdd) unless they are used before."""

    last_day: int
    units: int


class Wall(NamedTuple):
    """What may hang on the wall of one date: how many wallets and of how many units, or neither where it is too few."""

    commodity: int
    last_day: int
    wallets: int | None
    units: int | None


def announced_to(tx: Tx, community_id: int, owner_id: int, commodity: int) -> list[Announced]:
    """What an owner was told will lapse, less what they have used since; the earliest first."""
    found, earlier = list[Announced](), 0
    for row in tx.all(_OF_OWNER, community_id=community_id, owner_id=owner_id, commodity=commodity):
        wallets = unspent(tx, community_id, commodity, int(row.earned_until), [owner_id])
        left = sum(wallet.units for wallet in wallets) - earlier
        units = min(int(row.units), left)
        if units > 0:
            found.append(Announced(int(row.last_day), units))
            earlier += units
    return found


def dates(tx: Tx, community_id: int) -> list[Row]:
    """By kind of points and last day: wallets, units announced, slips not handed out, notices still to come."""
    return tx.all(_DATES, community_id=community_id)


def wall_dates(tx: Tx, community_id: int) -> list[Wall]:
    """The same for everybody's eyes: sums alone, and none of a few wallets."""
    return [
        Wall(int(row.commodity), int(row.last_day), int(row.wallets), int(row.units))
        if row.wallets >= FEWEST_ON_A_WALL
        else Wall(int(row.commodity), int(row.last_day), None, None)
        for row in dates(tx, community_id)
    ]


def runs(tx: Tx, community_id: int, *, most: int = 20) -> list[Row]:
    """The latest runs of notices, newest first, with their sums and digests."""
    return tx.all(_RUNS, community_id=community_id, most=most)
