"""A pool as it stands, and what of it goes along in each kind of parting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ledger.book.balances import Wallet, wallet_of
from ledger.errors import Refusal
from ledger.households.homes import active_members
from ledger.households.moving import Part
from ledger.households.rules import HEADS, OWN, by_heads
from ledger.households.shares import shares_of
from ledger.sql import Tx


class Pool(NamedTuple):
    """One household's points of one kind, and where they would go; all amounts in units."""

    tx: Tx
    community_id: int
    commodity: int
    household_id: int
    other_id: int

    def parting(self, rule: str, people: Sequence[int], units: int) -> list[Part]:
        """What goes along with `people` by one of the rules of `ledger.households.rules`."""
        if rule == OWN:
            return self.own(people)
        return self.heads(people) if rule == HEADS else self.agreed(units, people)

    def own(self, people: Sequence[int]) -> list[Part]:
        """Each takes their own share; a debt stays with the pool that made it."""
        shares = self._shares()
        return [
            self._part(shares[person], person_id=person) for person in people if shares.get(person)
        ]

    def heads(self, people: Sequence[int]) -> list[Part]:
        """By the number of people; a debt is divided like the points."""
        wallet = self._wallet()
        going = len(set(people))
        staying = len(active_members(self.tx, self.community_id, self.household_id)) - going
        part = self._part(
            by_heads(wallet.available, going, staying), by_heads(wallet.owed, going, staying)
        )
        return [part] if part.units or part.debt_units else []

    def agreed(self, units: int, people: Sequence[int]) -> list[Part]:
        """A number both sides signed for.

        Refuses household_points_gone.
        """
        if units > self._wallet().available:
            raise Refusal("household_points_gone")
        one = people[0] if len(people) == 1 else None
        return [self._part(units, person_id=one)] if units else []

    def whole(self) -> list[Part]:
        """Everything, each member's share under their name, and the debt.

        Refuses household_points_held while something is set aside for a purchase.
        """
        wallet = self._wallet()
        if wallet.held:
            raise Refusal("household_points_held")
        shares = {person: units for person, units in self._shares().items() if units}
        parts = [self._part(units, person_id=person) for person, units in sorted(shares.items())]
        rest = wallet.available - sum(shares.values())
        if rest or wallet.owed:
            parts.append(self._part(rest, wallet.owed))
        return parts

    def given(self, units: int) -> list[Part]:
        """A gift; nobody gives while they owe.

        Refuses household_owes, household_points_gone.
        """
        wallet = self._wallet()
        if wallet.owed:
            raise Refusal("household_owes")
        if units > wallet.available:
            raise Refusal("household_points_gone")
        return [self._part(units)]

    def _shares(self) -> dict[int, int]:
        members = active_members(self.tx, self.community_id, self.household_id)
        return shares_of(
            self.tx,
            self.community_id,
            self.household_id,
            self.commodity,
            free=self._wallet().available,
            members=members,
        )

    def _wallet(self) -> Wallet:
        return wallet_of(self.tx, self.community_id, self.household_id, self.commodity)

    def _part(self, units: int, debt_units: int = 0, *, person_id: int | None = None) -> Part:
        return Part(
            commodity=self.commodity,
            from_owner=self.household_id,
            to_owner=self.other_id,
            units=units,
            debt_units=debt_units,
            person_id=person_id,
        )
