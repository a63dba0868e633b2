"""Households that part, join, give and inherit: who has which points afterwards, of which age."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from ledger.audit import By
from ledger.book.unspent import lots_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.households import acts, estates, homes, limits
from ledger.households.sweep import carry_on
from ledger.members import residents
from pos.checkout import check_out
from pos.proof import vest_sale
from pos.refunds import refund
from tests.support.granting import grant_to, sale_of, staff_who_is
from tests.support.homes import ONE, TWO, ask, done, home, newcomer, units
from tests.support.invariants import check_invariants
from tests.support.town import CIVIC, HERE, Town, build_town, moment


@pytest.fixture
def town(sqlite_url: str) -> Iterator[Town]:
    with closing(Database(sqlite_url)) as db:
        town = build_town(db, people=5, shops=1)
        yield town
        check_invariants(db.engine)


def grant(town: Town, person: int, owner: int, amount: int, day: str) -> None:
    """Points given to a person's pool on a day."""
    before, town.at = town.at, moment(f"{day} 10:00")

    grant_to(town, person, owner, amount)
    town.at = before


def ages(town: Town, owner: int) -> dict[int, int]:
    with town.db.read() as tx:
        return {lot.earned_on: lot.units for lot in lots_of(tx, HERE, CIVIC, owner)}


def test_a_member_leaves_with_what_they_brought_of_every_age(town: Town) -> None:
    pool = home(town, "5-1-1", 1, 2)
    grant(town, 1, pool, 30_000, "2026-01-10")
    grant(town, 2, pool, 10_000, "2026-02-10")

    came = done(town, ask(pool, acts.LEAVE, "5-1-9", 2, rule=acts.OWN))

    new = came.other_household_id
    assert came.units == {CIVIC: 10_000}
    assert ages(town, pool) == {20_260_110: 22_500, 20_260_210: 7_500}
    assert ages(town, new) == {20_260_110: 7_500, 20_260_210: 2_500}
    with town.db.read() as tx:
        assert residents.get_resident(tx, HERE, 2).household_id == new


def test_what_was_used_is_not_taken_along(town: Town) -> None:
    pool = home(town, "5-1-1", 1, 2)
    grant(town, 2, pool, 10_000, "2026-02-10")
    grant(town, 1, pool, 10_000, "2026-02-11")
    check_out(town.desk, town.sale(2, 10_000, 4_000), at=town.at)

    came = done(town, ask(pool, acts.LEAVE, "5-1-9", 2, rule=acts.OWN))

    # 10,000 brought, 4,000 used; the 60.00 paid are pending still.
    assert came.units == {CIVIC: 6_000}


def test_pending_points_go_to_where_the_buyer_lives_now(town: Town) -> None:
    pool = home(town, "5-1-1", 1, 2)
    answer = check_out(town.desk, town.sale(2, 10_000), at=town.at)
    came = done(town, ask(pool, acts.LEAVE, "5-1-9", 2, rule=acts.OWN))

    _vest(town, answer["ref"])

    assert (units(town, pool), units(town, came.other_household_id)) == (0, 10_000)
    # And goods that come back take them from there, not from the old pool.
    refund(town.desk, town.refund(answer["ref"], 10_000), at=town.later(60))
    assert units(town, came.other_household_id) == 0


def _vest(town: Town, ref: str) -> None:

    sale = sale_of(town, ref)
    town.db.write(
        lambda tx: vest_sale(
            tx, HERE, sale, payment_ref=None, by="test", day=town.day, at=town.later(60)
        )
    )


def test_split_by_heads_divides_points_and_debt(town: Town) -> None:
    pool = home(town, "5-1-1", 1, 2, 3)
    grant(town, 1, pool, 10_000, "2026-02-10")

    came = done(town, ask(pool, acts.SPLIT, "5-1-9", 2, rule=acts.HEADS))

    assert came.units == {CIVIC: 3_333}
    assert units(town, pool) + units(town, came.other_household_id) == 10_000


