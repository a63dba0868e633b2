"""What the generator makes, as plain values: people, shops, goods, and what they do with one another."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Literal, NamedTuple

CHINA = timezone(timedelta(hours=8))
"""The made-up town has one clock and no summer time."""

DAY_S = 86_400
SECOND_US = 1_000_000

_WITHOUT_POINTS = frozenset({"药店", "理发店", "家电维修"})

Care = Literal["careful", "average", "messy"]
Channel = Literal["wechat", "alipay", "card", "cash"]


@dataclass(frozen=True, slots=True)
class Household:
    """A door; `joined_on` is the day it enrolled, None while it has not."""

    number: int
    code: str
    building: str
    unit: str
    joined_on: date | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody behind a door. `carrier` is what they show at a till; '' without an account.

    `activity` is how much more than the mean they buy; `rare` names what is unusual about the row.
    """

    number: int
    household: int
    name: str
    phone: str
    birth_year: int
    is_head: bool
    carrier: Literal["", "phone", "printed"]
    joined_on: date | None
    activity: float
    rare: str = ""


@dataclass(frozen=True, slots=True)
class Shop:
    """A partner shop: what a ticket is like, when people come, and how carefully it files."""

    code: str
    name: str
    category: str
    share: float
    median_yuan: float
    log_sd: float
    care: Care
    hours: str
    proof: str
    roles: str
    tills: tuple[str, ...]
    clerks: tuple[str, ...]

    @property
    def earns(self) -> bool:
        """Whether what is bought here earns points by the town's rules."""
        return self.category not in _WITHOUT_POINTS


@dataclass(frozen=True, slots=True)
class Good:
    """A thing on the supermarket's shelf with its price in whole points of both types."""

    code: str
    name: str
    group: str
    party_points: int
    civic_points: int
    stock: int
    weight: float
    shelf_days: int | None
    picture: str = "box"


class Purchase(NamedTuple):
    """Somebody at a till. `typed_fen` is what the clerk keyed in, `total_fen` what was paid for.

    `wish_points` is what the resident would like to use, whole points. `sends` counts how often the
    till sent the one request; `again_of` names the purchase a clerk keyed in a second time;
    `waits_s` is how long the till had no network. What is wrong with the payment: `rung_as` is the channel the clerk
    keyed in where it is not the one that was paid by; without `pays` nothing was paid at all; `back_fen` went back
    through the channel, so many seconds later, and no till knows of it.
    """

    number: int
    day: date
    second: int
    person: int
    shop: str
    till: str
    channel: Channel
    total_fen: int
    typed_fen: int
    wish_points: int
    receipt_no: str | None
    payment_ref: str | None
    sends: int
    again_of: int | None
    waits_s: int
    rung_as: Channel | None = None
    pays: bool = True
    back_fen: int = 0
    back_after_s: int = 0

    @property
    def keyed_channel(self) -> Channel:
        """How the clerk says it was paid."""
        return self.rung_as or self.channel


class GoodsBack(NamedTuple):
    """Goods of a purchase brought back: `fen` of what the clerk had keyed in."""

    number: int
    purchase: int
    day: date
    second: int
    fen: int


class Ring(NamedTuple):
    """A ring of cheats: which (R1 to R5), the days it acts on, the shop it shows at ('' for none), its purchases."""

    code: str
    days: tuple[date, ...]
    shop: str
    purchases: tuple[int, ...] = ()


class Visit(NamedTuple):
    """Somebody at the points supermarket with a basket of (good code, quantity)."""

    number: int
    day: date
    second: int
    person: int
    lines: tuple[tuple[str, int], ...]


class Deed(NamedTuple):
    """Points that one reviewer grants to somebody for a good deed; persons by their numbers."""

    day: date
    second: int
    giver: int
    taker: int


class Replay(NamedTuple):
    """The code of a purchase shown once more, so many seconds later, at a till of another shop."""

    purchase: int
    day: date
    second: int
    till: str
    fen: int


@dataclass
class Rings:
    """All that is planted. `reviewers`: the two members of staff who live here and grant points."""

    purchases: list[Purchase] = field(default_factory=list)
    refunds: list[GoodsBack] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    replays: list[Replay] = field(default_factory=list)
    reviewers: tuple[int, ...] = ()
    truth: list[Ring] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is so before any points are counted: who there is and what they will do."""

    size: str
    seed: int
    since: date
    until: date
    scheme_text: str
    households: list[Household]
    people: list[Person]
    shops: list[Shop]
    market: Shop
    goods: list[Good]
    purchases: list[Purchase]
    refunds: list[GoodsBack]
    visits: list[Visit]
    rings: Rings = field(default_factory=Rings)

    @property
    def members(self) -> list[Person]:
        """The people with an account."""
        return [person for person in self.people if person.joined_on is not None]


@dataclass(frozen=True, slots=True)
class Truth:
    """One planted fault: what a correct settlement must say of it (`verdict`) and do (`correct_fen`).

    `correct_fen` is what the shop is paid for `ref` that night, signed; `amount_fen` is the
    difference the verdict is about, unsigned. `where` names the document.
    """

    id: str
    kind: str
    verdict: str
    where: str
    merchant: str
    ref: str
    correct_fen: int
    amount_fen: int
    facts: dict[str, Any] = field(default_factory=dict)


def moment_us(day: date, second: int) -> int:
    """A second of a day in the town as microseconds UTC."""
    start = datetime(day.year, day.month, day.day, tzinfo=CHINA)
    return (int(start.timestamp()) + second) * SECOND_US


def moment_text(day: date, second: int) -> str:
    """The same as RFC 3339 with the town's zone; seconds past midnight roll into the next day."""
    day += timedelta(days=second // DAY_S)
    minutes, s = divmod(second % DAY_S, 60)
    return f"{day.isoformat()}T{minutes // 60:02d}:{minutes % 60:02d}:{s:02d}+08:00"


def text_of_us(at_us: int) -> str:
    """Microseconds UTC as RFC 3339 with the town's zone."""
    return datetime.fromtimestamp(at_us // SECOND_US, UTC).astimezone(CHINA).isoformat()


def date_key(day: date) -> int:
    """2026-03-02 as 20260302."""
    return day.year * 10_000 + day.month * 100 + day.day
