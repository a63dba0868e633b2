"""Days of sales with planted faults, and the truth about them; knows nothing of how nights judge."""

from __future__ import annotations

import csv
import io
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.cover import authorise_step, reserve
from ledger.book.facts import offset_step
from ledger.book.posting import Line, Posting, Side
from ledger.book.posting import steps as posting_steps
from ledger.book.steps import apply
from ledger.database import Database
from ledger.ids import new_id, new_request_id
from ledger.refs import make_reference
from ledger.sql import Tx
from ledger.units import CNY
from tests.support.tampering import as_insider
from tests.support.town import CIVIC, HERE, ZONE, Till, Town

UNITS_PER_FEN = 20
HOUR = 3_600_000_000


@dataclass(frozen=True)
class Entry:
    """One sale or refund with points at a till; a refund's fen is negative."""

    till: Till
    ref: str
    counter: int
    fen: int
    day: int
    at: int
    original: str | None = None
    rate: int = UNITS_PER_FEN

    @property
    def units(self) -> int:
        """Points in hundredths."""
        return self.fen * self.rate

    @property
    def kind(self) -> str:
        """A refund names the sale it takes back."""
        return "sale" if self.original is None else "refund"


@dataclass(frozen=True)
class Planted:
    """A fault put in on purpose: what a good night must call it, and whose money it is."""

    code: str
    shop: int
    ref: str
    plus_fen: int = 0
    minus_fen: int = 0


@dataclass
class Day:
    """What is booked, what each till files, and the truth."""

    day: int
    at: int
    booked: list[Entry] = field(default_factory=list)
    filed: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    truth: list[Planted] = field(default_factory=list)
    explained: list[tuple[str, str]] = field(default_factory=list)

    def add(self, entry: Entry, *, claimed: Entry | None = None) -> None:
        """Book an entry and file it, as it is or as `claimed`."""
        self.booked.append(entry)
        self.file(claimed or entry)

    def file(self, entry: Entry) -> None:
        """File a line without booking it."""
        self.filed[entry.till.code].append(entry)

    def filed_all(self) -> list[Entry]:
        """Every line of every till."""
        return [entry for lines in self.filed.values() for entry in lines]


