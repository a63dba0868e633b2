"""Random lives of wallets, written into the book and told to the lots at the same time."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from ledger.audit import SYSTEM
from ledger.book.chart import Account, Kind
from ledger.book.holds import end_hold, open_hold
from ledger.book.posting import Line, Posting, Side, post, reverse
from ledger.database import Database
from ledger.earning.scheme_file import SCHEMES
from ledger.ids import new_request_id
from ledger.members import schemes
from ledger.sql import Tx
from tests.support.fifo import Rule, Wallet
from tests.support.histories_rows import HERE, write_rows
from tests.support.town import ZONE

_EXPIRY = (
    '[expiry]\npolicy = "rolling_months"\nmonths = 24\nnotice_days = [90, 30]\nunit = "lot_fifo"\n'
)


def at_noon(day: date, minutes: int = 0) -> int:
    """Noon in Shanghai, as microseconds UTC."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZONE) + timedelta(minutes=minutes)
    return int(noon.timestamp()) * 1_000_000


def at_night(day: date) -> int:
    """Shortly after midnight."""
    return at_noon(day, -12 * 60 + 40)


def key_of(day: date) -> int:
    """A day as yyyymmdd."""
    return day.year * 10_000 + day.month * 100 + day.day


@dataclass
class Earned:
    """One earning that may come back: its day, what is left of it, whether it waits for proof."""

    day: date
    left: int
    is_pending: bool
    txn_id: int = 0
    is_grant: bool = False


@dataclass
class Life:
    """One owner's wallet as the lots know it, and what may still happen to what happened."""

    owner: int
    oracle: Wallet
    earned: list[Earned] = field(default_factory=list)
    spent: list[tuple[Account, int]] = field(default_factory=list)
    holds: list[tuple[int, int]] = field(default_factory=list)

    @property
    def available(self) -> int:
        """What may be spent."""
        return self.oracle.lots.units - self.oracle.held


@dataclass
class World:
    """Many owners of one community under one rule."""

    db: Database
    rule: Rule
    start: date
    commodity: int
    lives: list[Life]
    accounts: dict[tuple[Account, int], Side]
    chance: random.Random
    today: date

    def side(self, kind: Account, owner: int = 0) -> Side:
        """An account by what it is for."""
        return self.accounts[kind, owner]

    def post(self, tx: Tx, life: Life, kind: Kind, moves: list[Any], **more: Any) -> int:
        """One entry of a life: (from, to, units) with units above zero."""
        lines = [
            Line(debit, credit, self.commodity, units) for debit, credit, units in moves if units
        ]
        at = at_noon(self.today)
        return post(
            tx,
            Posting(
                community_id=HERE,
                kind=kind,
                request_id=new_request_id(at),
                occurred_at=at,
                at=at,
                business_date=key_of(self.today),
                lines=lines,
                wallet_owner_id=life.owner,
                **more,
            ),
        )

    def a_day(self) -> None:
        """Something happens to some of them."""
        busy = [life for life in self.lives if self.chance.random() < 0.12]

        def work(tx: Tx) -> None:
            for life in busy:
                self.chance.choice(EVENTS)(self, tx, life)

        self.db.write(work)


def earn(world: World, tx: Tx, life: Life) -> None:
    """A purchase: its points can be spent at once, or wait for proof; a debt is made up first."""
    units, waits = world.chance.randint(1, 60), world.chance.random() < 0.4
    wallet, owed = world.side(Account.WALLET, life.owner), world.side(Account.OWED, life.owner)
    issued = world.side(Account.ISSUED_CONSUMPTION)
    if waits:
        pending = world.side(Account.PENDING, life.owner)
        world.post(tx, life, Kind.EARN_SPENDING, [(issued, pending, units)])
    else:
        repaid = min(units, life.oracle.owed)
        world.post(tx, life, Kind.EARN_SPENDING, [(issued, wallet, units), (wallet, owed, repaid)])
        life.oracle.lots.earn(world.today, units)
        life.oracle.lots.spend(repaid)
        life.oracle.owed -= repaid
    life.earned.append(Earned(world.today, units, waits))


