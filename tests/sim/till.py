"""Tills and the shops behind them: they sell, take back, hand out, keep an outbox, and file their day."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

from ledger.refs import make_reference
from pos.channel_refunds import refund_by_gateway
from pos.charging import check_out_by_gateway
from pos.checkout import check_out
from pos.decide import SaleRequest
from pos.desk import Desk
from pos.redemption import Piece, RedemptionRequest, redeem
from pos.refunds import RefundRequest, refund
from tests.sim.machine import SECOND, Actor, Machine
from tests.sim.network import Network
from tests.sim.town import HOUSEHOLD, SimTown, day_at
from tests.sim.witness import Ask
from tests.support.town import HERE

STEP = 2_000
"""Units of 20 points, which take 1.00 yuan off a bill."""


class Habits(NamedTuple):
    """What tills do: weights of acts, and thousandths of the rest."""

    sell: int = 10
    give_back: int = 4
    hand_out: int = 1
    again: int = 1
    by_gateway: int = 400
    named: int = 100
    same_code: int = 60
    card: int = 80
    wish: int = 800
    large: int = 150
    greedy: int = 30
    other_shop: int = 40
    other_content: int = 60
    together: int = 150


@dataclass
class Street:
    """What everybody in the street shares: the way to the servers, the community, the latest code of each person."""

    machine: Machine
    network: Network
    town: SimTown
    habits: Habits
    made: int = 0
    codes: dict[int, tuple[str, int]] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)

    def request_id(self) -> str:
        """A name no other request has."""
        self.made += 1
        return f"sim-{self.made}"

    def show_code(self, person: int, *, fresh: bool = False) -> str:
        """The person's phone shows a code; now and then the one it showed a moment ago (a picture of it)."""
        chance, now = self.machine.chance, self.machine.now
        code, until = self.codes.get(person, ("", 0))
        if code and not fresh and now < until and chance.randrange(1000) < self.habits.same_code:
            return code
        self.numbers[person] = self.numbers.get(person, 0) + 1
        code = self.town.code(person, now, self.numbers[person])
        self.codes[person] = code, now + 50 * SECOND
        return code

    def drawn(self, thousandths: int) -> bool:
        """Whether something that happens so often happens now."""
        return self.machine.chance.randrange(1000) < thousandths


