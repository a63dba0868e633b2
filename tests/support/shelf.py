"""A supermarket's shelf in a small town: who works there, goods at the seeds' prices, and what a test asks of it."""

from __future__ import annotations

from typing import Any

from ledger.audit import By
from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.database import Database
from ledger.ids import new_request_id
from ledger.sql import Row, Sql, Tx
from ledger.stock import counting
from ledger.stock.goods import NewGood, get_good, put_good
from ledger.units import CNY
from pos.redemption import Piece, RedemptionRequest, redeem
from tests.support.town import CIVIC, HERE, Town

ZHAO, LI, BOSS = By("staff", 71), By("staff", 72), By("staff", 73)
"""Two volunteers and the secretary."""

MARKET = 1
EGGS = NewGood(
    merchant_id=MARKET, code="G001", name="鸡蛋(袋)", price_units=25_000, commodity=CIVIC, cost_fen=1_250, stock=8
)  # fmt: skip
RICE = NewGood(
    merchant_id=MARKET, code="G002", name="大米(袋)", price_units=2_000, commodity=CIVIC, cost_fen=3_850, stock=0
)  # fmt: skip

_MOVES = Sql(
    "SELECT kind, quantity, cost_fen, paid_fen, lot_id, txn_id, staff_id, second_staff_id, reason FROM stock_move"
    " WHERE community_id = :community_id AND good_id = :good_id ORDER BY move_id"
)
_FLAGS = Sql(
    "SELECT stock_after, count_id FROM stock_flag WHERE community_id = :community_id AND good_id = :good_id"
    " ORDER BY opened_at"
)


def shelve(town: Town, new: NewGood) -> int:
    """Put a good on the shelf; its id."""
    return town.db.write(lambda tx: put_good(tx, HERE, new, by=BOSS, at=town.at))


def good_of(db: Database, good_id: int) -> Row:
    """The good as it stands."""
    with db.read() as tx:
        return get_good(tx, HERE, good_id)


def moves_of(db: Database, good_id: int) -> list[Row]:
    """Every piece that came or went, oldest first."""
    with db.read() as tx:
        return tx.all(_MOVES, community_id=HERE, good_id=good_id)


def flags_of(db: Database, good_id: int) -> list[tuple[int, bool]]:
    """What the book said after each flagged line, and whether a count closed it."""
    with db.read() as tx:
        rows = tx.all(_FLAGS, community_id=HERE, good_id=good_id)
    return [(int(row.stock_after), row.count_id is not None) for row in rows]


def yuan_on(db: Database, kind: Account) -> int:
    """What an account of the community (of the supermarket, for goods on the shelf) came to, in fen."""
    owner = MARKET if kind is Account.INVENTORY else 0
    with db.read() as tx:
        return account_sum(tx, HERE, kind, CNY, owner)


def hand_over(town: Town, good_id: int, quantity: int = 1, *, person: int = 1) -> dict[str, Any]:
    """Somebody shows a code at the counter and takes goods home."""
    till = town.tills[0]
    ref = till.next_ref(town.day)
    request = RedemptionRequest(
        community_id=HERE,
        terminal_id=till.terminal_id,
        clerk_id=None,
        request_id=new_request_id(town.at),
        counter=till.counter,
        ref=ref,
        token=town.code(person),
        lines=(Piece(good_id, quantity),),
        pin=None,
        occurred_at=town.at,
    )
    return redeem(town.desk, request, at=town.later(60))


def count_shelf(town: Town, good_id: int, pieces: int, reason: str = "") -> int:
    """Two people count one good, one after the other, and come to the same; the count's number."""
    db = town.db
    count_id = db.write(
        lambda tx: counting.open_count(tx, HERE, MARKET, by=ZHAO, at=town.later(60))
    )
    for by in (ZHAO, LI):

        def count(tx: Tx, by: By = by) -> None:
            counting.count_good(tx, HERE, count_id, good_id, pieces, reason=reason, by=by)

        db.write(count)
    return count_id


def post_count(town: Town, count_id: int) -> dict[str, Any]:
    """Book what they found."""
    return counting.post_count(
        town.db, HERE, f"post-{count_id}", count_id, by=LI, at=town.later(60)
    )
