"""A night compares what shops filed with what the book has, settles, and locks the day."""

from __future__ import annotations

from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.units import CNY
from settlement.claims import file_daybook
from settlement.night import run_night, verify_night
from tests.support.night_plant import HOUR, Planter, book, daybook, midnight, next_day
from tests.support.town import CIVIC, HERE, Town

DAY = 20260302


def file_all(town: Town, made, batch_no: int) -> None:
    for till in town.tills:
        lines = made.filed[till.code]
        answer = file_daybook(
            town.db, HERE, till.terminal_id, daybook(made.day, batch_no, lines),
            at=midnight(made.day) + 22 * HOUR,
        )  # fmt: skip
        assert answer["outcome"] == "ok"


def test_ten_yuan_of_points_become_ten_yuan_owed(town: Town) -> None:
    planter = Planter(town.tills, seed=1)
    sale = planter.entry(DAY, town.tills[0], fen=1000)
    book(town, [sale])
    file_daybook(town.db, HERE, sale.till.terminal_id, daybook(DAY, 1, [sale]), at=sale.at)

    result = run_night(town.db, HERE, DAY, at=midnight(next_day(DAY)) + 2 * HOUR)

    assert (result.state, result.settled_fen, result.codes) == ("locked", 1000, ())
    with town.db.read() as tx:
        assert account_sum(tx, HERE, Account.PAYABLE, CNY, 1) == 1000
        assert account_sum(tx, HERE, Account.RETIRED, CIVIC) == 20_000
        assert account_sum(tx, HERE, Account.OFFSET, CIVIC, 1) == 0
    assert verify_night(town.db, HERE, DAY)
