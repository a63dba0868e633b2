"""Whatever is bought, spent, proven, settled and brought back, in any order: what came back is what went out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ledger.book.balances import account_sum, wallet_of
from ledger.database import Database
from pos.checkout import check_out
from pos.refunds import refund
from tests.support.copies import Towns, no_syncing
from tests.support.invariants import check_invariants
from tests.support.life import Life
from tests.support.town import CIVIC, build_town

START_UNITS = 6_000

BUY = st.tuples(
    st.just("buy"),
    st.sampled_from(["till", "named", "gateway", "gateway", "lost"]),
    st.one_of(st.integers(1, 20_000), st.sampled_from([5_000, 10_000, 20_000])),
    st.sampled_from([0, 0, 1, 3, 20]),
    st.integers(0, 1),
)
BACK = st.tuples(st.just("give_back"), st.integers(0, 9), st.integers(1, 100))
OTHER = st.sampled_from([("prove",), ("night",), ("to_midnight",), ("finish_lost",)])
SPEND = st.tuples(st.just("buy"), st.just("till"), st.just(20_000), st.just(20), st.integers(0, 1))
ACTS = st.lists(st.one_of(BUY, BUY, SPEND, BACK, BACK, OTHER), min_size=6, max_size=16)
ORDER = st.lists(st.integers(0, 9), max_size=8)


def live(towns: Towns, acts: list[tuple[Any, ...]], order: list[int]) -> None:
    with towns.fresh() as town:
        life = Life(town, START_UNITS)
        for act, *values in acts:
            town.later(31)
            getattr(life, act)(*values)
            life.check()
        town.later(31)
        life.undo_everything(order)
        event(f"nights: {min(life.nights, 3)}")
        event(f"a debt on the way: {life.had_debt}")


@given(acts=ACTS, order=ORDER)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_everything_brought_back_leaves_nothing_behind(
    poor_sqlite_towns: Towns, acts: list[tuple[Any, ...]], order: list[int]
) -> None:
    live(poor_sqlite_towns, acts, order)


@pytest.mark.slow
@given(acts=ACTS, order=ORDER)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_many_lives_on_sqlite(
    poor_sqlite_towns: Towns, acts: list[tuple[Any, ...]], order: list[int]
) -> None:
    live(poor_sqlite_towns, acts, order)


@pytest.mark.proof
@pytest.mark.timeout(7_200)
@given(acts=ACTS, order=ORDER)
@settings(max_examples=3_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_three_thousand_lives(
    poor_sqlite_towns: Towns, acts: list[tuple[Any, ...]], order: list[int]
) -> None:
    live(poor_sqlite_towns, acts, order)


@pytest.mark.slow
@given(acts=ACTS, order=ORDER)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_many_lives_on_postgresql(
    poor_postgres_towns: Towns, acts: list[tuple[Any, ...]], order: list[int]
) -> None:
    live(poor_postgres_towns, acts, order)


DEBT: list[tuple[Any, ...]] = [
    ("buy", "gateway", 5_000, 0, 0),
    ("buy", "till", 9_000, 20, 1),
    ("buy", "till", 9_000, 20, 1),
    ("night",),
    ("buy", "named", 4_000, 0, 0),
    ("give_back", 0, 50),
    ("give_back", 0, 33),
    ("prove",),
    ("to_midnight",),
    ("buy", "lost", 777, 2, 0),
    ("give_back", 2, 10),
    ("night",),
    ("finish_lost",),
    ("give_back", 3, 99),
]


@pytest.mark.parametrize("towns", ["poor_sqlite_towns", "poor_postgres_towns"])
def test_points_spent_before_the_refund_are_owed_and_repaid_exactly(
    towns: str, request: pytest.FixtureRequest
) -> None:
    with request.getfixturevalue(towns).fresh() as town:
        life = Life(town, START_UNITS)
        debts = []
        for act, *values in DEBT:
            town.later(200)
            getattr(life, act)(*values)
            life.check()
            debts.append(life._wallet().owed)
        town.later(200)
        life.undo_everything([2, 0, 1])

    assert max(debts) > 0
    assert life.nights == 3
    assert set(life.said) == {"bought", "payment_unknown"}


@pytest.mark.slow
def test_a_thousand_rounds_of_buying_and_bringing_back_net_nothing(db: Database) -> None:
    """Each round buys for 10.01 to 20.00 with 20 points and brings the goods back in two parts, across days."""
    if db.dialect == "sqlite":
        no_syncing(db)
    lifted: dict[str, Any] = {"pin_above_units_dyn": 1_000_000, "day_units_dyn": 1_000_000}
    town = build_town(db, people=1, grant_units=START_UNITS, fund_fen=50_000_000, **lifted)
    for number in range(1_000):
        total_fen = 1_001 + number
        town.later(200)
        sold = check_out(town.desk, town.sale(1, total_fen, 2_000), at=town.at)
        first = refund(town.desk, town.refund(sold["ref"], 1 + number % 1_000), at=town.at)
        rest = refund(town.desk, town.refund(sold["ref"], first["left_fen"]), at=town.at)
        assert first["cash_back_fen"] + rest["cash_back_fen"] == total_fen - 100
        assert sold["earned_units"] == total_fen - 100

    with db.read() as tx:
        assert wallet_of(tx, town.here, 1, CIVIC) == (START_UNITS, 0, START_UNITS, 0, 0)
        for kind in ("offset", "issued_consumption", "pending"):
            owner = {"offset": 1, "pending": 1}.get(kind, 0)
            assert account_sum(tx, town.here, kind, CIVIC, owner) == 0, kind
    with db.engine.connect() as connection:
        left = (
            "SELECT count(*) FROM cap_counter WHERE used <> 0"
            " AND cap_code IN ('S01.day', 'S01.month', 'O02.month')"
        )
        assert connection.exec_driver_sql(left).scalar_one() == 0
    check_invariants(db.engine)
