"""The demonstration's tills: they sell, take back and hand out through the product, and keep daybooks of their own."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from typing import Any, Final, Literal

from kiosk.demo.found import Holder, Town
from kiosk.generator.shapes import (
    GoodsBack,
    Purchase,
    Replay,
    Shop,
    Visit,
    date_key,
    moment_us,
)
from kiosk.generator.trade import Rung, channel_name
from ledger.errors import Refusal
from ledger.ids import derived_request_id
from ledger.members.codes import issue_dynamic
from ledger.refs import make_reference
from pos.channel_refunds import refund_by_gateway
from pos.charging import check_out_by_gateway
from pos.checkout import check_out
from pos.decide import SaleRequest
from pos.desk import Desk
from pos.quotes import QuoteRequest, quote_for
from pos.redemption import Piece, RedemptionRequest, redeem
from pos.refunds import RefundRequest, refund

_UNITS_A_POINT: Final = 100
_STEP_UNITS: Final = 2_000
GATEWAY: Final = "gateway"


class Tills:
    """Every till of the town, playing the generator's purchases in the order of time.

    `rung` is what the tills wrote down since the last claims; `refused` counts refusals by code.
    """

    def __init__(self, town: Town, desk: Desk) -> None:
        """Start with all counters at nought."""
        self._town = town
        self._desk = desk
        self._shops: dict[str, Shop] = {
            shop.code: shop for shop in (*town.world.shops, town.world.market)
        }
        self._counters: dict[str, int] = defaultdict(int)
        self._sales: dict[int, Rung] = {}
        self._left: dict[int, int] = {}
        self._tries = 0
        self._kept = {replay.purchase for replay in town.world.rings.replays}
        self._codes: dict[int, str] = {}
        self._routes: dict[int, str] = {}
        self.rung: list[Rung] = []
        self.refused: Counter[str] = Counter()
        self.done: Counter[str] = Counter()

    def offset_fen(self) -> dict[int, int]:
        """By purchase: the yuan its points stood for."""
        return {number: line.offset_fen for number, line in self._sales.items()}

    def sell(self, bought: Purchase) -> None:
        """Ring up one purchase; where an offset is refused, without one."""
        at = moment_us(bought.day, bought.second)
        wish = self._affordable(bought, at) if bought.wish_points else 0
        try:
            self._sell(bought, wish, at)
        except Refusal as refusal:
            self.refused[refusal.code] += 1
            if wish:
                self._sell_anyway(bought, at)

    def _sell_anyway(self, bought: Purchase, at: int) -> None:
        try:
            # Half a minute later, or the same printed card would be taken for a double scan.
            self._sell(bought, 0, at + 31_000_000)
        except Refusal as refusal:
            self.refused[refusal.code] += 1

    def _affordable(self, bought: Purchase, at: int) -> int:
        """The resident's wish in units, as far as the till proposes it."""
        request = QuoteRequest(
            self._town.community_id,
            self._town.terminals[bought.till],
            self._code(bought.person, at),
            bought.typed_fen,
        )
        proposal = quote_for(self._desk, request, at=at).proposal.units
        units = min(bought.wish_points * _UNITS_A_POINT, proposal)
        return units - units % _STEP_UNITS

    def _sell(self, bought: Purchase, units: int, at: int) -> None:
        holder = self._town.holders[bought.person]
        counter, ref = self._next(bought.till, bought.day)
        gateway = self._shops[bought.shop].proof == GATEWAY and bought.keyed_channel != "cash"
        token = self._code(bought.person, at)
        if bought.number in self._kept:
            self._codes[bought.number] = token
        request = SaleRequest(
            community_id=self._town.community_id,
            terminal_id=self._town.terminals[bought.till],
            clerk_id=self._town.clerks[bought.shop],
            request_id=self._request_id("sale", ref),
            counter=counter,
            ref=ref,
            token=token,
            total_fen=bought.typed_fen,
            offset_units=units,
            channel=GATEWAY if gateway else channel_name(bought.keyed_channel),
            payment_ref=None,
            pin=holder.pin if units else None,
            occurred_at=at,
        )
        sell = check_out_by_gateway if gateway else check_out
        try:
            receipt = sell(self._desk, request, at=at)
        except Refusal:
            self._counters[bought.till] -= 1  # no receipt was printed: the number is free
            raise
        if bought.sends > 1:
            sell(self._desk, request, at=at + 1_000_000)
        self._routes[bought.number] = GATEWAY if gateway else "till"
        self._left[bought.number] = bought.typed_fen
        self._sales[bought.number] = self._note(bought, "sale", None, counter, receipt, at)
        self.done["sales"] += 1
        self.done["offsets"] += units > 0

    def take_back(self, back: GoodsBack, bought: Purchase) -> None:
        """Goods of an earlier purchase come back to the till that sold them."""
        sale = self._sales.get(bought.number)
        if sale is None:
            return
        at = moment_us(back.day, back.second)
        counter, ref = self._next(bought.till, back.day)
        request = RefundRequest(
            community_id=self._town.community_id,
            terminal_id=self._town.terminals[bought.till],
            clerk_id=self._town.clerks[bought.shop],
            request_id=self._request_id("refund", ref),
            counter=counter,
            ref=ref,
            original_ref=sale.ref,
            refund_fen=min(back.fen, self._left[bought.number]),
            occurred_at=at,
        )
        give_back = refund_by_gateway if self._routes[bought.number] == GATEWAY else refund
        try:
            answer = give_back(self._desk, request, at=at)
        except Refusal as refusal:
            self._counters[bought.till] -= 1
            self.refused[refusal.code] += 1
            return
        self._left[bought.number] -= request.refund_fen
        self._note(bought, "refund", sale.ref, counter, answer, at)
        self.done["refunds"] += 1

    def show_again(self, replay: Replay) -> None:
        """The picture of a code that a purchase was made with, at another shop's till: it is refused there."""
        town, at = self._town, moment_us(replay.day, replay.second)
        counter, ref = self._next(replay.till, replay.day)
        request = SaleRequest(
            community_id=town.community_id,
            terminal_id=town.terminals[replay.till],
            clerk_id=town.clerks[replay.till.split("T")[0]],
            request_id=self._request_id("shown", ref),
            counter=counter,
            ref=ref,
            token=self._codes[replay.purchase],
            total_fen=replay.fen,
            offset_units=0,
            channel="scan",
            payment_ref=None,
            pin=None,
            occurred_at=at,
        )
        self._counters[replay.till] -= 1  # nothing was sold: the number is free
        try:
            check_out(self._desk, request, at=at)
        except Refusal as refusal:
            self.refused[refusal.code] += 1

    def hand_out(self, visit: Visit) -> None:
        """The supermarket hands out a basket, or only its first thing where points do not suffice."""
        for lines in dict.fromkeys((visit.lines, visit.lines[:1])):
            at = moment_us(visit.day, visit.second) + (31_000_000 if lines != visit.lines else 0)
            counter, ref = self._next(self._town.world.market.tills[0], visit.day)
            request = RedemptionRequest(
                community_id=self._town.community_id,
                terminal_id=self._town.terminals[self._town.world.market.tills[0]],
                clerk_id=self._town.clerks[self._town.world.market.code],
                request_id=self._request_id("redeem", ref),
                counter=counter,
                ref=ref,
                token=self._code(visit.person, at),
                lines=tuple(Piece(self._town.goods[code], n) for code, n in lines),
                pin=self._town.holders[visit.person].pin,
                occurred_at=at,
            )
            try:
                redeem(self._desk, request, at=at)
            except Refusal as refusal:
                self._counters[self._town.world.market.tills[0]] -= 1
                self.refused[refusal.code] += 1
                if refusal.code != "insufficient_points":
                    return
            else:
                self.done["redemptions"] += 1
                return

    def _code(self, person: int, at: int) -> str:
        holder: Holder = self._town.holders[person]
        if holder.printed_code:
            return holder.printed_code
        town = self._town
        return town.db.write(
            lambda tx: issue_dynamic(tx, town.vault, town.community_id, holder.serial, at=at)
        )

    def _request_id(self, kind: str, ref: str) -> str:
        """A refused request's number is never used again, so each try gets its own."""
        self._tries += 1
        return derived_request_id("demo", kind, ref, self._tries)

    def _next(self, till: str, day: date) -> tuple[int, str]:
        self._counters[till] += 1
        counter = self._counters[till]
        return counter, make_reference(till, date_key(day), counter)

    def _note(
        self,
        bought: Purchase,
        kind: Literal["sale", "refund"],
        original_ref: str | None,
        counter: int,
        answer: dict[str, Any],
        at: int,
    ) -> Rung:
        """Write a line into the till's own daybook."""
        sale = kind == "sale"
        rung = Rung(
            merchant=bought.shop,
            terminal=bought.till,
            business_date=int(answer["business_date"]),
            counter=counter,
            ref=answer["ref"],
            kind=kind,
            original_ref=original_ref,
            total_fen=answer["total_fen" if sale else "refund_fen"],
            offset_units=answer["offset_units" if sale else "units_back"],
            offset_fen=answer["offset_fen" if sale else "offset_back_fen"],
            paid_fen=answer["paid_fen" if sale else "cash_back_fen"],
            earned_units=answer["earned_units" if sale else "earned_reversed_units"],
            occurred_at=at,
            purchase=bought.number,
        )
        self.rung.append(rung)
        return rung