def vest(world: World, tx: Tx, life: Life) -> None:
    """Points that waited are proven; they count from the day of their purchase."""
    waiting = [earned for earned in life.earned if earned.is_pending and earned.left]
    if not waiting:
        return
    earned = world.chance.choice(waiting)
    wallet, owed = world.side(Account.WALLET, life.owner), world.side(Account.OWED, life.owner)
    repaid = min(earned.left, life.oracle.owed)
    moves = [(world.side(Account.PENDING, life.owner), wallet, earned.left), (wallet, owed, repaid)]
    world.post(tx, life, Kind.VEST, moves, corrects_date=key_of(earned.day))
    life.oracle.lots.earn(earned.day, earned.left)
    life.oracle.lots.spend(repaid)
    life.oracle.owed -= repaid
    earned.is_pending = False


def goods_come_back(world: World, tx: Tx, life: Life) -> None:
    """A part of a purchase is undone: its points go back, from what is there, else they are owed."""
    sold = [earned for earned in life.earned if earned.left and not earned.is_grant]
    if not sold:
        return
    earned = world.chance.choice(sold)
    units = world.chance.randint(1, earned.left)
    issued = world.side(Account.ISSUED_CONSUMPTION)
    day = key_of(earned.day)
    earned.left -= units
    if earned.is_pending:
        pending = world.side(Account.PENDING, life.owner)
        world.post(tx, life, Kind.REFUND, [(pending, issued, units)], corrects_date=day)
        return
    there = min(units, life.available)
    wallet, owed = world.side(Account.WALLET, life.owner), world.side(Account.OWED, life.owner)
    moves = [(wallet, issued, there), (owed, issued, units - there)]
    world.post(tx, life, Kind.REFUND, moves, corrects_date=day)
    life.oracle.lots.undo(earned.day, there)
    life.oracle.owed += units - there


def grant(world: World, tx: Tx, life: Life) -> None:
    """Points by a decision; a debt is made up first."""
    units = world.chance.randint(1, 40)
    wallet, owed = world.side(Account.WALLET, life.owner), world.side(Account.OWED, life.owner)
    repaid = min(units, life.oracle.owed)
    moves = [(world.side(Account.ISSUED_GRANT), wallet, units), (wallet, owed, repaid)]
    txn_id = world.post(tx, life, Kind.GRANT, moves)
    life.oracle.lots.earn(world.today, units)
    life.oracle.lots.spend(repaid)
    life.oracle.owed -= repaid
    if not repaid:
        life.earned.append(
            Earned(world.today, units, is_pending=False, txn_id=txn_id, is_grant=True)
        )


def take_grant_back(world: World, tx: Tx, life: Life) -> None:
    """A decision is reversed while its points are there."""
    for earned in life.earned:
        if earned.is_grant and 0 < earned.left <= life.available:
            at = at_noon(world.today)
            reverse(
                tx,
                HERE,
                earned.txn_id,
                request_id=new_request_id(at),
                at=at,
                business_date=key_of(world.today),
                reason_key="reversal",
            )
            life.oracle.lots.undo(earned.day, earned.left)
            earned.left = 0
            return


def spend(world: World, tx: Tx, life: Life) -> None:
    """Goods or an offset; not while something is owed."""
    if life.available <= 0 or life.oracle.owed:
        return
    units = world.chance.randint(1, life.available)
    wallet = world.side(Account.WALLET, life.owner)
    to = world.chance.choice([Account.OFFSET, Account.REDEEMED])
    kind = Kind.SALE if to is Account.OFFSET else Kind.REDEEM
    world.post(tx, life, kind, [(wallet, world.side(to), units)])
    life.oracle.lots.spend(units)
    life.spent.append((to, units))


