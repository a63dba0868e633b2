"""Payouts through a channel that loses, delays, repeats and contradicts its answers: each shop is paid once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import requests

from kiosk.fakepay import money
from kiosk.fakepay.app import FakePay
from ledger.audit import By
from ledger.book.accounts import account_id
from ledger.book.balances import account_sum
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.ids import new_id, new_request_id
from ledger.sql import Tx
from ledger.units import CNY
from pos.channel import FoundPayout, PayoutOutcome, PayoutRequest, Window
from pos.gateway import Gateway
from settlement.payout_store import KEEP, Payout, get_payout, note_step
from settlement.payout_watch import resolve_unended
from settlement.payouts import approve_payout, propose_again, resolve_payout, send_payout
from tests.support.channel import SECRET_KEY, Channel, serve_channel
from tests.support.town import HERE, Town, build_town, moment

SEED = 20260328
A_RUN = 250
"""Payouts of one fake: it looks through all it has at every request."""

ZHOU, CHIEF, JOB = By("staff", 11), By("staff", 12), By("job", 0)
HOUR = 3_600 * SECOND_US
ROUNDS = 12
TROUBLES = (
    "lost_before", "lost_after", "error_before", "error_after", "error_saved", "busy", "too_many",
    "contradict", "garbled", "late",
)  # fmt: skip


class NewKeyEachTry(Gateway):
    """The guard off: every try of one payout goes under a key of its own."""

    def _headers(self, key: str | None) -> dict[str, str]:
        return super()._headers(None if key is None else f"{key}:{uuid4()}")


@dataclass
class EarlyNotice:
    """A channel whose notice is acted on before its own answer is read: what a webhook does that comes first."""

    gateway: Gateway
    db: Database
    dice: random.Random
    at: int = 0

    def payout(self, request: PayoutRequest) -> PayoutOutcome:
        """Send; in every third case the notice is there first."""
        answer = self.gateway.payout(request)
        if self.dice.random() < 0.34:
            payout_id = int(request.payout_id)
            resolve_payout(self.db, self.gateway, HERE, payout_id, by=JOB, at=self.at)
        return answer

    def retrieve_payout(self, payout_id: str) -> FoundPayout:
        """Ask by the channel's id."""
        return self.gateway.retrieve_payout(payout_id)

    def find_payout(self, request: PayoutRequest, window: Window | None = None) -> FoundPayout:
        """Ask by ours."""
        return self.gateway.find_payout(request, window)


