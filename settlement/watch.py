"""The rules of the watch over one day: values in, flags out. `settlement.watch_rules` has their limits.

Each rule takes the day's deals and those of the thirty days before it, and gives what somebody should look at.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple, TypeVar

from settlement.watch_rules import STANDARD, Limits, Rule

K = TypeVar("K")

_HOUR_US: Final = 3_600_000_000
_DAY_US: Final = 24 * _HOUR_US
_HUNDRED: Final = 100
_ROBUST: Final = 1.4826


class Deal(NamedTuple):
    """One sale or refund at a till; a refund's `original` is its sale. `payer`: '' where nobody knows it."""

    ref: str
    shop: int
    till: int
    clerk: int
    wallet: int
    at: int
    day: int
    total_fen: int = 0
    offset_fen: int = 0
    earned_units: int = 0
    original: str = ""
    payer: str = ""
    is_typed: bool = False
    is_offline: bool = False
    is_undone: bool = False
    person: int = 0
    payer_day: int = 0  # when a bill told who paid; 0: on the day itself

    @property
    def is_sale(self) -> bool:
        """A refund names the sale it takes back."""
        return not self.original


class Flag(NamedTuple):
    """Something to look at: the rule, whose it is (0: of no one shop, wallet or till), a figure, the deals."""

    rule: Rule
    day: int
    shop: int
    wallet: int
    till: int
    figure: int
    refs: tuple[str, ...]


class Days(NamedTuple):
    """The day and the thirty before it, sales and refunds; `zone_us`: how far the clock is ahead of UTC."""

    day: int
    today: Sequence[Deal]
    before: Sequence[Deal]
    zone_us: int = 0
    limits: Limits = STANDARD
    limits_fen: tuple[int, ...] = ()  # of a bill: caps somebody may want to stay below
    opened: Mapping[int, int] = {}  # wallet: the day (microseconds) it was opened

    def sales(self) -> list[Deal]:
        """Today's sales in order of time."""
        return sorted((d for d in self.today if d.is_sale), key=lambda d: (d.at, d.ref))

    def every_sale(self) -> list[Deal]:
        """Those of the month too."""
        return sorted(
            (d for d in (*self.before, *self.today) if d.is_sale), key=lambda d: (d.at, d.ref)
        )


def _flag(rule: Rule, days: Days, deals: Sequence[Deal], figure: int, **whose: int) -> Flag:
    names = {"shop": 0, "wallet": 0, "till": 0} | whose
    refs = tuple(deal.ref for deal in deals if deal.day == days.day)
    return Flag(rule, days.day, names["shop"], names["wallet"], names["till"], figure, refs)


def f1(days: Days) -> Iterator[Flag]:
    """Over 500 points a day, or 3,000 in thirty days, for one account."""
    month = Counter[int]()
    for deal in days.every_sale():
        month[deal.wallet] += deal.earned_units
    for wallet, deals in _by_wallet(days.sales()):
        units = sum(deal.earned_units for deal in deals)
        if units > days.limits.earn_day_units or month[wallet] > days.limits.earn_month_units:
            yield _flag(Rule.F1, days, deals, max(units, month[wallet]), wallet=wallet)


def f2(days: Days) -> Iterator[Flag]:
    """Over a fifth of a shop's points of thirty days, and over 500, to one account."""
    shops, pairs = Counter[int](), Counter[tuple[int, int]]()
    for deal in days.every_sale():
        shops[deal.shop] += deal.earned_units
        pairs[deal.shop, deal.wallet] += deal.earned_units
    for (shop, wallet), deals in _by_pair(days.sales()):
        units = pairs[shop, wallet]
        if (
            units > days.limits.pair_units
            and units * _HUNDRED > shops[shop] * days.limits.pair_percent
        ):
            yield _flag(Rule.F2, days, deals, units, shop=shop, wallet=wallet)


def f3(days: Days) -> Iterator[Flag]:
    """A day's points far above the shop's own median of the days before, in robust deviations."""
    daily: dict[int, Counter[int]] = defaultdict(Counter)
    for deal in days.every_sale():
        daily[deal.shop][deal.day] += deal.earned_units
    for shop, by_day in sorted(daily.items()):
        today = by_day.pop(days.day, 0)
        past = list(by_day.values())
        if len(past) < days.limits.issue_days or today < days.limits.issue_least_units:
            continue
        middle = median(past)
        spread = median(abs(units - middle) for units in past) * _ROBUST or 1
        if (today - middle) / spread > days.limits.issue_z:
            deals = [deal for deal in days.sales() if deal.shop == shop]
            yield _flag(Rule.F3, days, deals, today, shop=shop)


