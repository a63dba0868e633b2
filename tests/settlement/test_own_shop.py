"""Verdict A6: a shop's own people at their own till; verdict C3: a book that the second engine does not pass."""

from __future__ import annotations

import pytest

from ledger.sql import Sql
from settlement import gate
from settlement.auditor.report import cut_off
from settlement.night import run_night
from settlement.shop_money import money_of
from tests.settlement.test_planted_faults import night, one_day
from tests.support.fault_plant import live_day
from tests.support.night_plant import HOUR, into, midnight, next_day
from tests.support.town import HERE, Town

OWN = Sql(
    "SELECT claimant_id, ref, held_fen FROM discrepancy WHERE community_id = :community_id AND code = 'A6' ORDER BY ref"
)
CHAIN = Sql(
    "SELECT sub_code, state FROM discrepancy WHERE community_id = :community_id AND code = 'C3' ORDER BY discrepancy_no"
)


def works_at(town: Town, merchant_id: int, person_id: int) -> None:
    """A resident has the shop's own login."""
    into(
        town.db,
        "INSERT INTO staff (community_id, staff_id, login, phc, state, person_id, merchant_id, wrong_tries,"
        f" locked_until, made_at) VALUES ({HERE}, 77, 'owner', '', 'active', {person_id}, {merchant_id}, 0, 0, 0)",
    )


def own(town: Town) -> list[tuple[int, str, int]]:
    with town.db.read() as tx:
        return [tuple(row) for row in tx.all(OWN, community_id=HERE)]


def test_points_spent_in_ones_own_shop_are_paid_and_held_for_a_look(town: Town) -> None:
    works_at(town, 3, 1)
    _, day = one_day(town)
    live_day(town, day, 1)

    result = night(town, day.day)

    here = [e for e in day.booked if e.till.merchant_id == 3 and e.fen > 0]
    assert own(town) == sorted((3, e.ref, e.fen) for e in here)
    assert result.settled_fen == sum(e.fen for e in day.booked)
    night(town, day.day)
    assert len(own(town)) == len(here)
    spent = sum(e.fen for e in here)
    with town.db.read() as tx:
        money = money_of(tx, HERE, 3, today=20260310)
        others = money_of(tx, HERE, 1, today=20260310)
    assert money.disputed_fen == min(spent, money.total_fen - money.unsettled_fen)
    assert money.available_fen == max(money.total_fen - money.unsettled_fen - spent, 0)
    assert (others.disputed_fen, others.available_fen > 0) == (0, True)


def test_somebody_elses_points_in_the_shop_are_nobodys_business(town: Town) -> None:
    works_at(town, 3, 999)
    _, day = one_day(town)
    live_day(town, day, 1)
    night(town, day.day)

    assert own(town) == []


def test_a_book_that_does_not_pass_is_a_c3_until_it_does(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, day = one_day(town)
    live_day(town, day, 1)
    at = midnight(next_day(day.day)) + 2 * HOUR
    with monkeypatch.context() as broken:
        broken.setattr(gate, "second_engine", lambda _db, community, **_: cut_off(community, "x"))
        assert run_night(town.db, HERE, day.day, at=at).state == "audit_failed"
        assert run_night(town.db, HERE, day.day, at=at).state == "audit_failed"
    assert [state for _, state in chain(town)] == ["open"]

    night(town, day.day)

    assert [state for _, state in chain(town)] == ["auto_cleared"]


def chain(town: Town) -> list[tuple[str, str]]:
    with town.db.read() as tx:
        return [tuple(row) for row in tx.all(CHAIN, community_id=HERE)]
