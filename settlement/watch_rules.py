"""What the watch looks for, as data: fifteen rules of a till and five rings, each with its name and its limits.

A flag asks somebody to look. It refuses nobody at a till and names nobody outside the office.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from settlement.words import mark


class Rule(StrEnum):
    """The rules (F) and the rings (R)."""

    F1 = "F1"
    F2 = "F2"
    F3 = "F3"
    F4 = "F4"
    F5 = "F5"
    F6 = "F6"
    F7 = "F7"
    F8 = "F8"
    F9 = "F9"
    F10 = "F10"
    F11 = "F11"
    F12 = "F12"
    F13 = "F13"
    F14 = "F14"
    F15 = "F15"
    R1 = "R1"
    R2 = "R2"
    R3 = "R3"
    R4 = "R4"
    R5 = "R5"


NAMES: Final[dict[Rule, str]] = {
    Rule.F1: mark("One account earns more than a day or a month should bring"),
    Rule.F2: mark("One account has a large share of a shop's points"),
    Rule.F3: mark("A shop gives out far more points than it used to"),
    Rule.F4: mark("Amounts lie just below a limit, again and again"),
    Rule.F5: mark("Too many sales of the same round amounts"),
    Rule.F6: mark("Sales outside opening hours"),
    Rule.F7: mark("Sales follow one another faster than people can buy"),
    Rule.F8: mark("Bought, points used, and brought back, again and again"),
    Rule.F9: mark("Points earned and used in the same shop within a day, again and again"),
    Rule.F10: mark("One account at two shops too quickly"),
    Rule.F11: mark("Many cards one after the other at one till"),
    Rule.F12: mark("One cashier and one account, again and again"),
    Rule.F13: mark("One payer behind many accounts"),
    Rule.F14: mark("A new account earns far more than others in its first week"),
    Rule.F15: mark("Many sales typed in, undone or made without network at one till"),
    Rule.R1: mark("Ring: goods bought with points and brought back for cash"),
    Rule.R2: mark("Ring: a cashier gives points to one card"),
    Rule.R3: mark("Ring: offsets of round amounts without goods, in one night"),
    Rule.R4: mark("Ring: two reviewers give points to each other's homes"),
    Rule.R5: mark("Ring: one code shown at two shops"),
}

_MINUTE_US: Final = 60_000_000


class Limits(NamedTuple):
    """Every threshold. Points in units (hundredths), yuan in fen, shares in percent, times in microseconds."""

    earn_day_units: int = 50_000
    earn_month_units: int = 300_000
    pair_percent: int = 20
    pair_units: int = 50_000
    issue_z: int = 4
    issue_days: int = 14  # days of history before a shop is compared with itself
    issue_least_units: int = 100_000
    below_percent: int = 5
    below_count: int = 3
    tier_fen: tuple[int, ...] = (10_000, 20_000, 50_000)
    tier_percent: int = 40
    tier_count: int = 10
    open_hour: int = 5
    close_hour: int = 23
    burst_count: int = 3
    burst_us: int = 10 * _MINUTE_US
    till_gap_us: int = 20 * 1_000_000
    till_gap_count: int = 3
    cycles: int = 3
    same_shop_count: int = 5
    two_shops_us: int = 60 * 1_000_000
    cards_count: int = 10
    cards_us: int = 5 * _MINUTE_US
    cashier_count: int = 8
    cashier_percent: int = 60
    payer_wallets: int = 4
    new_days: int = 7
    new_times: int = 3
    new_least_units: int = 50_000
    odd_percent: int = 20
    odd_count: int = 10
    sham_count: int = 15
    sham_percent: int = 60
    sham_step_fen: int = 1_000
    favours: int = 3
    replay_us: int = 10 * _MINUTE_US


STANDARD: Final = Limits()
"""The limits of a community that chose none of its own."""