def midnight(day: int) -> int:
    """The first moment of a day (yyyymmdd) in Shanghai, in microseconds."""
    start = datetime(day // 10_000, day // 100 % 100, day % 100, tzinfo=ZONE)
    return int(start.timestamp()) * 1_000_000


def next_day(day: int) -> int:
    """The day after."""
    date = datetime(day // 10_000, day // 100 % 100, day % 100, tzinfo=ZONE) + timedelta(days=1)
    return date.year * 10_000 + date.month * 100 + date.day


class Planter:
    """Makes days of sales for a town's tills from a seed."""

    def __init__(self, tills: Sequence[Till], seed: int) -> None:
        """Draw from `seed`."""
        self.tills = list(tills)
        self.random = random.Random(seed)

    def entry(self, day: int, till: Till | None = None, *, fen: int = 0, hour: int = 0) -> Entry:
        """A sale with points of 1.00 to 20.00 yuan, some time of the day."""
        till = till or self.random.choice(self.tills)
        till.counter += 1
        at = midnight(day) + (hour or self.random.randint(7, 21)) * HOUR
        return Entry(
            till=till,
            ref=make_reference(till.code, day, till.counter),
            counter=till.counter,
            fen=fen or self.random.randint(1, 20) * 100,
            day=day,
            at=at + self.random.randrange(3600) * 1_000_000,
        )

    def refund(self, sale: Entry, day: int, fen: int | None = None) -> Entry:
        """A refund of a sale, whole or `fen` of it."""
        given = self.entry(day, sale.till, fen=1)
        return replace(given, fen=-(fen or sale.fen), original=sale.ref)

    def plain(self, day: int, count: int) -> Day:
        """A day without a fault; one in twenty sales comes back whole or in part."""
        made = Day(day, midnight(day))
        for n in range(count):
            sale = self.entry(day)
            made.add(sale)
            if n % 20 == 0:
                made.add(self.refund(sale, day, None if n % 40 else max(sale.fen // 2, 1)))
        return made

    def plant(self, made: Day, each: int, earlier: Sequence[Day] = ()) -> Day:
        """Put `each` faults of every kind into a day."""
        kinds: dict[str, Callable[[Day], Planted]] = {
            "X1": self._x1,
            "X2": self._x2,
            "X3": self._x3,
            "V1": self._v1,
            "V2": self._v2,
            "S1": self._s1,
        }
        for plant in kinds.values():
            made.truth += [plant(made) for _ in range(each)]
        for old in earlier:
            again = self.random.choice([e for e in old.booked if e.fen > 0])
            claimed = [e for e in old.filed[again.till.code] if e.ref == again.ref]
            if claimed:
                made.file(replace(claimed[0], at=made.at + 9 * HOUR))
                made.truth.append(
                    Planted("X3", again.till.merchant_id, again.ref, minus_fen=claimed[0].fen)
                )
        return made

    def _x1(self, made: Day) -> Planted:
        sale = self.entry(made.day)
        made.file(sale)
        return Planted("X1", sale.till.merchant_id, sale.ref, minus_fen=sale.fen)

    def _x2(self, made: Day) -> Planted:
        sale = self.entry(made.day)
        made.booked.append(sale)
        return Planted("X2", sale.till.merchant_id, sale.ref, plus_fen=sale.fen)

    def _x3(self, made: Day) -> Planted:
        sale = self.entry(made.day)
        made.add(sale)
        made.file(sale)
        return Planted("X3", sale.till.merchant_id, sale.ref, minus_fen=sale.fen)

    def _v1(self, made: Day) -> Planted:
        sale = self.entry(made.day)
        too_much = self.random.choice([sale.fen * 100, sale.fen + 1, sale.fen + 900])
        made.add(sale, claimed=replace(sale, fen=too_much))
        return Planted("V1", sale.till.merchant_id, sale.ref, minus_fen=too_much - sale.fen)

    def _v2(self, made: Day) -> Planted:
        sale = self.entry(made.day)
        too_little = self.random.choice([sale.fen - 1, sale.fen // 2])
        made.add(sale, claimed=replace(sale, fen=too_little))
        return Planted("V2", sale.till.merchant_id, sale.ref, plus_fen=sale.fen - too_little)

    def _s1(self, made: Day) -> Planted:
        sale = self.entry(made.day)
        made.add(sale)
        refund = self.refund(sale, made.day)
        made.booked.append(refund)
        return Planted("S1", refund.till.merchant_id, refund.ref, minus_fen=-refund.fen)


# --- into the book


def book(town: Town, entries: Iterable[Entry], *, person: int = 1) -> None:
    """Write entries into the book the way a checkout does: transfers, the offset, the bound cover."""
    entries = list(entries)
    for start in range(0, len(entries), 200):
        some = entries[start : start + 200]
        town.db.write(partial(_book, entries=some, person=person))


def _book(tx: Tx, entries: Sequence[Entry], person: int) -> None:
    for entry in entries:
        shop, at = entry.till.merchant_id, entry.at
        wallet = Side(account_id(tx, HERE, Account.WALLET, CIVIC, person, at=at), Account.WALLET)
        offset = Side(account_id(tx, HERE, Account.OFFSET, CIVIC, shop, at=at), Account.OFFSET)
        sale = entry.fen > 0
        posting = Posting(
            community_id=HERE,
            kind=Kind.SALE if sale else Kind.REFUND,
            request_id=new_request_id(at),
            txn_id=new_id(at),
            occurred_at=at,
            at=at,
            business_date=entry.day,
            lines=[
                Line(wallet, offset, CIVIC, entry.units)
                if sale
                else Line(offset, wallet, CIVIC, -entry.units)
            ],
            ref=entry.ref,
            merchant_id=shop,
            terminal_id=entry.till.terminal_id,
            person_id=person,
            wallet_owner_id=person,
        )
        steps = posting_steps(posting)
        steps.append(
            offset_step(
                HERE,
                posting.txn_id,
                claimant_id=shop,
                terminal_id=entry.till.terminal_id,
                ref=entry.ref,
                kind=entry.kind,
                original_ref=entry.original,
                units=entry.units,
                fen=entry.fen,
                units_per_fen=entry.rate,
                business_date=entry.day,
                occurred_at=at,
            )
        )
        if sale:
            cover = account_id(tx, HERE, Account.COVER, CNY, shop, at=at)
            steps.append(authorise_step(HERE, cover, entry.fen))
        apply(tx, steps)


def reserve_cover(town: Town, fen: int) -> None:
    """Give every shop that much cover out of the fund."""
    for shop in sorted({till.merchant_id for till in town.tills}):
        town.db.write(partial(_reserve, town=town, shop=shop, fen=fen))


def _reserve(tx: Tx, town: Town, shop: int, fen: int) -> None:
    reserve(
        tx,
        HERE,
        shop,
        fen,
        request_id=new_request_id(town.at),
        at=town.at,
        business_date=town.day,
    )


# --- what tills and shops file


def daybook(day: int, batch_no: int, entries: Sequence[Entry], **changes: Any) -> dict[str, Any]:
    """A till's upload with its own control totals; `changes` falsify some of them."""
    lines = [
        {
            "counter": e.counter,
            "ref": e.ref,
            "kind": e.kind,
            "original_ref": e.original,
            "total_fen": abs(e.fen) * 5,
            "offset_units": abs(e.units),
            "offset_fen": abs(e.fen),
            "paid_fen": abs(e.fen) * 4,
            "occurred_at": e.at,
        }
        for e in entries
    ]
    plus = [e for e in entries if e.fen > 0]
    minus = [e for e in entries if e.fen < 0]
    counters = [e.counter for e in entries]
    totals = {
        "sales": len(plus),
        "refunds": len(minus),
        "offset_units_plus": sum(e.units for e in plus),
        "offset_units_minus": -sum(e.units for e in minus),
        "offset_fen_plus": sum(e.fen for e in plus),
        "offset_fen_minus": -sum(e.fen for e in minus),
        "first_counter": min(counters, default=0),
        "last_counter": max(counters, default=0),
        "hash_total": sum(counters) % 10_000_000_000,
    }
    start = midnight(day)
    return {
        "business_date": day,
        "batch_no": batch_no,
        "opened_at": start + 7 * HOUR,
        "closed_at": start + 22 * HOUR,
        "lines": lines,
        "totals": {**totals, **changes},
    }


def claim_csv(
    shop_code: str, entries: Sequence[Entry], *, total: bool = True, backquote: bool = False
) -> str:
    """A shop's own file in the form of 商户抵扣申报单."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        ["申报月份", "商户号", "抵扣凭证号", "抵扣时间", "抵扣积分", "抵扣金额", "小票号", "备注"]
    )
    tick = "`" if backquote else ""
    for e in entries:
        when = datetime.fromtimestamp(e.at / 1_000_000, ZONE)
        writer.writerow(
            [
                e.day // 100,
                shop_code,
                tick + e.ref,
                tick + when.strftime("%Y-%m-%d %H:%M:%S"),
                f"{tick}{e.units / 100:.2f}",
                f"{tick}{e.fen / 100:,.2f}",
                e.counter,
                "",
            ]
        )
    if total:
        units, fen = sum(e.units for e in entries), sum(e.fen for e in entries)
        writer.writerow(["合计", "", "", "", f"{units / 100:.2f}", f"{fen / 100:.2f}", "", ""])
    return out.getvalue()


def into(db: Database, statement: str, *values: Any) -> None:
    """Run one statement behind the program's back, as somebody with the database open could."""
    with as_insider(db) as connection:
        connection.exec_driver_sql(statement, values)