def test_households_become_one_and_what_arrives_late_follows(town: Town) -> None:
    first, second = home(town, "5-1-1", 1, 2), home(town, "5-1-2", 3)
    grant(town, 1, first, 10_000, "2026-01-10")
    grant(town, 3, second, 5_000, "2026-02-10")
    sold = check_out(town.desk, town.sale(1, 10_000, 2_000), at=town.at)

    done(town, ask(first, acts.MERGE, "5-1-2"))
    assert ages(town, second) == {20_260_110: 8_000, 20_260_210: 5_000}

    refund(town.desk, town.refund(sold["ref"], 10_000), at=town.later(60))
    assert units(town, first) == 2_000
    at = town.later(60)
    assert town.db.write(lambda tx: carry_on(tx, HERE, today=town.day, at=at)) == 1
    assert ages(town, second) == {20_260_110: 10_000, 20_260_210: 5_000}
    assert town.db.write(lambda tx: carry_on(tx, HERE, today=town.day, at=at)) == 0


def test_a_gift_takes_two_outside_and_keeps_its_age(town: Town) -> None:
    first, second = home(town, "5-1-1", 1), home(town, "5-1-2", 2)
    grant(town, 1, first, 10_000, "2026-01-10")

    done(town, ask(first, acts.GIFT, "5-1-2", units=2_500))

    assert ages(town, second) == {20_260_110: 2_500}
    with pytest.raises(Refusal, match="household_points_gone"):
        done(town, ask(first, acts.GIFT, "5-1-2", units=7_501))
    with pytest.raises(Refusal, match="approval_same_person"):
        done(town, ask(first, acts.GIFT, "5-1-2", units=10), by=(ONE, ONE))


def test_nobody_decides_about_their_own_household(town: Town) -> None:

    first = home(town, "5-1-1", 1)
    home(town, "5-1-2", 2)
    grant(town, 1, first, 10_000, "2026-01-10")
    lives_there = By("staff", staff_who_is(town, 2))

    for by in ((lives_there, ONE), (ONE, lives_there)):
        with pytest.raises(Refusal, match="own_household"):
            done(town, ask(first, acts.GIFT, "5-1-2", units=10), by=by)


def test_a_last_members_points_wait_a_year_for_heirs(town: Town) -> None:
    alone, others = home(town, "5-1-1", 1), home(town, "5-1-2", 2)
    grant(town, 1, alone, 10_000, "2026-01-10")
    check_out(town.desk, town.sale(1, 10_000, 2_000), at=town.at)

    at = town.later(86_400 * 5)
    flagged = town.db.write(
        lambda tx: estates.report_death(
            tx, HERE, 1, died_on=20_260_228, evidence="死亡证明 12", today=town.day, by=ONE, at=at
        )
    )

    assert flagged == 1
    with town.db.read() as tx:
        assert [int(row.units) for row in estates.late_spending(tx, HERE)] == [2_000]
    with pytest.raises(Refusal, match="card_not_active"):
        check_out(town.desk, town.sale(1, 10_000), at=town.at)
    with pytest.raises(Refusal, match="household_nobody_goes"):
        done(town, ask(alone, acts.GIFT, "5-1-2", units=10))
    with pytest.raises(Refusal, match="heirs_evidence"):
        done(town, ask(alone, acts.HEIRS, "5-1-2", 2))
    done(town, ask(alone, acts.HEIRS, "5-1-2", 2, evidence="公证书 7"))
    assert (units(town, alone), ages(town, others)) == (0, {20_260_110: 8_000})
    with pytest.raises(Refusal, match="heirs_claimed"):
        done(town, ask(alone, acts.HEIRS, "5-1-2", 2, evidence="公证书 7"))


def test_after_a_year_heirs_come_too_late(town: Town) -> None:
    alone = home(town, "5-1-1", 1)
    home(town, "5-1-2", 2)
    grant(town, 1, alone, 10_000, "2026-01-10")
    town.db.write(
        lambda tx: estates.report_death(
            tx, HERE, 1, died_on=20_260_228, evidence="证", today=town.day, by=ONE, at=town.at
        )
    )
    assert estates.claim_until(20_240_229) == 20_250_228

    town.at = moment("2027-03-01 09:00")

    with pytest.raises(Refusal, match="heirs_too_late"):
        done(town, ask(alone, acts.HEIRS, "5-1-2", 2, evidence="证"))
    assert units(town, alone) == 10_000


