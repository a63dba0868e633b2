"""One fault of each kind in an honest day, and what a good night must call it; knows nothing of how nights judge.

Every fault is planted at a shop that files CSV (even numbers) or by its till (odd numbers), as the fault needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from ledger.refs import make_reference
from settlement.claims import file_daybook
from settlement.intake import Upload, take_claim_file
from tests.support.night_plant import (
    HOUR,
    Day,
    Entry,
    Planted,
    Planter,
    book,
    claim_csv,
    daybook,
    midnight,
    next_day,
    reserve_cover,
)
from tests.support.town import HERE, Town

MINUTE: Final = 60_000_000
FIRST_DAY: Final = 20260302
PER_DAY: Final = 30


@dataclass(frozen=True)
class Odd(Entry):
    """A line whose points are not what its fen are worth."""

    odd_units: int = 0

    @property
    def units(self) -> int:
        """As written, whatever the fen say."""
        return self.odd_units


@dataclass
class Story:
    """Days to live through; `truth` of the last day is what its night must say, and nothing else."""

    days: list[Day] = field(default_factory=list)

    @property
    def last(self) -> Day:
        """The day whose night is looked at."""
        return self.days[-1]


Plant = Callable[[Planter, Day], list[Planted]]


def odd(entry: Entry, *, fen: int | None = None, units: int | None = None) -> Odd:
    """The line as somebody wrote it who got one amount wrong."""
    return Odd(
        till=entry.till,
        ref=entry.ref,
        counter=entry.counter,
        fen=entry.fen if fen is None else fen,
        day=entry.day,
        at=entry.at,
        original=entry.original,
        odd_units=entry.units if units is None else units,
    )


def csv_till(planter: Planter, place: int = 0):
    """A till of a shop that files CSV."""
    return [till for till in planter.tills if till.merchant_id % 2 == 0][place]


# --- one fault each


def unbooked(planter: Planter, day: Day) -> list[Planted]:
    sale = planter.entry(day.day)
    day.file(sale)
    return [Planted("X1", sale.till.merchant_id, sale.ref, minus_fen=sale.fen)]


def unclaimed(planter: Planter, day: Day) -> list[Planted]:
    sale = planter.entry(day.day)
    day.booked.append(sale)
    return [Planted("X2", sale.till.merchant_id, sale.ref, plus_fen=sale.fen)]


def twice(planter: Planter, day: Day) -> list[Planted]:
    sale = planter.entry(day.day)
    day.add(sale)
    day.file(sale)
    return [Planted("X3", sale.till.merchant_id, sale.ref, minus_fen=sale.fen)]


def unreadable_twins(planter: Planter, day: Day) -> list[Planted]:
    """Two sales of the same till, minute and amount, and one claim whose number says neither."""
    till = csv_till(planter)
    one = planter.entry(day.day, till, fen=300, hour=9)
    other = replace(planter.entry(day.day, till, fen=300, hour=9), at=one.at + MINUTE)
    third = replace(one, ref=f"{till.code}-260302-SMEAR")
    day.booked += [one, other]
    day.file(third)
    return [Planted("X5", till.merchant_id, third.ref, minus_fen=300)]


def over(planter: Planter, day: Day) -> list[Planted]:
    sale = planter.entry(day.day)
    day.add(sale, claimed=replace(sale, fen=sale.fen + 900))
    return [Planted("V1", sale.till.merchant_id, sale.ref, minus_fen=900)]


def under(planter: Planter, day: Day) -> list[Planted]:
    sale = planter.entry(day.day, fen=700)
    day.add(sale, claimed=replace(sale, fen=400))
    return [Planted("V2", sale.till.merchant_id, sale.ref, plus_fen=300)]


def other_rate(planter: Planter, day: Day) -> list[Planted]:
    """Five points a fen where the scheme says twenty hundredths."""
    sale = planter.entry(day.day, fen=800)
    day.add(sale, claimed=odd(sale, units=sale.units // 2))
    return [Planted("V3", sale.till.merchant_id, sale.ref)]


def rounded_fen(planter: Planter, day: Day) -> list[Planted]:
    sale = planter.entry(day.day, fen=801)
    day.add(sale, claimed=odd(sale, fen=800))
    return [Planted("V4", sale.till.merchant_id, sale.ref)]


def rounded_points(planter: Planter, day: Day) -> list[Planted]:
    sale = planter.entry(day.day, fen=802)
    day.add(sale, claimed=odd(sale, units=sale.units // 100 * 100))
    return [Planted("V4", sale.till.merchant_id, sale.ref)]


def refund_kept(planter: Planter, day: Day) -> list[Planted]:
    sale = planter.entry(day.day)
    day.add(sale)
    refund = planter.refund(sale, day.day)
    day.booked.append(refund)
    return [Planted("S1", refund.till.merchant_id, refund.ref, minus_fen=sale.fen)]


def cancelled_by_the_shop(planter: Planter, day: Day) -> list[Planted]:
    """The shop took a sale back by itself: its claim says minus, and the book has it live."""
    sale = planter.entry(day.day)
    day.add(sale)
    refund = planter.refund(sale, day.day)
    day.file(refund)
    return [Planted("S2", refund.till.merchant_id, refund.ref, minus_fen=sale.fen)]


def nobodys_till(planter: Planter, day: Day) -> list[Planted]:
    sale = planter.entry(day.day, csv_till(planter))
    strange = replace(sale, ref=make_reference("ZZ9T9", day.day, sale.counter))
    day.file(strange)
    return [Planted("A4", sale.till.merchant_id, strange.ref, minus_fen=sale.fen)]


def another_shops_till(planter: Planter, day: Day) -> list[Planted]:
    """A number of another shop's till under which nothing is booked."""
    filing, other = csv_till(planter), csv_till(planter, 1)
    sale = planter.entry(day.day, filing)
    strange = replace(sale, ref=make_reference(other.code, day.day, 99_999))
    day.file(strange)
    return [Planted("A4", filing.merchant_id, strange.ref, minus_fen=sale.fen)]