@dataclass
class Storm:
    """A town whose shops are owed money, a fake channel, and dice for what goes wrong."""

    town: Town
    channel: Channel
    gateway: Gateway
    dice: random.Random
    at: int = moment("2026-03-28 09:00")
    ordered: Counter[str] = field(default_factory=Counter)

    def run(self, count: int) -> list[Payout]:
        """Make payouts, send them through the trouble, and ask about them until each is over."""
        notice = EarlyNotice(self.gateway, self.town.db, self.dice, self.at)
        made = [
            self._approved(fen) for fen in (100 + self.dice.randrange(9_000) for _ in range(count))
        ]
        left = [one.payout_id for one in made]
        self._set_clock()
        for payout_id in left:
            self._send(notice, payout_id)
        for _round in range(ROUNDS):
            self._bank_works()
            self.at = notice.at = self.at + 26 * HOUR
            self._set_clock()
            self._ask(notice)
            left = [one for one in left if not self._is_over(notice, one)]
            if not left:
                break
        return [self._now(one.payout_id) for one in made]

    def paid_by_id(self) -> dict[str, list[int]]:
        """What the channel paid, by our payout id: the channel's own store, nobody's answers."""
        paid: dict[str, list[int]] = {}
        for thing in self.channel.made("payout"):
            if thing["status"] == "paid":
                paid.setdefault(thing["metadata"]["payout_id"], []).append(thing["amount"])
        return paid

    def _approved(self, fen: int) -> Payout:
        shop, payout_id = 1 + self.dice.randrange(3), new_id(self.at)
        made = Payout(
            payout_id, shop, payout_id, fen, "proposed", 0, "", "0001",
            ZHOU.id, self.at, None, None, None, self.at, "",
        )  # fmt: skip

        def work(tx: Tx) -> None:
            tx.run(
                KEEP,
                community_id=HERE,
                by_id=ZHOU.id,
                at=self.at,
                **{name: getattr(made, name) for name in (
                    "payout_id", "claimant_id", "statement_id", "amount_fen", "account_tail")},
            )  # fmt: skip
            note_step(tx, HERE, made, by=ZHOU, at=self.at)

        self.town.db.write(work)
        return approve_payout(self.town.db, HERE, payout_id, by=CHIEF, at=self.at)

    def _send(self, notice: EarlyNotice, payout_id: int) -> None:
        if self.dice.random() < 0.6:
            kind = self.dice.choice(TROUBLES)
            self.ordered[kind] += 1
            times = self.dice.choice((1, 1, 2, 4))
            self.channel.trouble(kind, path="/v1/payouts", times=times, delay_ms=5)
        send_payout(self.town.db, notice, HERE, payout_id, by=ZHOU, at=self.at)

    def _ask(self, notice: EarlyNotice) -> None:
        if self.dice.random() < 0.5:
            self.channel.trouble("garbled", method="GET", path="/v1/payouts", times=2)
        resolve_unended(self.town.db, notice, HERE, by=JOB, at=self.at)

    def _set_clock(self) -> None:
        """The channel's clock goes with ours, and in every run some days before or after it."""
        off = self.dice.choice((0, 0, -3, 9)) * 24 * HOUR
        self.channel.control("/clock", {"now": (self.at + off) // SECOND_US})

    def _bank_works(self) -> None:
        """The bank ends what it has: pays most, sends some back, leaves some for tomorrow."""
        for thing in self.channel.made("payout"):
            if thing["status"] == "pending" and self.dice.random() < 0.8:
                code = "account_closed" if self.dice.random() < 0.2 else None
                fake = self.channel.served.fake
                fake.change(partial(money.end_payout, fake.bank, thing["id"], failure_code=code))

    def _is_over(self, notice: EarlyNotice, payout_id: int) -> bool:
        payout = self._now(payout_id)
        if payout.state in {"failed", "returned"}:
            propose_again(self.town.db, HERE, payout_id, by=ZHOU, at=self.at)
            approve_payout(self.town.db, HERE, payout_id, by=CHIEF, at=self.at)
            self._send(notice, payout_id)
            return False
        return payout.state == "confirmed"

    def _now(self, payout_id: int) -> Payout:
        with self.town.db.read() as tx:
            return get_payout(tx, HERE, payout_id)


@contextmanager
def storm(db: Database, seed: int, kind: type[Gateway] = Gateway) -> Iterator[Storm]:
    """A town of three shops that are owed much, and a channel with much in it."""
    town = build_town(db, people=1, shops=3, fund_fen=2_000_000_000)
    owe(town)
    with serve_channel(FakePay(payout_delay_s=None)) as channel:
        channel.control("/balance", {"amount_fen": 10**9})
        session = requests.Session()
        channel.sessions.append(session)
        gateway = kind(
            base_url=channel.url,
            secret_key=SECRET_KEY,
            timeout_s=2.0,
            retries=2,
            pause=lambda _seconds: None,
            session=session,
        )
        yield Storm(town, channel, gateway, random.Random(seed))


def owe(town: Town) -> None:
    def work(tx: Tx) -> None:
        at = town.at
        fund = Side(account_id(tx, HERE, Account.FUND, CNY, 0, at=at), Account.FUND)
        for shop in (1, 2, 3):
            payable = account_id(tx, HERE, Account.PAYABLE, CNY, shop, at=at)
            post(
                tx,
                Posting(
                    community_id=HERE,
                    kind=Kind.ADJUST,
                    request_id=new_request_id(at),
                    occurred_at=at,
                    at=at,
                    business_date=20260302,
                    lines=[Line(fund, Side(payable, Account.PAYABLE), CNY, 500_000_000)],
                    merchant_id=shop,
                    reason_key="test",
                    source="office",
                ),
            )

    town.db.write(work)


def check(stormy: Storm, payouts: list[Payout]) -> None:
    """Nobody is paid twice, nobody in doubt is called paid, and the book has what left the channel."""
    paid = stormy.paid_by_id()
    confirmed = {
        str(one.payout_id): [one.amount_fen] for one in payouts if one.state == "confirmed"
    }
    with stormy.town.db.read() as tx:
        gone = 2_000_000_000 - account_sum(tx, HERE, Account.BANK, CNY)

    assert {who: sums for who, sums in paid.items() if len(sums) > 1} == {}, f"seed {SEED}"
    assert {one.state for one in payouts} == {"confirmed"}
    assert confirmed == paid
    assert gone == sum(one.amount_fen for one in payouts)


def run_storms(url_of: Any, count: int) -> Counter[str]:
    """Runs of A_RUN payouts each, on a database and a channel of their own."""
    ordered: Counter[str] = Counter()
    for number in range(-(-count // A_RUN)):
        db = Database(url_of(number))
        with storm(db, SEED + number) as stormy:
            check(stormy, stormy.run(min(A_RUN, count - number * A_RUN)))
            ordered += stormy.ordered
        db.close()
    return ordered


def test_no_payout_goes_out_twice_whatever_the_channel_does(
    sqlite_files: Any, tmp_path: Any
) -> None:
    ordered = run_storms(lambda n: sqlite_files.copy_to(tmp_path / f"{n}.db"), 30)

    assert len(ordered) >= 8


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_ten_thousand_payouts_and_none_goes_out_twice(sqlite_files: Any, tmp_path: Any) -> None:
    ordered = run_storms(lambda n: sqlite_files.copy_to(tmp_path / f"{n}.db"), 10_000)

    assert set(ordered) == set(TROUBLES)


def test_with_a_new_key_each_try_the_same_trouble_pays_twice(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    with storm(db, SEED, NewKeyEachTry) as stormy:
        stormy.run(20)

        assert any(len(sums) > 1 for sums in stormy.paid_by_id().values())
    db.close()