def test_with_others_left_the_points_are_theirs(town: Town) -> None:
    pool = home(town, "5-1-1", 1, 2)
    grant(town, 1, pool, 10_000, "2026-01-10")

    town.db.write(
        lambda tx: estates.report_death(
            tx, HERE, 1, died_on=20_260_301, evidence="证", today=town.day, by=ONE, at=town.at
        )
    )

    check_out(town.desk, town.sale(2, 10_000, 2_000), at=town.at)
    assert units(town, pool) == 8_000


PARTY = 1_001


def die(town: Town, person: int, died_on: int = 20_260_228) -> None:
    town.db.write(
        lambda tx: estates.report_death(
            tx, HERE, person, died_on=died_on, evidence="证", today=town.day, by=ONE, at=town.at
        )
    )


def test_a_persons_own_points_pass_to_an_heir_though_the_household_goes_on(town: Town) -> None:
    pool = home(town, "5-1-1", 1, 2)
    grant(town, 1, pool, 10_000, "2026-01-10")
    with pytest.raises(Refusal, match="heirs_none"):
        done(town, ask(pool, acts.HEIRS, "5-1-1", 2, evidence="公证书 7"))
    grant_to(town, 1, 1, 500, PARTY)
    die(town, 1)

    came = done(town, ask(pool, acts.HEIRS, "5-1-1", 2, evidence="公证书 7"))

    # The party's points were the dead person's own; the pool stays with those who go on.
    assert came.units == {PARTY: 500}
    assert (units(town, 1, PARTY), units(town, 2, PARTY), units(town, pool)) == (0, 500, 10_000)
    with pytest.raises(Refusal, match="heirs_claimed"):
        done(town, ask(pool, acts.HEIRS, "5-1-1", 2, evidence="公证书 7"))


def test_with_nothing_of_their_own_nothing_waits_where_others_go_on(town: Town) -> None:
    pool = home(town, "5-1-1", 1, 2)
    grant(town, 1, pool, 10_000, "2026-01-10")
    die(town, 1)

    with pytest.raises(Refusal, match="heirs_none"):
        done(town, ask(pool, acts.HEIRS, "5-1-1", 2, evidence="公证书 7"))
    assert units(town, pool) == 10_000


def test_a_persons_own_points_wait_twelve_months_too(town: Town) -> None:
    pool = home(town, "5-1-1", 1, 2)
    grant_to(town, 1, 1, 500, PARTY)
    die(town, 1)
    town.at = moment("2027-03-01 09:00")

    with pytest.raises(Refusal, match="heirs_too_late"):
        done(town, ask(pool, acts.HEIRS, "5-1-1", 2, evidence="公证书 7"))
    # A later death of the last member opens the pool, and not what is over.
    die(town, 2, died_on=20_270_228)
    home(town, "5-1-2", 3)
    grant(town, 2, pool, 10_000, "2027-02-10")
    came = done(town, ask(pool, acts.HEIRS, "5-1-2", 3, evidence="公证书 8"))
    assert came.units == {CIVIC: 10_000}
    assert units(town, 1, PARTY) == 500


def test_after_a_merger_heirs_ask_at_the_household_that_took_the_other_in(town: Town) -> None:
    first, second = home(town, "5-1-1", 1, 2), home(town, "5-1-2", 3)
    grant_to(town, 1, 1, 500, PARTY)
    die(town, 1)
    done(town, ask(first, acts.MERGE, "5-1-2"))

    came = done(town, ask(second, acts.HEIRS, "5-1-2", 2, evidence="公证书 7"))

    assert came.units == {PARTY: 500}
    with town.db.read() as tx:
        assert estates.estates_of(tx, HERE, first) == []
        assert [int(row.person_id) for row in estates.estates_of(tx, HERE, second)] == [1]


