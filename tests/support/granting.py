"""Points put into a pool under a person's name, and a few rows looked up."""

from __future__ import annotations

from ledger.audit import SYSTEM
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.ids import new_request_id
from ledger.members import staff
from ledger.members.hashing import QUICK
from ledger.members.staff import NewStaff
from ledger.sql import Sql, Tx
from tests.support.everyone import SENTENCE
from tests.support.town import CIVIC, HERE, Town

_SALE = Sql("SELECT txn_id FROM sale WHERE community_id = :community_id AND ref = :ref")
_IS = Sql(
    "UPDATE staff SET person_id = :person_id WHERE community_id = :community_id"
    " AND staff_id = :staff_id"
)


def grant_to(
    town: Town, person: int | None, owner: int, units: int, commodity: int = CIVIC
) -> None:
    """Put points into a wallet as earned by a person."""

    def work(tx: Tx) -> None:
        for kind in (Account.PENDING, Account.OWED):
            account_id(tx, HERE, kind, commodity, owner, at=town.at)
        wallet = account_id(tx, HERE, Account.WALLET, commodity, owner, at=town.at)
        source = account_id(tx, HERE, Account.ISSUED_GRANT, commodity, at=town.at)
        line = Line(
            Side(source, Account.ISSUED_GRANT), Side(wallet, Account.WALLET), commodity, units
        )
        post(
            tx,
            Posting(
                community_id=HERE,
                kind=Kind.GRANT,
                request_id=new_request_id(town.at),
                occurred_at=town.at,
                at=town.at,
                business_date=town.day,
                lines=[line],
                person_id=person,
                wallet_owner_id=owner,
                reason_key="grant",
            ),
        )

    town.db.write(work)


def sale_of(town: Town, ref: str) -> int:
    """The entry of a sale."""
    with town.db.read() as tx:
        return int(tx.get(_SALE, community_id=HERE, ref=ref).txn_id)


def staff_who_is(town: Town, person: int) -> int:
    """A sign-in of somebody who is a resident too; returns its number."""

    def work(tx: Tx) -> int:
        new = NewStaff(login=f"res{person}", name="测试", password=SENTENCE)
        made = staff.add_staff(tx, HERE, new, pepper=bytes(32), by=SYSTEM, at=town.at, cost=QUICK)
        tx.run(_IS, community_id=HERE, staff_id=made, person_id=person)
        return made

    return town.db.write(work)
