"""Nights of notices and expiry in a test town, and slips brought from door to door."""

from __future__ import annotations

from ledger.audit import SYSTEM, By
from ledger.book.accounts import account_id
from ledger.book.balances import account_sum, wallet_of
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.expiry.lists import announced_to
from ledger.expiry.notices import give_notices
from ledger.expiry.run import run_expiry
from ledger.expiry.slips import SlipKey, hand_out, slips_waiting
from ledger.ids import new_request_id
from ledger.members import cards, residents
from ledger.sql import Tx
from tests.support.town import CIVIC, HERE, Town, moment

GRID = By("staff", 7)


def with_phones(town: Town, *persons: int) -> None:
    """These carry their code on a phone."""

    def work(tx: Tx) -> None:
        for person in persons:
            residents.record_consent(tx, HERE, person, by=SYSTEM, at=town.at)
            cards.open_card(tx, HERE, person, kind="phone", by=SYSTEM, at=town.at)

    town.db.write(work)


def notices(town: Town, day: str) -> list[tuple[int, int, int, int]]:
    """The notices of a night: days, wallets, units, slips."""
    given = give_notices(town.db, HERE, at=moment(f"{day} 00:40"))
    return [(run.notice_days, run.wallets, run.units, run.slips) for run in given.runs]


def expiry(town: Town, day: str) -> tuple[int, dict[str, int]]:
    """The units a night took, and what it passed over."""
    done = run_expiry(town.db, HERE, at=moment(f"{day} 00:50"))
    return sum(done.units.values()), done.skipped


def hand_out_all(town: Town, day: str) -> int:
    """Somebody goes from door to door with every slip."""

    def work(tx: Tx) -> int:
        keys = [SlipKey(*row[:4]) for row in slips_waiting(tx, HERE)]
        return hand_out(tx, HERE, keys, by=GRID, at=moment(f"{day} 10:00"))

    return town.db.write(work)


def told(town: Town, owner: int, commodity: int = CIVIC) -> list[tuple[int, int]]:
    """What an owner's page says: last day and units."""
    with town.db.read() as tx:
        return [(row.last_day, row.units) for row in announced_to(tx, HERE, owner, commodity)]


def left(town: Town, owner: int, commodity: int = CIVIC) -> int:
    """What an owner may spend."""
    with town.db.read() as tx:
        return wallet_of(tx, HERE, owner, commodity).available


def expired_in_all(town: Town, commodity: int = CIVIC) -> int:
    """Units that ever lapsed."""
    with town.db.read() as tx:
        return account_sum(tx, HERE, Account.EXPIRED, commodity)


def use(town: Town, owner: int, units: int, day: str, commodity: int = CIVIC) -> None:
    """Goods for points at the counter."""
    _move(town, Kind.REDEEM, Account.WALLET, Account.REDEEMED, owner, units, day, commodity)


def give_back(town: Town, owner: int, units: int, day: str) -> None:
    """Goods that were handed out for points come back."""
    _move(town, Kind.RETURN_GOODS, Account.REDEEMED, Account.WALLET, owner, units, day, CIVIC)


def give(town: Town, owner: int, commodity: int, units: int, day: str) -> None:
    """An award for a deed."""
    _move(town, Kind.EARN_DEED, Account.ISSUED_DEED, Account.WALLET, owner, units, day, commodity)


def set_aside(town: Town, owner: int, units: int, commodity: int = CIVIC) -> None:
    """Points are held for an unfinished purchase, or (below zero) free again."""

    def work(tx: Tx) -> None:
        wallet = account_id(tx, HERE, Account.WALLET, commodity, owner, at=town.at)
        tx.raw.execute(f"UPDATE balance SET held = held + {units} WHERE account_id = {wallet}")

    town.db.write(work)


def _move(
    town: Town,
    kind: Kind,
    debit: Account,
    credit: Account,
    owner: int,
    units: int,
    day: str,
    commodity: int,
) -> None:
    at = moment(f"{day} 15:00")

    def work(tx: Tx) -> None:
        def side(account: Account) -> Side:
            whose = {Account.WALLET: owner, Account.REDEEMED: 1}.get(account, 0)
            return Side(account_id(tx, HERE, account, commodity, whose, at=at), account)

        post(
            tx,
            Posting(
                community_id=HERE,
                kind=kind,
                request_id=new_request_id(at),
                occurred_at=at,
                at=at,
                business_date=int(day.replace("-", "")),
                lines=[Line(side(debit), side(credit), commodity, units)],
                wallet_owner_id=owner,
            ),
        )

    town.db.write(work)