def f4(days: Days) -> Iterator[Flag]:
    """Three of an account's amounts in the last twentieth below a limit."""
    for (shop, wallet), deals in _by_pair(days.sales()):
        near = [
            deal
            for deal in deals
            if any(_just_below(deal.total_fen, limit, days) for limit in days.limits_fen)
        ]
        if len(near) >= days.limits.below_count:
            yield _flag(Rule.F4, days, near, len(near), shop=shop, wallet=wallet)


def _just_below(fen: int, limit: int, days: Days) -> bool:
    return limit * (_HUNDRED - days.limits.below_percent) <= fen * _HUNDRED < limit * _HUNDRED


def f5(days: Days) -> Iterator[Flag]:
    """Over two fifths of a shop's sales at exactly 100, 200 or 500 yuan."""
    for shop, deals in _by_shop(days.sales()):
        tiers = [deal for deal in deals if deal.total_fen in days.limits.tier_fen]
        if (
            len(deals) >= days.limits.tier_count
            and len(tiers) * _HUNDRED > len(deals) * days.limits.tier_percent
        ):
            yield _flag(Rule.F5, days, tiers, len(tiers), shop=shop)


def f6(days: Days) -> Iterator[Flag]:
    """Sales while the shop is shut."""
    for shop, deals in _by_shop(days.sales()):
        late = [
            deal
            for deal in deals
            if not days.limits.open_hour <= _hour(deal, days) < days.limits.close_hour
        ]
        if late:
            yield _flag(Rule.F6, days, late, len(late), shop=shop)


def _hour(deal: Deal, days: Days) -> int:
    return (deal.at + days.zone_us) % _DAY_US // _HOUR_US


def f7(days: Days) -> Iterator[Flag]:
    """Three sales of one account in a shop within ten minutes, or a till that rings up every few seconds."""
    limits = days.limits
    for (shop, wallet), deals in _by_pair(days.sales()):
        if _most_within(deals, limits.burst_us) >= limits.burst_count:
            yield _flag(Rule.F7, days, deals, len(deals), shop=shop, wallet=wallet)
    for till, deals in _by_till(days.sales()):
        quick = [
            after for before, after in pairwise(deals) if after.at - before.at < limits.till_gap_us
        ]
        if len(quick) >= limits.till_gap_count:
            yield _flag(Rule.F7, days, quick, len(quick), shop=quick[0].shop, till=till)


def f8(days: Days) -> Iterator[Flag]:
    """Three purchases with points brought back by one account."""
    with_points = {deal.ref for deal in days.every_sale() if deal.offset_fen}
    backs = [deal for deal in (*days.before, *days.today) if deal.original in with_points]
    for (shop, wallet), deals in _by_pair(backs):
        if len(deals) >= days.limits.cycles and any(deal.day == days.day for deal in deals):
            yield _flag(Rule.F8, days, deals, len(deals), shop=shop, wallet=wallet)


def f9(days: Days) -> Iterator[Flag]:
    """Earned and used in the same shop within a day, five times in thirty days."""
    for (shop, wallet), deals in _by_pair(days.every_sale()):
        used = [
            after
            for before, after in pairwise(deals)
            if before.earned_units and after.offset_fen and after.at - before.at <= _DAY_US
        ]
        if len(used) >= days.limits.same_shop_count and used[-1].day == days.day:
            yield _flag(Rule.F9, days, used, len(used), shop=shop, wallet=wallet)


def f10(days: Days) -> Iterator[Flag]:
    """One person at two shops within a minute; two of one home may well be."""
    people = _grouped(days.sales(), lambda deal: (deal.wallet, deal.person))
    for (wallet, _), deals in sorted(people.items()):
        for before, after in pairwise(deals):
            if before.shop != after.shop and after.at - before.at < days.limits.two_shops_us:
                yield _flag(Rule.F10, days, (before, after), 2, wallet=wallet)
                break


def f11(days: Days) -> Iterator[Flag]:
    """Ten cards at one till within five minutes."""
    for till, deals in _by_till(days.sales()):
        for first in range(len(deals)):
            some = [d for d in deals[first:] if d.at - deals[first].at <= days.limits.cards_us]
            if len({deal.wallet for deal in some}) >= days.limits.cards_count:
                yield _flag(Rule.F11, days, some, len(some), shop=deals[0].shop, till=till)
                break