@dataclass
class Till:
    """One tablet in a shop."""

    street: Street
    terminal_id: int
    code: str
    shop: int
    counter: int = 0
    outbox: list[Ask] = field(default_factory=list)

    def work(self, acts: int, gap: tuple[int, int]) -> Actor:
        """A shift: so many acts, with pauses of `gap` seconds between."""
        chance, habits = self.street.machine.chance, self.street.habits
        for _ in range(acts):
            yield chance.randint(*gap) * SECOND
            [act] = chance.choices(
                (self.sell, self.give_back, self.hand_out, self.ask_again),
                (habits.sell, habits.give_back, habits.hand_out, habits.again),
            )
            yield from act()

    def clear_outbox(self, tries: int) -> Actor:
        """Send what has no answer yet, oldest first."""
        for ask in list(self.outbox):
            yield from self._send(ask, tries)

    # --- acts

    def sell(self, **wished: Any) -> Actor:
        """A customer buys; some of the bill may be paid in points."""
        street, chance = self.street, self.street.machine.chance
        person = wished.get("person") or chance.randint(1, len(HOUSEHOLD))
        total = (
            chance.randint(20_000, 60_000)
            if street.drawn(street.habits.large)
            else chance.randint(150, 9_000)
        )
        most = min(total * 30 // 100 // 100, 20)
        units = chance.randint(0, most) * STEP if street.drawn(street.habits.wish) else 0
        if street.drawn(street.habits.greedy):
            units += chance.choice((STEP // 2, STEP, 40 * STEP))
        by_gateway = wished.get("by_gateway", street.drawn(street.habits.by_gateway))
        named = not by_gateway and street.drawn(street.habits.named)
        token = (
            street.town.card(person)
            if not wished.get("fresh") and street.drawn(street.habits.card)
            else street.show_code(person, fresh=bool(wished.get("fresh")))
        )
        now = street.machine.now
        self.counter += 1
        request = SaleRequest(
            community_id=HERE,
            terminal_id=self.terminal_id,
            clerk_id=None,
            request_id=street.request_id(),
            counter=self.counter,
            ref=make_reference(self.code, day_at(now), self.counter),
            token=token,
            total_fen=wished.get("total_fen") or total,
            offset_units=wished.get("offset_units", units),
            channel="gateway" if by_gateway else chance.choice(("scan", "scan", "scan", "cash")),
            payment_ref=f"named-{chance.randint(1, 6)}" if named else None,
            pin=None,
            occurred_at=now,
        )
        ask = self._asked("sale", request, partial(_sell, request))
        self.outbox.append(ask)
        yield from self._send(ask, wished.get("tries") or chance.randint(1, 3))

    def give_back(self) -> Actor:
        """Goods of some sale of the shop come back, a part or all; now and then of another shop's sale."""
        street, chance = self.street, self.street.machine.chance
        wanted = (
            (lambda shop: shop != self.shop)
            if street.drawn(street.habits.other_shop)
            else self.shop.__eq__
        )
        sold = [ask for ask in street.network.witness.of("sale") if ask.told and ask.done]
        sold = [ask for ask in sold if wanted(ask.facts["shop"])]
        if not sold:
            return
        sale = chance.choice(sold[-6:])
        if street.drawn(street.habits.together):
            # Two clerks take the same goods back at one moment.
            street.machine.follow(self.take_back(sale, self._part(sale)))
        yield from self.take_back(sale, self._part(sale))

    def _part(self, sale: Ask) -> int:
        chance, total = self.street.machine.chance, sale.facts["total_fen"]
        return int(chance.choice((total, chance.randint(1, total), max(1, total // 3))))

    def take_back(self, sale: Ask, fen: int) -> Actor:
        """So much of a sale's goods come back."""
        street, chance = self.street, self.street.machine.chance
        receipt, now = sale.body, street.machine.now
        self.counter += 1
        request = RefundRequest(
            community_id=HERE,
            terminal_id=self.terminal_id,
            clerk_id=None,
            request_id=street.request_id(),
            counter=self.counter,
            ref=make_reference(self.code, day_at(now), self.counter),
            original_ref=receipt["ref"],
            refund_fen=fen,
            occurred_at=now,
        )
        by_gateway = receipt["channel"] == "gateway"
        ask = self._asked("refund", request, partial(_refund, request, by_gateway))
        ask.facts |= {"channel_refund": by_gateway, "sale": sale}
        self.outbox.append(ask)
        yield from self._send(ask, chance.randint(1, 3))

    def hand_out(self) -> Actor:
        """Goods of the points supermarket for points."""
        street, chance = self.street, self.street.machine.chance
        if self.shop != 1:
            return
        person, now = chance.randint(1, len(HOUSEHOLD)), street.machine.now
        good_id, price, _ = chance.choice(street.town.goods)
        self.counter += 1
        request = RedemptionRequest(
            community_id=HERE,
            terminal_id=self.terminal_id,
            clerk_id=None,
            request_id=street.request_id(),
            counter=self.counter,
            ref=make_reference(self.code, day_at(now), self.counter),
            token=street.show_code(person),
            lines=(Piece(good_id, chance.randint(1, 2)),),
            pin=None,
            occurred_at=now,
        )
        ask = self._asked("redeem", request, partial(_redeem, request))
        ask.facts["price"] = price
        self.outbox.append(ask)
        yield from self._send(ask, 2)

    def ask_again(self) -> Actor:
        """An old request is sent once more, as it was, or (a broken program) under its id with other content."""
        street, chance = self.street, self.street.machine.chance
        old = [
            ask
            for ask in street.network.witness.of("sale")
            if ask.told and ask.facts["till"] == self.code
        ]
        if not old:
            return
        ask = chance.choice(old)
        if street.drawn(street.habits.other_content):
            changed = replace(ask.facts["request"], total_fen=ask.facts["total_fen"] + 100)
            ask = self._asked("reuse", changed, partial(_sell, changed))
        yield street.network.ask(self.code, ask)

    # --- sending

    def _asked(self, kind: str, request: Any, job: Any) -> Ask:
        facts = {name: getattr(request, name) for name in request.__slots__}
        facts |= {"shop": self.shop, "till": self.code, "request": request, "label": request.ref}
        token = facts.get("token")
        if token is not None:
            facts["person"] = self.street.town.holder(token)
            facts["owner"] = HOUSEHOLD[facts["person"]]
        return self.street.network.witness.note(Ask(kind, request.request_id, job, facts))

    def _send(self, ask: Ask, tries: int) -> Actor:
        for number in range(tries):
            tried, ask = ask, self.again(ask)
            self.outbox = [ask if waiting is tried else waiting for waiting in self.outbox]
            said = yield self.street.network.ask(self.code, ask)
            if said is not None and ask.is_final(said):
                ask.told = True
                self.outbox = [waiting for waiting in self.outbox if waiting is not ask]
                return
            yield self.street.machine.chance.randint(1, 5 + 10 * number) * SECOND

    def again(self, ask: Ask) -> Ask:
        """What is sent, perhaps not for the first time: the same request under the same id."""
        return ask


def _sell(request: SaleRequest, desk: Desk, at: int) -> dict[str, Any]:
    way = check_out_by_gateway if request.channel == "gateway" else check_out
    return way(desk, request, at=at)


def _refund(request: RefundRequest, by_gateway: bool, desk: Desk, at: int) -> dict[str, Any]:  # noqa: FBT001
    way = refund_by_gateway if by_gateway else refund
    return way(desk, request, at=at)


def _redeem(request: RedemptionRequest, desk: Desk, at: int) -> dict[str, Any]:
    return redeem(desk, request, at=at)
