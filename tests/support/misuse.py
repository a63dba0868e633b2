"""A holder whose card somebody else used: sales, the form, and both answers."""

from __future__ import annotations

from ledger.audit import By
from ledger.book.balances import Wallet, account_sum, wallet_of
from ledger.book.chart import Account
from ledger.earning.working_days import working_days_cn
from ledger.ids import new_request_id
from ledger.members import pins
from ledger.members.hashing import Cost
from ledger.sql import Row, Tx
from pos.checkout import check_out
from pos.misuse.facts import entries_on, newest, to_name
from pos.misuse.report import Report, first_day, take_report
from pos.misuse.review import Act, Review, decide, give_back
from tests.support.town import CIVIC, HERE, Town

__all__ = ["By", "Report", "take_report"]

CLERK, OTHER = 71, 72
PIN = "471903"
CHEAP = Cost(memory_kib=64, passes=1)


def spend(
    town: Town, units: int, *, person: int = 1, total_fen: int = 10_000, pin: str | None = None
) -> str:
    """A sale with points; returns its reference. `pin`: typed, once it was set."""
    town.later(60)
    if pin is not None:
        town.db.write(
            lambda tx: pins.set_pin(
                tx,
                HERE,
                person,
                pin,
                pepper=town.desk.pepper,
                by=By("staff", 1),
                at=town.at,
                cost=CHEAP,
            )
        )
    done = check_out(town.desk, town.sale(person, total_fen, units, pin=pin), at=town.at)
    return str(done["ref"])


def listed(town: Town, person: int = 1) -> list[Row]:
    """What the holder can name."""
    with town.db.read() as tx:
        return to_name(tx, HERE, person, person, since=first_day(town.day))


def report(town: Town, *refs: str, person: int = 1, staff: int = CLERK) -> int:
    """The form for these receipts, taken in at the desk (`staff` 0: on the holder's own page)."""
    chosen = tuple(int(row.txn_id) for row in listed(town, person) if row.ref in refs)
    asked = Report(person, chosen, "我的卡丢了", new_request_id(town.at))
    by = By("staff", staff) if staff else By("resident", person)
    return town.db.write(
        lambda tx: take_report(
            tx, HERE, asked, working=working_days_cn(), today=town.day, by=by, at=town.at
        )
    )


def give(town: Town, form_id: int, *, staff: int = CLERK) -> int:
    """Provisionally, by a member of staff."""
    act = Act(HERE, staff, town.day, town.at)
    return town.db.write(lambda tx: give_back(tx, act, form_id))


def end(town: Town, form_id: int, *upheld: int, staff: int = OTHER, why: str = "看过小票") -> None:
    """Decided; `upheld`: entries by their place on the form."""

    def work(tx: Tx) -> None:
        rows = entries_on(tx, HERE, form_id)
        kept = frozenset(int(rows[place].txn_id) for place in upheld)
        decide(tx, Act(HERE, staff, town.day, town.at), form_id, Review(kept, why))

    town.db.write(work)


def form(town: Town) -> Row:
    """The newest form."""
    with town.db.read() as tx:
        return newest(tx, HERE)[0]


def entries(town: Town, form_id: int) -> list[Row]:
    """What stands on it."""
    with town.db.read() as tx:
        return entries_on(tx, HERE, form_id)


def wallet(town: Town, person: int = 1) -> Wallet:
    """The holder's points."""
    with town.db.read() as tx:
        return wallet_of(tx, HERE, person, CIVIC)


def loss(town: Town) -> int:
    """What the community bears, in units."""
    with town.db.read() as tx:
        return account_sum(tx, HERE, Account.LOSS, CIVIC)
