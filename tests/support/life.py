"""A resident's life at two shops, beside a model of it in plain sums."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ledger.book.balances import Wallet, account_sum, wallet_of
from ledger.clock import SECOND_US
from ledger.errors import Refusal
from ledger.units import CNY
from pos.channel_refunds import refund_by_gateway
from pos.charging import check_out_by_gateway
from pos.checkout import check_out
from pos.decide import SaleRequest
from pos.proof import BillLine, prove_by_bill
from pos.recovery import recover
from pos.refunds import refund
from settlement.claims import file_daybook
from settlement.daybook import Daybook, DaybookLine, totals_of
from settlement.night import run_night
from tests.support.fake_channel import FakeChannel
from tests.support.invariants import check_invariants
from tests.support.town import CIVIC, ZONE, Town


@dataclass
class Bought:
    """One sale as the customer remembers it."""

    receipt: dict[str, Any]
    shop: int
    by_gateway: bool
    backs: list[dict[str, Any]] = field(default_factory=list)
    is_proven: bool = False

    @property
    def left_fen(self) -> int:
        """Goods still with the customer."""
        return int(self.receipt["total_fen"]) - self.back("refund_fen")

    def back(self, name: str) -> int:
        """What came back so far, in one of the refund answers' amounts."""
        return sum(int(answer[name]) for answer in self.backs)

    @property
    def earned_left(self) -> int:
        """Points earned and not taken back."""
        return int(self.receipt["earned_units"]) - self.back("earned_reversed_units")


