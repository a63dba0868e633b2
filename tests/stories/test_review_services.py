"""Vouchers beside debts, limits, moves and providers that are gone: no points lost, none kept by a detour."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.audit import SYSTEM
from ledger.book.balances import Wallet, wallet_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.households import acts, estates, limits
from ledger.members import merchants
from ledger.services.lapse import run_vouchers
from ledger.services.vouchers import vouchers_of
from tests.support.awards import owe
from tests.support.granting import grant_to
from tests.support.homes import ONE, ask, done, home
from tests.support.invariants import check_invariants
from tests.support.town import CIVIC, HERE, Town, moment
from tests.support.vouchers import BARBER, buy, offer, returned, voucher_town


@pytest.fixture
def town(db: Database) -> Town:
    return voucher_town(db)


def wallet(town: Town, owner: int = 1) -> Wallet:
    with town.db.read() as tx:
        return wallet_of(tx, HERE, owner, CIVIC)


def close_barber(town: Town, state: str = "left") -> None:
    town.db.write(lambda tx: merchants.set_state(tx, HERE, BARBER, state, by=SYSTEM, at=town.at))
    town.desk.refresh(HERE)


def lapse(town: Town) -> tuple[int, int, int]:
    return run_vouchers(town.db, HERE, town.day, notice_days=7, at=town.at)


@pytest.mark.parametrize("how", ["returned", "expired"])
def test_points_of_a_voucher_that_come_back_repay_what_is_owed(town: Town, how: str) -> None:
    number = buy(town, offer(town, price_units=70_000))["number"]
    owe(town, 1, 5_000, CIVIC)

    if how == "returned":
        returned(town, number)
    else:
        town.at = moment("2026-04-01 01:00")
        assert lapse(town) == (0, 1, 0)

    assert (wallet(town).available, wallet(town).owed) == (65_000, 0)
    check_invariants(town.db.engine)


@pytest.mark.parametrize("state", ["left", "suspended"])
def test_nobody_buys_from_a_provider_who_is_gone(town: Town, state: str) -> None:
    service = offer(town)
    close_barber(town, state)

    with pytest.raises(Refusal, match="service_off"):
        buy(town, service)
    assert wallet(town).available == 70_000


def test_a_voucher_whose_provider_is_gone_is_taken_back(town: Town) -> None:
    number = buy(town, offer(town, returnable=False))["number"]
    with pytest.raises(Refusal, match="voucher_not_returnable"):
        returned(town, number)

    close_barber(town)
    returned(town, number)

    assert wallet(town).available == 70_000
    check_invariants(town.db.engine)


def test_points_do_not_lapse_where_nobody_could_have_taken_the_voucher(town: Town) -> None:
    buy(town, offer(town, returnable=False, unused="lapse"))
    town.at = moment("2026-03-24 01:00")
    assert lapse(town) == (1, 0, 0)
    close_barber(town)
    town.at = moment("2026-04-01 01:00")

    assert lapse(town) == (0, 1, 0)
    assert wallet(town).available == 70_000
    check_invariants(town.db.engine)


def _shared(town: Town, **more: Any) -> tuple[int, int]:
    """Persons 1 and 2 in one household with 700 points; gives it and a service for 30."""
    pool = home(town, "5-1-1", 1, 2)
    grant_to(town, 1, pool, 70_000)
    return pool, offer(town, **more)


def test_whoever_moves_still_sees_the_voucher_they_bought(town: Town) -> None:
    pool, service = _shared(town)
    buy(town, service, person=2)

    done(town, ask(pool, acts.LEAVE, "5-1-9", 2, rule=acts.OWN))

    with town.db.read() as tx:
        assert len(vouchers_of(tx, HERE, 2)) == 1
        assert vouchers_of(tx, HERE, 1) == []


def test_a_members_limit_holds_for_vouchers_and_is_given_back(town: Town) -> None:
    pool, service = _shared(town)
    head = town.day // 100

    def limit(tx: Any) -> int:
        return limits.set_limit(tx, HERE, pool, 2, 3_000, month=head, by=SYSTEM, at=town.at)

    town.db.write(limit)
    town.at = moment("2026-04-02 09:00")
    number = buy(town, service, person=2)["number"]
    with pytest.raises(Refusal, match="member_limit"):
        buy(town, service, person=2)
    buy(town, service)

    returned(town, number)
    buy(town, service, person=2)

    assert wallet(town, pool).available == 64_000
    check_invariants(town.db.engine)


def test_heirs_have_what_comes_back_after_their_first_claim(town: Town) -> None:
    buy(town, offer(town))
    town.db.write(
        lambda tx: estates.report_death(
            tx, HERE, 1, died_on=town.day, evidence="证", today=town.day, by=ONE, at=town.at
        )
    )
    claim = ask(1, acts.HEIRS, "H00002", 2, evidence="公证书")
    assert done(town, claim).units == {CIVIC: 67_000}
    with pytest.raises(Refusal, match="heirs_claimed"):
        done(town, claim)

    town.at = moment("2026-04-01 01:00")
    assert lapse(town) == (0, 1, 0)

    assert done(town, claim).units == {CIVIC: 3_000}
    assert wallet(town, 2).available == 140_000
    check_invariants(town.db.engine)