def another_shops_sale(planter: Planter, day: Day) -> list[Planted]:
    """Booked at one shop, claimed by another alone."""
    filing, owner = csv_till(planter), csv_till(planter, 1)
    sale = planter.entry(day.day, owner)
    day.booked.append(sale)
    day.file(replace(sale, till=filing))
    return [Planted("T1", filing.merchant_id, sale.ref, plus_fen=sale.fen, minus_fen=sale.fen)]


def swapped_branches(planter: Planter, day: Day) -> list[Planted]:
    """Two branches hand in each other's slip."""
    one, other = csv_till(planter), csv_till(planter, 1)
    ours, theirs = planter.entry(day.day, one), planter.entry(day.day, other)
    day.booked += [ours, theirs]
    day.file(replace(ours, till=other))
    day.file(replace(theirs, till=one))
    return [
        Planted("T1", other.merchant_id, ours.ref, plus_fen=ours.fen, minus_fen=ours.fen),
        Planted("T1", one.merchant_id, theirs.ref, plus_fen=theirs.fen, minus_fen=theirs.fen),
    ]


def fast_clock(planter: Planter, day: Day) -> list[Planted]:
    """The shop's clock is twenty minutes fast."""
    sale = planter.entry(day.day)
    day.add(sale, claimed=replace(sale, at=sale.at + 20 * MINUTE))
    return [Planted("T3", sale.till.merchant_id, sale.ref)]


FAULTS: Final[Mapping[str, Plant]] = {
    "X1": unbooked,
    "X2": unclaimed,
    "X3": twice,
    "X5": unreadable_twins,
    "V1": over,
    "V2": under,
    "V3": other_rate,
    "V4 fen": rounded_fen,
    "V4 points": rounded_points,
    "S1": refund_kept,
    "S2": cancelled_by_the_shop,
    "A4 nobody's": nobodys_till,
    "A4 another's": another_shops_till,
    "T1": another_shops_sale,
    "T1 swapped": swapped_branches,
    "T3": fast_clock,
}
"""A fault that one night finds, by the code it must be found under."""


# --- what joins without being a fault


def near_miss(planter: Planter, day: Day, ref: Callable[[Entry], str], fen: int = 0) -> Entry:
    """A sale filed with its number written wrongly; gives the sale."""
    sale = planter.entry(day.day, csv_till(planter), fen=300 + planter.random.randrange(900))
    day.booked.append(sale)
    day.file(replace(sale, ref=ref(sale), fen=fen or sale.fen))
    return sale


def swap(ref: str) -> str:
    """Two neighbouring signs changed about."""
    at = next(
        n
        for n in range(len(ref) - 2, 0, -1)
        if ref[n] != ref[n - 1] and "-" not in ref[n - 1 : n + 1]
    )
    return ref[: at - 1] + ref[at] + ref[at - 1] + ref[at + 1 :]


SLIPS: Final[Mapping[str, Callable[[Entry], str]]] = {
    "two signs swapped": lambda sale: swap(sale.ref),
    "the till left out": lambda sale: sale.ref.split("-", 1)[1],
    "letters for digits": lambda sale: sale.ref[:6] + sale.ref[6:].replace("0", "O", 1),
    "one wrong digit": lambda sale: (
        sale.ref[:-3] + str((int(sale.ref[-3]) + 1) % 10) + sale.ref[-2:]
    ),
    "the slip smeared": lambda sale: f"{sale.till.code}-260302-SMEAR",
}
"""What a hand makes of a slip's number."""


# --- living it


def live_day(town: Town, day: Day, number: int, *, file: bool = True) -> None:
    """Book a day and let every shop file: odd shops by till, even ones by CSV."""
    town.at = midnight(day.day) + 6 * HOUR
    reserve_cover(town, 2_000_000)
    book(town, day.booked)
    for till in town.tills if file else ():
        file_till(town, day, till.code, number)


def file_till(town: Town, day: Day, code: str, number: int) -> None:
    """One till's or shop's claims of a day."""
    till = next(till for till in town.tills if till.code == code)
    at = midnight(day.day) + 22 * HOUR
    lines = day.filed[till.code]
    if till.merchant_id % 2:
        answer = file_daybook(
            town.db, HERE, till.terminal_id, daybook(day.day, number, lines), at=at
        )
    else:
        text = claim_csv(f"M{till.merchant_id:02d}", lines)
        upload = Upload(f"{day.day}.csv", text.encode("utf-8-sig"), by=7)
        answer = take_claim_file(town.db, HERE, till.merchant_id, upload, day=day.day, at=at)
    assert answer["outcome"] == "ok", answer


def honest_days(planter: Planter, count: int, per_day: int = PER_DAY) -> list[Day]:
    """Days on which nothing is wrong; every till sells something."""
    days, date = [], FIRST_DAY
    for _ in range(count):
        day = planter.plain(date, per_day)
        for till in planter.tills:
            day.add(planter.entry(date, till))
        days.append(day)
        date = next_day(date)
    return days
