"""The watch: each rule with a day that it sees and a day that it lets be, and a month with five rings in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from settlement.rings import Award, Shown, look_for_rings
from settlement.verdicts import Code
from settlement.watch import Days, Deal, Flag, look
from settlement.watch_rules import NAMES, STANDARD, Rule
from tests.support.watch_world import DAY, HOUR, START, ZONE, World, date, honest, with_rings

TODAY = 20260331
NOON = START + 29 * DAY + 12 * HOUR
MINUTE = 60_000_000


def deal(n: int = 1, **changes: Any) -> Deal:
    made = Deal(f"D{n}", 1, 10, 100, 1, NOON + n * 20 * MINUTE, TODAY, 2_300, 0, 2_300)
    return made._replace(**changes)


def many(count: int, **changes: Any) -> list[Deal]:
    return [deal(n, **changes) for n in range(1, count + 1)]


def earlier(days: int = 20, **changes: Any) -> list[Deal]:
    return [
        deal(1, ref=f"E{n}", wallet=50, day=date(29 - n), at=NOON - n * DAY, **changes)
        for n in range(1, days + 1)
    ]


def on(today: list[Deal], before: list[Deal] | None = None, **more: Any) -> Days:
    return Days(TODAY, today, before or [], ZONE, **more)


SEEN: dict[Rule, Callable[[], Days]] = {
    Rule.F1: lambda: on(many(3, earned_units=20_000)),
    Rule.F2: lambda: on([deal(earned_units=49_000)], [deal(2, day=20260320, earned_units=9_000)]),
    Rule.F3: lambda: on([deal(earned_units=400_000)], earlier(earned_units=20_000)),
    Rule.F4: lambda: on(many(3, total_fen=9_800), limits_fen=(10_000,)),
    Rule.F5: lambda: on([*many(6, total_fen=10_000), *[deal(n) for n in range(7, 12)]]),
    Rule.F6: lambda: on([deal(at=NOON + 14 * HOUR)]),
    Rule.F7: lambda: on([deal(n, at=NOON + n * MINUTE) for n in range(3)]),
    Rule.F8: lambda: on(
        [deal(3, offset_fen=500), deal(4, ref="B3", original="D3")],
        [
            row
            for n in (1, 2)
            for row in (
                deal(n, day=20260320, offset_fen=500),
                deal(n, ref=f"B{n}", day=20260320, original=f"D{n}"),
            )
        ],
    ),
    Rule.F9: lambda: on(many(6, offset_fen=100)),
    Rule.F10: lambda: on([deal(1), deal(2, shop=2, at=NOON + 20 * MINUTE + 30_000_000)]),
    Rule.F11: lambda: on([deal(n, wallet=n, at=NOON + n * 25_000_000) for n in range(10)]),
    Rule.F12: lambda: on(many(8)),
    Rule.F13: lambda: on([deal(n, wallet=n, payer="P") for n in range(1, 5)]),
    Rule.F14: lambda: on([deal(earned_units=60_000)], earlier(5), opened={1: NOON - DAY}),
    Rule.F15: lambda: on([deal(n, is_typed=n < 4) for n in range(12)]),
}
LET_BE: dict[Rule, Callable[[], Days]] = {
    Rule.F1: lambda: on(many(2, earned_units=20_000)),
    Rule.F2: lambda: on([deal(earned_units=49_000)], earlier(earned_units=20_000)),
    Rule.F3: lambda: on([deal(earned_units=30_000)], earlier(earned_units=20_000)),
    Rule.F4: lambda: on(many(3, total_fen=10_000), limits_fen=(10_000,)),
    Rule.F5: lambda: on([*many(2, total_fen=10_000), *[deal(n) for n in range(3, 14)]]),
    Rule.F6: lambda: on([deal()]),
    Rule.F7: lambda: on(many(3)),
    Rule.F8: lambda: on([deal(3), deal(4, ref="B3", original="D3")]),
    Rule.F9: lambda: on(many(3, offset_fen=100)),
    Rule.F10: lambda: on([deal(1), deal(2, shop=2)]),
    Rule.F11: lambda: on([deal(n, wallet=n) for n in range(10)]),
    Rule.F12: lambda: on([deal(n, clerk=n) for n in range(8)]),
    Rule.F13: lambda: on([deal(n, wallet=n, payer="P") for n in range(1, 4)]),
    Rule.F14: lambda: on([deal(earned_units=60_000)], earlier(5), opened={1: NOON - 20 * DAY}),
    Rule.F15: lambda: on([deal(n, is_typed=n < 2) for n in range(12)]),
}


@pytest.mark.parametrize("rule", SEEN)
def test_a_rule_sees_its_own_day(rule: Rule) -> None:
    flags = [flag for flag in look(SEEN[rule]()) if flag.rule is rule]

    assert len(flags) == 1
    assert flags[0].figure > 0


@pytest.mark.parametrize("rule", LET_BE)
def test_a_rule_lets_an_ordinary_day_be(rule: Rule) -> None:
    assert rule not in {flag.rule for flag in look(LET_BE[rule]())}


def test_every_rule_and_ring_has_a_name_and_all_are_tried() -> None:
    assert set(NAMES) == set(Rule)
    assert set(SEEN) == set(LET_BE) == {rule for rule in Rule if rule.startswith("F")}
    # A ring is not the verdict of the same letters.
    assert {rule.value for rule in Rule if rule.startswith("R")} <= {code.value for code in Code}


def test_a_flag_names_the_deals_of_its_day_alone() -> None:
    [flag] = [flag for flag in look(SEEN[Rule.F8]()) if flag.rule is Rule.F8]

    assert flag.refs == ("B3",)


def month_of(world: World) -> list[Flag]:
    """Every night of the month, as it would have been looked at."""
    found: list[Flag] = []
    for number in range(31):
        day = date(number)
        today = [d for d in world.deals if d.day == day]
        before = [d for d in world.deals if d.day < day]
        awards = [a for a in world.awards if a.day <= day]
        shown = [s for s in world.shown if s.day <= day]
        found += look_for_rings(Days(day, today, before, ZONE), awards, shown)
    return found


@pytest.mark.parametrize("seed", [1, 20260302, 424_242])
def test_all_five_rings_are_raised_in_their_own_night_and_hardly_anybody_else(seed: int) -> None:
    world = with_rings(seed)
    flags = month_of(world)

    raised = {(flag.rule.value, flag.day) for flag in flags}
    false = [flag for flag in flags if (flag.rule.value, flag.day) not in world.truth]

    assert world.honest_sales() >= 2_000
    assert world.truth <= raised
    assert len(false) <= 1, false


def test_an_honest_month_raises_no_ring() -> None:
    assert month_of(honest(77)) == []


def test_the_sham_night_is_held_whole() -> None:
    world = with_rings(9)
    [flag] = [flag for flag in month_of(world) if flag.rule is Rule.R3]
    planted = {d.ref: d.offset_fen for d in world.deals if d.ref.startswith("X")}

    assert set(planted) <= set(flag.refs)
    assert flag.figure >= sum(planted.values())


def test_one_favour_each_way_is_neighbourliness() -> None:
    days = on([deal()])
    awards = [Award(1, 2, TODAY, "a"), Award(2, 1, TODAY, "b")]

    assert look_for_rings(days, awards) == []
    thrice = [Award(*pair, TODAY, str(n)) for n in range(3) for pair in ((1, 2), (2, 1))]
    assert [flag.rule for flag in look_for_rings(days, thrice)] == [Rule.R4]


def test_a_code_read_twice_at_one_till_is_an_impatient_hand() -> None:
    days = on([deal()])
    reads = [Shown("C", 1, 10, NOON, TODAY), Shown("C", 1, 10, NOON + 1, TODAY)]

    assert look_for_rings(days, shown=reads) == []
    assert STANDARD.replay_us == 10 * MINUTE
    elsewhere = [*reads, Shown("C", 2, 20, NOON + MINUTE, TODAY)]
    assert Counter(flag.rule for flag in look_for_rings(days, shown=elsewhere)) == {Rule.R5: 1}
