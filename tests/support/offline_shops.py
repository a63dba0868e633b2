"""A town whose tills sell without network: policies they were told, sales made under them, what came of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest
from sqlalchemy import text

from ledger.audit import By
from ledger.book.balances import wallet_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.offline.policy import Policy, write_policy
from ledger.offline.shops import decide_shop, policy_for
from ledger.sql import Tx
from ledger.token_keys import KeyClass
from pos.decide import SaleRequest
from pos.desk import day_of
from pos.offline.intake import take_in
from tests.support.town import CIVIC, HERE, Town, build_town

OFFICE: Final = By("staff", 1)


class OfflineShops:
    """A town with two shops; the policies their tills were told, and sales made under them."""

    def __init__(self, db: Database, **build: Any) -> None:
        """Three people with 300 points each, two shops with a till each, 10,000 yuan in the fund."""
        size = {"people": 3, "shops": 2, "grant_units": 30_000, "fund_fen": 1_000_000}
        self._stand_in(build_town(db, **{**size, **build}))

    @classmethod
    def around(cls, town: Town) -> OfflineShops:
        """The same over a town that is there already."""
        made = cls.__new__(cls)
        made._stand_in(town)
        return made

    def _stand_in(self, town: Town) -> None:
        self.town = town
        self.db = town.db
        self.answered: dict[str, dict[str, Any] | None] = {}
        self._cards: dict[int, str] = {}

    def card(self, person: int) -> str:
        """What a person's printed card shows, the same every time."""
        if person not in self._cards:
            self._cards[person] = self.town.code(person, KeyClass.CARD)
        return self._cards[person]

    def person_of(self, request: SaleRequest) -> int:
        """Whose card it was."""
        return next(person for person, token in self._cards.items() if token == request.token)

    def date_of(self, at: int) -> int:
        """The day of a moment (yyyymmdd)."""
        return day_of(self.town.desk.terms_of(HERE), at)

    def allow(self, units: int = 200_000) -> None:
        """The office lets every shop's tills do it."""
        at = self.town.at

        def work(tx: Tx) -> None:
            for shop in sorted({till.merchant_id for till in self.town.tills}):
                decide_shop(tx, HERE, shop, units, why="网络不稳", by=OFFICE, at=at)

        self.db.write(work)

    def policy(self, till: int = 0) -> Policy:
        """What the till is told at this moment."""
        terms = self.town.desk.refresh(HERE)
        with self.db.read() as tx:
            return policy_for(
                tx,
                terms,
                self.town.tills[till].terminal_id,
                day=self.town.day,
                at=self.town.at,
                recovering=False,
            ).policy

    def made(
        self, policy: Policy | None, person: int, units: int, *, till: int = 0, **changes: Any
    ) -> SaleRequest:
        """A sale of 50 yuan made now, without network."""
        key_class = changes.pop("key_class", KeyClass.CARD)
        token = changes.pop("token", None) or self.town.code(person, key_class)
        told = "" if policy is None else write_policy(policy, self.town.desk.offline_key)
        made = self.town.sale(
            person,
            changes.pop("total_fen", 5_000),
            units,
            till=till,
            token=token,
            **changes,
        )
        return replace(made, offline_policy=told)

    def send(self, request: SaleRequest) -> dict[str, Any]:
        """The sale reaches the server now."""
        return take_in(self.town.desk, request, at=self.town.at)

    def refused(self, request: SaleRequest) -> str:
        """The same, and it is refused; gives the code."""
        with pytest.raises(Refusal) as refusal:
            self.send(request)
        return refusal.value.code

    def wallet(self, person: int) -> tuple[int, int]:
        """Units in hand and owed."""
        with self.db.read() as tx:
            found = wallet_of(tx, HERE, person, CIVIC)
        return found.posted, found.owed

    def rows(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        """What a table holds."""
        with self.db.engine.connect() as connection:
            return [
                tuple(row) for row in connection.execute(text(f"SELECT {columns} FROM {table}"))
            ]