@dataclass
class Life:
    """Acts on the product and keeps the sums that must come out."""

    town: Town
    start_units: int
    person: int = 1
    bought: list[Bought] = field(default_factory=list)
    lost: list[tuple[int, SaleRequest]] = field(default_factory=list)
    lines: dict[tuple[int, int], list[DaybookLine]] = field(default_factory=dict)
    filed: dict[int, int] = field(default_factory=dict)
    nights: int = 0
    had_debt: bool = False
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Remember the first day that has no night yet."""
        self.open_day = self.town.day
        self.fund_fen = self._sum("fund", CNY)

    @property
    def channel(self) -> FakeChannel:
        """The channel behind the gateway."""
        channel = self.town.desk.channel
        assert isinstance(channel, FakeChannel)
        return channel

    # --- what can happen

    def buy(self, path: str, total_fen: int, wish: int, shop: int) -> None:
        """Buy for `total_fen` with up to `wish` times 20 points, as the bill and the wallet allow.

        `path` is till, named, gateway or lost.
        """
        units = min(wish, total_fen * 30 // 100 // 100, self._wallet().available // 2_000) * 2_000
        by_gateway = path in {"gateway", "lost"}
        request = self.town.sale(
            self.person,
            total_fen,
            units,
            till=shop,
            channel="gateway" if by_gateway else "scan",
            payment_ref=f"named-{len(self.said)}" if path == "named" else None,
        )
        self.channel.trouble = (lambda _: "lost_answer") if path == "lost" else (lambda _: "")
        try:
            receipt = self._sell(request)
        except Refusal as refusal:
            self.said.append(refusal.code)
            if refusal.code == "payment_unknown":
                self.lost.append((shop, request))
        else:
            self.said.append("bought")
            self._remember(receipt, shop, request)
        finally:
            self.channel.trouble = lambda _: ""

    def give_back(self, which: int, percent: int) -> None:
        """Bring a part of some sale's goods back."""
        with_goods = [sale for sale in self.bought if sale.left_fen]
        if not with_goods:
            return
        sale = with_goods[which % len(with_goods)]
        self.give_back_of(sale, max(1, sale.left_fen * percent // 100))

    def give_back_of(self, sale: Bought, fen: int) -> None:
        """Bring `fen` worth of goods back."""
        request = self.town.refund(sale.receipt["ref"], fen, till=sale.shop)
        back = refund_by_gateway if sale.by_gateway else refund
        answer = back(self.town.desk, request, at=self.town.at)
        assert back(self.town.desk, request, at=self.town.at) == answer
        sale.backs.append(answer)
        self._write(answer, sale.shop, request.counter, "refund")
        assert sale.left_fen == answer["left_fen"]

    def prove(self) -> None:
        """The shops' bills come in."""
        for shop in range(2):
            waiting = [
                sale
                for sale in self.bought
                if sale.shop == shop and not sale.by_gateway and not sale.is_proven
            ]
            bill = [
                BillLine(
                    sale.receipt.get("named") or f"bill-{sale.receipt['ref']}",
                    sale.receipt["paid_fen"],
                    sale.receipt["occurred_at"],
                )
                for sale in waiting
            ]
            merchant = self.town.tills[shop].merchant_id
            prove_by_bill(
                self.town.desk,
                self.town.here,
                merchant,
                bill,
                until=self.town.day,
                by="bill",
                at=self.town.at,
            )
            for sale in waiting:
                sale.is_proven = True

    def finish_lost(self) -> None:
        """`jifen recover`, and the tills ask for what they never heard."""
        recover(self.town.desk, self.town.here, at=self.town.at)
        for shop, request in self.lost:
            self._remember(self._sell(request), shop, request)
        self.lost = []

    def to_midnight(self) -> None:
        """One minute before midnight: the next act but one falls on another day."""
        local = datetime.fromtimestamp(self.town.at / SECOND_US, ZONE)
        last = local.replace(hour=23, minute=58, second=30)
        if local < last:
            self.town.at = int(last.timestamp()) * SECOND_US

    def night(self) -> None:
        """Tills file what they have; every ended day is settled at two in the morning."""
        if self.town.day == self.open_day:
            self._to_next_day()
        self._settle_ended_days()

    def _settle_ended_days(self) -> None:
        while self.open_day < self.town.day:
            for shop in range(2):
                self._file(shop, self.open_day)
            result = run_night(self.town.db, self.town.here, self.open_day, at=self.town.at)
            assert result.state == "locked"
            assert result.codes == ()
            self.open_day = _day_after(self.open_day)
            self.nights += 1

    # --- what must be true

    def check(self) -> None:
        """After every act: points in hand, pending and owed are exactly what the answers said."""
        check_invariants(self.town.db.engine)
        wallet = self._wallet()
        self.had_debt = self.had_debt or wallet.owed > 0
        spent = sum(
            int(sale.receipt["offset_units"]) - sale.back("units_back") for sale in self.bought
        )
        earned = sum(sale.earned_left for sale in self.bought)
        pending = sum(
            sale.earned_left for sale in self.bought if not sale.by_gateway and not sale.is_proven
        )
        assert wallet.pending == pending
        assert wallet.posted - wallet.owed + wallet.pending == self.start_units - spent + earned
        assert min(wallet.available, wallet.owed) == 0
        for sale in self.bought:
            if not sale.left_fen:
                self._check_undone(sale)

    @staticmethod
    def _check_undone(sale: Bought) -> None:
        receipt = sale.receipt
        assert sale.back("cash_back_fen") == receipt["paid_fen"]
        assert sale.back("offset_back_fen") == receipt["offset_fen"]
        assert sale.back("units_back") == receipt["offset_units"]
        assert sale.back("earned_reversed_units") == receipt["earned_units"]

    def undo_everything(self, order: list[int]) -> None:
        """Bring all goods back, one sale after the other in any order, and settle: as if nothing had been."""
        self.finish_lost()
        left = list(self.bought)
        for number in order:
            if left:
                sale = left.pop(number % len(left))
                if sale.left_fen:
                    self.give_back_of(sale, sale.left_fen)
        for sale in left:
            if sale.left_fen:
                self.give_back_of(sale, sale.left_fen)
        self.check()
        wallet = self._wallet()
        assert wallet == (self.start_units, 0, self.start_units, 0, 0)
        assert self.channel.given_back() == sum(self.channel.charged().values())
        self._to_next_day()
        self._settle_ended_days()
        for till in self.town.tills:
            for kind, commodity in (("offset", CIVIC), ("cover", CNY), ("payable", CNY)):
                assert self._sum(kind, commodity, till.merchant_id) == 0, kind
        assert self._sum("retired", CIVIC) == 0
        assert self._sum("issued_consumption", CIVIC) == 0
        assert self._sum("fund", CNY) == self.fund_fen
        check_invariants(self.town.db.engine)

    def _wallet(self) -> Wallet:
        with self.town.db.read() as tx:
            return wallet_of(tx, self.town.here, self.person, CIVIC)

    def _sum(self, kind: str, commodity: int, owner: int = 0) -> int:
        with self.town.db.read() as tx:
            return account_sum(tx, self.town.here, kind, commodity, owner)

    def _sell(self, request: SaleRequest) -> dict[str, Any]:
        sell = check_out_by_gateway if request.channel == "gateway" else check_out
        receipt = sell(self.town.desk, request, at=self.town.at)
        return {**receipt, "named": request.payment_ref}

    def _remember(self, receipt: dict[str, Any], shop: int, request: SaleRequest) -> None:
        self.bought.append(Bought(receipt, shop, request.channel == "gateway"))
        self._write(receipt, shop, request.counter, "sale")

    def _write(self, answer: dict[str, Any], shop: int, counter: int, kind: str) -> None:
        """One line of the till's own daybook."""
        is_sale = kind == "sale"
        line = DaybookLine(
            counter=counter,
            ref=answer["ref"],
            kind="sale" if is_sale else "refund",
            original_ref=None if is_sale else answer["original_ref"],
            total_fen=answer["total_fen" if is_sale else "refund_fen"],
            offset_units=answer["offset_units" if is_sale else "units_back"],
            offset_fen=answer["offset_fen" if is_sale else "offset_back_fen"],
            paid_fen=answer["paid_fen" if is_sale else "cash_back_fen"],
            occurred_at=answer["occurred_at"],
        )
        self.lines.setdefault((shop, answer["business_date"]), []).append(line)

    def _file(self, shop: int, day: int) -> None:
        lines = sorted(self.lines.pop((shop, day), []), key=lambda line: line.counter)
        number = self.filed[shop] = self.filed.get(shop, 0) + 1
        book = Daybook(
            business_date=day,
            batch_no=number,
            opened_at=self.town.at,
            closed_at=self.town.at,
            lines=tuple(lines),
            totals=totals_of(lines),
        )
        file_daybook(
            self.town.db, self.town.here, self.town.tills[shop].terminal_id, book, at=self.town.at
        )

    def _to_next_day(self) -> None:
        local = datetime.fromtimestamp(self.town.at / SECOND_US, ZONE) + timedelta(days=1)
        morning = local.replace(hour=2, minute=0, second=0, microsecond=0)
        self.town.at = int(morning.timestamp()) * SECOND_US


def _day_after(day: int) -> int:
    known = datetime.strptime(str(day), "%Y%m%d").replace(tzinfo=ZONE) + timedelta(days=1)
    return int(known.strftime("%Y%m%d"))