def f12(days: Days) -> Iterator[Flag]:
    """One cashier rings up one account eight times in thirty days, and most of what that account buys."""
    limits = days.limits
    of_wallet, pairs = Counter[int](), defaultdict[tuple[int, int], list[Deal]](list)
    for deal in days.every_sale():
        of_wallet[deal.wallet] += 1
        if deal.clerk:
            pairs[deal.clerk, deal.wallet].append(deal)
    for (_, wallet), deals in sorted(pairs.items()):
        share = len(deals) * _HUNDRED > of_wallet[wallet] * limits.cashier_percent
        today = [deal for deal in deals if deal.day == days.day]
        if len(today) >= limits.cashier_count and share:
            yield _flag(Rule.F12, days, today, len(today), shop=deals[-1].shop, wallet=wallet)


def f13(days: Days) -> Iterator[Flag]:
    """One payer behind four accounts, on the day a bill tells of one of them."""
    payers: dict[str, list[Deal]] = defaultdict(list)
    for deal in days.every_sale():
        if deal.payer:
            payers[deal.payer].append(deal)
    for _, deals in sorted(payers.items()):
        told = [deal for deal in deals if (deal.payer_day or deal.day) == days.day]
        wallets = {deal.wallet for deal in deals}
        if told and len(wallets) >= days.limits.payer_wallets:
            refs = tuple(deal.ref for deal in told)
            yield Flag(Rule.F13, days.day, told[0].shop, 0, 0, len(wallets), refs)


def f14(days: Days) -> Iterator[Flag]:
    """An account in its first week with over three times what the others earn in seven days."""
    limits = days.limits
    week = Counter[int]()
    last = max((deal.at for deal in days.today), default=0)
    for deal in days.every_sale():
        if deal.at > last - limits.new_days * _DAY_US:
            week[deal.wallet] += deal.earned_units
    for wallet, deals in _by_wallet(days.sales()):
        middle = median([units for other, units in week.items() if other != wallet] or [0])
        is_new = last - days.opened.get(wallet, 0) <= limits.new_days * _DAY_US
        if is_new and week[wallet] > max(limits.new_times * middle, limits.new_least_units):
            yield _flag(Rule.F14, days, deals, week[wallet], wallet=wallet)


def f15(days: Days) -> Iterator[Flag]:
    """Over a fifth of a till's sales typed in, undone or made without network."""
    for till, deals in _by_till(days.sales()):
        odd = [deal for deal in deals if deal.is_typed or deal.is_offline or deal.is_undone]
        if (
            len(deals) >= days.limits.odd_count
            and len(odd) * _HUNDRED > len(deals) * days.limits.odd_percent
        ):
            yield _flag(Rule.F15, days, odd, len(odd), shop=deals[0].shop, till=till)


def _most_within(deals: Sequence[Deal], span_us: int) -> int:
    return max((sum(0 <= d.at - first.at <= span_us for d in deals) for first in deals), default=0)


def _by_wallet(deals: Iterable[Deal]) -> list[tuple[int, list[Deal]]]:
    return sorted(_grouped(deals, lambda deal: deal.wallet).items())


def _by_shop(deals: Iterable[Deal]) -> list[tuple[int, list[Deal]]]:
    return sorted(_grouped(deals, lambda deal: deal.shop).items())


def _by_till(deals: Iterable[Deal]) -> list[tuple[int, list[Deal]]]:
    return sorted(_grouped(deals, lambda deal: deal.till).items())


def _by_pair(deals: Iterable[Deal]) -> list[tuple[tuple[int, int], list[Deal]]]:
    found: dict[tuple[int, int], list[Deal]] = defaultdict(list)
    for deal in deals:
        found[deal.shop, deal.wallet].append(deal)
    return sorted(found.items())


def _grouped(deals: Iterable[Deal], key: Callable[[Deal], K]) -> dict[K, list[Deal]]:
    found: dict[K, list[Deal]] = defaultdict(list)
    for deal in deals:
        found[key(deal)].append(deal)
    return found


RULES: Final[tuple[Callable[[Days], Iterator[Flag]], ...]] = (
    f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15,
)  # fmt: skip


def look(days: Days) -> list[Flag]:
    """Every flag of the fifteen rules for a day, in their order."""
    return [flag for rule in RULES for flag in rule(days)]
