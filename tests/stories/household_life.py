"""The random life of households: what may happen to them, and what must hold after each step."""
# ruff: noqa: D102, D107 - the name of a rule says what happens in it

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from ledger.book.accounts import find_account
from ledger.book.balances import wallet_of
from ledger.book.chart import Account
from ledger.book.holds import end_hold, open_hold
from ledger.book.unspent import lots_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.households import acts, estates
from ledger.households.sweep import carry_on
from ledger.ids import new_request_id
from pos.checkout import check_out
from pos.proof import vest_sale
from pos.refunds import refund
from tests.support.engines import SqliteFiles
from tests.support.granting import grant_to, sale_of
from tests.support.homes import ONE, ask, done, home
from tests.support.homes_model import Pool, by_month, carry, months_of
from tests.support.invariants import check_invariants
from tests.support.lapses import expiry as expire
from tests.support.lapses import hand_out_all, notices
from tests.support.town import CIVIC, HERE, Town, build_town, moment

PEOPLE = 6
TODAY = date(2026, 3, 2)
JANUARY, FEBRUARY = date(2026, 1, 10), date(2026, 2, 10)
PICK = st.integers(0, 10**6)


class Life(RuleBasedStateMachine):
    """Three households of two to begin with."""

    files: ClassVar[SqliteFiles]

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.db = Database(self.files.copy_to(Path(self.folder.name) / "life.db"))
        self.town: Town = build_town(self.db, people=PEOPLE, shops=1)
        self.pools: dict[int, Pool] = {}
        self.codes: dict[int, str] = {}
        self.heirs_wait: set[int] = set()
        self.sales: list[dict[str, Any]] = []
        self.holds: list[tuple[int, int, int, str]] = []
        self.ended: dict[int, int] = {}
        self.dead: dict[int, int] = {}
        for n in range(3):
            people = (2 * n + 1, 2 * n + 2)
            code = f"8-{n}"
            number = home(self.town, code, *people)
            self.pools[number], self.codes[number] = Pool(set(people)), code
            for person in people:
                for day, units in ((JANUARY, 7_001 * person), (FEBRUARY, 12_345)):
                    now, self.town.at = self.town.at, moment(f"{day} 10:00")
                    grant_to(self.town, person, number, units)
                    self.town.at = now
                    self.pools[number].come(day, units)
                    self.pools[number].nets[person] += units

    def teardown(self) -> None:
        self.db.close()
        self.folder.cleanup()

    # --- choosing

    def lived_in(self) -> list[int]:
        return [n for n, pool in self.pools.items() if pool.is_open and pool.members]

    def where(self, person: int) -> int | None:
        return next((n for n, p in self.pools.items() if person in p.members), None)

    def now_of(self, sale: dict[str, Any]) -> int:
        """The household whoever bought belongs to, also after death."""
        person = sale["person"]
        found = self.where(person)
        if found is None:
            found = self.dead[person]
        while found in self.ended:
            found = self.ended[found]
        return found

    # --- buying

    @rule(pick=PICK, yuan=st.integers(10, 90), steps=st.integers(0, 3))
    def buy(self, pick: int, yuan: int, steps: int) -> None:
        alive = [person for n in self.lived_in() for person in sorted(self.pools[n].members)]
        if not alive:
            return
        person = alive[pick % len(alive)]
        number = self.where(person)
        assert number is not None
        pool, units = self.pools[number], steps * 2_000
        try:
            done_ = check_out(
                self.town.desk,
                self.town.sale(person, yuan * 100, units),
                at=self.town.later(700),
            )
        except Refusal as refusal:
            if refusal.code == "insufficient_points":
                assert units > pool.free
            elif refusal.code == "points_owed":
                assert pool.owed
            return
        assert units <= pool.free
        assert not (units and pool.owed)
        pool.lots.spend(units)
        pool.nets[person] -= units
        self.sales.append(
            {"person": person, "home": number, "ref": done_["ref"], "fen": yuan * 100,
             "earned": done_["earned_units"], "used": units, "state": "pending", "back": False}
        )  # fmt: skip

    @precondition(lambda self: any(s["state"] == "pending" for s in self.sales))
    @rule(pick=PICK)
    def prove(self, pick: int) -> None:
        waiting = [s for s in self.sales if s["state"] == "pending" and not s["back"]]
        if not waiting:
            return
        sale = waiting[pick % len(waiting)]
        number = sale_of(self.town, sale["ref"])
        at = self.town.later(60)
        self.db.write(
            lambda tx: vest_sale(
                tx, HERE, number, payment_ref=None, by="test", day=self.town.day, at=at
            )
        )
        sale["state"] = "vested"
        to = self.now_of(sale)
        self.pools[to].nets[sale["person"]] += sale["earned"]
        self.pools[to].come(TODAY, sale["earned"])

    @precondition(lambda self: any(not s["back"] for s in self.sales))
    @rule(pick=PICK)
    def bring_back(self, pick: int) -> None:
        left = [s for s in self.sales if not s["back"]]
        sale = left[pick % len(left)]
        to = self.now_of(sale)
        earner, pool = self.pools[to], self.pools[sale["home"]]
        refund(self.town.desk, self.town.refund(sale["ref"], sale["fen"]), at=self.town.later(60))
        sale["back"] = True
        if sale["used"]:
            pool.lots.give_back(sale["used"])
            pool.nets[sale["person"]] += sale["used"]
        if sale["state"] == "vested" and sale["earned"]:
            self.take_back(earner, sale["earned"], sale["person"])
        pool.repay()
        earner.repay()

    def take_back(self, earner: Pool, units: int, person: int) -> None:
        gone = min(units, earner.free)
        earner.owed += units - gone
        earner.nets[person] -= units
        earner.take_back(TODAY, gone)

    # --- setting aside

    @rule(pick=PICK, units=st.integers(1, 9_000))
    def set_aside(self, pick: int, units: int) -> None:
        homes = self.lived_in()
        if not homes:
            return
        number = homes[pick % len(homes)]
        if units > self.pools[number].free:
            return
        request, at = new_request_id(self.town.at), self.town.later(60)

        def work(tx: Any) -> tuple[int, int]:
            wallet = find_account(tx, HERE, Account.WALLET, CIVIC, number)
            assert wallet is not None
            hold = open_hold(
                tx, HERE, wallet, commodity=CIVIC, amount=units, purpose="test",
                request_id=request, at=at, expires_at=at + 10**9,
            )  # fmt: skip
            return wallet, hold

        wallet, hold = self.db.write(work)
        self.pools[number].held += units
        self.holds.append((number, wallet, units, str(hold)))

    @precondition(lambda self: self.holds)
    @rule()
    def let_go(self) -> None:
        number, wallet, units, hold = self.holds.pop()
        if self.pools[number].owed:
            self.holds.append((number, wallet, units, hold))
            return
        at = self.town.later(60)
        self.db.write(
            lambda tx: end_hold(
                tx, HERE, int(hold), account_id=wallet, amount=units, captured=False,
                txn_id=None, at=at,
            )
        )  # fmt: skip
        self.pools[number].held -= units

    # --- parting and joining

    @rule(pick=PICK, to=PICK, new=st.integers(0, 1), heads=st.integers(0, 1))
    def part(self, pick: int, to: int, new: int, heads: int) -> None:
        big = [n for n in self.lived_in() if len(self.pools[n].members) > 1]
        if not big:
            return
        number = big[pick % len(big)]
        pool = self.pools[number]
        person = sorted(pool.members)[to % len(pool.members)]
        others = [n for n in self.lived_in() if n != number]
        known = None if new or not others else others[to % len(others)]
        code = f"9-{len(self.pools)}" if known is None else self.codes[known]
        act, by = (acts.SPLIT, acts.HEADS) if heads else (acts.LEAVE, acts.OWN)
        came = done(self.town, ask(number, act, code, person, rule=by))
        other = self.pools.setdefault(came.other_household_id, Pool(set()))
        self.codes[came.other_household_id] = code
        if heads:
            units, debt = pool.free // len(pool.members), pool.owed // len(pool.members)
            other.owed += debt
            pool.owed -= debt
            carry(pool, other, units)
        else:
            units = pool.shares()[person]
            carry(pool, other, units, person)
        assert came.units.get(CIVIC, 0) == units
        pool.members.remove(person)
        other.members.add(person)

    @rule(pick=PICK, to=PICK)
    def join(self, pick: int, to: int) -> None:
        homes = self.lived_in()
        if len(homes) < 2:
            return
        number = homes[pick % len(homes)]
        others = [n for n in homes if n != number]
        other = others[to % len(others)]
        source, target = self.pools[number], self.pools[other]
        asked = ask(number, acts.MERGE, self.codes[other])
        if source.held:
            with pytest.raises(Refusal, match="household_points_held"):
                done(self.town, asked)
            return
        done(self.town, asked)
        self.swallow(source, target)
        target.members |= source.members
        source.members, source.is_open = set(), False
        self.ended[number] = other

    def swallow(self, source: Pool, target: Pool) -> None:
        for person, units in sorted(source.shares().items()):
            if units:
                carry(source, target, units, person)
        target.owed += source.owed
        source.owed = 0
        carry(source, target, source.free)

    @precondition(lambda self: self.ended)
    @rule()
    def night(self) -> None:
        at = self.town.later(60)
        self.db.write(lambda tx: carry_on(tx, HERE, today=self.town.day, at=at))
        for number, other in sorted(self.ended.items()):
            source = self.pools[number]
            last = other
            while last in self.ended:
                last = self.ended[last]
            if source.free or source.owed:
                self.pools[last].owed += source.owed
                source.owed = 0
                carry(source, self.pools[last], source.free)

    # --- giving, dying, inheriting

    @rule(pick=PICK, to=PICK, units=st.integers(1, 9_999))
    def give(self, pick: int, to: int, units: int) -> None:
        homes = self.lived_in()
        if len(homes) < 2:
            return
        number = homes[pick % len(homes)]
        others = [n for n in homes if n != number]
        other = others[to % len(others)]
        asked = ask(number, acts.GIFT, self.codes[other], units=units)
        if self.pools[number].owed or units > self.pools[number].free:
            with pytest.raises(Refusal):
                done(self.town, asked)
            return
        done(self.town, asked)
        carry(self.pools[number], self.pools[other], units)

    @rule(pick=PICK)
    def die(self, pick: int) -> None:
        alive = [person for n in self.lived_in() for person in sorted(self.pools[n].members)]
        if len(alive) < 3:
            return
        person = alive[pick % len(alive)]
        number = self.where(person)
        assert number is not None
        at = self.town.later(60)
        self.db.write(
            lambda tx: estates.report_death(
                tx, HERE, person, died_on=self.town.day, evidence="paper",
                today=self.town.day, by=ONE, at=at,
            )
        )  # fmt: skip
        self.pools[number].members.remove(person)
        self.dead[person] = number
        if not self.pools[number].members:
            self.heirs_wait.add(number)

    @precondition(lambda self: self.heirs_wait)
    @rule(to=PICK)
    def inherit(self, to: int) -> None:
        number = min(self.heirs_wait)
        homes = self.lived_in()
        other = homes[to % len(homes)]
        source = self.pools[number]
        heir = min(self.pools[other].members)
        asked = ask(number, acts.HEIRS, self.codes[other], heir, evidence="paper")
        if source.held:
            with pytest.raises(Refusal, match="household_points_held"):
                done(self.town, asked)
            return
        done(self.town, asked)
        carry(source, self.pools[other], source.free, heir)
        self.heirs_wait.remove(number)

    # --- what must hold

    @invariant()
    def book_and_pools_agree(self) -> None:
        with self.db.read() as tx:
            for number, pool in self.pools.items():
                found = wallet_of(tx, HERE, number, CIVIC)
                assert (found.posted, found.held, found.owed) == (
                    pool.lots.units, pool.held, pool.owed,
                )  # fmt: skip
                ages = {lot.earned_on: lot.units for lot in lots_of(tx, HERE, CIVIC, number)}
                assert by_month(ages) == months_of(pool)

    @invariant()
    def the_book_is_whole(self) -> None:
        check_invariants(self.db.engine)

    @rule()
    @precondition(lambda self: len(self.sales) > 2 and not self.holds)
    def two_years_on(self) -> None:
        """What of January and February is left lapses on its day, whoever has it by then; then life ends."""
        wanted = {
            number: pool.lots.left_of(date(2026, 2, 28)) for number, pool in self.pools.items()
        }
        if any(pool.owed for pool in self.pools.values()):
            return
        for day in ("2027-11-02", "2027-12-05", "2028-01-03", "2028-02-03"):
            notices(self.town, day)
            hand_out_all(self.town, day)
        expire(self.town, "2028-02-01")
        expire(self.town, "2028-04-01")
        with self.db.read() as tx:
            for number, pool in self.pools.items():
                left = wallet_of(tx, HERE, number, CIVIC).posted
                assert left == pool.lots.units - wanted[number]
                pool.lots.spend(wanted[number])
