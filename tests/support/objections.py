"""A March of eighty receipts in one shop, stated; its owner objects to two of them."""

from __future__ import annotations

from ledger.audit import By
from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.ids import derived_request_id
from ledger.units import CNY
from settlement.claims import file_daybook
from settlement.closing import run_month
from settlement.dispute_store import Dispute
from settlement.disputes import Act, Objection, raise_objections
from settlement.night import run_night
from settlement.statements import Statement, rows_of
from tests.support.night_plant import (
    HOUR,
    Entry,
    Planter,
    book,
    daybook,
    midnight,
    next_day,
    reserve_cover,
)
from tests.support.staff_rows import add_staff
from tests.support.town import HERE, Town, moment

ZHOU, CHIEF, OWNER = By("staff", 11), By("staff", 12), By("merchant", 1)
ISSUED_AT = moment("2026-04-05 09:00")
SILENT_AT = moment("2026-04-14 00:30")
DAYS = (20260330, 20260331)


def eighty_receipts(town: Town) -> tuple[Statement, list[Entry]]:
    """Two days of forty receipts each, claimed as booked, and the shop's statement over them."""
    add_staff(town.db, {ZHOU: "accountant", CHIEF: "secretary"}, at=town.at)
    planter, till = Planter(town.tills, seed=78), town.tills[0]
    sold: list[Entry] = []
    for number, day in enumerate(DAYS, start=1):
        town.at = midnight(day) + 6 * HOUR
        reserve_cover(town, 1_000_000)
        entries = [planter.entry(day, till) for _ in range(40)]
        book(town, entries)
        file_daybook(town.db, HERE, till.terminal_id, daybook(day, number, entries), at=town.at)
        run_night(town.db, HERE, day, at=midnight(next_day(day)) + 2 * HOUR)
        sold += entries
    (statement,) = run_month(town.db, HERE, 202603, at=ISSUED_AT).statements
    return statement, sold


def row_of_day(town: Town, statement: Statement, day: int) -> int:
    """The number of a day's line in a statement."""
    with town.db.read() as tx:
        rows = rows_of(tx, HERE, statement.statement_id)
    return next(
        n for n, row in enumerate(rows, 1) if (row.section, row.business_date) == ("day", day)
    )


def object_to_two(town: Town, statement: Statement, sold: list[Entry]) -> list[Dispute]:
    """The owner says that one receipt of each day should stand 3.00 yuan higher."""
    lines = [
        Objection(
            row_of_day(town, statement, entry.day), entry.ref, entry.fen + 300, "小票上多三元"
        )
        for entry in (sold[3], sold[50])
    ]
    return raise_objections(
        town.db,
        HERE,
        statement.statement_id,
        lines,
        by=OWNER,
        request_id=derived_request_id("object", statement.statement_id),
        at=ISSUED_AT + HOUR,
    )


def act(dispute: Dispute, by: By, name: str, *, at: int) -> Act:
    """Something somebody does with a line, always under the same form's number."""
    request = derived_request_id(name, dispute.dispute_id)
    return Act(HERE, dispute.dispute_id, by, f"说明：{name}", request, at)


def payable(town: Town, shop: int = 1) -> int:
    """Fen the community owes a shop."""
    with town.db.read() as tx:
        return account_sum(tx, HERE, Account.PAYABLE, CNY, shop)
