"""Five rings of people who cheat together, each raised from the night it shows in: values in, flags out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from settlement.watch import Days, Deal, Flag, f8, f12
from settlement.watch_rules import Rule

_HUNDRED: Final = 100


class Award(NamedTuple):
    """Points one person granted to another's home; `by_home`: the giver's own household."""

    by_home: int
    to_home: int
    day: int
    ref: str


class Shown(NamedTuple):
    """A code read at a shop, taken or refused: which code, where and when."""

    code: str
    shop: int
    till: int
    at: int
    day: int


def look_for_rings(
    days: Days, awards: Sequence[Award] = (), shown: Sequence[Shown] = ()
) -> list[Flag]:
    """Every ring that shows on the day."""
    found = [
        *_refund_loop(days),
        *_cashiers_card(days),
        *_sham_offsets(days),
        *_favours(days, awards),
        *_replays(days, shown),
    ]
    return sorted(found)


def _refund_loop(days: Days) -> Iterator[Flag]:
    """Ring R1: what rule F8 sees."""
    for flag in f8(days):
        yield flag._replace(rule=Rule.R1)


def _cashiers_card(days: Days) -> Iterator[Flag]:
    """Ring R2: what rule F12 sees."""
    for flag in f12(days):
        yield flag._replace(rule=Rule.R2)


def _sham_offsets(days: Days) -> Iterator[Flag]:
    """Ring R3: many offsets on bills of round tens of yuan at one shop in one day."""
    shops: dict[int, list[Deal]] = defaultdict(list)
    for deal in days.sales():
        if deal.offset_fen:
            shops[deal.shop].append(deal)
    for shop, deals in sorted(shops.items()):
        round_ = [deal for deal in deals if deal.total_fen % days.limits.sham_step_fen == 0]
        enough = len(round_) >= days.limits.sham_count
        if enough and len(round_) * _HUNDRED > len(deals) * days.limits.sham_percent:
            refs = tuple(deal.ref for deal in round_)
            fen = sum(deal.offset_fen for deal in round_)
            yield Flag(Rule.R3, days.day, shop, 0, 0, fen, refs)


def _favours(days: Days, awards: Iterable[Award]) -> Iterator[Flag]:
    """Ring R4: two homes whose members grant points to each other, three times each way."""
    given = Counter[tuple[int, int]]()
    refs: dict[tuple[int, int], list[str]] = defaultdict(list)
    last: dict[tuple[int, int], int] = {}
    for award in awards:
        pair = (award.by_home, award.to_home)
        given[pair] += 1
        refs[pair].append(award.ref)
        last[pair] = max(last.get(pair, 0), award.day)
    for (home, other), count in sorted(given.items()):
        back = given.get((other, home), 0)
        both = min(count, back)
        today = days.day in {last[home, other], last.get((other, home), 0)}
        if home < other and both >= days.limits.favours and today:
            named = tuple(refs[home, other] + refs[other, home])
            yield Flag(Rule.R4, days.day, 0, home, 0, count + back, named)


def _replays(days: Days, shown: Iterable[Shown]) -> Iterator[Flag]:
    """Ring R5: one code read at two shops within ten minutes."""
    codes: dict[str, list[Shown]] = defaultdict(list)
    for one in shown:
        if one.day == days.day:
            codes[one.code].append(one)
    for code, reads in sorted(codes.items()):
        reads.sort(key=lambda read: read.at)
        for before, after in pairwise(reads):
            if before.shop != after.shop and after.at - before.at <= days.limits.replay_us:
                yield Flag(Rule.R5, days.day, after.shop, 0, after.till, len(reads), (code,))
                break
