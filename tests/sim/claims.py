"""Shops file their days: honestly, or with a line left out, changed, doubled or made up; and their channel's bills."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ledger.refs import make_reference
from pos.desk import Desk, day_of
from pos.proof import BillLine, prove_by_bill
from settlement.claims import file_daybook
from settlement.daybook import Daybook, DaybookLine, totals_of
from tests.sim.machine import MINUTE, SECOND, Actor
from tests.sim.till import Street, Till
from tests.sim.witness import Ask
from tests.support.town import HERE


@dataclass
class Owner:
    """Who owns a shop: files what its tills wrote down, as they wrote it or not."""

    street: Street
    shop: int
    tills: list[Till]
    dishonest: int = 0
    """In thousandths of lines."""
    forgetful: int = 0
    """How often a day is not filed in the evening, and a payment stands in no bill; in thousandths."""
    silent: bool = False
    """Whether it stops filing: what it was promised stands on its statements, and silence must not lose it."""
    filed: set[str] = field(default_factory=set)
    batches: dict[str, list[Ask]] = field(default_factory=dict)
    in_bill: dict[str, BillLine | None] = field(default_factory=dict)

    # --- claims

    def file_all(self, *, tries: int, forget: bool, silent: bool = False) -> Actor:
        """Every till files, day by day, what it has printed and not filed yet; a silent one only ends what it began."""
        for till in self.tills:
            yield from self._flush(till, tries)
            for day, lines in sorted(() if silent else self._unfiled(till).items()):
                if forget and self.street.drawn(self.forgetful):
                    continue
                self._make_batch(till, day, lines)
                yield from self._flush(till, tries)

    def _unfiled(self, till: Till) -> dict[int, list[DaybookLine]]:
        days: dict[int, list[DaybookLine]] = {}
        for ask in self.street.network.witness.of("sale", "refund"):
            if (
                ask.told
                and ask.done
                and ask.facts["till"] == till.code
                and ask.facts["ref"] not in self.filed
            ):
                line = _line(ask)
                days.setdefault(ask.body["business_date"], []).append(line)
        return days

    def _make_batch(self, till: Till, day: int, lines: list[DaybookLine]) -> None:
        """Number a batch; one with wrong totals is followed by the right one, as the server demands."""
        self.filed |= {line.ref for line in lines}
        claimed = [changed for line in lines for changed in self._as_claimed(till, day, line)]
        if self.street.drawn(self.dishonest):
            # The first try went wrong on the tablet: its totals are not those of its lines.
            self._ask_batch(till, day, claimed, wrong=True)
        self._ask_batch(till, day, claimed, wrong=False)

    def _ask_batch(self, till: Till, day: int, lines: list[DaybookLine], *, wrong: bool) -> None:
        batches, now = self.batches.setdefault(till.code, []), self.street.machine.now
        totals = totals_of(lines)
        if wrong:
            totals = replace(totals, offset_fen_plus=totals.offset_fen_plus + 100)
        book = Daybook(
            business_date=day,
            batch_no=len(batches) + 1,
            opened_at=now - MINUTE,
            closed_at=now,
            lines=tuple(lines),
            totals=totals,
        )
        facts = {
            "shop": self.shop,
            "till": till.code,
            "day": day,
            "label": f"{till.code} {day}",
            "counts": not wrong,
            "claims": [
                (n, line.ref, line.sign * line.offset_units, line.sign * line.offset_fen)
                for n, line in enumerate(lines, 1)
                if line.offset_fen
            ],
        }
        ask = Ask(
            "daybook", f"{till.code}-{book.batch_no}", partial(_file, book, till.terminal_id), facts
        )
        batches.append(self.street.network.witness.note(ask))

    def _as_claimed(self, till: Till, day: int, line: DaybookLine) -> list[DaybookLine]:
        """What the owner makes of a line."""
        if not line.offset_fen or not self.street.drawn(self.dishonest):
            return [line]
        chance = self.street.machine.chance
        more = chance.randint(1, 300)
        over = replace(line, offset_fen=line.offset_fen + more)
        made_up = replace(line, counter=till.counter + 1, kind="sale", offset_fen=more)
        ways = {
            "left_out": [],
            "over": [over],
            "under": [replace(line, offset_fen=max(1, line.offset_fen - more))],
            "units": [replace(line, offset_units=line.offset_units + more)],
            "twice": [line, over],
            "made_up": [
                line,
                replace(made_up, ref=make_reference(till.code, day, made_up.counter)),
            ],
        }
        way = chance.choice(list(ways))
        # Those who cheat forget their refunds first.
        way = "left_out" if line.kind == "refund" and chance.randrange(2) else way
        till.counter += way == "made_up"
        return ways[way]

    def _flush(self, till: Till, tries: int) -> Actor:
        """Send what is not answered yet, in order: the server takes no number before the one before it."""
        for ask in self.batches.get(till.code, []):
            if not ask.told:
                yield from self.street.network.persist(till.code, ask, tries)
                if not ask.told:
                    return

    # --- bills

    def send_bill(self, *, tries: int) -> Actor:
        """The channel's bill comes in: every payment made on the shop's own device, but for some that it lacks."""
        lines = [
            self._bill_line(ask)
            for ask in self.street.network.witness.of("sale")
            if ask.told
            and ask.done
            and (ask.facts["shop"], ask.facts["channel"]) == (self.shop, "scan")
        ]
        bill = [line for line in lines if line is not None]
        facts = {"shop": self.shop, "lines": bill, "label": f"shop {self.shop}", "fresh": True}
        ask = Ask("bill", self.street.request_id(), partial(_prove, bill, self.shop), facts)
        self.street.network.witness.note(ask)
        yield from self.street.network.persist(f"office {self.shop}", ask, tries)

    def _bill_line(self, ask: Ask) -> BillLine | None:
        ref, chance = ask.facts["ref"], self.street.machine.chance
        if ref not in self.in_bill:
            named = ask.facts["payment_ref"]
            paid_at = ask.facts["occurred_at"] + chance.randint(0, 200) * SECOND
            line = BillLine(named or f"wx-{ref}", ask.body["paid_fen"], paid_at)
            self.in_bill[ref] = None if self.street.drawn(self.forgetful) else line
        return self.in_bill[ref]


def _line(ask: Ask) -> DaybookLine:
    """One line of the till's own book, as its receipt says it."""
    said: dict[str, Any] = ask.body
    sale = ask.kind == "sale"
    return DaybookLine(
        counter=ask.facts["counter"],
        ref=said["ref"],
        kind="sale" if sale else "refund",
        original_ref=None if sale else said["original_ref"],
        total_fen=said["total_fen" if sale else "refund_fen"],
        offset_units=said["offset_units" if sale else "units_back"],
        offset_fen=said["offset_fen" if sale else "offset_back_fen"],
        paid_fen=said["paid_fen" if sale else "cash_back_fen"],
        occurred_at=said["occurred_at"],
    )


def _file(book: Daybook, terminal_id: int, desk: Desk, at: int) -> dict[str, Any]:
    answer = file_daybook(desk.db, HERE, terminal_id, book, at=at)
    # A repeat is told that it is one; what matters is the same.
    return {
        **answer,
        "outcome": "ok" if answer["outcome"] in {"ok", "replayed"} else answer["outcome"],
    }


def _prove(bill: list[BillLine], shop: int, desk: Desk, at: int) -> dict[str, Any]:
    until = day_of(desk.terms_of(HERE), at)
    return prove_by_bill(desk, HERE, shop, bill, until=until, by="bill", at=at)._asdict()
