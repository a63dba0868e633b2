"""Random days of tills without network, and what a second reckoning of its own says must have come of them.

The reckoning keeps wallets as plain numbers and shares nothing with the book or with what finds over-uses in it.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.offline.policy import Policy, write_policy
from ledger.sql import Tx
from pos.decide import SaleRequest
from tests.support.offline_shops import OfflineShops
from tests.support.spare import fetched, renew
from tests.support.town import CIVIC, HERE

DAY_S: Final = 86_400
WIDE: Final = 10**9


@dataclass
class Day:
    """What one random day came to: the bound printed before it, what was lost, and the over-uses, twice told."""

    bound_units: int = 0
    lost_units: int = 0
    expected: set[tuple[str, str, int]] = field(default_factory=set)
    sent: int = 0
    refused: int = 0
    spare: int = 0
    """Entries with a spare code, and how many of them were taken a second time, at another till."""
    twice: int = 0


@dataclass
class Lives:
    """Days lived one after another in one town. `limits`: False takes escrow and floors away (the control).

    `spare_share`: how many sales in ten show a spare code, which is as often as not a copy shown elsewhere too.
    """

    shops: OfflineShops
    limits: bool = True
    spare_share: int = 4
    spares: dict[str, int] = field(default_factory=dict)
    first_use: dict[str, str] = field(default_factory=dict)
    wallets: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    last_use: dict[int, list[tuple[int, int, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def live(self, seed: int) -> Day:
        """One random day of 1 to 20 tills; drawn from `seed` alone."""
        drawn = random.Random(seed)
        town = self.shops.town
        town.later(3 * DAY_S)
        self._fill(drawn)
        renew(town)
        self.spares = {
            code.digits: person
            for person in range(1, town.people + 1)
            for code in fetched(town, person, a_day=2)
        }
        self.first_use = {}
        tills = drawn.sample(range(len(town.tills)), drawn.randint(1, 20))
        told = {till: self._policy(till) for till in tills}
        queue = [
            self._sale(drawn, till, policy)
            for till, policy in told.items()
            for _ in range(drawn.randint(0, 5))
        ]
        # Every card shown everywhere, clocks that lie, entries sent twice and out of order, next day or the same.
        town.later(drawn.randint(0, 2 * DAY_S))
        drawn.shuffle(queue)
        day = Day()
        for request in [*queue, *drawn.sample(queue, len(queue) // 3)]:
            self._send(request, day)
        return day

    def _policy(self, till: int) -> Policy:
        policy = self.shops.policy(till)
        if self.limits:
            return policy
        return policy._replace(
            terminal_units=WIDE, card_units=WIDE, sale_units=WIDE, spare_units=WIDE
        )

    def _sale(self, drawn: random.Random, till: int, policy: Policy) -> SaleRequest:
        town = self.shops.town
        units = 2_000 * drawn.choice((1, 1, 2, 3, 5, 5, 10, 50))
        if drawn.randrange(10) < self.spare_share:
            # Most are copies of two that are good today; one of tomorrow is refused until it is tomorrow.
            held = list(self.spares)
            token = drawn.choice(held[:6:3] if drawn.randrange(4) else held)
            person = self.spares[token]
        else:
            person = drawn.randint(1, town.people)
            token = self.shops.card(person)
        at = town.at + drawn.choice((0, 60, 3_600, 20 * 3_600, 30 * 3_600, -600)) * 1_000_000
        made = town.sale(
            person,
            max(5_000, units // 4),
            units,
            till=till,
            token=token,
            occurred_at=at,
            request_id=new_request_id(town.at),
        )
        return replace(made, offline_policy=write_policy(policy, town.desk.offline_key))

    def _send(self, request: SaleRequest, day: Day) -> None:
        day.sent += 1
        person = self.spares.get(request.token) or self.shops.person_of(request)
        day.spare += request.token in self.spares
        known = self.shops.answered.get(request.request_id)
        try:
            answer: dict[str, Any] | None = self.shops.send(request)
        except Refusal:
            answer = None
            day.refused += 1
        if request.request_id in self.shops.answered:
            assert answer == known, request.ref
            return
        self.shops.answered[request.request_id] = answer
        if answer is not None:
            self._reckon(request, person, day)

    def _reckon(self, request: SaleRequest, person: int, day: Day) -> None:
        """The second reckoning: take what there is, count the rest as lost, and remember who used the wallet before.

        A spare code that was taken before costs its holder nothing: all of it is lost.
        """
        first = self.first_use.get(request.token)
        if request.token in self.spares and first is not None:
            day.twice += 1
            day.lost_units += request.offset_units
            day.expected.add((request.ref, first, request.offset_units))
            self.last_use[person].append((request.occurred_at, request.terminal_id, request.ref))
            return
        self.first_use[request.token] = request.ref
        lacked = max(0, request.offset_units - self.wallets[person])
        self.wallets[person] -= request.offset_units - lacked
        uses = self.last_use[person]
        if lacked:
            since = request.occurred_at - DAY_S * 1_000_000
            others = [ref for at, till, ref in uses if till != request.terminal_id and at >= since]
            day.lost_units += lacked
            day.expected.add((request.ref, others[-1] if others else "", lacked))
        uses.append((request.occurred_at, request.terminal_id, request.ref))

    def _fill(self, drawn: random.Random) -> None:
        """A new day: debts are paid, and each wallet holds a little."""
        for person in range(1, self.shops.town.people + 1):
            more = max(0, 1_000 * drawn.randint(0, 6) - self.wallets[person])
            _, owed = self.shops.wallet(person)
            if more or owed:
                self.shops.db.write(lambda tx, p=person, m=more, o=owed: self._grant(tx, p, m, o))  # type: ignore[misc]
            self.wallets[person] += more

    def _grant(self, tx: Tx, person: int, units: int, owed: int) -> None:
        town = self.shops.town
        wallet, debt, grants = (
            Side(account_id(tx, HERE, kind, CIVIC, owner, at=town.at), kind)
            for kind, owner in (
                (Account.WALLET, person),
                (Account.OWED, person),
                (Account.ISSUED_GRANT, 0),
            )
        )
        lines = [Line(grants, wallet, CIVIC, units + owed)]
        if owed:
            lines.append(Line(wallet, debt, CIVIC, owed))
        post(
            tx,
            Posting(
                community_id=HERE,
                kind=Kind.GRANT,
                request_id=new_request_id(town.at),
                occurred_at=town.at,
                at=town.at,
                business_date=town.day,
                lines=lines,
                wallet_owner_id=person,
            ),
        )
