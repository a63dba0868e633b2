"""A holder says what they did not spend: points are back where no PIN was asked, and a second person decides."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread
from typing import Any

import pytest

from ledger.database import Database
from ledger.earning.working_days import WorkingDays, working_days_cn
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.members import cards
from ledger.sql import Sql, Tx
from pos import refund_lines
from pos.checkout import check_out
from pos.misuse import facts
from pos.misuse.facts import count_open
from pos.misuse.report import due_on
from pos.misuse.review import give_due
from pos.refunds import refund
from tests.support import misuse
from tests.support.fake_channel import FakeChannel
from tests.support.invariants import check_invariants
from tests.support.staff_rows import add_staff
from tests.support.town import HERE, Town, build_town

_LIVES_HERE = Sql(
    "UPDATE staff SET person_id = 1 WHERE community_id = :community_id AND staff_id = :staff_id"
)

_MOVED = Sql(
    "UPDATE resident SET household_id = :home WHERE community_id = :community_id AND person_id = 1"
)


@pytest.fixture
def town(db: Database) -> Town:
    """Two people with 1,000 points each and a till."""
    return build_town(db, people=2, grant_units=100_000, channel=FakeChannel())


def refused(code: str, work: Any, *args: Any, **more: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        work(*args, **more)
    assert caught.value.code == code
    return caught.value


def test_points_are_back_at_once_where_no_pin_was_asked_and_the_card_is_dead(town: Town) -> None:
    mine, theirs = misuse.spend(town, 2_000), misuse.spend(town, 6_000)
    before = misuse.wallet(town).available
    assert [row.ref for row in misuse.listed(town)] == [theirs, mine]

    form_id = misuse.report(town, theirs)

    with town.db.read() as tx:
        assert cards.get_card(tx, HERE, 1).state == "lost"
    refused("card_not_active", check_out, town.desk, town.sale(1, 1_000), at=town.at)
    assert misuse.wallet(town).available == before
    assert misuse.form(town).to_give == 1
    assert misuse.give(town, form_id) == 6_000
    assert misuse.give(town, form_id) == 0
    assert misuse.wallet(town).available == before + 6_000
    assert misuse.loss(town) == 6_000
    assert [row.ref for row in misuse.listed(town)] == [mine]
    check_invariants(town.db.engine)


def test_where_a_pin_was_asked_a_second_person_looks_first(town: Town) -> None:
    known, unknown = (
        misuse.spend(town, 20_000, total_fen=100_000, pin=misuse.PIN),
        misuse.spend(town, 2_000),
    )
    before = misuse.wallet(town).available
    form_id = misuse.report(town, known, unknown)

    assert [int(row.pin_asked) for row in misuse.entries(town, form_id)] == [1, 0]
    assert misuse.give(town, form_id) == 2_000
    refused("misuse_same_person", misuse.end, town, form_id, 0, 1, staff=misuse.CLERK)
    refused("reason_missing", misuse.end, town, form_id, 0, 1, why=" ")
    misuse.end(town, form_id, 0, 1)

    assert misuse.wallet(town).available == before + 22_000
    assert [(row.how, int(row.is_final)) for row in misuse.entries(town, form_id)] == [
        ("upheld", 1),
        ("upheld", 0),
    ]
    refused("misuse_decided", misuse.end, town, form_id)
    check_invariants(town.db.engine)


def test_rejected_points_are_taken_again_and_what_is_spent_is_owed(town: Town) -> None:
    misuse.spend(town, 4_000)
    ref = misuse.spend(town, 8_000)
    form_id = misuse.report(town, ref)
    misuse.give(town, form_id)
    with_new_card(town)
    for _ in range(5):
        misuse.spend(town, 18_000, total_fen=100_000, pin=misuse.PIN)
    left = misuse.wallet(town).available
    assert left < 8_000

    misuse.end(town, form_id)

    [row] = misuse.entries(town, form_id)
    assert (row.how, int(row.taken_units), int(row.owed_units)) == ("rejected", 8_000, 8_000 - left)
    assert (misuse.wallet(town).available, misuse.wallet(town).owed) == (0, 8_000 - left)
    assert misuse.loss(town) == 0
    check_invariants(town.db.engine)


def test_goods_that_come_back_later_pay_the_community_and_not_the_holder_twice(town: Town) -> None:
    ref = misuse.spend(town, 8_000, total_fen=10_000)
    form_id = misuse.report(town, ref)
    misuse.give(town, form_id)
    before = misuse.wallet(town).available

    refund(town.desk, town.refund(ref, 5_000), at=town.at)
    assert misuse.wallet(town).available <= before
    assert misuse.loss(town) == 4_000
    misuse.end(town, form_id)

    # Of 8,000 given, 4,000 came back from the shop meanwhile: only the rest was somebody else's to bear.
    [row] = misuse.entries(town, form_id)
    assert int(row.taken_units) == 4_000
    assert misuse.loss(town) == 0
    refund(town.desk, town.refund(ref, 5_000), at=town.at)
    assert misuse.loss(town) == 0
    check_invariants(town.db.engine)


def test_what_came_back_before_the_form_is_not_given_again(town: Town) -> None:
    ref = misuse.spend(town, 8_000, total_fen=10_000)
    refund(town.desk, town.refund(ref, 5_000), at=town.at)
    form_id = misuse.report(town, ref)
    refund(town.desk, town.refund(ref, 5_000), at=town.at)

    assert misuse.give(town, form_id) == 0
    assert misuse.form(town).to_give == 0
    misuse.end(town, form_id, 0)
    assert misuse.loss(town) == 0
    check_invariants(town.db.engine)


def test_an_entry_is_named_once_and_only_by_whose_card_it_was(town: Town) -> None:
    ref = misuse.spend(town, 2_000)
    other = misuse.spend(town, 2_000, person=2)
    misuse.report(town, ref)

    [row] = misuse.entries(town, int(misuse.form(town).form_id))
    theirs = int(misuse.listed(town, 2)[0].txn_id)
    for txn_id, code in ((int(row.txn_id), "misuse_entry_named"), (theirs, "misuse_entry_other")):
        asked = misuse.Report(1, (txn_id,), "", f"again-{txn_id}")
        refused(code, _take, town, asked)
    refused("misuse_nothing", misuse.report, town, other)


def test_nobody_takes_in_or_decides_about_their_own_household(town: Town) -> None:
    add_staff(town.db, {misuse.By("staff", 99): "secretary"}, at=town.at)
    town.db.write(lambda tx: tx.run(_LIVES_HERE, community_id=HERE, staff_id=99))
    ref = misuse.spend(town, 2_000)
    refused("own_household", misuse.report, town, ref, staff=99)
    form_id = misuse.report(town, ref, staff=0)

    refused("own_household", misuse.give, town, form_id, staff=99)
    refused("own_household", misuse.end, town, form_id, 0, staff=99)


def test_what_is_due_the_night_gives_by_itself(town: Town) -> None:
    form_id = misuse.report(town, misuse.spend(town, 2_000), staff=0)
    due = int(misuse.form(town).due_date)
    assert due == due_on(working_days_cn(), town.day) == 20260304

    assert give_due(town.db, HERE, day=due - 1, at=town.at) == 0
    assert give_due(town.db, HERE, day=due, at=town.at) == 1
    assert give_due(town.db, HERE, day=due, at=town.at) == 0
    assert [int(row.given_by) for row in misuse.entries(town, form_id)] == [0]
    with town.db.read() as tx:
        assert count_open(tx, HERE) == 1
    misuse.end(town, form_id, 0)
    with town.db.read() as tx:
        assert count_open(tx, HERE) == 0


def test_two_working_days_skip_a_weekend_and_a_holiday() -> None:
    assert due_on(WorkingDays(), 20260306) == 20260310  # a Friday
    assert due_on(working_days_cn(), 20260430) == 20260507  # before the holiday of May


def with_new_card(town: Town) -> None:
    def work(tx) -> None:
        cards.reissue(tx, HERE, 1, by=misuse.By("staff", 1), at=town.at)

    town.db.write(work)


def _take(town: Town, asked: misuse.Report) -> None:
    town.db.write(
        lambda tx: misuse.take_report(
            tx,
            HERE,
            asked,
            working=working_days_cn(),
            today=town.day,
            by=misuse.By("staff", misuse.CLERK),
            at=town.at,
        )
    )


# --- a refund under way while the form is decided


def raced(url: str, patch: pytest.MonkeyPatch) -> tuple[int, int]:
    """While a refund has looked and not written yet, somebody rejects the form: wallet gained, and the loss."""
    town = build_town(Database(url), people=1, grant_units=100_000, channel=FakeChannel())
    ref = misuse.spend(town, 8_000)
    form_id = misuse.report(town, ref)
    misuse.give(town, form_id)
    before = misuse.wallet(town).available
    other = replace(town, db=Database(url))
    decider = Thread(target=misuse.end, args=(other, form_id))
    real = facts.is_borne

    def look(tx: Tx, community_id: int, txn_id: int | None) -> bool:
        seen = real(tx, community_id, txn_id)
        if not decider.ident:
            decider.start()
            # Time enough to be done where nothing holds it back.
            decider.join(2)
        return seen

    with patch.context() as inner:
        inner.setattr(refund_lines, "is_borne", look)
        refund(town.desk, town.refund(ref, 10_000), at=town.at)
    decider.join(30)
    assert not decider.is_alive()
    found = misuse.wallet(town).available - before, misuse.loss(town)
    town.db.close()
    other.db.close()
    return found


def test_who_rejects_a_form_waits_for_a_refund_under_way(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert raced(postgres_url, monkeypatch) == (0, 0)


def test_without_the_lock_the_holder_would_lose_the_points_twice(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = Sql(refund_lines.LOCK_SALE.text + " AND 1 = 0")
    monkeypatch.setattr(refund_lines, "LOCK_SALE", nothing)

    assert raced(postgres_url, monkeypatch) == (-8_000, -8_000)


def move(town: Town, home: int) -> None:
    """Person 1 lives there from now on."""
    town.db.write(lambda tx: tx.run(_MOVED, community_id=HERE, home=home))


def test_what_the_household_they_left_paid_is_nothing_they_can_name(town: Town) -> None:
    move(town, 2)
    misuse.spend(town, 2_000)
    with town.db.read() as tx:
        [row] = facts.to_name(tx, HERE, 1, 2, since=town.day)
    move(town, 1)
    asked = misuse.Report(1, (int(row.txn_id),), "", new_request_id(town.at))

    def work(tx: Tx) -> int:
        return misuse.take_report(
            tx,
            HERE,
            asked,
            working=working_days_cn(),
            today=town.day,
            by=misuse.By("resident", 1),
            at=town.at,
        )

    refused("misuse_entry_other", town.db.write, work)
