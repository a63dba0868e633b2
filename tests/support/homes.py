"""A test town's households as the office knows them: heads, staff outside them, acts proposed and agreed to."""

from __future__ import annotations

from ledger.audit import SYSTEM, By
from ledger.book.balances import wallet_of
from ledger.households import acts
from ledger.households.acts import Ask, Done
from ledger.ids import new_id
from ledger.members import households, residents
from ledger.members.residents import Identity
from ledger.sql import Tx
from tests.support.town import CIVIC, HERE, Town

ONE, TWO = By("staff", 901), By("staff", 902)
"""Two of the office, who live in none of the town's households."""


def home(town: Town, code: str, *people: int) -> int:
    """A new household that these people move into; the first of them is its head. Returns its number."""

    def work(tx: Tx) -> int:
        made = households.open_household(
            tx, HERE, code=code, building="5", unit="1", by=SYSTEM, at=town.at
        )
        for person in people:
            residents.move(tx, HERE, person, made, by=SYSTEM, at=town.at)
        if people:
            households.set_head(tx, HERE, made, people[0], by=SYSTEM, at=town.at)
        return made

    return town.db.write(work)


def newcomer(town: Town, household_id: int) -> int:
    """Somebody registers in a household; returns their number."""
    return town.db.write(
        lambda tx: residents.register(
            tx,
            HERE,
            household_id,
            Identity("测试", ""),
            birth_year=1980,
            consent_at=town.at,
            by=SYSTEM,
            at=town.at,
        )
    )


def ask(household_id: int, act: str, to: str, *people: int, **more: object) -> Ask:
    """A request with what it always has."""
    fields: dict[str, object] = {"building": "5", "unit": "1", "reason": "试", **more}
    return Ask(act=act, household_id=household_id, to_code=to, people=people, **fields)  # type: ignore[arg-type]


def done(town: Town, asked: Ask, *, by: tuple[By, By] = (ONE, TWO)) -> Done:
    """Proposed by one and agreed to by the other, a minute later."""
    first, second = by
    number = town.db.write(
        lambda tx: acts.propose(tx, HERE, asked, today=town.day, by=first, at=town.at)
    )
    at = town.later(60)
    return town.db.write(lambda tx: acts.agree(tx, HERE, number, today=town.day, by=second, at=at))


def units(town: Town, owner: int, commodity: int = CIVIC) -> int:
    """What is in a wallet."""
    with town.db.read() as tx:
        return wallet_of(tx, HERE, owner, commodity).posted


def fresh(town: Town) -> int:
    """A number nobody has."""
    return new_id(town.at)
