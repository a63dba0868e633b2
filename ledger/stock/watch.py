"""What the office should see of its shelf: what runs low, what soon expires, what waits for a count, what to order."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.earning.calendar import day_from_key, day_key
from ledger.earning.scheme import Scheme
from ledger.members.solvency import coverage_now
from ledger.sql import Row, Sql, Tx
from ledger.stock.rules import OBSERVED_DAYS, reach_permille, to_order
from ledger.units import CNY

SOON_DAYS: Final = 60

_LOW: Final = Sql(
    "SELECT good_id, code, name, spec, stock, held, low_stock, more_on FROM good WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND state = 'on' AND (stock - held <= 0 OR stock - held < low_stock)"
    " ORDER BY stock - held, code"
)
_EXPIRING: Final = Sql(
    "SELECT l.lot_id, l.good_id, g.code, g.name, g.spec, l.left_pieces, l.best_before, l.source FROM stock_lot l"
    " JOIN good g ON g.community_id = l.community_id AND g.good_id = l.good_id"
    " WHERE l.community_id = :community_id AND g.merchant_id = :merchant_id AND l.left_pieces > 0"
    " AND l.best_before <= :until ORDER BY l.best_before, g.code"
)
_FLAGS: Final = Sql(
    "SELECT f.good_id, g.code, g.name, count(*) AS lines, min(f.stock_after) AS lowest, g.stock FROM stock_flag f"
    " JOIN good g ON g.community_id = f.community_id AND g.good_id = f.good_id WHERE f.community_id = :community_id"
    " AND g.merchant_id = :merchant_id AND f.closed_at IS NULL"
    " GROUP BY f.good_id, g.code, g.name, g.stock ORDER BY g.code"
)
_DEMAND: Final = Sql(
    "SELECT g.good_id, g.code, g.name, g.spec, g.stock, g.held, g.lead_days, g.cost_fen,"
    " coalesce((SELECT -sum(m.quantity) FROM stock_move m WHERE m.community_id = g.community_id"
    "  AND m.good_id = g.good_id AND m.kind IN ('redeem', 'return', 'hand_out')"
    "  AND m.business_date BETWEEN :first AND :last), 0) AS gone FROM good g"
    " WHERE g.community_id = :community_id AND g.merchant_id = :merchant_id AND g.state = 'on' ORDER BY g.code"
)
_MOVES: Final = Sql(
    "SELECT m.move_id, m.at, m.business_date, m.kind, m.quantity, m.cost_fen, m.paid_fen, m.reason, m.ref,"
    " l.best_before FROM stock_move m LEFT JOIN stock_lot l ON l.community_id = m.community_id AND l.lot_id = m.lot_id"
    " WHERE m.community_id = :community_id AND m.good_id = :good_id ORDER BY m.move_id DESC LIMIT 50"
)
_LOTS: Final = Sql(
    "SELECT lot_id, source, donor, document, received, left_pieces, made_on, best_before, received_on FROM stock_lot"
    " WHERE community_id = :community_id AND good_id = :good_id AND left_pieces > 0"
    " ORDER BY coalesce(best_before, 99999999), lot_id"
)


class Proposal(NamedTuple):
    """What to order of a good: `pieces`, since `gone` left lately and `free` are there; worth `fen` at cost."""

    good_id: int
    code: str
    name: str
    spec: str
    free: int
    gone: int
    lead_days: int
    pieces: int
    fen: int


class ShelfCover(NamedTuple):
    """What the points outstanding are worth against what stands on the shelf at cost; thousandths, None: no points."""

    value_fen: int
    stock_fen: int
    permille: int | None


def running_low(tx: Tx, community_id: int, merchant_id: int) -> list[Row]:
    """Goods on the list of which nothing is free, or less than their mark."""
    return tx.all(_LOW, community_id=community_id, merchant_id=merchant_id)


def expiring(
    tx: Tx, community_id: int, merchant_id: int, *, today: int, days: int = SOON_DAYS
) -> list[Row]:
    """Lots with pieces left whose last good day is over or comes within `days`, the earliest first."""
    until = day_key(day_from_key(today) + timedelta(days=days))
    return tx.all(_EXPIRING, community_id=community_id, merchant_id=merchant_id, until=until)


def flagged(tx: Tx, community_id: int, merchant_id: int) -> list[Row]:
    """Goods handed out beyond what the book had, until a count: lines, the lowest the book came to, stock now."""
    return tx.all(_FLAGS, community_id=community_id, merchant_id=merchant_id)


def proposals(tx: Tx, community_id: int, merchant_id: int, *, today: int) -> list[Proposal]:
    """What to order now, by what left in the last four weeks and how long a delivery takes."""
    first = day_key(day_from_key(today) - timedelta(days=OBSERVED_DAYS - 1))
    here = {"community_id": community_id, "merchant_id": merchant_id}
    found = []
    for row in tx.all(_DEMAND, **here, first=first, last=today):
        free, gone = int(row.stock - row.held), int(row.gone)
        pieces = to_order(free=free, gone=gone, lead_days=int(row.lead_days))
        if pieces:
            found.append(
                Proposal(
                    int(row.good_id),
                    row.code,
                    row.name,
                    row.spec,
                    free,
                    gone,
                    int(row.lead_days),
                    pieces,
                    pieces * int(row.cost_fen),
                )
            )
    return found


def shelf_cover(tx: Tx, community_id: int, merchant_id: int, scheme: Scheme) -> ShelfCover:
    """Points outstanding at face value against the shelf at cost."""
    value = coverage_now(tx, community_id, scheme).value_fen
    stock = account_sum(tx, community_id, Account.INVENTORY, CNY, merchant_id)
    return ShelfCover(value, stock, reach_permille(stock, value))


def newest_moves(tx: Tx, community_id: int, good_id: int) -> list[Row]:
    """The last fifty moves of a good, newest first."""
    return tx.all(_MOVES, community_id=community_id, good_id=good_id)


def lots_left(tx: Tx, community_id: int, good_id: int) -> list[Row]:
    """A good's lots with pieces left, in the order in which they leave."""
    return tx.all(_LOTS, community_id=community_id, good_id=good_id)