def test_nobody_moves_into_a_household_whose_points_wait_for_heirs(town: Town) -> None:
    alone, others = home(town, "5-1-1", 1), home(town, "5-1-2", 2, 3)
    grant(town, 1, alone, 10_000, "2026-01-10")
    die(town, 1)

    with pytest.raises(Refusal, match="household_waits"):
        newcomer(town, alone)
    for act, people, rule in ((acts.LEAVE, (3,), acts.OWN), (acts.MERGE, (), "")):
        with pytest.raises(Refusal, match="household_waits"):
            done(town, ask(others, act, "5-1-1", *people, rule=rule))

    done(town, ask(alone, acts.HEIRS, "5-1-2", 2, evidence="公证书 7"))
    assert newcomer(town, alone) > 0


def test_a_limit_binds_from_next_month_and_counts_what_came_back(sqlite_url: str) -> None:
    with closing(Database(sqlite_url)) as db:
        _limited(build_town(db, people=2, at=moment("2026-03-30 09:00")))
        check_invariants(db.engine)


def _limited(town: Town) -> None:
    pool = home(town, "5-1-1", 1, 2)
    grant(town, 1, pool, 40_000, "2026-01-10")
    head, at = By("resident", 1), town.at

    def limit(amount: int | None, who: By = head) -> int:
        return town.db.write(
            lambda tx: limits.set_limit(
                tx, HERE, pool, 2, amount, month=town.day // 100, by=who, at=town.later(1)
            )
        )

    with pytest.raises(Refusal, match="household_not_head"):
        limit(2_000, By("resident", 2))
    assert limit(2_000) == 202_604
    check_out(town.desk, town.sale(2, 20_000, 4_000), at=at)

    town.at = moment("2026-04-02 09:00")
    sold = check_out(town.desk, town.sale(2, 10_000, 2_000), at=town.at)
    with pytest.raises(Refusal, match="member_limit"):
        check_out(town.desk, town.sale(2, 10_000, 2_000), at=town.later(60))
    refund(town.desk, town.refund(sold["ref"], 10_000), at=town.later(60))
    check_out(town.desk, town.sale(2, 10_000, 2_000), at=town.later(60))
    assert limit(4_000) == 202_604
    check_out(town.desk, town.sale(2, 10_000, 2_000), at=town.later(60))


def test_a_household_that_leaves_keeps_its_points_for_nobody(town: Town) -> None:
    pool = home(town, "5-1-1", 1)
    grant(town, 1, pool, 10_000, "2026-01-10")

    town.db.write(
        lambda tx: homes.move_out(
            tx, HERE, pool, (1,), reason="搬走", today=town.day, by=TWO, at=town.at
        )
    )

    assert units(town, pool) == 10_000
    with pytest.raises(Refusal, match="card_not_active"):
        check_out(town.desk, town.sale(1, 10_000), at=town.at)


def test_who_moves_the_same_day_has_used_nothing_of_the_other_pool(town: Town) -> None:
    first, second = home(town, "5-1-1", 1, 2), home(town, "5-1-2", 3)
    for pool, head in ((first, 1), (second, 3)):
        grant(town, head, pool, 20_000, "2026-01-10")
    _limit(town, first, 2, 4_000, head=1)
    sold = check_out(town.desk, town.sale(2, 20_000, 4_000), at=town.at)

    done(town, ask(first, acts.LEAVE, "5-1-2", 2, rule=acts.OWN))
    _limit(town, second, 2, 2_000, head=3)

    # The 40.00 points were the old pool's; here are 20.00, and not one more.
    with town.db.read() as tx:
        assert limits.limit_of(tx, HERE, second, 2, month=202_603).used == 0
    check_out(town.desk, town.sale(2, 10_000, 2_000), at=town.later(60))
    # Goods of the old household's sale come back: nothing is free here for that.
    refund(town.desk, town.refund(sold["ref"], 20_000), at=town.later(60))
    with pytest.raises(Refusal, match="member_limit"):
        check_out(town.desk, town.sale(2, 10_000, 2_000), at=town.later(60))


def _limit(town: Town, pool: int, person: int, units_a_month: int, *, head: int) -> None:
    """A limit that counts already: it was set for the month before."""
    town.db.write(
        lambda tx: limits.set_limit(
            tx, HERE, pool, person, units_a_month, month=202_602, by=By("resident", head), at=town.later(1)
        )
    )  # fmt: skip
