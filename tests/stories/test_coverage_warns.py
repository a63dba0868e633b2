"""300 households, a fund of 5,000 yuan: the gate warns on the right day, which is worked out here by hand.

Thirty of the 300 households buy for 100.00 yuan each day, every household on every tenth day.

Days 1 to 10: 30 x 100 points = 3,000 points, worth 150.00 yuan a day. After day 10: 1,500.00 yuan outstanding.
From day 11 on twenty of the thirty give 80 points (4.00 yuan) and pay 96.00: each day 10 x 100 + 20 x 96 = 2,920
points come in (146.00 yuan), 1,600 go (80.00 yuan), and the fund has 80.00 yuan less to promise.

After k such days the points outstanding cost 1,500 + 66 k, the fund has 5,000 - 80 k to promise.
All of them expected to be used: less is there than needed once 5,000 - 80 k < 1,500 + 66 k, so k > 23.97: day 34.
With 80 % expected to be used: 5,000 - 80 k < 0.8 x (1,500 + 66 k), so k > 28.6: day 39.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ledger.database import Database
from ledger.members import schemes, settings
from ledger.members.fund_watch import board_figures, watch
from ledger.members.solvency import coverage, outstanding
from ledger.seal.sealer import seal
from ledger.sql import Sql
from ledger.token_keys import KeyClass
from pos.charging import check_out_by_gateway
from tests.support.fake_channel import FakeChannel
from tests.support.invariants import check_invariants
from tests.support.town import HERE, Town, build_town, moment

HOUSEHOLDS = 300
A_DAY = 30
FIRST = date(2026, 3, 1)

_ACTS = Sql(
    "SELECT act, subject, after FROM audit WHERE community_id = :community_id"
    " AND act IN ('coverage.low', 'coverage.enough') ORDER BY audit_id"
)


def build(db: Database) -> Town:
    return build_town(
        db,
        people=HOUSEHOLDS,
        fund_fen=500_000,
        allowance_fen=10_000_000,
        channel=FakeChannel(),
        at=moment("2026-03-01 07:00"),
    )


def live_a_day(town: Town, number: int) -> tuple[bool, bool]:
    """Day `number` (from 1) of the story: whether coverage is low at its end with all, and with 80 % used."""
    day = FIRST + timedelta(days=number - 1)
    town.at = moment(f"{day} 08:00")
    first = (number - 1) % 10 * A_DAY + 1
    for place, person in enumerate(range(first, first + A_DAY)):
        offset = 8_000 if number > 10 and place < 20 else 0
        card = town.code(person, KeyClass.CARD)
        request = town.sale(person, 10_000, offset, channel="gateway", token=card)
        sold = check_out_by_gateway(town.desk, request, at=town.later(60))
        assert sold["earned_units"] == 10_000 - offset // 20
    town.at = moment(f"{day} 23:00")
    seal(town.db, HERE)
    found = watch(town.db, HERE, at=town.at)
    assert found is not None
    with town.db.read() as tx:
        less = replace(settings.current(tx, HERE), expected_use_percent=80)
        with_less = coverage(outstanding(tx, HERE), schemes.scheme_on(tx, HERE, town.day), less)
    return found.coverage.is_low, with_less.is_low


@pytest.mark.slow
def test_300_households_and_5000_yuan_are_warned_about_on_the_right_day(db: Database) -> None:
    town = build(db)

    states = [live_a_day(town, number) for number in range(1, 40)]

    assert [low for low, _ in states].index(True) + 1 == 34
    assert all(low for low, _ in states[33:])
    assert [low for _, low in states].index(True) + 1 == 39
    with db.read() as tx:
        acts = tx.all(_ACTS, community_id=HERE)
        march = board_figures(tx, HERE, 202603)
    # Day 34 is 3 April.
    assert [(act.act, act.subject) for act in acts] == [("coverage.low", "day:20260403")]
    # After day 31 (k = 21): 3,320 yuan to promise, 2,886 yuan of points.
    assert march is not None
    assert (march.day, march.fund_fen, march.points_value_fen) == (20260331, 332_000, 288_600)
    assert (march.coverage_percent, march.limit_percent) == (115, 100)
    check_invariants(db.engine)


def test_money_that_arrives_is_noticed_once_and_the_warning_ends(db: Database) -> None:
    town = build_town(db, people=1, fund_fen=10_000)
    town.grant(1, 200_100)  # 2,001 points, 100.05 yuan
    for _ in range(2):
        found = watch(db, HERE, at=town.later(60))
        assert found is not None
        assert (found.coverage.permille, found.coverage.is_low) == (999, True)

    town.fund(5)
    found = watch(db, HERE, at=town.later(86_400))

    assert found is not None
    assert (found.coverage.permille, found.coverage.is_low) == (1_000, False)
    with db.read() as tx:
        assert [act.act for act in tx.all(_ACTS, community_id=HERE)] == [
            "coverage.low", "coverage.enough",
        ]  # fmt: skip
        assert board_figures(tx, HERE, 202602) is None


def test_without_points_there_is_nothing_to_cover(db: Database) -> None:
    town = build_town(db, people=1, fund_fen=0)

    found = watch(db, HERE, at=town.at)

    assert found is not None
    assert (found.coverage.permille, found.coverage.is_low) == (None, False)
