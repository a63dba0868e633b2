"""Whatever a biller corrects and whenever: what points pay stays within the ceiling and is the sum of its entries."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.fee_desk import FeeRequest, ask, quote
from ledger.bills.confirmations import release_overdue
from ledger.bills.facts import bills_of_household, offsets_of_bill
from ledger.bills.offsets import release
from ledger.book.balances import wallet_of
from ledger.errors import Refusal
from ledger.ids import new_request_id
from tests.support.copies import Towns
from tests.support.fees import make_biller, take_answer, take_list
from tests.support.invariants import check_invariants
from tests.support.town import CIVIC, HERE, Town

pytestmark = pytest.mark.slow

GRANTED = 50_000
"""500 points each, as the copied town has them."""

ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("correct"), st.integers(0, 9_999)),
        st.tuples(st.just("ask"), st.integers(1, 30)),
        st.tuples(st.just("confirm"), st.integers(0, 3)),
        st.tuples(st.just("give_up"), st.integers(0, 3)),
        st.tuples(st.just("wait"), st.integers(1, 20)),
    ),
    min_size=3,
    max_size=14,
)
RUN = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
FEW = settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def bill_of(town: Town) -> Any:
    with town.db.read() as tx:
        return bills_of_household(tx, HERE, 1)[0]


def held(town: Town) -> list[Any]:
    with town.db.read() as tx:
        rows = offsets_of_bill(tx, HERE, bill_of(town).bill_id)
    return [row for row in rows if row.state == "held"]


def act(town: Town, what: str, number: int) -> None:
    """One thing somebody does; a refusal is an answer like any other."""
    town.later(61)
    bill = bill_of(town)
    if what == "correct":
        take_list(town, ("B1", 1, f"{number / 100:.2f}"))
    elif what == "ask":
        ask(town.desk, _request(town, bill.bill_id, number * 2_000), at=town.at)
    elif what == "wait":
        town.later(number * 86_400)
        town.db.write(lambda tx: release_overdue(tx, HERE, day=town.day, at=town.at))
    elif waiting := held(town):
        offset = waiting[number % len(waiting)]
        if what == "confirm":
            take_answer(town, (offset.ref, f"{offset.fen / 100:.2f}"))
        else:
            town.db.write(
                lambda tx: release(
                    tx, HERE, offset.offset_id, why="given_up", day=town.day, at=town.at
                )
            )


def _request(town: Town, bill_id: int, units: int) -> FeeRequest:
    return FeeRequest(
        community_id=HERE,
        request_id=new_request_id(town.at),
        bill_id=bill_id,
        units=units,
        person_id=1,
        household_id=1,
    )


def check(town: Town) -> None:
    """The bill's figure, its ceiling, its entries, the wallet and the month say the same."""
    bill = bill_of(town)
    with town.db.read() as tx:
        offsets = offsets_of_bill(tx, HERE, bill.bill_id)
        booked = tx.raw.execute(
            "SELECT coalesce(sum(fen), 0), coalesce(sum(units), 0) FROM offset_booked"
            " WHERE kind = 'bill'"
        ).fetchone()
        wallet = wallet_of(tx, HERE, 1, CIVIC)
        counted = tx.raw.execute(
            "SELECT coalesce(sum(used), 0) FROM cap_counter WHERE cap_code = 'O01.month'"
        ).fetchone()
        told = quote(tx, town.desk.refresh(HERE), bill, person_id=1, day=town.day)
    waiting = sum(row.units for row in offsets if row.state == "held")
    assert bill.offset_fen == int(booked[0]) + waiting // 20
    assert bill.offset_fen <= bill.ceiling_fen == bill.amount_fen // 2
    assert wallet.posted == GRANTED - int(booked[1])
    assert wallet.held == waiting
    assert int(counted[0]) == int(booked[1]) + waiting
    assert told.room.fen <= bill.ceiling_fen - bill.offset_fen


def live(towns: Towns, acts: list[tuple[str, int]]) -> None:
    with towns.fresh() as town:
        make_biller(town)
        take_list(town, ("B1", 1, "60.00"))
        for what, number in acts:
            if what == "ask":
                with suppress(Refusal):
                    act(town, what, number)
            else:
                act(town, what, number)
            check(town)
        check_invariants(town.db.engine)


@RUN
@given(acts=ACTS)
def test_corrections_keep_the_ceiling_and_the_sums(
    sqlite_towns: Towns, acts: list[tuple[str, int]]
) -> None:
    live(sqlite_towns, acts)


@FEW
@given(acts=ACTS)
def test_the_same_on_postgresql(postgres_towns: Towns, acts: list[tuple[str, int]]) -> None:
    live(postgres_towns, acts)