def give_back(world: World, tx: Tx, life: Life) -> None:
    """What was bought with points comes back, and the points with it; a debt is made up first."""
    if not life.spent:
        return
    place = world.chance.randrange(len(life.spent))
    what, units = life.spent.pop(place)
    wallet, owed = world.side(Account.WALLET, life.owner), world.side(Account.OWED, life.owner)
    if what is Account.REDEEMED:
        world.post(tx, life, Kind.RETURN_GOODS, [(world.side(what), wallet, units)])
        life.oracle.lots.give_back(units)
        return
    repaid = min(units, life.oracle.owed)
    moves = [(world.side(what), wallet, units), (wallet, owed, repaid)]
    world.post(tx, life, Kind.REFUND, moves, corrects_date=key_of(world.today))
    life.oracle.lots.give_back(units)
    life.oracle.lots.spend(repaid)
    life.oracle.owed -= repaid


def set_aside(world: World, tx: Tx, life: Life) -> None:
    """Points are held for a purchase that is not finished."""
    if life.available <= 0 or life.oracle.owed:
        return
    units = world.chance.randint(1, life.available)
    at = at_noon(world.today)
    hold_id = open_hold(
        tx,
        HERE,
        world.side(Account.WALLET, life.owner).account_id,
        commodity=world.commodity,
        amount=units,
        purpose="sale",
        request_id=new_request_id(at),
        at=at,
        expires_at=at + 1,
    )
    life.holds.append((hold_id, units))
    life.oracle.held += units


def finish_or_let_go(world: World, tx: Tx, life: Life) -> None:
    """The purchase ends: the held points go to the shop, or are free again."""
    if not life.holds:
        return
    hold_id, units = life.holds.pop()
    captured = world.chance.random() < 0.5
    wallet = world.side(Account.WALLET, life.owner)
    end_hold(
        tx,
        HERE,
        hold_id,
        account_id=wallet.account_id,
        amount=units,
        captured=captured,
        txn_id=None,
        at=at_noon(world.today),
    )
    life.oracle.held -= units
    if captured:
        moves = [(wallet, world.side(Account.OFFSET), units)]
        world.post(tx, life, Kind.SALE, moves, captured={wallet.account_id: units})
        life.oracle.lots.spend(units)
        life.spent.append((Account.OFFSET, units))


def deduct(world: World, tx: Tx, life: Life) -> None:
    """A deduction takes what is there, up to its number."""
    units = min(life.available, world.chance.randint(1, 20))
    if units <= 0:
        return
    moves = [(world.side(Account.WALLET, life.owner), world.side(Account.ISSUED_DEDUCTION), units)]
    world.post(tx, life, Kind.DEDUCT, moves)
    life.oracle.lots.spend(units)


EVENTS: list[Callable[[World, Tx, Life], None]] = [
    earn, earn, earn, vest, vest, grant, spend, spend, spend, give_back,
    goods_come_back, take_grant_back, set_aside, finish_or_let_go, deduct,
]  # fmt: skip


def open_world(
    db: Database, owners: int, rule: Rule, *, start: date, seed: int, commodity: int = 1002
) -> World:
    """Households with wallets of one kind of points under `rule`; every second one has a phone."""
    chance = random.Random(seed)
    opened = at_noon(start, -600)
    accounts = write_rows(db, owners, opened, commodity)
    text = (SCHEMES / "changan.toml").read_text(encoding="utf-8")
    assert _EXPIRY in text
    text = text.replace(_EXPIRY, _expiry_of(rule)).replace("2026-01-01", start.isoformat(), 1)
    db.write(lambda tx: schemes.adopt(tx, HERE, text, name="changan", by=SYSTEM, at=opened))
    lives = [Life(owner, Wallet(rule, start, owner % 2 == 0)) for owner in range(1, owners + 1)]
    return World(db, rule, start, commodity, lives, accounts, chance, start)


def _expiry_of(rule: Rule) -> str:
    notices = f'notice_days = {list(rule.notices)}\nunit = "lot_fifo"\n'
    if rule.by_month:
        return f'[expiry]\npolicy = "rolling_months"\nmonths = {rule.keep}\n{notices}'
    ends = f"month = 12\nday = 31\nyears_after = {rule.keep}\n"
    return f'[expiry]\npolicy = "fixed_date"\n{ends}{notices}'
